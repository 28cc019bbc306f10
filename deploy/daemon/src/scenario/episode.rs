//! Hits to alerts in memory, as the store folds them on disk: one alert for each rule, site,
//! entities and episode.

use std::collections::BTreeMap;
use std::sync::Arc;

use engine::correlate::Hit;
use engine::rule::RuleInfo;
use event::{Entity, Text, Time};
use serde_json::{Value, json};

/// What an alert is told by: rule, site, entities.
type Key = (Text, Text, Vec<Entity>);

/// The alerts so far.
#[derive(Default)]
pub(super) struct Episodes(BTreeMap<Key, Vec<Episode>>);

struct Episode {
    rule: Arc<RuleInfo>,
    from: Time,
    to: Time,
    count: u64,
}

impl Episodes {
    /// Joins a hit to the episodes whose ends are less than the rule's window away, or opens one.
    pub(super) fn fold(&mut self, hit: &Hit) {
        let key = (
            Text::clone(&hit.rule.id),
            Text::clone(&hit.site),
            hit.entities.clone(),
        );
        let held = self.0.entry(key).or_default();
        let (from, to) = (
            hit.from.minus(hit.rule.window),
            hit.to.plus(hit.rule.window),
        );
        let mut joined = Episode {
            rule: Arc::clone(&hit.rule),
            from: hit.from,
            to: hit.to,
            count: hit.events.len() as u64,
        };
        let before = held.len();
        held.retain(|episode| {
            let joins = episode.to > from && episode.from < to;
            if joins {
                joined.from = joined.from.min(episode.from);
                joined.to = joined.to.max(episode.to);
                joined.count += episode.count;
            }
            !joins
        });
        // A window that only joins others has nothing of its own to open an alert with.
        if held.len() < before || !hit.events.is_empty() {
            held.push(joined);
        }
    }

    /// The alerts as the API gives them.
    pub(super) fn alerts(&self) -> Vec<Value> {
        let of_key = self.0.iter().flat_map(|((_, site, entities), held)| {
            held.iter().map(move |episode| {
                let entities = entities.iter();
                let entities: Vec<Value> = entities
                    .map(|entity| json!({"field": entity.field, "value": entity.value}))
                    .collect();
                json!({
                    "rule": {"id": &*episode.rule.id, "level": episode.rule.level.name()},
                    "site": &**site,
                    "entities": entities,
                    "count": episode.count,
                })
            })
        });
        of_key.collect()
    }
}
