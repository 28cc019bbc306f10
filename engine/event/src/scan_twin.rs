//! The slow twin of the scan: the same pass through `serde_json`, and what the two must agree on.

use std::borrow::Cow;
use std::fmt;

use proptest::prelude::*;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::record::{Fields, Held, Limits, MAX_PATH_BYTES, Span};

/// Reads a record as [`Fields::read`] does.
fn read(json: &[u8], limits: Limits) -> Fields {
    let mut fields = Fields::default();
    let mut deserializer = serde_json::Deserializer::from_slice(json);
    let mut path = String::new();
    let seed = Walk {
        fields: &mut fields,
        path: &mut path,
        depth: 0,
        limits,
    };
    let read = seed.deserialize(&mut deserializer);
    if read.and_then(|()| deserializer.end()).is_err() {
        fields.partial = Some("not valid JSON");
    }
    fields
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
        let start = self.fields.arena.len();
        self.fields.arena.push_str(self.path);
        let path = start..self.fields.arena.len();
        self.fields
            .leaves
            .push((Span::new(path.start, path.end), held));
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
        let start = self.fields.arena.len();
        self.fields.arena.push_str(text);
        let range = start..self.fields.arena.len();
        self.keep(Held::Text(Span::new(range.start, range.end)));
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
            if length > 0 && length + 1 + key.len() > MAX_PATH_BYTES {
                self.fields.partial = Some("a longer path than is read");
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

/// Leaves in words, and the floats among them apart.
fn shown(fields: &Fields) -> (Vec<String>, Vec<f64>) {
    let mut floats = Vec::new();
    let leaves = fields.iter().map(|(path, leaf)| match leaf {
        crate::Leaf::Float(number) => {
            floats.push(number);
            format!("{path} float")
        }
        other => format!("{path} {other:?}"),
    });
    (leaves.collect(), floats)
}

/// `serde_json` may be off in the last digit of a float, the scan is not.
fn alike(a: f64, b: f64) -> bool {
    a.to_bits() == b.to_bits() || (a - b).abs() <= a.abs() * 1e-15 + f64::MIN_POSITIVE
}

fn check(json: &[u8], limits: Limits) -> Result<(), TestCaseError> {
    let mut fields = Fields::default();
    fields.read(json, limits);
    let twin = read(json, limits);
    let ((leaves, floats), (twin_leaves, twin_floats)) = (shown(&fields), shown(&twin));
    prop_assert_eq!(leaves, twin_leaves, "{}", String::from_utf8_lossy(json));
    let pairs = floats.iter().zip(&twin_floats);
    prop_assert!(
        pairs.into_iter().all(|(a, b)| alike(*a, *b)),
        "{}",
        String::from_utf8_lossy(json)
    );
    prop_assert_eq!(
        fields.partial(),
        twin.partial(),
        "{}",
        String::from_utf8_lossy(json)
    );
    Ok(())
}

fn json() -> impl Strategy<Value = serde_json::Value> {
    use serde_json::Value;
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        r#"[a-zđ\\"/ .\n\r\t\x01]{0,40}"#.prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 60, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(r#"[a-c."]{0,3}"#, inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

#[test]
fn json_by_hand_is_read_alike() {
    let cases = [
        r#"{"a":"\u00e9\ud83d\ude00\u0000"}"#,
        r#"{"a":"\ud83d"}"#,
        r#"{"a":"\ud83d\u0041"}"#,
        r#"{"a":"\udc00"}"#,
        r#"{"a":"\u+123"}"#,
        r#"{"a":"\x"}"#,
        r#"{"a":01}"#,
        r#"{"a":-0,"b":-0.0,"c":1E3,"d":1e-3,"e":1.}"#,
        r#"{"a":-9223372036854775808,"b":-9223372036854775809,"c":18446744073709551615,"d":18446744073709551616}"#,
        r#"{"a":1e999}"#,
        r#"{"a":1,"a":2,"":{"":3}}"#,
        r#"{"a":[1,2,],"b":1}"#,
        r#"{"a":1,}"#,
        r#"{,}"#,
        r#"[1 2]"#,
        r#" {"a" : [ 1 , {} , [] ] } "#,
        "{\"a\":\"x\ty\"}",
        "{\n\t\"a\":\r\n1}",
        "\u{feff}{}",
        r#""text""#,
        "-",
        "tru",
        "nulls",
        r#"{"a":.5}"#,
        r#"{"a":+5}"#,
    ];
    for case in cases {
        check(case.as_bytes(), Limits::default()).unwrap();
    }
}

#[test]
fn a_path_is_bounded() {
    let key = "k".repeat(MAX_PATH_BYTES);
    let json = format!(r#"{{"{key}":{{"a":1}},"b":2}}"#);
    check(json.as_bytes(), Limits::default()).unwrap();
    let mut fields = Fields::default();
    fields.read(json.as_bytes(), Limits::default());
    assert_eq!(fields.partial(), Some("a longer path than is read"));
    assert_eq!(fields.len(), 2);
}

#[test]
fn what_is_nested_without_end_is_passed_over() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let mut fields = Fields::default();
    fields.read(deep.as_bytes(), Limits::default());
    assert_eq!(fields.partial(), Some("nested deeper than is read"));
}

#[test]
fn half_a_letter_behind_a_bad_escape_costs_nothing_before_it() {
    let json = r#"{"":{"a":null,"b":"\ \\a ađđ"}}"#;
    check(json.as_bytes(), Limits::default()).unwrap();
    let mut fields = Fields::default();
    fields.read(json.as_bytes(), Limits::default());
    assert_eq!(
        (fields.len(), fields.partial()),
        (2, Some("not valid JSON"))
    );
}

proptest! {
    #[test]
    fn json_is_read_alike(value in json(), pretty: bool, depth in 0_usize..6, paths in 0_usize..20) {
        let text = if pretty {
            serde_json::to_string_pretty(&value)
        } else {
            serde_json::to_string(&value)
        };
        let text = text.unwrap();
        check(text.as_bytes(), Limits { depth, paths })?;
        check(text.as_bytes(), Limits::default())?;
    }

    #[test]
    fn damaged_json_is_read_alike(value in json(), at in any::<prop::sample::Index>(), byte: u8) {
        let mut bytes = serde_json::to_vec(&value).unwrap();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        check(&bytes, Limits::default())?;
        bytes.truncate(at);
        check(&bytes, Limits::default())?;
    }

    #[test]
    fn bytes_are_read_alike(bytes in prop::collection::vec(prop_oneof![
        Just(b'{'), Just(b'}'), Just(b'['), Just(b']'), Just(b'"'), Just(b'\\'), Just(b','), Just(b':'),
        Just(b'1'), Just(b'-'), Just(b'.'), Just(b'e'), Just(b'u'), Just(b' '), any::<u8>()], 0..40)) {
        check(&bytes, Limits::default())?;
    }
}
