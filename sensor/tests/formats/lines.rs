//! The formats of lines, and the messages of a connection.

use std::sync::Arc;
use std::time::{Duration, Instant};

use sensor::log::syslog::framing::Frames;
use sensor::log::{Line, Lines, Stream, detect};
use sensor::{LogConfig, LogFormat, Made};
use serde::de::IgnoredAny;
use serde_json::Value;

use crate::compare::differences;
use crate::{expected, folder, received};

/// A folder of samples: its format, and whether its lines are messages of a listener.
const FOLDERS: [(&str, LogFormat, bool); 8] = [
    ("syslog-rfc5424", LogFormat::Syslog, true),
    ("syslog-rfc3164", LogFormat::Syslog, true),
    ("auditd", LogFormat::Auditd, false),
    ("zeek-json", LogFormat::Zeek, false),
    ("eve", LogFormat::Eve, false),
    ("windows-json", LogFormat::Windows, false),
    ("web-access", LogFormat::WebAccess, false),
    ("journal-json", LogFormat::Journal, false),
];

/// The longest that a folder's hostile lines may take: they take a few milliseconds.
const PATIENCE: Duration = Duration::from_secs(5);

fn reader(format: LogFormat, listener: bool) -> Lines {
    // Asia/Ho_Chi_Minh, wherever the tests run.
    let zone = jiff::tz::TimeZone::fixed(jiff::tz::offset(7));
    let lines = Lines::new(format, Arc::default(), zone);
    if listener { lines.listener() } else { lines }
}

/// Reads all lines as the source of files does.
fn read(lines: &mut Lines, name: &str, bytes: &[u8]) -> Vec<Made> {
    let mut stream = Stream::new(name, &LogConfig::default());
    let mut made = Vec::new();
    for line in bytes.split(|byte| *byte == b'\n') {
        if !line.trim_ascii().is_empty() {
            lines.take(&mut stream, &Line::Whole(line), received(), &mut made);
        }
    }
    lines.finish(&mut stream, received(), &mut made);
    made
}

/// The name of a folder's `input.*`.
fn input(name: &str) -> String {
    let entries = std::fs::read_dir(folder(name)).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names
        .into_iter()
        .find(|name| name.starts_with("input."))
        .unwrap()
}

#[test]
fn every_line_becomes_what_is_asked() {
    let mut found = Vec::new();
    for (name, format, listener) in FOLDERS {
        let rows = expected(name);
        let mut files: Vec<Option<String>> = rows.iter().map(|(file, _)| file.clone()).collect();
        files.dedup();
        for file in files {
            let path = file.clone().unwrap_or_else(|| input(name));
            let bytes = std::fs::read(folder(name).join(&path)).unwrap();
            let format = if path == "syslog.log" {
                LogFormat::Syslog
            } else {
                format
            };
            let mut made = read(&mut reader(format, listener), &path, &bytes);
            let rows = rows.iter().filter(|(of, _)| *of == file);
            let mut rows: Vec<Value> = rows.map(|(_, row)| row.clone()).collect();
            if name == "auditd" {
                // In which order mixed events come out is free.
                made.sort_by_key(|made| made.time);
                rows.sort_by_key(|row| row["time"].as_str().map(str::to_owned));
            }
            found.extend(differences(name, &path, &rows, &made));
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn a_message_is_cut_out_of_its_connection() {
    let name = "syslog-tcp-framing";
    let mut found = Vec::new();
    for file in ["input.bin", "input-cut.bin"] {
        let bytes = std::fs::read(folder(name).join(file)).unwrap();
        let rows = expected(name);
        let rows = rows
            .into_iter()
            .filter(|(of, _)| of.as_deref().unwrap_or("input.bin") == file);
        let rows: Vec<Value> = rows.map(|(_, row)| row).collect();
        for size in [1, 7, 4_096] {
            let (texts, made) = connection(&bytes, size);
            for (row, text) in rows.iter().zip(&texts) {
                assert_eq!(row["raw"], **text, "{file} in pieces of {size}");
            }
            found.extend(differences(name, file, &rows, &made));
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// The messages of a connection that comes in pieces, and what becomes of them.
fn connection(bytes: &[u8], size: usize) -> (Vec<String>, Vec<Made>) {
    let limits = LogConfig::default();
    let mut lines = reader(LogFormat::Syslog, true);
    let mut stream = Stream::new("peer", &limits);
    let mut frames = Frames::new(limits.line_bytes, limits.line_kept);
    let (mut texts, mut made) = (Vec::new(), Vec::new());
    let mut each = |line: Line<'_>| {
        texts.push(String::from_utf8_lossy(line.head()).into_owned());
        lines.take(&mut stream, &line, received(), &mut made);
    };
    for piece in bytes.chunks(size) {
        frames.push(piece, &mut each);
    }
    frames.finish(&mut each);
    lines.finish(&mut stream, received(), &mut made);
    (texts, made)
}

#[test]
fn hostile_connections_do_no_harm() {
    let begun = Instant::now();
    let entries = std::fs::read_dir(folder("syslog-tcp-framing/hostile")).unwrap();
    for path in entries.map(|entry| entry.unwrap().path()) {
        let bytes = std::fs::read(&path).unwrap();
        let (texts, made) = connection(&bytes, 4_096);
        assert_eq!(texts.len(), made.len(), "{}", path.display());
        let blank = bytes.iter().all(|byte| b"\n\r\0".contains(byte));
        assert_eq!(made.is_empty(), blank, "{}", path.display());
        assert_eq!(connection(&bytes, 1).0, texts, "{}", path.display());
    }
    assert!(begun.elapsed() < PATIENCE);
}

#[test]
fn the_format_of_a_line_is_told() {
    let text = std::fs::read_to_string(folder("detect").join("input.log")).unwrap();
    let mut found = Vec::new();
    for ((_, row), line) in expected("detect").iter().zip(text.lines()) {
        let format = serde_json::to_value(detect(line)).unwrap();
        let asked: LogFormat = serde_json::from_value(row["format"].clone()).unwrap();
        let asked = serde_json::to_value(asked).unwrap();
        if format != asked {
            found.push(format!(
                "{}: expected {asked}, got {format}: {line}",
                row["line"]
            ));
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn what_is_told_is_what_is_read() {
    let text = std::fs::read_to_string(folder("detect").join("input.log")).unwrap();
    let marked = "\0\0\u{feff}Nov 30 14:05:01 gw01 sshd[811]: a";
    for line in text.lines().chain([marked]) {
        let format = detect(line);
        let auto = reader(LogFormat::Auto, false).whole(line.as_bytes(), "x", received());
        let named = reader(format, false).whole(line.as_bytes(), "x", received());
        // An object that is broken is told as such, not kept as text.
        if !(format == LogFormat::Text && line.starts_with('{')) {
            assert_eq!(auto, named, "{line}");
        }
    }
}

/// Each line must give an event or be held for one; nothing may take long or be no JSON.
#[test]
fn hostile_lines_do_no_harm() {
    let begun = Instant::now();
    let folders = FOLDERS.map(|(name, format, listener)| (name, format, listener));
    for (name, format, listener) in folders
        .into_iter()
        .chain([("detect", LogFormat::Auto, false)])
    {
        let entries = std::fs::read_dir(folder(name)).unwrap();
        let paths = entries.map(|entry| entry.unwrap().path());
        for path in paths.filter(|path| path.to_string_lossy().contains("hostile")) {
            let bytes = std::fs::read(&path).unwrap();
            for format in [format, LogFormat::Auto] {
                let mut lines = reader(format, listener);
                let mut stream = Stream::new("hostile.log", &LogConfig::default());
                for line in bytes.split(|byte| *byte == b'\n') {
                    let (mut made, held) = (Vec::new(), stream.held().len());
                    lines.take(&mut stream, &Line::Whole(line), received(), &mut made);
                    let kept = !made.is_empty() || stream.held().len() > held;
                    let shown = String::from_utf8_lossy(line);
                    assert!(kept, "{name}: {shown:.200}");
                    for made in &made {
                        // Deeper than a tree of values may be, a record is an object all the same.
                        let object = made.record.starts_with(b"{");
                        let json = serde_json::from_slice::<IgnoredAny>(&made.record);
                        assert!(object && json.is_ok(), "{name}: {shown:.200}");
                    }
                }
            }
        }
    }
    assert!(begun.elapsed() < PATIENCE, "{:?}", begun.elapsed());
}
