//! What a window measures: kept up as entries come into it and leave it, or taken once when it is
//! past.

use std::collections::HashMap;

use event::Text;

use super::entry::{Entry, Value};
use crate::rule::{Amount, Condition, Correlation, Measure};

/// What a window measures, in any order of adding and removing.
#[derive(Debug, Default)]
pub(super) struct Tally {
    values: HashMap<Text, usize>,
    /// In millionths.
    total: i128,
    /// How many entries met each rule.
    members: Vec<usize>,
    /// The rules that any entry met, one bit each.
    seen: u64,
}

impl Tally {
    pub(super) fn add(&mut self, entry: &Entry) {
        match &entry.value {
            Value::Nothing => {}
            Value::Rules => self.add_members(entry.members),
            Value::Text(value) => *self.values.entry(Text::clone(value)).or_default() += 1,
            Value::Amount(amount) => self.total = self.total.saturating_add(amount.millionths()),
        }
    }

    pub(super) fn remove(&mut self, entry: &Entry) {
        match &entry.value {
            Value::Nothing => {}
            Value::Rules => self.remove_members(entry.members),
            Value::Text(value) => {
                if let Some(count) = self.values.get_mut(value) {
                    *count = count.saturating_sub(1);
                    if *count == 0 {
                        self.values.remove(value);
                    }
                }
            }
            Value::Amount(amount) => self.total = self.total.saturating_sub(amount.millionths()),
        }
    }

    fn add_members(&mut self, members: u64) {
        self.seen |= members;
        for place in places(members) {
            if self.members.len() <= place {
                self.members.resize(place + 1, 0);
            }
            if let Some(count) = self.members.get_mut(place) {
                *count += 1;
            }
        }
    }

    fn remove_members(&mut self, members: u64) {
        for place in places(members) {
            if let Some(count) = self.members.get_mut(place) {
                *count = count.saturating_sub(1);
                if *count == 0 {
                    self.seen &= !(1 << place);
                }
            }
        }
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Whether a window with so many entries meets the condition.
    pub(super) fn holds(&self, entries: usize, correlation: &Correlation) -> bool {
        let range = correlation.range;
        match &correlation.measure {
            Measure::Events => range.holds(entries),
            Measure::Distinct => range.holds(self.values.len()),
            Measure::Sum => entries > 0 && range.holds_mean(self.total, 1),
            Measure::Average => entries > 0 && range.holds_mean(self.total, entries),
            Measure::Rules => range.holds(usize::try_from(self.seen.count_ones()).unwrap_or(0)),
            Measure::Expression(condition) => meets(condition, self.seen),
            // These are not sums of their parts.
            Measure::Percentile(_) | Measure::Ordered => false,
        }
    }
}

/// Whether a window that is past meets the condition.
pub(super) fn holds_at_end(entries: &[Entry], correlation: &Correlation) -> bool {
    if let Measure::Percentile(percent) = correlation.measure {
        let amounts = entries.iter().filter_map(|entry| match entry.value {
            Value::Amount(amount) => Some(amount),
            _ => None,
        });
        let found = percentile(amounts.collect(), percent);
        return found.is_some_and(|found| correlation.range.holds_mean(found.millionths(), 1));
    }
    let mut tally = Tally::default();
    entries.iter().for_each(|entry| tally.add(entry));
    tally.holds(entries.len(), correlation)
}

/// The smallest number that `percent` per cent of the numbers do not exceed (nearest rank).
fn percentile(mut amounts: Vec<Amount>, percent: u8) -> Option<Amount> {
    let rank = amounts
        .len()
        .saturating_mul(usize::from(percent))
        .div_ceil(100)
        .max(1);
    if amounts.is_empty() {
        return None;
    }
    let (_, found, _) = amounts.select_nth_unstable(rank - 1);
    Some(*found)
}

/// Whether the rules that were seen meet a condition over them.
fn meets(condition: &Condition, seen: u64) -> bool {
    match condition {
        Condition::And(parts) => parts.iter().all(|part| meets(part, seen)),
        Condition::Or(parts) => parts.iter().any(|part| meets(part, seen)),
        Condition::Not(inner) => !meets(inner, seen),
        Condition::Search(place) => *place < 64 && seen & (1 << place) != 0,
    }
}

/// The places of the bits that are set.
fn places(members: u64) -> impl Iterator<Item = usize> {
    // Each step takes the lowest bit away.
    let rest = |members: &u64| Some(members & members.wrapping_sub(1));
    let from = std::iter::successors(Some(members), rest).take_while(|members| *members != 0);
    from.filter_map(|members| usize::try_from(members.trailing_zeros()).ok())
}
