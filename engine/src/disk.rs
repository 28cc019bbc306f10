//! How much room a file system has.

use std::path::Path;

use crate::error::{Error, Result};

/// Room on the file system that holds a path, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Room {
    /// What this process may still write.
    pub free: u64,
    /// The size of the file system.
    pub total: u64,
}

impl Room {
    /// Asks the file system.
    pub fn at(path: &Path) -> Result<Self> {
        let found = rustix::fs::statvfs(path)
            .map_err(|errno| Error::io("measure the room of", path, errno.into()))?;
        Ok(Self {
            free: found.f_bavail.saturating_mul(found.f_frsize),
            total: found.f_blocks.saturating_mul(found.f_frsize),
        })
    }
}
