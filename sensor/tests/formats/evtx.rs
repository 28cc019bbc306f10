//! Event logs of Windows, which are not lines: each record of a file, and what a broken file does.

use std::io::Cursor;
use std::time::{Duration, Instant};

use sensor::Made;
use sensor::log::read_evtx;
use serde_json::Value;

use crate::compare::differences;
use crate::{expected, folder, received};

/// The longest that a file may take: they take a few milliseconds.
const PATIENCE: Duration = Duration::from_secs(5);

/// What a file gave: events, reasons why records have none, and whether it could be read to its end.
struct Read {
    made: Vec<Made>,
    failed: Vec<String>,
    ended: Result<(), String>,
}

fn read(bytes: &[u8]) -> Read {
    let (mut made, mut failed) = (Vec::new(), Vec::new());
    let ended = read_evtx(Cursor::new(bytes), &mut |entry| match entry {
        Ok(parsed) => made.push(Made {
            time: parsed.time.unwrap_or_else(received),
            kind: parsed.kind,
            core: parsed.core,
            record: parsed.record.unwrap(),
        }),
        Err(reason) => failed.push(reason),
    });
    Read {
        made,
        failed,
        ended,
    }
}

fn sample() -> Vec<u8> {
    std::fs::read(folder("evtx").join("input.evtx")).unwrap()
}

#[test]
fn every_record_becomes_what_is_asked() {
    let got = read(&sample());
    assert_eq!((got.ended, got.failed), (Ok(()), Vec::new()));
    let rows: Vec<Value> = expected("evtx").into_iter().map(|(_, row)| row).collect();
    let found = differences("evtx", "input.evtx", &rows, &got.made);
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn a_file_that_ends_early_keeps_its_whole_chunks_and_says_so() {
    let (bytes, whole) = (sample(), read(&sample()).made);
    let chunk = 4_096 + 65_536;
    for (end, events) in [(chunk, 5), (chunk + 1, 5), (chunk + 40_000, 5), (4_097, 0)] {
        let got = read(&bytes[..end]);
        assert_eq!(got.made, whole[..events], "{end}");
        assert_eq!(got.ended.is_ok(), end == chunk, "{end}");
    }
    assert!(read(&bytes[..100]).ended.is_err());
    assert!(read(b"").ended.is_err());
}

#[test]
fn hostile_event_logs_do_no_harm() {
    let begun = Instant::now();
    for (name, events) in [("records.evtx", 2), ("stuck.evtx", 1), ("deep.evtx", 0)] {
        let bytes = std::fs::read(folder("evtx/hostile").join(name)).unwrap();
        let got = read(&bytes);
        assert!(
            got.ended.is_err() || !got.failed.is_empty(),
            "{name}: broken, and nothing said"
        );
        assert!(got.made.len() >= events, "{name}: {:?}", got.failed);
    }
    assert!(begun.elapsed() < PATIENCE, "{:?}", begun.elapsed());
}

/// A byte turned over anywhere: an event, or a reason; never an end of the program.
#[test]
fn a_byte_turned_over_does_no_harm() {
    let begun = Instant::now();
    let bytes = sample();
    // The header, then of the first chunk its header, names, templates and first records.
    for place in (0..128).chain(4_096..9_000).step_by(11) {
        let mut bad = bytes.clone();
        bad[place] ^= 0xff;
        let got = read(&bad);
        // The second chunk does not hear of it, when the file as a whole is one.
        let second = got.made.iter().any(|made| {
            let record: Value = serde_json::from_slice(&made.record).unwrap();
            record["EventRecordID"] == "42433" || record["EventRecordID"] == 42433
        });
        assert!(second || got.ended.is_err(), "{place}");
    }
    assert!(begun.elapsed() < PATIENCE * 4, "{:?}", begun.elapsed());
}
