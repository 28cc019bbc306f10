//! Fuzzes an event log file.

#![no_main]

use std::io::Cursor;

use libfuzzer_sys::fuzz_target;
use sensor::log::read_evtx;

fuzz_target!(|bytes: &[u8]| {
    drop(read_evtx(Cursor::new(bytes), &mut |entry| drop(entry)));
});
