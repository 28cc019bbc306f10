//! Fuzzes the body of a journal frame, as it is read once its checksum holds.

#![no_main]

use engine::journal::Frame;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Some(frame) = Frame::decode(bytes) {
        assert!(frame.next() >= frame.first);
    }
});
