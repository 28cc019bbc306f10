//! Fuzzes a frame between serve and its child.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sensor::uplink::frame::Frame;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(Some((frame, used))) = Frame::decode(bytes) {
        assert!(used <= bytes.len());
        drop(frame.encode());
    }
});
