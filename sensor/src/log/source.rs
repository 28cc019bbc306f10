//! The source `file`: finds its files, reads what is new in turn, and says how it is.

use std::collections::{BTreeMap, HashSet};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use event::{SourceOffset, Text};

use crate::config::{FileConfig, Limits, LogFormat};
use crate::error::{Error, Result, way_out};
use crate::origin::{Made, Origin, Sender};
use crate::run::Stop;
use crate::status::Status;
use crate::unpack::Meter;

use super::counts::{Counts, give, shifted};
use super::evtx;
use super::files;
use super::follow::{Opening, State, Tail};
use super::format::{Lines, failed};
use super::stream::Stream;

/// Looks without a name after which a file that was moved away is let go: writers may keep a file
/// open for a moment after rotation.
const ABSENT: u32 = 40;

/// Files told in one status round that cannot be read.
const TOLD: usize = 16;

/// Reads a file source until its files end (without `follow`) or until told to stop.
pub(crate) fn run(
    config: &FileConfig,
    limits: &Limits,
    lines: Lines,
    sender: Sender,
    stop: &Stop,
) -> Result<()> {
    let known = known(&sender.origin);
    let mut work = Files {
        config,
        limits,
        lines,
        status: Status::new(sender.origin.now()),
        sender,
        stop,
        tails: Vec::new(),
        known,
        counts: Counts::default(),
        told_many: false,
        troubles: BTreeMap::new(),
    };
    work.adopt();
    loop {
        work.find()?;
        let more = work.read()?;
        if !config.follow && !more {
            break;
        }
        work.speak()?;
        work.sender.flush()?;
        if stop.is_set() {
            break;
        }
        if !more {
            rest(limits.log.poll_millis, stop);
        }
    }
    work.finish()
}

/// Sleeps in short pieces, so that an order to stop is soon seen.
fn rest(millis: u64, stop: &Stop) {
    let mut left = millis.max(1);
    while left > 0 && !stop.is_set() {
        let piece = left.min(50);
        std::thread::sleep(Duration::from_millis(piece));
        left -= piece;
    }
}

/// The states that were durable before.
fn known(origin: &Origin) -> Vec<(String, State)> {
    let offsets = origin.context.offsets.iter();
    offsets
        .filter(|offset| offset.source == origin.source)
        .filter_map(|offset| {
            let state = serde_json::from_str(&offset.state).ok()?;
            Some((offset.input.to_string(), state))
        })
        .collect()
}

struct Files<'a> {
    config: &'a FileConfig,
    limits: &'a Limits,
    lines: Lines,
    status: Status,
    sender: Sender,
    stop: &'a Stop,
    tails: Vec<Tail>,
    known: Vec<(String, State)>,
    counts: Counts,
    told_many: bool,
    /// Files that cannot be read now, and why.
    troubles: BTreeMap<PathBuf, String>,
}

impl Files<'_> {
    /// Files that were renamed while nobody looked, and are no longer meant by the source's path:
    /// what is left in them is read first.
    fn adopt(&mut self) {
        let (listed, _) = self.list(&self.config.path, usize::MAX).unwrap_or_default();
        let inodes: HashSet<(u64, u64)> = listed.iter().filter_map(|path| inode(path)).collect();
        for (input, state) in self.known.clone() {
            if inodes.contains(&(state.device, state.inode)) {
                continue;
            }
            let path = input.rsplit_once('#').map_or(&*input, |(path, _)| path);
            let Some(folder) = Path::new(path).parent() else {
                continue;
            };
            let Ok((siblings, _)) = self.list(folder, self.limits.log.files) else {
                continue;
            };
            let mut moved = siblings
                .iter()
                .filter(|path| inode(path) == Some((state.device, state.inode)));
            if let Some(path) = moved.next()
                && let Ok(mut tail) = Tail::open(path, &self.opening(), &self.known)
                && tail.state.position == state.position
            {
                tail.absent = 1;
                self.tails.push(tail);
            }
        }
    }

    /// What a source reads once includes what rotation has packed: it was not read before.
    fn list(&self, path: &Path, limit: usize) -> io::Result<(Vec<PathBuf>, bool)> {
        files::list(path, limit, !self.config.follow)
    }

    fn opening(&self) -> Opening<'_> {
        Opening {
            config: self.config,
            limits: self.limits,
            meter: Meter::clone(&self.sender.origin.context.meter),
        }
    }

    /// Opens files that are new, follows those that were renamed, lets go of those that are gone.
    fn find(&mut self) -> Result<()> {
        let (listed, more) = match self.list(&self.config.path, self.limits.log.files) {
            Ok(found) => found,
            // While it is rotated a file may have no name for a moment.
            Err(_) if !self.tails.is_empty() => (Vec::new(), false),
            Err(reason) if self.config.follow => {
                let path = self.config.path.clone();
                self.unreadable(&path, &reason);
                return Ok(());
            }
            Err(reason) => {
                return Err(Error::Read {
                    path: self.config.path.clone(),
                    reason,
                });
            }
        };
        if more && !self.told_many {
            self.told_many = true;
            let limit = self.limits.log.files as u64;
            let made = self
                .status
                .made("limit_reached", &self.sender.origin, |json| {
                    json.text("limit", "limits.log.files");
                    json.number("value", limit);
                });
            self.sender.hold(made);
        }
        self.troubles
            .retain(|path, _| listed.binary_search(path).is_ok());
        for tail in &mut self.tails {
            tail.absent = tail.absent.saturating_add(1);
        }
        for path in listed {
            let Some((device, number)) = inode(&path) else {
                continue;
            };
            let held = self
                .tails
                .iter_mut()
                .find(|tail| tail.state.device == device && tail.state.inode == number);
            match held {
                Some(tail) => {
                    tail.absent = 0;
                    tail.path = path;
                }
                None => self.open(&path)?,
            }
        }
        Ok(())
    }

    fn open(&mut self, path: &Path) -> Result<()> {
        match Tail::open(path, &self.opening(), &self.known) {
            Ok(tail) => {
                self.troubles.remove(path);
                self.tails.push(tail);
            }
            Err(reason) if !self.config.follow && path == self.config.path => {
                return Err(Error::Read {
                    path: path.to_owned(),
                    reason,
                });
            }
            Err(reason) => self.unreadable(path, &reason),
        }
        Ok(())
    }

    /// A file that cannot be read is told at once, and in every status while it lasts.
    fn unreadable(&mut self, path: &Path, reason: &io::Error) {
        let is_known = self.troubles.contains_key(path);
        if is_known || self.troubles.len() >= self.limits.log.files {
            return;
        }
        self.counts.unreadable += 1;
        self.troubles.insert(path.to_owned(), way_out(reason));
        self.trouble(path);
    }

    fn trouble(&mut self, path: &Path) {
        let reason = self.troubles.get(path).map_or("", String::as_str);
        let (counts, files) = (self.counts, self.tails.len() as u64);
        let made = self.status.made("unreadable", &self.sender.origin, |json| {
            json.text("file", &path.to_string_lossy());
            json.text("reason", reason);
            counts.write(json);
            json.number("files", files);
        });
        self.sender.hold(made);
    }

    /// Gives every file its turn. Returns whether one of them has more.
    fn read(&mut self) -> Result<bool> {
        let mut more = false;
        for mut tail in std::mem::take(&mut self.tails) {
            let before = tail.state.clone();
            let mut gone = tail.absent > ABSENT || (tail.absent > 0 && !self.config.follow);
            let result = if tail.is_evtx || self.config.format == LogFormat::Evtx {
                self.event_log(&mut tail).map(|()| false)
            } else {
                self.turn(&mut tail, false)
            };
            match result {
                Ok(rest) => {
                    more |= rest;
                    gone &= !rest;
                }
                Err(Error::Read { path, reason }) => self.unreadable(&path, &reason),
                Err(error) => return Err(error),
            }
            if gone {
                self.turn(&mut tail, true)?;
            } else if tail.absent > 1 && tail.state != before {
                // The grace counts from the last line, not from the loss of the name.
                tail.absent = 1;
            }
            if tail.state != before || tail.is_renamed() {
                let offset = offset(&self.sender.origin.source, &tail);
                tail.covered = offset.input.to_string();
                self.sender.cover(offset);
            }
            if !gone {
                self.tails.push(tail);
            }
            if self.stop.is_set() {
                more = false;
            }
        }
        Ok(more)
    }

    /// Reads a file's new lines, and at its end the line that has no line break. What is not in an event
    /// yet stands in the file's state as long.
    fn turn(&mut self, tail: &mut Tail, end: bool) -> Result<bool> {
        let input = tail.input();
        let (mut stream, mut made) = self.resume(tail, &input);
        let (lines, sender, counts) = (&mut self.lines, &mut self.sender, &mut self.counts);
        let source = Text::clone(&sender.origin.source);
        let mut each = |line: super::line::Line<'_>, state: &State| -> Result<(), Stopped> {
            if matches!(line, super::line::Line::Whole(line) if line.trim_ascii().is_empty()) {
                return Ok(());
            }
            let seen = sender.origin.now();
            lines.take(&mut stream, &line, seen, &mut made);
            give(&mut made, seen, sender, counts);
            if sender.is_full() {
                sender.cover(offset_of(&source, &input, &held(state, &stream)));
                sender.flush()?;
            }
            Ok(())
        };
        let result = if end {
            tail.finish(&mut each).map(|()| false)
        } else {
            tail.read(&mut each)
        };
        let seen = sender.origin.now();
        if end {
            lines.finish(&mut stream, seen, &mut made);
        } else {
            lines.expire(&mut stream, seen, &mut made);
        }
        give(&mut made, seen, sender, counts);
        tail.state.held = stream.held();
        tail.stream = Some(stream);
        result.map_err(|stopped| match stopped {
            Stopped::Closed(closed) => Error::Closed(closed),
            Stopped::Read(reason) => Error::Read {
                path: tail.path.clone(),
                reason,
            },
        })
    }

    /// The lines of a file so far: at first those that its state holds.
    fn resume(&mut self, tail: &mut Tail, input: &str) -> (Stream, Vec<Made>) {
        let mut made = Vec::new();
        let stream = tail.stream.take().unwrap_or_else(|| {
            let mut stream = Stream::new(input, &self.limits.log);
            let seen = self.sender.origin.now();
            for line in &tail.state.held {
                let line = super::line::Line::Whole(line.as_bytes());
                self.lines.take(&mut stream, &line, seen, &mut made);
            }
            stream
        });
        (stream, made)
    }

    /// Reads the new records of an event log file, when it has changed.
    fn event_log(&mut self, tail: &mut Tail) -> Result<()> {
        let read = |reason| Error::Read {
            path: tail.path.clone(),
            reason,
        };
        let metadata = tail.file.metadata().map_err(read)?;
        let changed = (metadata.len(), metadata.mtime());
        if changed == tail.changed {
            return Ok(());
        }
        tail.changed = changed;
        if metadata.len() > self.limits.log.evtx_bytes {
            return Err(read(io::Error::other("larger than limits.log.evtx_bytes")));
        }
        let file = tail.again().map_err(read)?;
        let unpacked = tail.unpacked(self.limits.unpack.evtx_bytes);
        let path = tail.path.clone();
        let input = tail.input();
        let source = Text::clone(&self.sender.origin.source);
        let (after, told) = (tail.state.record, tail.state.failed);
        tail.state.failed = 0;
        let mut closed = None;
        self.lines.set_now(self.sender.origin.now());
        let clock = self.lines.clock().clone();
        let mut each = |entry: evtx::Entry| {
            let seen = self.sender.origin.now();
            let made = match entry {
                Ok((id, _)) if after.is_some_and(|after| id <= after) => return true,
                Ok((id, parsed)) => {
                    tail.state.record = tail.state.record.max(Some(id));
                    self.lines.made(parsed, "{}", seen)
                }
                Err(reason) => {
                    tail.state.failed += 1;
                    if tail.state.failed <= told {
                        return true;
                    }
                    failed(seen, &input, &reason, b"", |_| {})
                }
            };
            self.counts.add(&made);
            self.sender.hold(shifted(made, &self.sender.origin, seen));
            if self.sender.is_full() {
                self.sender.cover(offset_of(&source, &input, &tail.state));
                closed = self.sender.flush().err();
            }
            closed.is_none() && !self.stop.is_set()
        };
        let result = match unpacked {
            None => evtx::records(io::BufReader::new(file), &clock, &mut each)
                .map_err(|reason| io::Error::other(format!("not a whole event log: {reason}"))),
            Some((bytes, ended)) => {
                let whole = evtx::records(io::Cursor::new(bytes), &clock, &mut each)
                    .map_err(|reason| io::Error::other(format!("not a whole event log: {reason}")));
                // Why the archive ends explains why the log does.
                ended.map_or(whole, Err)
            }
        };
        if let Some(closed) = closed {
            return Err(closed.into());
        }
        result.map_err(|reason| Error::Read { path, reason })?;
        self.troubles.remove(&tail.path);
        Ok(())
    }

    fn speak(&mut self) -> Result<()> {
        if !self.status.is_due(self.sender.origin.now()) {
            return Ok(());
        }
        let troubles: Vec<PathBuf> = self.troubles.keys().take(TOLD).cloned().collect();
        for path in &troubles {
            self.trouble(path);
        }
        if troubles.is_empty() {
            let (counts, files) = (self.counts, self.tails.len() as u64);
            let made = self.status.made("running", &self.sender.origin, |json| {
                counts.write(json);
                json.number("files", files);
            });
            self.sender.push(made)?;
        }
        Ok(())
    }

    fn finish(mut self) -> Result<()> {
        if !self.config.follow && !self.stop.is_set() {
            for mut tail in std::mem::take(&mut self.tails) {
                self.turn(&mut tail, true)?;
                let offset = offset(&self.sender.origin.source, &tail);
                self.sender.cover(offset);
            }
        }
        let counts = self.counts;
        let made = self
            .status
            .made("ended", &self.sender.origin, |json| counts.write(json));
        self.sender.push(made)?;
        self.sender.finish()?;
        Ok(())
    }
}

/// A file's state with the lines that are not in an event yet.
fn held(state: &State, stream: &Stream) -> State {
    let mut state = state.clone();
    state.held = stream.held();
    state
}

/// Why reading lines was stopped.
enum Stopped {
    Closed(crate::error::Closed),
    Read(io::Error),
}

impl From<io::Error> for Stopped {
    fn from(error: io::Error) -> Self {
        Self::Read(error)
    }
}

impl From<crate::error::Closed> for Stopped {
    fn from(closed: crate::error::Closed) -> Self {
        Self::Closed(closed)
    }
}

fn inode(path: &Path) -> Option<(u64, u64)> {
    let metadata = path.metadata().ok()?;
    Some((metadata.dev(), metadata.ino()))
}

fn offset(source: &Text, tail: &Tail) -> SourceOffset {
    offset_of(source, &tail.input(), &tail.state)
}

fn offset_of(source: &Text, input: &str, state: &State) -> SourceOffset {
    SourceOffset {
        source: Text::clone(source),
        input: input.into(),
        state: serde_json::to_string(state).unwrap_or_default().into(),
    }
}
