//! Texts of which a regular expression needs one: where none of them stands, it need not be tried.

use regex_syntax::hir::{Hir, HirKind};

use crate::rule::fold;

/// More alternatives than this are not worth looking for.
const MOST: usize = 64;
/// A shorter text stands nearly everywhere.
const SHORTEST: usize = 4;

/// Folded texts of which at least one stands in every folded text that the pattern matches; none
/// when the pattern has no such texts.
pub(super) fn texts(pattern: &str) -> Option<Vec<String>> {
    let hir = regex_syntax::parse(pattern).ok()?;
    let texts = of(&hir)?;
    texts
        .iter()
        .all(|text| text.len() >= SHORTEST)
        .then_some(texts)
}

fn of(hir: &Hir) -> Option<Vec<String>> {
    match hir.kind() {
        HirKind::Literal(literal) => {
            let text = std::str::from_utf8(&literal.0).ok()?;
            Some(vec![fold(text)])
        }
        HirKind::Class(_) => letter(hir).map(|letter| vec![letter.to_string()]),
        HirKind::Capture(capture) => of(&capture.sub),
        HirKind::Repetition(repetition) if repetition.min > 0 => of(&repetition.sub),
        HirKind::Alternation(parts) => {
            let mut texts = Vec::new();
            for part in parts {
                texts.extend(of(part)?);
                if texts.len() > MOST {
                    return None;
                }
            }
            Some(texts)
        }
        HirKind::Concat(parts) => best(parts),
        HirKind::Empty | HirKind::Look(_) | HirKind::Repetition(_) => None,
    }
}

/// The part with the longest shortest text; neighbouring letters are one text.
fn best(parts: &[Hir]) -> Option<Vec<String>> {
    let mut found: Vec<Vec<String>> = Vec::new();
    let mut run = String::new();
    for part in parts {
        match (part.kind(), letter(part)) {
            (HirKind::Literal(literal), _) => {
                run.push_str(&fold(std::str::from_utf8(&literal.0).ok()?));
            }
            (_, Some(letter)) => run.push(letter),
            _ => {
                found.push(vec![std::mem::take(&mut run)]);
                found.extend(of(part));
            }
        }
    }
    found.push(vec![run]);
    let shortest = |texts: &Vec<String>| texts.iter().map(String::len).min().unwrap_or(0);
    found
        .into_iter()
        .max_by_key(|texts| (shortest(texts), std::cmp::Reverse(texts.len())))
        .filter(|texts| shortest(texts) > 0)
}

/// A class of characters that are one letter when folded, as `(?i)` makes them.
fn letter(hir: &Hir) -> Option<char> {
    let HirKind::Class(class) = hir.kind() else {
        return None;
    };
    let mut letters: Vec<char> = Vec::new();
    let mut add = |from: char, to: char| {
        for c in (from..=to).take(8) {
            letters.extend(fold(&c.to_string()).chars());
        }
    };
    match class {
        regex_syntax::hir::Class::Unicode(class) => {
            let ranges = class.ranges();
            if ranges.len() > 4 {
                return None;
            }
            ranges
                .iter()
                .for_each(|range| add(range.start(), range.end()));
        }
        regex_syntax::hir::Class::Bytes(_) => return None,
    }
    letters.dedup();
    letters.sort_unstable();
    letters.dedup();
    match letters.as_slice() {
        [only] => Some(*only),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pattern: &str, expected: Option<&[&str]>) {
        let texts = texts(pattern);
        let texts: Option<Vec<&str>> = texts
            .as_ref()
            .map(|texts| texts.iter().map(String::as_str).collect());
        assert_eq!(texts.as_deref(), expected, "{pattern}");
    }

    #[test]
    fn what_must_stand_in_the_text_is_found() {
        check(r"b.d", None);
        // Without case, s is the long s, too, which is no s in folded text.
        check(r"(?i)PowerShell\s+-e", Some(&["power"]));
        check(r"foo(bar|bazaar)?qux1", Some(&["qux1"]));
        check(r"(abcd|efghi)[0-9]+", Some(&["abcd", "efghi"]));
        check(r"(abcd|ef)[0-9]+", None);
        check(r"(?:evil){2,}", Some(&["evil"]));
        check(r"[a-z]{10}", None);
        check(r"^\\\\[0-9.]+\\pipe\\", Some(&[r"\pipe\"]));
        check(r"(?i)kill", Some(&["kill"]));
    }
}
