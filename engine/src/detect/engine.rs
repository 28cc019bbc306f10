//! The engine: rules compiled and parted by log source, so that an event meets only rules that are
//! written for it.

use std::collections::HashMap;
use std::sync::Arc;

use event::View;

use super::detection::Detection;
use super::lookup::Lookup;
use super::matcher::{self, Matcher};
use super::resolver::Resolver;
use crate::rule::{Condition, Correlation, Logsource, RuleInfo, RuleSet};

/// Compiled rules. Immutable: reloading makes a new one.
#[derive(Debug)]
pub struct Engine {
    rules: Vec<Compiled>,
    /// Rules without any part of a log source: they look at every event.
    everywhere: Vec<usize>,
    /// For each log source of the resolver its rules.
    by_source: Vec<Vec<usize>>,
    resolver: Resolver,
    /// Every list of names that a rule asks for.
    names: Vec<Vec<String>>,
    correlations: Vec<Arc<Correlation>>,
}

#[derive(Debug)]
struct Compiled {
    info: Arc<RuleInfo>,
    searches: Vec<Matcher>,
    condition: Condition,
    alerts: bool,
    /// The log sources whose events it looks at, in order.
    sources: Vec<usize>,
}

impl Engine {
    /// Compiles a set of rules.
    pub fn compile(set: &RuleSet) -> Self {
        let resolver = Resolver::new(&set.mapping);
        let mut names = Vec::new();
        let mut places: HashMap<Vec<String>, usize> = HashMap::new();
        let mut slot = |fields: &[String]| {
            *places.entry(fields.to_vec()).or_insert_with(|| {
                names.push(fields.to_vec());
                names.len() - 1
            })
        };
        let mut rules = Vec::new();
        let mut everywhere = Vec::new();
        for rule in &set.detections {
            let logsource = &rule.body.logsource;
            if logsource.is_everything() {
                everywhere.push(rules.len());
            }
            let searches = rule.body.searches.iter();
            rules.push(Compiled {
                info: Arc::clone(&rule.info),
                searches: searches
                    .map(|search| Matcher::new(search, &mut slot))
                    .collect(),
                condition: rule.body.condition.clone(),
                alerts: rule.alerts,
                sources: sources_of(logsource, &resolver),
            });
        }
        let by_source = (0..resolver.sources().len()).map(|source| {
            let applicable = rules.iter().enumerate();
            let applicable = applicable.filter(|(_, rule)| rule.sources.contains(&source));
            applicable.map(|(place, _)| place).collect()
        });
        let by_source = by_source.collect();
        let correlations = set.correlations.clone();
        Self {
            rules,
            everywhere,
            by_source,
            resolver,
            names,
            correlations,
        }
    }

    /// Adds what the rules say of an event, each rule once.
    pub fn examine(&self, view: View<'_>, detections: &mut Vec<Detection>) {
        let mut sources = Vec::new();
        self.resolver.resolve(view, &mut sources);
        let none = |source: &usize| self.by_source.get(*source).is_none_or(Vec::is_empty);
        if self.everywhere.is_empty() && sources.iter().all(none) {
            return;
        }
        let lookup = Lookup::new(view, &self.names);
        let everywhere = self
            .everywhere
            .iter()
            .filter_map(|place| self.rules.get(*place));
        for rule in everywhere {
            detections.extend(rule.examine(&lookup));
        }
        for (number, source) in sources.iter().enumerate() {
            let earlier = sources.get(..number).unwrap_or_default();
            let applicable = self.by_source.get(*source).into_iter().flatten();
            for rule in applicable.filter_map(|place| self.rules.get(*place)) {
                // A rule for several of the event's log sources was examined at the first.
                let done = earlier
                    .iter()
                    .any(|place| rule.sources.binary_search(place).is_ok());
                if !done {
                    detections.extend(rule.examine(&lookup));
                }
            }
        }
    }

    /// The correlations that count detections.
    pub fn correlations(&self) -> &[Arc<Correlation>] {
        &self.correlations
    }
}

impl Compiled {
    fn examine(&self, lookup: &Lookup<'_>) -> Option<Detection> {
        if !matcher::holds(&self.condition, &self.searches, lookup) {
            return None;
        }
        let mut matched = Vec::new();
        matcher::show(&self.condition, &self.searches, lookup, &mut matched);
        Some(Detection {
            rule: Arc::clone(&self.info),
            matched,
            alerts: self.alerts,
        })
    }
}

/// The log sources that a rule is written for; a rule for everything needs none.
fn sources_of(logsource: &Logsource, resolver: &Resolver) -> Vec<usize> {
    if logsource.is_everything() {
        return Vec::new();
    }
    let sources = resolver.sources().iter().enumerate();
    sources
        .filter(|(_, source)| logsource.covers(source))
        .map(|(place, _)| place)
        .collect()
}
