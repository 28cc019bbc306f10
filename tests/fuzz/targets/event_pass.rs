//! Fuzzes an event against rules of every modifier: any bytes are a record, and are examined.

#![no_main]

use std::sync::OnceLock;

use engine::detect::Engine;
use engine::rule::{Origin, RuleFile, RuleLimits, RuleSet};
use event::{Core, Event, EventId, Fields, Kind, Record, Time, View};
use libfuzzer_sys::fuzz_target;

/// One item of each modifier, on the names of the seeds.
const ITEMS: &str = "A: abc
A: 'a*c?'
A: ''
A: 5
A: 1.5
A: true
A: null
A|contains: [abcdefghijkl, abcdefg, abcd, ab, a]
A|contains|all: [ab, cd]
A|startswith: C:\\
A|endswith: \\x.exe
A|contains: 'đặng'
A|cased: Abc
A|contains|cased: 'A?c'
A|re: '(a|b)+c{2,5}$'
A|re|i: evil.*text
A|cidr: [10.0.0.0/8, fe80::/10]
A|exists: false
A|lt: 5
A|gte: -1.5
A|neq: a
A|fieldref: B
A|fieldref|contains: B.C
A|windash|contains: ' -a -b'
A|base64offset|contains: /bin/bash
A|wide|base64offset|contains: http
A|hour: 3
A|week|gt: 5
B.C|contains: x
EventID: 1";

fn engine() -> Engine {
    let mut text = String::new();
    for (place, item) in ITEMS.lines().enumerate() {
        text += &format!(
            "title: t\nid: r{place}\nlogsource: {{}}\ndetection:\n  a:\n    {item}\n  \
             k: [evil text, abcdefghijklm]\n  condition: a and not k\n---\n"
        );
    }
    text += "title: t\nid: k\nlogsource: {}\ndetection:\n  k: [evil text, abcdefghijklm, ab, 4624]\n  condition: k\n";
    let file = RuleFile { origin: Origin::Local, path: "f.yml".to_owned(), text };
    let (set, problems) = RuleSet::load(vec![file], Vec::new(), &RuleLimits::default());
    assert!(problems.iter().all(|problem| !problem.is_error()), "{problems:?}");
    Engine::compile(&set)
}

fuzz_target!(|bytes: &[u8]| {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    let event = Event {
        id: EventId::unnumbered(Kind::WindowsSysmon.lane()),
        time: Time::EPOCH,
        seen: Time::EPOCH,
        sensor: "s".into(),
        source: "f".into(),
        site: "x".into(),
        kind: Kind::WindowsSysmon,
        exercise: false,
        core: Core::default(),
        record: Record::new(bytes.to_vec()),
    };
    let fields = Fields::of(&event.record);
    let view = View { event: &event, fields: &fields };
    let mut engine = ENGINE.get_or_init(engine).clone();
    let (mut first, mut second) = (Vec::new(), Vec::new());
    engine.examine(view, &mut first);
    // What the buffers hold of one event does not change what is said of the next.
    engine.examine(view, &mut second);
    let ids = |found: &[engine::detect::Detection]| -> Vec<String> {
        found.iter().map(|found| found.rule.id.to_string()).collect()
    };
    assert_eq!(ids(&first), ids(&second));
});
