//! Reads a file or folder once through the same sensors that `serve` runs, without a journal.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use event::{Event, Fields, Kind, Leaf, Limits, Networks};
use sensor::{CaptureConfig, FileConfig, LogFormat, SourceConfig, SourceKind, Stop};
use tokio::sync::watch;

use crate::commands::Outcome;
use crate::config::Config;
use crate::system_clock;

/// Hands the events of an input to `visit`, batch by batch, in order. What the sensor could not
/// read is said on stderr, and is a bad input.
pub(crate) async fn read_once(
    path: &Path,
    config: &Config,
    networks: Networks,
    mut visit: impl FnMut(&[Event]) -> Result<()>,
) -> Result<Outcome> {
    let source = source_for(path)?;
    let (out, mut parcels) = sensor::channel(4);
    let (_keep, stopped) = watch::channel(false);
    let context = sensor::Context {
        networks: Arc::new(networks),
        ..sensor::Context::new("read", system_clock())
    };
    let limits = Arc::new(config.limits.of_inputs());
    let running = tokio::spawn(sensor::run(
        source,
        limits,
        context,
        out,
        Stop::new(stopped),
    ));
    let mut outcome = Outcome::Done;
    while let Some(parcel) = parcels.recv().await {
        visit(&parcel.batch.events)?;
        for lost in parcel.batch.events.iter().filter_map(unread) {
            outcome = Outcome::Bad;
            eprintln!("haidang: {lost}");
        }
        if parcel.durable.send(()).is_err() {
            tracing::trace!("the source did not wait for its ticket");
        }
    }
    let ended = running
        .await
        .context("the reader panicked; please report the file")?;
    // The sensor's own words name the file.
    ended?;
    Ok(outcome)
}

/// What a status of the sensor says that it could not read, if it says so.
fn unread(event: &Event) -> Option<String> {
    if event.kind != Kind::SensorStatus {
        return None;
    }
    let mut fields = Fields::default();
    fields.read(event.record.bytes(), Limits::default());
    let text = |name| fields.at(name).find_map(Leaf::text);
    let said = text("status").filter(|word| matches!(&**word, "truncated" | "unreadable"))?;
    let why = text("reason").or_else(|| text("fault"));
    let why = why.as_deref().unwrap_or("no reason given");
    let file = text("file").unwrap_or_default();
    // Some reasons name the file themselves.
    Some(if why.contains(&*file) {
        format!("{said}: {why}")
    } else {
        format!("{file}: {said}: {why}")
    })
}

/// The source that fits a file, told from its first bytes; the format of logs is told by line.
pub(crate) fn source_for(path: &Path) -> Result<SourceConfig> {
    let kind = if is_capture(path)? {
        SourceKind::Capture(CaptureConfig {
            path: path.to_owned(),
            checksums: true,
        })
    } else {
        let format = LogFormat::Auto;
        SourceKind::File(FileConfig {
            path: path.to_owned(),
            format,
            follow: false,
        })
    };
    let id = path
        .file_name()
        .map_or_else(|| "input".into(), |name| name.to_string_lossy());
    let id = id.into_owned();
    Ok(SourceConfig {
        id,
        kind,
        site: String::new(),
        exercise: false,
        zone: None,
    })
}

/// Whether a file begins as a capture does; a folder, whether its first file does.
fn is_capture(path: &Path) -> Result<bool> {
    use std::io::Read;
    let context = || format!("cannot read {}", path.display());
    let mut path = path.to_owned();
    if path.is_dir() {
        let mut inner: Vec<_> = std::fs::read_dir(&path)
            .with_context(context)?
            .filter_map(|entry| entry.ok().map(|entry| entry.path()))
            .filter(|path| path.is_file())
            .collect();
        inner.sort();
        match inner.into_iter().next() {
            Some(first) => path = first,
            None => return Ok(false),
        }
    }
    let mut magic = [0_u8; 4];
    let mut file =
        std::fs::File::open(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let read = file
        .read(&mut magic)
        .with_context(|| format!("cannot read {}", path.display()))?;
    Ok(read == 4
        && matches!(
            magic,
            [0xd4, 0xc3, 0xb2, 0xa1]
                | [0xa1, 0xb2, 0xc3, 0xd4]
                | [0x4d, 0x3c, 0xb2, 0xa1]
                | [0xa1, 0xb2, 0x3c, 0x4d]
                | [0x0a, 0x0d, 0x0d, 0x0a]
        ))
}
