//! Fuzzes a syslog line.

#![no_main]

use event::Time;
use libfuzzer_sys::fuzz_target;
use sensor::log::syslog::parse_line;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(line) = std::str::from_utf8(bytes) {
        drop(parse_line(line, Time::from_seconds(1_800_000_000, 0)));
    }
});
