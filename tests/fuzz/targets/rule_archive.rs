//! Fuzzes an archive of rules that somebody imports: what it unpacks to stays below its folder and
//! within the limits.

#![no_main]

use engine::rule::RuleLimits;
use engine::rules::unzip;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let limits = RuleLimits {
        import_files: 100,
        import_unpacked_mib: 2,
        ..RuleLimits::default()
    };
    let Ok(files) = unzip(bytes, &limits) else { return };
    let total: usize = files.iter().map(|file| file.bytes.len()).sum();
    assert!(files.len() <= 100 && total <= 2 << 20);
    for file in files {
        assert!(!file.path.starts_with('/') && !file.path.contains('\\'));
        assert!(file.path.split('/').all(|part| !matches!(part, "" | "." | "..")));
    }
});
