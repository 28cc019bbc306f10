//! Fuzzes packets: two bytes of length before each, Ethernet, midstream on.

#![no_main]

use std::sync::Arc;

use event::Time;
use libfuzzer_sys::fuzz_target;
use sensor::PacketConfig;
use sensor::packet::Inspector;
use sensor::packet::capture::Frame;

fuzz_target!(|bytes: &[u8]| {
    let config = PacketConfig {
        midstream: true,
        ..PacketConfig::default()
    };
    let mut inspector = Inspector::new(config, false, Arc::default(), None);
    let mut rest = bytes;
    let mut seconds = 0;
    while let Some(([high, low], tail)) = rest.split_first_chunk::<2>() {
        let length = usize::from(u16::from_be_bytes([*high, *low])).min(tail.len());
        let (frame, tail) = tail.split_at(length);
        rest = tail;
        seconds += 1;
        inspector.frame(&Frame {
            time: Time::from_seconds(seconds, 0),
            link: 1,
            wire_length: u32::MAX,
            bytes: frame,
        });
    }
    inspector.finish();
});
