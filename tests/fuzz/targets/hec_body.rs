//! Fuzzes a body of Splunk's HEC, as objects and as lines: records are JSON.

#![no_main]

use event::Time;
use libfuzzer_sys::fuzz_target;
use sensor::Limits;
use sensor::log::Lines;
use sensor::log::http::{Reader, hec};

fuzz_target!(|bytes: &[u8]| {
    let mut reader = Reader::new(Lines::utc(sensor::LogFormat::Auto), &Limits::default());
    let seen = Time::from_seconds(1_800_000_000, 0);
    let raw = hec::Ask::Raw { host: Some("gw01".to_owned()), time: None };
    for ask in [hec::Ask::Event, raw] {
        let taken = hec::take(bytes, &ask, &mut reader, seen);
        serde_json::from_slice::<serde::de::IgnoredAny>(&taken.answer.body).unwrap();
        for made in taken.made {
            serde_json::from_slice::<serde::de::IgnoredAny>(&made.record).unwrap();
        }
    }
});
