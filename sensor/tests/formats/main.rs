//! The formats, held to `tests/golden/formats`: what each input must become was written before the
//! parsers were. A mismatch says file, line, field and both values.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests: what does not work must fail loudly"
)]

mod agent;
mod compare;
mod evtx;
mod flows;
mod http;
mod http_limits;
mod lines;

use std::path::{Path, PathBuf};

use event::Time;
use serde_json::Value;

/// Expectations that contradict the specification or the design: folder, line, and the clause. The
/// expectation stays; the test passes over it.
const DISPUTED: [(&str, u64, &str); 0] = [];

/// The time received that every README names.
fn received() -> Time {
    Time::parse("2026-11-30T08:00:00Z").unwrap()
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../tests/golden/formats")
        .join(name)
}

/// What `expect.ndjson` of a folder asks, by the file that is meant: none for `input.*`.
fn expected(name: &str) -> Vec<(Option<String>, Value)> {
    let text = std::fs::read_to_string(folder(name).join("expect.ndjson")).unwrap();
    let rows = text.lines().map(|line| {
        let row: Value = serde_json::from_str(line).unwrap();
        let file = row["file"].as_str().map(str::to_owned);
        (file, row)
    });
    rows.collect()
}

/// The first line that a row names.
fn first_line(row: &Value) -> u64 {
    let line = row["line"]
        .as_array()
        .map_or(&row["line"], |lines| &lines[0]);
    line.as_u64().unwrap()
}

/// Whether a row is disputed.
fn is_disputed(name: &str, row: &Value) -> bool {
    let line = first_line(row);
    DISPUTED
        .iter()
        .any(|(folder, number, _)| *folder == name && *number == line)
}
