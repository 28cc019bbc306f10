//! How far reading is, on one line of stderr when that is a terminal: bytes, events, detections,
//! events a second, the file. The line goes when reading ends.

use std::io::{IsTerminal, Write};
use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use sensor::Meter;

use crate::table::cell;

/// Time between two looks.
const EVERY: Duration = Duration::from_millis(100);
/// Letters of the bar.
const BAR: usize = 20;

/// The line, or nothing where nobody would see it.
#[derive(Clone)]
pub(crate) struct Progress {
    is_shown: bool,
    meter: Meter,
    total: u64,
    file: Arc<Mutex<String>>,
    started: Instant,
    last: Instant,
}

impl Progress {
    /// A line for inputs of so many bytes. `beside`: stdout goes elsewhere, or is written so that
    /// the line can be taken away before.
    pub(crate) fn new(meter: &Meter, total: u64, beside: bool) -> Self {
        let now = Instant::now();
        Self {
            is_shown: beside && std::io::stderr().is_terminal(),
            meter: Meter::clone(meter),
            total,
            file: Arc::default(),
            started: now,
            last: now,
        }
    }

    /// Names the file that is read now.
    pub(crate) fn file(&self, path: &Path) {
        let name = path.file_name().unwrap_or(path.as_os_str());
        let mut held = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        *held = name.to_string_lossy().into_owned();
    }

    /// Seconds since the beginning.
    pub(crate) fn seconds(&self) -> f64 {
        self.started.elapsed().as_secs_f64()
    }

    /// Shows how far it is, a few times a second.
    pub(crate) fn show(&mut self, events: u64, detections: Option<u64>) {
        if !self.is_shown || self.last.elapsed() < EVERY {
            return;
        }
        self.last = Instant::now();
        let file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let line = line(
            self.meter.load(Ordering::Relaxed),
            self.total,
            events,
            detections,
            self.started.elapsed(),
            &file,
        );
        write(&format!("\r\u{1b}[2K{line}"));
    }

    /// Takes the line away, so that something else can be written.
    pub(crate) fn clear(&self) {
        if self.is_shown {
            write("\r\u{1b}[2K");
        }
    }
}

/// A line that cannot be shown is no reason to stop.
fn write(text: &str) {
    let mut out = std::io::stderr().lock();
    drop(out.write_all(text.as_bytes()).and_then(|()| out.flush()));
}

fn line(
    done: u64,
    total: u64,
    events: u64,
    detections: Option<u64>,
    passed: Duration,
    file: &str,
) -> String {
    // The beginning of a file is read more than once.
    let done = done.min(total);
    let full = usize::try_from(done * BAR as u64 / total.max(1)).unwrap_or(BAR);
    let bar = format!("{}{}", "#".repeat(full), ".".repeat(BAR - full.min(BAR)));
    let found = detections.map_or(String::new(), |found| format!("  {found} detections"));
    let rate = events * 1_000 / u64::try_from(passed.as_millis()).unwrap_or(u64::MAX).max(1);
    let (done, total) = (mebibytes(done), mebibytes(total));
    let file = cell(file, 24);
    format!(
        "[{bar}] {done}/{total} MiB  {events} events{found}  {rate}/s  {}",
        file.trim_end()
    )
}

/// With one digit behind the point.
fn mebibytes(bytes: u64) -> String {
    let tenths = bytes.saturating_mul(10) >> 20;
    format!("{}.{}", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_says_bytes_events_detections_rate_and_file() {
        let second = Duration::from_secs(2);
        assert_eq!(
            line(5 << 20, 20 << 20, 10_000, Some(3), second, "a\u{1b}.evtx"),
            "[#####...............] 5.0/20.0 MiB  10000 events  3 detections  5000/s  a·.evtx"
        );
        let line = line(9, 0, 0, None, Duration::ZERO, "x");
        assert!(
            line.starts_with("[....................] 0.0/0.0 MiB  0 events  0/s"),
            "{line}"
        );
    }
}
