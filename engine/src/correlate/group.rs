//! The entries of one group of one correlation, and which of its windows hold.
//!
//! A window is (t − span, t] for an entry's time t. An entry that arrives late changes only the
//! windows that end within `span` after it, so only these are looked at again, and every entry of
//! one that holds is reported once. The window that was looked at last is kept with its tally: the
//! next is near, and costs what comes into it and leaves it.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::time::Duration;

use event::{Text, Time};

use super::entry::{Entry, EntryKey};
use super::hit::HitEvent;
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
    /// The window that was looked at last: entries from `low` to before `high`.
    low: usize,
    high: usize,
    tally: Tally,
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
    pub(super) fn insert(&mut self, entry: Entry, measure: &Measure) -> Taken {
        let key = entry.key();
        let place = self.entries.partition_point(|held| held.key() < key);
        let counts = Tally::only_counts(measure);
        let inside = (self.low..self.high).contains(&place);
        if let Some(held) = self.entries.get_mut(place).filter(|held| held.key() == key) {
            let before = held.clone();
            if !held.merge(&entry) {
                return Taken::Same;
            }
            if inside && !counts {
                self.tally.remove(&before);
                self.tally.add(held);
            }
            return Taken::Grown;
        }
        if !entry.reported {
            self.unreported.insert(key);
        }
        if place < self.low {
            self.low += 1;
        }
        if place < self.high {
            self.high += 1;
            if place >= self.low && !counts {
                self.tally.add(&entry);
            }
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

    /// The ends of the windows that hold and contain an entry at `time`, in order.
    fn matching_ends(&mut self, time: Time, correlation: &Correlation) -> Vec<Time> {
        let mut ends = Vec::new();
        let counts = Tally::only_counts(&correlation.measure);
        let mut end = time;
        loop {
            let low = self.first_after(end.minus(correlation.span));
            let high = self.first_after(end);
            self.look_at(low, high, counts);
            if self.tally.holds(high.saturating_sub(low), correlation) {
                ends.push(end);
            }
            match self.entries.get(high) {
                Some(next) if next.time < time.plus(correlation.span) => end = next.time,
                _ => return ends,
            }
        }
    }

    /// Moves the window that is looked at.
    fn look_at(&mut self, low: usize, high: usize, counts: bool) {
        if counts {
            (self.low, self.high) = (low, high);
            return;
        }
        if low >= self.high || high <= self.low {
            self.tally.clear();
            (self.low, self.high) = (low, low);
        }
        let (entries, tally) = (&self.entries, &mut self.tally);
        let among = |from: usize, to: usize| entries.range(from.min(to)..to);
        among(low, self.low).for_each(|entry| tally.add(entry));
        among(self.high, high).for_each(|entry| tally.add(entry));
        among(self.low, low).for_each(|entry| tally.remove(entry));
        among(high, self.high).for_each(|entry| tally.remove(entry));
        (self.low, self.high) = (low, high);
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
        let (low, high) = (self.low.max(count), self.high.max(count));
        // What leaves the window that was looked at leaves its tally.
        for entry in self
            .entries
            .range(self.low.min(count)..self.high.min(count))
        {
            self.tally.remove(entry);
        }
        (self.low, self.high) = (low - count, high - count);
        self.order.prune(count);
        let removed: Vec<Entry> = self.entries.drain(..count).collect();
        for entry in &removed {
            self.unreported.remove(&entry.key());
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
