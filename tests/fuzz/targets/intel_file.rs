//! Fuzzes a file of an intel list: the first byte chooses the format; what is read is looked for in
//! an event, and every entry is read again as itself.

#![no_main]

use engine::detect::Intel;
use engine::rule::intel::{Reading, Sink, read};
use engine::rule::{IntelEntry, IntelFormat, IntelLimits, ListSettings};
use event::{Core, Event, EventId, Fields, Kind, Record, Time, View};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some((first, rest)) = bytes.split_first() else { return };
    let format = IntelFormat::ALL[usize::from(*first) % IntelFormat::ALL.len()];
    let limits = IntelLimits::default();
    let mut entries = Vec::new();
    let mut sink = Sink {
        file: "f".to_owned(),
        kind: None,
        limits,
        reading: Reading::default(),
        take: &mut |entry| {
            entries.push((0, entry));
            true
        },
    };
    read(format, rest, &mut sink);
    for (_, entry) in &entries {
        let again = IntelEntry::read(&entry.value, Some(entry.kind), &limits);
        assert_eq!(again.map(|again| again.value).as_ref(), Ok(&entry.value));
    }
    let intel = Intel::build([(0, ListSettings::new("l"))], entries);
    let record = br#"{"dns":{"answers":[{"rdata":"evil.example"}]},"dest_ip":"198.51.100.7"}"#;
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
    let view = View { event: &event, fields: &fields };
    intel.examine(view, Time::EPOCH, &mut Vec::new());
    intel.entries(0, "", None, 50);
});
