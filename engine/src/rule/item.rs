//! Search identifiers as written: maps, lists and keywords become a tree of items, and each item
//! `field|modifier: values` a set of prepared tests.

use event::Text;

use super::limits::RuleLimits;
use super::modifier::{self, Modifiers, Test};
use super::problem::Faults;
use super::yaml::{Node, Value};

/// What a search identifier asks of an event.
#[derive(Clone, Debug)]
pub(crate) enum Search {
    /// A map.
    All(Vec<Self>),
    /// A list.
    Any(Vec<Self>),
    /// One line.
    Item(Item),
}

/// `field|modifier: values`, or keywords.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    /// The names under which the field may stand, the first that an event has decides; none:
    /// keywords, over the whole event.
    pub(crate) fields: Vec<String>,
    /// For each value its alternatives.
    pub(crate) values: Vec<Vec<Test>>,
    /// All values must match, not only one.
    pub(crate) all: bool,
    /// `neq`: none of this may be so. An absent field is not equal to anything, as with `not`.
    pub(crate) negated: bool,
}

/// Reads what stands under a search identifier.
pub(crate) fn read(node: &Node, limits: &RuleLimits, faults: &mut Faults) -> Search {
    match &node.value {
        Value::Map(entries) => {
            if entries.is_empty() {
                faults.error(node.line, "an empty map selects nothing; name a field");
            }
            let items = entries
                .iter()
                .map(|(key, value)| Search::Item(field(key, value, limits, faults)));
            Search::All(items.collect())
        }
        Value::List(nodes) => list(node.line, nodes, limits, faults),
        _ => Search::Item(keywords(std::slice::from_ref(node), limits, faults)),
    }
}

/// Plain values of a list are keywords; maps and lists in it are alternatives.
fn list(line: u32, nodes: &[Node], limits: &RuleLimits, faults: &mut Faults) -> Search {
    if nodes.is_empty() {
        faults.error(line, "an empty list selects nothing; give it an item");
    }
    let nested = |node: &&Node| matches!(node.value, Value::Map(_) | Value::List(_));
    let mut parts: Vec<Search> = nodes
        .iter()
        .filter(nested)
        .map(|node| read(node, limits, faults))
        .collect();
    let plain: Vec<Node> = nodes.iter().filter(|node| !nested(node)).cloned().collect();
    if !plain.is_empty() {
        parts.push(Search::Item(keywords(&plain, limits, faults)));
    }
    Search::Any(parts)
}

fn keywords(nodes: &[Node], limits: &RuleLimits, faults: &mut Faults) -> Item {
    build(Vec::new(), &Modifiers::default(), nodes, limits, faults)
}

fn field(key: &str, node: &Node, limits: &RuleLimits, faults: &mut Faults) -> Item {
    let mut words = key.split('|');
    // Names with spaces have the spaces removed, as the records have.
    let name: String = words
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .collect();
    let modifiers = Modifiers::read(words).unwrap_or_else(|reason| {
        faults.error(node.line, format!("{key}: {reason}"));
        Modifiers::default()
    });
    let nodes = match &node.value {
        Value::List(nodes) => nodes.as_slice(),
        _ => std::slice::from_ref(node),
    };
    if nodes.is_empty() {
        faults.error(
            node.line,
            format!("{key}: an empty list matches nothing; give it a value"),
        );
    }
    let fields = if name.is_empty() {
        Vec::new()
    } else {
        vec![name]
    };
    build(fields, &modifiers, nodes, limits, faults)
}

fn build(
    fields: Vec<String>,
    modifiers: &Modifiers,
    nodes: &[Node],
    limits: &RuleLimits,
    faults: &mut Faults,
) -> Item {
    let keyword = fields.is_empty();
    let mut values = Vec::new();
    for node in nodes {
        if nodes.len() > 1 && node.value == Value::Null {
            faults.warn(
                node.line,
                "null in a list of values; a selection of its own says it clearly",
            );
        }
        match modifier::tests(modifiers, node, keyword, limits) {
            Ok(tests) => values.push(tests),
            Err(reason) => {
                let name = fields.first().map_or("keyword", String::as_str);
                faults.error(node.line, format!("{name}: {reason}"));
            }
        }
    }
    Item {
        fields,
        values,
        all: modifiers.all,
        negated: modifiers.negated,
    }
}

impl Search {
    /// Whether the event is of one of these sites.
    pub(crate) fn at_sites(sites: Vec<Text>) -> Self {
        Self::Item(Item {
            fields: Vec::new(),
            values: vec![vec![Test::Site(sites)]],
            all: false,
            negated: false,
        })
    }

    /// Calls `change` with every item. Depth is bounded by the limit of the parser.
    pub(crate) fn each_item(&mut self, change: &mut impl FnMut(&mut Item)) {
        match self {
            Self::All(parts) | Self::Any(parts) => {
                parts.iter_mut().for_each(|part| part.each_item(change));
            }
            Self::Item(item) => change(item),
        }
    }
}
