//! Correlation documents: how many events, or different values, in how long, by what group.
//!
//! Only conditions that further events can make truer (`gt`, `gte`) are in this release; they fire
//! as soon as they hold.

use std::sync::Arc;
use std::time::Duration;

use event::Text;

use super::info::RuleInfo;
use super::limits::RuleLimits;
use super::problem::Faults;
use super::span;
use super::yaml::Node;

/// A correlation whose rules are found: what a window needs to know.
#[derive(Debug)]
pub struct Correlation {
    /// The rule.
    pub(crate) info: Arc<RuleInfo>,
    /// The rules whose detections it counts.
    pub(crate) members: Vec<Member>,
    /// The group-by fields as written: they name the entities of its alerts.
    pub(crate) group_by: Vec<String>,
    /// It holds from so many on.
    pub(crate) at_least: usize,
    /// Different values are counted, not events.
    pub(crate) distinct: bool,
    /// The window.
    pub(crate) span: Duration,
}

/// A rule of a correlation, and where its events hold what the correlation asks for.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) rule: Text,
    /// For each group-by field the names it may stand under.
    pub(crate) group: Vec<Vec<String>>,
    /// For each counted field the names it may stand under.
    pub(crate) values: Vec<Vec<String>>,
}

/// A correlation as written.
#[derive(Debug)]
pub(crate) struct CorrelationBody {
    /// Ids or names.
    pub(crate) rules: Vec<String>,
    pub(crate) group_by: Vec<String>,
    /// Fields whose different values are counted; none: events are.
    pub(crate) counted: Vec<String>,
    pub(crate) at_least: usize,
    pub(crate) span: Duration,
    /// The rules raise alerts of their own, too.
    pub(crate) generate: bool,
    pub(crate) aliases: Vec<Alias>,
}

/// A name in group-by that stands for another field in each rule.
#[derive(Debug)]
pub(crate) struct Alias {
    pub(crate) name: String,
    /// Rule and field.
    pub(crate) fields: Vec<(String, String)>,
}

impl CorrelationBody {
    /// The field that a group-by name means in the events of a rule known by `names`.
    pub(crate) fn field<'a>(&'a self, name: &'a str, names: &[&str]) -> &'a str {
        let alias = self.aliases.iter().find(|alias| alias.name == name);
        let field = alias.and_then(|alias| {
            alias
                .fields
                .iter()
                .find(|(rule, _)| names.contains(&rule.as_str()))
        });
        field.map_or(name, |(_, field)| field)
    }
}

/// Reads a correlation.
pub(crate) fn read(
    root: &Node,
    node: &Node,
    limits: &RuleLimits,
    faults: &mut Faults,
) -> Option<CorrelationBody> {
    let texts = |key: &str| -> Vec<String> {
        node.at(key)
            .map(Node::items)
            .unwrap_or_default()
            .iter()
            .filter_map(Node::text)
            .collect()
    };
    let kind = node.at("type").and_then(Node::text).unwrap_or_default();
    let distinct = kind == "value_count";
    if !distinct && kind != "event_count" {
        let line = node.at("type").unwrap_or(node).line;
        faults.error(
            line,
            format!("needs correlation type `{kind}`, not in this release"),
        );
    }
    let rules = texts("rules");
    if rules.is_empty() {
        faults.error(node.line, "a correlation needs rules");
    }
    let span = read_span(node, limits, faults);
    let (at_least, counted) = read_condition(node, faults);
    if distinct && counted.is_empty() {
        faults.error(node.line, "value_count needs the field in its condition");
    }
    let generate = node.at("generate").or_else(|| root.at("generate"));
    let generate = generate.and_then(Node::text).as_deref() == Some("true");
    Some(CorrelationBody {
        rules,
        group_by: texts("group-by"),
        counted: if distinct { counted } else { Vec::new() },
        at_least: at_least?,
        span: span?,
        generate,
        aliases: read_aliases(node),
    })
}

fn read_span(node: &Node, limits: &RuleLimits, faults: &mut Faults) -> Option<Duration> {
    let text = node.at("timespan").and_then(Node::text);
    let span = text.as_deref().and_then(span::parse);
    match span {
        None => faults.error(
            node.line,
            "a correlation needs a timespan such as 90s, 5m, 1h or 7d",
        ),
        Some(span) if span > limits.window() => {
            let days = limits.window_days;
            faults.error(
                node.line,
                format!("the timespan is longer than {days} days"),
            );
        }
        Some(_) => {}
    }
    span
}

fn read_condition(node: &Node, faults: &mut Faults) -> (Option<usize>, Vec<String>) {
    let Some(condition) = node.at("condition") else {
        faults.error(node.line, "a correlation needs a condition such as gte: 10");
        return (None, Vec::new());
    };
    let Some(entries) = condition.map() else {
        faults.error(
            condition.line,
            "needs a condition over rule names, not in this release",
        );
        return (None, Vec::new());
    };
    let (mut at_least, mut fields) = (None, Vec::new());
    for (key, value) in entries {
        let number = || value.text().and_then(|text| text.parse::<usize>().ok());
        let bound = match key.as_str() {
            "gte" => number(),
            "gt" => number().and_then(|number| number.checked_add(1)),
            "field" => {
                fields = value.items().iter().filter_map(Node::text).collect();
                continue;
            }
            other => {
                faults.error(
                    value.line,
                    format!("needs condition `{other}`, not in this release"),
                );
                continue;
            }
        };
        if bound.is_none() {
            faults.error(value.line, format!("{key} needs a whole number"));
        }
        if at_least.is_some() {
            faults.error(
                value.line,
                "needs a range as condition, not in this release",
            );
        }
        at_least = bound.map(|bound| bound.max(1));
    }
    if at_least.is_none() {
        faults.error(condition.line, "the condition needs gte or gt");
    }
    (at_least, fields)
}

fn read_aliases(node: &Node) -> Vec<Alias> {
    let aliases = node
        .at("aliases")
        .and_then(Node::map)
        .unwrap_or_default()
        .iter();
    let read = aliases.map(|(name, rules)| {
        let fields = rules.map().unwrap_or_default().iter();
        let fields = fields.filter_map(|(rule, field)| Some((rule.clone(), field.text()?)));
        Alias {
            name: name.clone(),
            fields: fields.collect(),
        }
    });
    read.collect()
}
