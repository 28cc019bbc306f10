//! Where an event belongs in a correlation: its group, and what it counts for.

use std::borrow::Cow;
use std::sync::Arc;

use event::{Entity, Event, Leaf, Text, Time, View};

use super::entry::{Entry, Value};
use super::key::GroupKey;
use crate::detect::{Correlation, coalesced};
use crate::rule::{Amount, Inner, Measure};

/// An event that is observed, and what is known of it.
pub(super) struct Observed<'a> {
    pub(super) event: &'a Arc<Event>,
    pub(super) position: u64,
    pub(super) received: Time,
    pub(super) backfill: bool,
    pub(super) view: View<'a>,
}

/// An entry on its way into a group.
pub(super) struct Arrival {
    pub(super) key: GroupKey,
    pub(super) entry: Entry,
}

impl Arrival {
    /// An event that met a rule of a correlation; none when it lacks a field and so takes no part.
    pub(super) fn of_event(
        correlation: &Correlation,
        member: usize,
        observed: &Observed<'_>,
        matched: &[(String, String)],
    ) -> Option<Self> {
        let rule = correlation.members.get(member)?;
        let first = |names: &Vec<String>| {
            let leaves = coalesced(observed.view, names).into_iter();
            leaves.filter_map(Leaf::text).map(Cow::into_owned).next()
        };
        let values = rule
            .values
            .iter()
            .map(first)
            .collect::<Option<Vec<String>>>()?;
        let group = rule
            .group
            .iter()
            .map(first)
            .collect::<Option<Vec<String>>>()?;
        let event = observed.event;
        Some(Self {
            key: GroupKey {
                site: site(correlation, &event.site),
                exercise: event.exercise,
                backfill: observed.backfill,
                values: entities(correlation, group),
            },
            entry: Entry {
                time: event.time,
                position: observed.position,
                received: observed.received,
                source: event.origin(),
                members: bit(member),
                value: value(&correlation.measure, &values)?,
                matched: matched.to_vec(),
                event: Some(Arc::clone(event)),
                reported: false,
                passed_on: false,
            },
        })
    }

    /// An entry of an inner correlation with which a window ended that held. Only the inner group's
    /// values are known of it.
    pub(super) fn of_inner(
        correlation: &Correlation,
        member: usize,
        key: &GroupKey,
        entry: Entry,
    ) -> Option<Self> {
        let Inner { group, values } = correlation.members.get(member)?.inner.as_ref()?;
        let held = |place: &usize| key.values.get(*place).map(|entity| entity.value.clone());
        let group = group.iter().map(held).collect::<Option<Vec<String>>>()?;
        let values = values.iter().map(held).collect::<Option<Vec<String>>>()?;
        Some(Self {
            key: GroupKey {
                site: site(correlation, &key.site),
                exercise: key.exercise,
                backfill: key.backfill,
                values: entities(correlation, group),
            },
            entry: Entry {
                members: bit(member),
                value: value(&correlation.measure, &values)?,
                reported: false,
                passed_on: false,
                ..entry
            },
        })
    }
}

fn site(correlation: &Correlation, site: &Text) -> Text {
    if correlation.info.province {
        Text::from("")
    } else {
        Text::clone(site)
    }
}

fn entities(correlation: &Correlation, values: Vec<String>) -> Vec<Entity> {
    let fields = correlation.group_by.iter().cloned();
    fields
        .zip(values)
        .map(|(field, value)| Entity { field, value })
        .collect()
}

/// The mark of a rule; none for those that need not be told apart.
fn bit(member: usize) -> u64 {
    if member < 63 { 1 << member } else { 0 }
}

/// What is measured of an event: none when it has no such number.
fn value(measure: &Measure, values: &[String]) -> Option<Value> {
    let amount = || values.first().and_then(|text| Amount::parse(text));
    Some(match measure {
        Measure::Events | Measure::Ordered => Value::Nothing,
        Measure::Rules | Measure::Expression(_) => Value::Rules,
        // Several fields are counted as one tuple; no text holds this separator by accident.
        Measure::Distinct => Value::Text(values.join("\u{1f}").into()),
        // Sums only grow: they fire as soon as they hold.
        Measure::Sum => Value::Amount(amount().filter(|amount| amount.millionths() >= 0)?),
        Measure::Average | Measure::Percentile(_) => Value::Amount(amount()?),
    })
}
