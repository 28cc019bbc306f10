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
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Pattern {
    /// What stands between the stars; never empty texts.
    segments: Vec<Segment>,
    open_start: bool,
    open_end: bool,
    cased: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
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
    let mut folded = String::with_capacity(text.len());
    fold_into(text, &mut folded);
    folded
}

/// Puts the text as it is compared when case does not matter in place of what a buffer holds.
pub(crate) fn fold_into(text: &str, folded: &mut String) {
    folded.clear();
    let mut rest = text;
    loop {
        let (ascii, behind) = ascii_run(rest);
        let start = folded.len();
        folded.push_str(ascii);
        if let Some(run) = folded.get_mut(start..) {
            run.make_ascii_lowercase();
        }
        let mut chars = behind.chars();
        // A letter beyond ASCII seldom comes alone.
        while let Some(c) = chars.as_str().chars().next().filter(|c| !c.is_ascii()) {
            folded.push(fold_char(c));
            chars.next();
        }
        rest = chars.as_str();
        if rest.is_empty() {
            return;
        }
    }
}

/// The text up to the first letter beyond ASCII, and what follows.
fn ascii_run(text: &str) -> (&str, &str) {
    let bytes = text.as_bytes();
    let blocks = bytes.chunks_exact(16);
    let whole = blocks.take_while(|block| block.is_ascii()).count() * 16;
    let tail = bytes.get(whole..).unwrap_or_default();
    let end = whole + tail.iter().take_while(|byte| byte.is_ascii()).count();
    text.split_at_checked(end).unwrap_or((text, ""))
}

fn fold_char(c: char) -> char {
    if c.is_ascii() {
        return c.to_ascii_lowercase();
    }
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

/// What a pattern asks when it is one literal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Shape<'a> {
    /// The value is this.
    Whole(&'a str),
    /// It begins so.
    Start(&'a str),
    /// It ends so.
    End(&'a str),
    /// This stands in it.
    Inside(&'a str),
    /// Something else.
    Other,
}

impl Pattern {
    /// The pattern as one literal to be found in the folded text, where it is no more than that.
    pub(crate) fn shape(&self) -> Shape<'_> {
        if self.cased {
            return Shape::Other;
        }
        match (self.segments.as_slice(), self.open_start, self.open_end) {
            ([], false, _) => Shape::Whole(""),
            ([Segment::Literal(text)], false, false) => Shape::Whole(text),
            ([Segment::Literal(text)], false, true) => Shape::Start(text),
            ([Segment::Literal(text)], true, false) => Shape::End(text),
            ([Segment::Literal(text)], true, true) => Shape::Inside(text),
            _ => Shape::Other,
        }
    }

    /// The longest text, folded, that every folded text which is matched has in it; none when the
    /// pattern is wildcards only.
    pub(crate) fn needle(&self) -> Option<String> {
        let runs = self.segments.iter().flat_map(|segment| match segment {
            Segment::Literal(text) => vec![text.clone()],
            Segment::Mixed(chars) => {
                let runs = chars.split(Option::is_none);
                runs.map(|run| run.iter().flatten().collect()).collect()
            }
        });
        let runs = runs.filter(|run| !run.is_empty());
        runs.max_by_key(String::len).map(|run| fold(&run))
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
        fn a_text_is_folded_letter_by_letter(text in "[a-zA-ZđĐẶ®\u{212a}\u{130} ]{0,60}") {
            let slow: String = text.chars().map(fold_char).collect();
            prop_assert_eq!(fold(&text), slow);
        }

        #[test]
        fn matches_as_defined(pattern in "[ab*?]{0,8}", text in "[ab]{0,10}") {
            let tokens = tokens(&pattern);
            let chars: Vec<char> = text.chars().collect();
            prop_assert_eq!(Pattern::new(&tokens, false).matches(&text), slow(&tokens, &chars));
        }
    }
}
