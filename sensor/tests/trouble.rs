//! Logs that cannot be read say so, at once and for as long as it lasts.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "helpers of tests"
)]

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use event::{Kind, Time};
use sensor::{Context, Limits, Parcel, SourceConfig, Stop, channel};
use serde_json::{Value, json};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

struct Source {
    parcels: mpsc::Receiver<Parcel>,
    stop: watch::Sender<bool>,
    task: JoinHandle<sensor::Result<()>>,
    records: Vec<(Kind, Value)>,
}

impl Source {
    fn start(config: Value) -> Self {
        let config: SourceConfig = serde_json::from_value(config).unwrap();
        let mut limits = Limits::default();
        limits.log.poll_millis = 1;
        let (out, parcels) = channel(4);
        let (stop, receiver) = watch::channel(false);
        // A clock that hurries, so that status comes often.
        let now = AtomicI64::new(1_800_000_000_000_000);
        let context = Context::new(
            "edge",
            Arc::new(move || Time::from_micros(now.fetch_add(1_000_000, Ordering::Relaxed))),
        );
        let run = sensor::run(config, Arc::new(limits), context, out, Stop::new(receiver));
        Self {
            parcels,
            stop,
            task: tokio::spawn(run),
            records: Vec::new(),
        }
    }

    fn file(path: &Path, follow: bool) -> Self {
        Self::start(json!({"id": "f", "kind": "file", "site": "s", "path": path, "follow": follow}))
    }

    /// Takes what comes; false when nothing comes any more.
    async fn take(&mut self) -> bool {
        let parcel = tokio::time::timeout(Duration::from_secs(20), self.parcels.recv()).await;
        let Some(parcel) = parcel.expect("nothing came") else {
            return false;
        };
        for event in &parcel.batch.events {
            let record = serde_json::from_slice(event.record.bytes()).unwrap();
            self.records.push((event.kind, record));
        }
        parcel.durable.send(()).unwrap_or_default();
        true
    }

    fn told(&self, word: &str) -> Vec<&Value> {
        let told = self.records.iter().map(|(_, record)| record);
        told.filter(|record| record["status"] == word).collect()
    }

    async fn until(&mut self, word: &str, count: usize) {
        let before = self.told(word).len();
        while self.told(word).len() < before + count {
            assert!(self.take().await, "the source ended");
            assert!(self.records.len() < 1_000, "never {word}");
        }
    }

    async fn end(mut self) -> (Vec<(Kind, Value)>, Option<String>) {
        self.stop.send(true).unwrap_or_default();
        while self.take().await {}
        let error = self.task.await.unwrap().err();
        (self.records, error.map(|error| error.to_string()))
    }
}

/// What a file source tells of a file that it was not told to stop reading.
async fn read_once(path: &Path) -> (Vec<(Kind, Value)>, Option<String>) {
    let mut source = Source::file(path, false);
    while source.take().await {}
    source.end().await
}

#[tokio::test]
async fn a_missing_log_is_unreadable_until_it_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.log");
    let mut source = Source::file(&path, true);
    source.until("unreadable", 3).await;
    assert!(source.told("running").is_empty());
    let told = source.told("unreadable")[0];
    assert_eq!(told["file"], path.to_string_lossy().as_ref());
    let reason = told["reason"].as_str().unwrap();
    assert!(reason.contains("check the source's path"), "{reason}");
    std::fs::write(&path, "line\n").unwrap();
    source.until("running", 2).await;
    let told = source.told("unreadable").len();
    source.until("running", 2).await;
    assert_eq!(source.told("unreadable").len(), told);
    let (records, error) = source.end().await;
    assert_eq!(error, None);
    assert!(records.iter().any(|(kind, _)| *kind == Kind::Text));
    let told = records
        .iter()
        .filter(|(kind, _)| *kind == Kind::SensorStatus);
    assert!(told.clone().all(|(_, record)| record["dropped"] == 0));
}

#[tokio::test]
async fn a_compressed_log_that_is_followed_is_refused_and_its_neighbours_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("a.log"), b"\x28\xb5\x2f\xfd\x04\n\n").unwrap();
    std::fs::write(path("b.log"), "line\n").unwrap();
    std::fs::write(path("b.log.1.gz"), b"\x1f\x8b\x08\0").unwrap();
    let mut source = Source::file(&path("*.log"), true);
    source.until("unreadable", 3).await;
    let reason = source.told("unreadable")[0]["reason"].clone();
    assert_eq!(reason, "compressed with zstd and must be unpacked first");
    let (records, _) = source.end().await;
    assert!(records.iter().any(|(kind, _)| *kind == Kind::Text));
    assert!(records.iter().all(|(kind, _)| *kind != Kind::ParseFailed));
    // What rotation has packed was read before, unless it is meant by name.
    let mut source = Source::file(&path("b.log*"), true);
    source.until("running", 2).await;
    assert!(source.told("unreadable").is_empty());
    source.end().await;
    let mut source = Source::file(&path("*.gz"), true);
    source.until("unreadable", 2).await;
    source.end().await;
    // What is read once was not read before: it is unpacked, and damage is told.
    let (records, error) = read_once(&path("b.log.1.gz")).await;
    assert_eq!(error, None);
    let told = records
        .iter()
        .find(|(_, record)| record["status"] == "unreadable");
    let reason = told.unwrap().1["reason"].as_str().unwrap();
    assert!(reason.contains("damaged gzip at byte 4"), "{reason}");
    std::fs::write(path("c.log"), b"\xfd7zXZ\0\0").unwrap();
    let (_, error) = read_once(&path("c.log")).await;
    let error = error.unwrap();
    assert!(
        error.contains("compressed with xz and must be unpacked first"),
        "{error}"
    );
}

#[tokio::test]
async fn an_event_log_of_rubbish_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.evtx");
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fuzz/seeds/evtx");
    let header = std::fs::read(seeds.join("header")).unwrap();
    let mut no_chunk = header.clone();
    no_chunk.resize(4_096 + 300, b'x');
    let mut whole_chunk = header.clone();
    whole_chunk.resize(4_096 + 65_536, b'x');
    let mut bad_chunk = whole_chunk.clone();
    bad_chunk[4_096..4_096 + 8].copy_from_slice(b"ElfChnk\0");
    for (name, bytes) in [
        ("magic", b"ElfFile\0".to_vec()),
        ("short", [b"ElfFile\0", &[b'x'; 1_000][..]].concat()),
        ("header", header),
        ("no chunk", no_chunk),
        ("whole chunk", whole_chunk),
        ("bad chunk", bad_chunk),
    ] {
        std::fs::write(&path, bytes).unwrap();
        let (records, _) = read_once(&path).await;
        let said = records
            .iter()
            .any(|(kind, record)| *kind == Kind::ParseFailed || record["status"] == "unreadable");
        assert!(said, "{name}: {records:?}");
    }
}

#[tokio::test]
async fn an_unknown_zone_is_named_with_the_way_out() {
    let config = json!({"id": "f", "kind": "file", "site": "s", "path": "/x", "zone": "Mars/Dome"});
    let (_, error) = Source::start(config).end().await;
    let error = error.unwrap();
    assert!(
        error.contains("Mars/Dome") && error.contains("Asia/Ho_Chi_Minh"),
        "{error}"
    );
}
