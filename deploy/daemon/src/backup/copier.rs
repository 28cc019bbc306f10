//! Copies files with their sums, no faster than allowed, and says how far it is.

use std::fs::File;
use std::io::{IsTerminal as _, Read, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use engine::Room;
use sha2::{Digest as _, Sha256};

use crate::hex;

/// How fast bytes may be copied, and what is left free.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    /// Bytes a second; 0: as fast as it goes.
    pub(crate) bytes_per_second: u64,
    /// What stays free on the disk that is written to, in bytes.
    pub(crate) reserve: u64,
}

/// What was copied of a file.
pub(super) struct Copied {
    pub(super) bytes: u64,
    pub(super) sha256: String,
}

/// Copies.
pub(super) struct Copier {
    pace: Pace,
    started: Instant,
    done: u64,
    total: u64,
    buffer: Vec<u8>,
    shown: Option<Instant>,
}

impl Copier {
    /// For about so many bytes.
    pub(super) fn new(pace: Pace, total: u64) -> Self {
        const BUFFER: usize = 1 << 18;
        let terminal = std::io::stderr().is_terminal();
        let now = Instant::now();
        Self {
            pace,
            started: now,
            done: 0,
            total,
            buffer: vec![0; BUFFER],
            shown: terminal.then_some(now),
        }
    }

    /// Bytes so far.
    pub(super) fn done(&self) -> u64 {
        self.done
    }

    /// Seconds so far.
    pub(super) fn seconds(&self) -> f64 {
        self.started.elapsed().as_secs_f64()
    }

    /// Copies at most `most` bytes into a new file that only its owner reads.
    pub(super) fn copy(&mut self, from: &mut impl Read, to: &Path, most: u64) -> Result<Copied> {
        make_folder_of(to)?;
        let mut options = File::options();
        options.write(true).create(true).truncate(true).mode(0o600);
        let mut file = options
            .open(to)
            .with_context(|| format!("cannot write {}", to.display()))?;
        self.pass(from, most, Some((&mut file, to)))
    }

    /// Reads a file without copying it.
    pub(super) fn look(&mut self, path: &Path) -> Result<Copied> {
        let mut file =
            File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
        self.pass(&mut file, u64::MAX, None)
    }

    fn pass(
        &mut self,
        from: &mut impl Read,
        most: u64,
        mut to: Option<(&mut File, &Path)>,
    ) -> Result<Copied> {
        let (mut sum, mut bytes) = (Sha256::new(), 0);
        let mut from = from.take(most);
        loop {
            let read = from.read(&mut self.buffer).context("cannot read")?;
            let piece = self.buffer.get(..read).unwrap_or_default();
            if piece.is_empty() {
                break;
            }
            sum.update(piece);
            if let Some((file, path)) = &mut to {
                file.write_all(piece)
                    .with_context(|| format!("cannot write {}", path.display()))?;
            }
            bytes += piece.len() as u64;
            self.done += piece.len() as u64;
            self.slow_down();
            self.show();
        }
        Ok(Copied {
            bytes,
            sha256: hex(&sum.finalize()),
        })
    }

    fn slow_down(&self) {
        if self.pace.bytes_per_second == 0 {
            return;
        }
        let millis = self.done.saturating_mul(1_000) / self.pace.bytes_per_second;
        let ahead = Duration::from_millis(millis).saturating_sub(self.started.elapsed());
        std::thread::sleep(ahead);
    }

    fn show(&mut self) {
        const EVERY: Duration = Duration::from_millis(100);
        let Some(shown) = self.shown.filter(|shown| shown.elapsed() >= EVERY) else {
            return;
        };
        self.shown = Some(shown + shown.elapsed());
        let percent = self.done.saturating_mul(100) / self.total.max(1);
        let (done, total) = (self.done >> 20, self.total >> 20);
        write(&format!(
            "\r\u{1b}[2K{:3} %  {done} of about {total} MiB",
            percent.min(100)
        ));
    }
}

/// Takes the line away, so that what comes after begins on a line of its own.
impl Drop for Copier {
    fn drop(&mut self) {
        if self.shown.is_some() {
            write("\r\u{1b}[2K");
        }
    }
}

/// A line that cannot be shown is no reason to stop.
fn write(text: &str) {
    let mut out = std::io::stderr().lock();
    drop(out.write_all(text.as_bytes()).and_then(|()| out.flush()));
}

/// Makes the folder that a file is to stand in, closed to others.
pub(super) fn make_folder_of(file: &Path) -> Result<()> {
    let Some(folder) = file.parent() else {
        return Ok(());
    };
    make_folder(folder)
}

/// Makes a folder, closed to others.
pub(super) fn make_folder(folder: &Path) -> Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true).mode(0o700);
    builder
        .create(folder)
        .with_context(|| format!("cannot create {}", folder.display()))
}

/// Refuses to begin where there is too little room.
pub(super) fn check_room(folder: &Path, bytes: u64, pace: Pace, way_out: &str) -> Result<()> {
    let room = Room::at(folder)?;
    let wanted = bytes.saturating_add(pace.reserve);
    if room.free >= wanted {
        return Ok(());
    }
    anyhow::bail!(
        "{} has {} MiB free; {} MiB are needed, and backup.reserve_mib is to stay free: {way_out}",
        folder.display(),
        room.free >> 20,
        (bytes >> 20) + 1,
    )
}

/// Makes everything that was written to the file system of a folder durable.
pub(super) fn sync(folder: &Path) -> Result<()> {
    let context = || format!("cannot sync {}", folder.display());
    let opened = File::open(folder).with_context(context)?;
    rustix::fs::syncfs(&opened).with_context(context)
}

/// Writes a small file whole or not at all.
pub(super) fn write_whole(path: &Path, text: &[u8]) -> Result<()> {
    let work = path.with_extension("new");
    let written = (|| {
        let mut options = File::options();
        options.write(true).create(true).truncate(true).mode(0o600);
        let mut file = options.open(&work)?;
        file.write_all(text)?;
        file.sync_all()?;
        std::fs::rename(&work, path)?;
        path.parent()
            .map_or(Ok(()), |folder| File::open(folder)?.sync_all())
    })();
    written.with_context(|| format!("cannot write {}", path.display()))
}
