//! The shape of source files: headers, sizes, and what must not stand in them.

use crate::{File, assert_tidy, bad, check_all, with_ending};

/// The most lines of a function, and of a file without its tests.
const FUNCTION: usize = 70;
const FILE: usize = 500;
/// The most lines of a file of the console.
const CONSOLE_FILE: usize = 250;
/// Files that relax `unsafe_code`: at most five, each under a hundred lines.
const UNSAFE: [&str; 0] = [];

fn header(file: &File) -> Vec<String> {
    let first = file.text.lines().next().unwrap_or_default();
    let opens = first
        .strip_prefix("//! ")
        .is_some_and(|said| said.len() > 10);
    let complaint = format!("{}: does not open with what it is and why", file.path);
    if opens { Vec::new() } else { vec![complaint] }
}

#[test]
fn every_file_opens_with_what_it_is() {
    check_all(&with_ending(".rs"), header);
    assert_eq!(header(&bad("a.rs", "use std::fs;\n")).len(), 1);
}

/// A file says on its first line that it is a table and nothing else.
fn is_table(file: &File) -> bool {
    let first = file.text.lines().next().unwrap_or_default();
    first.contains("A pure table")
}

fn sizes(file: &File) -> Vec<String> {
    if is_table(file) {
        return Vec::new();
    }
    let mut complaints = Vec::new();
    let own = file
        .text
        .split("#[cfg(test)]\nmod tests {")
        .next()
        .unwrap_or_default();
    let lines = own.lines().count();
    if lines > FILE {
        complaints.push(format!(
            "{}: {lines} lines; the idea wants splitting",
            file.path
        ));
    }
    for (line, name, length) in functions(&file.text) {
        if length > FUNCTION {
            complaints.push(format!("{}:{line}: {name} has {length} lines", file.path));
        }
    }
    complaints
}

/// The functions of a formatted file: line, name, lines. A function ends where a brace stands at its
/// own indentation.
fn functions(text: &str) -> Vec<(usize, String, usize)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let trimmed = line.trim_start();
        let indent = line.len() - trimmed.len();
        let begins = ["fn ", "pub fn ", "async fn ", "pub async fn ", "const fn "];
        let is_function = begins.iter().any(|begin| trimmed.starts_with(begin))
            || (trimmed.starts_with("pub(") && trimmed.contains(") fn "))
            || (trimmed.starts_with("pub(") && trimmed.contains(") async fn "));
        if !is_function || trimmed.ends_with(';') {
            continue;
        }
        let name = trimmed.split("fn ").nth(1).unwrap_or_default();
        let name = name.split(['(', '<']).next().unwrap_or_default().to_owned();
        let close = format!("{}}}", " ".repeat(indent));
        let length = lines[at..].iter().position(|line| *line == close);
        found.push((at + 1, name, length.map_or(1, |length| length + 1)));
    }
    found
}

#[test]
fn functions_and_files_stay_small() {
    check_all(&with_ending(".rs"), sizes);
    let long = format!("fn f() {{\n{}}}\n", "    g();\n".repeat(80));
    assert_eq!(sizes(&bad("a.rs", &long)).len(), 1);
    assert_eq!(sizes(&bad("a.rs", &"// x\n".repeat(501))).len(), 1);
}

#[test]
fn the_composition_root_fits_a_few_screens() {
    let files = with_ending("deploy/daemon/src/compose.rs");
    assert_eq!(files.len(), 1);
    let lines = files[0].text.lines().count();
    assert!(lines < 200, "{lines} lines");
}

fn console_size(file: &File) -> Vec<String> {
    let lines = file.text.lines().count();
    let is_long = lines > CONSOLE_FILE && !is_table(file);
    let complaint = format!("{}: {lines} lines", file.path);
    if is_long { vec![complaint] } else { Vec::new() }
}

#[test]
fn files_of_the_console_stay_small() {
    let mut files = with_ending(".ts");
    files.extend(with_ending(".tsx"));
    files.retain(|file| file.path.starts_with("web/console/src/"));
    assert!(files.len() > 60);
    check_all(&files, console_size);
    assert_eq!(console_size(&bad("a.ts", &"x;\n".repeat(251))).len(), 1);
}

fn leftovers(file: &File) -> Vec<String> {
    // Written in pieces, so that this file does not find itself.
    let words = [
        concat!("todo", "!("),
        concat!("unimplemented", "!("),
        concat!("dbg", "!("),
        concat!("#[ign", "ore"),
        concat!("#[should", "_panic"),
        concat!("FIX", "ME"),
        concat!("XX", "X"),
        concat!("TO", "DO"),
        concat!(".sk", "ip('"),
        concat!("it.to", "do"),
    ];
    let mut complaints = Vec::new();
    for (number, line) in (1..).zip(file.text.lines()) {
        for word in words.iter().filter(|word| line.contains(**word)) {
            complaints.push(format!("{}:{number}: {word}", file.path));
        }
    }
    complaints
}

#[test]
fn nothing_is_left_for_later() {
    let mut files = with_ending(".rs");
    files.extend(with_ending(".ts"));
    files.extend(with_ending(".tsx"));
    check_all(&files, leftovers);
    assert_eq!(
        leftovers(&bad("a.rs", concat!("fn f() { todo", "!() }\n"))).len(),
        1
    );
}

fn unsafe_code(file: &File) -> Vec<String> {
    let relaxes = file.text.contains(concat!("allow(unsafe", "_code"))
        || file.text.contains(concat!("expect(unsafe", "_code"))
        || file.text.contains(concat!("unsafe ", "{"))
        || file.text.contains(concat!("unsafe ", "fn "));
    let listed = UNSAFE.contains(&&*file.path);
    match (relaxes, listed) {
        (true, false) => vec![format!("{}: unsafe code, and not on the list", file.path)],
        (true, true) if file.text.lines().count() >= 100 => {
            vec![format!(
                "{}: a file with unsafe code stays under 100 lines",
                file.path
            )]
        }
        (true, true) if !file.text.contains("SAFETY") => {
            vec![format!("{}: no SAFETY comment", file.path)]
        }
        _ => Vec::new(),
    }
}

#[test]
fn unsafe_code_stands_only_where_it_is_listed() {
    assert_tidy(if UNSAFE.len() > 5 {
        vec!["the list is full".to_owned()]
    } else {
        Vec::new()
    });
    check_all(&with_ending(".rs"), unsafe_code);
    assert_eq!(
        unsafe_code(&bad("a.rs", concat!("unsafe ", "{ f() }"))).len(),
        1
    );
}
