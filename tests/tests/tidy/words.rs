//! Words: how errors speak, which names there are, and what must not be named.

use std::collections::BTreeSet;

use event::CoreField;

use crate::{File, assert_tidy, bad, check_all, tracked, with_ending};

/// The texts of errors and contexts in a file, with their lines; the text may begin on the next.
fn messages(text: &str) -> Vec<(usize, &str)> {
    const BEFORE: [&str; 6] = [
        "#[error(",
        "bail!(",
        "anyhow!(",
        ".context(",
        ".with_context(|| format!(",
        "Error::msg(",
    ];
    let mut found = Vec::new();
    for before in BEFORE {
        for (at, _) in text.match_indices(before) {
            let behind = text.get(at + before.len()..).unwrap_or_default();
            let Some(literal) = behind.trim_start().strip_prefix('"') else {
                continue;
            };
            let mut escaped = false;
            let end = literal.find(|letter| {
                let ends = letter == '"' && !escaped;
                escaped = letter == '\\' && !escaped;
                ends
            });
            let line = text.get(..at).unwrap_or_default().lines().count() + 1;
            found.extend(end.and_then(|end| Some((line, literal.get(..end)?))));
        }
    }
    found
}

/// Lower case, unless a name stands there; no full stop.
fn style(file: &File) -> Vec<String> {
    let complain = |(number, message): (usize, &str)| {
        let mut letters = message.chars();
        let (first, second) = (letters.next()?, letters.next());
        let is_sentence = first.is_uppercase() && second.is_some_and(char::is_lowercase);
        let is_bad = is_sentence || message.ends_with('.') && !message.ends_with("...");
        is_bad.then(|| format!("{}:{number}: {message}", file.path))
    };
    messages(&file.text)
        .into_iter()
        .filter_map(complain)
        .collect()
}

#[test]
fn errors_are_lower_case_without_a_full_stop() {
    let mut files = with_ending(".rs");
    files.retain(|file| !file.path.starts_with("tests/"));
    check_all(&files, style);
    assert_eq!(style(&bad("a.rs", "bail!(\"Cannot do it\")")).len(), 1);
    assert_eq!(style(&bad("a.rs", "#[error(\"cannot do it.\")]")).len(), 1);
    let below = ".with_context(|| format!(\n    \"Cannot \\\"do\\\" it\",\n))";
    assert_eq!(style(&bad("a.rs", below)).len(), 1);
}

/// Paths of a machine, and hosts of registries.
fn places(file: &File) -> Vec<String> {
    let refused = [
        concat!("/wo", "rk/"),
        concat!("/ro", "ot/"),
        concat!("/far", "m/"),
        concat!("crates", ".io"),
        concat!("npmjs", ".org"),
        concat!("pypi", ".org"),
        concat!("deb.deb", "ian.org"),
    ];
    let home = concat!("/ho", "me/");
    let mut complaints = Vec::new();
    for (number, line) in (1..).zip(file.text.lines()) {
        let mut homes = line.split(home).skip(1);
        if homes.any(|rest| rest.starts_with(|letter: char| letter.is_ascii_lowercase())) {
            complaints.push(format!("{}:{number}: names somebody's {home}", file.path));
        }
        for place in refused.iter().filter(|place| line.contains(**place)) {
            complaints.push(format!("{}:{number}: names {place}", file.path));
        }
    }
    complaints
}

#[test]
fn no_file_names_a_place_of_somebodys_machine() {
    let mut files = tracked();
    files.retain(|file| !file.path.ends_with(".lock") && !file.path.ends_with("package-lock.json"));
    // Recorded logs name the machines that they were recorded on.
    files.retain(|file| !file.path.ends_with(".log") && !file.text.contains('\u{0}'));
    check_all(&files, places);
    assert_eq!(places(&bad("a.md", concat!("see /ro", "ot/x"))).len(), 1);
}

/// Vietnamese is composed: every letter one code point.
fn composed(file: &File) -> Vec<String> {
    let combining = |letter: char| ('\u{300}'..='\u{36f}').contains(&letter);
    let lines = (1..).zip(file.text.lines());
    let loose = lines.filter(|(_, line)| line.chars().any(combining));
    loose
        .map(|(number, _)| format!("{}:{number}: not composed (NFC)", file.path))
        .collect()
}

#[test]
fn vietnamese_text_is_composed() {
    let mut files = with_ending(".ts");
    files.extend(with_ending(".md"));
    files.extend(with_ending(".yml"));
    check_all(&files, composed);
    assert_eq!(composed(&bad("a.md", "a\u{301}")).len(), 1);
}

/// Every rule says in Vietnamese what it is called: also one that only a correlation counts stands in
/// lists and previews.
fn said_in_vietnamese(file: &File) -> Vec<String> {
    let documents = file.text.split("\n---\n");
    let silent = documents.filter(|text| !text.contains("\n  vi:\n    title: "));
    silent
        .map(|text| {
            let title = text.lines().find(|line| line.starts_with("title: "));
            format!(
                "{}: {} has no haidang.vi",
                file.path,
                title.unwrap_or("a rule")
            )
        })
        .collect()
}

#[test]
fn every_rule_is_called_something_in_vietnamese() {
    let mut files = with_ending(".yml");
    files.retain(|file| file.path.starts_with("rules/sigma/"));
    check_all(&files, said_in_vietnamese);
    let half = "title: A\nhaidang:\n  vi:\n    title: B\n---\ntitle: C\n";
    assert_eq!(said_in_vietnamese(&bad("a.yml", half)).len(), 1);
}

/// A name in a query is core if the core table has it, so no core name may be a path of EVE.
#[test]
fn no_core_name_is_a_path_of_eve() {
    let mut paths = BTreeSet::new();
    for file in with_ending(".json").iter().chain(&with_ending(".ndjson")) {
        if !file.path.starts_with("deploy/demo/") {
            continue;
        }
        for line in file.text.lines() {
            let record: serde_json::Value = serde_json::from_str(line).unwrap_or_default();
            if record.get("event_type").is_some() {
                collect("", &record, &mut paths);
            }
        }
    }
    // And what our own sensor writes.
    let capture = crate::repository().join("deploy/demo/background-network.pcap");
    let (code, text, _) = tests::binary::run(&["read", capture.to_str().unwrap()]);
    assert_eq!(code, 0);
    for line in text.lines() {
        collect("", &serde_json::from_str(line).unwrap(), &mut paths);
    }
    assert!(
        paths.contains("dns.queries.rrname") && paths.contains("flow.state"),
        "{paths:?}"
    );
    let names = CoreField::ALL.iter().map(|field| field.name());
    let both = names.filter(|name| paths.contains(*name));
    assert_tidy(
        both.map(|name| format!("{name} is a core name and a path of EVE"))
            .collect(),
    );
}

fn collect(prefix: &str, value: &serde_json::Value, paths: &mut BTreeSet<String>) {
    match value {
        serde_json::Value::Object(map) => {
            for (key, value) in map {
                let path = if prefix.is_empty() {
                    key.clone()
                } else {
                    format!("{prefix}.{key}")
                };
                collect(&path, value, paths);
                paths.insert(path);
            }
        }
        serde_json::Value::Array(items) => {
            items.iter().for_each(|item| collect(prefix, item, paths))
        }
        _ => {}
    }
}
