//! Fuzzes a body of Elasticsearch's `_bulk`: what is refused leaves nothing, records are JSON.

#![no_main]

use event::Time;
use libfuzzer_sys::fuzz_target;
use sensor::Limits;
use sensor::log::Lines;
use sensor::log::http::{Reader, bulk};

fuzz_target!(|bytes: &[u8]| {
    let mut reader = Reader::new(Lines::utc(sensor::LogFormat::Auto), &Limits::default());
    let seen = Time::from_seconds(1_800_000_000, 0);
    let taken = bulk::take(bytes, &bulk::Ask::default(), &mut reader, seen);
    assert!(taken.answer.status == 200 || taken.made.is_empty());
    serde_json::from_slice::<serde::de::IgnoredAny>(&taken.answer.body).unwrap();
    for made in taken.made {
        serde_json::from_slice::<serde::de::IgnoredAny>(&made.record).unwrap();
    }
});
