//! Fuzzes what is read back from disk: frames' events, and an event as partitions and alerts keep it.

#![no_main]

use engine::index::Journaled;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    drop(event::decode_events(bytes, None));
    if let Some(journaled) = Journaled::decode(bytes) {
        assert_eq!(Journaled::decode(&journaled.encode()).map(|again| again.position), Some(journaled.position));
    }
});
