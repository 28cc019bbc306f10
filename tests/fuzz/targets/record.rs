//! Fuzzes the pass over a record: hostile JSON is bounded, and what `serde_json` takes is taken.

#![no_main]

use event::{Fields, Limits};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|bytes: &[u8]| {
    let mut fields = Fields::default();
    fields.read(bytes, Limits::default());
    fields.at("a.b").for_each(drop);
    // Numbers that no f64 holds and nesting beyond its own limit are refused by it alone or by us
    // alone; everything else is decided alike.
    let deep = bytes.iter().filter(|byte| matches!(byte, b'[' | b'{')).count() > 100;
    let large = bytes.windows(2).any(|pair| matches!(pair, [b'e' | b'E', _]));
    if !deep && !large {
        let taken = serde_json::from_slice::<Value>(bytes).is_ok();
        assert_eq!(taken, fields.partial() != Some("not valid JSON"));
    }
});
