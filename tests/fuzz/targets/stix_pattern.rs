//! Fuzzes a STIX pattern; what it asks for is read as an entry.

#![no_main]

use engine::rule::intel::read_pattern;
use engine::rule::{IntelEntry, IntelLimits};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    for found in read_pattern(text).unwrap_or_default() {
        drop(IntelEntry::read(&found.value, Some(found.kind), &IntelLimits::default()));
    }
});
