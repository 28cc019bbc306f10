//! Which log sources an event belongs to: the mapping's entries, indexed by kind and then by the
//! value of one field, so that an event looks at few of them.

use std::collections::HashMap;

use event::{Kind, View};

use crate::rule::{Entry, Logsource, Mapping, fold};

/// Finds the log sources of events.
#[derive(Debug, Default)]
pub(crate) struct Resolver {
    sources: Vec<Logsource>,
    kinds: HashMap<Kind, Entries>,
}

/// The entries for one kind.
#[derive(Debug, Default)]
struct Entries {
    /// By a field and its value, folded.
    keyed: Vec<(String, HashMap<String, Vec<Ready>>)>,
    /// Those without a plain value to look up.
    others: Vec<Ready>,
}

/// An entry with the places of its log sources.
#[derive(Clone, Debug)]
struct Ready {
    entry: Entry,
    sources: Vec<usize>,
}

impl Resolver {
    /// Prepares a mapping.
    pub(crate) fn new(mapping: &Mapping) -> Self {
        let mut resolver = Self::default();
        for entry in &mapping.entries {
            let sources = entry
                .logsources
                .iter()
                .map(|source| resolver.place(source))
                .collect();
            let ready = Ready {
                entry: entry.clone(),
                sources,
            };
            for kind in &entry.kinds {
                resolver.kinds.entry(*kind).or_default().add(ready.clone());
            }
        }
        resolver
    }

    fn place(&mut self, source: &Logsource) -> usize {
        let held = self.sources.iter().position(|held| held == source);
        held.unwrap_or_else(|| {
            self.sources.push(source.clone());
            self.sources.len() - 1
        })
    }

    /// Every log source that an event may belong to.
    pub(crate) fn sources(&self) -> &[Logsource] {
        &self.sources
    }

    /// Adds the places of the log sources of an event, each once.
    pub(crate) fn resolve(&self, view: View<'_>, places: &mut Vec<usize>) {
        let Some(entries) = self.kinds.get(&view.event.kind) else {
            return;
        };
        for (field, by_value) in &entries.keyed {
            for leaf in view.sigma(field) {
                let value = leaf.text().map(|text| fold(&text));
                for ready in value
                    .and_then(|value| by_value.get(&value))
                    .into_iter()
                    .flatten()
                {
                    ready.add(view, places);
                }
            }
        }
        for ready in &entries.others {
            ready.add(view, places);
        }
    }
}

impl Entries {
    fn add(&mut self, ready: Ready) {
        let key = ready.entry.when.iter().find_map(|when| {
            let literals: Option<Vec<String>> = when
                .values
                .iter()
                .map(|value| value.literal().map(str::to_owned))
                .collect();
            Some((when.field.clone(), literals?))
        });
        let Some((field, values)) = key else {
            self.others.push(ready);
            return;
        };
        let place = self
            .keyed
            .iter()
            .position(|(name, _)| *name == field)
            .unwrap_or_else(|| {
                self.keyed.push((field, HashMap::new()));
                self.keyed.len() - 1
            });
        for value in values {
            if let Some((_, by_value)) = self.keyed.get_mut(place) {
                by_value.entry(value).or_default().push(ready.clone());
            }
        }
    }
}

impl Ready {
    fn add(&self, view: View<'_>, places: &mut Vec<usize>) {
        let meets = self.entry.when.iter().all(|when| {
            let leaves = view.sigma(&when.field);
            leaves.iter().filter_map(|leaf| leaf.text()).any(|text| {
                let text = fold(&text);
                when.values.iter().any(|value| value.matches(&text))
            })
        });
        if meets {
            for source in &self.sources {
                if !places.contains(source) {
                    places.push(*source);
                }
            }
        }
    }
}
