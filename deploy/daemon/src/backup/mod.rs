//! Backups: a data folder copied while it is in use, put back where nothing is, and going on from there.
//!
//! A backup is a folder: the files as they are, and one list of them with sizes and SHA-256, written last. A folder and not one
//! stream: a single damaged file can be named and fetched again, rsync copies only what is new (parts of the
//! index never change), and nothing has to be unpacked to look at it.

mod copier;
mod make;
mod manifest;
mod restore;
mod resume;

pub(crate) use copier::Pace;
pub(crate) use make::{Making, make};
pub use manifest::read_backup_list;
pub(crate) use restore::{Restoring, restore};
pub(crate) use resume::settle;

/// While this stands in a data folder, it is not all there.
pub(crate) const RESTORING: &str = "RESTORING";
/// This says to the next start that the folder was put back, and from what.
const RESTORED: &str = "RESTORED";
/// While this stands in a folder, a backup is being written into it.
const IN_PROGRESS: &str = "in-progress";
