//! Fuzzes a CSV of assets, as a person imports it: quotes, separators, headers, cells.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Some((lines, problems)) = web::count_assets_csv(bytes, 100) {
        assert!(lines + problems <= 200);
    }
});
