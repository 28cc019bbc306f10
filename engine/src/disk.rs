//! How much room a file system has.

use std::os::unix::fs::{MetadataExt as _, chown};
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

/// Gives a file to whom its folder belongs: root may have made it beside a centre of another user.
pub(crate) fn give_to_owner(file: &Path) -> std::io::Result<()> {
    let Some(folder) = file.parent() else {
        return Ok(());
    };
    let (owner, own) = (folder.metadata()?, file.metadata()?);
    if owner.uid() == own.uid() {
        return Ok(());
    }
    chown(file, Some(owner.uid()), Some(owner.gid()))
}
