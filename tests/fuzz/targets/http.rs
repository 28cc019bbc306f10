//! Fuzzes an HTTP head, read as request and as response.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sensor::packet::http::parse::{begins, head_length, request, response};

fuzz_target!(|bytes: &[u8]| {
    begins(bytes);
    if let Some(length) = head_length(bytes, 0) {
        assert!(length <= bytes.len());
    }
    drop(request(bytes));
    drop(response(bytes));
});
