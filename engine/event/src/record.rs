//! The record: the source's own fields as JSON bytes, and one pass over them.
//!
//! [`Fields`] flattens a record into (path, leaf) pairs in a single pass without a tree of values:
//! an array's elements share the array's path, a literal dotted key has equal right with nesting.
//! Index, query, Sigma and CEL all read records through it, so a path means the same everywhere.

use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;
use std::ops::Range;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// The longest record, in bytes (`limits.record`).
pub const MAX_RECORD_BYTES: usize = 1 << 20;
/// The deepest nesting that is indexed.
pub const MAX_DEPTH: usize = 20;
/// The most leaves that are indexed.
pub const MAX_PATHS: usize = 1_000;
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

/// One value at the end of a path.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Leaf<'a> {
    /// JSON null.
    Null,
    /// true or false.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A whole number beyond `i64`.
    Unsigned(u64),
    /// Any other number.
    Float(f64),
    /// Text.
    Text(&'a str),
    /// An address (core fields only).
    Ip(IpAddr),
    /// Something is here that has members of its own: it exists, and equals nothing.
    Container,
}

impl<'a> Leaf<'a> {
    /// The value as text: decimal for numbers, `true`/`false`; none for null and containers.
    pub fn text(self) -> Option<Cow<'a, str>> {
        Some(match self {
            Self::Text(text) => Cow::Borrowed(text),
            Self::Bool(true) => Cow::Borrowed("true"),
            Self::Bool(false) => Cow::Borrowed("false"),
            Self::Int(number) => Cow::Owned(number.to_string()),
            Self::Unsigned(number) => Cow::Owned(number.to_string()),
            Self::Float(number) => Cow::Owned(number.to_string()),
            Self::Ip(ip) => Cow::Owned(ip.to_string()),
            Self::Null | Self::Container => return None,
        })
    }

    /// The value as a number; numeric text counts, other text does not.
    pub fn number(self) -> Option<f64> {
        #[expect(
            clippy::cast_precision_loss,
            reason = "ranges compare as f64, as DESIGN §2 says"
        )]
        match self {
            Self::Int(number) => Some(number as f64),
            Self::Unsigned(number) => Some(number as f64),
            Self::Float(number) => Some(number),
            Self::Text(text) => numeric_text(text),
            Self::Null | Self::Bool(_) | Self::Ip(_) | Self::Container => None,
        }
    }

    /// The value as an address, also from text; an IPv4 address written as IPv6 is the IPv4 one.
    pub fn ip(self) -> Option<IpAddr> {
        let ip = match self {
            Self::Ip(ip) => ip,
            Self::Text(text) if text.len() <= 45 => text.parse().ok()?,
            _ => return None,
        };
        Some(ip.to_canonical())
    }
}

/// Decimal text as a number: `-1`, `2.5`, `1e3`; not `inf`, `nan`, `0x1` or padded text.
fn numeric_text(text: &str) -> Option<f64> {
    let first = *text.as_bytes().first()?;
    if text.len() > 32 || !(first.is_ascii_digit() || matches!(first, b'-' | b'+' | b'.')) {
        return None;
    }
    text.parse::<f64>().ok().filter(|number| number.is_finite())
}

#[derive(Clone, Debug)]
enum Held {
    Null,
    Bool(bool),
    Int(i64),
    Unsigned(u64),
    Float(f64),
    Text(Range<usize>),
    Container,
}

/// A record, flattened. Reuse one value for many records: the buffers stay.
#[derive(Clone, Debug, Default)]
pub struct Fields {
    arena: String,
    leaves: Vec<(Range<usize>, Held)>,
    partial: Option<&'static str>,
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
        let mut deserializer = serde_json::Deserializer::from_slice(json);
        let mut path = String::new();
        let seed = Walk {
            fields: self,
            path: &mut path,
            depth: 0,
            limits,
        };
        // What stands behind the value makes the whole no JSON, for whoever reads the bytes again.
        let read = seed.deserialize(&mut deserializer);
        if read.and_then(|()| deserializer.end()).is_err() {
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
            .map(|(path, held)| (self.slice(path), self.leaf(held)))
    }

    /// The leaves at a path: none when the record has no such key, several through an array.
    pub fn at<'a>(&'a self, path: &'a str) -> impl Iterator<Item = Leaf<'a>> {
        self.leaves
            .iter()
            .filter(move |(held, _)| held.len() == path.len() && self.slice(held) == path)
            .map(|(_, held)| self.leaf(held))
    }

    fn slice(&self, range: &Range<usize>) -> &str {
        self.arena.get(range.clone()).unwrap_or_default()
    }

    fn leaf(&self, held: &Held) -> Leaf<'_> {
        match held {
            Held::Null => Leaf::Null,
            Held::Bool(value) => Leaf::Bool(*value),
            Held::Int(number) => Leaf::Int(*number),
            Held::Unsigned(number) => Leaf::Unsigned(*number),
            Held::Float(number) => Leaf::Float(*number),
            Held::Text(range) => Leaf::Text(self.slice(range)),
            Held::Container => Leaf::Container,
        }
    }

    fn store(&mut self, text: &str) -> Range<usize> {
        let start = self.arena.len();
        self.arena.push_str(text);
        start..self.arena.len()
    }
}

/// One step of the walk: reads the value at `path`.
struct Walk<'a> {
    fields: &'a mut Fields,
    path: &'a mut String,
    depth: usize,
    limits: Limits,
}

impl Walk<'_> {
    fn keep(self, held: Held) {
        if self.fields.leaves.len() >= self.limits.paths {
            self.fields.partial = Some("more leaves than are read");
            return;
        }
        let path = self.fields.store(self.path);
        self.fields.leaves.push((path, held));
    }

    /// Marks that a container stands at this path; says whether its members are to be read.
    fn enter(&mut self) -> bool {
        if self.depth > 0 {
            let inner = Walk {
                fields: self.fields,
                path: self.path,
                depth: self.depth,
                limits: self.limits,
            };
            inner.keep(Held::Container);
        }
        let room = self.depth < self.limits.depth;
        if !room {
            self.fields.partial = Some("nested deeper than is read");
        }
        room && self.fields.leaves.len() < self.limits.paths
    }
}

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        self.keep(Held::Null);
        Ok(())
    }

    fn visit_bool<E>(self, value: bool) -> Result<(), E> {
        self.keep(Held::Bool(value));
        Ok(())
    }

    fn visit_i64<E>(self, number: i64) -> Result<(), E> {
        self.keep(Held::Int(number));
        Ok(())
    }

    fn visit_u64<E>(self, number: u64) -> Result<(), E> {
        self.keep(i64::try_from(number).map_or(Held::Unsigned(number), Held::Int));
        Ok(())
    }

    fn visit_f64<E>(self, number: f64) -> Result<(), E> {
        self.keep(Held::Float(number));
        Ok(())
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        let range = self.fields.store(text);
        self.keep(Held::Text(range));
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut seq: A) -> Result<(), A::Error> {
        let read = self.enter();
        loop {
            let more = if read {
                let depth = self.depth + 1;
                let walk = Walk {
                    fields: self.fields,
                    path: self.path,
                    depth,
                    limits: self.limits,
                };
                seq.next_element_seed(walk)?.is_some()
            } else {
                seq.next_element::<IgnoredAny>()?.is_some()
            };
            if !more {
                return Ok(());
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        let read = self.enter();
        let length = self.path.len();
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            if !read {
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            if length > 0 {
                self.path.push('.');
            }
            self.path.push_str(&key);
            let depth = self.depth + 1;
            let walk = Walk {
                fields: self.fields,
                path: self.path,
                depth,
                limits: self.limits,
            };
            map.next_value_seed(walk)?;
            self.path.truncate(length);
        }
        Ok(())
    }
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

    #[test]
    fn numeric_text_is_a_number_and_other_text_is_not() {
        assert_eq!(Leaf::Text("10").number(), Some(10.0));
        assert_eq!(Leaf::Text("-2.5").number(), Some(-2.5));
        for text in ["", "inf", "nan", "0x10", " 1", "1 ", "ten"] {
            assert_eq!(Leaf::Text(text).number(), None, "{text:?}");
        }
    }
}
