//! Where the formats bring what they read: one place that checks, counts and hands on.

use std::collections::BTreeMap;

use event::Time;

use super::{EntryKind, IntelEntry, IntelLimits};

/// Problems that are told one by one; the others are counted.
const TOLD: usize = 20;
/// Different reasons for leaving something out that are told apart.
const REASONS: usize = 50;

/// What came of reading files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// Entries.
    pub read: u64,
    /// Values that are none, or must not be.
    pub refused: u64,
    /// What is well formed and of no use here, by reason.
    pub not_read: BTreeMap<String, u64>,
    /// The first 20 refused values: file, line (0: none), reason.
    pub problems: Vec<(String, u32, String)>,
}

impl Reading {
    /// Adds what came of another file.
    pub fn join(&mut self, other: Self) {
        self.read += other.read;
        self.refused += other.refused;
        for (reason, count) in other.not_read {
            self.count(&reason, count);
        }
        let room = TOLD.saturating_sub(self.problems.len());
        self.problems.extend(other.problems.into_iter().take(room));
    }

    /// Says that something is wrong with a file.
    pub fn refuse(&mut self, file: &str, line: u32, reason: String) {
        self.refused += 1;
        if self.problems.len() < TOLD {
            self.problems.push((file.to_owned(), line, reason));
        }
    }

    fn count(&mut self, reason: &str, count: u64) {
        let full = self.not_read.len() >= REASONS && !self.not_read.contains_key(reason);
        let reason = if full { "other" } else { reason };
        *self.not_read.entry(reason.to_owned()).or_default() += count;
    }
}

/// What a file says of a value beside the value.
#[derive(Clone, Debug, Default)]
pub(super) struct Said {
    pub(super) confidence: Option<u8>,
    pub(super) valid_from: Option<Time>,
    pub(super) valid_until: Option<Time>,
    pub(super) source: Option<String>,
    pub(super) comment: Option<String>,
}

/// Takes what a file holds.
pub struct Sink<'a> {
    /// The file, for the problems.
    pub file: String,
    /// What a value without a telling form is; none: the form tells, or it is refused.
    pub kind: Option<EntryKind>,
    /// How much may be read.
    pub limits: IntelLimits,
    /// What came of it.
    pub reading: Reading,
    /// Where entries go; false: there is no room for more.
    pub take: &'a mut dyn FnMut(IntelEntry) -> bool,
}

impl Sink<'_> {
    /// Offers a value as it is written, on a line counted from 1 (0: none).
    pub(super) fn offer(&mut self, line: u32, text: &str, kind: Option<EntryKind>, said: &Said) {
        let entry = match IntelEntry::read(text, kind.or(self.kind), &self.limits) {
            Ok(entry) => entry,
            Err(reason) => return self.refuse(line, reason),
        };
        let over = |(from, until)| from >= until;
        if said.valid_from.zip(said.valid_until).is_some_and(over) {
            return self.refuse(line, "ends before it begins".to_owned());
        }
        let cut = |text: &String| cut(text, self.limits.comment_bytes);
        let entry = IntelEntry {
            confidence: said.confidence.map(|value| value.min(100)),
            valid_from: said.valid_from,
            valid_until: said.valid_until,
            source: said.source.as_ref().map(cut),
            comment: said.comment.as_ref().map(cut),
            ..entry
        };
        if (self.take)(entry) {
            self.reading.read += 1;
        } else {
            let most = self.limits.entries;
            self.refuse(
                line,
                format!("more than {most} entries (limits.intel.entries)"),
            );
        }
    }

    pub(super) fn refuse(&mut self, line: u32, reason: String) {
        self.reading.refuse(&self.file, line, reason);
    }

    /// Counts what is well formed and of no use here.
    pub(super) fn pass(&mut self, reason: &str) {
        self.reading.count(reason, 1);
    }
}

/// The beginning of a text, at a border of characters, on one line.
fn cut(text: &str, most: usize) -> String {
    let mut end = most.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let text = text.get(..end).unwrap_or_default();
    text.replace(char::is_control, " ").trim().to_owned()
}
