//! The slow twin of the index: tests a query on one event, value by value.

use std::ops::{Bound, RangeBounds};

use event::{Envelope, Leaf, Name, View};

use super::{Query, Test, Word, address, exact_number, words};

impl Query {
    /// Whether an event is what is looked for.
    pub fn matches(&self, view: View<'_>) -> bool {
        match self {
            Self::All => true,
            Self::And(parts) => parts.iter().all(|part| part.matches(view)),
            Self::Or(parts) => parts.iter().any(|part| part.matches(view)),
            Self::Not(part) => !part.matches(view),
            Self::Words(wanted) => has_words(view, |held| {
                held.windows(wanted.len().max(1)).any(|run| {
                    let mut pairs = run.iter().zip(wanted);
                    pairs.all(|(word, wanted)| word.is(wanted))
                })
            }),
            Self::Word(pattern) => has_words(view, |held| {
                held.iter().any(|word| {
                    let is_bare = !word.bare.is_empty() && pattern.matches(&word.bare);
                    pattern.matches(&word.written) || is_bare
                })
            }),
            Self::Field(Name::Envelope(Envelope::Time), test) => match test {
                Test::Time(low, high) => (*low, *high).contains(&view.event.time),
                Test::Exists => true,
                _ => false,
            },
            Self::Field(Name::Envelope(Envelope::Id), test) => {
                passes(Leaf::Text(&view.event.id.to_string()), test)
            }
            Self::Field(name, test) => view.values(name).into_iter().any(|leaf| passes(leaf, test)),
        }
    }
}

fn passes(leaf: Leaf<'_>, test: &Test) -> bool {
    match test {
        Test::Exists => true,
        Test::Equals(wanted) => {
            let same_text = leaf
                .text()
                .is_some_and(|text| text.to_lowercase() == *wanted);
            let number = exact_number(wanted);
            let ip = address(wanted);
            same_text
                || (number.is_some() && number == leaf.number())
                || (ip.is_some() && ip == leaf.ip())
        }
        Test::Matches(pattern) => leaf
            .text()
            .is_some_and(|text| pattern.matches(&text.to_lowercase())),
        Test::Cidr(cidr) => leaf.ip().is_some_and(|ip| cidr.contains(&ip)),
        Test::Range(low, high) => leaf
            .number()
            .is_some_and(|number| within(number, *low, *high)),
        Test::Time(..) => false,
    }
}

fn within(number: f64, low: Bound<f64>, high: Bound<f64>) -> bool {
    (low, high).contains(&number)
}

fn has_words(view: View<'_>, wanted: impl Fn(&[Word]) -> bool) -> bool {
    view.fields.iter().any(|(_, leaf)| match leaf {
        Leaf::Text(text) => wanted(&words(text).collect::<Vec<_>>()),
        _ => false,
    })
}
