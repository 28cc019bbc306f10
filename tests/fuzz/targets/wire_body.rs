//! Fuzzes what an edge sends: a packed body, the frames inside one, and the place that its head names.

#![no_main]

use event::Instance;
use libfuzzer_sys::fuzz_target;
use sensor::uplink::order::Place;
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
    if let Some(place) = std::str::from_utf8(bytes).ok().and_then(Place::read) {
        assert_eq!(Place::read(&place.to_string()), Some(place));
    }
});
