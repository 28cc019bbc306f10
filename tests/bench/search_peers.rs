//! What stands beside search: the same lines in SQLite's FTS5, and ripgrep over the files.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use event::Time;
use rusqlite::{Connection, params};
use serde_json::Value;

use crate::Options;
use crate::centre::bytes_in;
use crate::mix::{FILES, Seeded};
use crate::search::{RARE, WEEK};
use crate::table::{row, spread};

/// Requests of each sort.
const REPEATED: u64 = 20;

/// Loads the lines and asks both.
pub fn run(folder: &Path, options: &Options) -> Result<()> {
    sqlite(folder, options)?;
    match ripgrep() {
        Some(program) => grep(folder, &program),
        None => {
            row(
                "ripgrep: skipped, not on PATH nor in $HAIDANG_PEERS",
                "",
                "",
            );
            Ok(())
        }
    }
}

/// A row for each line with its time and kind, indexed; the text in FTS5. No journal on disk and no sync, in its favour.
fn sqlite(folder: &Path, options: &Options) -> Result<()> {
    let path = folder.join("peer.db");
    let mut connection = Connection::open(&path)?;
    connection.execute_batch(
        "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;
         CREATE TABLE event (id INTEGER PRIMARY KEY, time INTEGER, kind TEXT);
         CREATE VIRTUAL TABLE line USING fts5 (text);",
    )?;
    let started = Instant::now();
    let transaction = connection.transaction()?;
    let mut rows = 0_u64;
    {
        let mut event = transaction.prepare("INSERT INTO event VALUES (?1, ?2, ?3)")?;
        let mut line = transaction.prepare("INSERT INTO line (rowid, text) VALUES (?1, ?2)")?;
        for (name, format, _) in FILES {
            for text in BufReader::new(std::fs::File::open(folder.join(name))?).lines() {
                let text = text?;
                let (time, kind) = time_and_kind(format, &text);
                rows += 1;
                let id = i64::try_from(rows)?;
                event.execute(params![id, time, kind])?;
                line.execute(params![id, text])?;
            }
        }
    }
    transaction.execute_batch("CREATE INDEX event_time ON event (time, kind)")?;
    transaction.commit()?;
    let rate = rows as f64 / started.elapsed().as_secs_f64();
    row("SQLite FTS5: lines", rows, "");
    row("SQLite FTS5: loaded at lines/s", format!("{rate:.0}"), "");
    let lines: u64 = FILES
        .iter()
        .map(|(name, ..)| bytes_in(&folder.join(name)))
        .sum();
    let part = bytes_in(&path) as f64 / lines as f64;
    row(
        "SQLite FTS5: file, part of the lines' bytes",
        format!("{part:.2}"),
        "",
    );
    ask_sqlite(&connection, options.seed)
}

fn ask_sqlite(connection: &Connection, seed: u64) -> Result<()> {
    let now = daemon::system_clock()();
    let mut seeded = Seeded::new(seed);
    let newest = "SELECT text FROM line JOIN event ON event.id = line.rowid
         WHERE line MATCH ?1 AND (?2 = '' OR kind = ?2) ORDER BY time DESC LIMIT 50";
    let mut three = Vec::new();
    for _ in 0..REPEATED {
        let words = format!("\"10 60 {}\" AND vn", seeded.below(250));
        let started = Instant::now();
        count(connection, newest, params![words, "dns"])?;
        three.push(started.elapsed());
    }
    spread(
        "SQLite FTS5: newest 50, kind, three octets, a word",
        &mut three,
        "",
    );
    let mut rare = Vec::new();
    for _ in 0..REPEATED {
        let started = Instant::now();
        let found = count(connection, newest, params![RARE, ""])?;
        rare.push(started.elapsed());
        ensure!(found == 10, "FTS5 found the rare word {found} times");
    }
    spread("SQLite FTS5: a rare word over all", &mut rare, "");
    for (name, span, width) in [
        ("24 h", Duration::from_secs(86_400), 900_000_000_i64),
        ("7 days", WEEK, 7_200_000_000),
    ] {
        let mut times = Vec::new();
        for _ in 0..REPEATED / 4 {
            let started = Instant::now();
            let by = "SELECT time / ?2, kind, count(*) FROM event WHERE time >= ?1 GROUP BY 1, 2";
            count(connection, by, params![now.minus(span).micros(), width])?;
            times.push(started.elapsed());
        }
        spread(
            &format!("SQLite: histogram by kind, {name}"),
            &mut times,
            "",
        );
    }
    Ok(())
}

fn count(connection: &Connection, query: &str, with: impl rusqlite::Params) -> Result<u64> {
    let mut statement = connection.prepare_cached(query)?;
    let mut rows = statement.query(with)?;
    let mut found = 0;
    while rows.next()?.is_some() {
        found += 1;
    }
    Ok(found)
}

fn time_and_kind(format: &str, line: &str) -> (i64, String) {
    if format == "syslog" {
        let time = line.split(' ').next().and_then(Time::parse);
        return (time.map_or(0, Time::micros), "linux.auth".to_owned());
    }
    let value: Value = serde_json::from_str(line).unwrap_or_default();
    let text = |name: &str| value.get(name).and_then(Value::as_str);
    let time = text("timestamp")
        .or(text("@timestamp"))
        .and_then(Time::parse);
    let kind = text("event_type").unwrap_or("windows");
    (time.map_or(0, Time::micros), kind.to_owned())
}

fn ripgrep() -> Option<PathBuf> {
    let peers =
        std::env::var_os("HAIDANG_PEERS").map(|folder| PathBuf::from(folder).join("usr/bin"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(peers);
    folders
        .map(|folder| folder.join("rg"))
        .find(|program| program.is_file())
}

fn grep(folder: &Path, program: &Path) -> Result<()> {
    let files: Vec<PathBuf> = FILES.iter().map(|(name, ..)| folder.join(name)).collect();
    for (name, pattern, times) in [
        ("a rare word over all", RARE, REPEATED / 4),
        ("a kind, counted", "\"event_type\":\"dns\"", REPEATED / 4),
    ] {
        let mut took = Vec::new();
        for _ in 0..times {
            let started = Instant::now();
            let status = Command::new(program)
                .args(["--count", "--fixed-strings", pattern])
                .args(&files)
                .stdout(Stdio::null())
                .status()
                .context("cannot start ripgrep")?;
            took.push(started.elapsed());
            ensure!(status.success(), "ripgrep found nothing");
        }
        spread(&format!("ripgrep over the files: {name}"), &mut took, "");
    }
    Ok(())
}
