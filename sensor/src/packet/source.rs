//! The source `capture`: files read from beginning to end on a thread of their own.

use std::fs::File;
use std::path::{Path, PathBuf};

use crate::config::{CaptureConfig, PacketConfig};
use crate::error::{Error, Result};
use crate::origin::Sender;
use crate::run::Stop;
use crate::status::Status;

use super::capture::{Capture, Frame};
use super::eve::Counters;
use super::inspect::Inspector;

/// Packets between two looks at the clock and at the order to stop.
const ROUND: u64 = 256;

/// Reads all files of a capture source; ends when they end or when told to stop.
pub(crate) fn run(
    config: &CaptureConfig,
    limits: &PacketConfig,
    mut sender: Sender,
    stop: &Stop,
) -> Result<()> {
    let files = files(&config.path)?;
    let folder = config.path.is_dir();
    let networks = std::sync::Arc::clone(&sender.origin.context.networks);
    let mut inspector = Inspector::new(limits.clone(), config.checksums, networks, None);
    let mut status = Status::new(sender.origin.now());
    for path in files {
        if stop.is_set() {
            break;
        }
        match file(&path, &mut inspector, &mut sender, &mut status, stop) {
            Ok(()) => {}
            // One bad file of a folder does not keep the others from being read.
            Err(error @ (Error::Read { .. } | Error::Format { .. })) if folder => {
                let made = status.made("unreadable", &sender.origin, |json| {
                    json.text("file", &path.to_string_lossy());
                    json.text("reason", &error.to_string());
                });
                sender.push(made)?;
            }
            Err(error) => return Err(error),
        }
    }
    inspector.finish();
    for made in inspector.drain() {
        sender.push(made)?;
    }
    let counters = inspector.counters();
    if counters.given_up() > 0 {
        let made = status.made("limit_reached", &sender.origin, |json| counters.write(json));
        sender.push(made)?;
    }
    sender.push(status.made("ended", &sender.origin, |json| counters.write(json)))?;
    sender.finish()?;
    Ok(())
}

/// One file, or all captures of a folder in the order of their names.
fn files(path: &Path) -> Result<Vec<PathBuf>> {
    let read = |source| Error::Read {
        path: path.to_owned(),
        source,
    };
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut found = Vec::new();
    for entry in path.read_dir().map_err(read)? {
        let path = entry.map_err(read)?.path();
        let known = path.extension().is_some_and(|extension| {
            ["pcap", "pcapng", "cap"]
                .iter()
                .any(|known| extension.eq_ignore_ascii_case(known))
        });
        if known && path.is_file() {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// Reads one file.
fn file(
    path: &Path,
    inspector: &mut Inspector,
    sender: &mut Sender,
    status: &mut Status,
    stop: &Stop,
) -> Result<()> {
    let opened = File::open(path).map_err(|source| Error::Read {
        path: path.to_owned(),
        source,
    })?;
    let mut capture = Capture::open(opened).ok_or_else(|| Error::Format {
        path: path.to_owned(),
        expected: "capture (pcap or pcapng)",
    })?;
    let mut count = 0_u64;
    while let Some(frame) = capture.next_frame() {
        inspector.frame(&Frame {
            time: sender.origin.shifted(frame.time),
            ..frame
        });
        for made in inspector.drain() {
            sender.push(made)?;
        }
        count += 1;
        if count.is_multiple_of(ROUND) {
            sender.tick()?;
            if status.is_due(sender.origin.now()) {
                let counters = inspector.counters();
                let made = status.made("running", &sender.origin, |json| counters.write(json));
                sender.push(made)?;
            }
            if stop.is_set() {
                break;
            }
        }
    }
    if let Some(fault) = capture.fault() {
        let made = status.made("truncated", &sender.origin, |json| {
            json.text("fault", fault.name());
            json.text("file", &path.to_string_lossy());
            json.number("packets_read", count);
        });
        sender.push(made)?;
    }
    Ok(())
}

impl Counters {
    /// Writes the counters into a status event.
    pub(crate) fn write(&self, json: &mut crate::json::Json) {
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
