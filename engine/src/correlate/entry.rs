//! An entry of a group: what a window needs to know of an event that met a rule.

use std::sync::Arc;

use event::{Event, Text, Time};

use super::hit::HitEvent;
use crate::rule::Amount;

/// An event in the windows of one group.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) time: Time,
    pub(super) position: u64,
    pub(super) received: Time,
    pub(super) source: Text,
    /// Which rules of the correlation it met, one bit each by their place.
    pub(super) members: u64,
    pub(super) value: Value,
    pub(super) matched: Vec<(String, String)>,
    /// None once it was reported: the alert has it, and a count needs no record.
    pub(super) event: Option<Arc<Event>>,
    /// It was in a hit.
    pub(super) reported: bool,
    /// The window that ends with it was passed on to outer correlations.
    pub(super) passed_on: bool,
}

/// What is measured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    Nothing,
    /// Which rules were met.
    Rules,
    /// A value, or a tuple of them.
    Text(Text),
    Amount(Amount),
}

/// Where an entry stands: time, then position.
pub(super) type EntryKey = (Time, u64);

impl Entry {
    pub(super) fn key(&self) -> EntryKey {
        (self.time, self.position)
    }

    /// What it weighs against the limit of entries: large records count for several.
    pub(super) fn weight(&self) -> usize {
        const BYTES: usize = 4096;
        let bytes = self
            .event
            .as_ref()
            .map_or(0, |event| event.record.bytes().len());
        1 + bytes / BYTES
    }

    /// The place of the first rule that it met: this one says what is measured.
    fn lead(&self) -> u32 {
        self.members.trailing_zeros()
    }

    /// Takes over what the same event is by further rules; false when nothing is new.
    pub(super) fn merge(&mut self, other: &Self) -> bool {
        if other.members & !self.members == 0 {
            return false;
        }
        if other.lead() < self.lead() {
            self.value = other.value.clone();
        }
        self.members |= other.members;
        true
    }

    /// As the event of a hit.
    pub(super) fn evidence(&self) -> Option<HitEvent> {
        Some(HitEvent {
            event: Arc::clone(self.event.as_ref()?),
            position: self.position,
            matched: self.matched.clone(),
        })
    }
}
