//! Fuzzes the body of a hello or of a certificate message.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sensor::packet::tls::ja4;
use sensor::packet::tls::parse::{certificates, client_hello, server_hello};

fuzz_target!(|bytes: &[u8]| {
    if let Some(hello) = client_hello(bytes) {
        assert_eq!(ja4(&hello).len(), 36);
    }
    drop(server_hello(bytes));
    drop(certificates(bytes));
});
