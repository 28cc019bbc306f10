//! Reads a whole journal and says what is sound: `haidang verify`.

use std::path::{Path, PathBuf};

use super::Corrupt;
use super::frame::Frame;
use super::segment::{self, Found, Segment};
use crate::digest::Digest;
use crate::error::Result;

/// What a journal holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// Segment files.
    pub segments: u64,
    /// Whole frames.
    pub frames: u64,
    /// Events in them.
    pub events: u64,
    /// Of its frames: the same for the same content.
    pub digest: Digest,
    /// The first position still held; 0 when there is none.
    pub first: u64,
    /// The last position held.
    pub last: u64,
    /// Positions between them that no whole frame holds.
    pub corrupt: Vec<Corrupt>,
    /// Bytes after the last whole frame.
    pub torn_bytes: u64,
    /// Segments whose first bytes are damaged; their frames are read all the same.
    pub damaged_heads: Vec<PathBuf>,
}

/// Reads every frame of the journal in a folder. It must not be open elsewhere.
pub fn verify(dir: &Path) -> Result<Verified> {
    let mut found = Verified::default();
    if !dir.exists() {
        return Ok(found);
    }
    for segment in Segment::list(dir)? {
        found.segments += 1;
        found.torn_bytes = 0;
        verify_segment(&segment, &mut found)?;
    }
    Ok(found)
}

fn verify_segment(segment: &Segment, found: &mut Verified) -> Result<()> {
    let file = segment.open()?;
    if segment::read_head(&file).is_none() {
        found.damaged_heads.push(segment.path.clone());
    }
    let mut offset = segment::FILE_HEAD_BYTES;
    loop {
        match segment::look(&file, &segment.path, offset)? {
            Found::Frame { body, end } => {
                offset = end;
                found.digest.add(&body);
                let Some(frame) = Frame::decode(&body) else {
                    continue;
                };
                if frame.events.is_empty() {
                    continue;
                }
                if found.first == 0 {
                    found.first = frame.first;
                } else if frame.first > found.last + 1 {
                    let lost = Corrupt {
                        first: found.last + 1,
                        last: frame.first - 1,
                    };
                    found.corrupt.push(lost);
                }
                found.frames += 1;
                found.events += frame.events.len() as u64;
                found.last = frame.next() - 1;
            }
            Found::Corrupt {
                resume: Some(resume),
            } => offset = resume,
            Found::Corrupt { resume: None } => {
                let length = file.metadata().map_or(offset, |metadata| metadata.len());
                found.torn_bytes = length.saturating_sub(offset);
                return Ok(());
            }
            Found::End => return Ok(()),
        }
    }
}
