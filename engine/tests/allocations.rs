//! An event on which no rule holds is examined without an allocation, once the buffers are there.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::path::Path;

use engine::detect::{Detection, Engine};
use engine::rule::{Origin, RuleFile, RuleLimits, RuleSet};
use event::{Core, Event, EventId, Fields, Kind, Limits, Record, Time, View};

fn files(folder: &Path) -> Vec<RuleFile> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|extension| extension == "yml") {
            found.push(RuleFile {
                origin: Origin::Local,
                text: std::fs::read_to_string(&path).unwrap(),
                path: path.display().to_string(),
            });
        }
    }
    found
}

/// What the shipped rules do not have: tests of text on numbers, references, expressions, networks.
const OTHERS: &str = "
title: Others
id: 6a2f1d0e-7f5b-4a0c-9f0e-2b6f5f6f3c11
logsource: {product: windows, category: process_creation}
detection:
  number: {ProcessId|re: '^9{5,}$'}
  reference: {Image|fieldref: ParentImage}
  cased: {CommandLine|cased|contains: 'NEVER'}
  wild: {CommandLine: '*a*b?c*never'}
  network: {SourceIp|cidr: '10.0.0.0/8'}
  time: {UtcTime|hour: 25}
  condition: 1 of them
";

fn event(number: usize) -> Event {
    let record = format!(
        r#"{{"EventID":1,"Channel":"Microsoft-Windows-Sysmon/Operational","ProcessId":{number},
        "Image":"C:\\Program Files\\App\\app{}.exe","ParentImage":"C:\\Windows\\explorer.exe",
        "CommandLine":"\"C:\\Program Files\\App\\app.exe\" --profile {number} --đường-dẫn x","User":"TINH\\an",
        "UtcTime":"2026-11-30 08:{:02}:00.123","SourceIp":"192.0.2.7","Hashes":"MD5={number:032x}"}}"#,
        number % 7,
        number % 60
    );
    Event {
        id: EventId::unnumbered(Kind::WindowsSysmon.lane()),
        time: Time::EPOCH,
        seen: Time::EPOCH,
        sensor: "s".into(),
        source: "f".into(),
        site: "x".into(),
        kind: Kind::WindowsSysmon,
        exercise: false,
        core: Core::default(),
        record: Record::new(record.into_bytes()),
    }
}

#[test]
fn an_event_without_a_detection_allocates_nothing() {
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("../rules");
    let mut sigma = files(&rules.join("sigma"));
    sigma.push(RuleFile {
        origin: Origin::Local,
        path: "others.yml".into(),
        text: OTHERS.into(),
    });
    let mapping = files(&rules.join("mapping"));
    let (set, problems) = RuleSet::load(sigma, mapping, &RuleLimits::default());
    assert!(
        problems.iter().all(|problem| !problem.is_error()),
        "{problems:?}"
    );
    let mut engine = Engine::compile(&set);
    let events: Vec<Event> = (0..500).map(event).collect();
    let (mut fields, mut detections): (Fields, Vec<Detection>) = Default::default();
    let mut pass = |events: &[Event]| {
        for event in events {
            fields.read(event.record.bytes(), Limits::default());
            let view = View {
                event,
                fields: &fields,
            };
            engine.examine(view, &mut detections);
        }
        assert!(detections.is_empty(), "{detections:?}");
        assert!(
            events
                .iter()
                .all(|event| fields.partial().is_none() && !event.exercise)
        );
    };
    // Buffers grow and expressions build their states.
    pass(&events);
    let others: Vec<Event> = (500..1_000).map(event).collect();
    pass(&others);
    let counted = allocation_counter::measure(|| pass(&events));
    assert_eq!(counted.count_total, 0, "{counted:?}");
    // The counter counts.
    let made = allocation_counter::measure(|| drop(std::hint::black_box(vec![1_u8])));
    assert_eq!(made.count_total, 1);
}
