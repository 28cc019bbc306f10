//! Shapes: which paths a document has, said by one number.
//!
//! A source writes events of a few dozen forms. A term for each path of each event would say the same again and again
//! and cost as much as all values; so a document has the number of its form, and the first that has a form brings what
//! the number means. The shapes of a partition are also the list of its fields.

use std::collections::{BTreeSet, HashMap, HashSet};

use event::{Core, Fields as Leaves, MAX_TERM_BYTES};
use tantivy::schema::Field;
use tantivy::{Searcher, TantivyDocument, Term};

use super::deadline::Deadline;
use super::schema::SEPARATOR;
use crate::error::Result;

/// A partition has at most so many shapes; the paths of further events are terms of their own.
pub(super) const MAX_SHAPES: usize = 4_096;
/// The longest list of paths that is a shape, in bytes.
const MAX_BYTES: usize = 16 << 10;
/// Shapes that are looked at between two looks at the clock.
const LOOK_EVERY: usize = 64;
/// Stands between the core fields and the paths of the record.
const MIDDLE: u8 = 2;
/// What the terms begin with: the number of a document's shape, what a number means, a path of a document without.
const NUMBER: u8 = b's';
pub(super) const MEANING: u8 = b'd';
const CORE_PATH: u8 = b'c';
pub(super) const RECORD_PATH: u8 = b'r';

/// The shapes that a partition has.
#[derive(Debug, Default)]
pub(super) struct Shapes {
    known: HashMap<Box<[u8]>, u32>,
    /// The list of the event at hand; kept for its buffer.
    list: Vec<u8>,
}

impl Shapes {
    /// The shapes that are committed.
    pub(super) fn load(searcher: &Searcher, field: Field) -> Result<Self> {
        let mut shapes = Self::default();
        each(searcher, field, &|| false, |number, list| {
            shapes.known.insert(list.into(), number);
        })?;
        Ok(shapes)
    }

    /// Adds an event's paths to its document. Says whether all could be.
    pub(super) fn add(
        &mut self,
        document: &mut TantivyDocument,
        field: Field,
        core: &Core,
        leaves: &Leaves,
    ) -> bool {
        let mut whole = true;
        self.list.clear();
        for (core, _) in core.iter() {
            append(&mut self.list, core.name());
        }
        self.list.push(MIDDLE);
        let paths = distinct(leaves);
        for path in &paths {
            let fits = path.len() <= MAX_TERM_BYTES / 2 && !path.contains(SEPARATOR);
            whole &= fits;
            if fits {
                append(&mut self.list, path);
            }
        }
        let next = self.known.len();
        if let Some(number) = self.known.get(self.list.as_slice()) {
            document.add_bytes(field, &term(NUMBER, &number.to_be_bytes()));
        } else if let (Ok(number), true) = (
            u32::try_from(next),
            next < MAX_SHAPES && self.list.len() <= MAX_BYTES,
        ) {
            document.add_bytes(field, &term(NUMBER, &number.to_be_bytes()));
            let mut meaning = term(MEANING, &number.to_be_bytes());
            meaning.extend_from_slice(&self.list);
            document.add_bytes(field, &meaning);
            self.known.insert(self.list.as_slice().into(), number);
        } else {
            for (core, _) in core.iter() {
                document.add_bytes(field, &term(CORE_PATH, core.name().as_bytes()));
            }
            for path in paths.iter().filter(|path| path.len() <= MAX_TERM_BYTES / 2) {
                document.add_bytes(field, &term(RECORD_PATH, path.as_bytes()));
            }
        }
        whole
    }
}

fn append(list: &mut Vec<u8>, path: &str) {
    list.extend_from_slice(path.as_bytes());
    list.push(SEPARATOR as u8);
}

fn term(tag: u8, value: &[u8]) -> Vec<u8> {
    let mut term = Vec::with_capacity(value.len() + 1);
    term.push(tag);
    term.extend_from_slice(value);
    term
}

/// The paths of a record, each once: an array of any length has one shape.
fn distinct(leaves: &Leaves) -> Vec<&str> {
    /// Up to here looking through the list is quicker than a table.
    const FEW: usize = 48;
    let mut paths: Vec<&str> = Vec::with_capacity(leaves.len().min(256));
    let mut seen = HashSet::new();
    for (path, _) in leaves.iter() {
        if paths.len() < FEW {
            if !paths.contains(&path) {
                paths.push(path);
            }
            continue;
        }
        if seen.is_empty() {
            seen.extend(paths.iter().copied());
        }
        if seen.insert(path) {
            paths.push(path);
        }
    }
    paths
}

/// The terms of the documents that have a path; of those that were looked at before the deadline.
pub(super) fn having(
    (searcher, field): (&Searcher, Field),
    core: bool,
    path: &str,
    deadline: &Deadline,
) -> Result<Vec<Term>> {
    let tag = if core { CORE_PATH } else { RECORD_PATH };
    let mut terms = vec![Term::from_field_bytes(field, &term(tag, path.as_bytes()))];
    let mut numbers = BTreeSet::new();
    each(searcher, field, &|| deadline.look(), |number, list| {
        let mut halves = list.splitn(2, |byte| *byte == MIDDLE);
        let (first, second) = (
            halves.next().unwrap_or_default(),
            halves.next().unwrap_or_default(),
        );
        let half = if core { first } else { second };
        let has = half
            .split(|byte| *byte == SEPARATOR as u8)
            .any(|held| held == path.as_bytes());
        if has {
            numbers.insert(number);
        }
    })?;
    terms.extend(
        numbers
            .iter()
            .map(|number| Term::from_field_bytes(field, &term(NUMBER, &number.to_be_bytes()))),
    );
    Ok(terms)
}

/// Gives each path of a record that the shapes have, until told to stop; a path may be given more than once.
pub(super) fn record_paths(
    searcher: &Searcher,
    field: Field,
    stop: &dyn Fn() -> bool,
    mut visit: impl FnMut(&str),
) -> Result<()> {
    each(searcher, field, stop, |_, list| {
        let half = list.splitn(2, |byte| *byte == MIDDLE).nth(1);
        let paths = half
            .unwrap_or_default()
            .split(|byte| *byte == SEPARATOR as u8);
        for path in paths.filter_map(|path| std::str::from_utf8(path).ok()) {
            if !path.is_empty() {
                visit(path);
            }
        }
    })
}

/// Gives each shape's number and list, until told to stop; a shape may be given more than once.
fn each(
    searcher: &Searcher,
    field: Field,
    stop: &dyn Fn() -> bool,
    mut visit: impl FnMut(u32, &[u8]),
) -> Result<()> {
    let mut looked = 0_usize;
    for segment in searcher.segment_readers() {
        let inverted = segment.inverted_index(field)?;
        let range = inverted.terms().range().ge([MEANING]).lt([MEANING + 1]);
        let mut stream = range.into_stream().map_err(tantivy::TantivyError::from)?;
        while stream.advance() {
            looked += 1;
            if looked.is_multiple_of(LOOK_EVERY) && stop() {
                return Ok(());
            }
            let meaning = stream
                .key()
                .get(1..)
                .and_then(<[u8]>::split_first_chunk::<4>);
            if let Some((number, list)) = meaning {
                visit(u32::from_be_bytes(*number), list);
            }
        }
    }
    Ok(())
}
