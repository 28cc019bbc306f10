//! The modifiers that change a text before it becomes a pattern: placing, dashes, encodings.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::limits::RuleLimits;
use super::pattern::{Token, tokens};

/// One change of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Contains,
    Start,
    End,
    Windash,
    Base64,
    Base64Offset,
    Utf16Le,
    Utf16Be,
    /// Little endian with a byte order mark.
    Utf16,
}

/// A text on its way: characters with wildcards, or bytes of an encoding.
enum Piece {
    Tokens(Vec<Token>),
    Bytes(Vec<u8>),
}

/// What a dash of a Windows option may be: hyphen, slash, en dash, em dash, horizontal bar.
const DASHES: [char; 5] = ['-', '/', '\u{2013}', '\u{2014}', '\u{2015}'];

impl Step {
    /// The step with this modifier name.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "contains" => Self::Contains,
            "startswith" => Self::Start,
            "endswith" => Self::End,
            "windash" => Self::Windash,
            "base64" => Self::Base64,
            "base64offset" => Self::Base64Offset,
            "wide" | "utf16le" => Self::Utf16Le,
            "utf16be" => Self::Utf16Be,
            "utf16" => Self::Utf16,
            _ => return None,
        })
    }
}

/// Applies steps from left to right; one text may become several.
pub(crate) fn apply(
    steps: &[Step],
    text: &str,
    limits: &RuleLimits,
) -> Result<Vec<Vec<Token>>, String> {
    let mut pieces = vec![Piece::Tokens(tokens(text))];
    for step in steps {
        let mut next = Vec::new();
        for piece in pieces {
            next.extend(one(*step, piece, limits)?);
            if next.len() > limits.variants {
                return Err(format!(
                    "the value has more than {} variants",
                    limits.variants
                ));
            }
        }
        pieces = next;
    }
    pieces.into_iter().map(finished).collect()
}

fn one(step: Step, piece: Piece, limits: &RuleLimits) -> Result<Vec<Piece>, String> {
    Ok(match step {
        Step::Contains | Step::Start | Step::End => {
            let mut tokens = finished(piece)?;
            place(step, &mut tokens);
            vec![Piece::Tokens(tokens)]
        }
        Step::Windash => {
            let variants = dashed(&finished(piece)?, limits)?;
            variants.into_iter().map(Piece::Tokens).collect()
        }
        Step::Base64 => {
            let encoded = STANDARD.encode(bytes(piece)?);
            vec![Piece::Tokens(encoded.chars().map(Token::Char).collect())]
        }
        Step::Base64Offset => {
            let bytes = bytes(piece)?;
            if bytes.len() < 2 {
                // One byte shares all its characters with what stands around it.
                return Err("base64offset needs two bytes or more".to_owned());
            }
            (0..3)
                .map(|offset| Piece::Tokens(at_offset(&bytes, offset)))
                .collect()
        }
        Step::Utf16Le => vec![Piece::Bytes(utf16(piece, u16::to_le_bytes)?)],
        Step::Utf16Be => vec![Piece::Bytes(utf16(piece, u16::to_be_bytes)?)],
        Step::Utf16 => {
            let mut bytes = vec![0xff, 0xfe];
            bytes.extend(utf16(piece, u16::to_le_bytes)?);
            vec![Piece::Bytes(bytes)]
        }
    })
}

/// Makes a keyword of a value: it may stand anywhere.
pub(crate) fn around(tokens: &mut Vec<Token>) {
    place(Step::Contains, tokens);
}

fn place(step: Step, tokens: &mut Vec<Token>) {
    if matches!(step, Step::Contains | Step::End) && tokens.first() != Some(&Token::Any) {
        tokens.insert(0, Token::Any);
    }
    if matches!(step, Step::Contains | Step::Start) && tokens.last() != Some(&Token::Any) {
        tokens.push(Token::Any);
    }
}

/// Every dash at a word's start (`\B[-/]\b`) becomes each of the five, in all combinations.
fn dashed(tokens: &[Token], limits: &RuleLimits) -> Result<Vec<Vec<Token>>, String> {
    let word = |token: Option<&Token>| match token {
        Some(Token::Char(c)) => c.is_alphanumeric() || *c == '_',
        _ => false,
    };
    let mut variants = vec![Vec::with_capacity(tokens.len())];
    for (place, token) in tokens.iter().enumerate() {
        let before = place.checked_sub(1).and_then(|before| tokens.get(before));
        let dash = matches!(token, Token::Char('-' | '/'));
        if !(dash && !word(before) && word(tokens.get(place + 1))) {
            variants.iter_mut().for_each(|variant| variant.push(*token));
            continue;
        }
        if variants.len().saturating_mul(DASHES.len()) > limits.variants {
            return Err(format!(
                "windash would make more than {} variants",
                limits.variants
            ));
        }
        let mut next = Vec::with_capacity(variants.len() * DASHES.len());
        for variant in &variants {
            next.extend(DASHES.iter().map(|dash| {
                let mut variant = variant.clone();
                variant.push(Token::Char(*dash));
                variant
            }));
        }
        variants = next;
    }
    Ok(variants)
}

/// The characters of the encoding that do not depend on what stands around the value when it
/// begins `offset` bytes behind a multiple of three.
fn at_offset(bytes: &[u8], offset: usize) -> Vec<Token> {
    let mut shifted = vec![b' '; offset];
    shifted.extend_from_slice(bytes);
    let encoded: Vec<char> = STANDARD.encode(&shifted).chars().collect();
    let cut_front = [0, 2, 3].get(offset).copied().unwrap_or(0);
    let cut_back = [0, 3, 2].get(shifted.len() % 3).copied().unwrap_or(0);
    let end = encoded.len().saturating_sub(cut_back);
    encoded
        .get(cut_front..end)
        .unwrap_or_default()
        .iter()
        .copied()
        .map(Token::Char)
        .collect()
}

fn utf16(piece: Piece, order: fn(u16) -> [u8; 2]) -> Result<Vec<u8>, String> {
    let text = String::from_utf8(bytes(piece)?).map_err(|_| "the value is encoded already")?;
    Ok(text.encode_utf16().flat_map(order).collect())
}

fn bytes(piece: Piece) -> Result<Vec<u8>, String> {
    let tokens = match piece {
        Piece::Bytes(bytes) => return Ok(bytes),
        Piece::Tokens(tokens) => tokens,
    };
    let text: Option<String> = tokens
        .iter()
        .map(|token| match token {
            Token::Char(c) => Some(*c),
            Token::Any | Token::One => None,
        })
        .collect();
    text.map(String::into_bytes)
        .ok_or_else(|| "an encoding needs a value without wildcards; put contains last".to_owned())
}

fn finished(piece: Piece) -> Result<Vec<Token>, String> {
    match piece {
        Piece::Tokens(tokens) => Ok(tokens),
        Piece::Bytes(bytes) => match String::from_utf8(bytes) {
            Ok(text) => Ok(text.chars().map(Token::Char).collect()),
            Err(_) => Err("the encoded value is no text; put base64offset behind it".to_owned()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(steps: &[Step], text: &str, expected: &[&str]) {
        let variants = apply(steps, text, &RuleLimits::default()).unwrap();
        let shown: Vec<String> = variants
            .iter()
            .map(|tokens| {
                let chars = tokens.iter().map(|token| match token {
                    Token::Char(c) => *c,
                    Token::Any => '*',
                    Token::One => '?',
                });
                chars.collect()
            })
            .collect();
        assert_eq!(shown, expected, "{steps:?} {text:?}");
    }

    #[test]
    fn places_encodes_and_dashes() {
        check(&[Step::Contains], "*a", &["*a*"]);
        check(&[Step::Start], "a", &["a*"]);
        check(&[Step::End], r"\a", &[r"*\a"]);
        check(&[Step::Base64], "foob", &["Zm9vYg=="]);
        check(
            &[Step::Base64Offset],
            "/bin/bash",
            &["L2Jpbi9iYXNo", "9iaW4vYmFza", "vYmluL2Jhc2"],
        );
        check(&[Step::Utf16Le], "ab", &["a\0b\0"]);
        check(&[Step::Utf16Be, Step::Base64], "a", &["AGE="]);
        check(&[Step::Utf16, Step::Base64], "a", &["//5hAA=="]);
        check(
            &[Step::Windash],
            "-a-b",
            &["-a-b", "/a-b", "\u{2013}a-b", "\u{2014}a-b", "\u{2015}a-b"],
        );
    }

    #[test]
    fn what_cannot_be_is_said() {
        let limits = RuleLimits::default();
        assert!(apply(&[Step::Base64], "a*", &limits).is_err());
        assert!(apply(&[Step::Windash], " -a -b -c -d", &limits).is_ok());
        assert!(apply(&[Step::Windash], " -a -b -c -d -e", &limits).is_err());
        assert!(apply(&[Step::Utf16], "a", &limits).is_err());
    }
}
