//! Expressions of all rules as one graph of steps: each step asks one thing and names where to go
//! on for yes and for no. Equal steps are one, so rules that end alike share their ends.

use std::collections::HashMap;

use super::expression::{Bit, Expression, TestId};
use super::names::index;

/// The steps of a partition's rules.
#[derive(Debug, Default)]
pub(super) struct Program {
    steps: Vec<Step>,
    masks: Vec<Mask>,
    known: HashMap<Step, u32>,
    known_masks: HashMap<Vec<Mask>, (u32, u32)>,
}

/// One question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Step {
    ask: Ask,
    yes: u32,
    no: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Ask {
    Bit(Bit),
    /// One of several bits: a range of masks.
    Masks(u32, u32),
    Test(TestId),
}

/// Bits of one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Mask {
    word: u32,
    bits: u64,
}

/// The rule holds.
const YES: u32 = u32::MAX;
/// It does not.
const NO: u32 = u32::MAX - 1;

/// What a program asks.
pub(super) trait Answers {
    /// The bits that are set.
    fn bits(&self) -> &[u64];
    /// Whether a test holds.
    fn test(&mut self, test: TestId) -> bool;
}

impl Program {
    /// Adds a rule; where it begins.
    pub(super) fn add(&mut self, expression: &Expression) -> u32 {
        self.emit(expression, YES, NO)
    }

    /// Forgets what only adding needs.
    pub(super) fn finish(&mut self) {
        self.known = HashMap::new();
        self.known_masks = HashMap::new();
        self.steps.shrink_to_fit();
        self.masks.shrink_to_fit();
    }

    /// From the end to the beginning: what follows is known when a step is made.
    fn emit(&mut self, expression: &Expression, yes: u32, no: u32) -> u32 {
        match expression {
            Expression::All(parts) => {
                let mut next = yes;
                for part in cheapest_last(parts) {
                    next = self.emit(part, next, no);
                }
                next
            }
            Expression::Any(parts) => {
                let mut next = no;
                for part in cheapest_last(parts) {
                    next = self.emit(part, yes, next);
                }
                next
            }
            Expression::Not(inner) => self.emit(inner, no, yes),
            Expression::Bits(_, bits) => {
                let ask = self.bits(bits);
                self.step(Step { ask, yes, no })
            }
            Expression::Test(test) => self.step(Step {
                ask: Ask::Test(*test),
                yes,
                no,
            }),
        }
    }

    fn bits(&mut self, bits: &[Bit]) -> Ask {
        if let [bit] = bits {
            return Ask::Bit(*bit);
        }
        let mut masks: Vec<Mask> = Vec::new();
        // They are in order.
        for bit in bits {
            let (word, one) = (bit >> 6, 1_u64 << (bit & 63));
            match masks.last_mut() {
                Some(mask) if mask.word == word => mask.bits |= one,
                _ => masks.push(Mask { word, bits: one }),
            }
        }
        if let Some((from, to)) = self.known_masks.get(&masks) {
            return Ask::Masks(*from, *to);
        }
        let from = place(self.masks.len());
        self.masks.extend_from_slice(&masks);
        let to = place(self.masks.len());
        self.known_masks.insert(masks, (from, to));
        Ask::Masks(from, to)
    }

    fn step(&mut self, step: Step) -> u32 {
        if step.yes == step.no {
            return step.yes;
        }
        let new = place(self.steps.len());
        let known = *self.known.entry(step).or_insert(new);
        if known == new {
            self.steps.push(step);
        }
        known
    }

    /// Whether the rule that begins at `start` holds. Every step leads to one made before it, so
    /// this ends.
    pub(super) fn holds(&self, start: u32, answers: &mut impl Answers) -> bool {
        let mut at = start;
        while let Some(step) = self.steps.get(index(at)) {
            let held = match step.ask {
                Ask::Bit(bit) => {
                    let word = answers.bits().get(index(bit >> 6));
                    word.is_some_and(|word| (word >> (bit & 63)) & 1 == 1)
                }
                Ask::Masks(from, to) => {
                    let masks = self.masks.get(index(from)..index(to)).unwrap_or_default();
                    let bits = answers.bits();
                    masks.iter().any(|mask| {
                        let word = bits.get(index(mask.word)).copied().unwrap_or_default();
                        word & mask.bits != 0
                    })
                }
                Ask::Test(test) => answers.test(test),
            };
            at = if held { step.yes } else { step.no };
        }
        at == YES
    }
}

/// Bits are asked before what needs a test.
fn cheapest_last(parts: &[Expression]) -> Vec<&Expression> {
    let mut parts: Vec<&Expression> = parts.iter().collect();
    parts.sort_by_key(|part| std::cmp::Reverse(cost(part)));
    parts
}

fn cost(expression: &Expression) -> usize {
    match expression {
        Expression::Bits(_, bits) => bits.len(),
        Expression::Test(_) => 10_000,
        Expression::Not(inner) => cost(inner),
        Expression::All(parts) | Expression::Any(parts) => {
            parts.iter().map(cost).fold(1, usize::saturating_add)
        }
    }
}

fn place(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(NO)
}
