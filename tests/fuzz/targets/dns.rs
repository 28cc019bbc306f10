//! Fuzzes a DNS message.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sensor::packet::dns::parse::{DnsLimits, message};

fuzz_target!(|bytes: &[u8]| {
    let limits = DnsLimits {
        queries: 8,
        records: 8,
    };
    drop(message(bytes, limits));
});
