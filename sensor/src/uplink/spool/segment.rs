//! One file of one lane: frames of events, one after the other.
//!
//! A frame, little-endian: magic `u32`, length of the body `u32`, CRC32C of the body `u32`; body:
//! first number `u64`, count `u32`, the events as [`event::encode_events`] writes them. The name of
//! the file is its first number. A frame that is damaged costs its own numbers: the reader goes on
//! at the next one.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use event::{Event, encode_events};

use super::{SpoolError, at};

const MAGIC: [u8; 4] = *b"HDS1";
/// Magic, length and checksum.
const HEAD: usize = 12;
/// First number and count.
const INNER: usize = 12;
/// A longer body is not one: a batch ends at 1 MiB of records.
const LONGEST: usize = 16 << 20;
const EXTENSION: &str = "segment";

/// A file of a lane.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Segment {
    pub(super) path: PathBuf,
    /// The number of its first event.
    pub(super) first: u64,
    /// The number of its last; below `first` while it is empty.
    pub(super) last: u64,
    /// Its length.
    pub(super) bytes: u64,
}

/// A whole frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Frame {
    pub(super) first: u64,
    pub(super) count: u64,
    /// The events as they are encoded.
    pub(super) payload: Vec<u8>,
    /// Where the next frame begins in the file.
    pub(super) end: u64,
}

impl Frame {
    pub(super) fn last(&self) -> u64 {
        self.first.saturating_add(self.count).saturating_sub(1)
    }
}

/// Appends a frame to a buffer.
pub(super) fn encode(first: u64, events: &[Event], out: &mut Vec<u8>) {
    let payload = encode_events(events);
    let length = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    let mut body = Vec::with_capacity(payload.len() + INNER);
    body.extend_from_slice(&first.to_le_bytes());
    body.extend_from_slice(&length(events.len()).to_le_bytes());
    body.extend_from_slice(&payload);
    out.extend_from_slice(&MAGIC);
    out.extend_from_slice(&length(body.len()).to_le_bytes());
    out.extend_from_slice(&crc32c::crc32c(&body).to_le_bytes());
    out.extend_from_slice(&body);
}

impl Segment {
    /// A new file for what begins with a number.
    pub(super) fn create(dir: &Path, first: u64) -> Result<(Self, File), SpoolError> {
        let path = dir.join(format!("{first:020}.{EXTENSION}"));
        let file = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(true)
            .open(&path)
            .map_err(|reason| at("create", &path, reason))?;
        super::ledger::sync_folder(dir)?;
        let segment = Self {
            path,
            first,
            last: first.saturating_sub(1),
            bytes: 0,
        };
        Ok((segment, file))
    }

    /// The files of a folder in their order. How far each goes is known from the next one's name; of
    /// the last one, from what it holds.
    pub(super) fn list(dir: &Path, upto: u64) -> Result<Vec<Self>, SpoolError> {
        let failed = |reason| at("list", dir, reason);
        let mut found = Vec::new();
        for entry in dir.read_dir().map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            let named = path.extension().is_some_and(|name| name == EXTENSION);
            let first = path
                .file_stem()
                .and_then(|stem| stem.to_str()?.parse().ok());
            if let Some(first) = first.filter(|_| named) {
                let bytes = path.metadata().map_err(failed)?.len();
                found.push(Self {
                    path,
                    first,
                    last: 0,
                    bytes,
                });
            }
        }
        found.sort_by_key(|segment| segment.first);
        let nexts: Vec<u64> = found.iter().skip(1).map(|next| next.first).collect();
        for (place, segment) in found.iter_mut().enumerate() {
            let next = nexts.get(place).copied();
            segment.last = next.map_or(upto, |next| next.saturating_sub(1));
        }
        Ok(found)
    }

    pub(super) fn open(&self) -> Result<File, SpoolError> {
        File::open(&self.path).map_err(|reason| at("open", &self.path, reason))
    }

    /// Takes off what stands behind the frame that ends with a number: it was never promised.
    pub(super) fn cut_behind(&mut self, upto: u64) -> Result<(), SpoolError> {
        let file = self.open()?;
        let (mut offset, mut end, mut last) = (0, 0, self.first.saturating_sub(1));
        while let Some(frame) = frame_at(&file, offset) {
            if frame.last() > upto {
                break;
            }
            (offset, end, last) = (frame.end, frame.end, frame.last());
        }
        if end != self.bytes {
            let writable = File::options().write(true).open(&self.path);
            let cut = writable.and_then(|file| {
                file.set_len(end)?;
                file.sync_all()
            });
            cut.map_err(|reason| at("cut", &self.path, reason))?;
        }
        (self.bytes, self.last) = (end, last);
        Ok(())
    }
}

/// The frame at a place of a file, if a whole one is there.
pub(super) fn frame_at(file: &File, offset: u64) -> Option<Frame> {
    let mut head = [0; HEAD];
    file.read_exact_at(&mut head, offset).ok()?;
    let (magic, rest) = head.split_first_chunk::<4>()?;
    let (length, checksum) = rest.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    if *magic != MAGIC || !(INNER..=LONGEST).contains(&length) {
        return None;
    }
    let left = file.metadata().ok()?.len().checked_sub(offset)?;
    if left < (length + HEAD) as u64 {
        return None;
    }
    let mut body = vec![0; length];
    file.read_exact_at(&mut body, offset + HEAD as u64).ok()?;
    if crc32c::crc32c(&body) != u32::from_le_bytes(*checksum.first_chunk::<4>()?) {
        return None;
    }
    let (first, rest) = body.split_first_chunk::<8>()?;
    let (count, payload) = rest.split_first_chunk::<4>()?;
    let frame = Frame {
        first: u64::from_le_bytes(*first),
        count: u64::from(u32::from_le_bytes(*count)),
        payload: payload.to_vec(),
        end: offset + (length + HEAD) as u64,
    };
    (frame.count > 0).then_some(frame)
}

/// The next whole frame at or behind a place, when what stands there is none.
pub(super) fn frame_behind(file: &File, offset: u64) -> Option<Frame> {
    const PIECE: usize = 64 * 1024;
    let mut from = offset;
    loop {
        let mut piece = vec![0; PIECE];
        let read = file
            .read_at(&mut piece, from)
            .ok()
            .filter(|read| *read > 0)?;
        piece.truncate(read);
        let marks = piece
            .windows(MAGIC.len())
            .enumerate()
            .filter(|(_, window)| *window == MAGIC);
        for (at, _) in marks {
            if let Some(frame) = frame_at(file, from + at as u64) {
                return Some(frame);
            }
        }
        // A mark may lie across two pieces.
        from += read.saturating_sub(MAGIC.len() - 1).max(1) as u64;
        if read < PIECE {
            return None;
        }
    }
}
