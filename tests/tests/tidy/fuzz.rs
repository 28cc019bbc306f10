//! Fuzz targets, their seeds, their places in the manifest, and the ordinary tests that replay
//! them: all four or none.

use std::collections::BTreeSet;

use crate::tracked;

/// The tests that replay seeds.
const CORPUS: [&str; 3] = [
    "deploy/daemon/tests/corpus.rs",
    "engine/tests/corpus.rs",
    "sensor/tests/corpus.rs",
];

/// The names in `const TARGETS: [&str; n] = […];`.
fn replayed(source: &str) -> Vec<String> {
    let list = source
        .split("const TARGETS")
        .nth(1)
        .and_then(|rest| rest.split("];").next())
        .unwrap_or_default();
    list.split('"')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect()
}

/// The names of binaries; each stands in `targets` under its own name.
fn registered(manifest: &str) -> BTreeSet<String> {
    let manifest: toml::Table = manifest.parse().unwrap();
    let binaries = manifest["bin"].as_array().unwrap();
    binaries
        .iter()
        .filter_map(|binary| {
            let name = binary["name"].as_str()?;
            let stands = binary["path"].as_str()? == format!("targets/{name}.rs");
            stands.then(|| name.to_owned())
        })
        .collect()
}

/// The folders that hold at least two seeds.
fn seeded(paths: &[String]) -> BTreeSet<String> {
    let folders: Vec<&str> = paths
        .iter()
        .filter_map(|path| path.split_once('/'))
        .map(|(folder, _)| folder)
        .collect();
    let twice = |folder: &&str| folders.iter().filter(|other| *other == folder).count() >= 2;
    folders
        .iter()
        .copied()
        .filter(twice)
        .map(str::to_owned)
        .collect()
}

/// The files below a folder of the fuzzer's, seeds that are no text too.
fn below(folder: &str) -> Vec<String> {
    let top = tests::repository().join("tests/fuzz").join(folder);
    crate::walk(&top, &top)
        .into_iter()
        .map(|path| path.display().to_string())
        .collect()
}

#[test]
fn every_target_is_registered_seeded_and_replayed() {
    let targets: BTreeSet<String> = below("targets")
        .iter()
        .filter_map(|path| path.strip_suffix(".rs").map(str::to_owned))
        .collect();
    assert!(targets.len() >= 20, "{targets:?}");
    let files = tracked();
    let text = |path: &str| &files.iter().find(|file| file.path == path).unwrap().text;
    assert_eq!(registered(text("tests/fuzz/Cargo.toml")), targets);
    assert_eq!(seeded(&below("seeds")), targets, "two seeds or more");
    let lists = CORPUS.iter().flat_map(|path| replayed(text(path)));
    let mut all: Vec<String> = lists.collect();
    all.sort();
    let targets: Vec<String> = targets.into_iter().collect();
    assert_eq!(all, targets, "replayed once by {CORPUS:?}");
}

#[test]
fn what_breaks_this_is_found() {
    let of = |names: &[&str]| -> BTreeSet<String> { names.iter().map(|&n| n.to_owned()).collect() };
    let seeds = ["dns/a", "dns/b", "tls/only"].map(str::to_owned);
    assert_eq!(seeded(&seeds), of(&["dns"]));
    let manifest = "[[bin]]\nname = \"dns\"\npath = \"targets/dns.rs\"\n\
        [[bin]]\nname = \"tls\"\npath = \"targets/dns.rs\"\n";
    assert_eq!(registered(manifest), of(&["dns"]));
    let source = "const TARGETS: [&str; 2] = [\n    \"dns\",\n    \"tls\",\n];\nlet x = \"http\";";
    assert_eq!(replayed(source), ["dns", "tls"]);
}
