//! Facts of fields: which there are, of what type, and their most frequent values, from events that are looked at one by
//! one. For the panel beside a search and for what completes a query.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use event::{CoreType, Fields as Leaves, Leaf, Name, View};

use super::column::{self, FieldType};
use super::deadline::Deadline;
use super::search::{SearchRequest, Searcher};
use super::shape;
use super::stored::Journaled;
use crate::error::Result;
use crate::query::Query;
use crate::reader::Scope;

/// Fields of which facts are kept.
const MAX_FIELDS: usize = 2_000;
/// Different values of a field that are counted; what comes later is counted in `events` only.
const MAX_VALUES: usize = 1_000;
/// A longer value, in bytes, is no value that people choose from a list.
const MAX_VALUE: usize = 256;
/// The newest partitions whose shapes are asked for names.
const PARTITIONS: usize = 8;
/// The newest events that are asked for names where shapes would tell of other sites.
const SAMPLE: usize = 500;

/// What is known of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldFacts {
    /// As a query names it.
    pub name: String,
    /// What it holds; text where it holds different things.
    pub holds: FieldType,
    /// Events that have it.
    pub events: u64,
    /// Its most frequent values, without regard to case, and in how many events they are.
    pub values: Vec<(String, u64)>,
}

/// Facts being gathered.
#[derive(Debug, Default)]
pub struct Facts {
    fields: HashMap<String, Counted>,
    leaves: Leaves,
    events: u64,
}

#[derive(Debug)]
struct Counted {
    holds: Option<FieldType>,
    events: u64,
    /// The last event that had it.
    last: u64,
    /// By lower case: as first seen, in how many events, the last of them.
    values: HashMap<String, (String, u64, u64)>,
}

impl Facts {
    /// Looks at an event.
    pub fn add(&mut self, journaled: &Journaled) {
        self.events += 1;
        let event = &journaled.event;
        let mut leaves = std::mem::take(&mut self.leaves);
        leaves.read(event.record.bytes(), event::Limits::default());
        let nothing = Leaves::default();
        let view = View {
            event,
            fields: &nothing,
        };
        for envelope in event::Envelope::ALL {
            let name = Name::Envelope(envelope);
            if let Some(holds) = column::column_of(&name) {
                for leaf in view.values(&name) {
                    self.count(name.text(), Some(holds), leaf);
                }
            }
        }
        for (field, value) in event.core.iter() {
            let holds = match field.kind() {
                CoreType::Ip => FieldType::Address,
                CoreType::Number => FieldType::Number,
                CoreType::Text => FieldType::Text,
            };
            self.count(field.name(), Some(holds), event::leaf_of(value));
        }
        for (path, leaf) in leaves.iter() {
            let holds = match leaf {
                Leaf::Null | Leaf::Container => None,
                Leaf::Bool(_) => Some(FieldType::Flag),
                Leaf::Int(_) | Leaf::Unsigned(_) | Leaf::Float(_) => Some(FieldType::Number),
                Leaf::Ip(_) => Some(FieldType::Address),
                Leaf::Text(_) if leaf.ip().is_some() => Some(FieldType::Address),
                Leaf::Text(_) => Some(FieldType::Text),
            };
            self.count(&record_name(path), holds, leaf);
        }
        self.leaves = leaves;
    }

    /// What was found, the most frequent first, with at most so many values each.
    pub fn finish(self, values: usize) -> Vec<FieldFacts> {
        let fields = self.fields.into_iter();
        let mut fields: Vec<FieldFacts> = fields
            .map(|(name, counted)| FieldFacts {
                name,
                holds: counted.holds.unwrap_or(FieldType::Text),
                events: counted.events,
                values: most_frequent(counted.values.into_values(), values),
            })
            .collect();
        fields.sort_by(|a, b| b.events.cmp(&a.events).then_with(|| a.name.cmp(&b.name)));
        fields
    }

    fn count(&mut self, name: &str, holds: Option<FieldType>, leaf: Leaf<'_>) {
        if !self.fields.contains_key(name) {
            if self.fields.len() >= MAX_FIELDS {
                return;
            }
            let fresh = Counted {
                holds,
                events: 0,
                last: 0,
                values: HashMap::new(),
            };
            self.fields.insert(name.to_owned(), fresh);
        }
        let Some(counted) = self.fields.get_mut(name) else {
            return;
        };
        if counted.last != self.events {
            (counted.last, counted.events) = (self.events, counted.events + 1);
        }
        match (counted.holds, holds) {
            (Some(held), Some(now)) if held != now => counted.holds = Some(FieldType::Text),
            (None, now) => counted.holds = now,
            _ => {}
        }
        let Some(text) = leaf.text().filter(|text| text.len() <= MAX_VALUE) else {
            return;
        };
        let lower = text.to_lowercase();
        let full = counted.values.len() >= MAX_VALUES;
        if full && !counted.values.contains_key(&lower) {
            return;
        }
        let value = counted
            .values
            .entry(lower)
            .or_insert_with(|| (text.into_owned(), 0, 0));
        if value.2 != self.events {
            (value.1, value.2) = (value.1 + 1, self.events);
        }
    }
}

fn most_frequent(
    values: impl Iterator<Item = (String, u64, u64)>,
    most: usize,
) -> Vec<(String, u64)> {
    let mut values: Vec<(String, u64)> = values.map(|(text, count, _)| (text, count)).collect();
    values.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    values.truncate(most);
    values
}

/// How a query names a field, as [`FieldFacts`] do.
pub fn query_name(name: &Name) -> String {
    match name {
        Name::Record(path) => record_name(path),
        _ => name.text().to_owned(),
    }
}

/// How a query names a path of the record.
fn record_name(path: &str) -> String {
    match Name::parse(path) {
        Name::Record(plain) if plain == path => plain,
        _ => format!("record.{path}"),
    }
}

impl Searcher {
    /// Paths of records whose name in a query begins so, without regard to case, from the newest events; at most so
    /// many, in order. Who sees all sites is answered from what partitions know of themselves, others from events
    /// that they may see.
    ///
    /// # Errors
    /// A partition cannot be read.
    pub fn record_names(
        &self,
        scope: &Scope,
        prefix: &str,
        most: usize,
        deadline: Duration,
    ) -> Result<Vec<String>> {
        let prefix = prefix.to_lowercase();
        let mut names = BTreeSet::new();
        let mut add = |path: &str| {
            let name = record_name(path);
            if name.to_lowercase().starts_with(&prefix) {
                names.insert(name);
                if names.len() > most {
                    names.pop_last();
                }
            }
        };
        match scope {
            Scope::All => {
                let until = Deadline::after(deadline);
                let (mut partitions, _) = self.published();
                partitions.sort_by_key(|partition| std::cmp::Reverse(partition.meta.max_time));
                for partition in partitions.iter().take(PARTITIONS) {
                    let searchable = &partition.searchable;
                    let searcher = searchable.reader.searcher();
                    shape::record_paths(
                        &searcher,
                        searchable.fields.shape,
                        &|| until.look(),
                        &mut add,
                    )?;
                }
            }
            Scope::Sites(_) => {
                let newest = SearchRequest {
                    query: Query::All,
                    scope: scope.clone(),
                    from: None,
                    to: None,
                    after: None,
                    limit: SAMPLE,
                    deadline,
                };
                let mut leaves = Leaves::default();
                self.each(&newest, |journaled| {
                    leaves.read(journaled.event.record.bytes(), event::Limits::default());
                    leaves.iter().for_each(|(path, _)| add(path));
                    true
                })?;
            }
        }
        Ok(names.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use event::{Core, CoreField, Event, EventId, Instance, Kind, Lane, Record, Time};

    use super::*;

    fn journaled(record: &str) -> Journaled {
        let mut core = Core::default();
        core.add(CoreField::RuleId, "r");
        core.add(CoreField::RuleId, "R");
        let event = Event {
            id: EventId {
                instance: Instance(1),
                lane: Lane::Second,
                number: 1,
            },
            time: Time::EPOCH,
            seen: Time::EPOCH,
            sensor: "s".into(),
            source: "f".into(),
            site: "x".into(),
            kind: Kind::Dns,
            exercise: false,
            core,
            record: Record::new(record.as_bytes().to_vec()),
        };
        Journaled {
            position: 1,
            received: Time::EPOCH,
            event,
        }
    }

    #[test]
    fn a_field_is_counted_once_an_event_and_named_as_queries_name_it() {
        let mut facts = Facts::default();
        for record in [
            r#"{"a":["x","X"],"site":"y","n":1,"ip":"10.0.0.1","m":1}"#,
            r#"{"a":"x","n":"z","m":null}"#,
        ] {
            facts.add(&journaled(record));
        }
        let found = facts.finish(10);
        let of = |name: &str| found.iter().find(|field| field.name == name).unwrap();
        assert_eq!(
            (of("a").events, &of("a").values),
            (2, &vec![("x".to_owned(), 2)])
        );
        assert_eq!(of("rule.id").values, [("r".to_owned(), 2)]);
        assert_eq!(of("record.site").values, [("y".to_owned(), 1)]);
        assert_eq!(of("site").values, [("x".to_owned(), 2)]);
        assert_eq!(of("n").holds, FieldType::Text);
        assert_eq!(of("ip").holds, FieldType::Address);
        assert_eq!((of("m").holds, of("m").events), (FieldType::Number, 2));
    }
}
