//! Reads what a field is asked: values, patterns, networks, ranges. A value that the field can
//! never hold is refused: to a person who hunts, nothing found means nothing there.

use std::net::IpAddr;
use std::ops::Bound;

use event::{CoreType, Envelope, Kind, Name, Time};
use ipnet::{IpNet, Ipv4Net};

use super::parse::Parser;
use super::pattern::Piece;
use super::{Pattern, Query, Test, exact_number};
use crate::error::Result;

impl Parser {
    /// `(a OR b)` behind a field's name; the parenthesis is open.
    pub(super) fn group(&mut self, name: &Name) -> Result<Query> {
        let mut either = Vec::new();
        loop {
            self.space();
            self.clause()?;
            let test = self.value(name)?;
            either.push(Query::Field(name.clone(), test));
            self.space();
            if self.eat(')') {
                self.space();
                return Ok(match either.len() {
                    1 => either.pop().unwrap_or(Query::All),
                    _ => Query::Or(either),
                });
            }
            if self.peek().is_none() {
                return Err(self.error("a parenthesis is not closed; add `)`"));
            }
            if !self.keyword("OR") {
                return Err(self.error("values stand apart by OR, as in kind:(dns OR http)"));
            }
        }
    }

    /// What a field is asked.
    pub(super) fn value(&mut self, name: &Name) -> Result<Test> {
        let test = self.any_value(name)?;
        match unfit(name, &test) {
            None => Ok(test),
            Some(problem) => Err(self.error(&problem)),
        }
    }

    fn any_value(&mut self, name: &Name) -> Result<Test> {
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
        if let Some((address, _)) = text.split_once('/') {
            if let Ok(network) = text.parse() {
                return Ok(Test::Cidr(canonical(network)));
            }
            if address.parse::<IpAddr>().is_ok() {
                let problem = "not a network; write it as 10.0.0.0/8 or 2001:db8::/32";
                return Err(self.error_at(start, problem));
            }
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
}

/// Why no event can have this in the field, if none can.
fn unfit(name: &Name, test: &Test) -> Option<String> {
    let Test::Equals(value) = test else {
        return None;
    };
    match name {
        Name::Envelope(Envelope::Kind) => Kind::from_name(value).is_none().then(|| {
            let known: Vec<&str> = Kind::ALL.iter().map(|kind| kind.name()).collect();
            let known = known.join(" ");
            format!("there is no kind {value}; known: {known}")
        }),
        Name::Envelope(Envelope::Time | Envelope::Seen) => {
            let name = name.text();
            Some(format!(
                "{name} takes a range, as in {name}:>=2026-11-22T20:05:00Z"
            ))
        }
        Name::Core(field) => {
            let (holds, example, fits) = match field.kind() {
                CoreType::Ip => ("addresses", "a network", value.parse::<IpAddr>().is_ok()),
                CoreType::Number => ("numbers", "a range", exact_number(value).is_some()),
                CoreType::Text => return None,
            };
            let name = name.text();
            (!fits).then(|| format!("{name} holds {holds}; give one, {example} or a pattern"))
        }
        _ => None,
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
pub(super) fn pieces(text: &str) -> Vec<Piece> {
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
