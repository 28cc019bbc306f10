//! What an operator can mend. Bad input is not in here: it becomes an event.

use std::io;
use std::path::PathBuf;

use crate::limits::BadLimit;

/// Why a source ended before its input did.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The receiver of events is gone, so there is nobody to make them durable.
    #[error("the receiver of events is gone")]
    Closed(#[from] Closed),
    /// A file or folder could not be read.
    #[error("cannot read {}: {}", path.display(), way_out(reason))]
    Read {
        /// What was to be read.
        path: PathBuf,
        /// Why not.
        reason: io::Error,
    },
    /// A file is not what its source says that it is.
    #[error("{} is not a {expected}; a log needs kind = \"file\"", path.display())]
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
    /// An address could not be listened on, or a connection not be served.
    #[error("{address}: {reason}")]
    Listen {
        /// The address.
        address: std::net::SocketAddr,
        /// Why not.
        reason: String,
    },
    /// A time zone name that this machine does not know.
    #[error("unknown time zone {0}; use an IANA name such as Asia/Ho_Chi_Minh")]
    Zone(String),
    /// A limit that nothing could work with.
    #[error(transparent)]
    Limit(#[from] BadLimit),
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

impl Error {
    /// Whether the file is there: what it holds is to blame then.
    pub fn was_there(&self) -> bool {
        match self {
            Self::Read { reason, .. } => reason.raw_os_error().is_none(),
            Self::Format { .. } => true,
            _ => false,
        }
    }

    /// Whether one file is to blame, so that others may still be read.
    pub(crate) fn is_of_a_file(&self) -> bool {
        matches!(self, Self::Read { .. } | Self::Format { .. })
    }
}

/// What the operating system says, and what to do.
pub(crate) fn way_out(reason: &io::Error) -> String {
    match reason.kind() {
        io::ErrorKind::NotFound => format!("{reason}; check the source's path"),
        io::ErrorKind::PermissionDenied => {
            format!("{reason}; the user that haidang runs as needs the right to read it")
        }
        _ => reason.to_string(),
    }
}

/// What to do with a compressed file.
pub(crate) fn unpack(compression: &str) -> String {
    format!("compressed with {compression} and must be unpacked first")
}

/// The crate's results.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The other end of a channel is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the receiver of events is gone")]
pub struct Closed;
