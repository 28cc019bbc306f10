//! STIX patterns (2.1, clause 9), as far as they are lists of values: one comparison, or several
//! joined by OR, of addresses, domains, URLs, e-mail addresses and file hashes.
//!
//! What asks for more (AND, FOLLOWEDBY, qualifiers, LIKE …) is not half of it: it is not read, and
//! the reason is told.

use super::EntryKind;

/// Comparisons of one pattern.
const COMPARISONS: usize = 1_000;
/// Bytes of one pattern.
const PATTERN_BYTES: usize = 64 << 10;

/// A value that a pattern asks for, as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatternEntry {
    /// What it is a value of.
    pub kind: EntryKind,
    /// The value.
    pub value: String,
}

#[derive(Debug, PartialEq, Eq)]
enum Token {
    Open,
    Close,
    ParenOpen,
    ParenClose,
    Comma,
    Equals,
    Word(String),
    Text(String),
}

/// The values of a pattern, any of which matches it; else why it is not read.
pub fn read_pattern(pattern: &str) -> Result<Vec<PatternEntry>, &'static str> {
    if pattern.len() > PATTERN_BYTES {
        return Err("a pattern of more than 64 KiB");
    }
    let tokens = tokens(pattern)?;
    let mut rest = tokens.as_slice();
    let mut found = Vec::new();
    loop {
        rest = observation(rest, &mut found)?;
        match rest {
            [] => return Ok(found),
            [Token::Word(word), behind @ ..] if word == "OR" => rest = behind,
            [Token::Word(word), ..] if word == "AND" || word == "FOLLOWEDBY" => {
                return Err("a pattern that needs several observations");
            }
            [Token::Word(_), ..] => return Err("a pattern with a qualifier"),
            _ => return Err("a pattern that cannot be read"),
        }
    }
}

/// `[ comparison OR comparison … ]`, also in parentheses around or inside; what stands behind it.
fn observation<'a>(
    tokens: &'a [Token],
    found: &mut Vec<PatternEntry>,
) -> Result<&'a [Token], &'static str> {
    let mut rest = skip(tokens, &Token::ParenOpen);
    let [Token::Open, behind @ ..] = rest else {
        return Err("a pattern that cannot be read");
    };
    rest = behind;
    loop {
        rest = comparison(skip(rest, &Token::ParenOpen), found)?;
        rest = skip(rest, &Token::ParenClose);
        match rest {
            [Token::Close, behind @ ..] => return Ok(skip(behind, &Token::ParenClose)),
            [Token::Word(word), behind @ ..] if word == "OR" => rest = behind,
            [Token::Word(word), ..] if word == "AND" => {
                return Err("a pattern that needs several values at once");
            }
            _ => return Err("a pattern that cannot be read"),
        }
    }
}

fn skip<'a>(mut tokens: &'a [Token], skipped: &Token) -> &'a [Token] {
    while let [first, rest @ ..] = tokens
        && first == skipped
    {
        tokens = rest;
    }
    tokens
}

/// `path = 'value'` or `path IN ('a', 'b')`; what stands behind it.
fn comparison<'a>(
    tokens: &'a [Token],
    found: &mut Vec<PatternEntry>,
) -> Result<&'a [Token], &'static str> {
    let [Token::Word(path), rest @ ..] = tokens else {
        return Err("a pattern that cannot be read");
    };
    let kind = kind_of(path).ok_or(
        "a pattern over other objects than addresses, domains, URLs, \
        e-mail addresses and file hashes",
    )?;
    let mut keep = |value: &String| {
        if found.len() >= COMPARISONS {
            return Err("a pattern of more than 1,000 comparisons");
        }
        found.push(PatternEntry {
            kind,
            value: value.clone(),
        });
        Ok(())
    };
    match rest {
        [Token::Equals, Token::Text(value), rest @ ..] => {
            keep(value)?;
            Ok(rest)
        }
        [Token::Word(word), Token::ParenOpen, rest @ ..] if word == "IN" => {
            let mut rest = rest;
            loop {
                match rest {
                    [Token::Text(value), Token::Comma, behind @ ..] => {
                        keep(value)?;
                        rest = behind;
                    }
                    [Token::Text(value), Token::ParenClose, behind @ ..] => {
                        keep(value)?;
                        return Ok(behind);
                    }
                    _ => return Err("a pattern that cannot be read"),
                }
            }
        }
        [Token::Word(word), ..] if word == "NOT" => Err("a pattern that excludes"),
        _ => Err("a pattern with another comparison than ="),
    }
}

/// The kind that an object path stands for; quotes in it are taken out by the tokens.
fn kind_of(path: &str) -> Option<EntryKind> {
    Some(match path {
        "ipv4-addr:value" | "ipv6-addr:value" => EntryKind::Address,
        "domain-name:value" => EntryKind::Domain,
        "url:value" => EntryKind::Url,
        "email-addr:value" => EntryKind::Email,
        _ => {
            let name = path.strip_prefix("file:hashes.")?;
            match name.to_ascii_lowercase().replace('-', "").as_str() {
                "md5" => EntryKind::Md5,
                "sha1" => EntryKind::Sha1,
                "sha256" => EntryKind::Sha256,
                _ => return None,
            }
        }
    })
}

fn tokens(pattern: &str) -> Result<Vec<Token>, &'static str> {
    let mut tokens = Vec::new();
    let mut rest = pattern.trim_start();
    while let Some(first) = rest.chars().next() {
        let single = match first {
            '[' => Some(Token::Open),
            ']' => Some(Token::Close),
            '(' => Some(Token::ParenOpen),
            ')' => Some(Token::ParenClose),
            ',' => Some(Token::Comma),
            '=' => Some(Token::Equals),
            _ => None,
        };
        let (token, behind) = match single {
            Some(token) => (token, rest.get(1..).unwrap_or_default()),
            None if first == '\'' => {
                let (text, behind) = quoted(rest.get(1..).unwrap_or_default())?;
                (Token::Text(text), behind)
            }
            None => word(rest)?,
        };
        tokens.push(token);
        rest = behind.trim_start();
    }
    Ok(tokens)
}

/// A text behind its first quote; a backslash keeps the character behind it (clause 9.2).
fn quoted(text: &str) -> Result<(String, &str), &'static str> {
    let (mut value, mut escaped) = (String::new(), false);
    for (at, each) in text.char_indices() {
        match each {
            _ if escaped => {
                value.push(each);
                escaped = false;
            }
            '\\' => escaped = true,
            '\'' => return Ok((value, text.get(at + 1..).unwrap_or_default())),
            _ => value.push(each),
        }
    }
    Err("a pattern that cannot be read")
}

/// A word or an object path; a part of a path may stand in quotes: `file:hashes.'SHA-256'`.
fn word(text: &str) -> Result<(Token, &str), &'static str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ':');
    let end = text.find(|c| !plain(c)).unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    if word.is_empty() {
        return Err("a pattern with another comparison than =");
    }
    if word.ends_with('.')
        && let Some(behind) = rest.strip_prefix('\'')
    {
        let (part, rest) = quoted(behind)?;
        return Ok((Token::Word(format!("{word}{part}")), rest));
    }
    Ok((Token::Word(word.to_owned()), rest))
}
