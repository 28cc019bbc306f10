//! Correlation windows: how many events, or different values, in how long, by what group.
//!
//! A window is (t − W, t] with t the time of one of its entries. Only conditions that further
//! events can make truer are known, so a window fires as soon as it holds and each event is
//! reported once. The windows' matches do not depend on the order in which events of different
//! sources come, as long as each is within the lateness of its own source (DESIGN §3). Memory is
//! bounded: at the limit the stalest groups go, counted.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use event::{Entity, Event, Leaf, Name, Text, Time, View};
use serde::{Deserialize, Serialize};

use super::{Hit, HitEvent};
use crate::detect::Detection;
use crate::index::{Journaled, is_backfill};
use crate::rule::Correlation;
use crate::store::{WindowChange, WindowEntry};

/// How much correlation remembers; both are keys under `[detector]`.
#[derive(Clone, Copy, Debug)]
pub struct WindowLimits {
    /// The most entries that all windows hold together.
    pub entries: usize,
    /// An event this far behind its own source's newest no longer takes part.
    pub lateness: Duration,
}

/// What correlation left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WindowCounters {
    /// Events too far behind their own source's newest.
    pub late: u64,
    /// Entries that went because there were too many.
    pub evicted: u64,
}

/// Whose events are counted together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Group {
    site: String,
    exercise: bool,
    backfill: bool,
    /// Group-by field and value.
    values: Vec<(String, String)>,
}

/// Correlation rule, and its group as JSON.
type Key = (Text, Text);

/// One event in a group.
struct Entry {
    time: Time,
    /// When the centre received it.
    arrived: Time,
    position: u64,
    value: Option<String>,
    matched: Vec<(String, String)>,
    event: Arc<Event>,
    reported: bool,
}

/// The state of all correlations.
pub struct Windows {
    correlations: Vec<Arc<Correlation>>,
    limits: WindowLimits,
    /// Entries by group, ordered by time and position.
    groups: HashMap<Key, Vec<Entry>>,
    entries: usize,
    newest: HashMap<(Text, bool), Time>,
    now: Time,
    swept: Time,
    changes: Vec<WindowChange>,
    counters: WindowCounters,
}

impl Windows {
    /// Empty windows for these correlations.
    pub fn new(correlations: &[Arc<Correlation>], limits: WindowLimits) -> Self {
        Self {
            correlations: correlations.to_vec(),
            limits,
            groups: HashMap::new(),
            entries: 0,
            newest: HashMap::new(),
            now: Time::EPOCH,
            swept: Time::EPOCH,
            changes: Vec::new(),
            counters: WindowCounters::default(),
        }
    }

    /// Takes back an entry of the last checkpoint. One whose rule is gone is forgotten.
    pub fn restore(&mut self, kept: &WindowEntry) {
        let known = self
            .correlations
            .iter()
            .any(|held| *held.info.id == *kept.rule);
        let entry = Journaled::decode(&kept.event)
            .filter(|_| known)
            .map(|journaled| Entry {
                time: kept.time,
                arrived: journaled.received,
                position: kept.position,
                value: kept.value.clone(),
                matched: serde_json::from_str(&kept.matched).unwrap_or_default(),
                event: Arc::new(journaled.event),
                reported: kept.reported,
            });
        let key: Key = (kept.rule.as_str().into(), kept.group.as_str().into());
        match entry {
            Some(entry) => {
                insert(self.groups.entry(key).or_default(), entry);
                self.entries += 1;
            }
            None => self.changes.push(removed(&key, kept.position)),
        }
    }

    /// Takes the detections of one event; adds the hits that became true.
    pub fn observe(
        &mut self,
        event: &Arc<Event>,
        position: u64,
        received: Time,
        detections: &[Detection],
        view: View<'_>,
        hits: &mut Vec<Hit>,
    ) {
        let journaled = Journaled {
            position,
            received,
            event: Event::clone(event),
        };
        let backfill = is_backfill(&journaled);
        self.now = self.now.max(received);
        if self.is_late(event, backfill) {
            self.counters.late += 1;
            return;
        }
        for place in 0..self.correlations.len() {
            let Some(correlation) = self.correlations.get(place).map(Arc::clone) else {
                continue;
            };
            let of_member = detections.iter().find_map(|detection| {
                let member = correlation
                    .members
                    .iter()
                    .find(|m| m.rule == detection.rule.id)?;
                Some((member, detection))
            });
            let Some((member, detection)) = of_member else {
                continue;
            };
            let Some(group) = values_at(view, &member.group) else {
                continue;
            };
            let value = if correlation.distinct {
                let Some(values) = values_at(view, &member.values) else {
                    continue;
                };
                Some(values.join("\u{1f}"))
            } else {
                None
            };
            let names = correlation.group_by.iter().cloned();
            let site = if correlation.info.province {
                ""
            } else {
                &event.site
            };
            let group = Group {
                site: site.to_owned(),
                exercise: event.exercise,
                backfill,
                values: names.zip(group).collect(),
            };
            let entry = Entry {
                time: event.time,
                arrived: received,
                position,
                value,
                matched: detection.matched.clone(),
                event: Arc::clone(event),
                reported: false,
            };
            self.take(&correlation, &group, entry, &journaled, hits);
        }
        self.make_room();
    }

    /// What the next checkpoint must write.
    pub fn take_changes(&mut self) -> Vec<WindowChange> {
        self.sweep();
        std::mem::take(&mut self.changes)
    }

    /// What correlation left out since it began.
    pub fn counters(&self) -> WindowCounters {
        self.counters
    }

    /// Time moves on for each source by itself.
    fn is_late(&mut self, event: &Event, backfill: bool) -> bool {
        let key = (Text::clone(&event.source), backfill);
        let newest = self.newest.entry(key).or_insert(event.time);
        *newest = (*newest).max(event.time);
        event.time < newest.minus(self.limits.lateness)
    }

    fn take(
        &mut self,
        correlation: &Correlation,
        group: &Group,
        entry: Entry,
        journaled: &Journaled,
        hits: &mut Vec<Hit>,
    ) {
        let text = serde_json::to_string(group).unwrap_or_default();
        let key: Key = (Text::clone(&correlation.info.id), text.into());
        self.changes.push(WindowChange::Added(WindowEntry {
            rule: key.0.to_string(),
            group: key.1.to_string(),
            position: entry.position,
            time: entry.time,
            value: entry.value.clone(),
            reported: false,
            matched: serde_json::to_string(&entry.matched).unwrap_or_default(),
            event: journaled.encode(),
        }));
        let time = entry.time;
        let entries = self.groups.entry(key.clone()).or_default();
        insert(entries, entry);
        self.entries += 1;
        if let Some(hit) = examine(correlation, group, entries, time) {
            self.changes
                .extend(hit.events.iter().map(|event| WindowChange::Reported {
                    rule: key.0.to_string(),
                    group: key.1.to_string(),
                    position: event.position,
                }));
            hits.push(hit);
        }
        // What no admissible event of its own source can share a window with any more.
        let span = correlation.span.saturating_add(self.limits.lateness);
        let newest = &self.newest;
        let passed = |entry: &Entry| {
            let key = (Text::clone(&entry.event.source), group.backfill);
            newest
                .get(&key)
                .is_some_and(|newest| entry.time < newest.minus(span))
        };
        let done = entries.iter().take_while(|entry| passed(entry)).count();
        self.entries -= done;
        let gone = entries.drain(..done);
        self.changes
            .extend(gone.map(|entry| removed(&key, entry.position)));
    }

    /// Forgets groups to which nothing came for longer than their window and the lateness: a replay
    /// of old events is judged by when they arrive, like any other.
    fn sweep(&mut self) {
        const EVERY: Duration = Duration::from_secs(60);
        if self.now.since(self.swept) < EVERY {
            return;
        }
        self.swept = self.now;
        let spans: HashMap<&str, Duration> = self
            .correlations
            .iter()
            .map(|held| (&*held.info.id, held.span))
            .collect();
        let (now, lateness) = (self.now, self.limits.lateness.saturating_mul(2));
        let (changes, count) = (&mut self.changes, &mut self.entries);
        self.groups.retain(|key, entries| {
            let span = spans.get(&*key.0).copied().unwrap_or_default();
            let newest = entries
                .iter()
                .map(|entry| entry.arrived)
                .max()
                .unwrap_or(now);
            let alive = now.since(newest) < span.saturating_add(lateness);
            if !alive {
                *count -= entries.len();
                changes.extend(entries.iter().map(|entry| removed(key, entry.position)));
            }
            alive
        });
    }

    /// At the limit the stalest groups go, until a tenth is free.
    fn make_room(&mut self) {
        if self.entries <= self.limits.entries {
            return;
        }
        let newest = |entries: &Vec<Entry>| entries.last().map_or(Time::EPOCH, |entry| entry.time);
        let mut order: Vec<(Time, Key)> = self
            .groups
            .iter()
            .map(|(key, entries)| (newest(entries), key.clone()))
            .collect();
        order.sort();
        let goal = self.limits.entries - self.limits.entries / 10;
        for (_, key) in order {
            if self.entries <= goal {
                return;
            }
            // A single group beyond the limit keeps its newest entries.
            let excess = self.entries - goal;
            let Some(entries) = self.groups.get_mut(&key) else {
                continue;
            };
            let count = excess.min(entries.len());
            let gone = entries.drain(..count);
            self.changes
                .extend(gone.map(|entry| removed(&key, entry.position)));
            self.entries -= count;
            self.counters.evicted += count as u64;
            if entries.is_empty() {
                self.groups.remove(&key);
            }
        }
    }
}

/// A single-event rule's hit.
pub fn single(detection: &Detection, event: &Arc<Event>, position: u64, view: View<'_>) -> Hit {
    let rule = &detection.rule;
    let defaults = || {
        event
            .kind
            .group()
            .entities()
            .into_iter()
            .flatten()
            .collect::<Vec<Name>>()
    };
    let names = rule.entities.clone().unwrap_or_else(defaults);
    let entities = names.iter().map(|name| Entity {
        field: name.text().to_owned(),
        value: view
            .values(name)
            .into_iter()
            .find_map(Leaf::text)
            .map(|text| text.into_owned())
            .unwrap_or_default(),
    });
    Hit {
        rule: Arc::clone(rule),
        site: if rule.province {
            "".into()
        } else {
            Text::clone(&event.site)
        },
        exercise: event.exercise,
        backfill: false,
        entities: entities.collect(),
        from: event.time,
        to: event.time,
        events: vec![HitEvent {
            event: Arc::clone(event),
            position,
            matched: detection.matched.clone(),
        }],
    }
}

/// Looks at every window that an entry at `time` can be in, and reports what was not reported.
fn examine(
    correlation: &Correlation,
    group: &Group,
    entries: &mut [Entry],
    time: Time,
) -> Option<Hit> {
    let span = correlation.span;
    let first_end = entries.partition_point(|entry| entry.time < time);
    let last_end = entries.partition_point(|entry| entry.time < time.plus(span));
    let mut ends: Vec<Time> = entries
        .get(first_end..last_end)?
        .iter()
        .map(|entry| entry.time)
        .collect();
    ends.dedup();
    let mut matching: Vec<Time> = Vec::new();
    let mut report: Vec<usize> = Vec::new();
    for end in ends {
        let from = entries.partition_point(|entry| entry.time <= end.minus(span));
        let to = entries.partition_point(|entry| entry.time <= end);
        let window = entries.get(from..to)?;
        if holds(correlation, window) {
            matching.push(end);
            report.extend(from..to);
        }
    }
    report.sort_unstable();
    report.dedup();
    let mut events = Vec::new();
    for place in report {
        let Some(entry) = entries.get_mut(place).filter(|entry| !entry.reported) else {
            continue;
        };
        entry.reported = true;
        events.push(HitEvent {
            event: Arc::clone(&entry.event),
            position: entry.position,
            matched: entry.matched.clone(),
        });
    }
    let values = group.values.iter().cloned();
    Some(Hit {
        rule: Arc::clone(&correlation.info),
        site: group.site.as_str().into(),
        exercise: group.exercise,
        backfill: group.backfill,
        entities: values
            .map(|(field, value)| Entity { field, value })
            .collect(),
        from: *matching.first()?,
        to: *matching.last()?,
        events,
    })
    .filter(|hit| !hit.events.is_empty())
}

fn holds(correlation: &Correlation, window: &[Entry]) -> bool {
    if !correlation.distinct {
        return window.len() >= correlation.at_least;
    }
    let different: HashSet<&Option<String>> = window.iter().map(|entry| &entry.value).collect();
    different.len() >= correlation.at_least
}

/// The value of each field, under the first of its names that the event has; none when one lacks.
fn values_at(view: View<'_>, fields: &[Vec<String>]) -> Option<Vec<String>> {
    fields
        .iter()
        .map(|names| {
            let mut leaves = names.iter().flat_map(|name| view.sigma(name));
            leaves.find_map(|leaf| leaf.text().map(|text| text.into_owned()))
        })
        .collect()
}

fn insert(entries: &mut Vec<Entry>, entry: Entry) {
    let place =
        entries.partition_point(|held| (held.time, held.position) < (entry.time, entry.position));
    entries.insert(place, entry);
}

fn removed(key: &Key, position: u64) -> WindowChange {
    WindowChange::Removed {
        rule: key.0.to_string(),
        group: key.1.to_string(),
        position,
    }
}

#[cfg(test)]
#[path = "window_tests.rs"]
mod tests;
