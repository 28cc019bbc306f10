//! What can go wrong here that an operator can mend.

use std::path::{Path, PathBuf};

use crate::index::AggregateFault;

/// The result of everything that touches the disk.
pub type Result<T> = std::result::Result<T, Error>;

/// An error of journal, index or store. Bad events and bad rules are not errors; they are listed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file system refused.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// On which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file on disk is not what it should be.
    #[error("{}: {problem}", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// What is wrong, and the way out.
        problem: String,
    },
    /// The journal stopped after a failed sync; nothing can be promised any more.
    #[error("the journal stopped after a failed write; check the disk and start haidang again")]
    Poisoned,
    /// The journal is closing.
    #[error("the journal is closing")]
    Closing,
    /// The index refused.
    #[error("the index failed")]
    Index(#[from] tantivy::TantivyError),
    /// The database refused.
    #[error("the database failed")]
    Store(#[from] rusqlite::Error),
    /// A query cannot be read; the place is a column counted in characters from 1.
    #[error("column {column}: {problem}")]
    Query {
        /// Where.
        column: usize,
        /// What is wrong, and the way out.
        problem: String,
    },
    /// An aggregation cannot be computed.
    #[error("{problem}")]
    Aggregate {
        /// Which sort of fault.
        fault: AggregateFault,
        /// What is wrong, and the way out.
        problem: String,
    },
}

impl Error {
    /// Wraps what the system said, with what was tried on which file.
    pub fn io(action: &'static str, path: &Path, source: std::io::Error) -> Self {
        Self::Io {
            action,
            path: path.to_owned(),
            source,
        }
    }

    /// Whether the cause is a full disk: waiting helps, trying again is safe.
    pub fn is_disk_full(&self) -> bool {
        match self {
            Self::Io { source, .. } => source.kind() == std::io::ErrorKind::StorageFull,
            Self::Store(rusqlite::Error::SqliteFailure(code, _)) => {
                code.code == rusqlite::ErrorCode::DiskFull
            }
            Self::Index(problem) => {
                let text = problem.to_string();
                text.contains("StorageFull") || text.contains("No space left")
            }
            _ => false,
        }
    }
}
