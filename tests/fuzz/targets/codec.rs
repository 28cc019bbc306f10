//! Fuzzes events as bytes: what can be read is written and read again, and is the same.

#![no_main]

use event::{decode_events, encode_events};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(events) = decode_events(bytes, None) else { return };
    assert_eq!(decode_events(&encode_events(&events), None).unwrap(), events);
});
