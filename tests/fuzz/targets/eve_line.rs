//! Fuzzes a line of EVE or of any other JSON.

#![no_main]

use event::Time;
use libfuzzer_sys::fuzz_target;
use sensor::LogFormat;
use sensor::log::Lines;

fuzz_target!(|bytes: &[u8]| {
    let mut lines = Lines::utc(LogFormat::Auto);
    drop(lines.whole(bytes, "fuzz", Time::from_seconds(1_800_000_000, 0)));
});
