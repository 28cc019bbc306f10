//! Chooses the rules that an event's log sources call for, and runs them.

use std::collections::HashMap;
use std::sync::Arc;

use event::{Kind, View};

use super::Detection;
use super::matching;
use crate::rule::{Correlation, DetectionRule, Entry, RuleSet};

/// Every rule, ready to examine events. Immutable, shared by threads.
#[derive(Debug, Default)]
pub struct Engine {
    rules: Vec<DetectionRule>,
    /// Rules without a log source, by place: they meet every event.
    everywhere: Vec<usize>,
    /// For each kind the mapping entries that may hold, with the rules that they call for.
    by_kind: HashMap<Kind, Vec<Called>>,
    correlations: Vec<Arc<Correlation>>,
}

/// A mapping entry and the rules, by place, that are written for one of its log sources.
#[derive(Clone, Debug)]
struct Called {
    entry: Entry,
    rules: Vec<usize>,
}

impl Engine {
    /// Sorts the rules by what they are written for.
    pub fn compile(set: &RuleSet) -> Self {
        let mut engine = Self {
            rules: set.detections.clone(),
            correlations: set.correlations.clone(),
            ..Self::default()
        };
        for (place, rule) in engine.rules.iter().enumerate() {
            if rule.body.logsource.is_everything() {
                engine.everywhere.push(place);
            }
        }
        for entry in &set.mapping.entries {
            let meant = |rule: &DetectionRule| {
                let wanted = &rule.body.logsource;
                let covered = entry.logsources.iter().any(|source| wanted.covers(source));
                covered && !wanted.is_everything()
            };
            let places = engine
                .rules
                .iter()
                .enumerate()
                .filter(|(_, rule)| meant(rule));
            let rules: Vec<usize> = places.map(|(place, _)| place).collect();
            if rules.is_empty() {
                continue;
            }
            for kind in &entry.kinds {
                let called = Called {
                    entry: entry.clone(),
                    rules: rules.clone(),
                };
                engine.by_kind.entry(*kind).or_default().push(called);
            }
        }
        engine
    }

    /// Adds a detection for each rule that matches.
    pub fn examine(&self, view: View<'_>, detections: &mut Vec<Detection>) {
        let mut places = self.everywhere.clone();
        for called in self
            .by_kind
            .get(&view.event.kind)
            .map(Vec::as_slice)
            .unwrap_or_default()
        {
            if matching::belongs(&called.entry, view) {
                places.extend_from_slice(&called.rules);
            }
        }
        places.sort_unstable();
        places.dedup();
        for rule in places.into_iter().filter_map(|place| self.rules.get(place)) {
            if let Some(matched) = matching::matches(&rule.body, view) {
                let info = Arc::clone(&rule.info);
                detections.push(Detection {
                    rule: info,
                    matched,
                    alerts: rule.alerts,
                });
            }
        }
    }

    /// The correlations over these rules.
    pub fn correlations(&self) -> &[Arc<Correlation>] {
        &self.correlations
    }
}
