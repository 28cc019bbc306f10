//! Fuzzes what an edge sends: a packed body, and the frames inside one.

#![no_main]

use event::Instance;
use libfuzzer_sys::fuzz_target;
use sensor::uplink::wire::{self, WireLimits};

fuzz_target!(|bytes: &[u8]| {
    let limits = WireLimits {
        body: 1 << 20,
        unpacked: 1 << 20,
        events: 1_000,
    };
    if let Ok(frames) = wire::frames(bytes, Instance(7), limits) {
        for frame in &frames {
            assert!(frame.first() <= frame.last());
        }
    }
    drop(wire::read(bytes, Instance(7), limits));
});
