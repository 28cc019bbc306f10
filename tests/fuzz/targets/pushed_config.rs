//! Fuzzes a configuration that a centre sends its sensor.

#![no_main]

use daemon::config::{Config, overlay};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(text) = std::str::from_utf8(bytes)
        && let Ok((_, unknown)) = overlay(&Config::default(), text)
    {
        assert!(unknown.len() <= 100);
    }
});
