//! What correlations say, one answer an episode: hits of one key whose ends are less than the window
//! apart are one question (DESIGN §2, Alert), as they are one alert in the centre.

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
    /// When the earliest of its matching windows ended.
    pub(crate) from: Time,
    /// When the latest ended.
    pub(crate) to: Time,
}

/// Episodes that may still grow.
#[derive(Default)]
pub(crate) struct Episodes {
    open: HashMap<Key, Episode>,
    /// In the order they began.
    order: VecDeque<Key>,
}

impl Episodes {
    /// Most that are kept open; beyond it the one that began first is told as it stands.
    const MOST: usize = 100_000;

    /// Takes a hit; adds the episode that cannot grow any more because of it.
    pub(crate) fn take(&mut self, hit: Hit, done: &mut Vec<Episode>) {
        let rule = &hit.rule;
        let key = (
            Text::clone(&rule.id),
            Text::clone(&hit.site),
            hit.exercise,
            hit.entities.clone(),
        );
        let Some(newest) = hit.events.last() else {
            return;
        };
        let held = self.open.get_mut(&key);
        let joined = held.filter(|held| {
            held.to.plus(rule.window) > hit.from && held.from.minus(rule.window) < hit.to
        });
        let detection = Detection {
            rule: Arc::clone(rule),
            matched: newest.matched.clone(),
            alerts: true,
        };
        let count = u64::try_from(hit.events.len()).unwrap_or(u64::MAX);
        if let Some(held) = joined {
            held.count = held.count.saturating_add(count);
            (held.from, held.to) = (held.from.min(hit.from), held.to.max(hit.to));
            if newest.event.time >= held.event.time {
                (held.detection, held.event) = (detection, Arc::clone(&newest.event));
            }
            return;
        }
        let fresh = Episode {
            detection,
            event: Arc::clone(&newest.event),
            group: hit.entities,
            count,
            from: hit.from,
            to: hit.to,
        };
        match self.open.insert(key.clone(), fresh) {
            Some(ended) => done.push(ended),
            None => self.order.push_back(key),
        }
        if self.order.len() > Self::MOST {
            let first = self.order.pop_front();
            done.extend(first.and_then(|key| self.open.remove(&key)));
        }
    }

    /// All that are open, in the order they began: nothing more comes.
    pub(crate) fn finish(&mut self) -> Vec<Episode> {
        let order = self.order.drain(..);
        order.filter_map(|key| self.open.remove(&key)).collect()
    }
}
