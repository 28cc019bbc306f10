//! A query lowered to tantivy, for one partition.

use std::ops::Bound;

use event::{Envelope, EventId, Name, Time};
use tantivy::query::{
    AllQuery, BooleanQuery, ConstScoreQuery, EmptyQuery, Occur, PhraseQuery, Query as Lowered,
    RangeQuery, TermQuery, TermSetQuery,
};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{Searcher, Term};

use super::deadline::Deadline;
use super::phrase::Phrase;
use super::schema::{self, Fields, Tag};
use super::shape;
use crate::error::{Error, Result};
use crate::query::{Pattern, Query, Test, address, exact_number};

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
            Query::Word(pattern) => self.word(pattern)?,
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
            Term::from_field_bytes(
                self.fields.core,
                &schema::text_term(path, &site.to_lowercase()),
            )
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
        let id: Option<EventId> = match test {
            Test::Exists => return Box::new(AllQuery),
            Test::Equals(id) => id.parse().ok(),
            _ => None,
        };
        let Some(id) = id else {
            return Box::new(EmptyQuery);
        };
        let is = |field, value| {
            let term = Term::from_field_u64(field, value);
            range(Bound::Included(term.clone()), Bound::Included(term))
        };
        Box::new(BooleanQuery::intersection(vec![
            is(self.fields.number, id.number),
            is(self.fields.instance, id.instance.0),
            is(self.fields.lane, id.lane.number().into()),
        ]))
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
        let (values, core) = match name {
            Name::Record(_) => (self.fields.record, false),
            _ => (self.fields.core, true),
        };
        let path = name.text();
        Ok(match test {
            Test::Exists if matches!(name, Name::Envelope(_)) => Box::new(AllQuery),
            Test::Exists => {
                let having = shape::having(
                    (self.searcher, self.fields.shape),
                    core,
                    path,
                    self.deadline,
                )?;
                Box::new(TermSetQuery::new(having))
            }
            Test::Equals(value) => equals(values, path, value),
            Test::Matches(pattern) => self.matching(values, path, pattern)?,
            Test::Cidr(cidr) => {
                let (low, high) = schema::network_bounds(path, cidr, core);
                bytes_range(values, Bound::Included(low), Bound::Included(high))
            }
            Test::Range(low, high) => numbers(values, path, *low, *high),
            Test::Time(..) => Box::new(EmptyQuery),
        })
    }

    /// Every value of a path in this partition that the pattern matches.
    fn matching(&self, values: Field, path: &str, pattern: &Pattern) -> Result<Box<dyn Lowered>> {
        let mut found = Vec::new();
        let mut begin = schema::head(path, Tag::Text);
        let head = begin.len();
        begin.extend_from_slice(pattern.prefix().as_bytes());
        self.each_term(values, &begin, &mut |key| {
            let text = key
                .get(head..)
                .and_then(|text| std::str::from_utf8(text).ok());
            if text.is_some_and(|text| pattern.matches(text)) {
                found.push(Term::from_field_bytes(values, key));
            }
            fits(found.len(), path)
        })?;
        for tag in [Tag::Number, Tag::V4, Tag::V6] {
            if !may_begin(tag, pattern.prefix()) {
                continue;
            }
            let begin = schema::head(path, tag);
            self.each_term(values, &begin, &mut |key| {
                let text = key
                    .get(begin.len()..)
                    .and_then(|value| schema::usual_text(tag, value));
                if text.is_some_and(|text| pattern.matches(&text)) {
                    found.push(Term::from_field_bytes(values, key));
                }
                fits(found.len(), path)
            })?;
        }
        Ok(Box::new(TermSetQuery::new(found)))
    }

    /// Every word in this partition that the pattern matches.
    fn word(&self, pattern: &Pattern) -> Result<Box<dyn Lowered>> {
        let (field, mut found) = (self.fields.words, Vec::new());
        self.each_term(field, pattern.prefix().as_bytes(), &mut |key| {
            if let Ok(word) = std::str::from_utf8(key)
                && pattern.matches(word)
            {
                found.push(Term::from_field_text(field, word));
            }
            fits(found.len(), "the words")
        })?;
        Ok(Box::new(TermSetQuery::new(found)))
    }

    /// Gives every term of a field that begins so, until the deadline.
    fn each_term(
        &self,
        field: Field,
        begin: &[u8],
        visit: &mut dyn FnMut(&[u8]) -> Result<()>,
    ) -> Result<()> {
        let mut looked = 0_usize;
        for segment in self.searcher.segment_readers() {
            let inverted = segment.inverted_index(field)?;
            let range = inverted.terms().range().ge(begin);
            let mut stream = range.into_stream().map_err(tantivy::TantivyError::from)?;
            while stream.advance() && stream.key().starts_with(begin) {
                looked += 1;
                if looked.is_multiple_of(LOOK_EVERY) && self.deadline.look() {
                    return Ok(());
                }
                visit(stream.key())?;
            }
        }
        Ok(())
    }
}

/// Refuses a pattern that matches more values than can be looked for at once.
fn fits(found: usize, name: &str) -> Result<()> {
    if found <= MAX_PATTERN_TERMS {
        return Ok(());
    }
    Err(Error::Query {
        column: 1,
        problem: format!("the pattern on {name} matches too many values; begin it with text"),
    })
}

/// Whether the usual form of a number or address may begin like this.
fn may_begin(tag: Tag, text: &str) -> bool {
    text.bytes().all(|byte| match tag {
        Tag::Number => byte.is_ascii_digit() || matches!(byte, b'-' | b'.'),
        Tag::V4 => byte.is_ascii_digit() || byte == b'.',
        Tag::V6 => byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.'),
        Tag::NearV4 | Tag::NearV6 | Tag::Text => false,
    })
}

fn equals(values: Field, path: &str, value: &str) -> Box<dyn Lowered> {
    let mut terms = vec![schema::text_term(path, value)];
    if let Some(number) = exact_number(value) {
        terms.extend(schema::number_terms(path, number));
    }
    if let Some(ip) = address(value) {
        terms.extend(schema::address_terms(path, ip));
    }
    let terms = terms
        .iter()
        .map(|bytes| term(Term::from_field_bytes(values, bytes)));
    Box::new(BooleanQuery::union(terms.collect()))
}

fn numbers(values: Field, path: &str, low: Bound<f64>, high: Bound<f64>) -> Box<dyn Lowered> {
    let terms = |number| schema::number_terms(path, number);
    let low = match low {
        Bound::Unbounded => Bound::Included(schema::head(path, Tag::Number)),
        Bound::Included(low) => Bound::Included(terms(low).into_iter().next().unwrap_or_default()),
        Bound::Excluded(low) => Bound::Excluded(terms(low).into_iter().last().unwrap_or_default()),
    };
    let high = match high {
        Bound::Unbounded => Bound::Excluded(schema::head(path, Tag::Text)),
        Bound::Included(high) => {
            Bound::Included(terms(high).into_iter().last().unwrap_or_default())
        }
        Bound::Excluded(high) => {
            Bound::Excluded(terms(high).into_iter().next().unwrap_or_default())
        }
    };
    bytes_range(values, low, high)
}

fn bytes_range(field: Field, low: Bound<Vec<u8>>, high: Bound<Vec<u8>>) -> Box<dyn Lowered> {
    let term = |bytes: Vec<u8>| Term::from_field_bytes(field, &bytes);
    range(low.map(term), high.map(term))
}

fn range(low: Bound<Term>, high: Bound<Term>) -> Box<dyn Lowered> {
    if matches!((&low, &high), (Bound::Unbounded, Bound::Unbounded)) {
        return Box::new(AllQuery);
    }
    Box::new(RangeQuery::new(low, high))
}

fn term(term: Term) -> Box<dyn Lowered> {
    let query = TermQuery::new(term, IndexRecordOption::Basic);
    Box::new(ConstScoreQuery::new(Box::new(query), 1.0))
}
