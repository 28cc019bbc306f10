//! A window of a group that was looked at, with its tally: the next is near, and costs what comes
//! into it and what leaves it.

use std::collections::VecDeque;

use super::entry::Entry;
use super::tally::Tally;

/// The entries from `low` to before `high`, measured.
#[derive(Debug, Default)]
pub(super) struct Looked {
    low: usize,
    high: usize,
    tally: Tally,
}

impl Looked {
    /// An entry came to stand at a place.
    pub(super) fn inserted(&mut self, place: usize, entry: &Entry) {
        if place < self.low {
            self.low += 1;
        }
        if place < self.high {
            self.high += 1;
            if place >= self.low {
                self.tally.add(entry);
            }
        }
    }

    /// The entry at a place is another now.
    pub(super) fn changed(&mut self, place: usize, before: &Entry, after: &Entry) {
        if (self.low..self.high).contains(&place) {
            self.tally.remove(before);
            self.tally.add(after);
        }
    }

    /// The oldest entries are about to go.
    pub(super) fn prune(&mut self, entries: &VecDeque<Entry>, count: usize) {
        let gone = entries.range(self.low.min(count)..self.high.min(count));
        gone.for_each(|entry| self.tally.remove(entry));
        self.low = self.low.saturating_sub(count);
        self.high = self.high.saturating_sub(count);
    }

    /// How far another window is.
    pub(super) fn distance(&self, low: usize, high: usize) -> usize {
        self.low
            .abs_diff(low)
            .saturating_add(self.high.abs_diff(high))
    }

    /// Looks at another window.
    pub(super) fn look_at(&mut self, entries: &VecDeque<Entry>, low: usize, high: usize) -> &Tally {
        if low >= self.high || high <= self.low {
            self.tally.clear();
            (self.low, self.high) = (low, low);
        }
        let (from, to) = (self.low, self.high);
        let among = |first: usize, end: usize| entries.range(first.min(end)..end);
        among(low, from).for_each(|entry| self.tally.add(entry));
        among(to, high).for_each(|entry| self.tally.add(entry));
        among(from, low).for_each(|entry| self.tally.remove(entry));
        among(high, to).for_each(|entry| self.tally.remove(entry));
        (self.low, self.high) = (low, high);
        &self.tally
    }
}
