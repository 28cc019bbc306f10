//! Replays the fuzzers' seeds of the engine, whole and cut at every byte, as an ordinary test.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests"
)]

use std::path::Path;
use std::time::Duration;

use engine::detect::{Engine, Intel};
use engine::index::{AggregateLimits, AggregateRequest, Aggregation, Journaled, Searcher};
use engine::journal::Frame;
use engine::query::{Query, QueryLimits};
use engine::reader::Scope;
use engine::rule::intel::{Reading, Sink, read, read_pattern};
use engine::rule::{
    IntelEntry, IntelFormat, IntelLimits, ListSettings, Origin, RuleFile, RuleLimits, RuleSet,
    Sites, check,
};
use event::{
    Core, Event, EventId, Fields, Kind, Limits, Record, Time, View, decode_events, encode_events,
};

/// The seeds that are the engine's; the sensor replays its own.
const TARGETS: [&str; 14] = [
    "aggregate",
    "codec",
    "condition",
    "event_pass",
    "intel_file",
    "journal_frame",
    "mapping_file",
    "query",
    "record",
    "rule_archive",
    "rule_file",
    "sites_file",
    "stix_pattern",
    "stored",
];

/// Counts nothing, as a request says.
fn count(bytes: &[u8]) {
    let limits = AggregateLimits::default();
    let Ok(aggs) = serde_json::from_slice(bytes) else {
        return;
    };
    let Ok(aggregation) = Aggregation::read(&aggs, &limits) else {
        return;
    };
    let request = AggregateRequest {
        query: Query::All,
        scope: Scope::All,
        from: None,
        to: None,
        aggregation,
        deadline: Duration::from_secs(1),
    };
    // A refusal is an answer.
    drop(Searcher::default().aggregate(&request, &limits));
}

fn event() -> Event {
    let record =
        br#"{"dns":{"queries":[{"rrname":"cong.example.vn"}],"id":7},"src_ip":"10.1.2.3"}"#;
    Event {
        id: EventId::unnumbered(Kind::Dns.lane()),
        time: Time::EPOCH,
        seen: Time::EPOCH,
        sensor: "s".into(),
        source: "f".into(),
        site: "x".into(),
        kind: Kind::Dns,
        exercise: false,
        core: Core::default(),
        record: Record::new(record.to_vec()),
    }
}

fn file(text: &str) -> RuleFile {
    RuleFile {
        origin: Origin::Local,
        path: "f.yml".to_owned(),
        text: text.to_owned(),
    }
}

/// What a mapping is tried with.
const RULE: &str = "title: T
id: 3d0c2f4e-98a7-4c59-9f0a-6a3a2f1f7a10
logsource: {product: windows, category: process_creation}
detection: {selection: {Image|endswith: x.exe, User: root}, condition: selection}
";

fn feed(target: &str, bytes: &[u8]) {
    let text = || std::str::from_utf8(bytes);
    match target {
        "aggregate" => count(bytes),
        "query" => {
            let Ok(Ok(query)) = text().map(|text| Query::parse(text, &QueryLimits::default()))
            else {
                return;
            };
            let event = event();
            let fields = Fields::of(&event.record);
            query.matches(View {
                event: &event,
                fields: &fields,
            });
        }
        "record" => Fields::default().read(bytes, Limits::default()),
        "rule_file" => {
            let Ok(text) = text() else { return };
            let file = || vec![file(text)];
            drop(check(file(), file(), &RuleLimits::default()));
            drop(Sites::load(file(), &RuleLimits::default()));
        }
        "condition" | "event_pass" | "rule_archive" => feed_rule(target, bytes),
        "mapping_file" => {
            let Ok(text) = text() else { return };
            let limits = RuleLimits::default();
            let (set, _) = check(vec![file(RULE)], vec![file(text)], &limits);
            drop(Engine::compile(&set));
        }
        "sites_file" => {
            let Ok(text) = text() else { return };
            let (sites, _) = Sites::load(vec![file(text)], &RuleLimits::default());
            drop(sites.networks());
            for site in sites.iter(Time::EPOCH) {
                drop(sites.expand(&site.id, Time::EPOCH));
            }
        }
        "journal_frame" => {
            if let Some(frame) = Frame::decode(bytes) {
                assert!(frame.next() >= frame.first);
            }
        }
        "codec" => {
            let Ok(events) = decode_events(bytes, None) else {
                return;
            };
            assert_eq!(
                decode_events(&encode_events(&events), None).unwrap(),
                events
            );
        }
        "intel_file" => read_intel(bytes),
        "stix_pattern" => {
            let Ok(text) = text() else { return };
            for found in read_pattern(text).unwrap_or_default() {
                let limits = IntelLimits::default();
                drop(IntelEntry::read(&found.value, Some(found.kind), &limits));
            }
        }
        "stored" => {
            drop(decode_events(bytes, None));
            drop(Journaled::decode(bytes));
        }
        other => panic!("a target that nobody replays: {other}"),
    }
}

/// The first byte chooses the format; what is read is looked for in an event.
fn read_intel(bytes: &[u8]) {
    let Some((first, rest)) = bytes.split_first() else {
        return;
    };
    let format = IntelFormat::ALL[usize::from(*first) % IntelFormat::ALL.len()];
    let mut entries = Vec::new();
    let mut sink = Sink {
        file: "f".to_owned(),
        kind: None,
        limits: IntelLimits::default(),
        reading: Reading::default(),
        take: &mut |entry| {
            entries.push((0, entry));
            true
        },
    };
    read(format, rest, &mut sink);
    let intel = Intel::build([(0, ListSettings::new("l"))], entries);
    let event = event();
    let fields = Fields::of(&event.record);
    let view = View {
        event: &event,
        fields: &fields,
    };
    intel.examine(view, Time::EPOCH, &mut Vec::new());
}

/// What is a part of a rule, or is put before one.
fn feed_rule(target: &str, bytes: &[u8]) {
    let text = || std::str::from_utf8(bytes);
    match target {
        "condition" => {
            let Ok(text) = text() else { return };
            let condition = serde_json::to_string(text).unwrap();
            let rule = format!(
                "title: T\nid: t\nlogsource: {{}}\ndetection: {{a: {{A: 1}}, sel_b: [b], condition: {condition}}}"
            );
            let limits = RuleLimits::default();
            drop(RuleSet::load(vec![file(&rule)], Vec::new(), &limits));
        }
        "rule_archive" => drop(engine::rules::unzip(bytes, &RuleLimits::default())),
        "event_pass" => {
            let limits = RuleLimits::default();
            let (set, _) = RuleSet::load(vec![file(RULE)], Vec::new(), &limits);
            let event = Event {
                record: Record::new(bytes.to_vec()),
                ..event()
            };
            let fields = Fields::of(&event.record);
            let view = View {
                event: &event,
                fields: &fields,
            };
            Engine::compile(&set).examine(view, &mut Vec::new());
        }
        other => panic!("a target that nobody replays: {other}"),
    }
}

fn replay(target: &str, bytes: &[u8]) {
    let cuts = if target.ends_with("_file") { 40 } else { 1_000 };
    let step = 1 + bytes.len() / cuts;
    for end in (0..bytes.len()).step_by(step) {
        feed(target, &bytes[..end]);
    }
    feed(target, bytes);
}

#[test]
fn no_seed_and_no_cut_of_one_does_harm() {
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fuzz/seeds");
    let mut count = 0;
    for target in TARGETS {
        for file in std::fs::read_dir(seeds.join(target)).unwrap() {
            replay(target, &std::fs::read(file.unwrap().path()).unwrap());
            count += 1;
        }
    }
    assert!(count >= 25, "{count} seeds");
}

/// What is kept of an event is read back the same, and no bit of it can do harm.
#[test]
fn a_stored_event_comes_back_and_no_flipped_bit_of_it_does_harm() {
    let journaled = Journaled {
        position: 7,
        received: Time::from_seconds(1, 0),
        event: event(),
    };
    let bytes = journaled.encode();
    // The seed is a fixture too: what was written once is read for ever.
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fuzz/seeds/stored/event");
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(&path, &bytes).unwrap();
    }
    assert!(
        std::fs::read(&path).unwrap() == bytes,
        "the format on disk has changed"
    );
    let again = Journaled::decode(&bytes).unwrap();
    assert_eq!(
        (again.position, again.event.record.bytes()),
        (7, journaled.event.record.bytes())
    );
    for place in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[place / 8] ^= 1 << (place % 8);
        feed("stored", &flipped);
    }
}

/// The seeds of what is kept are whole ones: a layout that changes unseen would make them noise.
#[test]
fn the_seeds_of_what_is_kept_are_read() {
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fuzz/seeds");
    let seed = |path: &str| std::fs::read(seeds.join(path)).unwrap();
    let events = decode_events(&seed("codec/two_events"), None).unwrap();
    assert_eq!(events.len(), 2);
    let frame = Frame::decode(&seed("journal_frame/two_events")).unwrap();
    assert_eq!((frame.first, frame.next()), (41, 43));
    let frame = Frame::decode(&seed("journal_frame/only_offsets")).unwrap();
    assert_eq!((frame.offsets.len(), frame.events.len()), (2, 0));
}
