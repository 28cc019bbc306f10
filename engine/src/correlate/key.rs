//! Whose window it is: site, exercise, backfill and the group-by values; and how window entries
//! are written for the store.

use event::{Entity, Text};

use super::group::Entry;
use crate::index::Journaled;
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
    let journaled = Journaled {
        position: entry.position,
        received: entry.received,
        event: (*entry.event).clone(),
    };
    WindowEntry {
        rule: rule.to_string(),
        group: group.to_owned(),
        position: entry.position,
        time: entry.time,
        value: entry.value.as_deref().map(str::to_owned),
        reported: entry.reported,
        matched: serde_json::to_string(&entry.matched).unwrap_or_default(),
        event: journaled.encode(),
    }
}

/// Reads what [`written`] wrote; none when it is something else.
pub(super) fn read(entry: &WindowEntry) -> Option<Entry> {
    let Journaled {
        received, event, ..
    } = Journaled::decode(&entry.event)?;
    Some(Entry {
        time: entry.time,
        position: entry.position,
        received,
        value: entry.value.as_deref().map(Text::from),
        matched: serde_json::from_str(&entry.matched).ok()?,
        event: event.into(),
        reported: entry.reported,
    })
}
