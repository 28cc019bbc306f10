//! What an operator can mend. Bad input is not in here: it becomes an event.

use std::io;
use std::path::PathBuf;

/// Why a source ended before its input did.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The receiver of events is gone, so there is nobody to make them durable.
    #[error("the receiver of events is gone")]
    Closed(#[from] Closed),
    /// A file or folder could not be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// What was to be read.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A file is not what its source says that it is.
    #[error("{} is not a {expected}", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// What it should be.
        expected: &'static str,
    },
    /// An interface could not be opened; the text names the way out.
    #[error("cannot capture from {interface}: {reason}")]
    Interface {
        /// The interface as configured.
        interface: String,
        /// What the operating system says, and what to do.
        reason: String,
    },
    /// A time zone name that this machine does not know.
    #[error("unknown time zone {0}; use an IANA name such as Asia/Ho_Chi_Minh")]
    Zone(String),
    /// A helper program could not be started or ended badly.
    #[error("cannot run {program}: {reason}")]
    Program {
        /// The program.
        program: String,
        /// Why not.
        reason: String,
    },
    /// This build cannot do it.
    #[error("this build has no {0}")]
    Unsupported(&'static str),
    /// Work on another thread was cut short.
    #[error("a worker of the source was cut short")]
    Worker,
    /// The link between serve and its capture child broke.
    #[error("the link to the capture child broke: {0}")]
    Link(String),
}

/// The crate's results.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The other end of a channel is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the receiver of events is gone")]
pub struct Closed;
