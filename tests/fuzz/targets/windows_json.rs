//! Fuzzes a Windows event as JSON.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sensor::log::windows::parse_line;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(line) = std::str::from_utf8(bytes) {
        drop(parse_line(line));
    }
});
