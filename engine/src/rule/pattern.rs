//! Sigma's text patterns: `*` any run, `?` one character, `\` escapes, case folded or not.
//!
//! Case folding is decided here once: two characters are equal when their lower case is, one
//! character for one (`char::to_lowercase`); a letter whose lower case is several characters stays
//! as it is. Composed and decomposed accents are different texts.
//!
//! Matching is leftmost per segment between stars: never exponential.

#[cfg(test)]
use std::borrow::Cow;

/// A piece of a text value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Token {
    Char(char),
    /// `*`
    Any,
    /// `?`
    One,
}

/// A prepared pattern for a whole text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pattern {
    /// What stands between the stars; never empty texts.
    segments: Vec<Segment>,
    open_start: bool,
    open_end: bool,
    cased: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Segment {
    Literal(String),
    /// With at least one `?`, which is `None`.
    Mixed(Vec<Option<char>>),
}

/// The tokens of a text as Sigma writes it.
pub(crate) fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        tokens.push(match c {
            '*' => Token::Any,
            '?' => Token::One,
            '\\' => match chars.next_if(|next| matches!(next, '*' | '?' | '\\')) {
                Some(escaped) => Token::Char(escaped),
                None => Token::Char('\\'),
            },
            other => Token::Char(other),
        });
    }
    tokens
}

/// The text as it is compared when case does not matter.
pub(crate) fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    text.chars().map(fold_char).collect()
}

fn fold_char(c: char) -> char {
    let mut lower = c.to_lowercase();
    match (lower.next(), lower.next()) {
        (Some(single), None) => single,
        _ => c,
    }
}

impl Pattern {
    /// Prepares tokens.
    pub(crate) fn new(tokens: &[Token], cased: bool) -> Self {
        let mut segments = Vec::new();
        for run in tokens
            .split(|token| *token == Token::Any)
            .filter(|run| !run.is_empty())
        {
            let chars = run.iter().map(|token| match token {
                Token::Char(c) if cased => Some(*c),
                Token::Char(c) => Some(fold_char(*c)),
                Token::Any | Token::One => None,
            });
            let chars: Vec<Option<char>> = chars.collect();
            segments.push(match chars.iter().copied().collect::<Option<String>>() {
                Some(literal) => Segment::Literal(literal),
                None => Segment::Mixed(chars),
            });
        }
        Self {
            segments,
            open_start: tokens.first() == Some(&Token::Any),
            open_end: tokens.last() == Some(&Token::Any),
            cased,
        }
    }

    /// Whether case counts: then it is compared with the text itself, else with the folded text.
    pub(crate) fn cased(&self) -> bool {
        self.cased
    }

    /// Whether a text, folded by the caller unless case counts, is matched whole.
    pub(crate) fn matches(&self, text: &str) -> bool {
        let Some((first, others)) = self.segments.split_first() else {
            return self.open_start || text.is_empty();
        };
        let Some((last, middle)) = others.split_last() else {
            return match (self.open_start, self.open_end) {
                (false, false) => first.after_prefix(text) == Some(""),
                (false, true) => first.after_prefix(text).is_some(),
                (true, false) => first.ends(text),
                (true, true) => first.find(text).is_some(),
            };
        };
        let start = if self.open_start {
            first.find(text)
        } else {
            first.after_prefix(text)
        };
        let Some(mut rest) = start else { return false };
        for segment in middle {
            let Some(behind) = segment.find(rest) else {
                return false;
            };
            rest = behind;
        }
        if self.open_end {
            last.find(rest).is_some()
        } else {
            last.ends(rest)
        }
    }

    /// Whether a text as it stands in an event is matched: the definition, without preparation.
    #[cfg(test)]
    pub(crate) fn matches_raw(&self, text: &str) -> bool {
        let text = if self.cased {
            Cow::Borrowed(text)
        } else {
            Cow::Owned(fold(text))
        };
        self.matches(&text)
    }

    /// The text, when it is one without wildcards.
    pub(crate) fn literal(&self) -> Option<&str> {
        match self.segments.as_slice() {
            [] if !self.open_start => Some(""),
            [Segment::Literal(text)] if !self.open_start && !self.open_end => Some(text),
            _ => None,
        }
    }
}

impl Segment {
    /// What follows when the text begins so.
    fn after_prefix<'a>(&self, text: &'a str) -> Option<&'a str> {
        match self {
            Self::Literal(literal) => text.strip_prefix(literal.as_str()),
            Self::Mixed(wanted) => mixed_prefix(wanted, text),
        }
    }

    fn ends(&self, text: &str) -> bool {
        match self {
            Self::Literal(literal) => text.ends_with(literal.as_str()),
            Self::Mixed(wanted) => {
                let mut chars = text.chars().rev();
                wanted.iter().rev().all(|wanted| {
                    chars
                        .next()
                        .is_some_and(|c| wanted.is_none_or(|wanted| wanted == c))
                })
            }
        }
    }

    /// What follows its leftmost place in the text.
    fn find<'a>(&self, text: &'a str) -> Option<&'a str> {
        match self {
            Self::Literal(literal) => {
                let at = text.find(literal.as_str())?;
                text.get(at.saturating_add(literal.len())..)
            }
            Self::Mixed(wanted) => {
                let mut rest = text.chars();
                loop {
                    if let Some(behind) = mixed_prefix(wanted, rest.as_str()) {
                        return Some(behind);
                    }
                    rest.next()?;
                }
            }
        }
    }
}

fn mixed_prefix<'a>(wanted: &[Option<char>], text: &'a str) -> Option<&'a str> {
    let mut chars = text.chars();
    for wanted in wanted {
        let c = chars.next()?;
        if wanted.is_some_and(|wanted| wanted != c) {
            return None;
        }
    }
    Some(chars.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(pattern: &str, text: &str, expected: bool) {
        let pattern_ready = Pattern::new(&tokens(pattern), false);
        assert_eq!(
            pattern_ready.matches_raw(text),
            expected,
            "{pattern:?} on {text:?}"
        );
    }

    #[test]
    fn wildcards_need_backtracking_and_escapes_take_them_away() {
        check("*a?c", "axxabc", true);
        check("*?", "abc", true);
        check("*?", "", false);
        check("a*b*c", "axbxbyc", true);
        check("a*b*c", "axbxby", false);
        check("ab*ba", "aba", false);
        check("", "", true);
        check("", "a", false);
        check("*", "", true);
        check(r"a\*b", "a*b", true);
        check(r"a\*b", "axb", false);
        check(r"C:\\*", r"C:\x", true);
        check(r"C:\\\*", r"C:\*", true);
        check(r"C:\\\*", r"C:\x", false);
        check(r"\cmd.exe", r"\cmd.exe", true);
        check(r"a\\b", r"a\b", true);
        check(r"a\\\b", r"a\\b", true);
        check(r"a\\\\b", r"a\\b", true);
        check(r"end\", r"END\", true);
    }

    #[test]
    fn case_is_folded_by_letter() {
        check("É*", "été", true);
        check("k", "\u{212a}", true);
        check("ĐẶNG", "đặng", true);
        check("i", "İ", false);
        assert!(!Pattern::new(&tokens("abc"), true).matches_raw("ABC"));
    }

    #[test]
    fn a_pattern_made_to_backtrack_stays_quick() {
        let pattern = Pattern::new(&tokens(&"a*".repeat(200)), false);
        assert!(!pattern.matches(&"b".repeat(100_000)));
        let pattern = Pattern::new(&tokens(&format!("*{}b", "?a".repeat(20))), false);
        assert!(!pattern.matches(&"a".repeat(100_000)));
    }

    /// The definition, by dynamic programming.
    fn slow(tokens: &[Token], text: &[char]) -> bool {
        let mut row = vec![false; text.len() + 1];
        row[0] = true;
        for token in tokens {
            let mut next = vec![false; text.len() + 1];
            for at in 0..=text.len() {
                next[at] = match token {
                    Token::Any => row[at] || (at > 0 && next[at - 1]),
                    Token::One => at > 0 && row[at - 1],
                    Token::Char(c) => at > 0 && row[at - 1] && text[at - 1] == *c,
                };
            }
            row = next;
        }
        row[text.len()]
    }

    proptest! {
        #[test]
        fn matches_as_defined(pattern in "[ab*?]{0,8}", text in "[ab]{0,10}") {
            let tokens = tokens(&pattern);
            let chars: Vec<char> = text.chars().collect();
            prop_assert_eq!(Pattern::new(&tokens, false).matches(&text), slow(&tokens, &chars));
        }
    }
}
