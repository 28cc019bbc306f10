//! Fuzzes a capture file of any format, all the way to records.

#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use sensor::PacketConfig;
use sensor::packet::Inspector;
use sensor::packet::capture::Capture;

fuzz_target!(|bytes: &[u8]| {
    let Some(mut capture) = Capture::open(bytes) else {
        return;
    };
    let mut inspector = Inspector::new(PacketConfig::default(), true, Arc::default(), None);
    while let Some(frame) = capture.next_frame() {
        inspector.frame(&frame);
    }
    inspector.finish();
});
