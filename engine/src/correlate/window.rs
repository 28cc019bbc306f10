//! The state of all correlations: groups of entries, bounded, restorable from the store.
//!
//! Event time decides, not arrival. An entry more than the lateness behind its own source's newest
//! is counted and not taken; within it any order of arrival reports the same entries.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use event::{Entity, Event, Text, Time, View};

use super::group::{Entry, Found, Group, Rule};
use super::hit::{Hit, HitEvent};
use super::key::{self, GroupKey};
use crate::detect::{Correlation, Detection, coalesced};
use crate::index::BACKFILL_AGE;
use crate::store::{WindowChange, WindowEntry};

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
    limits: WindowLimits,
    correlations: Vec<State>,
    /// For each rule the correlations that count it, with its place there.
    by_rule: HashMap<Text, Vec<(usize, usize)>>,
    newest: Newest,
    weight: usize,
    swept: Time,
    changes: Vec<WindowChange>,
    counters: WindowCounters,
}

/// The newest time of each source among the events that were counted, live and backfill apart.
type Newest = HashMap<(Text, bool), Time>;

#[derive(Debug)]
struct State {
    correlation: Arc<Correlation>,
    rule: Rule,
    groups: HashMap<GroupKey, Group>,
}

/// An event that is observed, and what is known of it.
struct Observed<'a> {
    event: &'a Arc<Event>,
    position: u64,
    received: Time,
    backfill: bool,
    view: View<'a>,
}

impl Windows {
    /// Empty windows.
    pub fn new(correlations: &[Arc<Correlation>], limits: WindowLimits) -> Self {
        let mut by_rule: HashMap<Text, Vec<(usize, usize)>> = HashMap::new();
        for (place, correlation) in correlations.iter().enumerate() {
            for (member, each) in correlation.members.iter().enumerate() {
                by_rule
                    .entry(Text::clone(&each.rule))
                    .or_default()
                    .push((place, member));
            }
        }
        let states = correlations.iter().map(|correlation| State {
            correlation: Arc::clone(correlation),
            rule: Rule {
                at_least: correlation.at_least,
                distinct: correlation.distinct,
                span: correlation.span,
            },
            groups: HashMap::new(),
        });
        Self {
            limits,
            correlations: states.collect(),
            by_rule,
            newest: HashMap::new(),
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
        let key = GroupKey::decode(&kept.group);
        let (Some(state), Some(key), Some(entry)) = (wanted, key, key::read(kept)) else {
            return self
                .changes
                .push(removed(&kept.rule, &kept.group, kept.position));
        };
        let fields = key.values.iter().map(|entity| &entity.field);
        let same_fields = fields.eq(&state.correlation.group_by);
        if !same_fields || entry.value.is_some() != state.rule.distinct {
            return self
                .changes
                .push(removed(&kept.rule, &kept.group, kept.position));
        }
        self.weight += entry.weight();
        let source = (Text::clone(&entry.event.source), key.backfill);
        let newest = self.newest.entry(source).or_insert(entry.time);
        *newest = entry.time.max(*newest);
        state.groups.entry(key).or_default().insert(entry);
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
        let mut done: Vec<usize> = Vec::new();
        let mut late = None;
        for detection in detections {
            for (place, member) in self
                .by_rule
                .get(&detection.rule.id)
                .cloned()
                .unwrap_or_default()
            {
                // An event counts once for a correlation, however many of its rules it meets.
                if done.contains(&place) {
                    continue;
                }
                done.push(place);
                if *late.get_or_insert_with(|| self.is_late(&observed)) {
                    continue;
                }
                let found = self.take(place, member, &observed, &detection.matched);
                hits.extend(found);
            }
        }
        match late {
            Some(true) => self.counters.late += 1,
            Some(false) => self.make_room(received),
            None => {}
        }
    }

    /// What the store must write at the next checkpoint, in this order.
    pub fn take_changes(&mut self) -> Vec<WindowChange> {
        std::mem::take(&mut self.changes)
    }

    /// What was left out.
    pub fn counters(&self) -> WindowCounters {
        self.counters
    }

    /// Whether an event is too far behind its source; else the source may have moved on.
    fn is_late(&mut self, observed: &Observed<'_>) -> bool {
        // Sources are configured; an edge that invents names must not fill memory.
        if self.newest.len() > self.limits.entries {
            self.newest.clear();
        }
        let source = (Text::clone(&observed.event.source), observed.backfill);
        let time = observed.event.time;
        let newest = self.newest.entry(source).or_insert(time);
        let late = newest.minus(self.limits.lateness) > time;
        *newest = time.max(*newest);
        late
    }

    fn take(
        &mut self,
        place: usize,
        member: usize,
        observed: &Observed<'_>,
        matched: &[(String, String)],
    ) -> Option<Hit> {
        let limits = self.limits;
        let state = self.correlations.get_mut(place)?;
        let (key, value) = state.correlation.place(member, observed)?;
        let entry = Entry {
            time: observed.event.time,
            position: observed.position,
            received: observed.received,
            value,
            matched: matched.to_vec(),
            event: Arc::clone(observed.event),
            reported: false,
        };
        let (rule, id) = (state.rule, Text::clone(&state.correlation.info.id));
        let group = state.groups.entry(key.clone()).or_default();
        let (written, weight) = (key.encode(), entry.weight());
        if !group.insert(entry) {
            return None;
        }
        self.weight += weight;
        let found = group.examine(observed.event.time, rule);
        let added = group.entry((observed.event.time, observed.position))?;
        self.changes
            .push(WindowChange::Added(key::written(&id, &written, added)));
        for (_, position) in found.iter().flat_map(|found| &found.entries) {
            if *position != observed.position {
                self.changes.push(reported(&id, &written, *position));
            }
        }
        let hit = found.map(|found| hit(&state.correlation, &key, group, found));
        let bound = settled(group, &self.newest, key.backfill)?
            .minus(rule.span)
            .minus(limits.lateness);
        // One flood must not push out everyone else's entries.
        let most = (limits.entries / 10).max(rule.at_least.saturating_mul(2));
        for entry in group.prune(bound, most) {
            self.weight = self.weight.saturating_sub(entry.weight());
            self.counters.evicted += u64::from(entry.time > bound);
            self.changes.push(removed(&id, &written, entry.position));
        }
        hit
    }

    /// Lets go of groups whose windows are past, and of the stalest when there is no room.
    fn make_room(&mut self, now: Time) {
        const EVERY: Duration = Duration::from_secs(60);
        if now.since(self.swept).max(self.swept.since(now)) >= EVERY {
            self.swept = now;
            for place in 0..self.correlations.len() {
                self.forget_idle(place, now);
            }
        }
        if self.weight > self.limits.entries {
            self.evict();
        }
    }

    fn forget_idle(&mut self, place: usize, now: Time) {
        let Some(state) = self.correlations.get_mut(place) else {
            return;
        };
        let keep = state.rule.span.saturating_add(self.limits.lateness);
        let newest = &self.newest;
        let is_past = |key: &GroupKey, group: &Group| {
            // What a source that fell silent still holds back would be backfill by now, or, of
            // backfill, was given up.
            let given_up = group.touched.plus(BACKFILL_AGE).plus(state.rule.span) < now;
            let settled = settled(group, newest, key.backfill);
            let passed = settled.zip(group.newest());
            given_up || passed.is_none_or(|(settled, last)| last.plus(keep) < settled)
        };
        for (key, group) in state.groups.extract_if(|key, group| is_past(key, group)) {
            self.weight = self.weight.saturating_sub(group.weight());
            let written = key.encode();
            let id = &state.correlation.info.id;
            let entries = group.into_entries();
            self.changes
                .extend(entries.map(|entry| removed(id, &written, entry.position)));
        }
    }

    /// Drops the groups that were touched longest ago, until a tenth of the room is free.
    fn evict(&mut self) {
        let goal = self.limits.entries - self.limits.entries / 10;
        let states = self.correlations.iter().enumerate();
        let mut stalest: Vec<(Time, usize, GroupKey)> = states
            .flat_map(|(place, state)| {
                state
                    .groups
                    .iter()
                    .map(move |(key, group)| (group.touched, place, key.clone()))
            })
            .collect();
        stalest.sort_by_key(|(touched, ..)| *touched);
        for (_, place, key) in stalest {
            if self.weight <= goal {
                return;
            }
            let Some(state) = self.correlations.get_mut(place) else {
                continue;
            };
            let Some(group) = state.groups.remove(&key) else {
                continue;
            };
            self.weight = self.weight.saturating_sub(group.weight());
            let written = key.encode();
            for entry in group.into_entries() {
                self.counters.evicted += 1;
                self.changes.push(removed(
                    &state.correlation.info.id,
                    &written,
                    entry.position,
                ));
            }
        }
    }
}

impl Correlation {
    /// The group of an event and what it counts for; none when it lacks a field and so takes no
    /// part.
    fn place(&self, member: usize, observed: &Observed<'_>) -> Option<(GroupKey, Option<Text>)> {
        let member = self.members.get(member)?;
        let first = |names: &Vec<String>| {
            let slot = coalesced(observed.view, names);
            slot.values
                .iter()
                .find_map(|held| held.text().map(std::borrow::Cow::into_owned))
        };
        let values: Option<Vec<Entity>> = self
            .group_by
            .iter()
            .zip(&member.group)
            .map(|(field, names)| {
                Some(Entity {
                    field: field.clone(),
                    value: first(names)?,
                })
            })
            .collect();
        let counted: Option<Vec<String>> = member.values.iter().map(first).collect();
        // Several fields are counted as one tuple; no text holds this separator by accident.
        let value = self.distinct.then_some(Text::from(counted?.join("\u{1f}")));
        let event = observed.event;
        let site = if self.info.province {
            Text::from("")
        } else {
            Text::clone(&event.site)
        };
        let (exercise, backfill) = (event.exercise, observed.backfill);
        Some((
            GroupKey {
                site,
                exercise,
                backfill,
                values: values?,
            },
            value,
        ))
    }
}

/// Up to where every source with entries in a group has come: a source that lags must not find the
/// entries gone that one ahead of it has left behind.
fn settled(group: &Group, newest: &Newest, backfill: bool) -> Option<Time> {
    let sources = group.sources();
    let times = sources.filter_map(|source| newest.get(&(Text::clone(source), backfill)));
    times.min().copied()
}

/// Whether an event belongs to backfill's windows.
pub(super) fn is_backfill(time: Time, received: Time) -> bool {
    time.since(received).max(received.since(time)) > BACKFILL_AGE
}

fn hit(correlation: &Correlation, key: &GroupKey, group: &Group, found: Found) -> Hit {
    let entries = found.entries.iter().filter_map(|key| group.entry(*key));
    let events = entries.map(|entry| HitEvent {
        event: Arc::clone(&entry.event),
        position: entry.position,
        matched: entry.matched.clone(),
    });
    Hit {
        rule: Arc::clone(&correlation.info),
        site: Text::clone(&key.site),
        exercise: key.exercise,
        backfill: key.backfill,
        entities: key.values.clone(),
        from: found.from,
        to: found.to,
        events: events.collect(),
    }
}

fn reported(rule: &str, group: &str, position: u64) -> WindowChange {
    WindowChange::Reported {
        rule: rule.to_owned(),
        group: group.to_owned(),
        position,
    }
}

fn removed(rule: &str, group: &str, position: u64) -> WindowChange {
    WindowChange::Removed {
        rule: rule.to_owned(),
        group: group.to_owned(),
        position,
    }
}

#[cfg(test)]
#[path = "window_tests.rs"]
mod tests;
