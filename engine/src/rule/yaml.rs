//! YAML as rule files use it: documents of plain values with the line they stand on.
//!
//! A file is cut into documents before it is parsed, so that a broken one costs only itself: a line
//! that begins with `---` ends a document wherever it stands, even in a quoted text (YAML 1.2, 9.1).

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{NonFiniteFloatPolicy, Options, Spanned};

use super::limits::RuleLimits;

/// A value with its line, counted from 1.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Node {
    pub(crate) line: u32,
    pub(crate) value: Value,
}

/// A YAML value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
    List(Vec<Node>),
    Map(Vec<(String, Node)>),
}

/// One document of a file: its text, and what it says or why it cannot be read.
#[derive(Debug)]
pub(crate) struct Source<'a> {
    pub(crate) text: &'a str,
    pub(crate) root: Result<Node, (u32, String)>,
}

/// Reads the documents of a file; empty ones are left out.
pub(crate) fn documents<'a>(text: &'a str, limits: &RuleLimits) -> Vec<Source<'a>> {
    let parts = split(text).into_iter();
    let full = parts
        .filter(|(part, _)| has_content(part))
        .take(limits.documents);
    full.map(|(text, line)| Source {
        text,
        root: parse(text, line, limits),
    })
    .collect()
}

/// How many documents a text holds.
pub(crate) fn count(text: &str) -> usize {
    split(text)
        .into_iter()
        .filter(|(part, _)| has_content(part))
        .count()
}

fn has_content(part: &str) -> bool {
    let mut lines = part.lines().map(str::trim_start);
    lines.any(|line| !line.is_empty() && !line.starts_with('#'))
}

/// Cuts at the document markers; with each part, the number of its first line.
fn split(text: &str) -> Vec<(&str, u32)> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut parts = Vec::new();
    let (mut rest, mut first, mut line, mut length) = (text, 1_u32, 1_u32, 0_usize);
    for each in text.split_inclusive('\n') {
        line = line.saturating_add(1);
        if !is_marker(each) {
            length += each.len();
            continue;
        }
        let (part, behind) = rest.split_at_checked(length).unwrap_or((rest, ""));
        parts.push((part, first));
        rest = behind
            .split_at_checked(each.len())
            .map_or("", |(_, rest)| rest);
        (first, length) = (line, 0);
    }
    parts.push((rest, first));
    parts
}

fn is_marker(line: &str) -> bool {
    let behind = line
        .strip_prefix("---")
        .or_else(|| line.strip_prefix("..."));
    // `--- text` would begin a document on the marker's own line; nobody writes rules so.
    behind.is_some_and(|behind| behind.trim().is_empty() || behind.trim_start().starts_with('#'))
}

fn parse(text: &str, first: u32, limits: &RuleLimits) -> Result<Node, (u32, String)> {
    let place = |line: u64| first.saturating_add(u32::try_from(line.max(1) - 1).unwrap_or(0));
    let mut node =
        serde_saphyr::from_str_with_options::<Node>(text, options(limits)).map_err(|error| {
            let line = error
                .location()
                .map_or(first, |location| place(location.line()));
            let reason = error.without_snippet().to_string();
            (line, explain(reason.lines().next().unwrap_or_default()))
        })?;
    shift(&mut node, first.saturating_sub(1));
    Ok(node)
}

/// The library's words are for programmers where a limit or a key is at fault.
fn explain(reason: &str) -> String {
    if let Some((_, limit)) = reason.split_once("budget breached: ") {
        let limit = limit.split([' ', '{', '(']).next().unwrap_or_default();
        let limit = limit.to_lowercase();
        return format!("more {limit} than a rule file may have; split it, or see [limits.rule]");
    }
    let reason = reason.split("set DuplicateKeyPolicy").next();
    let reason = reason
        .unwrap_or_default()
        .trim_end_matches([' ', ',', ';', '.']);
    format!("not valid YAML: {reason}")
}

fn options(limits: &RuleLimits) -> Options {
    let mut options = Options::default();
    let mut budget = serde_saphyr::Budget::default();
    budget.max_depth = limits.depth;
    budget.flow_nesting_limit = limits.depth;
    budget.max_nodes = limits.nodes;
    budget.max_events = limits.nodes.saturating_mul(3);
    budget.max_documents = 1;
    budget.max_aliases = 1_000;
    budget.max_anchors = 1_000;
    budget.max_total_scalar_bytes = limits.file_bytes;
    options.budget = Some(budget);
    options.alias_limits.max_total_replayed_events = limits.nodes.saturating_mul(3);
    options.alias_limits.max_replay_stack_depth = limits.depth;
    // `on`, `yes` and `no` are texts in rules, and so is 007.
    options.strict_booleans = true;
    options.leading_zero_numbers_as_strings = true;
    options.underscored_numbers_as_strings = true;
    options.non_finite_float_policy = NonFiniteFloatPolicy::AsString;
    options.with_snippet = false;
    options.emit_comments = false;
    options
}

/// Lines count from the file's beginning. Depth is bounded by the limit of the parser.
fn shift(node: &mut Node, by: u32) {
    node.line = node.line.saturating_add(by);
    match &mut node.value {
        Value::List(items) => items.iter_mut().for_each(|item| shift(item, by)),
        Value::Map(entries) => entries.iter_mut().for_each(|(_, item)| shift(item, by)),
        _ => {}
    }
}

/// A text as a double-quoted scalar on one line, whatever is in it.
pub(crate) fn quoted(text: &str) -> String {
    let mut written = String::with_capacity(text.len() + 2);
    written.push('"');
    for letter in text.chars() {
        match letter {
            '"' => written.push_str("\\\""),
            '\\' => written.push_str("\\\\"),
            '\n' => written.push_str("\\n"),
            letter
                if letter.is_control()
                    || matches!(letter, '\u{2028}' | '\u{2029}' | '\u{feff}') =>
            {
                written.push_str(&format!("\\u{:04x}", u32::from(letter)));
            }
            letter => written.push(letter),
        }
    }
    written.push('"');
    written
}

impl Node {
    /// The value under a key of a map.
    pub(crate) fn at(&self, key: &str) -> Option<&Self> {
        self.map()?
            .iter()
            .find(|(name, _)| name == key)
            .map(|(_, node)| node)
    }

    /// The entries, if it is a map.
    pub(crate) fn map(&self) -> Option<&[(String, Self)]> {
        match &self.value {
            Value::Map(entries) => Some(entries),
            _ => None,
        }
    }

    /// The items of a list; anything else is a list of one, null is an empty list.
    pub(crate) fn items(&self) -> &[Self] {
        match &self.value {
            Value::List(items) => items,
            Value::Null => &[],
            _ => std::slice::from_ref(self),
        }
    }

    /// The text; numbers and booleans as they are written in decimal.
    pub(crate) fn text(&self) -> Option<String> {
        Some(match &self.value {
            Value::Text(text) => text.clone(),
            Value::Int(number) => number.to_string(),
            Value::Float(number) => number.to_string(),
            Value::Bool(value) => value.to_string(),
            Value::Null | Value::List(_) | Value::Map(_) => return None,
        })
    }

    /// The word for what it is.
    pub(crate) fn word(&self) -> &'static str {
        match &self.value {
            Value::Null => "null",
            Value::Bool(_) => "a boolean",
            Value::Int(_) | Value::Float(_) => "a number",
            Value::Text(_) => "a text",
            Value::List(_) => "a list",
            Value::Map(_) => "a map",
        }
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = Spanned::<Value>::deserialize(deserializer)?;
        let line = u32::try_from(spanned.referenced.line()).unwrap_or(u32::MAX);
        Ok(Self {
            line,
            value: spanned.value,
        })
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a YAML value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Int(number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(i64::try_from(number).map_or_else(|_| Value::Text(number.to_string()), Value::Int))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(Value::Float(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(Value::Text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Value::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry::<String, Node>()? {
            entries.push(entry);
        }
        Ok(Value::Map(entries))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<Source<'_>> {
        documents(text, &RuleLimits::default())
    }

    #[test]
    fn documents_know_their_lines_and_a_broken_one_costs_only_itself() {
        let text = "# head\n---\na: 1\nb: [x, '4624', 4624, 1.5, on, null, 007]\n---\nc: [\n---\nd:\n  e: ''\n";
        let sources = read(text);
        assert_eq!(sources.len(), 3);
        let first = sources[0].root.as_ref().unwrap();
        assert_eq!(first.at("b").unwrap().line, 4);
        let values: Vec<Value> = first
            .at("b")
            .unwrap()
            .items()
            .iter()
            .map(|item| item.value.clone())
            .collect();
        let text = |text: &str| Value::Text(text.to_owned());
        assert_eq!(
            values,
            [
                text("x"),
                text("4624"),
                Value::Int(4624),
                Value::Float(1.5),
                text("on"),
                Value::Null,
                text("007")
            ]
        );
        let (line, reason) = sources[1].root.as_ref().unwrap_err();
        assert!(reason.starts_with("not valid YAML"), "{reason}");
        assert!((6..=7).contains(line), "{line}");
        let inner = sources[2]
            .root
            .as_ref()
            .unwrap()
            .at("d")
            .unwrap()
            .at("e")
            .unwrap();
        assert_eq!((inner.line, &inner.value), (9, &text("")));
    }

    #[test]
    fn bombs_are_refused() {
        let mut laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for n in 1..10 {
            let refs = vec![format!("*a{}", n - 1); 10].join(", ");
            laughs.push_str(&format!("a{n}: &a{n} [{refs}]\n"));
        }
        for bomb in [
            laughs,
            "[".repeat(100_000),
            "a: ".repeat(50_000),
            "- ".repeat(100_000),
        ] {
            assert!(read(&bomb)[0].root.is_err());
        }
    }
}
