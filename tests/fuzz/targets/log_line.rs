//! Fuzzes a line of a log in every format of lines; the first byte names the format.

#![no_main]

use event::Time;
use libfuzzer_sys::fuzz_target;
use sensor::LogFormat;
use sensor::log::Lines;

const FORMATS: [LogFormat; 7] = [
    LogFormat::Auto,
    LogFormat::Ndjson,
    LogFormat::Eve,
    LogFormat::Syslog,
    LogFormat::Windows,
    LogFormat::Journal,
    LogFormat::Text,
];

fuzz_target!(|bytes: &[u8]| {
    let Some((format, line)) = bytes.split_first() else { return };
    let format = FORMATS[usize::from(*format) % FORMATS.len()];
    let made = Lines::utc(format).whole(line, "fuzz", Time::from_seconds(1_800_000_000, 0));
    assert!(serde_json::from_slice::<serde::de::IgnoredAny>(&made.record).is_ok());
});
