//! Fuzzes an update file: its lines, what it says of itself, the program as it is unpacked.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    drop(daemon::read_unsigned(bytes));
});
