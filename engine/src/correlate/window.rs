//! The state of all correlations: groups of entries, bounded, restorable from the store.
//!
//! Event time decides, not arrival. An entry more than the lateness behind its own source's newest
//! is counted and not taken; within it any order of arrival reports the same entries. Correlations
//! stand inner before outer, so that one pass carries an event through every chain.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use event::{Event, Text, Time, View};

use super::clock::Clocks;
use super::entry::Entry;
use super::group::{Found, Group, Taken};
use super::hit::{Hit, HitEvent};
use super::key::{self, GroupKey};
use super::place::{Arrival, Observed};
use super::tally::holds_at_end;
use crate::detect::{Correlation, Detection};
use crate::index::BACKFILL_AGE;
use crate::store::{WindowChange, WindowClock, WindowEntry};

/// How much correlation remembers; every field is a config key.
#[derive(Clone, Copy, Debug)]
pub struct WindowLimits {
    /// The most entries of all windows together; a large record counts for one per 4 KiB.
    pub entries: usize,
    /// How far an event may be behind its source's newest.
    pub lateness: Duration,
}

/// About 100 MiB of ordinary events.
const ENTRIES: usize = 100_000;
/// Sources that buffer, buffer minutes.
const LATENESS: Duration = Duration::from_secs(600);

impl Default for WindowLimits {
    fn default() -> Self {
        Self {
            entries: ENTRIES,
            lateness: LATENESS,
        }
    }
}

/// What was left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WindowCounters {
    /// Detections too far behind their source.
    pub late: u64,
    /// Entries dropped because there was no more room.
    pub evicted: u64,
}

/// The windows of all correlations.
#[derive(Debug)]
pub struct Windows {
    pub(super) limits: WindowLimits,
    /// Inner before outer.
    pub(super) correlations: Vec<State>,
    /// For each rule the correlations that count it, with its place there.
    by_rule: HashMap<Text, Vec<(usize, usize)>>,
    pub(super) clocks: Clocks,
    pub(super) weight: usize,
    pub(super) swept: Time,
    pub(super) changes: Vec<WindowChange>,
    pub(super) counters: WindowCounters,
}

#[derive(Debug)]
pub(super) struct State {
    pub(super) correlation: Arc<Correlation>,
    /// It fires as soon as it holds; else it is decided when a window is past.
    pub(super) early: bool,
    /// The correlations that count it, with its place there.
    feeds: Vec<(usize, usize)>,
    /// How much later than events what it counts may come: inner windows must be past first.
    delay: Duration,
    pub(super) groups: HashMap<GroupKey, Group>,
    /// Before this, no window can be past.
    due: Time,
}

/// Arrivals by the place of their correlation: the inner ones go first.
type Arrivals = BTreeMap<usize, Vec<Arrival>>;

impl Windows {
    /// Empty windows. Correlations that count others stand behind them.
    pub fn new(correlations: &[Arc<Correlation>], limits: WindowLimits) -> Self {
        let mut by_rule: HashMap<Text, Vec<(usize, usize)>> = HashMap::new();
        let mut states: Vec<State> = Vec::new();
        let mut places: HashMap<&Text, usize> = HashMap::new();
        for (place, correlation) in correlations.iter().enumerate() {
            let mut delay = Duration::ZERO;
            for (member, each) in correlation.members.iter().enumerate() {
                let inner = places.get(&each.rule).filter(|_| each.inner.is_some());
                let Some(inner) = inner.and_then(|inner| states.get_mut(*inner)) else {
                    by_rule
                        .entry(Text::clone(&each.rule))
                        .or_default()
                        .push((place, member));
                    continue;
                };
                inner.feeds.push((place, member));
                delay = delay.max(inner.passes_on_after(limits.lateness));
            }
            places.insert(&correlation.info.id, place);
            states.push(State {
                correlation: Arc::clone(correlation),
                early: correlation.is_early(),
                feeds: Vec::new(),
                delay,
                groups: HashMap::new(),
                due: Time::EPOCH,
            });
        }
        Self {
            limits,
            correlations: states,
            by_rule,
            clocks: Clocks::default(),
            weight: 0,
            swept: Time::EPOCH,
            changes: Vec::new(),
            counters: WindowCounters::default(),
        }
    }

    /// Takes back an entry that was kept; one that no rule of today wants is removed.
    pub fn restore(&mut self, kept: &WindowEntry) {
        let wanted = self
            .correlations
            .iter_mut()
            .find(|state| *state.correlation.info.id == kept.rule);
        let read = wanted.and_then(|state| {
            let key = GroupKey::decode(&kept.group)?;
            let fields = key.values.iter().map(|entity| &entity.field);
            let same_fields = fields.eq(&state.correlation.group_by);
            let entry = key::read(kept, &state.correlation.measure)?;
            same_fields.then_some((state, key, entry))
        });
        let Some((state, key, entry)) = read else {
            return self
                .changes
                .push(removed(&kept.rule, &kept.group, kept.position));
        };
        self.weight += entry.weight();
        let source = (Text::clone(&entry.source), key.backfill);
        self.clocks.at_least(source, (entry.time, entry.received));
        let group = state.groups.entry(key).or_default();
        group.insert(entry);
    }

    /// Takes back where a source stood, before the entries.
    pub fn restore_clock(&mut self, kept: &WindowClock) {
        self.clocks.restore(kept);
    }

    /// Takes the detections of an event; adds what became true.
    pub fn observe(
        &mut self,
        event: &Arc<Event>,
        position: u64,
        received: Time,
        detections: &[Detection],
        view: View<'_>,
        hits: &mut Vec<Hit>,
    ) {
        let backfill = is_backfill(event.time, received);
        let observed = Observed {
            event,
            position,
            received,
            backfill,
            view,
        };
        let counted = |detection: &&Detection| self.by_rule.contains_key(&detection.rule.id);
        if !detections.iter().any(|detection| counted(&detection)) {
            return;
        }
        let source = (event.origin(), backfill);
        let (lateness, most) = (self.limits.lateness, self.limits.entries);
        if self
            .clocks
            .is_late(source, (event.time, received), lateness, most)
        {
            self.counters.late += 1;
            return;
        }
        let arrivals = self.arrivals(detections, &observed);
        self.run(arrivals, hits);
        self.make_room(received);
    }

    /// Decides the windows that are past at `now`: their sources have gone by them, or been silent
    /// for so long. Cheap when there are none.
    pub fn advance(&mut self, now: Time, hits: &mut Vec<Hit>) {
        self.decide(Some(now), hits);
    }

    /// Decides all windows: nothing more comes.
    pub fn finish(&mut self, hits: &mut Vec<Hit>) {
        self.decide(None, hits);
    }

    /// What the store must write at the next checkpoint, in this order.
    pub fn take_changes(&mut self) -> Vec<WindowChange> {
        self.clocks.take_changes(&mut self.changes);
        std::mem::take(&mut self.changes)
    }

    /// What was left out.
    pub fn counters(&self) -> WindowCounters {
        self.counters
    }

    /// Where an event goes: into each group of a correlation once, by all rules that bring it there.
    fn arrivals(&self, detections: &[Detection], observed: &Observed<'_>) -> Arrivals {
        let mut arrivals = Arrivals::new();
        for detection in detections {
            for (place, member) in self.by_rule.get(&detection.rule.id).into_iter().flatten() {
                let state = self.correlations.get(*place);
                let site = &observed.event.site;
                let Some(state) = state.filter(|state| state.correlation.takes(site)) else {
                    continue;
                };
                let matched = &detection.matched;
                let arrival = Arrival::of_event(&state.correlation, *member, observed, matched);
                let Some(arrival) = arrival else { continue };
                let there = arrivals.entry(*place).or_default();
                match there.iter_mut().find(|held| held.key == arrival.key) {
                    Some(held) => drop(held.entry.merge(&arrival.entry)),
                    None => there.push(arrival),
                }
            }
        }
        arrivals
    }

    fn run(&mut self, mut arrivals: Arrivals, hits: &mut Vec<Hit>) {
        while let Some((place, here)) = arrivals.pop_first() {
            for arrival in here {
                hits.extend(self.take(place, arrival, &mut arrivals));
            }
        }
    }

    fn take(&mut self, place: usize, arrival: Arrival, onward: &mut Arrivals) -> Option<Hit> {
        let limits = self.limits;
        let state = self.correlations.get_mut(place)?;
        let Arrival { key, entry } = arrival;
        let correlation = Arc::clone(&state.correlation);
        let id = &correlation.info.id;
        let (entry_key, weight, written) = (entry.key(), entry.weight(), key.encode());
        let group = state.groups.entry(key.clone()).or_default();
        match group.insert(entry) {
            Taken::Same => return None,
            Taken::Grown => {}
            Taken::New => self.weight += weight,
        }
        let found = if state.early {
            group.examine(entry_key.0, &correlation, !state.feeds.is_empty())
        } else {
            state.due = state.due.min(entry_key.0);
            None
        };
        let added = group.entry(entry_key)?;
        self.changes
            .push(WindowChange::Added(key::written(id, &written, added)));
        let keeps = !state.feeds.is_empty();
        let reported = found.iter().flat_map(|found| &found.entries);
        let reported = reported.filter(|event| event.position != entry_key.1);
        self.changes
            .extend(reported.map(|event| WindowChange::Reported {
                rule: id.to_string(),
                group: written.clone(),
                position: event.position,
                keeps,
            }));
        let settled = settled(group, &self.clocks, key.backfill)?;
        // What waits for its window's end goes when that is past, or when there is no room.
        let bound = if state.early {
            settled.minus(state.keep(limits.lateness))
        } else {
            Time::from_micros(i64::MIN)
        };
        // One flood must not push out everyone else's entries.
        let most = (limits.entries / 10).max(correlation.range.greatest().saturating_mul(2));
        let state = self.correlations.get_mut(place)?;
        let group = state.groups.get_mut(&key)?;
        for entry in group.prune(bound, most) {
            self.weight = self.weight.saturating_sub(entry.weight());
            self.counters.evicted += u64::from(entry.time > bound);
            self.changes.push(removed(id, &written, entry.position));
        }
        let Found {
            from,
            to,
            entries,
            ending,
            freed,
        } = found?;
        self.weight = self.weight.saturating_sub(freed);
        for entry in ending {
            self.pass_on(place, &key, entry, onward);
        }
        hit(&correlation, &key, (from, to), entries)
    }

    /// Brings an entry with which a window ended that held to the correlations that count such.
    fn pass_on(&self, place: usize, key: &GroupKey, entry: Entry, onward: &mut Arrivals) {
        let Some(state) = self.correlations.get(place) else {
            return;
        };
        for (outer, member) in &state.feeds {
            let Some(next) = self.correlations.get(*outer) else {
                continue;
            };
            let arrival = Arrival::of_inner(&next.correlation, *member, key, entry.clone());
            onward.entry(*outer).or_default().extend(arrival);
        }
    }

    fn decide(&mut self, now: Option<Time>, hits: &mut Vec<Hit>) {
        const EVERY: Duration = Duration::from_secs(1);
        for place in 0..self.correlations.len() {
            let Some(state) = self.correlations.get_mut(place) else {
                continue;
            };
            if state.early || now.is_some_and(|now| now < state.due) {
                continue;
            }
            let past = state.take_past(&self.clocks, self.limits.lateness, now);
            let oldest = state.groups.values().filter_map(Group::oldest).min();
            let next = oldest.map_or(Time::from_micros(i64::MAX), |oldest| {
                oldest.plus(state.waits(self.limits.lateness))
            });
            state.due = now.map_or(next, |now| next.max(now.plus(EVERY)));
            let mut arrivals = Arrivals::new();
            for (key, entries) in past {
                hits.extend(self.decide_window(place, &key, entries, &mut arrivals));
            }
            self.run(arrivals, hits);
        }
    }

    fn decide_window(
        &mut self,
        place: usize,
        key: &GroupKey,
        entries: Vec<Entry>,
        onward: &mut Arrivals,
    ) -> Option<Hit> {
        let correlation = Arc::clone(&self.correlations.get(place)?.correlation);
        let written = key.encode();
        for entry in &entries {
            self.weight = self.weight.saturating_sub(entry.weight());
            self.changes
                .push(removed(&correlation.info.id, &written, entry.position));
        }
        if !holds_at_end(&entries, &correlation) {
            return None;
        }
        let first = entries.first()?.time;
        // Of several at the last moment one passes on, whatever the order of arrival.
        let last = entries
            .iter()
            .max_by_key(|entry| (entry.time, entry.event.as_ref().map(|event| event.id)))?;
        self.pass_on(place, key, last.clone(), onward);
        // (end − span, end] begins with the first entry.
        let end = first.plus(correlation.span).minus(Duration::from_micros(1));
        let events = entries.iter().filter_map(Entry::evidence).collect();
        hit(&correlation, key, (end, end), events)
    }
}

impl State {
    /// How long after its time an entry of a correlation that fires early may still matter.
    pub(super) fn keep(&self, lateness: Duration) -> Duration {
        self.waits(lateness)
    }

    /// How far sources must have gone by a window's beginning until it is past for good.
    fn waits(&self, lateness: Duration) -> Duration {
        self.correlation
            .span
            .saturating_add(lateness)
            .saturating_add(self.delay)
    }

    /// How much later than the last event of a window outer correlations may hear of it.
    fn passes_on_after(&self, lateness: Duration) -> Duration {
        if self.early {
            self.delay
        } else {
            self.waits(lateness)
        }
    }

    /// Takes out the windows that are past, in a fixed order.
    fn take_past(
        &mut self,
        clocks: &Clocks,
        lateness: Duration,
        now: Option<Time>,
    ) -> Vec<(GroupKey, Vec<Entry>)> {
        let span = self.correlation.span;
        let held_back = lateness.saturating_add(self.delay);
        let mut past = Vec::new();
        for (key, group) in &mut self.groups {
            let passed = match now {
                Some(now) if !given_up(group, span, now) => {
                    let at = |source| clocks.at(source, key.backfill, now);
                    group
                        .sources()
                        .filter_map(at)
                        .min()
                        .map(|at| at.minus(held_back))
                }
                _ => Some(Time::from_micros(i64::MAX)),
            };
            let Some(passed) = passed else { continue };
            while let Some(entries) = group.take_past(passed, span) {
                past.push((key.clone(), entries));
            }
        }
        self.groups.retain(|_, group| group.oldest().is_some());
        past.sort_by_cached_key(|(key, entries)| (entries.first().map(Entry::key), key.encode()));
        past
    }
}

/// Up to where every source with entries in a group has come: a source that lags must not find the
/// entries gone that one ahead of it has left behind.
pub(super) fn settled(group: &Group, clocks: &Clocks, backfill: bool) -> Option<Time> {
    let times = group
        .sources()
        .filter_map(|source| clocks.newest(source, backfill));
    times.min()
}

/// What a source that fell silent still holds back would be backfill by now, or, of backfill, was
/// given up.
pub(super) fn given_up(group: &Group, span: Duration, now: Time) -> bool {
    group.touched.plus(BACKFILL_AGE).plus(span) < now
}

/// Whether an event belongs to backfill's windows.
pub(super) fn is_backfill(time: Time, received: Time) -> bool {
    time.since(received).max(received.since(time)) > BACKFILL_AGE
}

fn hit(
    correlation: &Correlation,
    key: &GroupKey,
    (from, to): (Time, Time),
    events: Vec<HitEvent>,
) -> Option<Hit> {
    correlation.alerts_at(&key.site).then(|| Hit {
        rule: Arc::clone(&correlation.info),
        site: Text::clone(&key.site),
        exercise: key.exercise,
        backfill: key.backfill,
        entities: key.values.clone(),
        from,
        to,
        events,
    })
}

pub(super) fn removed(rule: &str, group: &str, position: u64) -> WindowChange {
    WindowChange::Removed {
        rule: rule.to_owned(),
        group: group.to_owned(),
        position,
    }
}
