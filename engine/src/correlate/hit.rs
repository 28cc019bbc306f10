//! A hit: what becomes, or grows, an alert.

use std::sync::Arc;

use event::{Entity, Event, Text, Time};

use crate::rule::RuleInfo;

/// A rule's condition holds for these events: one event of a single-event rule, or the events of
/// a correlation's window that were not reported before.
#[derive(Clone, Debug)]
pub struct Hit {
    /// The rule.
    pub rule: Arc<RuleInfo>,
    /// The site; empty when the rule spans sites.
    pub site: Text,
    /// Whether it belongs to an exercise.
    pub exercise: bool,
    /// Whether its events are backfill: they share no window with live ones.
    pub backfill: bool,
    /// What it is about.
    pub entities: Vec<Entity>,
    /// Where the earliest of the matching windows ends, by event time.
    pub from: Time,
    /// Where the latest ends. Two hits are one episode when their ends are less than the rule's
    /// window apart.
    pub to: Time,
    /// The events that were not reported before, oldest first.
    pub events: Vec<HitEvent>,
}

/// An event of a hit.
#[derive(Clone, Debug)]
pub struct HitEvent {
    /// The event.
    pub event: Arc<Event>,
    /// Its position in the journal.
    pub position: u64,
    /// The fields that matched with their values.
    pub matched: Vec<(String, String)>,
}
