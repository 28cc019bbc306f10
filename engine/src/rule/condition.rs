//! Conditions: `selection and not 1 of filter_*`, parsed into a tree over search identifiers.
//!
//! Grammar, loosest first: or, and, not, `1 of` / `any of` / `all of`, parentheses. Selectors are
//! resolved here, so a condition knows only places in the list of identifiers.

use super::limits::RuleLimits;
use super::pattern::{Pattern, tokens};

/// A condition over search identifiers, named by their place in the rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Condition {
    And(Vec<Self>),
    Or(Vec<Self>),
    Not(Box<Self>),
    Search(usize),
}

/// Parses a condition over the named search identifiers.
pub(crate) fn parse(text: &str, names: &[&str], limits: &RuleLimits) -> Result<Condition, String> {
    if text.contains('|') {
        return Err("`|` aggregations are gone from Sigma; write a correlation rule".to_owned());
    }
    let words = words(text);
    if words.len() > limits.words {
        return Err(format!(
            "the condition has more than {} words; split the rule",
            limits.words
        ));
    }
    let mut parser = Parser {
        words: &words,
        names,
        depth: 0,
        nesting: limits.nesting,
    };
    let condition = parser.or()?;
    match parser.words.first() {
        None => Ok(condition),
        Some(word) => Err(format!("`{word}` is not expected here in the condition")),
    }
}

fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    for part in text.split_whitespace() {
        let mut rest = part;
        while let Some(at) = rest.find(['(', ')']) {
            let (before, behind) = rest.split_at_checked(at).unwrap_or((rest, ""));
            let (paren, behind) = behind.split_at_checked(1).unwrap_or((behind, ""));
            words.extend([before, paren].into_iter().filter(|word| !word.is_empty()));
            rest = behind;
        }
        if !rest.is_empty() {
            words.push(rest);
        }
    }
    words
}

struct Parser<'a> {
    words: &'a [&'a str],
    names: &'a [&'a str],
    depth: usize,
    nesting: usize,
}

impl<'a> Parser<'a> {
    fn next(&mut self) -> Option<&'a str> {
        let (first, rest) = self.words.split_first()?;
        self.words = rest;
        Some(first)
    }

    fn take(&mut self, word: &str) -> bool {
        let there = self.words.first() == Some(&word);
        if there {
            self.next();
        }
        there
    }

    fn or(&mut self) -> Result<Condition, String> {
        let mut parts = vec![self.and()?];
        while self.take("or") {
            parts.push(self.and()?);
        }
        Ok(one_or(parts, Condition::Or))
    }

    fn and(&mut self) -> Result<Condition, String> {
        let mut parts = vec![self.not()?];
        while self.take("and") {
            parts.push(self.not()?);
        }
        Ok(one_or(parts, Condition::And))
    }

    fn not(&mut self) -> Result<Condition, String> {
        let mut negated = false;
        while self.take("not") {
            negated = !negated;
        }
        let inner = self.primary()?;
        Ok(if negated {
            Condition::Not(Box::new(inner))
        } else {
            inner
        })
    }

    fn primary(&mut self) -> Result<Condition, String> {
        let word = self
            .next()
            .ok_or("the condition ends where a search identifier is expected")?;
        if word == "(" {
            return self.group();
        }
        if self.words.first() == Some(&"of") && !self.names.contains(&word) {
            self.next();
            return self.selector(word);
        }
        if let Some(place) = self.names.iter().position(|name| *name == word) {
            return Ok(Condition::Search(place));
        }
        Err(match word {
            ")" => "`)` without `(` in the condition".to_owned(),
            "AND" | "OR" | "NOT" | "And" | "Or" | "Not" => {
                format!("`{word}` must be lower case in a condition")
            }
            "and" | "or" => format!("`{word}` needs a search identifier on both sides"),
            _ => format!("the condition names `{word}`, which the detection does not have"),
        })
    }

    fn group(&mut self) -> Result<Condition, String> {
        self.depth += 1;
        if self.depth > self.nesting {
            return Err(format!(
                "the condition is nested deeper than {}",
                self.nesting
            ));
        }
        let inner = self.or()?;
        self.depth -= 1;
        if self.take(")") {
            Ok(inner)
        } else {
            Err("`(` without `)` in the condition".to_owned())
        }
    }

    fn selector(&mut self, quantity: &str) -> Result<Condition, String> {
        let pattern = self
            .next()
            .ok_or("`of` needs a name, a pattern or `them`")?;
        let places: Vec<Condition> = if pattern == "them" {
            self.places(|name| !name.starts_with('_'))
        } else {
            let wanted = Pattern::new(&tokens(pattern), true);
            let hidden = pattern.starts_with('_');
            self.places(|name| wanted.matches(name) && (hidden || !name.starts_with('_')))
        };
        if places.is_empty() {
            return Err(format!(
                "`{quantity} of {pattern}` selects nothing of the detection"
            ));
        }
        match quantity {
            "1" | "any" => Ok(one_or(places, Condition::Or)),
            "all" => Ok(one_or(places, Condition::And)),
            other => Err(format!(
                "`{other} of` is not Sigma; write `1 of`, `any of` or `all of`"
            )),
        }
    }

    fn places(&self, wanted: impl Fn(&str) -> bool) -> Vec<Condition> {
        let places = self
            .names
            .iter()
            .enumerate()
            .filter(|(_, name)| wanted(name));
        places.map(|(place, _)| Condition::Search(place)).collect()
    }
}

fn one_or(mut parts: Vec<Condition>, many: fn(Vec<Condition>) -> Condition) -> Condition {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        Some(last) => {
            parts.push(last);
            many(parts)
        }
        None => many(parts),
    }
}

impl Condition {
    /// The same condition over identifiers that begin `by` places further on.
    pub(crate) fn moved(&self, by: usize) -> Self {
        match self {
            Self::And(parts) => Self::And(parts.iter().map(|part| part.moved(by)).collect()),
            Self::Or(parts) => Self::Or(parts.iter().map(|part| part.moved(by)).collect()),
            Self::Not(inner) => Self::Not(Box::new(inner.moved(by))),
            Self::Search(place) => Self::Search(place + by),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 6] = ["a", "b", "sel_1", "sel_2", "_c", "of"];

    fn shown(condition: &Condition) -> String {
        let join = |parts: &[Condition], with: &str| {
            format!(
                "({})",
                parts.iter().map(shown).collect::<Vec<_>>().join(with)
            )
        };
        match condition {
            Condition::And(parts) => join(parts, " and "),
            Condition::Or(parts) => join(parts, " or "),
            Condition::Not(inner) => format!("not {}", shown(inner)),
            Condition::Search(place) => NAMES[*place].to_owned(),
        }
    }

    fn check(text: &str, expected: &str) {
        let parsed = parse(text, &NAMES, &RuleLimits::default());
        assert_eq!(
            parsed.as_ref().map_or_else(Clone::clone, shown),
            expected,
            "{text}"
        );
    }

    #[test]
    fn precedence_and_selectors() {
        check("a or b and not sel_1", "(a or (b and not sel_1))");
        check("(a or b)and(sel_1)", "((a or b) and sel_1)");
        check("not not a", "a");
        check("1 of sel_*", "(sel_1 or sel_2)");
        check("all of *_1", "sel_1");
        check("any of _*", "_c");
        check("not 1 of them", "not (a or b or sel_1 or sel_2 or of)");
        check("of and a", "(of and a)");
    }

    #[test]
    fn what_is_wrong_is_said() {
        check("a OR b", "`OR` is not expected here in the condition");
        check("OR", "`OR` must be lower case in a condition");
        check(
            "a and",
            "the condition ends where a search identifier is expected",
        );
        check("(a", "`(` without `)` in the condition");
        check("a)", "`)` is not expected here in the condition");
        check(
            "c",
            "the condition names `c`, which the detection does not have",
        );
        check("1 of x*", "`1 of x*` selects nothing of the detection");
        check(
            "2 of sel_*",
            "`2 of` is not Sigma; write `1 of`, `any of` or `all of`",
        );
        check(
            "a | count() > 5",
            "`|` aggregations are gone from Sigma; write a correlation rule",
        );
        check(&"(".repeat(500), "the condition is nested deeper than 32");
        check(
            &"a and ".repeat(5_000),
            "the condition has more than 1000 words; split the rule",
        );
    }
}
