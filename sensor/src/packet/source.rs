//! The source `capture`: files read from beginning to end on a thread of their own.
//!
//! Every event is sent once: see [`super::resume`]. Files that come into a folder after its
//! source has started are read at the next start. A file that grows after it was read is another
//! file then, and read from its beginning: copy captures under another name and rename them.

use std::path::{Path, PathBuf};

use event::Text;

use crate::compressed;
use crate::config::{CaptureConfig, Limits, UnpackConfig};
use crate::error::{Error, Result};
use crate::json::Json;
use crate::origin::Sender;
use crate::run::Stop;
use crate::status::Status;
use crate::unpack::{Input, Meter};

use super::capture::{Capture, Frame};
use super::eve::Counters;
use super::inspect::Inspector;
use super::resume::{Plan, Planned, State, offset};

/// Packets between two looks at the clock and at the order to stop.
const ROUND: u64 = 256;

/// Reads all files of a capture source; ends when they end or when told to stop. One whose files
/// have all ended before has nothing to say.
pub(crate) fn run(
    config: &CaptureConfig,
    limits: &Limits,
    sender: Sender,
    stop: &Stop,
) -> Result<()> {
    let files = files(&config.path)?;
    let is_empty = files.is_empty();
    let plan = Plan::new(&sender.origin, files);
    let mut reading = Reading {
        status: Status::new(sender.origin.now()),
        sender,
        stop,
        limits: &limits.unpack,
        is_folder: config.path.is_dir(),
        current: None,
        skip: 0,
        given_up: 0,
        unreadable: 0,
    };
    if is_empty {
        let reason = "there is no capture in this folder (.pcap, .pcapng, .cap)";
        reading.unreadable(&config.path.to_string_lossy(), reason)?;
    }
    for file in &plan.gone {
        let reason = "gone or changed before its flows had ended; \
                      events of flows that went on in the next file may be missing or doubled";
        reading.unreadable(file, reason)?;
    }
    let last = plan.groups.len();
    for (place, group) in (1..).zip(plan.groups) {
        if stop.is_set() {
            break;
        }
        let networks = std::sync::Arc::clone(&reading.sender.origin.context.networks);
        let mut inspector = Inspector::new(limits.packet.clone(), config.checksums, networks, None);
        reading.group(group, &mut inspector, place == last)?;
    }
    reading.flush()?;
    reading.sender.finish()?;
    Ok(())
}

struct Reading<'a> {
    sender: Sender,
    status: Status,
    stop: &'a Stop,
    limits: &'a UnpackConfig,
    is_folder: bool,
    /// The file whose events are being sent.
    current: Option<(PathBuf, State)>,
    /// Events that were sent before a restart.
    skip: u64,
    /// What was given up at limits, as status has told it.
    given_up: u64,
    unreadable: u64,
}

impl Reading<'_> {
    /// Reads files whose flows may span them, and ends the flows.
    fn group(&mut self, files: Vec<Planned>, inspector: &mut Inspector, last: bool) -> Result<()> {
        self.current = None;
        let told = files
            .iter()
            .filter_map(|file| Some(file.state.as_ref()?.dropped));
        self.given_up = told.max().unwrap_or(0);
        // Before the first event: after a restart the same files must be read as one.
        for file in &files {
            if let Some(state) = &file.state {
                let source = Text::clone(&self.sender.origin.source);
                self.sender.cover(offset(&source, &file.path, state));
            }
        }
        for file in files {
            match self.file(file, inspector) {
                Ok(()) => {}
                // One bad file of a folder does not keep the others from being read.
                Err((path, error)) if self.is_folder && error.is_of_a_file() => {
                    self.unreadable(&path.to_string_lossy(), &error.to_string())?;
                }
                Err((_, error)) => return Err(error),
            }
            if self.stop.is_set() {
                // The flows go on after a restart.
                return self.tell("running", inspector.counters(), |_| {});
            }
        }
        inspector.finish();
        self.events(inspector)?;
        let counters = inspector.counters();
        if let Some((_, state)) = &mut self.current {
            state.ended = true;
            if counters.given_up() > self.given_up {
                self.tell("limit_reached", counters, |_| {})?;
            }
            if last {
                let unreadable = self.unreadable;
                self.tell("ended", counters, |json| {
                    json.number("unreadable", unreadable);
                })?;
            }
        }
        self.flush()
    }

    /// Reads one file.
    fn file(&mut self, file: Planned, inspector: &mut Inspector) -> Result<(), (PathBuf, Error)> {
        let Planned { path, state } = file;
        let meter = Meter::clone(&self.sender.origin.context.meter);
        let mut capture = match open(&path, self.limits, meter) {
            Ok(capture) => capture,
            Err(error) => return Err((path, error)),
        };
        self.cover();
        let state = state.unwrap_or_default();
        let again = state.read;
        self.skip = state.sent;
        self.current = Some((path.clone(), state));
        let read = self.packets(&mut capture, inspector, again);
        read.map_err(|error| (path, error))
    }

    fn packets(
        &mut self,
        capture: &mut Capture<Input>,
        inspector: &mut Inspector,
        again: bool,
    ) -> Result<()> {
        let mut count = 0_u64;
        while let Some(frame) = capture.next_frame() {
            inspector.frame(&Frame {
                time: self.sender.origin.shifted(frame.time),
                ..frame
            });
            self.events(inspector)?;
            count += 1;
            if count.is_multiple_of(ROUND) {
                let now = self.sender.origin.now();
                if self.sender.is_due() {
                    self.flush()?;
                }
                if self.status.is_due(now) {
                    self.tell("running", inspector.counters(), |_| {})?;
                }
                if self.stop.is_set() {
                    return Ok(());
                }
            }
        }
        let Some((path, state)) = &mut self.current else {
            return Ok(());
        };
        state.read = true;
        let file = path.to_string_lossy().into_owned();
        match capture.fault() {
            Some(fault) if !again => self.tell("truncated", inspector.counters(), |json| {
                json.text("fault", fault.name());
                if let Some(reason) = capture.trouble() {
                    json.text("reason", reason);
                }
                json.text("file", &file);
                json.number("packets_read", count);
            }),
            _ => Ok(()),
        }
    }

    /// Sends the events that were not sent before.
    fn events(&mut self, inspector: &mut Inspector) -> Result<()> {
        for made in inspector.drain() {
            if self.skip > 0 {
                self.skip -= 1;
                continue;
            }
            if let Some((_, state)) = &mut self.current {
                state.sent += 1;
            }
            self.sender.hold(made);
            if self.sender.is_full() {
                self.flush()?;
            }
        }
        Ok(())
    }

    fn tell(
        &mut self,
        word: &str,
        counters: Counters,
        write: impl FnOnce(&mut Json),
    ) -> Result<()> {
        let given_up = counters.given_up();
        let lost = given_up.saturating_sub(self.given_up);
        self.status.lose(lost);
        let word = match word {
            "running" if lost > 0 => "limit_reached",
            word => word,
        };
        self.given_up = self.given_up.max(given_up);
        if let Some((_, state)) = &mut self.current {
            state.dropped = self.given_up;
        }
        let made = self.status.made(word, &self.sender.origin, |json| {
            write(json);
            counters.write(json);
        });
        self.sender.hold(made);
        self.flush()
    }

    fn unreadable(&mut self, file: &str, reason: &str) -> Result<()> {
        self.unreadable += 1;
        let made = self.status.made("unreadable", &self.sender.origin, |json| {
            json.text("file", file);
            json.text("reason", reason);
        });
        self.sender.hold(made);
        self.flush()
    }

    /// Sends what is held with the offset of what it covers.
    fn flush(&mut self) -> Result<()> {
        self.cover();
        self.sender.flush()?;
        Ok(())
    }

    fn cover(&mut self) {
        if let Some((path, state)) = &self.current {
            let source = Text::clone(&self.sender.origin.source);
            self.sender.cover(offset(&source, path, state));
        }
    }
}

/// One file, or all captures of a folder in the order of their names.
fn files(path: &Path) -> Result<Vec<PathBuf>> {
    let read = |reason| Error::Read {
        path: path.to_owned(),
        reason,
    };
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut found = Vec::new();
    for entry in path.read_dir().map_err(read)? {
        let path = entry.map_err(read)?.path();
        // A compressed capture has two extensions.
        let is_packed = has(&path, &compressed::EXTENSIONS);
        let name = path.file_stem().map(Path::new);
        let name = name.filter(|_| is_packed).unwrap_or(&path);
        if has(name, &["pcap", "pcapng", "cap"]) && path.is_file() {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

fn has(path: &Path, extensions: &[&str]) -> bool {
    path.extension().is_some_and(|extension| {
        let mut known = extensions.iter();
        known.any(|known| extension.eq_ignore_ascii_case(known))
    })
}

fn open(path: &Path, limits: &UnpackConfig, meter: Meter) -> Result<Capture<Input>> {
    let read = |reason| Error::Read {
        path: path.to_owned(),
        reason,
    };
    let input = Input::open(path, limits, meter).map_err(read)?;
    Capture::open(input).ok_or_else(|| Error::Format {
        path: path.to_owned(),
        expected: "capture (pcap or pcapng)",
    })
}

impl Counters {
    /// Writes the counters into a status event.
    pub(crate) fn write(&self, json: &mut Json) {
        for (name, value) in [
            ("packets", self.packets),
            ("bytes", self.bytes),
            ("not_ip", self.not_ip),
            ("invalid", self.invalid),
            ("fragments", self.fragments),
            ("cut_packets", self.cut_packets),
            ("bad_checksums", self.bad_checksums),
            ("flows", self.flows),
            ("flows_forced", self.flows_forced),
            ("stream_gaps", self.stream_gaps),
            ("stream_memory_gaps", self.stream_memory_gaps),
            ("messages_over_limit", self.messages_over_limit),
            ("transactions_over_limit", self.transactions_over_limit),
            ("anomalies_over_limit", self.anomalies_over_limit),
        ] {
            json.number(name, value);
        }
    }

    /// The counters that say that something was given up at a limit.
    pub(crate) fn given_up(&self) -> u64 {
        self.flows_forced
            + self.stream_memory_gaps
            + self.messages_over_limit
            + self.transactions_over_limit
            + self.anomalies_over_limit
    }
}
