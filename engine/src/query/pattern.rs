//! A pattern over whole values: wildcards `*` and `?`, or a regular expression between slashes.

use regex::{Regex, RegexBuilder};

/// The largest compiled regular expression, in bytes.
const MAX_REGEX_BYTES: usize = 1 << 20;

/// A compiled pattern with the literal text that every match begins with.
#[derive(Clone, Debug)]
pub struct Pattern {
    regex: Regex,
    prefix: String,
}

impl Pattern {
    /// A wildcard pattern, already split into pieces: text, `*` and `?`.
    pub(super) fn wildcard(pieces: &[Piece]) -> Result<Self, String> {
        let mut source = String::new();
        let mut prefix = String::new();
        let mut literal = true;
        for piece in pieces {
            match piece {
                Piece::Any => source.push_str(".*"),
                Piece::One => source.push('.'),
                Piece::Text(text) => {
                    source.push_str(&regex::escape(text));
                    if literal {
                        prefix.push_str(&text.to_lowercase());
                    }
                }
            }
            literal &= matches!(piece, Piece::Text(_));
        }
        Ok(Self {
            regex: build(&source)?,
            prefix,
        })
    }

    /// A regular expression that must match the whole value.
    pub(super) fn regex(source: &str) -> Result<Self, String> {
        Ok(Self {
            regex: build(source)?,
            prefix: String::new(),
        })
    }

    /// Any of these domains, or a name under one of them.
    pub(crate) fn under(domains: &[&str]) -> Result<Self, String> {
        let escaped: Vec<String> = domains.iter().map(|name| regex::escape(name)).collect();
        Ok(Self {
            regex: build(&format!(
                "(?:.*\\.)?(?:{})\\.?(?::[0-9]+)?",
                escaped.join("|")
            ))?,
            prefix: String::new(),
        })
    }

    /// The source of a regular expression that whole values match which begin so, for an aggregation's `include`.
    pub fn beginning(text: &str) -> String {
        format!("{}.*", regex::escape(text))
    }

    /// Any of these texts anywhere in a value.
    pub(crate) fn containing(texts: &[&str]) -> Result<Self, String> {
        let escaped: Vec<String> = texts.iter().map(|text| regex::escape(text)).collect();
        Ok(Self {
            regex: build(&format!(".*(?:{}).*", escaped.join("|")))?,
            prefix: String::new(),
        })
    }

    /// Whether a whole value, lower case, matches.
    pub fn matches(&self, value: &str) -> bool {
        self.regex.is_match(value)
    }

    /// What every match begins with, lower case.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }
}

/// A piece of a wildcard pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// `*`
    Any,
    /// `?`
    One,
    /// Literal text.
    Text(String),
}

fn build(source: &str) -> Result<Regex, String> {
    RegexBuilder::new(&format!("^(?:{source})$"))
        .case_insensitive(true)
        .dot_matches_new_line(true)
        .size_limit(MAX_REGEX_BYTES)
        .build()
        .map_err(|error| match error {
            regex::Error::CompiledTooBig(_) => {
                "the pattern is too large; use a shorter one".to_owned()
            }
            _ => "not a regular expression; write it between slashes as in /ab+c/".to_owned(),
        })
}
