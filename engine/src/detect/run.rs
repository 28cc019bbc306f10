//! One event through one partition: its values are passed over once and set bits, bits wake rules,
//! and each woken rule's program is run. Buffers are kept from event to event, so that an event on which
//! no rule holds allocates nothing (`tests/allocations.rs`).

use std::fmt::Write as _;

use event::{Leaf, View};
use regex::Regex;

use super::expression::{Bit, Expression, LazyTest, SlotId, TestId};
use super::memo::Memo;
use super::names::{Names, Present, index};
use super::partition::{Partition, Slot};
use super::program::Answers;
use super::stamp;
use crate::rule::{Place, Reference, Test, fold_into};

/// What matched: fields with their values, bounded.
pub(super) type Matched = Vec<(String, String)>;

/// The most fields that a detection shows.
const MATCHED_FIELDS: usize = 20;
/// The most bytes of a value that it shows.
const MATCHED_BYTES: usize = 512;

/// Buffers that are used again for each event.
#[derive(Debug, Default)]
pub(super) struct Buffers {
    bits: Vec<u64>,
    /// For each entry the last event that woke it.
    stamps: Vec<u64>,
    /// For each test the last event that made it, and twice that plus one when it held.
    answers: Vec<u64>,
    event: u64,
    woken: Vec<u32>,
    hits: Vec<u32>,
    folded: String,
    folded_other: String,
    decimal: String,
    memo: Memo,
}

/// An event in a partition.
pub(super) struct Run<'a> {
    pub(super) names: &'a Names,
    pub(super) present: &'a Present,
    pub(super) partition: &'a Partition,
    pub(super) view: View<'a>,
    pub(super) buffers: &'a mut Buffers,
}

impl Run<'_> {
    /// Calls `found` with each rule that holds and the fields that matched.
    pub(super) fn examine(mut self, mut found: impl FnMut(usize, Matched)) {
        let partition = self.partition;
        let buffers = &mut *self.buffers;
        buffers.event += 1;
        buffers.bits.clear();
        buffers.bits.resize(partition.words, 0);
        buffers.woken.clear();
        grow(&mut buffers.stamps, partition.entries.len());
        grow(&mut buffers.answers, partition.tests.len());
        for slot in &partition.slots {
            self.pass_over(slot);
        }
        let mut woken = std::mem::take(&mut self.buffers.woken);
        woken.extend_from_slice(&partition.always);
        for entry in &woken {
            let Some(entry) = partition.entries.get(index(*entry)) else {
                continue;
            };
            if partition.program.holds(entry.start, &mut self) {
                let mut matched = Vec::new();
                self.show(&entry.expression, &mut matched);
                found(entry.rule, matched);
            }
        }
        self.buffers.woken = woken;
    }

    fn pass_over(&mut self, slot: &Slot) {
        let view = self.view;
        if slot.is_keywords() {
            self.set(slot.present);
            if slot.has_literals() {
                for (_, leaf) in view.fields.iter() {
                    self.look_at(slot, leaf);
                }
            }
            return;
        }
        let (names, present) = (self.names, self.present);
        let Some(name) = present.first(names, view, &slot.names) else {
            return;
        };
        self.set(slot.present);
        if slot.has_literals() {
            present.each(names, view, name, |leaf| {
                self.look_at(slot, leaf);
                true
            });
        }
    }

    /// Sets the bits of the literals that a value has.
    fn look_at(&mut self, slot: &Slot, leaf: Leaf<'_>) {
        if !slot.may_have(leaf) {
            return;
        }
        let mut bits = std::mem::take(&mut self.buffers.hits);
        self.recall(slot, leaf, &mut bits);
        for bit in bits.drain(..) {
            self.set(bit);
        }
        self.buffers.hits = bits;
    }

    /// The bits of the literals that a value has, from memory where looking takes long.
    fn recall(&mut self, slot: &Slot, leaf: Leaf<'_>, bits: &mut Vec<Bit>) {
        let key = match leaf {
            Leaf::Text(text) if slot.is_thorough() => {
                let key = Memo::key(self.partition.number, slot.number, text.as_bytes());
                key.map(|key| (key, text.as_bytes()))
            }
            _ => None,
        };
        let Some((key, text)) = key else {
            return self.literals(slot, leaf, bits);
        };
        if let Some(known) = self.buffers.memo.recall(key, text) {
            bits.clear();
            bits.extend_from_slice(known);
            return;
        }
        self.literals(slot, leaf, bits);
        self.buffers.memo.learn(key, text, bits);
    }

    /// The bits of the literals that a value has.
    fn literals(&mut self, slot: &Slot, leaf: Leaf<'_>, bits: &mut Vec<Bit>) {
        let Buffers {
            folded, decimal, ..
        } = &mut *self.buffers;
        let Some(text) = text_of(leaf, decimal) else {
            return;
        };
        bits.clear();
        let is_ascii = text.is_ascii();
        if is_ascii {
            slot.find(text, bits);
        } else {
            fold_into(text, folded);
            slot.find(folded, bits);
        }
        let partition = self.partition;
        let mut is_folded = !is_ascii;
        // Numbers of the table become bits.
        bits.retain_mut(|number| {
            let Some(out) = partition.out(*number) else {
                return false;
            };
            *number = out.bit;
            let Some(pattern) = out.pattern.and_then(|place| partition.pattern(place)) else {
                return true;
            };
            if pattern.cased() {
                return pattern.matches(text);
            }
            if !is_folded {
                fold_into(text, folded);
                is_folded = true;
            }
            pattern.matches(folded)
        });
        if let Leaf::Float(number) = leaf {
            bits.extend(slot.equal(number));
        }
    }

    fn set(&mut self, bit: Bit) {
        let buffers = &mut *self.buffers;
        let Some(word) = buffers.bits.get_mut(index(bit >> 6)) else {
            return;
        };
        let one = 1 << (bit & 63);
        if *word & one != 0 {
            return;
        }
        *word |= one;
        for entry in self.partition.woken(bit) {
            if let Some(stamp) = buffers.stamps.get_mut(index(*entry))
                && *stamp != buffers.event
            {
                *stamp = buffers.event;
                buffers.woken.push(*entry);
            }
        }
    }

    /// Adds the fields that made a rule hold.
    fn show(&mut self, expression: &Expression, matched: &mut Matched) {
        match expression {
            Expression::All(parts) | Expression::Any(parts) => {
                for part in parts {
                    if self.holds(part) {
                        self.show(part, matched);
                    }
                }
            }
            Expression::Not(_) => {}
            Expression::Bits(slot, bits) => self.show_slot(*slot, matched, |run, slot, leaf| {
                let mut found = Vec::new();
                run.literals(slot, leaf, &mut found);
                found.iter().any(|bit| bits.contains(bit))
            }),
            Expression::Test(id) => {
                let partition = self.partition;
                let Some(test) = partition.tests.get(index(*id)) else {
                    return;
                };
                self.show_slot(test.slot, matched, |run, _, leaf| run.meets(test, leaf));
            }
        }
    }

    fn holds(&mut self, expression: &Expression) -> bool {
        match expression {
            Expression::All(parts) => parts.iter().all(|part| self.holds(part)),
            Expression::Any(parts) => parts.iter().any(|part| self.holds(part)),
            Expression::Not(inner) => !self.holds(inner),
            Expression::Bits(_, bits) => bits.iter().any(|bit| {
                let word = self.buffers.bits.get(index(bit >> 6));
                word.is_some_and(|word| (word >> (bit & 63)) & 1 == 1)
            }),
            Expression::Test(test) => self.test(*test),
        }
    }

    /// Adds the first value of a field that meets what was asked, or just its first.
    fn show_slot(
        &mut self,
        slot: SlotId,
        matched: &mut Matched,
        mut meets: impl FnMut(&mut Self, &Slot, Leaf<'_>) -> bool,
    ) {
        let partition = self.partition;
        let Some(slot) = partition.slot_at(slot) else {
            return;
        };
        let view = self.view;
        if slot.is_keywords() {
            let found = view
                .fields
                .iter()
                .find(|(_, leaf)| meets(self, slot, *leaf));
            if let Some((path, leaf)) = found {
                add(matched, path, leaf);
            }
            return;
        }
        let (names, present) = (self.names, self.present);
        let Some(name) = present.first(names, view, &slot.names) else {
            return;
        };
        let mut leaves = Vec::new();
        present.each(names, view, name, |leaf| {
            leaves.push(leaf);
            true
        });
        // They came last first.
        leaves.reverse();
        let shown = match leaves.as_slice() {
            [only] => Some(only),
            several => several
                .iter()
                .find(|leaf| meets(self, slot, **leaf))
                .or(several.first()),
        };
        if let Some(leaf) = shown {
            add(matched, names.text(name), *leaf);
        }
    }

    fn make(&mut self, test: &LazyTest) -> bool {
        let partition = self.partition;
        let Some(slot) = partition.slot_at(test.slot) else {
            return false;
        };
        let view = self.view;
        if let Test::Site(sites) = &test.test {
            return sites.contains(&view.event.site);
        }
        if slot.is_keywords() {
            return view.fields.iter().any(|(_, leaf)| self.meets(test, leaf));
        }
        let (names, present) = (self.names, self.present);
        let name = present.first(names, view, &slot.names);
        match (&test.test, name) {
            (Test::Exists(wanted), name) => name.is_some() == *wanted,
            (Test::Null, None) => true,
            (_, None) => false,
            (_, Some(name)) => {
                let mut held = false;
                present.each(names, view, name, |leaf| {
                    held = self.meets(test, leaf);
                    !held
                });
                held
            }
        }
    }

    /// Whether one value passes a test.
    fn meets(&mut self, test: &LazyTest, leaf: Leaf<'_>) -> bool {
        let Buffers {
            folded, decimal, ..
        } = &mut *self.buffers;
        match &test.test {
            Test::Text(pattern) => text_of(leaf, decimal).is_some_and(|text| {
                if pattern.cased() {
                    return pattern.matches(text);
                }
                fold_into(text, folded);
                pattern.matches(folded)
            }),
            Test::Number(_) | Test::Site(_) => false,
            Test::Compare(order, bound) => bound.holds(*order, leaf),
            Test::Regex(regex) => {
                text_of(leaf, decimal).is_some_and(|text| Regex::is_match(regex, text))
            }
            Test::Cidr(network) => leaf.ip().is_some_and(|ip| network.contains(&ip)),
            Test::Time(part, order, bound) => text_of(leaf, decimal)
                .and_then(|text| stamp::part(text, *part))
                .is_some_and(|number| order.holds(number, *bound)),
            Test::Null => leaf == Leaf::Null,
            Test::Exists(wanted) => *wanted,
            Test::Reference(reference) => self.refers(reference, test.other, leaf),
        }
    }

    /// Whether a value stands to one of another field as a reference asks.
    fn refers(&mut self, reference: &Reference, other: Option<SlotId>, leaf: Leaf<'_>) -> bool {
        let slot = other.and_then(|slot| self.partition.slot_at(slot));
        let (names, present, view) = (self.names, self.present, self.view);
        let name = slot.and_then(|slot| present.first(names, view, &slot.names));
        let Buffers {
            decimal,
            folded,
            folded_other,
            ..
        } = &mut *self.buffers;
        let (Some(name), Some(own)) = (name, text_of(leaf, decimal)) else {
            return false;
        };
        if !reference.cased {
            fold_into(own, folded);
        }
        let own = if reference.cased { own } else { &**folded };
        let mut held = false;
        present.each(names, view, name, |other| {
            let other = other.text();
            held = other.is_some_and(|other| {
                if reference.cased {
                    return placed(reference.place, own, &other);
                }
                fold_into(&other, folded_other);
                placed(reference.place, own, folded_other)
            });
            !held
        });
        held
    }
}

impl Answers for Run<'_> {
    fn bits(&self) -> &[u64] {
        &self.buffers.bits
    }

    fn test(&mut self, id: TestId) -> bool {
        let partition = self.partition;
        let Some(test) = partition.tests.get(index(id)) else {
            return false;
        };
        let event = self.buffers.event;
        let known = self.buffers.answers.get(index(id)).copied();
        if known.is_some_and(|known| known >> 1 == event) {
            return known.is_some_and(|known| known & 1 == 1);
        }
        let needed = test.needs.as_ref().is_none_or(|needs| {
            let mut needs = needs.iter();
            needs.any(|bit| {
                let word = self.buffers.bits.get(index(bit >> 6));
                word.is_some_and(|word| (word >> (bit & 63)) & 1 == 1)
            })
        });
        let held = needed && self.make(test);
        if let Some(answer) = self.buffers.answers.get_mut(index(id)) {
            *answer = event << 1 | u64::from(held);
        }
        held
    }
}

fn placed(place: Place, own: &str, other: &str) -> bool {
    match place {
        Place::Whole => own == other,
        Place::Start => own.starts_with(other),
        Place::End => own.ends_with(other),
        Place::Anywhere => own.contains(other),
    }
}

/// A value as text, written into a buffer where it is none; as [`Leaf::text`] says it.
fn text_of<'t>(leaf: Leaf<'t>, buffer: &'t mut String) -> Option<&'t str> {
    Some(match leaf {
        Leaf::Text(text) => text,
        Leaf::Bool(true) => "true",
        Leaf::Bool(false) => "false",
        Leaf::Null | Leaf::Container => return None,
        Leaf::Int(number) => written(buffer, number),
        Leaf::Unsigned(number) => written(buffer, number),
        Leaf::Float(number) => written(buffer, number),
        Leaf::Ip(ip) => written(buffer, ip),
    })
}

fn written(buffer: &mut String, value: impl std::fmt::Display) -> &str {
    buffer.clear();
    // Writing to a text does not fail.
    let _written = write!(buffer, "{value}");
    buffer
}

fn grow(list: &mut Vec<u64>, length: usize) {
    if list.len() < length {
        list.resize(length, 0);
    }
}

fn add(matched: &mut Matched, name: &str, leaf: Leaf<'_>) {
    let known = matched.iter().any(|(field, _)| field == name);
    if matched.len() >= MATCHED_FIELDS || known {
        return;
    }
    let text = leaf.text().unwrap_or_default();
    let end = text.floor_char_boundary(MATCHED_BYTES);
    let text = text.get(..end).unwrap_or_default();
    matched.push((name.to_owned(), text.to_owned()));
}
