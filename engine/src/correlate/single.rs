//! A rule that looks at one event: its detection is a hit by itself.

use std::sync::Arc;

use event::{Entity, Event, Name, Text, View};

use super::hit::{Hit, HitEvent};
use super::window::is_backfill;
use crate::detect::Detection;

/// The hit of a single-event rule. Its entities are the rule's `haidang.entities`, else those of
/// the event's kind group; an absent one is empty. Whether it is backfill is told by `seen`: the
/// clock where the event was born is near its arrival.
pub fn single(detection: &Detection, event: &Arc<Event>, position: u64, view: View<'_>) -> Hit {
    let rule = &detection.rule;
    let of_group = event.kind.group().entities();
    let names: Vec<Name> = match &rule.entities {
        Some(names) => names.clone(),
        None => of_group.into_iter().flatten().collect(),
    };
    let entities = names.iter().map(|name| {
        let value = view
            .values(name)
            .into_iter()
            .find_map(|leaf| leaf.text().map(Into::into));
        Entity {
            field: name.text().to_owned(),
            value: value.unwrap_or_default(),
        }
    });
    Hit {
        rule: Arc::clone(rule),
        site: if rule.province {
            Text::from("")
        } else {
            Text::clone(&event.site)
        },
        exercise: event.exercise,
        backfill: is_backfill(event.time, event.seen),
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
