//! Fuzzes the frames of a syslog connection: any cut gives the same messages.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sensor::log::syslog::framing::messages;

fuzz_target!(|bytes: &[u8]| {
    let whole = messages(&[bytes], 1_000);
    for cut in [bytes.len() / 3, bytes.len() / 2] {
        let (head, tail) = bytes.split_at(cut);
        assert_eq!(messages(&[head, tail], 1_000), whole);
    }
});
