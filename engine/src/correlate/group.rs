//! The entries of one group of one correlation, and which of its windows hold.
//!
//! A window is (t − span, t] for an entry's time t. An entry that arrives late can change only the
//! windows that end within `span` after it; of these, only those are looked at that did not hold yet,
//! and every entry of one that holds is reported once. Where all entries together do not meet the
//! condition, no window does.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::time::Duration;

use event::{Text, Time};

use super::entry::{Entry, EntryKey};
use super::hit::HitEvent;
use super::look::Looked;
use super::order::Order;
use super::tally::Tally;
use crate::rule::{Correlation, Measure};

/// The entries of a group in the order of their times.
#[derive(Debug, Default)]
pub(super) struct Group {
    entries: VecDeque<Entry>,
    /// How many entries each source has here: all of them decide when a time is past.
    sources: HashMap<Text, usize>,
    unreported: BTreeSet<EntryKey>,
    /// The times at which a window ends that holds, and those at which one did not when it was last
    /// looked at.
    holding: BTreeSet<Time>,
    open: BTreeSet<Time>,
    /// All entries, measured.
    all: Tally,
    /// Two windows that were looked at: sources often come one behind the other.
    looked: [Looked; 2],
    order: Order,
    /// `received` of the last entry that came.
    pub(super) touched: Time,
}

/// What taking an entry did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Taken {
    /// It is new.
    New,
    /// It was there, and is more now.
    Grown,
    /// It was there.
    Same,
}

/// What became true with an entry.
#[derive(Debug)]
pub(super) struct Found {
    /// Where the first of the windows ends that hold.
    pub(super) from: Time,
    /// Where the last ends.
    pub(super) to: Time,
    /// The entries in them that were not reported before, oldest first.
    pub(super) entries: Vec<HitEvent>,
    /// Those with which a window ends that holds, and that were not passed on before.
    pub(super) ending: Vec<Entry>,
    /// What the group weighs less.
    pub(super) freed: usize,
}

impl Group {
    /// Takes an entry.
    pub(super) fn insert(&mut self, entry: Entry) -> Taken {
        let key = entry.key();
        let place = self.entries.partition_point(|held| held.key() < key);
        if let Some(held) = self.entries.get_mut(place).filter(|held| held.key() == key) {
            let before = held.clone();
            if !held.merge(&entry) {
                return Taken::Same;
            }
            self.all.remove(&before);
            self.all.add(held);
            for looked in &mut self.looked {
                looked.changed(place, &before, held);
            }
            return Taken::Grown;
        }
        if !entry.reported {
            self.unreported.insert(key);
        }
        if !self.holding.contains(&entry.time) {
            self.open.insert(entry.time);
        }
        self.all.add(&entry);
        for looked in &mut self.looked {
            looked.inserted(place, &entry);
        }
        self.touched = self.touched.max(entry.received);
        *self.sources.entry(Text::clone(&entry.source)).or_default() += 1;
        self.entries.insert(place, entry);
        Taken::New
    }

    /// What the entry at `time`, just taken, made true. The entries found are reported from now on;
    /// unless a correlation `feeds` others, their records are let go.
    pub(super) fn examine(
        &mut self,
        time: Time,
        correlation: &Correlation,
        feeds: bool,
    ) -> Option<Found> {
        let ends = match &correlation.measure {
            Measure::Ordered => self.ordered_ends(time, correlation),
            _ => self.matching_ends(time, correlation),
        };
        let (from, to) = (*ends.first()?, *ends.last()?);
        let span = correlation.span;
        let inside = |(at, _): &&EntryKey| {
            let end = ends.get(ends.partition_point(|end| end < at));
            end.is_some_and(|end| end.minus(span) < *at)
        };
        let first = (time.minus(span), u64::MAX);
        let keys: Vec<EntryKey> = self
            .unreported
            .range(first..=(to, u64::MAX))
            .filter(inside)
            .copied()
            .collect();
        let (mut entries, mut freed) = (Vec::new(), 0);
        for key in &keys {
            self.unreported.remove(key);
            let Some(entry) = self.entry_mut(*key) else {
                continue;
            };
            entry.reported = true;
            entries.extend(entry.evidence());
            if !feeds {
                let before = entry.weight();
                (entry.event, entry.matched) = (None, Vec::new());
                freed += before - entry.weight();
            }
        }
        let ending = if feeds {
            self.ending(&ends)
        } else {
            Vec::new()
        };
        Some(Found {
            from,
            to,
            entries,
            ending,
            freed,
        })
    }

    /// The entries at these times that were not passed on; they are from now on.
    fn ending(&mut self, ends: &[Time]) -> Vec<Entry> {
        let mut found = Vec::new();
        for end in ends {
            let mut place = self.entries.partition_point(|entry| entry.time < *end);
            while let Some(entry) = self
                .entries
                .get_mut(place)
                .filter(|entry| entry.time == *end)
            {
                if !entry.passed_on {
                    entry.passed_on = true;
                    found.push(entry.clone());
                }
                place += 1;
            }
        }
        found
    }

    /// The ends of the windows that contain an entry at `time` and hold since it came, in order; if
    /// others held before, one of them, too.
    fn matching_ends(&mut self, time: Time, correlation: &Correlation) -> Vec<Time> {
        if !self.all.holds(self.entries.len(), correlation) {
            return Vec::new();
        }
        let affected = time..time.plus(correlation.span);
        let known = self.holding.range(affected.clone()).next().copied();
        let mut ends: Vec<Time> = self.open.range(affected).copied().collect();
        ends.retain(|end| self.holds(*end, correlation));
        for end in &ends {
            self.open.remove(end);
            self.holding.insert(*end);
        }
        if let Some(known) = known {
            ends.insert(ends.partition_point(|end| *end < known), known);
        }
        ends
    }

    /// Whether the window that ends at a time holds.
    fn holds(&mut self, end: Time, correlation: &Correlation) -> bool {
        let low = self.first_after(end.minus(correlation.span));
        let high = self.first_after(end);
        let entries = high.saturating_sub(low);
        if correlation.measure == Measure::Events {
            return correlation.range.holds(entries);
        }
        let [one, other] = &mut self.looked;
        let nearer = if other.distance(low, high) < one.distance(low, high) {
            other
        } else {
            one
        };
        nearer
            .look_at(&self.entries, low, high)
            .holds(entries, correlation)
    }

    /// As [`Group::matching_ends`], for rules that must match one after the other.
    fn ordered_ends(&mut self, time: Time, correlation: &Correlation) -> Vec<Time> {
        let is_next = self.newest() == Some(time);
        if !(is_next && self.order.lacks_only_the_newest(self.entries.len())) {
            self.order
                .restart(self.first_after(time.minus(correlation.span)));
        }
        let mut ends = Vec::new();
        let rules = correlation.members.len();
        while let Some((end, begins)) = self.order.next(&self.entries, rules) {
            let changed = end >= time && end < time.plus(correlation.span);
            if changed && begins.is_some_and(|begins| begins > end.minus(correlation.span)) {
                ends.push(end);
            }
        }
        ends
    }

    /// Takes out the entries of the oldest window, if its end is not after `passed`. It begins with
    /// the oldest entry and ends before `span` has gone by.
    pub(super) fn take_past(&mut self, passed: Time, span: Duration) -> Option<Vec<Entry>> {
        let end = self.oldest()?.plus(span);
        if end > passed {
            return None;
        }
        let count = self.entries.partition_point(|entry| entry.time < end);
        Some(self.take_oldest(count.max(1)))
    }

    /// Takes out the oldest entries: those not after `bound`, and those beyond `most`.
    pub(super) fn prune(&mut self, bound: Time, most: usize) -> Vec<Entry> {
        let beyond = self.entries.len().saturating_sub(most);
        let old = self.first_after(bound).max(beyond);
        if old == 0 {
            Vec::new()
        } else {
            self.take_oldest(old)
        }
    }

    fn take_oldest(&mut self, count: usize) -> Vec<Entry> {
        for looked in &mut self.looked {
            looked.prune(&self.entries, count);
        }
        self.order.prune(count);
        let removed: Vec<Entry> = self.entries.drain(..count).collect();
        let oldest = self.oldest().unwrap_or(Time::from_micros(i64::MAX));
        for ends in [&mut self.holding, &mut self.open] {
            while ends.first().is_some_and(|end| *end < oldest) {
                ends.pop_first();
            }
        }
        for entry in &removed {
            self.unreported.remove(&entry.key());
            self.all.remove(entry);
            if let Some(held) = self.sources.get_mut(&entry.source) {
                *held = held.saturating_sub(1);
                if *held == 0 {
                    self.sources.remove(&entry.source);
                }
            }
        }
        removed
    }

    /// The sources that have entries here.
    pub(super) fn sources(&self) -> impl Iterator<Item = &Text> {
        self.sources.keys()
    }

    /// All entries, for a group that goes.
    pub(super) fn into_entries(self) -> impl Iterator<Item = Entry> {
        self.entries.into_iter()
    }

    /// An entry.
    pub(super) fn entry(&self, key: EntryKey) -> Option<&Entry> {
        let place = self.entries.partition_point(|held| held.key() < key);
        self.entries.get(place).filter(|held| held.key() == key)
    }

    fn entry_mut(&mut self, key: EntryKey) -> Option<&mut Entry> {
        let place = self.entries.partition_point(|held| held.key() < key);
        self.entries.get_mut(place).filter(|held| held.key() == key)
    }

    /// The time of the oldest entry.
    pub(super) fn oldest(&self) -> Option<Time> {
        self.entries.front().map(|entry| entry.time)
    }

    /// The time of the newest entry.
    pub(super) fn newest(&self) -> Option<Time> {
        self.entries.back().map(|entry| entry.time)
    }

    /// What all entries weigh.
    pub(super) fn weight(&self) -> usize {
        self.entries.iter().map(Entry::weight).sum()
    }

    /// The place of the first entry after a moment.
    fn first_after(&self, bound: Time) -> usize {
        self.entries.partition_point(|entry| entry.time <= bound)
    }
}
