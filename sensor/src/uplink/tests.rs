//! Frames cut and twisted; both ends of a link over a real socket pair.

use std::sync::Arc;
use std::time::Duration;

use event::{Batch, SourceOffset, Time};
use proptest::prelude::*;
use tokio::net::UnixStream;
use tokio::sync::watch;

use super::child::{Hello, run_child};
use super::frame::{Frame, FrameError};
use super::link::{Progress, serve_end};
use crate::config::{Limits, SourceConfig};
use crate::out::channel;
use crate::run::Stop;

fn batch() -> Batch {
    Batch {
        events: Vec::new(),
        offsets: vec![SourceOffset {
            source: "s".into(),
            input: "/var/log/x".into(),
            state: "{}".into(),
        }],
        first: None,
    }
}

#[test]
fn reads_what_it_writes_and_waits_for_the_rest() {
    for frame in [
        Frame::Batch(batch()),
        Frame::Acknowledged(7),
        Frame::Stop,
        Frame::Hello("{\"a\":1}".to_owned()),
    ] {
        let mut bytes = frame.encode().unwrap();
        for cut in 0..bytes.len() {
            assert_eq!(Frame::decode(&bytes[..cut]), Ok(None), "cut at {cut}");
        }
        let length = bytes.len();
        bytes.extend(b"next");
        assert_eq!(Frame::decode(&bytes), Ok(Some((frame, length))));
    }
}

#[test]
fn a_twisted_frame_is_refused() {
    let mut bytes = Frame::Batch(batch()).encode().unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    assert_eq!(Frame::decode(&bytes), Err(FrameError::Checksum));
    assert!(matches!(
        Frame::decode(&[0xff; 8]),
        Err(FrameError::Length(_))
    ));
}

proptest! {
    #[test]
    fn hostile_bytes_are_harmless(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
        let mut body = u32::try_from(bytes.len()).unwrap().to_le_bytes().to_vec();
        body.extend(crc32c::crc32c(&bytes).to_le_bytes());
        body.extend(bytes);
        drop(Frame::decode(&body));
    }
}

#[tokio::test]
async fn a_child_sends_everything_and_ends_when_all_is_durable() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.log");
    let text: String = (0..2_500)
        .map(|number| format!("line {number}\n"))
        .collect();
    std::fs::write(&path, text).unwrap();
    let source: SourceConfig = serde_json::from_value(
        serde_json::json!({"id": "f", "kind": "file", "site": "s", "path": path, "follow": false}),
    )
    .unwrap();
    let hello = Hello {
        source,
        limits: Limits::default(),
        sensor: "edge".to_owned(),
        networks: vec![("10.0.0.0/8".to_owned(), "s".to_owned())],
        exercise: true,
        shift: 0,
    };
    let (ours, theirs) = UnixStream::pair().unwrap();
    let clock = Arc::new(|| Time::from_seconds(1_800_000_000, 0));
    let socket = theirs.into_std().unwrap().into();
    let child = tokio::spawn(run_child(socket, clock));
    let (out, mut parcels) = channel(2);
    let (_keep, receiver) = watch::channel(false);
    let serve = tokio::spawn(async move {
        let mut progress = Progress::default();
        let words = serde_json::to_string(&hello).unwrap();
        let result = serve_end(ours, words, out, Stop::new(receiver), &mut progress).await;
        (result.is_ok(), progress)
    });
    let mut events = 0;
    while let Some(parcel) = parcels.recv().await {
        events += parcel.batch.events.len();
        assert!(parcel.batch.events.iter().all(|event| event.exercise));
        tokio::time::sleep(Duration::from_millis(1)).await;
        parcel.durable.send(()).unwrap();
    }
    let (ended, progress) = serve.await.unwrap();
    assert!(ended);
    assert!(progress.durable >= 3);
    child.await.unwrap().unwrap();
    assert_eq!(events, 2_501);
}
