//! The entries of one group of one correlation, and which of its windows hold.
//!
//! A window is (t − span, t] for an entry's time t. An entry that arrives late changes only the
//! windows that end within `span` after it, so only these are looked at again, and every entry of
//! one that holds is reported once.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use event::{Event, Text, Time};

/// A detection in a window.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) time: Time,
    pub(super) position: u64,
    pub(super) received: Time,
    /// What is counted, when values are.
    pub(super) value: Option<Text>,
    pub(super) matched: Vec<(String, String)>,
    pub(super) event: Arc<Event>,
    pub(super) reported: bool,
}

/// When a group's windows hold.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rule {
    pub(super) at_least: usize,
    pub(super) distinct: bool,
    pub(super) span: Duration,
}

/// What became true with an entry.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// Where the first of the windows ends that hold.
    pub(super) from: Time,
    /// Where the last ends.
    pub(super) to: Time,
    /// The entries in them that were not reported before, oldest first.
    pub(super) entries: Vec<(Time, u64)>,
}

/// The entries of a group in the order of their times.
#[derive(Debug, Default)]
pub(super) struct Group {
    entries: VecDeque<Entry>,
    /// How many entries each source has here: all of them decide when a time is past.
    sources: HashMap<Text, usize>,
    unreported: BTreeSet<(Time, u64)>,
    latest: Latest,
    /// `received` of the last entry that came.
    pub(super) touched: Time,
}

/// The latest time of each value: how many different ones the newest window holds.
#[derive(Debug, Default)]
struct Latest {
    of: HashMap<Text, Time>,
    order: BTreeSet<(Time, Text)>,
}

impl Entry {
    fn key(&self) -> (Time, u64) {
        (self.time, self.position)
    }

    /// What it weighs against the limit of entries: large records count for several.
    pub(super) fn weight(&self) -> usize {
        const BYTES: usize = 4096;
        1 + self.event.record.bytes().len() / BYTES
    }
}

impl Group {
    /// Takes an entry; false when it is there already.
    pub(super) fn insert(&mut self, entry: Entry) -> bool {
        let key = entry.key();
        let place = self.entries.partition_point(|held| held.key() < key);
        if self
            .entries
            .get(place)
            .is_some_and(|held| held.key() == key)
        {
            return false;
        }
        if !entry.reported {
            self.unreported.insert(key);
        }
        if let Some(value) = &entry.value {
            self.latest.add(value, entry.time);
        }
        self.touched = self.touched.max(entry.received);
        *self
            .sources
            .entry(Text::clone(&entry.event.source))
            .or_default() += 1;
        self.entries.insert(place, entry);
        true
    }

    /// What the entry at `time`, just taken, made true. The entries found are reported from now on.
    pub(super) fn examine(&mut self, time: Time, rule: Rule) -> Option<Found> {
        let ends = self.matching_ends(time, rule);
        let (from, to) = (*ends.first()?, *ends.last()?);
        let first = (time.minus(rule.span), u64::MAX);
        let inside = |(at, _): &&(Time, u64)| {
            let end = ends.get(ends.partition_point(|end| end < at));
            end.is_some_and(|end| end.minus(rule.span) < *at)
        };
        let entries: Vec<(Time, u64)> = self
            .unreported
            .range(first..=(to, u64::MAX))
            .filter(inside)
            .copied()
            .collect();
        for key in &entries {
            self.unreported.remove(key);
            if let Some(entry) = self.entry_mut(*key) {
                entry.reported = true;
            }
        }
        Some(Found { from, to, entries })
    }

    /// The ends of the windows that hold and contain an entry at `time`, in order.
    fn matching_ends(&self, time: Time, rule: Rule) -> Vec<Time> {
        if self.newest() == Some(time) {
            let holds = if rule.distinct {
                self.latest.holds(time.minus(rule.span), rule.at_least)
            } else {
                self.entries.len() - self.first_after(time.minus(rule.span)) >= rule.at_least
            };
            return if holds { vec![time] } else { Vec::new() };
        }
        self.sweep(time, rule)
    }

    /// Slides a window over all ends that an entry at `time` can be in.
    fn sweep(&self, time: Time, rule: Rule) -> Vec<Time> {
        let mut ends = Vec::new();
        let mut low = self.first_after(time.minus(rule.span));
        let mut values: HashMap<&str, usize> = HashMap::new();
        let mut following = self.entries.iter().enumerate().skip(low).peekable();
        while let Some((place, entry)) = following.next() {
            let end = entry.time;
            if end >= time.plus(rule.span) {
                break;
            }
            if let Some(value) = entry.value.as_deref().filter(|_| rule.distinct) {
                *values.entry(value).or_default() += 1;
            }
            let more_at_end = following.peek().is_some_and(|(_, next)| next.time == end);
            if end < time || more_at_end {
                continue;
            }
            let begin = end.minus(rule.span);
            while let Some(old) = self.entries.get(low).filter(|old| old.time <= begin) {
                forget(&mut values, old.value.as_deref());
                low += 1;
            }
            let count = if rule.distinct {
                values.len()
            } else {
                (place + 1).saturating_sub(low)
            };
            if count >= rule.at_least {
                ends.push(end);
            }
        }
        ends
    }

    /// Takes out the oldest entries: those not after `bound`, and those beyond `most`.
    pub(super) fn prune(&mut self, bound: Time, most: usize) -> Vec<Entry> {
        let old = self
            .first_after(bound)
            .max(self.entries.len().saturating_sub(most));
        let removed: Vec<Entry> = self.entries.drain(..old).collect();
        for entry in &removed {
            self.unreported.remove(&entry.key());
            self.forget_source(&entry.event.source);
            if let Some(value) = &entry.value {
                self.latest.remove(value, entry.time);
            }
        }
        removed
    }

    fn forget_source(&mut self, source: &Text) {
        if let Some(count) = self.sources.get_mut(source) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.sources.remove(source);
            }
        }
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
    pub(super) fn entry(&self, key: (Time, u64)) -> Option<&Entry> {
        let place = self.entries.partition_point(|held| held.key() < key);
        self.entries.get(place).filter(|held| held.key() == key)
    }

    fn entry_mut(&mut self, key: (Time, u64)) -> Option<&mut Entry> {
        let place = self.entries.partition_point(|held| held.key() < key);
        self.entries.get_mut(place).filter(|held| held.key() == key)
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

fn forget<'a>(values: &mut HashMap<&'a str, usize>, value: Option<&'a str>) {
    let Some(value) = value else { return };
    if let Some(count) = values.get_mut(value) {
        *count = count.saturating_sub(1);
        if *count == 0 {
            values.remove(value);
        }
    }
}

impl Latest {
    fn add(&mut self, value: &Text, time: Time) {
        let held = self.of.get(value).copied();
        if held.is_some_and(|held| held >= time) {
            return;
        }
        if let Some(held) = held {
            self.order.remove(&(held, Text::clone(value)));
        }
        self.of.insert(Text::clone(value), time);
        self.order.insert((time, Text::clone(value)));
    }

    /// The oldest entries go first, so a value whose latest time goes has no other entry.
    fn remove(&mut self, value: &Text, time: Time) {
        if self.of.get(value) == Some(&time) {
            self.of.remove(value);
            self.order.remove(&(time, Text::clone(value)));
        }
    }

    /// Whether at least so many values have a time after `begin`.
    fn holds(&self, begin: Time, at_least: usize) -> bool {
        let inside = self
            .order
            .iter()
            .rev()
            .take_while(|(time, _)| *time > begin);
        inside.take(at_least).count() >= at_least
    }
}
