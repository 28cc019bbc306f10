//! Replays the seeds of the daemon's fuzz targets, whole and cut at many bytes, as an ordinary test.

use std::path::Path;

use daemon::config::{Config, overlay};

const TARGETS: [&str; 5] = [
    "config",
    "pushed_config",
    "update_file",
    "backup_list",
    "assets_csv",
];

/// What a target does with bytes; whether they are what it reads.
fn read(target: &str, bytes: &[u8]) -> bool {
    match target {
        "update_file" => return daemon::read_unsigned(bytes).is_ok(),
        "backup_list" => return daemon::read_backup_list(bytes).is_ok(),
        "assets_csv" => return web::count_assets_csv(bytes, 100).is_some_and(|(_, bad)| bad == 0),
        _ => {}
    }
    std::str::from_utf8(bytes).is_ok_and(|text| match target {
        "config" => Config::parse(text).is_ok(),
        _ => overlay(&Config::default(), text).is_ok(),
    })
}

#[test]
fn no_seed_and_no_cut_of_one_does_harm() {
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fuzz/seeds");
    for target in TARGETS {
        let mut whole = 0;
        for file in std::fs::read_dir(seeds.join(target)).unwrap() {
            let bytes = std::fs::read(file.unwrap().path()).unwrap();
            let step = 1 + bytes.len() / 1_000;
            for end in (0..bytes.len()).step_by(step) {
                read(target, &bytes[..end]);
            }
            whole += usize::from(read(target, &bytes));
        }
        assert!(whole >= 1, "{target}: no seed is whole");
    }
}
