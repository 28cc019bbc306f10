//! A list as it is held: its settings, what came of reading it, what people did to it.

use std::collections::HashSet;
use std::sync::Arc;

use event::Time;

use super::by_hand::ByHand;
use super::{Additions, ListRow};
use crate::detect::Intel;
use crate::rule::intel::Reading;
use crate::rule::{EntryKind, IntelEntry, ListSettings};

/// A list as it is held.
#[derive(Clone, Debug)]
pub(super) struct List {
    pub(super) number: u16,
    pub(super) settings: ListSettings,
    pub(super) shipped: bool,
    pub(super) reading: Reading,
    pub(super) updated: Option<Time>,
    pub(super) added: Arc<Vec<ByHand>>,
    pub(super) removed: Arc<Vec<ByHand>>,
    pub(super) changed: Option<(String, Time)>,
    pub(super) feed_problem: Option<String>,
    /// New entries since the start that the past is not searched for, because too many came at once.
    pub(super) not_hunted: u64,
}

impl ByHand {
    pub(super) fn key(&self) -> (EntryKind, &str) {
        (self.entry.kind, self.entry.value.as_str())
    }
}

impl List {
    pub(super) fn new(number: u16, settings: ListSettings) -> Self {
        Self {
            number,
            settings,
            shipped: false,
            reading: Reading::default(),
            updated: None,
            added: Arc::default(),
            removed: Arc::default(),
            changed: None,
            feed_problem: None,
            not_hunted: 0,
        }
    }

    pub(super) fn note(&mut self, at: Time) {
        self.updated = Some(self.updated.map_or(at, |held| held.max(at)));
    }

    pub(super) fn row(&self, intel: &Intel) -> ListRow {
        let counts = EntryKind::ALL.iter();
        let counts = counts.map(|kind| (*kind, intel.count(self.number, *kind)));
        let by_hand = self.changed.as_ref().map(|(_, at)| *at);
        ListRow {
            settings: self.settings.clone(),
            shipped: self.shipped,
            counts: counts.filter(|(_, count)| *count > 0).collect(),
            reading: self.reading.clone(),
            updated: self.updated.max(by_hand),
            by_hand: self.added.len(),
            removed: self.removed.len(),
            changed: self.changed.clone(),
            feed_problem: self.feed_problem.clone(),
            not_hunted: self.not_hunted,
        }
    }

    /// The rows of `added.csv` with further entries, which take the place of equal ones.
    pub(super) fn with_added(&self, entries: &[IntelEntry], with: &Additions<'_>) -> Vec<ByHand> {
        let mut rows = self.without_added(entries);
        rows.extend(entries.iter().map(|entry| ByHand {
            entry: entry.clone(),
            who: with.who.to_owned(),
            at: with.now,
        }));
        rows
    }

    pub(super) fn without_added(&self, entries: &[IntelEntry]) -> Vec<ByHand> {
        without(&self.added, entries)
    }

    /// The rows of `removed.csv` without entries that somebody added again.
    pub(super) fn with_unremoved(&self, entries: &[IntelEntry]) -> Vec<ByHand> {
        without(&self.removed, entries)
    }

    pub(super) fn with_removed(
        &self,
        entries: &[IntelEntry],
        who: &str,
        why: &str,
        at: Time,
    ) -> Vec<ByHand> {
        let mut rows = without(&self.removed, entries);
        rows.extend(entries.iter().map(|entry| ByHand {
            entry: IntelEntry {
                comment: Some(why.replace(char::is_control, " ")).filter(|why| !why.is_empty()),
                confidence: None,
                valid_until: None,
                ..entry.clone()
            },
            who: who.to_owned(),
            at,
        }));
        rows
    }
}

fn without(rows: &[ByHand], entries: &[IntelEntry]) -> Vec<ByHand> {
    let gone: HashSet<(EntryKind, &str)> = entries
        .iter()
        .map(|entry| (entry.kind, entry.value.as_str()))
        .collect();
    let kept = rows.iter().filter(|row| !gone.contains(&row.key()));
    kept.cloned().collect()
}
