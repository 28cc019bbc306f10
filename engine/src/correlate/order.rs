//! `temporal_ordered`: whether the rules matched one after the other.
//!
//! For each number of rules, the latest time at which a row of the first so many can begin: a window
//! holds when the row of all begins inside it. Events of one time are in any order.

use std::collections::VecDeque;

use event::Time;

use super::entry::Entry;

/// The rows that the entries of a group make.
#[derive(Debug, Default)]
pub(super) struct Order {
    /// For each number of rules, less one.
    begins: Vec<Option<Time>>,
    /// So many entries are in it, the oldest first.
    entries: usize,
}

impl Order {
    /// Whether all entries but the newest are in it.
    pub(super) fn lacks_only_the_newest(&self, entries: usize) -> bool {
        self.entries + 1 == entries
    }

    /// Begins anew with the entries from `from` on.
    pub(super) fn restart(&mut self, from: usize) {
        self.begins.clear();
        self.entries = from;
    }

    /// So many of the oldest entries went.
    pub(super) fn prune(&mut self, gone: usize) {
        self.entries = self.entries.saturating_sub(gone);
    }

    /// Takes all entries of the next time; returns it, and when the row of `rules` begins.
    pub(super) fn next(
        &mut self,
        entries: &VecDeque<Entry>,
        rules: usize,
    ) -> Option<(Time, Option<Time>)> {
        let time = entries.get(self.entries)?.time;
        // Some of this time may have been taken before.
        let first = entries.partition_point(|entry| entry.time < time);
        let (mut members, mut end) = (0, first);
        while let Some(entry) = entries.get(end).filter(|entry| entry.time == time) {
            members |= entry.members;
            end += 1;
        }
        self.entries = end;
        self.begins.resize(rules, None);
        let mut before = Some(time);
        for (place, begins) in self.begins.iter_mut().enumerate() {
            if place < 64 && members & (1 << place) != 0 {
                *begins = before.max(*begins);
            }
            before = *begins;
        }
        Some((time, before))
    }
}
