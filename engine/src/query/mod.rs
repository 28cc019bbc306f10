//! The query language: one parser and one tree, lowered to the index and matched by hand.
//!
//! `kind:dns AND dns.queries.rrname:*.vn AND NOT source.ip:10.0.0.0/8 AND "exact phrase"`.
//! `field:value` compares the whole value without regard to case, as Sigma does; a bare word or a
//! phrase is looked for in all text of the record. [`Query::matches`] is the slow twin of the
//! index: both must agree on every event.

mod matches;
mod parse;
mod pattern;
mod value;
mod words;

use std::ops::Bound;

use event::{Name, Time};
use ipnet::IpNet;
use serde::Deserialize;

pub use pattern::Pattern;
pub(crate) use words::{Word, begins, belongs, words};

/// What a query may ask for; every field is a key under `[limits.query]`.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct QueryLimits {
    /// The longest query, in bytes.
    pub bytes: usize,
    /// The deepest nesting of parentheses and NOT; each level is one of recursion.
    pub depth: usize,
    /// The most clauses.
    pub clauses: usize,
}

impl Default for QueryLimits {
    fn default() -> Self {
        Self {
            bytes: 8 * 1024,
            depth: 50,
            clauses: 500,
        }
    }
}

/// What is looked for.
#[derive(Clone, Debug)]
pub enum Query {
    /// Every event.
    All,
    /// All of these.
    And(Vec<Self>),
    /// At least one of these.
    Or(Vec<Self>),
    /// Not this.
    Not(Box<Self>),
    /// A field with a test on its values: at least one value passes.
    Field(Name, Test),
    /// These words one after another in one text of the record, lower case; one without Vietnamese marks stands for
    /// those with them too.
    Words(Vec<String>),
    /// A word of a text of the record that matches, as it is written or without its marks.
    Word(Pattern),
}

/// A test on one value.
#[derive(Clone, Debug)]
pub enum Test {
    /// The field is there, even as null.
    Exists,
    /// The whole value, lower case; a number and an address also by its value.
    Equals(String),
    /// The whole value matches.
    Matches(Pattern),
    /// An address of this network.
    Cidr(IpNet),
    /// A number, or numeric text, between these.
    Range(Bound<f64>, Bound<f64>),
    /// For `time`: a moment between these.
    Time(Bound<Time>, Bound<Time>),
}

/// A whole number that `f64` holds exactly may be compared by value; a larger one only as text.
pub(crate) fn exact_number(text: &str) -> Option<f64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    event::Leaf::Text(text)
        .number()
        .filter(|number| number.abs() < EXACT)
}

/// A value that is an address is equal however it is written.
pub(crate) fn address(text: &str) -> Option<std::net::IpAddr> {
    event::Leaf::Text(text).ip()
}
