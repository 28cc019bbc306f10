//! Reads a file or folder once through the same sensors that `serve` runs, without a journal.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use event::{Event, Fields, Kind, Leaf, Limits, Networks};
use sensor::packet::capture::is_capture;
use sensor::{CaptureConfig, FileConfig, LogFormat, Meter, SourceConfig, SourceKind, Stop};
use tokio::sync::watch;

use crate::commands::Outcome;
use crate::config::Config;
use crate::system_clock;

/// Deepest folder below an input.
const MAX_DEPTH: usize = 16;

/// What reading needs beside the input.
pub(crate) struct Reader<'a> {
    /// The limits.
    pub(crate) config: &'a Config,
    /// Which addresses belong to which site.
    pub(crate) networks: Networks,
    /// Counts the bytes read of files.
    pub(crate) meter: Meter,
}

impl Reader<'_> {
    /// Hands the events of an input to `visit`, batch by batch, in order. What the sensor could not
    /// read is said on stderr, and is a bad input. A folder is read with the folders in it; a file
    /// of it that cannot be read does not keep the others from being read.
    pub(crate) async fn read(
        &self,
        path: &Path,
        visit: &mut impl FnMut(Vec<Event>) -> Result<()>,
    ) -> Result<Outcome> {
        let mut outcome = Outcome::Done;
        for input in inputs(path)? {
            match self.source(source_for(&input), visit).await {
                Ok(ended) => outcome = outcome.and(ended),
                Err(error) if input != path && error.is::<sensor::Error>() => {
                    eprintln!("haidang: {error}");
                    outcome = Outcome::Bad;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(outcome)
    }

    /// The same of one source.
    pub(crate) async fn source(
        &self,
        source: SourceConfig,
        visit: &mut impl FnMut(Vec<Event>) -> Result<()>,
    ) -> Result<Outcome> {
        let (out, mut parcels) = sensor::channel(4);
        let (_keep, stopped) = watch::channel(false);
        let context = sensor::Context {
            networks: Arc::new(self.networks.clone()),
            meter: Meter::clone(&self.meter),
            ..sensor::Context::new("read", system_clock())
        };
        let limits = Arc::new(self.config.limits.of_inputs());
        let running = sensor::run(source, limits, context, out, Stop::new(stopped));
        let running = tokio::spawn(running);
        let mut outcome = Outcome::Done;
        while let Some(parcel) = parcels.recv().await {
            for lost in parcel.batch.events.iter().filter_map(unread) {
                outcome = Outcome::Bad;
                eprintln!("haidang: {lost}");
            }
            visit(parcel.batch.events)?;
            if parcel.durable.send(()).is_err() {
                tracing::trace!("the source did not wait for its ticket");
            }
        }
        let ended = running
            .await
            .context("the reader panicked; please report the file")?;
        match ended {
            Ok(()) => Ok(outcome),
            Err(error) if error.was_there() => {
                // The sensor's own words name the file.
                eprintln!("haidang: {error}");
                Ok(Outcome::Bad)
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// A file; a folder of captures, whose flows may span them; of another folder every file by itself,
/// for each has a time of its own. Then the folders in it, in the order of names.
fn inputs(path: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    if path.is_dir() {
        collect(path, 0, &mut found)?;
    } else {
        found.push(path.to_owned());
    }
    Ok(found)
}

fn collect(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) -> Result<()> {
    let context = || format!("cannot read {}", folder.display());
    let (mut folders, mut files) = (Vec::new(), Vec::new());
    for entry in folder.read_dir().with_context(context)? {
        let entry = entry.with_context(context)?;
        let path = entry.path();
        // A link to a folder may lead back here.
        if entry.file_type().with_context(context)?.is_dir() {
            folders.push(path);
        } else if path.is_file() && !entry.file_name().as_encoded_bytes().starts_with(b".") {
            files.push(path);
        }
    }
    files.sort();
    if files.first().is_some_and(|first| is_capture_file(first)) {
        found.push(folder.to_owned());
    } else {
        found.extend(files);
    }
    folders.sort();
    for folder in folders.iter().filter(|_| depth < MAX_DEPTH) {
        collect(folder, depth + 1, found)?;
    }
    Ok(())
}

/// Bytes of all files of an input, for whoever shows progress.
pub(crate) fn size(path: &Path) -> u64 {
    let of = |path: &Path| path.metadata().map_or(0, |metadata| metadata.len());
    let mut total = 0_u64;
    for input in inputs(path).unwrap_or_default() {
        if input.is_dir() {
            let entries = input.read_dir().into_iter().flatten().flatten();
            let files = entries.map(|entry| entry.path());
            total += files
                .filter(|path| path.is_file())
                .map(|path| of(&path))
                .sum::<u64>();
        } else {
            total += of(&input);
        }
    }
    total
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
pub(crate) fn source_for(path: &Path) -> SourceConfig {
    // Of a folder only captures are read together.
    let kind = if path.is_dir() || is_capture_file(path) {
        capture(path)
    } else {
        file(path, LogFormat::Auto)
    };
    let id = path
        .file_name()
        .map_or_else(|| "input".into(), |name| name.to_string_lossy());
    named(&id, "", kind)
}

/// A capture, read once.
pub(crate) fn capture(path: &Path) -> SourceKind {
    SourceKind::Capture(CaptureConfig {
        path: path.to_owned(),
        checksums: true,
    })
}

/// A log, read once.
pub(crate) fn file(path: &Path, format: LogFormat) -> SourceKind {
    SourceKind::File(FileConfig {
        path: path.to_owned(),
        format,
        follow: false,
    })
}

/// A source with a name and a site.
pub(crate) fn named(id: &str, site: &str, kind: SourceKind) -> SourceConfig {
    SourceConfig {
        id: id.to_owned(),
        kind,
        site: site.to_owned(),
        exercise: false,
        zone: None,
    }
}

/// Whether a file begins as a capture does, unpacked if it must be. What cannot be read is said by
/// the source that reads it.
fn is_capture_file(path: &Path) -> bool {
    sensor::head(path).is_ok_and(|head| is_capture(&head))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_read_with_the_folders_in_it() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["b/x.json", "a/deep/y.json", "z.json", ".hidden"] {
            let path = dir.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "1234").unwrap();
        }
        std::os::unix::fs::symlink(dir.path(), dir.path().join("b/loop")).unwrap();
        let found = inputs(dir.path()).unwrap();
        let found: Vec<_> = found
            .iter()
            .map(|path| path.strip_prefix(dir.path()).unwrap().display().to_string())
            .collect();
        assert_eq!(found, ["z.json", "a/deep/y.json", "b/x.json"]);
        assert_eq!(size(dir.path()), 12);
        let single = dir.path().join("z.json");
        assert_eq!(inputs(&single).unwrap(), [single]);
        let captures = dir.path().join("c");
        std::fs::create_dir(&captures).unwrap();
        for name in ["1.pcap", "2.pcap"] {
            std::fs::write(captures.join(name), b"\xd4\xc3\xb2\xa1").unwrap();
        }
        assert_eq!(inputs(&captures).unwrap(), [captures]);
    }
}
