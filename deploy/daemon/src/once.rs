//! Reads a file or folder once through the same sensors that `serve` runs, without a journal.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use event::{Event, Networks};
use sensor::{CaptureConfig, FileConfig, LogFormat, SourceConfig, SourceKind, Stop};
use tokio::sync::watch;

use crate::config::Config;
use crate::system_clock;

/// Hands the events of an input to `visit`, batch by batch, in order.
pub(crate) async fn read_once(
    path: &Path,
    config: &Config,
    networks: Networks,
    mut visit: impl FnMut(&[Event]) -> Result<()>,
) -> Result<()> {
    let source = source_for(path)?;
    let (out, mut parcels) = sensor::channel(4);
    let (_keep, stopped) = watch::channel(false);
    let context = sensor::Context {
        sensor: "read".into(),
        networks: Arc::new(networks),
        clock: system_clock(),
        offsets: Vec::new(),
        exercise: false,
        shift: 0,
    };
    let limits = Arc::new(config.limits.clone());
    let running = tokio::spawn(sensor::run(
        source,
        limits,
        context,
        out,
        Stop::new(stopped),
    ));
    while let Some(parcel) = parcels.recv().await {
        visit(&parcel.batch.events)?;
        if parcel.durable.send(()).is_err() {
            tracing::trace!("the source did not wait for its ticket");
        }
    }
    let ended = running
        .await
        .context("the reader panicked; please report the file")?;
    ended.with_context(|| format!("cannot read {}", path.display()))
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
