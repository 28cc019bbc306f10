//! The interpreter: a rule's tree walked over one event. Plain before fast; what is faster is
//! tested against it.

use event::Leaf;
use regex::Regex;

use super::lookup::{Held, Lookup, Slot, coalesced};
use super::stamp;
use crate::rule::{Condition, Item, Number, Place, Reference, Search, Test, fold};

/// A search identifier whose fields are slots.
#[derive(Debug)]
pub(crate) enum Matcher {
    All(Vec<Self>),
    Any(Vec<Self>),
    Item(Line),
}

/// One line of a search identifier.
#[derive(Debug)]
pub(crate) struct Line {
    /// None: keywords.
    slot: Option<usize>,
    values: Vec<Vec<Test>>,
    all: bool,
    negated: bool,
}

/// What matched: fields with their values, bounded.
pub(crate) type Matched = Vec<(String, String)>;

/// The most fields that a detection shows.
const MATCHED_FIELDS: usize = 20;
/// The most bytes of a value that it shows.
const MATCHED_BYTES: usize = 512;

impl Matcher {
    /// Prepares a search; `slot` gives the place of a list of names.
    pub(crate) fn new(search: &Search, slot: &mut impl FnMut(&[String]) -> usize) -> Self {
        match search {
            Search::All(parts) => {
                Self::All(parts.iter().map(|part| Self::new(part, slot)).collect())
            }
            Search::Any(parts) => {
                Self::Any(parts.iter().map(|part| Self::new(part, slot)).collect())
            }
            Search::Item(Item {
                fields,
                values,
                all,
                negated,
            }) => Self::Item(Line {
                slot: (!fields.is_empty()).then(|| slot(fields)),
                values: values.clone(),
                all: *all,
                negated: *negated,
            }),
        }
    }

    /// Whether the event is so.
    pub(crate) fn matches(&self, lookup: &Lookup<'_>) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.matches(lookup)),
            Self::Any(parts) => parts.iter().any(|part| part.matches(lookup)),
            Self::Item(line) => line.matches(lookup),
        }
    }

    /// Adds the fields that made it true.
    pub(crate) fn show(&self, lookup: &Lookup<'_>, matched: &mut Matched) {
        match self {
            Self::All(parts) | Self::Any(parts) => {
                for part in parts.iter().filter(|part| part.matches(lookup)) {
                    part.show(lookup, matched);
                }
            }
            Self::Item(line) => line.show(lookup, matched),
        }
    }
}

/// Whether a condition holds; `searches` are the rule's identifiers in their order.
pub(crate) fn holds(condition: &Condition, searches: &[Matcher], lookup: &Lookup<'_>) -> bool {
    match condition {
        Condition::And(parts) => parts.iter().all(|part| holds(part, searches, lookup)),
        Condition::Or(parts) => parts.iter().any(|part| holds(part, searches, lookup)),
        Condition::Not(inner) => !holds(inner, searches, lookup),
        Condition::Search(place) => searches
            .get(*place)
            .is_some_and(|search| search.matches(lookup)),
    }
}

/// Adds the fields of the searches that made a condition true.
pub(crate) fn show(
    condition: &Condition,
    searches: &[Matcher],
    lookup: &Lookup<'_>,
    matched: &mut Matched,
) {
    match condition {
        Condition::And(parts) | Condition::Or(parts) => {
            for part in parts.iter().filter(|part| holds(part, searches, lookup)) {
                show(part, searches, lookup, matched);
            }
        }
        Condition::Not(_) => {}
        Condition::Search(place) => {
            if let Some(search) = searches.get(*place) {
                search.show(lookup, matched);
            }
        }
    }
}

impl Line {
    fn matches(&self, lookup: &Lookup<'_>) -> bool {
        let one = |tests: &Vec<Test>| tests.iter().any(|test| self.meets(test, lookup));
        let met = if self.all {
            self.values.iter().all(one)
        } else {
            self.values.iter().any(one)
        };
        met != self.negated
    }

    fn meets(&self, test: &Test, lookup: &Lookup<'_>) -> bool {
        match self.slot {
            None => lookup.all().iter().any(|(_, held)| test_value(test, held)),
            Some(place) => lookup
                .slot(place)
                .is_some_and(|slot| test_field(test, slot, lookup)),
        }
    }

    fn show(&self, lookup: &Lookup<'_>, matched: &mut Matched) {
        let Some(place) = self.slot else {
            for test in self.values.iter().flatten() {
                let found = lookup.all().iter().find(|(_, held)| test_value(test, held));
                if let Some((path, held)) = found {
                    add(matched, path, held);
                }
            }
            return;
        };
        let Some(slot) = lookup.slot(place) else {
            return;
        };
        let meets = |held: &&Held<'_>| {
            let mut tests = self.values.iter().flatten();
            tests.any(|test| match test {
                Test::Exists(_) => true,
                Test::Reference(reference) => test_reference(reference, held, lookup),
                _ => test_value(test, held),
            })
        };
        let shown = slot.values.iter().find(meets).or(slot.values.first());
        if let Some(held) = shown {
            add(matched, slot.name, held);
        }
    }
}

fn add(matched: &mut Matched, name: &str, held: &Held<'_>) {
    let known = matched.iter().any(|(field, _)| field == name);
    if matched.len() >= MATCHED_FIELDS || known {
        return;
    }
    let text = held.text().unwrap_or_default();
    let end = text.floor_char_boundary(MATCHED_BYTES);
    matched.push((
        name.to_owned(),
        text.get(..end).unwrap_or_default().to_owned(),
    ));
}

/// Any value of an array may match; absence matters to null and exists only.
fn test_field(test: &Test, slot: &Slot<'_>, lookup: &Lookup<'_>) -> bool {
    match test {
        Test::Exists(wanted) => slot.values.is_empty() != *wanted,
        Test::Null => {
            slot.values.is_empty() || slot.values.iter().any(|held| held.leaf == Leaf::Null)
        }
        Test::Reference(reference) => slot
            .values
            .iter()
            .any(|held| test_reference(reference, held, lookup)),
        _ => slot.values.iter().any(|held| test_value(test, held)),
    }
}

fn test_value(test: &Test, held: &Held<'_>) -> bool {
    match test {
        Test::Text(pattern) if pattern.cased() => {
            held.text().is_some_and(|text| pattern.matches(text))
        }
        Test::Text(pattern) => held.folded().is_some_and(|text| pattern.matches(text)),
        Test::Number(number) => test_number(number, held),
        Test::Compare(order, bound) => held
            .leaf
            .number()
            .is_some_and(|number| order.holds(number, *bound)),
        Test::Regex(regex) => held.text().is_some_and(|text| Regex::is_match(regex, text)),
        Test::Cidr(network) => held.leaf.ip().is_some_and(|ip| network.contains(&ip)),
        Test::Time(part, order, bound) => held
            .text()
            .and_then(|text| stamp::part(text, *part))
            .is_some_and(|number| order.holds(number, *bound)),
        Test::Null => held.leaf == Leaf::Null,
        Test::Exists(wanted) => *wanted,
        Test::Reference(_) => false,
    }
}

/// A number equals itself and its decimal text.
fn test_number(number: &Number, held: &Held<'_>) -> bool {
    match held.leaf {
        Leaf::Float(value) => value == number.value,
        _ => held.text().is_some_and(|text| text == number.text),
    }
}

fn test_reference(reference: &Reference, held: &Held<'_>, lookup: &Lookup<'_>) -> bool {
    let Some(own) = held.text() else { return false };
    let prepare = |text: &str| {
        if reference.cased {
            text.to_owned()
        } else {
            fold(text)
        }
    };
    let own = prepare(own);
    let other = coalesced(lookup.view(), &reference.fields);
    other.values.iter().filter_map(Held::text).any(|text| {
        let text = prepare(text);
        match reference.place {
            Place::Whole => own == text,
            Place::Start => own.starts_with(&text),
            Place::End => own.ends_with(&text),
            Place::Anywhere => own.contains(&text),
        }
    })
}
