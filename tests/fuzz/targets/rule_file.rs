//! Fuzzes a rule file: as rules, as a mapping and as sites; what loads is run over an event.

#![no_main]

use engine::detect::Engine;
use engine::rule::{Origin, RuleFile, RuleLimits, Sites, check};
use event::{Core, Event, EventId, Fields, Kind, Record, Time, View};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let file = || RuleFile { origin: Origin::Local, path: "f.yml".to_owned(), text: text.to_owned() };
    let mapping = RuleFile {
        text: "events: [{kinds: '*', logsources: {product: windows}}]".to_owned(),
        ..file()
    };
    let (set, _) = check(vec![file()], vec![mapping, file()], &RuleLimits::default());
    drop(Sites::load(vec![file()], &RuleLimits::default()));
    let record = br#"{"F":"evil -enc text","A":["x",null,1.5],"B":{"C":true},"EventID":1}"#;
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
        record: Record::new(record.to_vec()),
    };
    let fields = Fields::of(&event.record);
    Engine::compile(&set).examine(View { event: &event, fields: &fields }, &mut Vec::new());
});
