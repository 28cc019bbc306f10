//! Fuzzes a Windows event as XML.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sensor::log::windows::parse_line;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(line) = std::str::from_utf8(bytes)
        && let Ok(parsed) = parse_line(line)
    {
        assert!(parsed.record.is_some());
    }
});
