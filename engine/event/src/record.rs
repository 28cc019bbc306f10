//! The record: the source's own fields as JSON bytes, and one pass over them.
//!
//! [`Fields`] flattens a record into (path, leaf) pairs in a single pass without a tree of values:
//! an array's elements share the array's path, a literal dotted key has equal right with nesting.
//! Index, query, Sigma and CEL all read records through it, so a path means the same everywhere.

use std::fmt;
use std::ops::Range;

use crate::leaf::Leaf;
use crate::scan::{self, Frame};

/// The longest record, in bytes (`limits.record`).
pub const MAX_RECORD_BYTES: usize = 1 << 20;
/// The deepest nesting that is indexed.
pub const MAX_DEPTH: usize = 20;
/// The most leaves that are indexed.
pub const MAX_PATHS: usize = 1_000;
/// The longest path that is read, in bytes.
pub const MAX_PATH_BYTES: usize = 4 * 1024;
/// The longest text that is indexed as one value, in bytes.
pub const MAX_TERM_BYTES: usize = 32 * 1024;

/// The source's own fields: one JSON object in UTF-8.
#[derive(Clone, PartialEq, Eq)]
pub struct Record(Vec<u8>);

impl Record {
    /// A record from JSON that its maker knows to be one object.
    pub fn new(json: Vec<u8>) -> Self {
        Self(json)
    }

    /// The JSON bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.0))
    }
}

/// How far a record is read.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Nesting below which nothing is read.
    pub depth: usize,
    /// Leaves after which nothing is read.
    pub paths: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            depth: MAX_DEPTH,
            paths: MAX_PATHS,
        }
    }
}

/// A range of the arena, in half the space.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Span {
    from: u32,
    to: u32,
}

impl Span {
    pub(crate) fn new(from: usize, to: usize) -> Self {
        let short = |place| u32::try_from(place).unwrap_or(u32::MAX);
        Self {
            from: short(from),
            to: short(to),
        }
    }

    pub(crate) fn range(self) -> Range<usize> {
        let place = |short| usize::try_from(short).unwrap_or(usize::MAX);
        place(self.from)..place(self.to)
    }

    pub(crate) fn len(self) -> usize {
        self.range().len()
    }

    pub(crate) fn is_empty(self) -> bool {
        self.from >= self.to
    }
}

/// A value of a record as it is held: texts are ranges of the arena.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Held {
    Null,
    Bool(bool),
    Int(i64),
    Unsigned(u64),
    Float(f64),
    Text(Span),
    Container,
}

/// A record, flattened. Reuse one value for many records: the buffers stay.
#[derive(Clone, Debug, Default)]
pub struct Fields {
    pub(crate) arena: String,
    pub(crate) leaves: Vec<(Span, Held)>,
    pub(crate) partial: Option<&'static str>,
    /// The scan's own, kept for their buffers.
    pub(crate) stack: Vec<Frame>,
    pub(crate) made: Vec<u8>,
}

impl Fields {
    /// Flattens a record.
    pub fn of(record: &Record) -> Self {
        let mut fields = Self::default();
        fields.read(record.bytes(), Limits::default());
        fields
    }

    /// Reads a record in place of what was held. What lies beyond the limits is left out and
    /// [`Fields::partial`] says so; bytes that are not JSON keep what was read before the fault.
    pub fn read(&mut self, json: &[u8], limits: Limits) {
        self.arena.clear();
        self.leaves.clear();
        self.partial = None;
        let (text, whole) = match std::str::from_utf8(json) {
            Ok(text) => (text, true),
            Err(fault) => (longest_text(json, fault.valid_up_to()), false),
        };
        // What stands behind the value makes the whole no JSON, for whoever reads the bytes again.
        if scan::scan(text, limits, self).is_err() || !whole {
            self.partial = Some("not valid JSON");
        }
    }

    /// Why not everything was read, if so.
    pub fn partial(&self) -> Option<&'static str> {
        self.partial
    }

    /// All leaves with their paths, in the order of the record.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Leaf<'_>)> {
        self.leaves
            .iter()
            .map(|(path, held)| (self.slice(*path), self.leaf(*held)))
    }

    /// The leaves at a path: none when the record has no such key, several through an array.
    pub fn at<'a>(&'a self, path: &'a str) -> impl Iterator<Item = Leaf<'a>> {
        self.leaves
            .iter()
            .filter(move |(held, _)| held.len() == path.len() && self.slice(*held) == path)
            .map(|(_, held)| self.leaf(*held))
    }

    /// How many leaves there are.
    pub fn len(&self) -> usize {
        self.leaves.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.leaves.is_empty()
    }

    /// A leaf by its place in the order of the record, with its path.
    pub fn nth(&self, place: usize) -> Option<(&str, Leaf<'_>)> {
        let (path, held) = self.leaves.get(place)?;
        Some((self.slice(*path), self.leaf(*held)))
    }

    fn slice(&self, span: Span) -> &str {
        self.arena.get(span.range()).unwrap_or_default()
    }

    fn leaf(&self, held: Held) -> Leaf<'_> {
        match held {
            Held::Null => Leaf::Null,
            Held::Bool(value) => Leaf::Bool(value),
            Held::Int(number) => Leaf::Int(number),
            Held::Unsigned(number) => Leaf::Unsigned(number),
            Held::Float(number) => Leaf::Float(number),
            Held::Text(span) => Leaf::Text(self.slice(span)),
            Held::Container => Leaf::Container,
        }
    }
}

fn longest_text(bytes: &[u8], length: usize) -> &str {
    let valid = bytes.get(..length).unwrap_or_default();
    std::str::from_utf8(valid).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(json: &str, expected: &[(&str, Leaf<'_>)]) {
        let fields = Fields::of(&Record::new(json.as_bytes().to_vec()));
        assert_eq!(fields.iter().collect::<Vec<_>>(), expected, "{json}");
    }

    #[test]
    fn a_path_passes_through_arrays_and_a_dotted_key_has_equal_right() {
        check(
            r#"{"a":{"b":1},"a.b":"x","c":[{"d":true},{"d":null}],"e":1.5}"#,
            &[
                ("a", Leaf::Container),
                ("a.b", Leaf::Int(1)),
                ("a.b", Leaf::Text("x")),
                ("c", Leaf::Container),
                ("c", Leaf::Container),
                ("c.d", Leaf::Bool(true)),
                ("c", Leaf::Container),
                ("c.d", Leaf::Null),
                ("e", Leaf::Float(1.5)),
            ],
        );
    }

    #[test]
    fn what_lies_beyond_the_limits_is_left_out_and_said() {
        let deep = format!("{}1{}", r#"{"a":"#.repeat(30), "}".repeat(30));
        let fields = Fields::of(&Record::new(deep.into_bytes()));
        assert_eq!(fields.partial(), Some("nested deeper than is read"));
        let wide: Vec<String> = (0..2_000).map(|n| format!("\"k{n}\":{n}")).collect();
        let fields = Fields::of(&Record::new(format!("{{{}}}", wide.join(",")).into_bytes()));
        assert_eq!(fields.iter().count(), MAX_PATHS);
        assert_eq!(fields.partial(), Some("more leaves than are read"));
    }

    #[test]
    fn bytes_that_are_not_json_are_said_and_harm_nothing() {
        for bad in [
            &b"{\"a\":1"[..],
            b"",
            b"\xff\xfe",
            b"{\"a\":\"\xff\"}",
            b"[[[[",
            b"{\"a\":1}}",
            b"{\"a\":1} {\"b\":2}",
        ] {
            let fields = Fields::of(&Record::new(bad.to_vec()));
            assert_eq!(fields.partial(), Some("not valid JSON"), "{bad:?}");
        }
        let bomb = "[".repeat(100_000);
        assert!(
            Fields::of(&Record::new(bomb.into_bytes()))
                .partial()
                .is_some()
        );
    }
}
