//! Fuzzes a syslog line of a file, and as a message to a listener.

#![no_main]

use event::Time;
use libfuzzer_sys::fuzz_target;
use sensor::log::syslog::{Carrier, parse_line};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(line) = std::str::from_utf8(bytes) {
        let now = Time::from_seconds(1_800_000_000, 0);
        drop(parse_line(line, Carrier::File, now));
        assert!(parse_line(line, Carrier::Listener, now).is_some());
    }
});
