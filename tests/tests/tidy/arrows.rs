//! Who may know whom (DESIGN §1), what may be depended on, and why.

use std::collections::{BTreeMap, BTreeSet};

use tests::repository;

use crate::assert_tidy;

/// Every member, and which members it may know.
const ARROWS: [(&str, &str, &[&str]); 6] = [
    ("event", "engine/event", &[]),
    ("sensor", "sensor", &["event"]),
    ("engine", "engine", &["event"]),
    ("web", "web", &["event", "engine"]),
    (
        "daemon",
        "deploy/daemon",
        &["event", "engine", "sensor", "web"],
    ),
    ("tests", "tests", &["event", "daemon"]),
];

fn manifest(folder: &str) -> toml::Table {
    let path = repository().join(folder).join("Cargo.toml");
    toml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// The members that a manifest depends on, in any of its tables and under any name.
fn known(manifest: &toml::Table, members: &BTreeSet<&str>) -> BTreeSet<String> {
    let mut known = BTreeSet::new();
    for (table, entries) in manifest {
        let Some(entries) = entries.as_table() else {
            continue;
        };
        if table.ends_with("dependencies") {
            let names = entries.iter().map(|(name, value)| {
                let package = value.get("package").and_then(toml::Value::as_str);
                package.unwrap_or(name)
            });
            known.extend(
                names
                    .filter(|name| members.contains(name))
                    .map(str::to_owned),
            );
        } else if table == "target" {
            let platforms = entries.values().filter_map(toml::Value::as_table);
            known.extend(platforms.flat_map(|platform| self::known(platform, members)));
        }
    }
    known
}

#[test]
fn the_arrows_are_those_of_the_design() {
    let members: BTreeSet<&str> = ARROWS.iter().map(|(name, ..)| *name).collect();
    let workspace = manifest(".");
    let listed: BTreeSet<&str> = workspace["workspace"]["members"]
        .as_array()
        .unwrap()
        .iter()
        .map(|member| member.as_str().unwrap())
        .collect();
    assert_eq!(
        listed,
        ARROWS.iter().map(|(_, folder, _)| *folder).collect()
    );
    let mut complaints = Vec::new();
    for (name, folder, may) in ARROWS {
        let may: BTreeSet<String> = may.iter().map(|name| (*name).to_owned()).collect();
        let knows = known(&manifest(folder), &members);
        for stray in knows.difference(&may) {
            complaints.push(format!("{name} knows {stray}, which it must not"));
        }
    }
    assert_tidy(complaints);
    let bad = toml::from_str("[dependencies]\nengine.workspace = true\n").unwrap();
    assert!(known(&bad, &members).contains("engine"));
    let bad =
        "[target.'cfg(unix)'.dev-dependencies]\nx = { package = \"sensor\", version = \"1\" }";
    assert!(known(&toml::from_str(bad).unwrap(), &members).contains("sensor"));
}

/// Lines of the workspace's dependencies without a reason, by themselves or by their heading.
fn unexplained(manifest: &str) -> Vec<String> {
    let own = ["event", "engine", "sensor", "web"];
    let table = manifest
        .split("[workspace.dependencies]")
        .nth(1)
        .unwrap_or_default();
    let table = table.split("\n[").next().unwrap_or_default();
    let lines = table
        .lines()
        .filter(|line| line.contains(" = ") && !line.starts_with('#'));
    lines
        .filter(|line| {
            !own.iter()
                .any(|name| line.starts_with(&format!("{name} = ")))
        })
        .filter(|line| !line.contains("  # ") && !line.contains(" # "))
        .map(|line| format!("no reason is given: {line}"))
        .collect()
}

#[test]
fn every_dependency_has_its_reason() {
    let text = std::fs::read_to_string(repository().join("Cargo.toml")).unwrap();
    assert_tidy(unexplained(&text));
    assert_eq!(
        unexplained("[workspace.dependencies]\nleft-pad = \"1\"\n").len(),
        1
    );
}

/// Members name no version of their own: versions stand once, in the workspace.
#[test]
fn versions_stand_once() {
    let mut complaints = Vec::new();
    for (name, folder, _) in ARROWS {
        for table in ["dependencies", "dev-dependencies"] {
            let manifest = manifest(folder);
            let entries: BTreeMap<String, toml::Value> = manifest
                .get(table)
                .and_then(toml::Value::as_table)
                .map(|table| table.clone().into_iter().collect())
                .unwrap_or_default();
            for (dependency, value) in entries {
                let by_workspace = value.get("workspace").is_some() || value.get("path").is_some();
                if !by_workspace {
                    complaints.push(format!("{name} gives {dependency} a version of its own"));
                }
            }
        }
    }
    assert_tidy(complaints);
}

/// The packages of a lock file that bring a second crypto provider.
fn foreign_crypto(lock: &str) -> Vec<String> {
    const REFUSED: [&str; 6] = [
        "openssl",
        "openssl-sys",
        "native-tls",
        "aws-lc-rs",
        "aws-lc-sys",
        "boring",
    ];
    let names = lock
        .lines()
        .filter_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"'));
    names
        .filter(|name| REFUSED.contains(name))
        .map(|name| format!("{name} is in the lock file"))
        .collect()
}

#[test]
fn there_is_one_crypto_provider() {
    let lock = std::fs::read_to_string(repository().join("Cargo.lock")).unwrap();
    assert!(lock.contains("name = \"ring\""));
    assert_tidy(foreign_crypto(&lock));
    assert_eq!(foreign_crypto("name = \"openssl-sys\"\n").len(), 1);
}
