//! Sigma's modifiers: what stands behind `|` turns a value as written into prepared tests.

use std::cmp::Ordering;
use std::net::IpAddr;

use event::{Leaf, Text};
use ipnet::IpNet;
use regex::{Regex, RegexBuilder};

use super::limits::RuleLimits;
use super::pattern::{Pattern, Token};
use super::placeholder;
use super::step::{self, Step};
use super::yaml::{Node, Value};

/// What one value asks of a field.
#[derive(Clone, Debug)]
pub(crate) enum Test {
    /// The value as text, whole.
    Text(Pattern),
    /// The number, or its decimal text.
    Number(Number),
    /// Null, or no such field.
    Null,
    /// The field is there, or is not.
    Exists(bool),
    /// A number in this order to the bound.
    Compare(Order, Bound),
    Regex(Regex),
    Cidr(IpNet),
    /// A part of a time stamp in this order to the bound.
    Time(Part, Order, f64),
    Reference(Reference),
    /// The event is of one of these sites, whatever its fields say; only filters of people ask so.
    Site(Vec<Text>),
}

/// A number of a rule with its decimal text.
#[derive(Clone, Debug)]
pub(crate) struct Number {
    pub(crate) value: f64,
    pub(crate) text: String,
}

/// What numbers are compared with: beyond 2^53 whole ones are compared as such.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bound {
    value: f64,
    whole: Option<i128>,
}

impl Bound {
    /// Whether a value of an event stands in this order to it.
    pub(crate) fn holds(self, order: Order, leaf: Leaf<'_>) -> bool {
        /// Up to here every whole number is an f64.
        const EXACT: f64 = 9_007_199_254_740_992.0;
        let Some(value) = leaf.number() else {
            return false;
        };
        if value.abs() >= EXACT
            && let (Some(whole), Some(bound)) = (leaf.whole(), self.whole)
        {
            return order.stands(whole.cmp(&bound));
        }
        order.holds(value, self.value)
    }
}

/// The name of another field of the same event, and how the two compare.
#[derive(Clone, Debug)]
pub(crate) struct Reference {
    /// The names under which it may stand.
    pub(crate) fields: Vec<String>,
    pub(crate) place: Place,
    pub(crate) cased: bool,
}

/// Where in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Whole,
    Start,
    End,
    Anywhere,
}

/// How two numbers compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Order {
    /// Whether `value` stands in this order to `bound`.
    pub(crate) fn holds(self, value: f64, bound: f64) -> bool {
        match self {
            Self::Equal => value == bound,
            Self::Less => value < bound,
            Self::LessOrEqual => value <= bound,
            Self::Greater => value > bound,
            Self::GreaterOrEqual => value >= bound,
        }
    }

    /// The same of a comparison that is made.
    fn stands(self, compared: Ordering) -> bool {
        match self {
            Self::Equal => compared.is_eq(),
            Self::Less => compared.is_lt(),
            Self::LessOrEqual => compared.is_le(),
            Self::Greater => compared.is_gt(),
            Self::GreaterOrEqual => compared.is_ge(),
        }
    }
}

/// A part of a time stamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Year,
}

/// What an item compares with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Kind {
    #[default]
    Text,
    Exists,
    Regex,
    Cidr,
    Compare,
    Time(Part),
    Reference,
}

/// The modifiers of an item, in a form that cannot be a wrong combination.
#[derive(Clone, Debug, Default)]
pub(crate) struct Modifiers {
    pub(crate) all: bool,
    pub(crate) negated: bool,
    kind: Kind,
    order: Option<Order>,
    cased: bool,
    expand: bool,
    flags: Flags,
    steps: Vec<Step>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Flags {
    ignore_case: bool,
    lines: bool,
    dot_all: bool,
}

impl Flags {
    /// As they are written in a pattern.
    fn letters(self) -> String {
        let flags = [
            (self.ignore_case, 'i'),
            (self.lines, 'm'),
            (self.dot_all, 's'),
        ];
        let set = flags.iter().filter(|(set, _)| *set);
        set.map(|(_, letter)| *letter).collect()
    }
}

impl Modifiers {
    /// Reads modifiers in the order they are applied.
    pub(crate) fn read<'a>(words: impl Iterator<Item = &'a str>) -> Result<Self, String> {
        let mut read = Self::default();
        for word in words {
            read.add(word)?;
        }
        if !read.steps.is_empty() && !matches!(read.kind, Kind::Text) {
            let placing = |step: &Step| matches!(step, Step::Contains | Step::Start | Step::End);
            let fits = matches!(read.kind, Kind::Regex | Kind::Reference);
            if !fits || !read.steps.iter().all(placing) {
                return Err("these modifiers do not go together".to_owned());
            }
        }
        if read.order.is_some() && !matches!(read.kind, Kind::Compare | Kind::Time(_)) {
            return Err("an order needs a number or a part of a time".to_owned());
        }
        if read.cased && !matches!(read.kind, Kind::Text | Kind::Reference) {
            return Err("cased is for texts".to_owned());
        }
        Ok(read)
    }

    fn add(&mut self, word: &str) -> Result<(), String> {
        match word {
            "all" => self.all = true,
            "neq" => self.negated = true,
            "cased" => self.cased = true,
            "expand" => self.expand = true,
            "exists" => return self.become_kind(Kind::Exists, word),
            "re" => return self.become_kind(Kind::Regex, word),
            "cidr" => return self.become_kind(Kind::Cidr, word),
            "fieldref" => return self.become_kind(Kind::Reference, word),
            "i" | "ignorecase" | "m" | "multiline" | "s" | "dotall" => return self.flag(word),
            "lt" => return self.compare(Order::Less),
            "lte" => return self.compare(Order::LessOrEqual),
            "gt" => return self.compare(Order::Greater),
            "gte" => return self.compare(Order::GreaterOrEqual),
            "minute" => return self.become_kind(Kind::Time(Part::Minute), word),
            "hour" => return self.become_kind(Kind::Time(Part::Hour), word),
            "day" => return self.become_kind(Kind::Time(Part::Day), word),
            "week" => return self.become_kind(Kind::Time(Part::Week), word),
            "month" => return self.become_kind(Kind::Time(Part::Month), word),
            "year" => return self.become_kind(Kind::Time(Part::Year), word),
            _ => {
                let step = Step::from_name(word).ok_or_else(|| {
                    format!("unknown modifier `{word}`; the specification names 31 others")
                })?;
                self.steps.push(step);
            }
        }
        Ok(())
    }

    fn become_kind(&mut self, kind: Kind, word: &str) -> Result<(), String> {
        let placed = kind == Kind::Reference && !self.steps.is_empty();
        if self.kind != Kind::Text || (!self.steps.is_empty() && !placed) {
            return Err(format!("no other modifier may stand before `{word}`"));
        }
        self.kind = kind;
        Ok(())
    }

    fn flag(&mut self, word: &str) -> Result<(), String> {
        if self.kind != Kind::Regex {
            return Err(format!("`{word}` belongs behind `re`"));
        }
        match word {
            "i" | "ignorecase" => self.flags.ignore_case = true,
            "m" | "multiline" => self.flags.lines = true,
            _ => self.flags.dot_all = true,
        }
        Ok(())
    }

    fn compare(&mut self, order: Order) -> Result<(), String> {
        if self.order.is_some() {
            return Err("one order is enough; write two items for a range".to_owned());
        }
        self.order = Some(order);
        match self.kind {
            Kind::Time(_) => Ok(()),
            _ => self.become_kind(Kind::Compare, "lt, lte, gt or gte"),
        }
    }

    fn place(&self) -> Place {
        match self.steps.last() {
            Some(Step::Contains) => Place::Anywhere,
            Some(Step::Start) => Place::Start,
            Some(Step::End) => Place::End,
            _ => Place::Whole,
        }
    }
}

/// The alternatives that a value becomes.
pub(crate) fn tests(
    modifiers: &Modifiers,
    node: &Node,
    keyword: bool,
    limits: &RuleLimits,
) -> Result<Vec<Test>, String> {
    if matches!(node.value, Value::List(_) | Value::Map(_)) {
        return Err(format!("a value cannot be {}", node.word()));
    }
    if keyword && !matches!(modifiers.kind, Kind::Text | Kind::Regex) {
        return Err("a keyword has no field for this modifier".to_owned());
    }
    let test = match modifiers.kind {
        Kind::Text => return texts(modifiers, node, keyword, limits),
        Kind::Exists => match node.value {
            Value::Bool(wanted) => Test::Exists(wanted),
            _ => return Err("exists needs true or false".to_owned()),
        },
        Kind::Regex => Test::Regex(regex(modifiers, node, limits)?),
        Kind::Cidr => Test::Cidr(network(node)?),
        Kind::Compare => Test::Compare(modifiers.order.unwrap_or(Order::Equal), bound(node)?),
        Kind::Time(part) => {
            Test::Time(part, modifiers.order.unwrap_or(Order::Equal), number(node)?)
        }
        Kind::Reference => {
            let name = node.text().filter(|name| !name.is_empty());
            let name = name.ok_or("fieldref needs the name of a field")?;
            if name.contains(['*', '?']) {
                return Err("fieldref names one field; wildcards mean nothing in it".to_owned());
            }
            let fields = vec![name.split_whitespace().collect()];
            Test::Reference(Reference {
                fields,
                place: modifiers.place(),
                cased: modifiers.cased,
            })
        }
    };
    Ok(vec![test])
}

fn texts(
    modifiers: &Modifiers,
    node: &Node,
    keyword: bool,
    limits: &RuleLimits,
) -> Result<Vec<Test>, String> {
    if modifiers.cased && !matches!(node.value, Value::Text(_)) {
        return Err("cased is for texts; put the value in quotes".to_owned());
    }
    match &node.value {
        Value::Null if modifiers.steps.is_empty() && !keyword => return Ok(vec![Test::Null]),
        Value::Null => return Err("null has no text for these modifiers".to_owned()),
        Value::Int(number) if modifiers.steps.is_empty() && !keyword => {
            #[expect(clippy::cast_precision_loss, reason = "the text decides beyond 2^53")]
            let value = *number as f64;
            return Ok(vec![Test::Number(Number {
                value,
                text: number.to_string(),
            })]);
        }
        Value::Float(number) if modifiers.steps.is_empty() && !keyword => {
            let number = Number {
                value: *number,
                text: number.to_string(),
            };
            return Ok(vec![Test::Number(number)]);
        }
        _ => {}
    }
    let text = node.text().ok_or("the value has no text")?;
    let text = if modifiers.expand {
        placeholder::plain(&text)?
    } else {
        text
    };
    let mut variants = step::apply(&modifiers.steps, &text, limits)?;
    if keyword {
        variants.iter_mut().for_each(step::around);
    }
    let tests = variants.iter().map(|tokens| {
        within(tokens)?;
        Ok(Test::Text(Pattern::new(tokens, modifiers.cased)))
    });
    tests.collect()
}

/// Long patterns with `?` cost the product of pattern and text.
fn within(tokens: &[Token]) -> Result<(), String> {
    const LONGEST: usize = 32 << 10;
    const LONGEST_WITH_ONE: usize = 512;
    let most = if tokens.contains(&Token::One) {
        LONGEST_WITH_ONE
    } else {
        LONGEST
    };
    if tokens.len() > most {
        return Err(format!(
            "the value is longer than {most} characters; cut it"
        ));
    }
    Ok(())
}

fn regex(modifiers: &Modifiers, node: &Node, limits: &RuleLimits) -> Result<Regex, String> {
    let pattern = node.text().ok_or("re needs a text")?;
    if pattern.len() > limits.regex_pattern_bytes {
        return Err(format!(
            "the pattern is longer than {} bytes",
            limits.regex_pattern_bytes
        ));
    }
    // Flags are written into the pattern, so that the pattern alone says what it means.
    let flags = modifiers.flags.letters();
    let pattern = if flags.is_empty() {
        pattern
    } else {
        format!("(?{flags}){pattern}")
    };
    let built = RegexBuilder::new(&pattern)
        .size_limit(limits.regex_bytes)
        .dfa_size_limit(limits.regex_bytes)
        .nest_limit(u32::try_from(limits.nesting).unwrap_or(u32::MAX))
        .build();
    built.map_err(|error| {
        let text = error.to_string();
        let reason = text
            .lines()
            .last()
            .unwrap_or_default()
            .trim_start_matches("error: ");
        format!("the regular expression cannot be used: {reason}")
    })
}

fn network(node: &Node) -> Result<IpNet, String> {
    let text = node.text().unwrap_or_default();
    let network = text.parse::<IpNet>().ok();
    network
        .or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
        .ok_or_else(|| format!("`{text}` is no network; write it as 10.0.0.0/8 or fe80::/10"))
}

fn bound(node: &Node) -> Result<Bound, String> {
    let whole = node.text().and_then(|text| text.parse().ok());
    let value = number(node)?;
    Ok(Bound { value, whole })
}

fn number(node: &Node) -> Result<f64, String> {
    let text = node.text().unwrap_or_default();
    let number = text.parse::<f64>().ok().filter(|number| number.is_finite());
    number.ok_or_else(|| format!("`{text}` is no number"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_beyond_two_to_53_are_compared_as_such() {
        let holds = |order: Order, bound_text: &str, leaf: Leaf<'_>| {
            let node = Node {
                line: 1,
                value: Value::Text(bound_text.to_owned()),
            };
            bound(&node).unwrap().holds(order, leaf)
        };
        let big = "9007199254740992";
        assert!(holds(Order::Greater, big, Leaf::Int(9_007_199_254_740_993)));
        assert!(!holds(
            Order::Greater,
            big,
            Leaf::Int(9_007_199_254_740_992)
        ));
        let text = Leaf::Text("133500000000000000");
        assert!(holds(Order::Less, "133500000000000001", text));
        assert!(!holds(
            Order::LessOrEqual,
            "133500000000000000",
            Leaf::Unsigned(133_500_000_000_000_001)
        ));
        assert!(holds(Order::GreaterOrEqual, "4.5", Leaf::Text("4.5")));
        assert!(holds(Order::Less, "1e30", Leaf::Unsigned(u64::MAX)));
        assert!(!holds(Order::Less, "5", Leaf::Text("x")));
    }
}
