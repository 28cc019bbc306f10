//! Fuzzes lines of a log of Zeek: each line is an event, held for one, or declared.

#![no_main]

use event::Time;
use libfuzzer_sys::fuzz_target;
use sensor::log::{Line, Lines, Stream};
use sensor::{LogConfig, LogFormat};

fuzz_target!(|bytes: &[u8]| {
    let now = Time::from_seconds(1_800_000_000, 0);
    let mut lines = Lines::utc(LogFormat::Zeek);
    let mut stream = Stream::new("smb_files.log", &LogConfig::default());
    let mut made = Vec::new();
    for line in bytes.split(|byte| *byte == b'\n') {
        lines.take(&mut stream, &Line::Whole(line), now, &mut made);
    }
    lines.finish(&mut stream, now, &mut made);
    assert!(stream.held().is_empty());
    for made in made {
        assert!(serde_json::from_slice::<serde::de::IgnoredAny>(&made.record).is_ok());
    }
});
