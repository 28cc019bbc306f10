//! Files as the world treats them: they grow, they are renamed, they are truncated, and we are
//! restarted. Nothing may be lost, nothing doubled.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "helpers of tests"
)]

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use event::{Batch, Kind, SourceOffset, Time};
use sensor::{Context, Limits, Parcel, SourceConfig, Stop, channel};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

struct Source {
    parcels: mpsc::Receiver<Parcel>,
    stop: watch::Sender<bool>,
    task: JoinHandle<sensor::Result<()>>,
    lines: Vec<String>,
    offsets: Vec<SourceOffset>,
    failed: usize,
}

impl Source {
    fn start(path: &Path, follow: bool, offsets: Vec<SourceOffset>) -> Self {
        let json = serde_json::json!({"id": "f", "kind": "file", "site": "s", "path": path, "follow": follow});
        let config: SourceConfig = serde_json::from_value(json).unwrap();
        let mut limits = Limits::default();
        limits.log.poll_millis = 5;
        let (out, parcels) = channel(4);
        let (stop, receiver) = watch::channel(false);
        let context = Context {
            offsets: offsets.clone(),
            ..Context::new("edge", Arc::new(|| Time::from_seconds(1_800_000_000, 0)))
        };
        let run = sensor::run(config, Arc::new(limits), context, out, Stop::new(receiver));
        Self {
            parcels,
            stop,
            task: tokio::spawn(run),
            lines: Vec::new(),
            offsets,
            failed: 0,
        }
    }

    fn take(&mut self, batch: Batch) {
        for event in &batch.events {
            match event.kind {
                Kind::SensorStatus => {}
                Kind::ParseFailed => self.failed += 1,
                _ => {
                    let record: serde_json::Value =
                        serde_json::from_slice(event.record.bytes()).unwrap();
                    // An event of the audit system is told by its number and its records.
                    let text = record["message"].as_str().map(str::to_owned);
                    let audit = || format!("{} {}", record["serial"], record["type"]);
                    self.lines.push(text.unwrap_or_else(audit));
                }
            }
        }
        for offset in batch.offsets {
            self.offsets.retain(|held| held.input != offset.input);
            self.offsets.push(offset);
        }
    }

    /// Waits until so many lines have come.
    async fn lines(&mut self, count: usize) {
        let start = Instant::now();
        while self.lines.len() < count {
            assert!(
                start.elapsed() < Duration::from_secs(20),
                "{:?}",
                self.lines
            );
            let parcel = tokio::time::timeout(Duration::from_secs(20), self.parcels.recv()).await;
            let parcel = parcel.expect("nothing came").expect("the source ended");
            self.take(parcel.batch);
            parcel.durable.send(()).unwrap_or_default();
        }
    }

    /// Stops it, takes the rest, and hands over lines and offsets.
    async fn stop(self) -> (Vec<String>, Vec<SourceOffset>) {
        self.stop.send(true).unwrap();
        self.end().await
    }

    async fn end(mut self) -> (Vec<String>, Vec<SourceOffset>) {
        while let Some(parcel) = self.parcels.recv().await {
            self.take(parcel.batch);
            parcel.durable.send(()).unwrap_or_default();
        }
        self.task.await.unwrap().unwrap();
        (self.lines, self.offsets)
    }
}

fn append(path: &Path, text: &str) {
    let mut file = OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

#[tokio::test]
async fn a_file_read_once_gives_its_last_line_too() {
    let folder = tempfile::tempdir().unwrap();
    append(&folder.path().join("a.log"), "one\n\ntwo");
    append(&folder.path().join("b.log"), "three\n");
    append(&folder.path().join("c.txt"), "not meant\n");
    let source = Source::start(&folder.path().join("*.log"), false, Vec::new());
    let (lines, offsets) = source.end().await;
    assert_eq!(lines, ["one", "three", "two"]);
    assert_eq!(offsets.len(), 2);
}

#[tokio::test]
async fn what_is_packed_or_a_document_goes_on_where_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let expected: Vec<String> = (0..3_000).map(|n| format!("ring }} {n}")).collect();
    let objects: Vec<_> = expected
        .iter()
        .map(|text| serde_json::json!({ "message": text }))
        .collect();
    let document = serde_json::to_vec_pretty(&objects).unwrap();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(&document).unwrap();
    let zstd = ruzstd::encoding::compress_to_vec(
        expected.join("\n").as_bytes(),
        ruzstd::encoding::CompressionLevel::Fastest,
    );
    for (name, content) in [
        ("a.json", document),
        ("b.json.gz", gzip.finish().unwrap()),
        ("c.zst", zstd),
    ] {
        let path = folder.path().join(name);
        fs::write(&path, content).unwrap();
        let mut killed = Source::start(&path, false, Vec::new());
        killed.lines(1_000).await;
        let (mut lines, offsets) = (killed.lines.clone(), killed.offsets.clone());
        drop(killed);
        assert!(lines.len() < 3_000, "{name}");
        let (rest, offsets) = Source::start(&path, false, offsets).end().await;
        lines.extend(rest);
        assert!(lines == expected, "{name}: {} lines", lines.len());
        let (again, _) = Source::start(&path, false, offsets).end().await;
        assert_eq!(again, [""; 0], "{name}");
    }
}

#[tokio::test]
async fn renaming_and_restarting_lose_nothing_and_double_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.log");
    append(&path, "one\ntwo\npart");
    let mut source = Source::start(&path, true, Vec::new());
    source.lines(2).await;
    append(&path, "ial\n");
    source.lines(3).await;
    // Rotation by rename; the writer keeps the old file open for one more line.
    let old = folder.path().join("app.log.1");
    fs::rename(&path, &old).unwrap();
    append(&old, "late\n");
    append(&path, "fresh\n");
    source.lines(5).await;
    let (mut lines, offsets) = source.stop().await;
    assert_eq!(lines[..3], ["one", "two", "partial"]);
    lines[3..].sort();
    assert_eq!(lines[3..], ["fresh", "late"]);
    // While nobody reads: more in the file, another rotation, and a new file.
    append(&path, "unseen\n");
    fs::rename(&path, folder.path().join("app.log.2")).unwrap();
    append(&path, "newest\n");
    let mut source = Source::start(&path, true, offsets);
    source.lines(2).await;
    append(&path, "last\n");
    source.lines(3).await;
    let (lines, _) = source.stop().await;
    assert_eq!(lines, ["unseen", "newest", "last"]);
}

#[tokio::test]
async fn a_truncated_file_begins_anew() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.log");
    append(&path, "first line\nsecond line\n");
    let mut source = Source::start(&path, true, Vec::new());
    source.lines(2).await;
    fs::write(&path, "third\n").unwrap();
    source.lines(3).await;
    // Truncated and written beyond the old length between two looks.
    fs::write(&path, "fourth line\nfifth line\nsixth line\n").unwrap();
    source.lines(6).await;
    let (lines, _) = source.stop().await;
    assert_eq!(
        lines[2..],
        ["third", "fourth line", "fifth line", "sixth line"]
    );
}

#[tokio::test]
async fn a_line_that_is_too_long_is_declared() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.log");
    append(&path, &format!("short\n{}\nafter\n", "x".repeat(2 << 20)));
    let mut source = Source::start(&path, true, Vec::new());
    source.lines(2).await;
    assert_eq!(
        (source.lines.join(","), source.failed),
        ("short,after".to_owned(), 1)
    );
    drop(source.stop().await);
}

#[tokio::test]
async fn a_file_that_is_not_there_is_an_error_only_when_read_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("none.log");
    let source = Source::start(&path, false, Vec::new());
    assert!(source.task.await.unwrap().is_err());
    let mut source = Source::start(&path, true, Vec::new());
    append(&path, "here\n");
    source.lines(1).await;
    drop(source.stop().await);
}

#[tokio::test]
async fn a_file_rotated_away_is_read_to_its_end_while_another_has_a_backlog() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let blank = "\n".repeat(40 << 20);
    // More batches than the channel holds: the source waits for us in its first look.
    append(&path("a.log"), &"backlog\n".repeat(8_000));
    append(&path("a.log"), &blank);
    append(&path("b.log"), "one\npart");
    append(&path("c.log"), "two\n");
    append(&path("c.log"), &blank);
    append(&path("c.log"), "last");
    let mut source = Source::start(&path("*.log"), false, Vec::new());
    source.lines(1).await;
    fs::rename(path("b.log"), path("b.old")).unwrap();
    fs::rename(path("c.log"), path("c.old")).unwrap();
    let (mut lines, _) = source.end().await;
    lines.retain(|line| line != "backlog");
    lines.sort();
    assert_eq!(lines, ["last", "one", "part", "two"]);
}

#[tokio::test]
async fn a_renamed_file_that_is_still_meant_keeps_its_place_over_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.log");
    let meant = folder.path().join("app.log*");
    append(&path, "one\ntwo\n");
    let mut source = Source::start(&meant, true, Vec::new());
    source.lines(2).await;
    fs::rename(&path, folder.path().join("app.log.1")).unwrap();
    append(&path, "three\n");
    source.lines(3).await;
    let (_, offsets) = source.stop().await;
    append(&path, "four\n");
    let mut source = Source::start(&meant, true, offsets);
    source.lines(1).await;
    let (lines, _) = source.stop().await;
    assert_eq!(lines, ["four"]);
}

#[tokio::test]
async fn what_was_read_of_a_line_is_kept_when_its_file_is_truncated() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.log");
    append(&path, "whole\nonly the beginning");
    let mut source = Source::start(&path, true, Vec::new());
    source.lines(1).await;
    // The offset of the first line says that the rest was read too: they came in one piece.
    fs::write(&path, "new\n").unwrap();
    source.lines(3).await;
    let (lines, _) = source.stop().await;
    assert_eq!(lines, ["whole", "only the beginning", "new"]);
}

#[tokio::test]
async fn records_of_events_that_were_open_at_a_kill_are_joined_after_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("audit.log");
    append(
        &path,
        "type=SYSCALL msg=audit(1796022301.000:1): pid=1\n\
         type=SYSCALL msg=audit(1796022301.000:2): pid=2\n\
         type=USER_CMD msg=audit(1796022301.000:3): pid=3\n",
    );
    let mut killed = Source::start(&path, true, Vec::new());
    killed.lines(1).await;
    assert_eq!(killed.lines, [r#"3 "USER_CMD""#]);
    let offsets = killed.offsets.clone();
    drop(killed);
    // Nothing new, and killed again.
    let (lines, _) = Source::start(&path, true, offsets.clone()).stop().await;
    assert!(lines.is_empty());
    append(
        &path,
        "type=EOE msg=audit(1796022301.000:2): \n\
         type=PROCTITLE msg=audit(1796022301.000:1): proctitle=6C73\n",
    );
    let mut source = Source::start(&path, true, offsets);
    source.lines(2).await;
    let (lines, _) = source.stop().await;
    assert_eq!(lines, [r#"2 "SYSCALL""#, r#"1 ["SYSCALL","PROCTITLE"]"#]);
}

#[tokio::test]
async fn a_kill_amid_joined_records_loses_none_and_doubles_none() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("audit.log");
    let mut text = String::new();
    for serial in 1..=3_000 {
        // Each event ends while the two after it are open.
        text += &format!("type=SYSCALL msg=audit(1796022301.000:{serial}): pid=1\n");
        if serial > 2 {
            let ended = serial - 2;
            text += &format!("type=PROCTITLE msg=audit(1796022301.000:{ended}): proctitle=6C73\n");
        }
    }
    append(&path, &text);
    let mut killed = Source::start(&path, false, Vec::new());
    killed.lines(1_000).await;
    let (mut lines, offsets) = (killed.lines.clone(), killed.offsets.clone());
    drop(killed);
    let (rest, _) = Source::start(&path, false, offsets).end().await;
    lines.extend(rest);
    let expected: Vec<String> = (1..=3_000)
        .map(|serial| match serial {
            ..2_999 => format!(r#"{serial} ["SYSCALL","PROCTITLE"]"#),
            _ => format!(r#"{serial} "SYSCALL""#),
        })
        .collect();
    assert_eq!(lines, expected);
}
