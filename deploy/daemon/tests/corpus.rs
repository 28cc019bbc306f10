//! Replays the seeds of the configuration's fuzz target, whole and cut at every byte, as an ordinary
//! test.

use std::path::Path;

use daemon::config::Config;

const TARGETS: [&str; 1] = ["config"];

#[test]
fn no_seed_and_no_cut_of_one_does_harm() {
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fuzz/seeds");
    let mut count = 0;
    for target in TARGETS {
        for file in std::fs::read_dir(seeds.join(target)).unwrap() {
            let bytes = std::fs::read(file.unwrap().path()).unwrap();
            let step = 1 + bytes.len() / 1_000;
            for end in (0..bytes.len()).step_by(step) {
                if let Ok(text) = std::str::from_utf8(&bytes[..end]) {
                    drop(Config::parse(text));
                }
            }
            let whole = std::str::from_utf8(&bytes).unwrap();
            Config::parse(whole).unwrap();
            count += 1;
        }
    }
    assert!(count >= 2, "{count} seeds");
}
