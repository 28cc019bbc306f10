//! One file that may grow, be truncated, or be renamed while it is read.
//!
//! A file is known by device, inode and the hash of its first bytes, not by its name: a renamed
//! file goes on where it was, and another file under the old name begins at its beginning. The
//! position is that of the first line that was not whole yet, so that a restart loses nothing and
//! doubles nothing.

use std::fs::File;
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::compressed;
use crate::config::LogConfig;
use crate::error::unpack;

use super::evtx::MAGIC;
use super::line::{Line, Splitter};

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
    splitter: Splitter,
    /// Bytes read, whole lines or not.
    read_to: u64,
    limits: (usize, usize),
    buffer: Vec<u8>,
}

impl Tail {
    /// Opens a file and finds among known states the one that is this file's.
    pub(crate) fn open(
        path: &Path,
        limits: &LogConfig,
        known: &[(String, State)],
    ) -> io::Result<Self> {
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
            splitter: Splitter::new(limits.line_bytes, limits.line_kept),
            read_to: 0,
            limits: (limits.line_bytes, limits.line_kept),
            buffer: Vec::new(),
            file,
        };
        let head = tail.head(HEAD)?;
        if let Some(compression) = compressed::name(&head) {
            return Err(io::Error::other(unpack(compression)));
        }
        tail.is_evtx = head.starts_with(MAGIC);
        let name = path.to_string_lossy();
        for (input, state) in known {
            if tail.is(state, *input == name, metadata.len())? {
                tail.state.position = state.position;
                tail.state.record = state.record;
                tail.state.failed = state.failed;
                tail.read_to = state.position;
                tail.covered.clone_from(input);
                break;
            }
        }
        tail.learn_head()?;
        Ok(tail)
    }

    /// Whether a state is this file's. A copy under the same name, on another device, counts when
    /// its beginning is long enough to be sure.
    fn is(&self, state: &State, same_name: bool, length: u64) -> io::Result<bool> {
        let same_inode = state.device == self.state.device && state.inode == self.state.inode;
        if self.is_evtx {
            return Ok(same_inode || (same_name && state.record.is_some()));
        }
        if length < state.position || !(same_inode || (same_name && state.head_length == HEAD)) {
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
        let length = self.file.metadata()?.len();
        if length < self.read_to || (length > self.read_to && self.is_replaced()?) {
            // The rest of a line that was half read is gone; its beginning is not lost with it.
            self.finish(each)?;
            self.restart()?;
        }
        let mut turn = 0;
        let mut buffer = std::mem::take(&mut self.buffer);
        buffer.resize(PIECE, 0);
        while turn < TURN {
            let read = self.file.read_at(&mut buffer, self.read_to)?;
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
            self.splitter.push(piece, &mut |line, length| {
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
        self.splitter.finish(&mut |line, length| {
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
        self.splitter = Splitter::new(self.limits.0, self.limits.1);
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
