//! Fuzzes telling the format of a line: what is told can be read.

#![no_main]

use event::{Kind, Time};
use libfuzzer_sys::fuzz_target;
use sensor::LogFormat;
use sensor::log::{Lines, detect};

fuzz_target!(|bytes: &[u8]| {
    let Ok(line) = std::str::from_utf8(bytes) else { return };
    let format = detect(line);
    let made = Lines::utc(format).whole(bytes, "fuzz", Time::from_seconds(1_800_000_000, 0));
    if matches!(format, LogFormat::WebAccess | LogFormat::Auditd | LogFormat::Zeek) {
        assert!(made.kind != Kind::ParseFailed);
    }
});
