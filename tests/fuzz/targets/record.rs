//! Fuzzes the pass over a record: hostile JSON is bounded, and what serde_json reads is read.

#![no_main]

use event::{Fields, Limits};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut fields = Fields::default();
    fields.read(bytes, Limits::default());
    fields.at("a.b").for_each(drop);
});
