//! `make bench-index`: events into partitions on disk, and the same events into one index with tantivy's own JSON field
//! beside it; processor time of the whole process (writers and merging too) and bytes on disk.
//!
//! The events are those of the mix (`tests/bench/mix.rs`), as records; a commit comes with every 90,000, as every five
//! seconds at the rate that is asked for. Nothing is asserted; the figures stand in ARCHITECTURE.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::cast_precision_loss,
    clippy::indexing_slicing,
    clippy::cast_sign_loss,
    clippy::cast_possible_truncation,
    unreachable_pub,
    dead_code,
    reason = "a benchmark prints a table of inputs that it knows"
)]

#[path = "../../../tests/bench/mix.rs"]
mod mix;

use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;

use engine::index::{Index, Journaled, Options, Searcher};
use event::{
    Core, CoreField, CoreValue, Event, EventId, Fields, Instance, Kind, Limits, Record, Time,
};
use rustix::time::{ClockId, clock_gettime};
use serde_json::Value;
use tantivy::schema::{FAST, JsonObjectOptions, STORED, Schema, TextFieldIndexing};

const SEED: u64 = 20_261_130;
/// Events between two commits.
const COMMIT: usize = 90_000;
/// Merging that is under way ends in this time.
const QUIET: Duration = Duration::from_secs(5);

fn main() {
    let count = std::env::args().find_map(|word| word.parse().ok());
    let count: usize = count.unwrap_or(500_000);
    let events = events(count);
    let bytes: usize = events
        .iter()
        .map(|held| held.event.record.bytes().len())
        .sum();
    println!(
        "{count} events of the mix, seed {SEED}, {} bytes each",
        bytes / count
    );
    let (rate, size) = ours(&events);
    print("haidang", rate, size, bytes);
    let (peer, larger) = json_field(&events);
    print("tantivy's JSON field", peer, larger, bytes);
    println!(
        "beside it: {:.2} times the rate, {:.2} of the bytes",
        rate / peer,
        size as f64 / larger as f64
    );
}

fn print(name: &str, rate: f64, size: u64, bytes: usize) {
    let part = size as f64 / bytes as f64;
    println!(
        "{name}: {rate:.0} events/s of processor time, {part:.2} of the records' bytes on disk"
    );
}

fn ours(events: &[Journaled]) -> (f64, u64) {
    let dir = tempfile::tempdir().unwrap();
    let searcher = Searcher::default();
    let day = Duration::from_secs(86_400);
    let options = Options {
        writers: 8,
        heap: 64 << 20,
        partition_events: 5_000_000,
        partition_age: day,
        backfill_idle: day,
        commit_events: 100_000,
    };
    let mut index = Index::open(dir.path(), options, &searcher).unwrap();
    let (mut fields, began) = (Fields::default(), processor_time());
    for part in events.chunks(COMMIT) {
        for held in part {
            fields.read(held.event.record.bytes(), Limits::default());
            index.add(held, &fields).unwrap();
        }
        let last = part.last().unwrap();
        index.commit(last.position, last.received).unwrap();
    }
    drop(index);
    std::thread::sleep(QUIET);
    let made = (rate(events, began), size(dir.path()));
    parts(dir.path(), events.len());
    made
}

/// What the files of a kind take of an event: terms, postings, positions, columns, what is stored.
fn parts(dir: &Path, events: usize) {
    let mut by_kind = std::collections::BTreeMap::new();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if let Some(kind) = path.extension() {
                let bytes = entry.metadata().unwrap().len();
                *by_kind
                    .entry(kind.to_string_lossy().into_owned())
                    .or_insert(0) += bytes;
            }
        }
    }
    let parts = by_kind
        .iter()
        .map(|(kind, bytes)| format!("{kind} {}", bytes / events as u64));
    println!(
        "bytes of an event: {}",
        parts.collect::<Vec<_>>().join(", ")
    );
}

/// The peer: the record as JSON, every field searchable, its text word by word; the event stored as ours is.
fn json_field(events: &[Journaled]) -> (f64, u64) {
    let dir = tempfile::tempdir().unwrap();
    let mut schema = Schema::builder();
    let indexing = TextFieldIndexing::default()
        .set_index_option(tantivy::schema::IndexRecordOption::WithFreqsAndPositions);
    let record = schema.add_json_field(
        "record",
        JsonObjectOptions::default().set_indexing_options(indexing),
    );
    let time = schema.add_i64_field("time", FAST);
    let stored = schema.add_bytes_field("event", STORED);
    let index = tantivy::Index::create_in_dir(dir.path(), schema.build()).unwrap();
    let mut writer: tantivy::IndexWriter = index.writer_with_num_threads(1, 64 << 20).unwrap();
    let began = processor_time();
    for part in events.chunks(COMMIT) {
        for held in part {
            let mut document = tantivy::TantivyDocument::default();
            let value: Value = serde_json::from_slice(held.event.record.bytes()).unwrap();
            let Value::Object(object) = value else {
                continue;
            };
            let object = object.into_iter().map(|(key, value)| (key, value.into()));
            document.add_object(record, object.collect());
            document.add_i64(time, held.event.time.micros());
            document.add_bytes(stored, &held.encode());
            writer.add_document(document).unwrap();
        }
        writer.commit().unwrap();
    }
    writer.wait_merging_threads().unwrap();
    (rate(events, began), size(dir.path()))
}

fn rate(events: &[Journaled], began: Duration) -> f64 {
    let took = processor_time().checked_sub(began).unwrap();
    events.len() as f64 / took.as_secs_f64()
}

fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

fn size(dir: &Path) -> u64 {
    let entries = std::fs::read_dir(dir).unwrap().map(Result::unwrap);
    entries
        .map(|entry| match entry.path() {
            folder if folder.is_dir() => size(&folder),
            _ => entry.metadata().unwrap().len(),
        })
        .sum()
}

fn events(count: usize) -> Vec<Journaled> {
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/demo");
    let mut mix = mix::Mix::load(&demo, SEED).unwrap();
    let mut texts = [const { String::new() }; mix::FILES.len()];
    let start = Time::parse("2026-11-23T00:00:00Z").unwrap();
    (0..count as u64)
        .map(|number| {
            let now = start.plus(Duration::from_micros(number * 200));
            let place = mix.add(&mut texts, now);
            let line = std::mem::take(&mut texts[place]);
            event(number, now, place, line.trim_end())
        })
        .collect()
}

/// An event as its parser would have made it, about: what costs the index something is there.
fn event(number: u64, now: Time, place: usize, line: &str) -> Journaled {
    let record = match place {
        2 => serde_json::json!({"message": line, "hostname": "xbm-gw", "program": "sshd"}),
        _ => serde_json::from_str(line).unwrap(),
    };
    let kind = match place {
        0 => record["event_type"]
            .as_str()
            .and_then(Kind::from_name)
            .unwrap_or(Kind::Eve),
        1 => Kind::WindowsSysmon,
        _ => Kind::LinuxAuth,
    };
    let core = core(&record);
    let event = Event {
        id: EventId {
            instance: Instance(0x1234_5678_9abc),
            lane: kind.lane(),
            number: number + 1,
        },
        time: now,
        seen: now,
        sensor: "ttdl-1".into(),
        source: "mirror".into(),
        site: "ttdl".into(),
        kind,
        exercise: false,
        core,
        record: Record::new(record.to_string().into_bytes()),
    };
    Journaled {
        position: number + 1,
        received: now,
        event,
    }
}

/// Core fields, as the parsers fill them, about.
fn core(record: &Value) -> Core {
    let mut core = Core::default();
    for (name, field) in [
        ("src_ip", CoreField::SourceIp),
        ("dest_ip", CoreField::DestinationIp),
        ("src_port", CoreField::SourcePort),
        ("dest_port", CoreField::DestinationPort),
        ("proto", CoreField::NetworkTransport),
    ] {
        let value = match &record[name] {
            Value::String(text) => match text.parse::<IpAddr>() {
                Ok(ip) => CoreValue::Ip(ip),
                Err(_) => text.as_str().into(),
            },
            Value::Number(number) => CoreValue::Number(number.as_u64().unwrap()),
            _ => continue,
        };
        core.set(field, value);
    }
    for (place, field) in [
        ("/community_id", CoreField::NetworkCommunityId),
        ("/app_proto", CoreField::NetworkProtocol),
        ("/dns/queries/0/rrname", CoreField::DnsQuestionName),
        ("/tls/sni", CoreField::TlsClientServerName),
        ("/http/hostname", CoreField::UrlDomain),
        ("/http/http_method", CoreField::HttpRequestMethod),
        ("/http/http_user_agent", CoreField::UserAgentOriginal),
        ("/winlog/computer_name", CoreField::HostName),
        ("/winlog/event_data/Image", CoreField::ProcessExecutable),
        (
            "/winlog/event_data/CommandLine",
            CoreField::ProcessCommandLine,
        ),
        (
            "/winlog/event_data/ParentImage",
            CoreField::ProcessParentExecutable,
        ),
        ("/winlog/event_data/User", CoreField::UserName),
        ("/winlog/event_data/TargetUserName", CoreField::UserName),
        ("/winlog/event_data/TargetFilename", CoreField::FilePath),
        ("/hostname", CoreField::HostName),
        ("/message", CoreField::Message),
    ] {
        core.set_text(field, record.pointer(place).and_then(Value::as_str));
    }
    if let Some(status) = record.pointer("/http/status").and_then(Value::as_u64) {
        core.set(CoreField::HttpResponseStatusCode, status);
    }
    core
}
