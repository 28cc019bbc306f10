//! Reads the query language. Length, depth and number of clauses are bounded; an error names its
//! column.
//!
//! or := and (OR and)* · and := not (AND? not)* · not := (NOT | '-' | '!') not | one
//! one := '(' or ')' | field ':' value | field ':' '(' value (OR value)* ')' | "phrase" | word

use event::Name;

use super::value::pieces;
use super::{Pattern, Query, QueryLimits, belongs, words};
use crate::error::{Error, Result};

impl Query {
    /// Reads a query. The empty query is every event.
    pub fn parse(text: &str, limits: &QueryLimits) -> Result<Self> {
        if text.len() > limits.bytes {
            return Err(Error::Query {
                column: limits.bytes,
                problem: format!(
                    "the query is longer than {} bytes; shorten it",
                    limits.bytes
                ),
            });
        }
        let mut parser = Parser {
            rest: text.chars().collect(),
            at: 0,
            clauses: 0,
            limits: *limits,
        };
        parser.space();
        if parser.peek().is_none() {
            return Ok(Self::All);
        }
        let query = parser.or(0)?;
        match parser.peek() {
            None => Ok(query),
            Some(found) => Err(parser.error(&format!("unexpected `{found}`; close or quote it"))),
        }
    }
}

pub(super) struct Parser {
    rest: Vec<char>,
    pub(super) at: usize,
    clauses: usize,
    limits: QueryLimits,
}

impl Parser {
    fn or(&mut self, depth: usize) -> Result<Query> {
        let mut either = vec![self.and(depth)?];
        while self.keyword("OR") {
            either.push(self.and(depth)?);
        }
        Ok(single_or(either, Query::Or))
    }

    fn and(&mut self, depth: usize) -> Result<Query> {
        let mut all = vec![self.not(depth)?];
        loop {
            let joined = self.keyword("AND");
            if !joined && (self.ends() || self.sees_keyword("OR")) {
                return Ok(single_or(all, Query::And));
            }
            all.push(self.not(depth)?);
        }
    }

    fn not(&mut self, depth: usize) -> Result<Query> {
        if depth >= self.limits.depth {
            return Err(self.error("nested too deeply; use fewer parentheses"));
        }
        if self.keyword("NOT") || self.eat('-') || self.eat('!') {
            return Ok(Query::Not(Box::new(self.not(depth + 1)?)));
        }
        self.one(depth)
    }

    /// Counts a clause.
    pub(super) fn clause(&mut self) -> Result<()> {
        self.clauses += 1;
        if self.clauses > self.limits.clauses {
            return Err(self.error("too many clauses; split the query"));
        }
        Ok(())
    }

    fn one(&mut self, depth: usize) -> Result<Query> {
        self.clause()?;
        if self.eat('(') {
            let inner = self.or(depth + 1)?;
            if !self.eat(')') {
                return Err(self.error("a parenthesis is not closed; add `)`"));
            }
            self.space();
            return Ok(inner);
        }
        let query = match self.peek() {
            None | Some(')') => return Err(self.error("something to look for is missing here")),
            Some('"') => self.phrase()?,
            Some(_) => self.field_or_word()?,
        };
        self.space();
        Ok(query)
    }

    fn phrase(&mut self) -> Result<Query> {
        let text = self.quoted()?;
        self.words(&text)
    }

    fn words(&self, text: &str) -> Result<Query> {
        let words: Vec<String> = words(text).map(|word| word.written).collect();
        if words.is_empty() {
            return Err(
                self.error("no letter or digit to look for; name a field as in field:value")
            );
        }
        Ok(Query::Words(words))
    }

    fn field_or_word(&mut self) -> Result<Query> {
        let start = self.at;
        let name: String = self.take_while(|c| !c.is_whitespace() && !"():\"".contains(c));
        if name.is_empty() || !self.eat(':') {
            if name.is_empty() {
                return Err(self.error("a field name is missing before `:`"));
            }
            self.at = start;
            let word = self.take_while(|c| !c.is_whitespace() && !"()\"".contains(c));
            return match word.as_str() {
                "*" => Ok(Query::All),
                word if word.contains(['*', '?']) => self.word_pattern(start, word),
                word => self.words(word),
            };
        }
        if name == "*" {
            self.at = start;
            let asked = self.take_while(|c| !c.is_whitespace() && !"()\"".contains(c));
            return match asked.as_str() {
                "*:*" => Ok(Query::All),
                _ => {
                    Err(self.error_at(start, "name the field; a value in any field is a bare word"))
                }
            };
        }
        let name = Name::parse(&name);
        if self.eat('(') {
            return self.group(&name);
        }
        let test = self.value(&name)?;
        Ok(Query::Field(name, test))
    }

    /// A bare word with wildcards: any word of a text.
    fn word_pattern(&self, start: usize, word: &str) -> Result<Query> {
        if !word.chars().all(|c| belongs(c) || "*?".contains(c)) {
            return Err(self.error_at(
                start,
                "a wildcard outside a field stands among letters and digits; name a field as in \
                 file.path:*\\temp\\*.exe",
            ));
        }
        let pattern = Pattern::wildcard(&pieces(word));
        pattern
            .map(Query::Word)
            .map_err(|problem| self.error_at(start, &problem))
    }

    pub(super) fn quoted(&mut self) -> Result<String> {
        let start = self.at;
        self.at += 1;
        let mut text = String::new();
        loop {
            match self.next() {
                None => return Err(self.error_at(start, "a quote is not closed; add `\"`")),
                Some('"') => return Ok(text),
                Some('\\') if matches!(self.peek(), Some('"' | '\\')) => text.extend(self.next()),
                Some(c) => text.push(c),
            }
        }
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest.get(self.at).copied()
    }

    pub(super) fn next(&mut self) -> Option<char> {
        let found = self.peek();
        self.at += 1;
        found
    }

    pub(super) fn eat(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        if found {
            self.at += 1;
        }
        found
    }

    pub(super) fn space(&mut self) {
        self.take_while(char::is_whitespace);
    }

    pub(super) fn take_while(&mut self, mut belongs: impl FnMut(char) -> bool) -> String {
        let taken: String = self
            .rest
            .iter()
            .skip(self.at)
            .take_while(|c| belongs(**c))
            .collect();
        self.at += taken.chars().count();
        taken
    }

    fn ends(&self) -> bool {
        matches!(self.peek(), None | Some(')'))
    }

    fn sees_keyword(&self, keyword: &str) -> bool {
        let end = self.at + keyword.len();
        let text: String = self.rest.iter().skip(self.at).take(keyword.len()).collect();
        let bounded = self
            .rest
            .get(end)
            .is_none_or(|c| c.is_whitespace() || "()".contains(*c));
        text.eq_ignore_ascii_case(keyword) && bounded
    }

    pub(super) fn keyword(&mut self, keyword: &str) -> bool {
        let found = self.sees_keyword(keyword);
        if found {
            self.at += keyword.len();
            self.space();
        }
        found
    }

    pub(super) fn error(&self, problem: &str) -> Error {
        self.error_at(self.at, problem)
    }

    pub(super) fn error_at(&self, at: usize, problem: &str) -> Error {
        Error::Query {
            column: at.min(self.rest.len()) + 1,
            problem: problem.to_owned(),
        }
    }
}

fn single_or(mut several: Vec<Query>, join: fn(Vec<Query>) -> Query) -> Query {
    match (several.pop(), several.is_empty()) {
        (Some(only), true) => only,
        (Some(last), false) => {
            several.push(last);
            join(several)
        }
        (None, _) => Query::All,
    }
}

#[cfg(test)]
mod tests {
    use super::super::Test;
    use super::*;

    fn shape(text: &str) -> String {
        match Query::parse(text, &QueryLimits::default()) {
            Ok(query) => show(&query),
            Err(error) => error.to_string(),
        }
    }

    fn show(query: &Query) -> String {
        let join = |parts: &[Query]| parts.iter().map(show).collect::<Vec<_>>().join(" ");
        match query {
            Query::All => "all".into(),
            Query::And(parts) => format!("(and {})", join(parts)),
            Query::Or(parts) => format!("(or {})", join(parts)),
            Query::Not(part) => format!("(not {})", show(part)),
            Query::Field(name, Test::Matches(pattern)) => {
                format!("{}~{}", name.text(), pattern.prefix())
            }
            Query::Field(name, test) => format!("{}:{test:?}", name.text()),
            Query::Words(words) => words.join("+"),
            Query::Word(pattern) => format!("~{}", pattern.prefix()),
        }
    }

    #[test]
    fn reads_the_example_of_the_contract() {
        let text =
            "kind:dns AND dns.queries.rrname:ns*.vn AND NOT source.ip:10.0.0.0/8 \"Exact phrase\"";
        assert_eq!(
            shape(text),
            "(and kind:Equals(\"dns\") dns.queries.rrname~ns (not source.ip:Cidr(10.0.0.0/8)) exact+phrase)"
        );
    }

    #[test]
    fn or_binds_loosest_and_words_side_by_side_are_and() {
        assert_eq!(shape("a b OR c -d"), "(or (and a b) (and c (not d)))");
        assert_eq!(shape("a (b OR c)"), "(and a (or b c))");
        assert_eq!(shape(""), "all");
        assert_eq!(shape("ORDER"), "order");
        assert_eq!(shape("a and !b or not c"), "(or (and a (not b)) (not c))");
        assert_eq!(shape("*:*"), "all");
        assert_eq!(
            shape("kind:(dns OR http)"),
            "(or kind:Equals(\"dns\") kind:Equals(\"http\"))"
        );
        assert_eq!(shape("a:(>5)"), "a:Range(Excluded(5.0), Unbounded)");
        assert_eq!(shape("power* b"), "(and ~power b)");
    }

    #[test]
    fn reads_values_of_every_form() {
        for (text, expected) in [
            ("a:*", "a:Exists"),
            ("a:fe80::1", "a:Equals(\"fe80::1\")"),
            (r"a:b\*c", "a:Equals(\"b*c\")"),
            (r#"a:"B \"c\"""#, "a:Equals(\"b \\\"c\\\"\")"),
            ("a:>=5", "a:Range(Included(5.0), Unbounded)"),
            ("a:[1 TO 5}", "a:Range(Included(1.0), Excluded(5.0))"),
            (r"a:C:\x", "a:Equals(\"c:\\\\x\")"),
        ] {
            assert_eq!(shape(text), expected, "{text}");
        }
    }

    #[test]
    fn an_error_names_its_column_and_the_way_out() {
        for (text, expected) in [
            ("(a", "column 3: a parenthesis is not closed; add `)`"),
            ("a)", "column 2: unexpected `)`; close or quote it"),
            ("a AND", "column 6: something to look for is missing here"),
            ("a:", "column 3: a value is missing after `:`"),
            ("a:\"b", "column 3: a quote is not closed; add `\"`"),
            (
                "a:/(/",
                "column 3: not a regular expression; write it between slashes as in /ab+c/",
            ),
            ("a:>x", "column 5: not a number; ranges compare numbers"),
            (
                "time:>x",
                "column 8: not a time; write it as 2026-11-22T20:05:00Z",
            ),
            (
                "source.ip:bogus",
                "column 16: source.ip holds addresses; give one, a network or a pattern",
            ),
            (
                "a:10.0.0.0/33",
                "column 3: not a network; write it as 10.0.0.0/8 or 2001:db8::/32",
            ),
            (
                "source.port:abc",
                "column 16: source.port holds numbers; give one, a range or a pattern",
            ),
            (
                "time:2026",
                "column 10: time takes a range, as in time:>=2026-11-22T20:05:00Z",
            ),
            (
                "a:(b c)",
                "column 6: values stand apart by OR, as in kind:(dns OR http)",
            ),
            ("a:(b", "column 5: a parenthesis is not closed; add `)`"),
            (
                "b*.c",
                "column 1: a wildcard outside a field stands among letters and digits; name a \
                 field as in file.path:*\\temp\\*.exe",
            ),
            (
                "a:/(x{1000}){1000}/",
                "column 3: the pattern is too large; use a shorter one",
            ),
        ] {
            assert_eq!(shape(text), expected, "{text}");
        }
    }

    #[test]
    fn an_unknown_kind_is_refused_with_the_known_ones() {
        let said = shape("kind:bogus");
        assert!(
            said.starts_with("column 11: there is no kind bogus; known: "),
            "{said}"
        );
        assert!(
            said.contains(" dns ") && said.contains(" windows.sysmon "),
            "{said}"
        );
    }

    #[test]
    fn a_bomb_is_refused_with_a_sentence() {
        let deep = format!("{}a{}", "(".repeat(1_000), ")".repeat(1_000));
        assert!(shape(&deep).contains("nested too deeply"));
        assert!(shape(&"NOT ".repeat(1_000)).contains("nested too deeply"));
        assert!(shape(&"a ".repeat(50_000)).contains("longer than"));
        assert!(shape(&"a ".repeat(2_000)).contains("too many clauses"));
    }
}
