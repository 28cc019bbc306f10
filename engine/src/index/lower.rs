//! A query lowered to tantivy, for one partition.

use std::ops::Bound;

use event::{Envelope, Name, Time};
use ipnet::IpNet;
use tantivy::query::{
    AllQuery, BooleanQuery, ConstScoreQuery, EmptyQuery, Occur, PhraseQuery, Query as Lowered,
    RangeQuery, TermQuery, TermSetQuery,
};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{Searcher, Term};

use super::deadline::Deadline;
use super::phrase::Phrase;
use super::schema::{self, Fields, SEPARATOR};
use crate::error::{Error, Result};
use crate::query::{Pattern, Query, Test, exact_number};

/// The most different values of a field that one pattern may match in a partition.
const MAX_PATTERN_TERMS: usize = 200_000;

/// Terms that a pattern is tried on between two looks at the clock.
const LOOK_EVERY: usize = 4_096;

/// Lowers queries for one partition.
pub(super) struct Lower<'a> {
    pub(super) searcher: &'a Searcher,
    pub(super) fields: Fields,
    pub(super) deadline: &'a Deadline,
}

impl Lower<'_> {
    /// A query that matches exactly the events that [`Query::matches`] does.
    pub(super) fn query(&self, query: &Query) -> Result<Box<dyn Lowered>> {
        Ok(match query {
            Query::All => Box::new(AllQuery),
            Query::And(parts) => self.all_of(parts)?,
            Query::Or(parts) => {
                let parts: Result<Vec<_>> = parts.iter().map(|part| self.query(part)).collect();
                Box::new(BooleanQuery::union(parts?))
            }
            Query::Not(part) => Box::new(BooleanQuery::new(vec![
                (Occur::Must, Box::new(AllQuery) as Box<dyn Lowered>),
                (Occur::MustNot, self.query(part)?),
            ])),
            Query::Words(words) => self.words(words),
            Query::Word(pattern) => self.pattern(self.fields.words, "", "the words", pattern)?,
            Query::Field(Name::Envelope(Envelope::Time | Envelope::Seen), test) => match test {
                Test::Time(low, high) => self.time(*low, *high),
                Test::Exists => Box::new(AllQuery),
                _ => Box::new(EmptyQuery),
            },
            Query::Field(Name::Envelope(Envelope::Id), test) => self.id(test),
            Query::Field(name, test) => self.test(name, test)?,
        })
    }

    /// Negations stand beside what they are taken from, not beside every event.
    fn all_of(&self, parts: &[Query]) -> Result<Box<dyn Lowered>> {
        let mut clauses: Vec<(Occur, Box<dyn Lowered>)> = Vec::new();
        for part in parts {
            clauses.push(match part {
                Query::Not(inner) => (Occur::MustNot, self.query(inner)?),
                part => (Occur::Must, self.query(part)?),
            });
        }
        if clauses.iter().all(|(occur, _)| *occur == Occur::MustNot) {
            clauses.push((Occur::Must, Box::new(AllQuery)));
        }
        Ok(Box::new(BooleanQuery::new(clauses)))
    }

    /// Events of any of these sites.
    pub(super) fn sites(&self, sites: &[event::Text]) -> Box<dyn Lowered> {
        let path = Envelope::Site.name();
        let terms = sites.iter().map(|site| {
            Term::from_field_text(self.fields.core_terms, &schema::text_term(path, site))
        });
        Box::new(TermSetQuery::new(terms))
    }

    /// Events between two moments.
    pub(super) fn time(&self, low: Bound<Time>, high: Bound<Time>) -> Box<dyn Lowered> {
        let term = |time: Time| Term::from_field_i64(self.fields.time, time.micros());
        range(low.map(term), high.map(term))
    }

    /// Events that come after a place in the order newest first.
    pub(super) fn after(&self, time: Time, position: u64) -> Box<dyn Lowered> {
        let same_time = BooleanQuery::intersection(vec![
            self.time(Bound::Included(time), Bound::Included(time)),
            range(
                Bound::Unbounded,
                Bound::Excluded(Term::from_field_u64(self.fields.position, position)),
            ),
        ]);
        let older = self.time(Bound::Unbounded, Bound::Excluded(time));
        Box::new(BooleanQuery::union(vec![older, Box::new(same_time)]))
    }

    fn id(&self, test: &Test) -> Box<dyn Lowered> {
        match test {
            Test::Exists => Box::new(AllQuery),
            Test::Equals(id) => term(Term::from_field_text(self.fields.id, id)),
            _ => Box::new(EmptyQuery),
        }
    }

    fn words(&self, words: &[String]) -> Box<dyn Lowered> {
        let mut terms: Vec<Term> = words
            .iter()
            .map(|word| Term::from_field_text(self.fields.words, word))
            .collect();
        match terms.len() {
            0 => Box::new(EmptyQuery),
            1 => terms
                .pop()
                .map_or_else(|| Box::new(EmptyQuery) as Box<dyn Lowered>, term),
            _ => Box::new(Phrase(PhraseQuery::new(terms))),
        }
    }

    fn test(&self, name: &Name, test: &Test) -> Result<Box<dyn Lowered>> {
        let (terms, ordered) = match name {
            Name::Record(_) => (self.fields.record_terms, self.fields.record_ordered),
            _ => (self.fields.core_terms, self.fields.core_ordered),
        };
        let path = name.text();
        Ok(match test {
            Test::Exists => term(Term::from_field_text(terms, path)),
            Test::Equals(value) => equals(terms, ordered, path, value),
            Test::Matches(pattern) => {
                self.pattern(terms, &format!("{path}{SEPARATOR}"), path, pattern)?
            }
            Test::Cidr(cidr) => network(ordered, path, cidr),
            Test::Range(low, high) => {
                let (least, most) = schema::tag_bounds(path, b'n');
                let bytes = |number| schema::number_term(path, number);
                let low = or_bound(low.map(bytes), Bound::Included(least));
                let high = or_bound(high.map(bytes), Bound::Excluded(most));
                let bytes = |bytes: Vec<u8>| Term::from_field_bytes(ordered, &bytes);
                range(low.map(bytes), high.map(bytes))
            }
            Test::Time(..) => Box::new(EmptyQuery),
        })
    }

    /// Every value in this partition, behind the terms' common beginning, that the pattern matches.
    fn pattern(
        &self,
        field: Field,
        values: &str,
        name: &str,
        pattern: &Pattern,
    ) -> Result<Box<dyn Lowered>> {
        let start = format!("{values}{}", pattern.prefix());
        let (mut found, mut looked) = (Vec::new(), 0_usize);
        for segment in self.searcher.segment_readers() {
            let inverted = segment.inverted_index(field)?;
            let mut stream = inverted
                .terms()
                .range()
                .ge(start.as_bytes())
                .into_stream()
                .map_err(tantivy::TantivyError::from)?;
            while stream.advance() {
                looked += 1;
                if looked.is_multiple_of(LOOK_EVERY) && self.deadline.look() {
                    break;
                }
                let Ok(key) = std::str::from_utf8(stream.key()) else {
                    continue;
                };
                if !key.starts_with(&start) {
                    break;
                }
                if key
                    .strip_prefix(values)
                    .is_some_and(|value| pattern.matches(value))
                {
                    found.push(Term::from_field_text(field, key));
                }
                if found.len() > MAX_PATTERN_TERMS {
                    return Err(Error::Query {
                        column: 1,
                        problem: format!(
                            "the pattern on {name} matches too many values; begin it with text"
                        ),
                    });
                }
            }
        }
        Ok(Box::new(TermSetQuery::new(found)))
    }
}

fn equals(terms: Field, ordered: Field, path: &str, value: &str) -> Box<dyn Lowered> {
    let text = term(Term::from_field_text(
        terms,
        &schema::text_term(path, value),
    ));
    let mut either = vec![text];
    if let Some(number) = exact_number(value) {
        let number = schema::number_term(path, number);
        either.push(term(Term::from_field_bytes(ordered, &number)));
    }
    Box::new(BooleanQuery::union(either))
}

fn network(ordered: Field, path: &str, cidr: &IpNet) -> Box<dyn Lowered> {
    let (low, high) = schema::network_bounds(path, cidr);
    let bytes = |bytes: Vec<u8>| Bound::Included(Term::from_field_bytes(ordered, &bytes));
    range(bytes(low), bytes(high))
}

fn range(low: Bound<Term>, high: Bound<Term>) -> Box<dyn Lowered> {
    if matches!((&low, &high), (Bound::Unbounded, Bound::Unbounded)) {
        return Box::new(AllQuery);
    }
    Box::new(RangeQuery::new(low, high))
}

fn or_bound<T>(bound: Bound<T>, otherwise: Bound<T>) -> Bound<T> {
    if matches!(bound, Bound::Unbounded) {
        otherwise
    } else {
        bound
    }
}

fn term(term: Term) -> Box<dyn Lowered> {
    let query = TermQuery::new(term, IndexRecordOption::Basic);
    Box::new(ConstScoreQuery::new(Box::new(query), 1.0))
}
