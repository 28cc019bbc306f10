//! A correlation document as it is written. Every problem is listed with its line.

use std::time::Duration;

use super::amount::Amount;
use super::range::{Comparison, Range, Sign};
use super::{Alias, CorrelationBody, Measure, Reference};
use crate::rule::condition;
use crate::rule::limits::RuleLimits;
use crate::rule::problem::Faults;
use crate::rule::span;
use crate::rule::yaml::{Node, Value};

/// The eight types of Sigma 2.1 and pySigma.
const TYPES: [(&str, Measure); 8] = [
    ("event_count", Measure::Events),
    ("value_count", Measure::Distinct),
    ("temporal", Measure::Rules),
    ("temporal_ordered", Measure::Ordered),
    ("value_sum", Measure::Sum),
    ("value_avg", Measure::Average),
    ("value_percentile", Measure::Percentile(50)),
    ("value_median", Measure::Percentile(50)),
];
/// Rules that can be told apart in a window: one bit each of what the store keeps as an integer.
const TOLD_APART: usize = 63;

/// What a correlation's condition says.
#[derive(Default)]
struct Asked {
    comparisons: Vec<Comparison>,
    fields: Vec<String>,
    percentile: Option<u8>,
    /// A condition over rule names.
    text: Option<(String, u32)>,
    line: u32,
}

/// Reads a correlation.
pub(in crate::rule) fn read(
    root: &Node,
    node: &Node,
    limits: &RuleLimits,
    faults: &mut Faults,
) -> Option<CorrelationBody> {
    let Some(entries) = node.map() else {
        let reason = format!("correlation is {}; it must be a map", node.word());
        faults.error(node.line, reason);
        return None;
    };
    warn_unknown(entries, faults);
    let (kind, mut measure) = read_type(node, faults)?;
    let asked = read_condition(node, faults);
    let temporal = matches!(measure, Measure::Rules | Measure::Ordered);
    let rules = read_rules(node, &asked, temporal, faults);
    let span = read_span(node, limits, faults);
    if let Measure::Percentile(percent) = &mut measure
        && kind == "value_percentile"
    {
        *percent = asked.percentile.unwrap_or(50);
        if asked.percentile.is_none() {
            let reason =
                "value_percentile without `percentile: 1…100` in its condition is the median";
            faults.warn(asked.line, reason);
        }
    } else if asked.percentile.is_some() {
        faults.warn(asked.line, format!("percentile means nothing for {kind}"));
    }
    check_fields(kind, &measure, &asked, faults);
    let range = match measure {
        Measure::Rules | Measure::Ordered => {
            read_temporal(&mut measure, &rules, &asked, limits, faults)
        }
        _ => read_range(kind, &measure, &asked, faults),
    };
    Some(CorrelationBody {
        rules,
        group_by: texts(node, "group-by"),
        fields: if temporal { Vec::new() } else { asked.fields },
        measure,
        range: range?,
        span: span?,
        generate: read_generate(root, node, faults),
        aliases: read_aliases(node, faults),
    })
}

fn texts(node: &Node, key: &str) -> Vec<String> {
    let items = node.at(key).map(Node::items).unwrap_or_default();
    items.iter().filter_map(Node::text).collect()
}

fn warn_unknown(entries: &[(String, Node)], faults: &mut Faults) {
    const KNOWN: [&str; 7] = [
        "type",
        "rules",
        "group-by",
        "timespan",
        "condition",
        "aliases",
        "generate",
    ];
    for (key, value) in entries {
        if !KNOWN.contains(&key.as_str()) {
            faults.warn(value.line, format!("correlation.{key} means nothing"));
        }
    }
}

fn read_type(node: &Node, faults: &mut Faults) -> Option<(&'static str, Measure)> {
    let written = node.at("type").and_then(Node::text).unwrap_or_default();
    let found = TYPES.into_iter().find(|(name, _)| *name == written);
    if found.is_none() {
        let names = TYPES.map(|(name, _)| name).join(", ");
        let line = node.at("type").unwrap_or(node).line;
        let reason = format!("correlation type `{written}` is none of {names}");
        faults.error(line, reason);
    }
    found
}

/// The rules; a temporal correlation with a condition over names may leave them to it.
fn read_rules(node: &Node, asked: &Asked, temporal: bool, faults: &mut Faults) -> Vec<Reference> {
    let items = node.at("rules").map(Node::items).unwrap_or_default();
    let mut rules: Vec<Reference> = Vec::new();
    for item in items {
        let Some(name) = item.text() else {
            let reason = format!("a rule is named by its id or name, not by {}", item.word());
            faults.error(item.line, reason);
            continue;
        };
        if rules.iter().any(|rule| rule.name == name) {
            faults.error(item.line, format!("`{name}` is listed twice; take one out"));
            continue;
        }
        rules.push(Reference {
            name,
            line: item.line,
        });
    }
    if let (true, Some((text, line))) = (rules.is_empty() && temporal, &asked.text) {
        for name in names_in(text) {
            if !rules.iter().any(|rule| rule.name == name) {
                rules.push(Reference {
                    name: name.to_owned(),
                    line: *line,
                });
            }
        }
    }
    if rules.is_empty() {
        faults.error(
            node.line,
            "a correlation needs rules: a list of ids or names",
        );
    }
    if temporal && rules.len() > TOLD_APART {
        let reason =
            format!("more than {TOLD_APART} rules; split the correlation and chain the parts");
        faults.error(node.line, reason);
    }
    rules
}

fn read_span(node: &Node, limits: &RuleLimits, faults: &mut Faults) -> Option<Duration> {
    const FORM: &str = "a time such as 90s, 5m, 1h, 7d or 1M";
    let Some(written) = node.at("timespan") else {
        faults.error(node.line, format!("a correlation needs a timespan: {FORM}"));
        return None;
    };
    let text = written.text().unwrap_or_default();
    let Some(span) = span::parse(&text) else {
        let reason = format!("timespan `{text}` must be longer than nothing: {FORM}");
        faults.error(written.line, reason);
        return None;
    };
    if span > limits.window() {
        let days = limits.window_days;
        let reason =
            format!("the timespan is longer than {days} days, see window_days in [limits.rule]");
        faults.error(written.line, reason);
    }
    Some(span)
}

fn read_condition(node: &Node, faults: &mut Faults) -> Asked {
    let mut asked = Asked {
        line: node.line,
        ..Asked::default()
    };
    let Some(condition) = node.at("condition") else {
        return asked;
    };
    asked.line = condition.line;
    let entries = match &condition.value {
        Value::Map(entries) => entries,
        Value::Text(text) => {
            asked.text = Some((text.clone(), condition.line));
            return asked;
        }
        _ => {
            let reason = format!(
                "the condition is {}; write gte: 10, or for temporal types `a and b`",
                condition.word()
            );
            faults.error(condition.line, reason);
            return asked;
        }
    };
    for (key, value) in entries {
        match (key.as_str(), Sign::from_name(key)) {
            ("field", _) => {
                asked.fields = value.items().iter().filter_map(Node::text).collect();
            }
            ("percentile", _) => {
                let percent = value.text().and_then(|text| text.parse().ok());
                asked.percentile = percent.filter(|percent| (1..=100).contains(percent));
                if asked.percentile.is_none() {
                    faults.error(value.line, "percentile is a whole number from 1 to 100");
                }
            }
            (_, Some(sign)) => match value.text().as_deref().and_then(Amount::parse) {
                Some(amount) => asked.comparisons.push(Comparison {
                    sign,
                    amount,
                    line: value.line,
                }),
                None => faults.error(value.line, format!("{key} needs a number below 10^18")),
            },
            _ => {
                let reason = format!(
                    "condition `{key}` is none of gt, gte, lt, lte, eq, neq, field, percentile"
                );
                faults.error(value.line, reason);
            }
        }
    }
    asked
}

/// Which types measure fields, and how many.
fn check_fields(kind: &str, measure: &Measure, asked: &Asked, faults: &mut Faults) {
    let (least, most) = match measure {
        Measure::Distinct => (1, usize::MAX),
        Measure::Sum | Measure::Average | Measure::Percentile(_) => (1, 1),
        _ => (0, 0),
    };
    let count = asked.fields.len();
    if count < least {
        let reason =
            format!("{kind} needs a field in its condition, such as `field: TargetUserName`");
        faults.error(asked.line, reason);
    } else if count > most && most == 0 {
        faults.warn(asked.line, format!("field means nothing for {kind}"));
    } else if count > most {
        faults.error(
            asked.line,
            format!("{kind} takes one field; write a correlation for each"),
        );
    }
}

/// The condition of a type that compares a value.
fn read_range(kind: &str, measure: &Measure, asked: &Asked, faults: &mut Faults) -> Option<Range> {
    if let Some((_, line)) = asked.text {
        let reason =
            format!("{kind} compares a value: write gte: 10; names are for temporal types");
        faults.error(line, reason);
        return None;
    }
    if asked.comparisons.is_empty() {
        faults.error(
            asked.line,
            "the condition needs one of gt, gte, lt, lte, eq, neq",
        );
        return None;
    }
    let counted = matches!(measure, Measure::Events | Measure::Distinct);
    join(asked, counted.then_some(usize::MAX), faults)
}

fn join(asked: &Asked, counted: Option<usize>, faults: &mut Faults) -> Option<Range> {
    if let Some(third) = asked.comparisons.get(2) {
        faults.error(third.line, "a range has two bounds; take the others out");
        return None;
    }
    let broken = asked
        .comparisons
        .iter()
        .find(|each| !each.amount.is_count());
    if let (Some(_), Some(broken)) = (counted, broken) {
        faults.error(
            broken.line,
            "what is counted is compared with a whole number",
        );
        return None;
    }
    Range::join(&asked.comparisons, counted, faults)
}

/// The condition of a temporal type: none for all rules, a number of them, or names.
fn read_temporal(
    measure: &mut Measure,
    rules: &[Reference],
    asked: &Asked,
    limits: &RuleLimits,
    faults: &mut Faults,
) -> Option<Range> {
    let ordered = *measure == Measure::Ordered;
    if let Some((text, line)) = &asked.text {
        let expression = read_expression(text, *line, rules, limits, faults)?;
        let all = matches!(&expression, condition::Condition::And(parts)
            if parts.iter().all(|part| matches!(part, condition::Condition::Search(_))));
        if ordered && !all && rules.len() > 1 {
            let reason = "temporal_ordered asks for all of its rules in the order of `rules`: leave \
                          the condition out, or write type: temporal";
            faults.error(*line, reason);
        }
        if !ordered {
            *measure = Measure::Expression(expression);
        }
        return Some(Range::default());
    }
    if asked.comparisons.is_empty() {
        let all = Comparison {
            sign: Sign::Gte,
            amount: Amount::whole(rules.len()),
            line: asked.line,
        };
        return Range::join(&[all], Some(rules.len()), faults);
    }
    let range = join(asked, Some(rules.len()), faults)?;
    if ordered && !range.begins_at(rules.len()) {
        let reason = "temporal_ordered asks for all of its rules: leave the condition out, or write \
                      type: temporal";
        faults.error(asked.line, reason);
    }
    Some(range)
}

/// A condition over the names in `rules`, each of which must appear.
fn read_expression(
    text: &str,
    line: u32,
    rules: &[Reference],
    limits: &RuleLimits,
    faults: &mut Faults,
) -> Option<condition::Condition> {
    let named: Vec<&str> = names_in(text).collect();
    let mut known = true;
    for name in &named {
        if !rules.iter().any(|rule| rule.name == *name) {
            let reason =
                format!("the condition names `{name}`, which is not in `rules`; add it there");
            faults.error(line, reason);
            known = false;
        }
    }
    for rule in rules.iter().filter(|rule| !named.contains(&&*rule.name)) {
        let reason = format!(
            "`{}` is listed but not in the condition; name it there or take it out of `rules`",
            rule.name
        );
        faults.error(rule.line, reason);
    }
    if !known {
        return None;
    }
    let names: Vec<&str> = rules.iter().map(|rule| &*rule.name).collect();
    match condition::parse(text, &names, limits) {
        Ok(expression) => Some(expression),
        Err(reason) => {
            let reason = reason.replace("a search identifier", "a rule");
            faults.error(line, reason);
            None
        }
    }
}

/// The words of a condition that are no operators.
fn names_in(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|letter: char| letter.is_whitespace() || matches!(letter, '(' | ')'));
    words.filter(|word| !matches!(*word, "" | "and" | "or" | "not"))
}

/// The schema has the key beside `correlation`, pySigma in it.
fn read_generate(root: &Node, node: &Node, faults: &mut Faults) -> bool {
    let Some(written) = node.at("generate").or_else(|| root.at("generate")) else {
        return false;
    };
    match written.value {
        Value::Bool(generate) => generate,
        _ => {
            faults.error(written.line, "generate is true or false");
            false
        }
    }
}

fn read_aliases(node: &Node, faults: &mut Faults) -> Vec<Alias> {
    let Some(written) = node.at("aliases") else {
        return Vec::new();
    };
    let mut aliases = Vec::new();
    for (name, rules) in written.map().unwrap_or_default() {
        let Some(entries) = rules.map() else {
            let reason = format!("alias `{name}` needs a field for each rule: {{rule: field}}");
            faults.error(rules.line, reason);
            continue;
        };
        let fields = entries.iter();
        let fields = fields.filter_map(|(rule, field)| Some((rule.clone(), field.text()?)));
        aliases.push(Alias {
            name: name.clone(),
            fields: fields.collect(),
        });
    }
    if written.map().is_none() {
        let reason = format!("aliases is {}; it must be a map", written.word());
        faults.error(written.line, reason);
    }
    aliases
}
