//! The fields of audit records: quotes off, hex undone where auparse undoes it, flat.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::json::{Json, printable};

/// Values of one field that are compared one by one; with more a table is asked.
const FEW: usize = 32;
/// What parts an enriched record from the names that auditd adds.
const GROUP: char = '\u{1d}';

/// The fields of an event, in the order in which they were first borne.
#[derive(Debug, Default)]
pub(super) struct Flat {
    fields: Vec<Field>,
    places: HashMap<String, usize>,
    /// The arguments of EXECVE, which may come in pieces.
    arguments: BTreeMap<u32, Vec<u8>>,
}

#[derive(Debug)]
struct Field {
    key: String,
    values: Vec<String>,
    /// The same values, once there are many.
    seen: HashSet<String>,
}

impl Flat {
    /// Adds the fields of one record.
    pub(super) fn record(&mut self, kind: &str, body: &str) {
        for part in body.split(GROUP) {
            self.pairs(kind, part, true);
        }
    }

    /// `key=value` pairs; words without a key are kept as text. Only user space's `msg='…'` has pairs
    /// within.
    fn pairs(&mut self, kind: &str, text: &str, outer: bool) {
        let mut rest = text.trim();
        let mut words = Vec::new();
        while !rest.is_empty() {
            let end = rest.find([' ', '=']).unwrap_or(rest.len());
            let (key, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
            let Some(value) = after.strip_prefix('=').filter(|_| is_key(key)) else {
                let end = rest.find(' ').unwrap_or(rest.len());
                let (word, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
                words.push(word);
                rest = after.trim_start();
                continue;
            };
            if let Some(inside) = value.strip_prefix('\'') {
                let (inside, after) = inside.rsplit_once('\'').unwrap_or((inside, ""));
                if outer && key == "msg" {
                    self.pairs(kind, inside, false);
                } else {
                    self.add(key, Some(inside.to_owned()));
                }
                rest = after.trim_start();
            } else if let Some(inside) = value.strip_prefix('"') {
                let (inside, after) = inside.split_once('"').unwrap_or((inside, ""));
                self.value(kind, key, inside, true);
                rest = after.trim_start();
            } else {
                let (value, after) = value.split_once(' ').unwrap_or((value, ""));
                self.value(kind, key, value, false);
                rest = after.trim_start();
            }
        }
        if !words.is_empty() {
            self.add("text", Some(words.join(" ")));
        }
    }

    fn value(&mut self, kind: &str, key: &str, value: &str, quoted: bool) {
        if kind == "EXECVE" {
            if let Some(place) = argument(key) {
                let bytes = unhexed(value, quoted);
                self.arguments.entry(place).or_default().extend(bytes);
                return;
            }
            if key.ends_with("_len") {
                return;
            }
        }
        if value == "(null)" && !quoted {
            return self.add(key, None);
        }
        if !is_encoded(key) {
            return self.add(key, Some(value.to_owned()));
        }
        let text = printable(&unhexed(value, quoted));
        match key {
            "proctitle" => self.add(key, Some(text.replace('\0', " ").trim_end().to_owned())),
            "key" => text
                .split('\u{1}')
                .for_each(|one| self.add(key, Some(one.to_owned()))),
            _ => self.add(key, Some(text)),
        }
    }

    /// Adds a value, unless the field has it; nothing is null.
    pub(super) fn add(&mut self, key: &str, value: Option<String>) {
        let place = match self.places.get(key) {
            Some(place) => *place,
            None => {
                self.places.insert(key.to_owned(), self.fields.len());
                self.fields.push(Field {
                    key: key.to_owned(),
                    values: Vec::new(),
                    seen: HashSet::new(),
                });
                self.fields.len() - 1
            }
        };
        if let (Some(field), Some(value)) = (self.fields.get_mut(place), value) {
            field.add(value);
        }
    }

    /// Puts the arguments in their places. Returns the command line.
    pub(super) fn finish(&mut self) -> Option<String> {
        let mut words = Vec::new();
        for (place, bytes) in std::mem::take(&mut self.arguments) {
            let word = printable(&bytes);
            self.add(&format!("a{place}"), Some(word.clone()));
            words.push(word);
        }
        (!words.is_empty()).then(|| words.join(" "))
    }

    /// The first value of a field that says something.
    pub(super) fn text(&self, key: &str) -> Option<&str> {
        let field = self.fields.get(*self.places.get(key)?)?;
        field.values.first().map(String::as_str)
    }

    /// Writes the fields: one value stands alone, several are an array.
    pub(super) fn write(&self, json: &mut Json) {
        for field in &self.fields {
            match &*field.values {
                [] => {
                    json.key(&field.key);
                    json.raw(b"null");
                }
                values => json.list_or_text(&field.key, values),
            }
        }
    }
}

impl Field {
    fn add(&mut self, value: String) {
        if self.values.len() < FEW {
            if self.values.contains(&value) {
                return;
            }
        } else {
            if self.seen.is_empty() {
                self.seen.extend(self.values.iter().cloned());
            }
            if !self.seen.insert(value.clone()) {
                return;
            }
        }
        self.values.push(value);
    }
}

/// What may stand for a field in JSON as it is, and is none of those that we write ourselves.
fn is_key(key: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.[]".contains(&byte);
    !key.is_empty()
        && key.len() <= 128
        && key.bytes().all(plain)
        && !matches!(key, "type" | "node" | "serial")
}

/// `a1`, and `a1[0]`, a piece of it.
fn argument(key: &str) -> Option<u32> {
    let number = key.strip_prefix('a')?;
    let number = match number.split_once('[') {
        Some((number, piece)) => {
            piece.strip_suffix(']')?.parse::<u32>().ok()?;
            number
        }
        None => number,
    };
    let digital = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    number.parse().ok().filter(|_| digital)
}

/// The fields whose unquoted values are hex: somebody outside the kernel chose them.
fn is_encoded(key: &str) -> bool {
    matches!(
        key,
        "proctitle"
            | "name"
            | "cwd"
            | "comm"
            | "exe"
            | "cmd"
            | "acct"
            | "key"
            | "data"
            | "vm"
            | "unit"
    )
}

/// The bytes of a value: hex is undone when it is whole and in capitals, as the kernel writes it.
fn unhexed(value: &str, quoted: bool) -> Vec<u8> {
    let plain = || value.as_bytes().to_vec();
    if quoted || value.is_empty() || !value.len().is_multiple_of(2) {
        return plain();
    }
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    };
    let (pairs, _) = value.as_bytes().as_chunks::<2>();
    let bytes = pairs
        .iter()
        .map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?));
    bytes.collect::<Option<Vec<u8>>>().unwrap_or_else(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flat(records: &[(&str, &str)]) -> String {
        let mut flat = Flat::default();
        for (kind, body) in records {
            flat.record(kind, body);
        }
        flat.finish();
        let mut json = Json::default();
        json.open();
        flat.write(&mut json);
        json.close();
        String::from_utf8(json.into_bytes()).unwrap()
    }

    #[test]
    fn values_are_unquoted_unhexed_and_each_stands_once() {
        for (records, expected) in [
            (
                &[
                    ("SYSCALL", "a0=1 x=1"),
                    ("EXECVE", "a0=6162 a1[0]=C3 a1[1]=A1"),
                    ("PATH", "x=2 x=1"),
                ][..],
                r#"{"a0":["1","ab"],"x":["1","2"],"a1":"á"}"#,
            ),
            (
                &[("AVC", "avc:  denied  { read } for  pid=1")],
                r#"{"pid":"1","text":"avc: denied { read } for"}"#,
            ),
            (
                &[("X", "comm=(null) name=abCD exe=2F key=6101 62")],
                r#"{"comm":null,"name":"abCD","exe":"/","key":["a",""],"text":"62"}"#,
            ),
            (
                &[("USER", "pid=1 msg='op=\"a b\" res=failed'")],
                r#"{"pid":"1","op":"a b","res":"failed"}"#,
            ),
            (
                &[("X", "==== = =a b= \"c\" type=Y")],
                r#"{"b":"","text":"==== = =a \"c\" type=Y"}"#,
            ),
        ] {
            assert_eq!(flat(records), expected);
        }
    }

    #[test]
    fn many_values_are_still_each_once() {
        let body: Vec<String> = (0..200).map(|n| format!("name=n{}", n % 100)).collect();
        let text = flat(&[("PATH", &body.join(" "))]);
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["name"].as_array().unwrap().len(), 100);
    }
}
