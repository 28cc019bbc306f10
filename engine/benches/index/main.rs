//! The index by itself: events of the mix, one after another, into partitions on disk; processor time of the whole
//! process (the writer's threads and merging too) and bytes on disk.

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

use std::path::Path;
use std::time::Duration;

use engine::index::{Index, Journaled, Options, Searcher};
use event::{CoreField, Event, EventId, Fields, Instance, Kind, Lane, Limits, Record, Time};
use rustix::time::{ClockId, clock_gettime};

fn cpu() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

fn events(count: usize) -> (Vec<Journaled>, u64) {
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/demo");
    let mut mix = mix::Mix::load(&demo, 20_261_130).unwrap();
    let mut texts = [String::new(), String::new(), String::new()];
    let start = Time::parse("2026-11-23T00:00:00Z").unwrap();
    let mut bytes = 0;
    let all = (0..count as u64)
        .map(|n| {
            let now = start.plus(Duration::from_micros(n * 200));
            let place = mix.add(&mut texts, now);
            let line = std::mem::take(&mut texts[place]);
            let json = match place {
                0 | 1 => line.trim_end().to_owned(),
                _ => serde_json::json!({"message": line.trim_end(), "hostname": "xbm-gw", "program": "sshd"}).to_string(),
            };
            bytes += json.len() as u64;
            event(n, now, place, json)
        })
        .collect();
    (all, bytes)
}

fn event(n: u64, now: Time, place: usize, json: String) -> Journaled {
    let value: serde_json::Value = serde_json::from_str(&json).unwrap();
    let kind = match (place, value["event_type"].as_str()) {
        (0, Some(name)) => Kind::from_name(name).unwrap_or(Kind::from_name("flow").unwrap()),
        (1, _) => Kind::from_name("windows").unwrap_or(Kind::ALL[0]),
        _ => Kind::from_name("syslog").unwrap_or(Kind::ALL[0]),
    };
    let mut core = event::Core::default();
    for (name, field) in [
        ("src_ip", "source.ip"),
        ("dest_ip", "destination.ip"),
        ("src_port", "source.port"),
        ("dest_port", "destination.port"),
        ("proto", "network.transport"),
    ] {
        let Some(field) = CoreField::from_name(field) else {
            continue;
        };
        match &value[name] {
            serde_json::Value::String(text) => match text.parse::<std::net::IpAddr>() {
                Ok(ip) => core.set(field, event::CoreValue::Ip(ip)),
                Err(_) => core.set_text(field, Some(text)),
            },
            serde_json::Value::Number(number) => {
                core.set(field, event::CoreValue::Number(number.as_u64().unwrap()))
            }
            _ => {}
        }
    }
    let event = Event {
        id: EventId {
            instance: Instance(0x1234_5678_9abc),
            lane: kind.lane(),
            number: n,
        },
        time: now,
        seen: now,
        sensor: "ttdl-1".into(),
        source: "mirror".into(),
        site: "ttdl".into(),
        kind,
        exercise: false,
        core,
        record: Record::new(json.into_bytes()),
    };
    Journaled {
        position: n + 1,
        received: now,
        event,
    }
}

fn size(dir: &Path) -> u64 {
    std::fs::read_dir(dir)
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            if entry.path().is_dir() {
                size(&entry.path())
            } else {
                entry.metadata().unwrap().len()
            }
        })
        .sum()
}

fn by_kind(dir: &Path, sizes: &mut std::collections::BTreeMap<String, u64>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            by_kind(&path, sizes);
            continue;
        }
        let ext = path
            .extension()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        *sizes.entry(ext).or_default() += path.metadata().unwrap().len();
    }
}

fn main() {
    let count: usize = std::env::var("EVENTS")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(400_000);
    let commit: usize = std::env::var("COMMIT")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(90_000);
    let (events, bytes) = events(count);
    let leaves: usize = {
        let mut f = Fields::default();
        events
            .iter()
            .take(1000)
            .map(|e| {
                f.read(e.event.record.bytes(), Limits::default());
                f.len()
            })
            .sum::<usize>()
            / 1000
    };
    println!(
        "{count} events, {} bytes each, {leaves} leaves",
        bytes / count as u64
    );
    let dir = tempfile::tempdir_in(std::env::var("TMP_BENCH").unwrap_or("/tmp".into())).unwrap();
    let searcher = Searcher::default();
    let options = Options {
        writers: 8,
        heap: 64 << 20,
        partition_events: 5_000_000,
        partition_age: Duration::from_secs(86_400),
        backfill_idle: Duration::from_secs(600),
        commit_events: 100_000,
    };
    let mut index = Index::open(dir.path(), options, &searcher).unwrap();
    let mut fields = Fields::default();
    let began = cpu();
    let mut reading = Duration::ZERO;
    for (n, journaled) in events.iter().enumerate() {
        fields.read(journaled.event.record.bytes(), Limits::default());
        index.add(journaled, &fields).unwrap();
        if (n + 1) % commit == 0 {
            index
                .commit(journaled.position, journaled.received)
                .unwrap();
        }
    }
    index
        .commit(
            events.last().unwrap().position,
            events.last().unwrap().received,
        )
        .unwrap();
    let _ = &mut reading;
    let indexed = cpu() - began;
    drop(index);
    std::thread::sleep(Duration::from_secs(3));
    let all = cpu() - began;
    println!(
        "{:.0} events/s of processor time until committed; {:.0} with merging; {} bytes an event on disk, {:.2} of raw",
        count as f64 / indexed.as_secs_f64(),
        count as f64 / all.as_secs_f64(),
        size(dir.path()) / count as u64,
        size(dir.path()) as f64 / bytes as f64
    );
    let mut sizes = std::collections::BTreeMap::new();
    by_kind(dir.path(), &mut sizes);
    for (ext, bytes) in sizes {
        println!("  .{ext} {}", bytes / count as u64);
    }
}
