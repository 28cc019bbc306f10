//! A capture child as a process of its own: descriptor 3, the hello, the end, and its death.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "helpers of tests"
)]

use std::sync::Arc;
use std::time::Duration;

use event::{Kind, Time};
use sensor::uplink::child::{Hello, inherited, run_child, supervise};
use sensor::{Limits, SourceConfig, Stop, channel};
use tokio::process::Command;
use tokio::sync::watch;

const ROLE: &str = "HAIDANG_TEST_CHILD";

fn clock() -> Arc<dyn Fn() -> Time + Send + Sync> {
    Arc::new(|| Time::from_seconds(1_800_000_000, 0))
}

/// Not a test of its own: what the started process does.
#[tokio::test]
async fn acts_as_child() {
    match std::env::var(ROLE).as_deref() {
        Ok("run") => run_child(inherited().unwrap(), clock()).await.unwrap(),
        Ok("die") => panic!("as told"),
        _ => {}
    }
}

fn command(role: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "acts_as_child"]).env(ROLE, role);
    command
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null());
    command
}

#[tokio::test]
async fn a_child_that_dies_is_declared_and_started_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.log");
    std::fs::write(&path, "one\ntwo\n").unwrap();
    let source: SourceConfig = serde_json::from_value(
        serde_json::json!({"id": "f", "kind": "file", "site": "s", "path": path, "follow": true}),
    )
    .unwrap();
    let hello = Hello {
        source,
        limits: Limits::default(),
        sensor: "edge".to_owned(),
        networks: Vec::new(),
        exercise: false,
        shift: 0,
    };
    let (out, mut parcels) = channel(4);
    let (stop, receiver) = watch::channel(false);
    let mut lives = 0;
    let start = move || {
        lives += 1;
        command(if lives == 1 { "die" } else { "run" })
    };
    let serve = tokio::spawn(supervise(start, hello, clock(), out, Stop::new(receiver)));
    let (mut told, mut lines) = (0, 0);
    while lines < 2 {
        let parcel = tokio::time::timeout(Duration::from_secs(30), parcels.recv());
        let parcel = parcel.await.unwrap().unwrap();
        for event in &parcel.batch.events {
            let record = String::from_utf8_lossy(event.record.bytes()).into_owned();
            told += usize::from(record.contains("capture_interrupted"));
            lines += usize::from(event.kind == Kind::Text);
        }
        // A supervisor does not wait for its own status to be durable.
        parcel.durable.send(()).unwrap_or_default();
    }
    assert_eq!((told, lines), (1, 2));
    stop.send(true).unwrap();
    while let Some(parcel) = parcels.recv().await {
        parcel.durable.send(()).unwrap_or_default();
    }
    serve.await.unwrap().unwrap();
}
