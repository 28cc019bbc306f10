//! Reads the query language. Length, depth and number of clauses are bounded; an error names its
//! column.
//!
//! or := and (OR and)* · and := not (AND? not)* · not := NOT not | '-' not | one
//! one := '(' or ')' | field ':' value | "phrase" | word

use std::ops::Bound;

use event::{Envelope, Name, Time};
use ipnet::{IpNet, Ipv4Net};

use super::pattern::Piece;
use super::{
    MAX_QUERY_BYTES, MAX_QUERY_CLAUSES, MAX_QUERY_DEPTH, Pattern, Query, Test, exact_number, words,
};
use crate::error::{Error, Result};

impl Query {
    /// Reads a query. The empty query is every event.
    pub fn parse(text: &str) -> Result<Self> {
        if text.len() > MAX_QUERY_BYTES {
            return Err(Error::Query {
                column: MAX_QUERY_BYTES,
                problem: format!("the query is longer than {MAX_QUERY_BYTES} bytes; shorten it"),
            });
        }
        let mut parser = Parser {
            rest: text.chars().collect(),
            at: 0,
            clauses: 0,
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

struct Parser {
    rest: Vec<char>,
    at: usize,
    clauses: usize,
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
        if depth >= MAX_QUERY_DEPTH {
            return Err(self.error("nested too deeply; use fewer parentheses"));
        }
        if self.keyword("NOT") || self.eat('-') {
            return Ok(Query::Not(Box::new(self.not(depth + 1)?)));
        }
        self.one(depth)
    }

    fn one(&mut self, depth: usize) -> Result<Query> {
        self.clauses += 1;
        if self.clauses > MAX_QUERY_CLAUSES {
            return Err(self.error("too many clauses; split the query"));
        }
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
        let words: Vec<String> = words(text).collect();
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
                word => self.words(word),
            };
        }
        let name = Name::parse(&name);
        let test = self.value(&name)?;
        Ok(Query::Field(name, test))
    }

    fn value(&mut self, name: &Name) -> Result<Test> {
        match self.peek() {
            Some('"') => self.quoted().map(|text| Test::Equals(text.to_lowercase())),
            Some('/') => self.slashed(),
            Some('[' | '{') => self.range(name),
            Some('<' | '>') => self.comparison(name),
            None => Err(self.error("a value is missing after `:`")),
            Some(c) if c.is_whitespace() || c == ')' => {
                Err(self.error("a value is missing after `:`; `field:*` asks whether it exists"))
            }
            Some(_) => self.plain(),
        }
    }

    /// A value without quotes: wildcards, `\*` and `\?` literal, a CIDR on any field.
    fn plain(&mut self) -> Result<Test> {
        let start = self.at;
        let text = self.take_while(|c| !c.is_whitespace() && !"()".contains(c));
        if text == "*" {
            return Ok(Test::Exists);
        }
        if text.contains('/')
            && let Ok(network) = text.parse()
        {
            return Ok(Test::Cidr(canonical(network)));
        }
        let pieces = pieces(&text);
        if let [Piece::Text(text)] = pieces.as_slice() {
            return Ok(Test::Equals(text.to_lowercase()));
        }
        let pattern = Pattern::wildcard(&pieces);
        pattern
            .map(Test::Matches)
            .map_err(|problem| self.error_at(start, &problem))
    }

    fn slashed(&mut self) -> Result<Test> {
        let start = self.at;
        self.at += 1;
        let mut source = String::new();
        loop {
            match self.next() {
                None => {
                    return Err(self.error_at(start, "a regular expression is not closed; add `/`"));
                }
                Some('/') => break,
                Some('\\') if self.peek() == Some('/') => {
                    self.at += 1;
                    source.push('/');
                }
                Some(c) => source.push(c),
            }
        }
        let pattern = Pattern::regex(&source);
        pattern
            .map(Test::Matches)
            .map_err(|problem| self.error_at(start, &problem))
    }

    /// `[1 TO 5]`, `{1 TO 5}`, `[1 TO *]`.
    fn range(&mut self, name: &Name) -> Result<Test> {
        let open = self.next() == Some('{');
        self.space();
        let low = self.take_while(|c| !c.is_whitespace() && !"]}".contains(c));
        self.space();
        if !self.keyword("TO") {
            return Err(self.error("a range needs TO, as in [1 TO 5]"));
        }
        let high = self.take_while(|c| !c.is_whitespace() && !"]}".contains(c));
        self.space();
        let closed = match self.next() {
            Some(']') => false,
            Some('}') => true,
            _ => return Err(self.error("a range is not closed; add `]`")),
        };
        self.bounds(name, bound(&low, open), bound(&high, closed))
    }

    /// `>=5`, `>5`, `<=5`, `<5`.
    fn comparison(&mut self, name: &Name) -> Result<Test> {
        let above = self.next() == Some('>');
        let exclusive = !self.eat('=');
        let text = self.take_while(|c| !c.is_whitespace() && !"()".contains(c));
        let given = bound(&text, exclusive);
        let (low, high) = if above {
            (given, Bound::Unbounded)
        } else {
            (Bound::Unbounded, given)
        };
        self.bounds(name, low, high)
    }

    fn bounds(&self, name: &Name, low: Bound<String>, high: Bound<String>) -> Result<Test> {
        if *name == Name::Envelope(Envelope::Time) {
            let time = |text: String| {
                Time::parse(&text)
                    .ok_or_else(|| self.error("not a time; write it as 2026-11-22T20:05:00Z"))
            };
            return Ok(Test::Time(convert(low, time)?, convert(high, time)?));
        }
        let number = |text: String| {
            exact_number(&text).ok_or_else(|| self.error("not a number; ranges compare numbers"))
        };
        Ok(Test::Range(convert(low, number)?, convert(high, number)?))
    }

    fn quoted(&mut self) -> Result<String> {
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

    fn peek(&self) -> Option<char> {
        self.rest.get(self.at).copied()
    }

    fn next(&mut self) -> Option<char> {
        let found = self.peek();
        self.at += 1;
        found
    }

    fn eat(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        if found {
            self.at += 1;
        }
        found
    }

    fn space(&mut self) {
        self.take_while(char::is_whitespace);
    }

    fn take_while(&mut self, mut belongs: impl FnMut(char) -> bool) -> String {
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
        text == keyword && bounded
    }

    fn keyword(&mut self, keyword: &str) -> bool {
        let found = self.sees_keyword(keyword);
        if found {
            self.at += keyword.len();
            self.space();
        }
        found
    }

    fn error(&self, problem: &str) -> Error {
        self.error_at(self.at, problem)
    }

    fn error_at(&self, at: usize, problem: &str) -> Error {
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

/// A network of IPv4 addresses written as IPv6 ones is the IPv4 network, as with addresses.
fn canonical(network: IpNet) -> IpNet {
    if let IpNet::V6(mapped) = network
        && let Some(bits) = mapped.prefix_len().checked_sub(96)
        && let Some(address) = mapped.addr().to_ipv4_mapped()
        && let Ok(network) = Ipv4Net::new(address, bits)
    {
        return network.into();
    }
    network
}

fn bound(text: &str, exclusive: bool) -> Bound<String> {
    match text {
        "*" => Bound::Unbounded,
        _ if exclusive => Bound::Excluded(text.to_owned()),
        _ => Bound::Included(text.to_owned()),
    }
}

fn convert<T>(bound: Bound<String>, read: impl Fn(String) -> Result<T>) -> Result<Bound<T>> {
    Ok(match bound {
        Bound::Included(text) => Bound::Included(read(text)?),
        Bound::Excluded(text) => Bound::Excluded(read(text)?),
        Bound::Unbounded => Bound::Unbounded,
    })
}

/// Splits at wildcards; a backslash makes the next wildcard literal and stands for itself
/// otherwise.
fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut literal = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let wild = match c {
            '\\' if matches!(chars.peek(), Some('*' | '?')) => {
                literal.extend(chars.next());
                continue;
            }
            '*' => Piece::Any,
            '?' => Piece::One,
            _ => {
                literal.push(c);
                continue;
            }
        };
        if !literal.is_empty() {
            pieces.push(Piece::Text(std::mem::take(&mut literal)));
        }
        pieces.push(wild);
    }
    if !literal.is_empty() {
        pieces.push(Piece::Text(literal));
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(text: &str) -> String {
        match Query::parse(text) {
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
                "a:/(x{1000}){1000}/",
                "column 3: the pattern is too large; use a shorter one",
            ),
        ] {
            assert_eq!(shape(text), expected, "{text}");
        }
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
