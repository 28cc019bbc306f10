//! How a spool is: for the status file, for requests to the centre, for figures.

use event::PerLane;

/// Whether the spool accepts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Accepts {
    /// It does.
    #[default]
    Ok,
    /// The disk is full or nearly so; it goes on by itself when there is room.
    Full,
    /// A sync failed; it stays stopped until haidang is started again.
    Failed,
}

impl Accepts {
    /// The word in the API, in files and on the line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Full => "full",
            Self::Failed => "failed",
        }
    }
}

/// How a lane is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LaneStatus {
    /// The last number given.
    pub last: u64,
    /// The centre has everything up to here.
    pub acknowledged: u64,
    /// Bytes on disk.
    pub bytes: u64,
    /// Events let go since the spool was opened.
    pub dropped: u64,
}

/// How a spool is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SpoolStatus {
    /// Whether it accepts.
    pub accepts: Accepts,
    /// The lanes, the most urgent first.
    pub lanes: PerLane<LaneStatus>,
}
