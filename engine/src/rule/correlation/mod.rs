//! Correlation documents (Sigma 2.1, correlation rules): what is measured over the events of other
//! rules, in how long, by what group.
//!
//! `read` takes a document as written, `join` finds the rules that it names.

mod amount;
mod join;
mod range;
mod read;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use event::Text;

use super::condition::Condition;
use super::info::RuleInfo;

pub(crate) use amount::Amount;
pub(super) use join::{Written, counted_by, join};
pub(crate) use range::Range;
pub(super) use read::read;

/// A correlation whose rules are found: what a window needs to know.
#[derive(Debug)]
pub struct Correlation {
    /// The rule.
    pub(crate) info: Arc<RuleInfo>,
    /// The rules whose matches it takes, in the order in which it lists them.
    pub(crate) members: Vec<Member>,
    /// The group-by fields as written: they name the entities of its alerts.
    pub(crate) group_by: Vec<String>,
    /// What is measured in a window.
    pub(crate) measure: Measure,
    /// What the measured value must be; everything where the measure decides by itself.
    pub(crate) range: Range,
    /// The window.
    pub(crate) span: Duration,
    /// It raises alerts of its own; else it only feeds other correlations.
    pub(crate) alerts: bool,
    /// At these sites it raises none.
    pub(crate) off: Vec<Text>,
    /// Another that is in force counts it.
    pub(crate) counted: bool,
    /// It is off everywhere and nobody counts it: it is known, and not compiled.
    pub(crate) idle: bool,
}

/// What is measured in a window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Measure {
    /// `event_count`: events.
    Events,
    /// `value_count`: different values, or tuples of them.
    Distinct,
    /// `value_sum`: the sum of a number; numbers below zero take no part.
    Sum,
    /// `value_avg`: the mean of a number.
    Average,
    /// `value_percentile` and `value_median`: the smallest number that so many per cent of the
    /// numbers do not exceed.
    Percentile(u8),
    /// `temporal`: how many of the rules matched.
    Rules,
    /// `temporal` with a condition over the rules, named by their place.
    Expression(Condition),
    /// `temporal_ordered`: all of the rules matched, at times that do not decrease.
    Ordered,
}

impl Correlation {
    /// Whether events of a site feed it. Where it raises no alert they do not, unless it must pass
    /// on what it finds there; what spans sites passes on nothing of a site that is off.
    pub(crate) fn takes(&self, site: &Text) -> bool {
        !self.off.contains(site) || (self.counted && !self.info.province)
    }

    /// Whether it raises alerts of its own at a site.
    pub(crate) fn alerts_at(&self, site: &Text) -> bool {
        self.alerts && !self.off.contains(site)
    }

    /// Whether more events can only make the condition truer: it fires as soon as it holds. Any
    /// other is decided when its window is past.
    pub(crate) fn is_early(&self) -> bool {
        match &self.measure {
            Measure::Events | Measure::Distinct | Measure::Sum | Measure::Rules => {
                self.range.is_open_above()
            }
            Measure::Expression(condition) => !negates(condition),
            Measure::Ordered => true,
            Measure::Average | Measure::Percentile(_) => false,
        }
    }
}

/// Whether a condition says `not` anywhere. Its depth is bounded where it is read.
fn negates(condition: &Condition) -> bool {
    match condition {
        Condition::And(parts) | Condition::Or(parts) => parts.iter().any(negates),
        Condition::Not(_) => true,
        Condition::Search(_) => false,
    }
}

/// A rule of a correlation, and where its events hold what the correlation asks for.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) rule: Text,
    /// For each group-by field the names it may stand under in an event.
    pub(crate) group: Vec<Vec<String>>,
    /// For each measured field the names it may stand under in an event.
    pub(crate) values: Vec<Vec<String>>,
    /// The rule is a correlation: what is asked for is among the values of its group.
    pub(crate) inner: Option<Inner>,
}

/// Places in the group of an inner correlation.
#[derive(Debug)]
pub(crate) struct Inner {
    /// For each group-by field.
    pub(crate) group: Vec<usize>,
    /// For each measured field.
    pub(crate) values: Vec<usize>,
}

/// A correlation as written.
#[derive(Debug)]
pub(crate) struct CorrelationBody {
    /// Ids or names.
    rules: Vec<Reference>,
    group_by: Vec<String>,
    /// The fields that are measured.
    fields: Vec<String>,
    measure: Measure,
    range: Range,
    pub(super) span: Duration,
    /// The rules raise alerts of their own, too.
    generate: bool,
    aliases: Vec<Alias>,
}

/// A rule as a correlation names it.
#[derive(Clone, Debug)]
struct Reference {
    name: String,
    line: u32,
}

/// A name in group-by that stands for another field in each rule.
#[derive(Debug)]
struct Alias {
    name: String,
    /// Rule and field.
    fields: Vec<(String, String)>,
}

impl CorrelationBody {
    /// The field that a group-by name means in the events of a rule known by `names`.
    fn field<'a>(&'a self, name: &'a str, names: &[&str]) -> &'a str {
        let alias = self.aliases.iter().find(|alias| alias.name == name);
        let field = alias.and_then(|alias| {
            alias
                .fields
                .iter()
                .find(|(rule, _)| names.contains(&rule.as_str()))
        });
        field.map_or(name, |(_, field)| field)
    }
}
