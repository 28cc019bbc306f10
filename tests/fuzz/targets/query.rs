//! Fuzzes the query language: what parses is matched by hand against an event.

#![no_main]

use engine::query::{Query, QueryLimits};
use event::{Core, Event, EventId, Fields, Kind, Record, Time, View};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Ok(query) = Query::parse(text, &QueryLimits::default()) else { return };
    let record = br#"{"dns":{"queries":[{"rrname":"cong.example.vn"}],"id":7},"src_ip":"10.1.2.3"}"#;
    let event = Event {
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
    };
    let fields = Fields::of(&event.record);
    query.matches(View { event: &event, fields: &fields });
});
