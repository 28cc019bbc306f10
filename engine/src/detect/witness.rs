//! What must be seen before a rule can hold: for each rule the set of bits of which one is set
//! whenever it holds, chosen so that it is set as seldom as possible. A rule is looked at only when
//! one of its witnesses was seen; a rule without any is looked at for every event.

use super::expression::{Atoms, Bit, Expression, Literal};
use super::names::index;

/// How often a bit is expected to be set, in millionths of events.
pub(super) type Weights = Vec<u32>;

/// The weights of all bits, by what sets them and by how many rules name it.
pub(super) fn weights(atoms: &Atoms, expressions: &[Expression]) -> Weights {
    let mut weights = vec![0_u32; index(atoms.bits)];
    for slot in &atoms.slots {
        set(&mut weights, slot.present, 800_000);
        for (literal, bit) in &slot.literals {
            set(&mut weights, *bit, usual(literal));
        }
    }
    let mut uses = vec![0_u32; index(atoms.bits)];
    for expression in expressions {
        count(expression, &mut uses);
    }
    for (weight, uses) in weights.iter_mut().zip(uses) {
        // What many rules name is an ordinary thing used in many ways: powershell.exe.
        *weight = weight.saturating_mul(10 + uses) / 10;
    }
    weights
}

fn set(weights: &mut Weights, bit: Bit, weight: u32) {
    if let Some(held) = weights.get_mut(index(bit)) {
        *held = weight;
    }
}

fn usual(literal: &Literal) -> u32 {
    let inside = |text: &str| match text.len() {
        0..=2 => 500_000,
        3 => 150_000,
        4 | 5 => 40_000,
        6..=8 => 15_000,
        9..=15 => 6_000,
        _ => 2_000,
    };
    match literal {
        Literal::Number(..) => 200_000,
        Literal::Whole(text) => inside(text).max(5_000) / 2,
        Literal::Start(text) | Literal::End(text) => inside(text) / 2,
        Literal::Inside(text) | Literal::Pattern(text, _) => inside(text),
    }
}

fn count(expression: &Expression, uses: &mut [u32]) {
    match expression {
        Expression::All(parts) | Expression::Any(parts) => {
            parts.iter().for_each(|part| count(part, uses));
        }
        Expression::Not(inner) => count(inner, uses),
        Expression::Bits(_, bits) => {
            for bit in bits {
                if let Some(uses) = uses.get_mut(index(*bit)) {
                    *uses = uses.saturating_add(1);
                }
            }
        }
        Expression::Test(_) => {}
    }
}

/// The cheapest witnesses of a rule; none when it may hold without any bit.
pub(super) fn choose(
    expression: &Expression,
    atoms: &Atoms,
    weights: &Weights,
) -> Option<Vec<Bit>> {
    let (_, mut bits) = needed(expression, true, atoms, weights)?;
    bits.sort_unstable();
    bits.dedup();
    Some(bits)
}

/// Bits of which one is set whenever the expression is `wanted`, with their weight.
fn needed(
    expression: &Expression,
    wanted: bool,
    atoms: &Atoms,
    weights: &Weights,
) -> Option<(u64, Vec<Bit>)> {
    let weighed = |bits: &[Bit]| {
        let weight = |bit: &Bit| u64::from(weights.get(index(*bit)).copied().unwrap_or(u32::MAX));
        (bits.iter().map(weight).sum(), bits.to_vec())
    };
    match (expression, wanted) {
        (Expression::Not(inner), _) => needed(inner, !wanted, atoms, weights),
        (Expression::All(parts), true) | (Expression::Any(parts), false) => {
            let parts = parts.iter();
            let each = parts.filter_map(|part| needed(part, wanted, atoms, weights));
            each.min_by_key(|(weight, bits)| (*weight, bits.len()))
        }
        (Expression::Any(parts), true) | (Expression::All(parts), false) => {
            let (mut weight, mut bits) = (0_u64, Vec::new());
            for part in parts {
                let (more, others) = needed(part, wanted, atoms, weights)?;
                weight = weight.saturating_add(more);
                bits.extend(others);
            }
            Some((weight, bits))
        }
        (Expression::Bits(_, bits), true) => Some(weighed(bits)),
        (Expression::Test(test), true) => {
            let needs = atoms.tests.get(index(*test))?.needs.as_ref()?;
            Some(weighed(needs))
        }
        (Expression::Bits(..) | Expression::Test(_), false) => None,
    }
}
