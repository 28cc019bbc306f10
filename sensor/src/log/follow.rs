//! One file that may grow, be truncated, or be renamed while it is read.
//!
//! A file is known by device, inode and the hash of its first bytes, not by its name: a renamed
//! file goes on where it was, and another file under the old name begins at its beginning. The
//! position is that of the first line that was not whole yet, so that a restart loses nothing and
//! doubles nothing.

use std::fs::File;
use std::io::{self, Read as _};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::compressed::Compression;
use crate::config::{FileConfig, Limits, LogConfig};
use crate::error::unpack;
use crate::unpack::{Input, Meter, Metered, Unpack};

use super::element::{Elements, is_document};
use super::evtx::MAGIC;
use super::line::{Line, Splitter};
use super::stream::Stream;

/// Bytes at the beginning by which a file is known again.
const HEAD: usize = 256;
/// Bytes read at once.
const PIECE: usize = 256 * 1024;
/// Bytes read of one file before the next has its turn.
const TURN: u64 = 16 << 20;

/// Where a file stands: the state of its offset.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) struct State {
    pub(crate) device: u64,
    pub(crate) inode: u64,
    /// The first byte of the first line that was not read.
    pub(crate) position: u64,
    /// How many bytes `head` covers.
    head_length: usize,
    /// SHA-256 of the first bytes, in hex.
    head: String,
    /// The last record of an event log file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) record: Option<u64>,
    /// Records of an event log file that could not be read, as they were told.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) failed: u64,
    /// Lines before the position that are not in an event yet: they are read again from here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) held: Vec<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// An open file.
#[derive(Debug)]
pub(crate) struct Tail {
    pub(crate) path: PathBuf,
    pub(crate) file: File,
    pub(crate) state: State,
    /// Whether it is an event log file.
    pub(crate) is_evtx: bool,
    /// How often it was no longer found under any name.
    pub(crate) absent: u32,
    /// What changed last, for event log files: length and time of change.
    pub(crate) changed: (u64, i64),
    /// The name under which its state was last stated; empty before.
    pub(crate) covered: String,
    /// The lines so far; none before the first is read.
    pub(crate) stream: Option<Stream>,
    cutter: Cutter,
    /// Bytes read, whole lines or not.
    read_to: u64,
    /// Its content, when it is compressed.
    packed: Option<Box<Unpack>>,
    meter: Meter,
    limits: (usize, usize),
    buffer: Vec<u8>,
}

/// How a file is opened.
#[derive(Clone)]
pub(crate) struct Opening<'a> {
    pub(crate) config: &'a FileConfig,
    pub(crate) limits: &'a Limits,
    pub(crate) meter: Meter,
}

/// How a file is cut: only one that will not grow can be a JSON document.
#[derive(Debug)]
enum Cutter {
    Lines(Splitter),
    Elements(Elements),
}

impl Cutter {
    fn new(limits: &LogConfig, is_document: bool) -> Self {
        let (limit, kept) = (limits.line_bytes, limits.line_kept);
        if is_document {
            Self::Elements(Elements::new(limit, kept))
        } else {
            Self::Lines(Splitter::new(limit, kept))
        }
    }

    fn push<E>(
        &mut self,
        data: &[u8],
        each: &mut dyn FnMut(Line<'_>, u64) -> Result<(), E>,
    ) -> Result<(), E> {
        match self {
            Self::Lines(lines) => lines.push(data, each),
            Self::Elements(elements) => elements.push(data, each),
        }
    }

    fn finish<E>(&mut self, each: &mut dyn FnMut(Line<'_>, u64) -> Result<(), E>) -> Result<(), E> {
        match self {
            Self::Lines(lines) => lines.finish(each),
            Self::Elements(elements) => elements.finish(each),
        }
    }
}

impl Tail {
    /// Opens a file and finds among known states the one that is this file's.
    pub(crate) fn open(
        path: &Path,
        opening: &Opening<'_>,
        known: &[(String, State)],
    ) -> io::Result<Self> {
        let limits = &opening.limits.log;
        let file = File::open(path)?;
        let metadata = file.metadata()?;
        let mut tail = Self {
            path: path.to_owned(),
            state: State {
                device: metadata.dev(),
                inode: metadata.ino(),
                ..State::default()
            },
            is_evtx: false,
            absent: 0,
            changed: (0, 0),
            covered: String::new(),
            stream: None,
            cutter: Cutter::new(limits, false),
            read_to: 0,
            packed: None,
            meter: Meter::clone(&opening.meter),
            limits: (limits.line_bytes, limits.line_kept),
            buffer: Vec::new(),
            file,
        };
        let head = tail.head(HEAD)?;
        tail.is_evtx = head.starts_with(MAGIC);
        if let Some(compression) = Compression::of(&head) {
            tail.unpack(compression, opening)?;
        }
        let config = opening.config;
        if !config.follow && !tail.is_evtx && config.format.has_objects() {
            // What cannot be looked at is told when it is read.
            let head = crate::unpack::head(path).unwrap_or_default();
            tail.cutter = Cutter::new(limits, is_document(&head));
        }
        let name = path.to_string_lossy();
        for (input, state) in known {
            if tail.is(state, *input == name, metadata.len())? {
                tail.state.position = state.position;
                tail.state.record = state.record;
                tail.state.failed = state.failed;
                tail.state.held.clone_from(&state.held);
                tail.read_to = state.position;
                tail.covered.clone_from(input);
                break;
            }
        }
        if let Some(packed) = tail.packed.as_mut().filter(|_| !tail.is_evtx) {
            // A second reading passes over what was read in the first.
            io::copy(&mut packed.take(tail.read_to), &mut io::sink())?;
        }
        tail.learn_head()?;
        Ok(tail)
    }

    /// Gets ready to read a compressed file: one that will not grow.
    fn unpack(&mut self, compression: Compression, opening: &Opening<'_>) -> io::Result<()> {
        let refused = || io::Error::other(unpack(compression.name()));
        if opening.config.follow {
            return Err(refused());
        }
        if let Input::Packed(packed) = Input::open(
            &self.path,
            &opening.limits.unpack,
            Meter::clone(&self.meter),
        )? {
            self.packed = Some(packed);
            let head = crate::unpack::head(&self.path).unwrap_or_default();
            self.is_evtx = head.starts_with(MAGIC);
        }
        Ok(())
    }

    /// All of an event log file that is compressed: it is not read from its beginning to its end.
    /// With it, why it ends before its time.
    pub(crate) fn unpacked(&mut self, most: u64) -> Option<(Vec<u8>, Option<io::Error>)> {
        let packed = self.packed.as_mut()?;
        let mut bytes = Vec::new();
        let mut ended = packed
            .take(most.saturating_add(1))
            .read_to_end(&mut bytes)
            .err();
        if bytes.len() as u64 > most {
            bytes.clear();
            let reason =
                format!("unpacks to more than limits.unpack.evtx_bytes ({most}); unpack it first");
            ended = Some(io::Error::other(reason));
        }
        Some((bytes, ended))
    }

    /// Its file, opened anew at the beginning.
    pub(crate) fn again(&self) -> io::Result<Metered> {
        Ok(Metered {
            file: File::open(&self.path)?,
            meter: Meter::clone(&self.meter),
        })
    }

    /// Whether a state is this file's. A copy under the same name, on another device, counts when
    /// its beginning is long enough to be sure.
    fn is(&self, state: &State, same_name: bool, length: u64) -> io::Result<bool> {
        let same_inode = state.device == self.state.device && state.inode == self.state.inode;
        if self.is_evtx {
            return Ok(same_inode || (same_name && state.record.is_some()));
        }
        let is_cut = self.packed.is_none() && length < state.position;
        if is_cut || !(same_inode || (same_name && state.head_length == HEAD)) {
            return Ok(false);
        }
        Ok(hash(&self.head(state.head_length)?) == state.head)
    }

    /// Reads what has been added; `each` gets every whole line with the position behind it.
    /// Returns whether there is more to read.
    pub(crate) fn read<E: From<io::Error>>(
        &mut self,
        each: &mut dyn FnMut(Line<'_>, &State) -> Result<(), E>,
    ) -> Result<bool, E> {
        let length = match self.packed {
            // It does not grow, and its place is one of its content.
            Some(_) => self.read_to,
            None => self.file.metadata()?.len(),
        };
        if length < self.read_to || (length > self.read_to && self.is_replaced()?) {
            // The rest of a line that was half read is gone; its beginning is not lost with it.
            self.finish(each)?;
            self.restart()?;
        }
        let mut turn = 0;
        let mut buffer = std::mem::take(&mut self.buffer);
        buffer.resize(PIECE, 0);
        while turn < TURN {
            let read = match &mut self.packed {
                Some(packed) => packed.read(&mut buffer)?,
                None => {
                    let read = self.file.read_at(&mut buffer, self.read_to)?;
                    self.meter.fetch_add(read as u64, Ordering::Relaxed);
                    read
                }
            };
            if read == 0 {
                break;
            }
            self.read_to += read as u64;
            turn += read as u64;
            if self.state.head_length < HEAD {
                self.learn_head()?;
            }
            let state = &mut self.state;
            let piece = buffer.get(..read).unwrap_or_default();
            self.cutter.push(piece, &mut |line, length| {
                state.position += length;
                each(line, state)
            })?;
        }
        self.buffer = buffer;
        Ok(turn >= TURN)
    }

    /// The file will not grow any more: what is held is its last line.
    pub(crate) fn finish<E>(
        &mut self,
        each: &mut dyn FnMut(Line<'_>, &State) -> Result<(), E>,
    ) -> Result<(), E> {
        let state = &mut self.state;
        self.cutter.finish(&mut |line, length| {
            state.position += length;
            each(line, state)
        })
    }

    /// The name of its offset. A file that has lost its name must not share one with its successor.
    pub(crate) fn input(&self) -> String {
        let path = self.path.to_string_lossy();
        if self.absent > 0 {
            format!("{path}#{}", self.state.inode)
        } else {
            path.into_owned()
        }
    }

    /// Whether its state stands under a name that a successor will take.
    pub(crate) fn is_renamed(&self) -> bool {
        !self.covered.is_empty() && self.covered != self.input()
    }

    /// Whether the beginning is no longer what it was: truncated and written anew between looks.
    fn is_replaced(&self) -> io::Result<bool> {
        Ok(hash(&self.head(self.state.head_length)?) != self.state.head)
    }

    fn restart(&mut self) -> io::Result<()> {
        self.cutter = Cutter::Lines(Splitter::new(self.limits.0, self.limits.1));
        self.state.position = 0;
        self.state.head_length = 0;
        self.read_to = 0;
        self.learn_head()
    }

    fn learn_head(&mut self) -> io::Result<()> {
        let head = self.head(HEAD)?;
        self.state.head_length = head.len();
        self.state.head = hash(&head);
        Ok(())
    }

    fn head(&self, length: usize) -> io::Result<Vec<u8>> {
        let mut head = vec![0; length.min(HEAD)];
        let mut filled = 0;
        while let Some(room) = head.get_mut(filled..).filter(|room| !room.is_empty()) {
            match self.file.read_at(room, filled as u64)? {
                0 => break,
                read => filled += read,
            }
        }
        head.truncate(filled);
        Ok(head)
    }
}

fn hash(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
