//! Whose window it is: site, exercise, backfill and the group-by values; and how window entries
//! are written for the store.

use event::{Entity, Event, Text};

use super::entry::{Entry, Value};
use crate::index::Journaled;
use crate::rule::{Amount, Measure};
use crate::store::WindowEntry;

/// The key of a group.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct GroupKey {
    /// Empty when the rule spans sites.
    pub(super) site: Text,
    pub(super) exercise: bool,
    pub(super) backfill: bool,
    pub(super) values: Vec<Entity>,
}

impl GroupKey {
    /// As JSON, for the store.
    pub(super) fn encode(&self) -> String {
        let values: Vec<(&str, &str)> = self
            .values
            .iter()
            .map(|entity| (&*entity.field, &*entity.value))
            .collect();
        serde_json::to_string(&(&*self.site, self.exercise, self.backfill, values))
            .unwrap_or_default()
    }

    /// Reads what [`GroupKey::encode`] wrote.
    pub(super) fn decode(text: &str) -> Option<Self> {
        type Written = (String, bool, bool, Vec<(String, String)>);
        let (site, exercise, backfill, values) = serde_json::from_str::<Written>(text).ok()?;
        let values = values
            .into_iter()
            .map(|(field, value)| Entity { field, value });
        Some(Self {
            site: site.into(),
            exercise,
            backfill,
            values: values.collect(),
        })
    }
}

/// An entry as the store keeps it.
pub(super) fn written(rule: &Text, group: &str, entry: &Entry) -> WindowEntry {
    let event = entry.event.as_ref().map(|event| {
        let journaled = Journaled {
            position: entry.position,
            received: entry.received,
            event: Event::clone(event),
        };
        journaled.encode()
    });
    WindowEntry {
        rule: rule.to_string(),
        group: group.to_owned(),
        position: entry.position,
        time: entry.time,
        value: match &entry.value {
            Value::Nothing | Value::Rules => None,
            Value::Text(value) => Some(value.to_string()),
            Value::Amount(amount) => Some(amount.to_string()),
        },
        reported: entry.reported,
        matched: serde_json::to_string(&entry.matched).unwrap_or_default(),
        event: event.unwrap_or_default(),
        members: entry.members,
        source: entry.source.to_string(),
        received: entry.received,
    }
}

/// Reads what [`written`] wrote; none when it is something else than `measure` asks for.
pub(super) fn read(entry: &WindowEntry, measure: &Measure) -> Option<Entry> {
    let event = match entry.event.as_slice() {
        [] if entry.reported => None,
        bytes => Some(Journaled::decode(bytes)?),
    };
    // Version 2 of the store had source and arrival only in the event.
    let (source, received) = match &event {
        Some(journaled) => (Text::clone(&journaled.event.source), journaled.received),
        None => (Text::from(&*entry.source), entry.received),
    };
    let value = match (measure, entry.value.as_deref()) {
        (Measure::Events | Measure::Ordered, None) => Value::Nothing,
        (Measure::Rules | Measure::Expression(_), None) => Value::Rules,
        (Measure::Distinct, Some(value)) => Value::Text(value.into()),
        (Measure::Sum | Measure::Average | Measure::Percentile(_), Some(value)) => {
            Value::Amount(Amount::parse(value)?)
        }
        _ => return None,
    };
    Some(Entry {
        time: entry.time,
        position: entry.position,
        received,
        source,
        members: entry.members,
        value,
        matched: serde_json::from_str(&entry.matched).ok()?,
        event: event.map(|journaled| journaled.event.into()),
        reported: entry.reported,
        passed_on: false,
    })
}
