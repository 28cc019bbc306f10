//! Fuzzes `backup.json`, the list of a backup: what is not whole or leads outside is refused.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    drop(daemon::read_backup_list(bytes));
});
