//! Holding the journal for a backup: while somebody holds it, no segment is removed.
//!
//! The hold is a lock of the system on a file of the folder, shared among those who hold it. It works from another process,
//! outlives a restart of the centre, and ends with its owner whatever becomes of it.

use std::fs::File;
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};

use super::segment::{self, Found, Segment};
use crate::disk;
use crate::error::{Error, Result};

const NAME: &str = "held";

/// While this lives, the journal in a folder is not cut.
pub struct Hold {
    dir: PathBuf,
    _lock: File,
}

/// A file of the journal, and how much of it is promised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldSegment {
    /// The file.
    pub path: PathBuf,
    /// Its bytes up to the last whole frame.
    pub bytes: u64,
}

impl Hold {
    /// Holds the journal in a folder, open elsewhere or not.
    ///
    /// # Errors
    /// The folder cannot be written to.
    pub fn take(dir: &Path) -> Result<Self> {
        let lock = open(dir)?;
        flock(&lock, FlockOperation::LockShared)
            .map_err(|errno| Error::io("hold", &dir.join(NAME), errno.into()))?;
        Ok(Self {
            dir: dir.to_owned(),
            _lock: lock,
        })
    }

    /// The segments as they are now, oldest first. Each is read to its end: a torn tail, which
    /// nobody was promised, is no part of it.
    ///
    /// # Errors
    /// A segment cannot be read.
    pub fn segments(&self) -> Result<Vec<HeldSegment>> {
        let segments = Segment::list(&self.dir)?;
        let held = segments.iter().map(whole_frames);
        // One that is being made has no head yet, and nothing in it was promised.
        let held = held.filter(|held| {
            let begun =
                |held: &HeldSegment| held.path.metadata().is_ok_and(|m| m.len() >= held.bytes);
            held.as_ref().map_or(true, begun)
        });
        held.collect()
    }
}

/// Runs `work`, which removes segments, unless somebody holds the journal; says whether it did.
pub(super) fn unless_held(dir: &Path, work: impl FnOnce() -> Result<()>) -> Result<bool> {
    let lock = open(dir)?;
    match flock(&lock, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => work().map(|()| true),
        Err(_) => Ok(false),
    }
}

/// Opens the file, made when it is not there. Root may make it for a centre that is another user's.
pub(super) fn open(dir: &Path) -> Result<File> {
    let path = dir.join(NAME);
    match File::open(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        opened => return opened.map_err(|e| Error::io("open", &path, e)),
    }
    let made = (|| {
        let mut options = File::options();
        let file = options
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)?;
        disk::give_to_owner(&path)?;
        Ok(file)
    })();
    made.map_err(|e| Error::io("create", &path, e))
}

fn whole_frames(segment: &Segment) -> Result<HeldSegment> {
    let file = segment.open()?;
    let mut offset = segment::FILE_HEAD_BYTES;
    loop {
        match segment::look(&file, &segment.path, offset)? {
            Found::Frame { end: next, .. } | Found::Corrupt { resume: Some(next) } => offset = next,
            Found::Corrupt { resume: None } | Found::End => {
                return Ok(HeldSegment {
                    path: segment.path.clone(),
                    bytes: offset,
                });
            }
        }
    }
}
