//! What correlations say, one answer an episode: hits of one key whose ends are less than the window
//! apart are one question (DESIGN §2, Alert), as they are one alert in the centre. Hits may come in any
//! order: files of several hosts are read one after the other.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use engine::correlate::Hit;
use engine::detect::Detection;
use event::{Entity, Event, Text, Time};

/// Rule, site, exercise and group values.
type Key = (Text, Text, bool, Vec<Entity>);

/// An episode of a correlation.
pub(crate) struct Episode {
    /// The newest of its events, as a detection.
    pub(crate) detection: Detection,
    /// That event.
    pub(crate) event: Arc<Event>,
    /// The group-by fields with their values.
    pub(crate) group: Vec<Entity>,
    /// Its events.
    pub(crate) count: u64,
    /// The time of the first.
    pub(crate) first: Time,
    /// Between these its matching windows ended.
    ends: (Time, Time),
}

/// Episodes that may still grow.
#[derive(Default)]
pub(crate) struct Episodes {
    open: HashMap<Key, Vec<Episode>>,
    /// In the order they began.
    order: VecDeque<Key>,
    count: usize,
}

impl Episodes {
    /// Most that are kept open; beyond it those of the key that began first are told as they stand.
    const MOST: usize = 100_000;

    /// Takes a hit; adds the episodes that are told because there is no more room.
    pub(crate) fn take(&mut self, hit: Hit, done: &mut Vec<Episode>) {
        let key = (
            Text::clone(&hit.rule.id),
            Text::clone(&hit.site),
            hit.exercise,
            hit.entities.clone(),
        );
        let Some(mut grown) = Episode::of(hit) else {
            return;
        };
        let held = self.open.entry(key.clone()).or_default();
        if held.is_empty() {
            self.order.push_back(key);
        }
        self.count += 1;
        // It may be what two of them were apart for.
        for before in std::mem::take(held) {
            if grown.joins(&before) {
                grown = before.with(grown);
                self.count -= 1;
            } else {
                held.push(before);
            }
        }
        held.push(grown);
        while self.count > Self::MOST {
            let Some(told) = self
                .order
                .pop_front()
                .and_then(|key| self.open.remove(&key))
            else {
                break;
            };
            self.count -= told.len();
            done.extend(told);
        }
    }

    /// All that are open, by key in the order they began: nothing more comes.
    pub(crate) fn finish(&mut self) -> Vec<Episode> {
        let mut all = Vec::new();
        for key in self.order.drain(..) {
            let mut held = self.open.remove(&key).unwrap_or_default();
            held.sort_by_key(|episode| episode.ends);
            all.extend(held);
        }
        self.count = 0;
        all
    }
}

impl Episode {
    fn of(hit: Hit) -> Option<Self> {
        let newest = hit.events.iter().max_by_key(|held| held.event.time)?;
        let first = hit.events.iter().map(|held| held.event.time).min()?;
        Some(Self {
            detection: Detection {
                rule: Arc::clone(&hit.rule),
                matched: newest.matched.clone(),
                alerts: true,
            },
            event: Arc::clone(&newest.event),
            count: u64::try_from(hit.events.len()).unwrap_or(u64::MAX),
            first,
            ends: (hit.from, hit.to),
            group: hit.entities,
        })
    }

    /// Whether a window of one ends less than a window's length from one of the other.
    fn joins(&self, other: &Self) -> bool {
        let window = self.detection.rule.window;
        other.ends.1.plus(window) > self.ends.0 && other.ends.0.minus(window) < self.ends.1
    }

    /// Both as one.
    fn with(mut self, other: Self) -> Self {
        self.count = self.count.saturating_add(other.count);
        self.first = self.first.min(other.first);
        self.ends = (self.ends.0.min(other.ends.0), self.ends.1.max(other.ends.1));
        if other.event.time >= self.event.time {
            (self.detection, self.event) = (other.detection, other.event);
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use engine::correlate::HitEvent;
    use engine::rule::{Origin, RuleFile, RuleInfo, RuleLimits, RuleSet};
    use event::{Core, EventId, Kind, Record};

    use super::*;

    fn rule() -> Arc<RuleInfo> {
        let text = "title: t\nid: r\nlogsource: {}\nhaidang: {window: 1m}\n\
                    detection: {a: {F: x}, condition: a}\n";
        let file = RuleFile {
            origin: Origin::Local,
            path: "r.yml".to_owned(),
            text: text.to_owned(),
        };
        let (set, _) = RuleSet::load(vec![file], Vec::new(), &RuleLimits::default());
        Arc::clone(set.rules().next().unwrap())
    }

    fn hit(rule: &Arc<RuleInfo>, at: &[i64]) -> Hit {
        let event = |second: &i64| HitEvent {
            event: Arc::new(Event {
                id: EventId::unnumbered(Kind::Json.lane()),
                time: Time::from_seconds(*second, 0),
                seen: Time::EPOCH,
                sensor: "s".into(),
                source: "f".into(),
                site: "".into(),
                kind: Kind::Json,
                exercise: false,
                core: Core::default(),
                record: Record::new(b"{}".to_vec()),
            }),
            position: 1,
            matched: Vec::new(),
        };
        Hit {
            rule: Arc::clone(rule),
            site: "".into(),
            exercise: false,
            backfill: false,
            entities: Vec::new(),
            from: Time::from_seconds(at[0], 0),
            to: Time::from_seconds(at[at.len() - 1], 0),
            events: at.iter().map(event).collect(),
        }
    }

    #[test]
    fn the_order_of_hits_changes_nothing_and_late_ones_join_two() {
        let rule = rule();
        let parts: [&[i64]; 5] = [&[0, 1, 2], &[300, 301], &[50], &[100, 101], &[310]];
        for turn in 0..parts.len() {
            let mut episodes = Episodes::default();
            let mut told = Vec::new();
            for place in 0..parts.len() {
                episodes.take(hit(&rule, parts[(turn + place) % parts.len()]), &mut told);
            }
            assert!(told.is_empty());
            let told = episodes.finish();
            let seen: Vec<_> = told
                .iter()
                .map(|one| {
                    let seconds = |time: Time| time.micros() / 1_000_000;
                    (one.count, seconds(one.first), seconds(one.event.time))
                })
                .collect();
            assert_eq!(seen, [(6, 0, 101), (3, 300, 310)]);
        }
    }
}
