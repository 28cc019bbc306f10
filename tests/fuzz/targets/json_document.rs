//! Fuzzes the cutting of a JSON document into elements; the first byte says where it comes in two
//! pieces.

#![no_main]

use event::Time;
use libfuzzer_sys::fuzz_target;
use sensor::LogFormat;
use sensor::log::{Lines, elements};

fuzz_target!(|bytes: &[u8]| {
    let Some((place, document)) = bytes.split_first() else { return };
    let (head, tail) = document.split_at(usize::from(*place) % (document.len() + 1));
    let whole = elements(&[document], 1_000);
    assert_eq!(elements(&[head, tail], 1_000), whole);
    let mut lines = Lines::utc(LogFormat::Auto);
    for element in whole {
        let made = lines.whole(&element, "fuzz", Time::from_seconds(1_800_000_000, 0));
        assert!(serde_json::from_slice::<serde::de::IgnoredAny>(&made.record).is_ok());
    }
});
