//! What people added to a list and took out of it: two small CSV files with who, when and why,
//! which an operator can read and put under git.

use std::io::Write;
use std::path::Path;

use event::Time;

use super::{Added, Additions};
use crate::error::{Error, Result};
use crate::rule::intel::{cells, moment};
use crate::rule::{EntryKind, IntelEntry, IntelLimits};

/// An entry that a person added or took out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ByHand {
    /// The entry; its comment is the person's reason.
    pub entry: IntelEntry,
    /// Who.
    pub who: String,
    /// When.
    pub at: Time,
}

const HEAD: &str = "kind,value,confidence,valid_until,comment,who,at\n";

/// The file of rows.
pub(super) fn write(rows: &[ByHand]) -> String {
    let mut text = HEAD.to_owned();
    for row in rows {
        let confidence = row.entry.confidence.map(|value| value.to_string());
        let until = row.entry.valid_until.map(|time| time.to_string());
        let cells = [
            row.entry.kind.name(),
            &row.entry.value,
            &confidence.unwrap_or_default(),
            &until.unwrap_or_default(),
            row.entry.comment.as_deref().unwrap_or_default(),
            &row.who,
            &row.at.to_string(),
        ];
        let quoted = cells.map(|cell| format!("\"{}\"", cell.replace('"', "\"\"")));
        text.push_str(&quoted.join(","));
        text.push('\n');
    }
    text
}

/// Reads what [`write()`] wrote, or a person did in its form; lines that are none are told.
pub(super) fn read(text: &str, limits: &IntelLimits) -> (Vec<ByHand>, Vec<(u32, String)>) {
    let (mut rows, mut problems) = (Vec::new(), Vec::new());
    for (number, line) in (1_u32..).zip(text.lines()) {
        if number == 1 || line.trim().is_empty() {
            continue;
        }
        if rows.len() >= limits.by_hand {
            let most = limits.by_hand;
            problems.push((number, format!("only the first {most} lines are read")));
            break;
        }
        match row(line, limits) {
            Ok(row) => rows.push(row),
            Err(reason) => problems.push((number, reason)),
        }
    }
    (rows, problems)
}

fn row(line: &str, limits: &IntelLimits) -> std::result::Result<ByHand, String> {
    let cells = cells(line);
    let [kind, value, confidence, until, comment, who, at] = cells.as_slice() else {
        return Err("seven cells are needed".to_owned());
    };
    let kind = EntryKind::from_name(kind).ok_or_else(|| format!("`{kind}` is no kind"))?;
    let entry = IntelEntry::read(value, Some(kind), limits)?;
    let at = moment(at).ok_or_else(|| format!("`{at}` is no date"))?;
    let valid_until = match until.as_str() {
        "" => None,
        text => Some(moment(text).ok_or_else(|| format!("`{text}` is no date"))?),
    };
    Ok(ByHand {
        entry: IntelEntry {
            confidence: confidence.parse().ok(),
            valid_until,
            valid_from: None,
            comment: Some(comment.clone()).filter(|comment| !comment.is_empty()),
            ..entry
        },
        who: who.clone(),
        at,
    })
}

/// Values as somebody wrote them into a field: one a line, also several with commas or blanks.
pub(super) fn read_values(
    text: &str,
    kind: Option<EntryKind>,
    with: &Additions<'_>,
    limits: &IntelLimits,
) -> Added {
    const TOLD: usize = 20;
    let comment: String = with
        .comment
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let mut added = Added::default();
    for (number, line) in (1_u32..).zip(text.lines()) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        match IntelEntry::read(line, kind, limits) {
            Ok(entry) => {
                let entry = IntelEntry {
                    confidence: with.confidence,
                    valid_until: with.valid_until,
                    comment: Some(comment.clone()).filter(|comment| !comment.is_empty()),
                    ..entry
                };
                added.entries.push(entry);
            }
            Err(reason) => {
                added.refused += 1;
                if added.problems.len() < TOLD {
                    added.problems.push((number, reason));
                }
            }
        }
    }
    added
        .entries
        .sort_by(|a, b| (a.kind.name(), &a.value).cmp(&(b.kind.name(), &b.value)));
    added
        .entries
        .dedup_by(|a, b| (a.kind, &a.value) == (b.kind, &b.value));
    added
}

/// Writes a file so that after a crash the old one or the new one is there.
pub(crate) fn write_atomically(path: &Path, bytes: &[u8]) -> Result<()> {
    let beside = path.with_extension("new");
    let fail = |action, path: &Path| {
        let path = path.to_owned();
        move |error| Error::io(action, &path, error)
    };
    let mut file = std::fs::File::create(&beside).map_err(fail("write", &beside))?;
    file.write_all(bytes).map_err(fail("write", &beside))?;
    file.sync_all().map_err(fail("write", &beside))?;
    std::fs::rename(&beside, path).map_err(fail("replace", path))?;
    let folder = path.parent().unwrap_or(path);
    let opened = std::fs::File::open(folder).map_err(fail("open", folder))?;
    opened.sync_all().map_err(fail("sync", folder))
}
