//! A rule as an expression over what is known of an event: bits, which literals set while the
//! values are passed over, and tests, which are made only when the bits do not decide.

use std::collections::HashMap;

use super::names::{NameId, Names, index};
use super::required;
use crate::rule::{Condition, Item, Pattern, Search, Shape, Test};

/// A rule's condition with its searches put in.
#[derive(Debug)]
pub(super) enum Expression {
    All(Vec<Self>),
    Any(Vec<Self>),
    Not(Box<Self>),
    /// One of these bits is set, each for a value of this field.
    Bits(SlotId, Vec<Bit>),
    Test(TestId),
}

/// A field, or every value, as rules ask for it.
pub(super) type SlotId = u32;
pub(super) type Bit = u32;
pub(super) type TestId = u32;

/// What all rules of a partition ask for, each once.
#[derive(Debug, Default)]
pub(super) struct Atoms {
    pub(super) slots: Vec<SlotAtoms>,
    slot_ids: HashMap<Vec<NameId>, SlotId>,
    pub(super) tests: Vec<LazyTest>,
    test_ids: HashMap<(SlotId, String), TestId>,
    pub(super) bits: u32,
}

/// The literals that are looked for in one field.
#[derive(Debug)]
pub(super) struct SlotAtoms {
    /// The first that the event has decides; none: keywords, every value.
    pub(super) names: Vec<NameId>,
    pub(super) literals: Vec<(Literal, Bit)>,
    ids: HashMap<Literal, Bit>,
    /// Set when the event has the field.
    pub(super) present: Bit,
}

/// What sets a bit.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Literal {
    Whole(String),
    Start(String),
    End(String),
    Inside(String),
    /// The number, or its decimal text; the number's bits.
    Number(u64, String),
    /// A pattern, compared where its needle is found.
    Pattern(String, Pattern),
}

impl Literal {
    /// The text that is looked for, folded.
    pub(super) fn text(&self) -> &str {
        match self {
            Self::Whole(text)
            | Self::Start(text)
            | Self::End(text)
            | Self::Inside(text)
            | Self::Number(_, text)
            | Self::Pattern(text, _) => text,
        }
    }
}

/// A test that is made when it decides.
#[derive(Debug)]
pub(super) struct LazyTest {
    pub(super) slot: SlotId,
    pub(super) test: Test,
    /// One of these bits is set whenever it holds.
    pub(super) needs: Option<Vec<Bit>>,
    /// For a reference, the other field.
    pub(super) other: Option<SlotId>,
}

impl Atoms {
    /// A rule as an expression; what it asks for is added.
    pub(super) fn expression(
        &mut self,
        condition: &Condition,
        searches: &[Search],
        names: &Names,
    ) -> Expression {
        match condition {
            Condition::And(parts) => Expression::All(self.conditions(parts, searches, names)),
            Condition::Or(parts) => Expression::Any(self.conditions(parts, searches, names)),
            Condition::Not(inner) => {
                Expression::Not(Box::new(self.expression(inner, searches, names)))
            }
            // A place that is not there holds never.
            Condition::Search(place) => searches
                .get(*place)
                .map_or(Expression::Any(Vec::new()), |search| {
                    self.search(search, names)
                }),
        }
    }

    fn conditions(
        &mut self,
        parts: &[Condition],
        searches: &[Search],
        names: &Names,
    ) -> Vec<Expression> {
        let parts = parts.iter();
        parts
            .map(|part| self.expression(part, searches, names))
            .collect()
    }

    fn search(&mut self, search: &Search, names: &Names) -> Expression {
        match search {
            Search::All(parts) => {
                Expression::All(parts.iter().map(|part| self.search(part, names)).collect())
            }
            Search::Any(parts) => {
                Expression::Any(parts.iter().map(|part| self.search(part, names)).collect())
            }
            Search::Item(item) => self.item(item, names),
        }
    }

    fn item(&mut self, item: &Item, names: &Names) -> Expression {
        let slot = self.slot(&item.fields, names);
        let held = if item.all {
            let values = item.values.iter();
            Expression::All(values.map(|tests| self.any(slot, tests, names)).collect())
        } else {
            self.any(slot, item.values.iter().flatten(), names)
        };
        if item.negated {
            Expression::Not(Box::new(held))
        } else {
            held
        }
    }

    fn slot(&mut self, fields: &[String], names: &Names) -> SlotId {
        let ids: Vec<NameId> = fields.iter().filter_map(|name| names.find(name)).collect();
        if let Some(slot) = self.slot_ids.get(&ids) {
            return *slot;
        }
        let slot = SlotId::try_from(self.slots.len()).unwrap_or(SlotId::MAX);
        let present = self.new_bit();
        self.slots.push(SlotAtoms {
            names: ids.clone(),
            literals: Vec::new(),
            ids: HashMap::new(),
            present,
        });
        self.slot_ids.insert(ids, slot);
        slot
    }

    fn any<'a>(
        &mut self,
        slot: SlotId,
        tests: impl IntoIterator<Item = &'a Test>,
        names: &Names,
    ) -> Expression {
        let (mut bits, mut parts) = (Vec::new(), Vec::new());
        for test in tests {
            match literal(test) {
                Some(literal) => bits.push(self.bit(slot, literal)),
                None => parts.push(Expression::Test(self.test(slot, test, names))),
            }
        }
        bits.sort_unstable();
        bits.dedup();
        if !bits.is_empty() {
            parts.insert(0, Expression::Bits(slot, bits));
        }
        Expression::Any(parts)
    }

    fn bit(&mut self, slot: SlotId, literal: Literal) -> Bit {
        let next = self.bits;
        let Some(atoms) = self.slots.get_mut(index(slot)) else {
            return Bit::MAX;
        };
        if let Some(bit) = atoms.ids.get(&literal) {
            return *bit;
        }
        atoms.ids.insert(literal.clone(), next);
        atoms.literals.push((literal, next));
        self.new_bit()
    }

    fn new_bit(&mut self) -> Bit {
        self.bits += 1;
        self.bits - 1
    }

    fn test(&mut self, slot: SlotId, test: &Test, names: &Names) -> TestId {
        let key = (slot, format!("{test:?}"));
        if let Some(id) = self.test_ids.get(&key) {
            return *id;
        }
        let other = match test {
            Test::Reference(reference) => Some(self.slot(&reference.fields, names)),
            _ => None,
        };
        let needs = self.needs(slot, test);
        let id = TestId::try_from(self.tests.len()).unwrap_or(TestId::MAX);
        self.tests.push(LazyTest {
            slot,
            test: test.clone(),
            needs,
            other,
        });
        self.test_ids.insert(key, id);
        id
    }

    /// Bits of which one is set whenever a test holds.
    fn needs(&mut self, slot: SlotId, test: &Test) -> Option<Vec<Bit>> {
        if let Test::Regex(regex) = test
            && let Some(texts) = required::texts(regex.as_str())
        {
            let texts = texts.into_iter();
            let bits = texts.map(|text| self.bit(slot, Literal::Inside(text)));
            return Some(bits.collect());
        }
        match test {
            Test::Null | Test::Exists(false) | Test::Site(_) => None,
            _ => self.slots.get(index(slot)).map(|atoms| vec![atoms.present]),
        }
    }
}

/// A test that a literal decides.
fn literal(test: &Test) -> Option<Literal> {
    match test {
        Test::Text(pattern) => Some(match pattern.shape() {
            Shape::Whole(text) => Literal::Whole(text.to_owned()),
            Shape::Start(text) => Literal::Start(text.to_owned()),
            Shape::End(text) => Literal::End(text.to_owned()),
            Shape::Inside("") => return None,
            Shape::Inside(text) => Literal::Inside(text.to_owned()),
            Shape::Other => Literal::Pattern(pattern.needle()?, pattern.clone()),
        }),
        Test::Number(number) => Some(Literal::Number(number.value.to_bits(), number.text.clone())),
        _ => None,
    }
}
