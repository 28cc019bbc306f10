//! Fuzzes a body of OTLP logs in both forms: what is refused leaves nothing, records are JSON.

#![no_main]

use event::Time;
use libfuzzer_sys::fuzz_target;
use sensor::Limits;
use sensor::log::Lines;
use sensor::log::http::{Reader, otlp};

fuzz_target!(|bytes: &[u8]| {
    let mut reader = Reader::new(Lines::utc(sensor::LogFormat::Auto), &Limits::default());
    let seen = Time::from_seconds(1_800_000_000, 0);
    for is_json in [false, true] {
        let taken = otlp::take(bytes, is_json, &mut reader, seen);
        assert!(taken.answer.status == 200 || taken.made.is_empty());
        for made in taken.made {
            serde_json::from_slice::<serde::de::IgnoredAny>(&made.record).unwrap();
        }
    }
});
