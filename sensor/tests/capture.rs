//! Capture files over restarts: every event once, whatever was cut short; and captures that are
//! not whole, which say so.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "helpers of tests"
)]

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use event::{Kind, SourceOffset, Time};
use sensor::{Context, Limits, SourceConfig, Stop, channel};
use serde_json::Value;
use tokio::sync::watch;

/// What came of one life of a source.
#[derive(Default)]
struct Life {
    events: Vec<Value>,
    statuses: Vec<Value>,
    offsets: Vec<SourceOffset>,
    parcels: usize,
    error: Option<String>,
}

impl Life {
    fn told(&self, word: &str) -> Vec<&Value> {
        let told = self.statuses.iter();
        told.filter(|status| status["status"] == word).collect()
    }

    fn dropped(&self) -> u64 {
        let told = self.statuses.iter();
        told.map(|status| status["dropped"].as_u64().unwrap()).sum()
    }
}

#[derive(Clone, Copy, PartialEq)]
enum End {
    Natural,
    /// Nobody takes more than so many batches: as if the process were killed.
    Killed(usize),
    /// Told to stop after so many batches.
    Stopped(usize),
}

async fn live(path: &Path, offsets: &[SourceOffset], limits: Limits, end: End) -> Life {
    let json = serde_json::json!({"id": "c", "kind": "capture", "site": "s", "path": path, "checksums": false});
    let config: SourceConfig = serde_json::from_value(json).unwrap();
    let (out, mut parcels) = channel(1);
    let (stop, receiver) = watch::channel(false);
    // A clock that hurries: batches are small, and status comes often.
    let now = AtomicI64::new(1_800_000_000_000_000);
    let context = Context {
        offsets: offsets.to_vec(),
        ..Context::new(
            "edge",
            Arc::new(move || Time::from_micros(now.fetch_add(50_000, Ordering::Relaxed))),
        )
    };
    let run = sensor::run(config, Arc::new(limits), context, out, Stop::new(receiver));
    let task = tokio::spawn(run);
    let mut life = Life {
        offsets: offsets.to_vec(),
        ..Life::default()
    };
    while end != End::Killed(life.parcels) {
        let Some(parcel) = parcels.recv().await else {
            break;
        };
        life.parcels += 1;
        for event in &parcel.batch.events {
            let record = serde_json::from_slice(event.record.bytes()).unwrap();
            match event.kind {
                Kind::SensorStatus => life.statuses.push(record),
                _ => life.events.push(record),
            }
        }
        for offset in parcel.batch.offsets {
            life.offsets.retain(|held| held.input != offset.input);
            life.offsets.push(offset);
        }
        parcel.durable.send(()).unwrap_or_default();
        if end == End::Stopped(life.parcels) {
            stop.send(true).unwrap();
        }
    }
    drop(parcels);
    life.error = task.await.unwrap().err().map(|error| error.to_string());
    life
}

async fn whole(path: &Path, offsets: &[SourceOffset]) -> Life {
    live(path, offsets, Limits::default(), End::Natural).await
}

/// A conversation of the fuzzers' seeds: two bytes of length before each packet.
fn conversation(name: &str) -> Vec<Vec<u8>> {
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fuzz/seeds/packet");
    let bytes = std::fs::read(seeds.join(name)).unwrap();
    let (mut rest, mut found) = (&bytes[..], Vec::new());
    while let Some((length, after)) = rest.split_first_chunk::<2>() {
        let (packet, after) = after.split_at(usize::from(u16::from_be_bytes(*length)));
        found.push(packet.to_vec());
        rest = after;
    }
    found
}

/// A capture of so many conversations, one packet a second from `start` on; the last one of them is
/// cut in half, so that its flow goes on in the next file or ends with the capture.
fn capture(start: u32, rounds: usize) -> Vec<u8> {
    let mut file: Vec<u8> = [0xa1b2_c3d4_u32, 0x0004_0002, 0, 0, 65_535, 1]
        .iter()
        .flat_map(|word| word.to_le_bytes())
        .collect();
    let mut packets: Vec<Vec<u8>> = ["dns", "http", "tls"]
        .iter()
        .flat_map(|name| conversation(name))
        .collect();
    packets = std::iter::repeat_n(packets, rounds).flatten().collect();
    packets.truncate(packets.len() - 3);
    for (second, packet) in (start..).zip(packets) {
        let length = u32::try_from(packet.len()).unwrap();
        for word in [second, 0, length, length] {
            file.extend(word.to_le_bytes());
        }
        file.extend(packet);
    }
    file
}

fn folder(files: &[(&str, Vec<u8>)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        std::fs::write(folder.path().join(name), bytes).unwrap();
    }
    folder
}

fn three() -> tempfile::TempDir {
    folder(&[
        ("1.pcap", capture(1_000, 40)),
        ("2.pcap", capture(3_000, 40)),
        ("3.pcap", capture(5_000, 40)),
    ])
}

#[tokio::test]
async fn every_event_of_a_folder_comes_once_wherever_it_is_cut_short() {
    let folder = three();
    let full = whole(folder.path(), &[]).await;
    assert!(full.events.len() > 100 && full.parcels > 8);
    assert_eq!(full.told("ended").len(), 1);
    for count in 1..full.parcels {
        for end in [End::Killed(count), End::Stopped(count)] {
            let first = live(folder.path(), &[], Limits::default(), end).await;
            let rest = whole(folder.path(), &first.offsets).await;
            let events = [first.events, rest.events].concat();
            assert_eq!(events.len(), full.events.len(), "after {count} batches");
            assert!(events == full.events, "after {count} batches");
        }
    }
}

#[tokio::test]
async fn being_killed_again_and_again_changes_nothing() {
    let folder = three();
    let full = whole(folder.path(), &[]).await;
    let (mut events, mut offsets, mut ended) = (Vec::new(), Vec::new(), 0);
    for _ in 0..full.parcels * 2 {
        let life = live(folder.path(), &offsets, Limits::default(), End::Killed(2)).await;
        ended += life.told("ended").len();
        events.extend(life.events);
        offsets = life.offsets;
    }
    assert!(events == full.events);
    assert_eq!(ended, 1);
}

#[tokio::test]
async fn what_has_ended_is_silent_and_only_new_files_are_read() {
    let folder = three();
    let first = whole(folder.path(), &[]).await;
    let again = whole(folder.path(), &first.offsets).await;
    assert_eq!((again.parcels, again.error), (0, None));
    // Between the others by name, and read alone.
    std::fs::write(folder.path().join("2b.pcap"), capture(9_000, 5)).unwrap();
    let alone = self::folder(&[("2b.pcap", capture(9_000, 5))]);
    let expected = whole(alone.path(), &[]).await;
    for count in 1..=expected.parcels {
        let cut = live(
            folder.path(),
            &first.offsets,
            Limits::default(),
            End::Killed(count),
        )
        .await;
        let rest = whole(folder.path(), &cut.offsets).await;
        assert!([cut.events, rest.events].concat() == expected.events);
    }
    // Another file under an old name.
    std::fs::write(folder.path().join("1.pcap"), capture(8_000, 3)).unwrap();
    let second = whole(folder.path(), &first.offsets).await;
    assert!(second.events.len() > expected.events.len());
    assert_eq!(whole(folder.path(), &second.offsets).await.parcels, 0);
}

#[tokio::test]
async fn a_file_that_comes_while_another_is_half_read_does_not_disturb_it() {
    let folder = folder(&[("b.pcap", capture(3_000, 40))]);
    let full = whole(folder.path(), &[]).await;
    for count in 1..full.parcels {
        let path = folder.path().join("a.pcap");
        let cut = live(folder.path(), &[], Limits::default(), End::Killed(count)).await;
        std::fs::write(&path, capture(1_000, 1)).unwrap();
        let rest = whole(folder.path(), &cut.offsets).await;
        std::fs::remove_file(&path).unwrap();
        let events = [cut.events, rest.events.clone()].concat();
        assert!(events[..full.events.len()] == full.events);
        assert!(events.len() > full.events.len());
        assert_eq!(rest.told("ended").len(), 1);
    }
}

#[tokio::test]
async fn what_is_given_up_is_declared_once_over_a_restart() {
    let folder = three();
    let mut limits = Limits::default();
    limits.packet.flows = 1;
    let full = live(folder.path(), &[], limits.clone(), End::Natural).await;
    let counted = full.told("ended")[0]["flows_forced"].as_u64().unwrap();
    assert!(counted > 0);
    assert_eq!(full.dropped(), counted);
    for count in [1, 3, 7] {
        let first = live(folder.path(), &[], limits.clone(), End::Killed(count)).await;
        let rest = live(folder.path(), &first.offsets, limits.clone(), End::Natural).await;
        assert_eq!(first.dropped() + rest.dropped(), counted, "after {count}");
    }
}

#[tokio::test]
async fn a_group_that_has_lost_a_file_says_so_and_goes_on() {
    let folder = three();
    let cut = live(folder.path(), &[], Limits::default(), End::Killed(3)).await;
    std::fs::remove_file(folder.path().join("1.pcap")).unwrap();
    let rest = whole(folder.path(), &cut.offsets).await;
    let told = rest.told("unreadable");
    assert!(told[0]["file"].as_str().unwrap().ends_with("1.pcap"));
    assert_eq!(rest.told("ended").len(), 1);
}

#[tokio::test]
async fn a_capture_that_is_not_whole_says_where_it_ends() {
    let bytes = capture(1_000, 2);
    let mut flipped = bytes.clone();
    // The length of the third packet: a 16-byte header before each, behind 24 bytes of the file's.
    let mut place = 24;
    for _ in 0..2 {
        place += 16 + usize::from(bytes[place + 8]) + 256 * usize::from(bytes[place + 9]);
    }
    flipped[place + 11] ^= 0x40;
    let cut = bytes[..place + 20].to_vec();
    let folder = folder(&[("cut.pcap", cut), ("flipped.pcap", flipped)]);
    for (name, fault) in [("cut.pcap", "cut"), ("flipped.pcap", "malformed")] {
        let path = folder.path().join(name);
        let life = whole(&path, &[]).await;
        let told = life.told("truncated");
        assert_eq!(told.len(), 1, "{name}");
        assert_eq!(told[0]["file"], path.to_string_lossy().as_ref());
        assert_eq!(told[0]["fault"], fault);
        assert_eq!(told[0]["packets_read"], 2);
        assert_eq!(life.told("ended").len(), 1);
        assert!(!life.events.is_empty());
    }
}

#[tokio::test]
async fn what_is_no_capture_is_named_with_the_way_out() {
    let xz = b"\xfd7zXZ\x00\x00 and so on".to_vec();
    let folder = folder(&[
        ("1.pcap", b"GET / HTTP/1.1".to_vec()),
        ("2.pcap.xz", xz.clone()),
        ("3.pcap", xz),
        ("4.pcap", capture(1_000, 1)),
    ]);
    for (name, part) in [
        ("1.pcap", "is not a capture"),
        ("2.pcap.xz", "compressed with xz and must be unpacked first"),
        ("3.pcap", "compressed with xz"),
        ("none.pcap", "check the source's path"),
    ] {
        let error = whole(&folder.path().join(name), &[]).await.error.unwrap();
        assert!(error.contains(name) && error.contains(part), "{error}");
    }
    let life = whole(folder.path(), &[]).await;
    let told = life.told("unreadable");
    assert_eq!((told.len(), life.error.as_deref()), (3, None));
    for (status, name) in told.iter().zip(["1.pcap", "2.pcap.xz", "3.pcap"]) {
        assert!(status["file"].as_str().unwrap().ends_with(name));
        assert!(status["reason"].as_str().unwrap().contains(name));
    }
    assert_eq!(life.told("ended")[0]["unreadable"], 3);
    let empty = tempfile::tempdir().unwrap();
    let life = whole(empty.path(), &[]).await;
    assert_eq!(life.told("unreadable").len(), 1);
}

#[tokio::test]
async fn a_packed_capture_gives_the_events_of_the_plain_one() {
    let plain = capture(1_000, 5);
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    std::io::Write::write_all(&mut encoder, &plain).unwrap();
    let gzip = encoder.finish().unwrap();
    let zstd = ruzstd::encoding::CompressionLevel::Fastest;
    let zstd = ruzstd::encoding::compress_to_vec(&*plain, zstd);
    let cut = gzip[..gzip.len() / 2].to_vec();
    let folder = folder(&[
        ("a.pcap", plain),
        ("b", gzip),
        ("c.pcap.zst", zstd),
        ("d.pcap.gz", cut),
    ]);
    let expected = whole(&folder.path().join("a.pcap"), &[]).await.events;
    for name in ["b", "c.pcap.zst"] {
        let life = whole(&folder.path().join(name), &[]).await;
        assert_eq!(
            (life.events, life.error),
            (expected.clone(), None),
            "{name}"
        );
    }
    let life = whole(&folder.path().join("d.pcap.gz"), &[]).await;
    let told = life.told("truncated")[0];
    let reason = told["reason"].as_str().unwrap();
    assert!(reason.contains("damaged gzip at byte"), "{reason}");
}
