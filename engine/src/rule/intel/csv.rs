//! CSV: a table of values as feeds hand them out (abuse.ch, spreadsheets), one row a line.
//!
//! The columns are known by their names, from the first row or from a comment before it; without
//! names the first cell of a row that is a value is the entry. Fields in quotes end on their line.

use std::io::BufRead;

use event::Time;

use super::sink::{Said, Sink};
use super::text::lines;
use super::{EntryKind, IntelEntry, IntelLimits};

/// Cells of a row that are looked at.
const CELLS: usize = 64;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Column {
    Value,
    Kind,
    Confidence,
    From,
    Until,
    Source,
    Comment,
    /// The value of one kind: feeds that name the column after it.
    Of(EntryKind),
}

/// The names that feeds give to their columns.
const NAMES: [(Column, &[&str]); 7] = [
    (
        Column::Value,
        &[
            "value",
            "ioc",
            "ioc_value",
            "indicator",
            "observable",
            "entry",
            "fqdn",
            "host",
            "dst_ip",
        ],
    ),
    (
        Column::Kind,
        &["kind", "type", "ioc_type", "indicator_type"],
    ),
    (Column::Confidence, &["confidence", "confidence_level"]),
    (
        Column::From,
        &[
            "valid_from",
            "first_seen",
            "first_seen_utc",
            "firstseen",
            "dateadded",
            "added",
            "date",
        ],
    ),
    (
        Column::Until,
        &["valid_until", "expires", "expiration", "valid_to"],
    ),
    (Column::Source, &["source", "feed", "provider"]),
    (
        Column::Comment,
        &[
            "comment",
            "description",
            "threat",
            "malware",
            "malware_printable",
            "listingreason",
            "tags",
        ],
    ),
];

/// Reads the rows of a table.
pub(super) fn read(reader: impl BufRead, sink: &mut Sink<'_>) {
    let mut columns: Option<Vec<Option<Column>>> = None;
    let mut begun = false;
    lines(reader, sink, |number, line, sink| {
        let line = line.trim_start_matches('\u{feff}').trim_end();
        if let Some(comment) = line.strip_prefix('#') {
            if !begun {
                columns = columns_of(comment).or_else(|| columns.take());
            }
            return;
        }
        if line.trim().is_empty() {
            return;
        }
        if !begun {
            begun = true;
            if let Some(named) = columns_of(line) {
                columns = Some(named);
                return;
            }
        }
        let cells = cells(line);
        match &columns {
            Some(columns) => named(number, columns, &cells, sink),
            None => unnamed(number, &cells, sink),
        }
    });
}

/// The columns that a row names, when one of them holds the value.
fn columns_of(line: &str) -> Option<Vec<Option<Column>>> {
    let cells = cells(line);
    // `ip:port` is a column's name here and a row's word there: a row of names holds no value.
    let limits = IntelLimits::default();
    if cells
        .iter()
        .any(|cell| IntelEntry::read(cell, None, &limits).is_ok())
    {
        return None;
    }
    let columns: Vec<_> = cells.iter().map(|cell| column(cell)).collect();
    let holds = |column: &Option<Column>| matches!(column, Some(Column::Value | Column::Of(_)));
    // A lone word is a value that happens to be called as a column is.
    (columns.iter().any(holds) && columns.len() > 1).then_some(columns)
}

fn column(name: &str) -> Option<Column> {
    let name = name.trim().to_ascii_lowercase();
    let by_name = NAMES
        .iter()
        .find(|(_, names)| names.contains(&name.as_str()));
    by_name.map(|(column, _)| *column).or_else(|| {
        let kind = kind_of(&name)?;
        Some(Column::Of(kind))
    })
}

/// The kind that a feed's word means.
pub(super) fn kind_of(word: &str) -> Option<EntryKind> {
    let word = word.trim().to_ascii_lowercase();
    EntryKind::from_name(&word).or(match word.as_str() {
        "ip" | "ipv4" | "ipv6" | "ip_address" | "ip:port" | "ip-dst" | "ip-src" | "dstip" => {
            Some(EntryKind::Address)
        }
        "cidr" | "netblock" => Some(EntryKind::Network),
        "hostname" | "domain_name" => Some(EntryKind::Domain),
        "uri" => Some(EntryKind::Url),
        "e-mail" | "email-src" | "email-dst" | "mail" => Some(EntryKind::Email),
        "md5_hash" | "hash_md5" => Some(EntryKind::Md5),
        "sha1_hash" | "hash_sha1" => Some(EntryKind::Sha1),
        "sha256_hash" | "hash_sha256" => Some(EntryKind::Sha256),
        "ja3_md5" | "ja3_hash" | "ja3-fingerprint-md5" => Some(EntryKind::Ja3),
        "ja4-fingerprint" | "ja4_fingerprint" => Some(EntryKind::Ja4),
        _ => None,
    })
}

fn named(number: u32, columns: &[Option<Column>], cells: &[String], sink: &mut Sink<'_>) {
    let mut said = Said::default();
    let (mut kind, mut values) = (None, Vec::new());
    for (column, cell) in columns.iter().zip(cells) {
        let cell = cell.trim();
        let Some(column) = column.filter(|_| !cell.is_empty()) else {
            continue;
        };
        match column {
            Column::Value => values.push((None, cell)),
            Column::Of(kind) => values.push((Some(kind), cell)),
            Column::Kind => kind = kind_of(cell),
            Column::Confidence => said.confidence = confidence(cell),
            Column::From => said.valid_from = moment(cell),
            Column::Until => match moment(cell) {
                Some(until) => said.valid_until = Some(until),
                None => return sink.refuse(number, format!("`{}` is no date", start(cell))),
            },
            Column::Source => said.source = Some(cell.to_owned()),
            Column::Comment if said.comment.is_none() => said.comment = Some(cell.to_owned()),
            Column::Comment => {}
        }
    }
    if values.is_empty() {
        return sink.refuse(number, "the row has no value".to_owned());
    }
    for (own, value) in values {
        sink.offer(number, value, own.or(kind), &said);
    }
}

/// Without names: the first cell that is a value of any kind.
fn unnamed(number: u32, cells: &[String], sink: &mut Sink<'_>) {
    let limits = sink.limits;
    let is_value = |cell: &&String| IntelEntry::read(cell, sink.kind, &limits).is_ok();
    let found = cells.iter().find(is_value).or_else(|| cells.first());
    if let Some(cell) = found.cloned() {
        sink.offer(number, &cell, None, &Said::default());
    }
}

fn start(text: &str) -> String {
    text.chars().take(40).collect()
}

/// 0 to 100, or STIX's words (appendix A: low, med, high).
pub(super) fn confidence(text: &str) -> Option<u8> {
    match text.trim().to_ascii_lowercase().as_str() {
        "low" => Some(15),
        "med" | "medium" => Some(50),
        "high" => Some(85),
        text => text.parse::<u8>().ok().map(|value| value.min(100)),
    }
}

/// A time as feeds write it: RFC 3339, `2026-11-20 10:00:00` or `2026-11-20`, in UTC, or seconds.
pub(crate) fn moment(text: &str) -> Option<Time> {
    let text = text.trim().trim_end_matches(" UTC");
    if let Some(time) = Time::parse(text) {
        return Some(time);
    }
    if text.bytes().all(|byte| byte.is_ascii_digit()) && (9..=10).contains(&text.len()) {
        return Some(Time::from_seconds(text.parse().ok()?, 0));
    }
    let (day, clock) = text.split_once([' ', 'T']).unwrap_or((text, "00:00:00"));
    Time::parse(&format!("{day}T{clock}Z"))
}

/// The cells of a row (RFC 4180, one line): in quotes a comma is a letter, two quotes are one.
pub(crate) fn cells(line: &str) -> Vec<String> {
    let (mut cells, mut rest) = (Vec::new(), line);
    while cells.len() < CELLS {
        rest = rest.trim_start_matches([' ', '\t']);
        let Some(quoted) = rest.strip_prefix('"') else {
            let (cell, behind) = match rest.split_once(',') {
                Some((cell, behind)) => (cell, Some(behind)),
                None => (rest, None),
            };
            cells.push(cell.trim_end().to_owned());
            let Some(behind) = behind else { break };
            rest = behind;
            continue;
        };
        let (cell, behind) = unquoted(quoted);
        cells.push(cell);
        let Some((_, behind)) = behind.split_once(',') else {
            break;
        };
        rest = behind;
    }
    cells
}

/// A cell behind its first quote, and what stands behind its last.
fn unquoted(text: &str) -> (String, &str) {
    let (mut cell, mut rest) = (String::new(), text);
    while let Some((part, behind)) = rest.split_once('"') {
        cell.push_str(part);
        match behind.strip_prefix('"') {
            Some(more) => {
                cell.push('"');
                rest = more;
            }
            None => return (cell, behind),
        }
    }
    cell.push_str(rest);
    (cell, "")
}
