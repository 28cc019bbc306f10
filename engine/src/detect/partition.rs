//! The rules that may hold for events of the same log sources, compiled together: for each field
//! tables of literals, for each literal the rules that it wakes, and the rules as one program.

use event::Leaf;

use super::engine::Compiled;
use super::expression::{Atoms, Bit, Expression, LazyTest, Literal, SlotAtoms, SlotId};
use super::names::{NameId, Names, index};
use super::needles::Needles;
use super::program::Program;
use super::trie::{Branch, Trie};
use super::witness;
use crate::rule::Pattern;

/// A partition. Immutable.
#[derive(Debug, Default)]
pub(super) struct Partition {
    /// Which one of its engine it is.
    pub(super) number: u32,
    pub(super) slots: Vec<Slot>,
    /// What the numbers that tables give stand for.
    outs: Vec<Out>,
    patterns: Vec<Pattern>,
    /// For each bit a range of `woken`.
    wakes: Vec<(u32, u32)>,
    woken: Vec<u32>,
    pub(super) entries: Vec<Entry>,
    /// Entries that are looked at for every event.
    pub(super) always: Vec<u32>,
    pub(super) program: Program,
    pub(super) tests: Vec<LazyTest>,
    /// Words of bits.
    pub(super) words: usize,
}

/// A rule in a partition.
#[derive(Debug)]
pub(super) struct Entry {
    /// Its place among all rules.
    pub(super) rule: usize,
    /// Where its program begins.
    pub(super) start: u32,
    /// To show what matched.
    pub(super) expression: Expression,
}

/// A field with its tables.
#[derive(Debug)]
pub(super) struct Slot {
    /// Which one of its partition it is.
    pub(super) number: SlotId,
    /// None: keywords.
    pub(super) names: Vec<NameId>,
    pub(super) present: Bit,
    /// Values and beginnings.
    starts: Trie,
    ends: Trie,
    inside: Needles,
    /// Numbers, for values that are not whole.
    numbers: Vec<(f64, Bit)>,
    /// Bytes of the shortest literal.
    shortest: usize,
    /// Whether a literal may be found in a value that is no text.
    beyond_text: bool,
}

/// What it means that a literal was found.
#[derive(Clone, Copy, Debug)]
pub(super) struct Out {
    pub(super) bit: Bit,
    /// This must match, too.
    pub(super) pattern: Option<u32>,
}

impl Partition {
    /// Compiles rules by their places.
    pub(super) fn new(number: u32, rules: &[Compiled], places: &[usize], names: &Names) -> Self {
        let mut atoms = Atoms::default();
        let mut expressions = Vec::new();
        let mut chosen = Vec::new();
        for place in places {
            let Some(rule) = rules.get(*place) else {
                continue;
            };
            expressions.push(atoms.expression(&rule.condition, &rule.searches, names));
            chosen.push(*place);
        }
        let mut partition = Self {
            number,
            words: index(atoms.bits).div_ceil(64),
            ..Self::default()
        };
        partition.wake(&expressions, &atoms);
        for (rule, expression) in chosen.into_iter().zip(expressions) {
            let start = partition.program.add(&expression);
            partition.entries.push(Entry {
                rule,
                start,
                expression,
            });
        }
        partition.program.finish();
        let slots = std::mem::take(&mut atoms.slots);
        let slots = (0..).zip(slots);
        partition.slots = slots
            .map(|(number, slot)| partition.slot(number, slot))
            .collect();
        partition.tests = atoms.tests;
        partition
    }

    /// Chooses the witnesses of each rule.
    fn wake(&mut self, expressions: &[Expression], atoms: &Atoms) {
        let weights = witness::weights(atoms, expressions);
        let mut by_bit: Vec<Vec<u32>> = vec![Vec::new(); index(atoms.bits)];
        for (entry, expression) in (0_u32..).zip(expressions) {
            let Some(bits) = witness::choose(expression, atoms, &weights) else {
                self.always.push(entry);
                continue;
            };
            for bit in bits {
                if let Some(woken) = by_bit.get_mut(index(bit)) {
                    woken.push(entry);
                }
            }
        }
        for woken in by_bit {
            let from = self.woken.len();
            self.woken.extend(woken);
            let (from, to) = (u32::try_from(from), u32::try_from(self.woken.len()));
            self.wakes
                .push((from.unwrap_or_default(), to.unwrap_or_default()));
        }
    }

    fn slot(&mut self, number: SlotId, atoms: SlotAtoms) -> Slot {
        let mut numbers = Vec::new();
        let mut ready = Vec::new();
        for (literal, bit) in &atoms.literals {
            let pattern = match literal {
                Literal::Pattern(_, pattern) => {
                    self.patterns.push(pattern.clone());
                    u32::try_from(self.patterns.len() - 1).ok()
                }
                Literal::Number(value, _) => {
                    numbers.push((f64::from_bits(*value), *bit));
                    None
                }
                _ => None,
            };
            let out = u32::try_from(self.outs.len()).unwrap_or(u32::MAX);
            self.outs.push(Out { bit: *bit, pattern });
            ready.push((literal, out));
        }
        let starts = ready.iter().filter_map(|(literal, out)| match literal {
            Literal::Whole(text) | Literal::Number(_, text) => {
                Some(branch(text, false, true, *out))
            }
            Literal::Start(text) => Some(branch(text, false, false, *out)),
            _ => None,
        });
        let ends = ready.iter().filter_map(|(literal, out)| match literal {
            Literal::End(text) => Some(branch(text, true, false, *out)),
            _ => None,
        });
        let inside = ready.iter().filter_map(|(literal, out)| match literal {
            Literal::Inside(text) | Literal::Pattern(text, _) => Some((text.as_bytes(), *out)),
            _ => None,
        });
        let texts = ready.iter().map(|(literal, _)| literal.text());
        Slot {
            number,
            shortest: texts.clone().map(str::len).min().unwrap_or(usize::MAX),
            beyond_text: texts.into_iter().any(may_be_beyond_text),
            names: atoms.names,
            present: atoms.present,
            starts: Trie::new(starts),
            ends: Trie::new(ends),
            inside: Needles::new(inside),
            numbers,
        }
    }

    /// The entries that a bit wakes.
    pub(super) fn woken(&self, bit: Bit) -> &[u32] {
        let range = self.wakes.get(index(bit)).copied().unwrap_or_default();
        let woken = self.woken.get(index(range.0)..index(range.1));
        woken.unwrap_or_default()
    }

    /// What a number of a table stands for.
    pub(super) fn out(&self, out: u32) -> Option<Out> {
        self.outs.get(index(out)).copied()
    }

    /// A pattern.
    pub(super) fn pattern(&self, place: u32) -> Option<&Pattern> {
        self.patterns.get(index(place))
    }

    /// A slot.
    pub(super) fn slot_at(&self, slot: SlotId) -> Option<&Slot> {
        self.slots.get(index(slot))
    }
}

impl Slot {
    /// Whether it is every value and no field.
    pub(super) fn is_keywords(&self) -> bool {
        self.names.is_empty()
    }

    /// Whether any literal is looked for.
    pub(super) fn has_literals(&self) -> bool {
        !(self.starts.is_empty() && self.ends.is_empty() && self.inside.is_empty())
    }

    /// Whether looking through a value takes so long that it is worth remembering.
    pub(super) fn is_thorough(&self) -> bool {
        self.inside.is_thorough()
    }

    /// Whether a literal may be in a value; what is beyond ASCII may change its length when folded.
    pub(super) fn may_have(&self, leaf: Leaf<'_>) -> bool {
        match leaf {
            Leaf::Text(text) => text.len() >= self.shortest || !text.is_ascii(),
            Leaf::Null | Leaf::Container => false,
            _ => self.beyond_text,
        }
    }

    /// Adds the numbers of the literals that a text has; it is folded, or ASCII.
    pub(super) fn find(&self, text: &str, hits: &mut Vec<u32>) {
        if !self.starts.is_empty() {
            self.starts.walk(text.bytes(), hits);
        }
        if !self.ends.is_empty() {
            self.ends.walk(text.bytes().rev(), hits);
        }
        self.inside.find(text.as_bytes(), hits);
    }

    /// The bits of the numbers that a value equals.
    pub(super) fn equal(&self, value: f64) -> impl Iterator<Item = Bit> {
        let equal = self
            .numbers
            .iter()
            .filter(move |(number, _)| *number == value);
        equal.map(|(_, bit)| *bit)
    }
}

/// Whether a literal consists of what numbers, truth values and addresses are written with.
fn may_be_beyond_text(literal: &str) -> bool {
    let number = |byte: u8| byte.is_ascii_hexdigit() || matches!(byte, b'-' | b'+' | b'.' | b':');
    literal.bytes().all(number) || "true false inf nan".contains(literal)
}

fn branch(text: &str, reversed: bool, closed: bool, out: u32) -> Branch<'_> {
    Branch {
        text: text.as_bytes(),
        reversed,
        closed,
        out,
    }
}
