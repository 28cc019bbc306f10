//! The engine: rules compiled and parted by log source, so that an event meets only rules that are
//! written for it.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use event::{Text, View};

use super::detection::Detection;
use super::hash::BuildQuick;
use super::names::{Names, Present};
use super::partition::Partition;
use super::resolver::{Key, Resolver};
use super::run::{Buffers, Run};
use crate::rule::{Condition, Correlation, Item, RuleInfo, RuleSet, Search, Test};

/// Compiled rules with the buffers to examine events. A clone shares the rules and has buffers of
/// its own: each thread takes one. Reloading makes a new engine.
#[derive(Debug)]
pub struct Engine {
    shared: Arc<Shared>,
    present: Present,
    buffers: Buffers,
    /// The partitions that this thread has met, by what decides the log sources of an event.
    met: HashMap<Key, Arc<Partition>, BuildQuick>,
    key: Key,
}

/// What all threads share.
#[derive(Debug)]
struct Shared {
    rules: Vec<Compiled>,
    /// Rules without any part of a log source: they look at every event.
    everywhere: Vec<usize>,
    /// For each log source of the resolver its rules.
    by_source: Vec<Vec<usize>>,
    resolver: Resolver,
    names: Names,
    partitions: Mutex<Partitions>,
    correlations: Vec<Arc<Correlation>>,
}

/// The partitions that were made.
#[derive(Debug, Default)]
struct Partitions {
    /// By log sources, in order; made when the first event needs one.
    by_sources: HashMap<Vec<usize>, Arc<Partition>>,
    /// How many were made, those that were let go with them.
    made: u32,
}

/// A rule, ready to be put into partitions.
#[derive(Debug)]
pub(super) struct Compiled {
    info: Arc<RuleInfo>,
    pub(super) searches: Vec<Search>,
    pub(super) condition: Condition,
    alerts: bool,
    /// At these sites it raises no alerts, and is not told of unless a correlation counts it.
    off: Vec<Text>,
    counted: bool,
}

/// More kinds of keys than any mapping makes of honest events; then the partitions are let go and
/// made again.
const MOST_MET: usize = 4_096;
/// The same for partitions, which take memory.
const MOST_PARTITIONS: usize = 512;

impl Engine {
    /// Compiles a set of rules.
    pub fn compile(set: &RuleSet) -> Self {
        let mut names = Names::default();
        let resolver = Resolver::new(&set.mapping, &mut names);
        let mut everywhere = Vec::new();
        let mut by_source = vec![Vec::new(); resolver.sources().len()];
        let mut rules = Vec::new();
        let in_force = set.detections.iter().filter(|rule| !rule.idle);
        for (place, rule) in in_force.enumerate() {
            let logsource = &rule.body.logsource;
            if logsource.is_everything() {
                everywhere.push(place);
            } else {
                for (covered, held) in resolver.sources().iter().zip(&mut by_source) {
                    if logsource.covers(covered) {
                        held.push(place);
                    }
                }
            }
            rule.body
                .searches
                .iter()
                .for_each(|search| intern(search, &mut names));
            rules.push(Compiled {
                info: Arc::clone(&rule.info),
                searches: rule.body.searches.clone(),
                condition: rule.body.condition.clone(),
                alerts: rule.alerts,
                off: rule.off.clone(),
                counted: rule.counted,
            });
        }
        let correlations = set.correlations.iter().filter(|rule| !rule.idle);
        Self::of(Arc::new(Shared {
            rules,
            everywhere,
            by_source,
            resolver,
            names,
            partitions: Mutex::default(),
            correlations: correlations.cloned().collect(),
        }))
    }

    fn of(shared: Arc<Shared>) -> Self {
        Self {
            shared,
            present: Present::default(),
            buffers: Buffers::default(),
            met: HashMap::default(),
            key: Key::default(),
        }
    }

    /// Adds what the rules say of an event, each rule once, in the order of the rules.
    pub fn examine(&mut self, view: View<'_>, detections: &mut Vec<Detection>) {
        self.present.read(&self.shared.names, view.fields);
        let Some(partition) = self.partition(view) else {
            return;
        };
        let before = detections.len();
        let run = Run {
            names: &self.shared.names,
            present: &self.present,
            partition: &partition,
            view,
            buffers: &mut self.buffers,
        };
        let rules = &self.shared.rules;
        run.examine(|place, matched| {
            let Some(rule) = rules.get(place) else { return };
            let off_here = rule.off.contains(&view.event.site);
            if rule.counted || !off_here {
                detections.push(Detection {
                    rule: Arc::clone(&rule.info),
                    matched,
                    alerts: rule.alerts && !off_here,
                });
            }
        });
        let found = detections.get_mut(before..).unwrap_or_default();
        found.sort_by(|a, b| a.rule.id.cmp(&b.rule.id));
    }

    /// The partition of an event; none when no rule is written for it.
    fn partition(&mut self, view: View<'_>) -> Option<Arc<Partition>> {
        let shared = Arc::clone(&self.shared);
        let resolver = &shared.resolver;
        let keyed = resolver.key(view, &shared.names, &self.present, &mut self.key);
        if keyed && let Some(partition) = self.met.get(&self.key) {
            return Some(Arc::clone(partition)).filter(|found| !found.entries.is_empty());
        }
        let partition = shared.partition(resolver.resolve(view));
        if keyed {
            if self.met.len() >= MOST_MET {
                self.met.clear();
            }
            self.met.insert(self.key.clone(), Arc::clone(&partition));
        }
        Some(partition).filter(|found| !found.entries.is_empty())
    }

    /// Makes the partitions that another engine has met, so that taking its place costs no event a
    /// pause.
    pub fn prepare_as(&self, other: &Self) {
        let held = other.shared.partitions.lock();
        let met: Vec<Vec<usize>> = held
            .unwrap_or_else(PoisonError::into_inner)
            .by_sources
            .keys()
            .cloned()
            .collect();
        for sources in met {
            let places = sources.iter().filter_map(|source| {
                let source = other.shared.resolver.sources().get(*source)?;
                self.shared.resolver.find(source)
            });
            drop(self.shared.partition(places.collect()));
        }
    }

    /// The rules that look at an event, by their log sources.
    pub fn rules_for(&mut self, view: View<'_>) -> Vec<Arc<RuleInfo>> {
        self.present.read(&self.shared.names, view.fields);
        let partition = self.partition(view);
        let entries = partition.iter().flat_map(|partition| &partition.entries);
        let rules = entries.filter_map(|entry| self.shared.rules.get(entry.rule));
        rules.map(|rule| Arc::clone(&rule.info)).collect()
    }

    /// The correlations that count detections.
    pub fn correlations(&self) -> &[Arc<Correlation>] {
        &self.shared.correlations
    }
}

impl Clone for Engine {
    fn clone(&self) -> Self {
        Self::of(Arc::clone(&self.shared))
    }
}

impl Shared {
    fn partition(&self, mut sources: Vec<usize>) -> Arc<Partition> {
        sources.sort_unstable();
        let held = self.partitions.lock();
        let mut held = held.unwrap_or_else(PoisonError::into_inner);
        if let Some(partition) = held.by_sources.get(&sources) {
            return Arc::clone(partition);
        }
        let mut places: Vec<usize> = self.everywhere.clone();
        let mut taken: HashSet<usize> = HashSet::new();
        for source in &sources {
            let of_source = self.by_source.get(*source).into_iter().flatten();
            places.extend(of_source.filter(|place| taken.insert(**place)));
        }
        places.sort_unstable();
        held.made = held.made.wrapping_add(1);
        let partition = Partition::new(held.made, &self.rules, &places, &self.names);
        let partition = Arc::new(partition);
        if held.by_sources.len() >= MOST_PARTITIONS {
            held.by_sources.clear();
        }
        held.by_sources.insert(sources, Arc::clone(&partition));
        partition
    }
}

/// Gives the names that a search asks for their numbers. Depth is bounded by the parser's limit.
fn intern(search: &Search, names: &mut Names) {
    match search {
        Search::All(parts) | Search::Any(parts) => {
            parts.iter().for_each(|part| intern(part, names));
        }
        Search::Item(Item { fields, values, .. }) => {
            fields.iter().for_each(|name| _ = names.intern(name));
            for test in values.iter().flatten() {
                if let Test::Reference(reference) = test {
                    let fields = reference.fields.iter();
                    fields.for_each(|name| _ = names.intern(name));
                }
            }
        }
    }
}
