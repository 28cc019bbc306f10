//! Mappings (`rules/mapping`): to which log sources an event belongs, and under which other names
//! the fields of a rule stand in our records. Rules are translated at load time, events never.

use event::Kind;

use super::RuleFile;
use super::limits::RuleLimits;
use super::logsource::Logsource;
use super::pattern::{Pattern, tokens};
use super::problem::{Faults, Problem};
use super::yaml::{self, Node};

/// All mapping files together.
#[derive(Clone, Debug, Default)]
pub(crate) struct Mapping {
    /// Which events belong to which log sources.
    pub(crate) entries: Vec<Entry>,
    names: Vec<Names>,
}

/// Events of these kinds that meet all conditions belong to these log sources.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) kinds: Vec<Kind>,
    pub(crate) when: Vec<When>,
    pub(crate) logsources: Vec<Logsource>,
}

/// The field has one of these values.
#[derive(Clone, Debug)]
pub(crate) struct When {
    pub(crate) field: String,
    pub(crate) values: Vec<Pattern>,
}

/// In rules for this log source, a field may also stand under these names.
#[derive(Clone, Debug)]
struct Names {
    logsource: Logsource,
    fields: Vec<(String, Vec<String>)>,
}

impl Mapping {
    /// Reads mapping files; those of the data folder come behind the shipped ones and add to them.
    pub(crate) fn load(
        files: &[RuleFile],
        limits: &RuleLimits,
        problems: &mut Vec<Problem>,
    ) -> Self {
        let mut mapping = Self::default();
        for file in files {
            let mut faults = Faults::default();
            if file.text.len() > limits.file_bytes {
                faults.error(
                    0,
                    format!("larger than {} bytes; split it", limits.file_bytes),
                );
                problems.extend(faults.into_problems(&file.path, None));
                continue;
            }
            for source in yaml::documents(&file.text, limits) {
                match source.root {
                    Ok(root) => mapping.read(&root, &mut faults),
                    Err((line, reason)) => faults.error(line, reason),
                }
            }
            problems.extend(faults.into_problems(&file.path, None));
        }
        mapping
    }

    fn read(&mut self, root: &Node, faults: &mut Faults) {
        for node in root.at("events").map(Node::items).unwrap_or_default() {
            let entry = read_entry(node, faults);
            self.entries.extend(entry);
        }
        for node in root.at("fields").map(Node::items).unwrap_or_default() {
            let names = read_names(node, faults);
            self.names.extend(names);
        }
        for (key, node) in root.map().unwrap_or_default() {
            if !matches!(key.as_str(), "title" | "description" | "events" | "fields") {
                faults.warn(node.line, format!("`{key}` is no key of a mapping"));
            }
        }
    }

    /// The names under which a field of a rule for `logsource` may stand: its own first, unless a
    /// mapping says its place among the others.
    pub(crate) fn names(&self, logsource: &Logsource, field: &str) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for mapped in self
            .names
            .iter()
            .filter(|names| names.logsource.covers(logsource))
        {
            let others = mapped.fields.iter().filter(|(name, _)| name == field);
            for other in others.flat_map(|(_, others)| others) {
                if !names.contains(other) {
                    names.push(other.clone());
                }
            }
        }
        if !names.iter().any(|name| name == field) {
            names.insert(0, field.to_owned());
        }
        names
    }
}

fn read_entry(node: &Node, faults: &mut Faults) -> Option<Entry> {
    let kinds = read_kinds(node.at("kinds"), node.line, faults);
    let logsources: Vec<Logsource> = node
        .at("logsources")
        .map(Node::items)
        .unwrap_or_default()
        .iter()
        .map(|node| Logsource::read(node, faults))
        .collect();
    if logsources.is_empty() {
        faults.error(node.line, "an entry of events needs logsources");
    }
    let mut when = Vec::new();
    for (field, values) in node.at("when").and_then(Node::map).unwrap_or_default() {
        let texts = values.items().iter().filter_map(Node::text);
        let values = texts
            .map(|text| Pattern::new(&tokens(&text), false))
            .collect();
        when.push(When {
            field: field.clone(),
            values,
        });
    }
    (!kinds.is_empty() && !logsources.is_empty()).then_some(Entry {
        kinds,
        when,
        logsources,
    })
}

fn read_kinds(node: Option<&Node>, line: u32, faults: &mut Faults) -> Vec<Kind> {
    let mut kinds = Vec::new();
    for text in node
        .map(Node::items)
        .unwrap_or_default()
        .iter()
        .filter_map(Node::text)
    {
        let wanted = Pattern::new(&tokens(&text), false);
        let before = kinds.len();
        kinds.extend(
            Kind::ALL
                .iter()
                .copied()
                .filter(|kind| wanted.matches(kind.name())),
        );
        if kinds.len() == before {
            faults.error(line, format!("`{text}` is no kind of event"));
        }
    }
    if kinds.is_empty() {
        faults.error(line, "an entry of events needs kinds");
    }
    kinds
}

fn read_names(node: &Node, faults: &mut Faults) -> Option<Names> {
    let Some(logsource) = node.at("logsource") else {
        faults.error(node.line, "an entry of fields needs a logsource");
        return None;
    };
    let logsource = Logsource::read(logsource, faults);
    let mut fields = Vec::new();
    for (field, names) in node.at("names").and_then(Node::map).unwrap_or_default() {
        let names: Vec<String> = names.items().iter().filter_map(Node::text).collect();
        fields.push((field.clone(), names));
    }
    Some(Names { logsource, fields })
}
