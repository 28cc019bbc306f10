//! Fuzzes the configuration file.

#![no_main]

use daemon::config::Config;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(text) = std::str::from_utf8(bytes) {
        drop(Config::parse(text));
    }
});
