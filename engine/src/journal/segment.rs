//! A segment: one file of the journal, and the scan that finds frames in it.
//!
//! The head of the file keeps what the next frame would have been when the file was made, so that
//! older segments can be removed without forgetting a number.

use std::fs::File;
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use event::{Instance, Lane, Time};

use super::frame::{self, HEAD_BYTES, Header, MAGIC};
use crate::error::{Error, Result};

const FILE_MAGIC: [u8; 8] = *b"haidangJ";
const VERSION: u32 = 1;
/// Where the first frame stands.
pub(super) const FILE_HEAD_BYTES: u64 = HEAD as u64;
/// Magic, version, first position, three next numbers, received, checksum.
const HEAD: usize = 8 + 4 + 8 + 24 + 8 + 4;
const EXTENSION: &str = "journal";

/// What the next frame is to carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Next {
    pub(super) position: u64,
    pub(super) numbers: [u64; 3],
    pub(super) received: Time,
}

impl Next {
    pub(super) fn start() -> Self {
        Self {
            position: 1,
            numbers: [1; 3],
            received: Time::EPOCH,
        }
    }

    /// Moves past a frame. Only the journal's own numbers are counted on: an edge counts its own.
    pub(super) fn pass(&mut self, header: &Header, own: Instance) {
        self.position = self.position.max(header.next());
        self.received = self.received.max(header.received);
        if header.id.instance != own {
            return;
        }
        let number = self.number_mut(header.id.lane);
        *number = (*number).max(header.id.number.saturating_add(header.count));
    }

    /// The next number of a lane.
    pub(super) fn number_mut(&mut self, lane: Lane) -> &mut u64 {
        let [first, second, third] = &mut self.numbers;
        match lane {
            Lane::First => first,
            Lane::Second => second,
            Lane::Third => third,
        }
    }
}

/// A segment on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Segment {
    /// Position of its first event.
    pub(super) first: u64,
    pub(super) path: PathBuf,
}

impl Segment {
    /// The segments of a folder, oldest first.
    pub(super) fn list(dir: &Path) -> Result<Vec<Self>> {
        let mut segments = Vec::new();
        let entries = std::fs::read_dir(dir).map_err(|e| Error::io("list", dir, e))?;
        for entry in entries {
            let path = entry.map_err(|e| Error::io("list", dir, e))?.path();
            let is_segment = path
                .extension()
                .is_some_and(|extension| extension == EXTENSION);
            let first = path
                .file_stem()
                .and_then(|stem| stem.to_str()?.parse().ok());
            if let (true, Some(first)) = (is_segment, first) {
                segments.push(Self { first, path });
            }
        }
        segments.sort_by_key(|segment| segment.first);
        Ok(segments)
    }

    /// Makes a new, durable, empty segment. What an earlier try left under the name is replaced.
    pub(super) fn create(dir: &Path, next: &Next) -> Result<(Self, File)> {
        let path = dir.join(format!("{:020}.{EXTENSION}", next.position));
        let made = (|| {
            let mut file = File::options()
                .read(true)
                .write(true)
                .create(true)
                .truncate(true)
                .open(&path)?;
            file.write_all(&encode_head(next))?;
            file.sync_all()?;
            File::open(dir)?.sync_all()?;
            Ok(file)
        })();
        let file = made.map_err(|e| Error::io("create", &path, e))?;
        Ok((
            Self {
                first: next.position,
                path,
            },
            file,
        ))
    }

    /// Opens the file for reading.
    pub(super) fn open(&self) -> Result<File> {
        File::open(&self.path).map_err(|e| Error::io("open", &self.path, e))
    }
}

fn encode_head(next: &Next) -> Vec<u8> {
    let mut head = Vec::new();
    head.extend_from_slice(&FILE_MAGIC);
    head.extend_from_slice(&VERSION.to_le_bytes());
    head.extend_from_slice(&next.position.to_le_bytes());
    for number in next.numbers {
        head.extend_from_slice(&number.to_le_bytes());
    }
    head.extend_from_slice(&next.received.micros().to_le_bytes());
    head.extend_from_slice(&crc32c::crc32c(&head).to_le_bytes());
    head
}

/// Reads the head of a segment; none when it was torn or is of a newer program.
pub(super) fn read_head(file: &File) -> Option<Next> {
    let mut head = [0_u8; HEAD];
    file.read_exact_at(&mut head, 0).ok()?;
    let (body, sum) = head.split_last_chunk::<4>()?;
    let (magic, body_rest) = body.split_first_chunk::<8>()?;
    let (version, mut fields) = body_rest.split_first_chunk::<4>()?;
    let sound = *magic == FILE_MAGIC
        && u32::from_le_bytes(*version) == VERSION
        && u32::from_le_bytes(*sum) == crc32c::crc32c(body);
    let mut number = || {
        let (head, rest) = fields.split_first_chunk::<8>()?;
        fields = rest;
        Some(u64::from_le_bytes(*head))
    };
    let (position, numbers) = (number()?, [number()?, number()?, number()?]);
    let received = Time::from_micros(i64::from_le_bytes(number()?.to_le_bytes()));
    sound.then_some(Next {
        position,
        numbers,
        received,
    })
}

/// What stands at an offset of a segment.
pub(super) enum Found {
    /// A whole frame: its body, and where the next one starts.
    Frame { body: Vec<u8>, end: u64 },
    /// Bytes that are no frame, and where the next whole frame starts, if one follows.
    Corrupt { resume: Option<u64> },
    /// The end of the file.
    End,
}

/// Looks at an offset of a segment.
pub(super) fn look(file: &File, path: &Path, offset: u64) -> Result<Found> {
    let length = file
        .metadata()
        .map_err(|e| Error::io("measure", path, e))?
        .len();
    if offset >= length {
        return Ok(Found::End);
    }
    if let Some((body, end)) = frame_at(file, offset, length) {
        return Ok(Found::Frame { body, end });
    }
    Ok(Found::Corrupt {
        resume: next_frame(file, path, offset + 1, length)?,
    })
}

fn frame_at(file: &File, offset: u64, length: u64) -> Option<(Vec<u8>, u64)> {
    let mut head = [0_u8; HEAD_BYTES];
    file.read_exact_at(&mut head, offset).ok()?;
    let body_length = frame::body_length(&head)?;
    let start = offset.checked_add(HEAD_BYTES as u64)?;
    let end = start
        .checked_add(body_length as u64)
        .filter(|end| *end <= length)?;
    let mut body = vec![0_u8; body_length];
    file.read_exact_at(&mut body, start).ok()?;
    frame::is_whole(&head, &body).then_some((body, end))
}

/// Searches for the next offset at which a whole frame stands.
fn next_frame(file: &File, path: &Path, from: u64, length: u64) -> Result<Option<u64>> {
    const WINDOW: usize = 1 << 16;
    let mut start = from;
    let mut window = vec![0_u8; WINDOW];
    while start < length {
        let wanted = usize::try_from(length - start)
            .unwrap_or(WINDOW)
            .min(WINDOW);
        let piece = window.get_mut(..wanted).unwrap_or_default();
        file.read_exact_at(piece, start)
            .map_err(|e| Error::io("read", path, e))?;
        for place in piece
            .windows(MAGIC.len())
            .enumerate()
            .filter(|(_, w)| *w == MAGIC)
        {
            let offset = start + place.0 as u64;
            if frame_at(file, offset, length).is_some() {
                return Ok(Some(offset));
            }
        }
        // Windows overlap by the magic's length less one, so that none is cut in two.
        let step = wanted.saturating_sub(MAGIC.len() - 1).max(1);
        start += step as u64;
    }
    Ok(None)
}
