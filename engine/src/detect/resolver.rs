//! Which log sources an event belongs to.
//!
//! What decides are a few fields, and of them only which of the mapping's values they have: that is
//! the key of an event. Events of one key have the same log sources, so they are worked out once.

use std::collections::HashMap;
use std::fmt::Write as _;

use event::{Kind, Leaf, View};

use super::hash::BuildQuick;
use super::names::{NameId, Names, Present};
use crate::rule::{Entry, Logsource, Mapping, Pattern, fold, fold_into};

/// Finds the log sources of events.
#[derive(Debug, Default)]
pub(super) struct Resolver {
    sources: Vec<Logsource>,
    kinds: HashMap<Kind, Entries>,
}

/// What decides the log sources of an event: its kind, and for each field that the mapping looks at
/// which of its values the event has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Key {
    kind: Option<Kind>,
    classes: Vec<u32>,
    /// A buffer, always empty between events.
    folded: String,
}

/// The entries for one kind.
#[derive(Debug, Default)]
struct Entries {
    entries: Vec<Ready>,
    probes: Vec<Probe>,
}

/// A field that decides.
#[derive(Debug)]
struct Probe {
    name: NameId,
    /// The numbers of the plain values, folded.
    values: HashMap<String, u32, BuildQuick>,
    /// Values with wildcards: a bit for each.
    patterns: Vec<Pattern>,
}

/// An entry with the places of its log sources.
#[derive(Clone, Debug)]
struct Ready {
    entry: Entry,
    sources: Vec<usize>,
}

impl Resolver {
    /// Prepares a mapping.
    pub(super) fn new(mapping: &Mapping, names: &mut Names) -> Self {
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
                let entries = resolver.kinds.entry(*kind).or_default();
                entries.add(ready.clone(), names);
            }
        }
        resolver
    }

    fn place(&mut self, source: &Logsource) -> usize {
        self.find(source).unwrap_or_else(|| {
            self.sources.push(source.clone());
            self.sources.len() - 1
        })
    }

    /// The place of a log source.
    pub(super) fn find(&self, source: &Logsource) -> Option<usize> {
        self.sources.iter().position(|held| held == source)
    }

    /// Every log source that an event may belong to.
    pub(super) fn sources(&self) -> &[Logsource] {
        &self.sources
    }

    /// Makes the key of an event. Not so when a field has several values; then it is to be
    /// resolved by itself.
    pub(super) fn key(
        &self,
        view: View<'_>,
        names: &Names,
        present: &Present,
        key: &mut Key,
    ) -> bool {
        key.kind = Some(view.event.kind);
        key.classes.clear();
        let Some(entries) = self.kinds.get(&view.event.kind) else {
            return true;
        };
        let folded = &mut key.folded;
        let classes = &mut key.classes;
        let mut single = true;
        for probe in &entries.probes {
            let mut class = [0_u32; 2];
            let mut values = 0;
            present.each(names, view, probe.name, |leaf| {
                values += 1;
                class = probe.class(leaf, folded);
                true
            });
            single &= values < 2;
            classes.extend(class);
        }
        folded.clear();
        single
    }

    /// The places of the log sources of an event, each once.
    pub(super) fn resolve(&self, view: View<'_>) -> Vec<usize> {
        let mut places = Vec::new();
        let entries = self.kinds.get(&view.event.kind);
        for ready in entries.into_iter().flat_map(|entries| &entries.entries) {
            ready.add(view, &mut places);
        }
        places
    }
}

/// Bits of a number.
const PATTERNS: usize = 32;

impl Entries {
    fn add(&mut self, ready: Ready, names: &mut Names) {
        for when in &ready.entry.when {
            let name = names.intern(&when.field);
            for value in &when.values {
                self.decide(name, value);
            }
        }
        self.entries.push(ready);
    }

    /// Makes a value of a field part of the key.
    fn decide(&mut self, name: NameId, value: &Pattern) {
        let mut probes = self.probes.iter_mut();
        if let Some(literal) = value.literal() {
            if let Some(probe) = probes.find(|probe| probe.name == name) {
                let next = u32::try_from(probe.values.len() + 1).unwrap_or(u32::MAX);
                probe.values.entry(literal.to_owned()).or_insert(next);
                return;
            }
        } else if let Some(probe) = probes.find(|probe| {
            probe.name == name
                && (probe.patterns.len() < PATTERNS || probe.patterns.contains(value))
        }) {
            if !probe.patterns.contains(value) {
                probe.patterns.push(value.clone());
            }
            return;
        }
        self.probes.push(Probe {
            name,
            values: HashMap::default(),
            patterns: Vec::new(),
        });
        self.decide(name, value);
    }
}

impl Probe {
    /// Which of the values a leaf is: the number of a plain one, and the bits of patterns.
    fn class(&self, leaf: Leaf<'_>, folded: &mut String) -> [u32; 2] {
        if let Leaf::Int(number) = leaf {
            // Event ids come so; their digits need no text of their own.
            folded.clear();
            let _written = write!(folded, "{number}");
        } else if let Some(text) = leaf.text() {
            fold_into(&text, folded);
        } else {
            return [0; 2];
        }
        let plain = self.values.get(folded.as_str()).copied();
        let bits = self.patterns.iter().enumerate();
        let bits = bits.filter(|(_, pattern)| pattern.matches(folded));
        let bits = bits.fold(0, |bits, (place, _)| bits | 1_u32 << place);
        [plain.unwrap_or_default(), bits]
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
