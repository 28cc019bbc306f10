//! Correlations as written: what is understood, and what is said of the rest.

use crate::rule::{Origin, RuleFile, RuleLimits, RuleSet};

const BASE: &str = "\
title: A
id: a-1
name: a
logsource: {}
detection: {s: {F: x}, condition: s}
---
title: B
id: b-1
name: b
logsource: {}
detection: {s: {F: y}, condition: s}
---
title: Correlation
id: c-1
correlation:
";
/// The line of the body's first line.
const FIRST: usize = 16;

/// The problems of a body, shown; the file has two rules before it.
fn problems(body: &str) -> (usize, Vec<String>) {
    let body = body.replace('\n', "\n  ");
    let file = RuleFile {
        origin: Origin::Local,
        path: "t.yml".to_owned(),
        text: format!("{BASE}  {body}\n"),
    };
    let (set, problems) = RuleSet::load(vec![file], Vec::new(), &RuleLimits::default());
    let shown = problems.iter().map(ToString::to_string).collect();
    (set.correlations.len(), shown)
}

/// The body has this one error, on its line number `line`, and is left out.
fn wrong(body: &str, line: usize, reason: &str) {
    let (loaded, shown) = problems(body);
    let start = format!("t.yml:{}: {reason}", FIRST + line);
    assert!(
        shown.iter().any(|text| text.starts_with(&start)),
        "{body}: {start}\n{shown:#?}"
    );
    assert_eq!(loaded, 0, "{body}");
}

fn right(body: &str) {
    assert_eq!(problems(body), (1, vec![]), "{body}");
}

const COUNT: &str = "type: event_count\nrules: [a]\ntimespan: 5m\n";

#[test]
fn every_type_and_form_is_understood() {
    for body in [
        "type: event_count\nrules: a\ntimespan: 90m\ncondition: {gte: 10}",
        "type: event_count\nrules: [A-1, b]\ngroup-by: [x, y]\ntimespan: 1w\ncondition: {gt: 1, lte: 9}",
        "type: value_count\nrules: [a]\ngroup-by: x\ntimespan: 1d\ncondition: {field: [x, y], neq: 3}",
        "type: temporal\nrules: [a, b]\ntimespan: 30s",
        "type: temporal\nrules: [a, b]\ntimespan: 30s\ncondition: {gte: 1}",
        "type: temporal\nrules: [a, b]\ntimespan: 30s\ncondition: a and not b",
        "type: temporal\ntimespan: 30s\ncondition: (a or b-1)",
        "type: temporal_ordered\nrules: [a, b]\ntimespan: 30s",
        "type: temporal_ordered\nrules: [a, b]\ntimespan: 30s\ncondition: {gte: 2}",
        "type: temporal_ordered\nrules: [a, b]\ntimespan: 30s\ncondition: a and b",
        "type: value_sum\nrules: [a]\ntimespan: 1M\ncondition: {field: n, gt: 1.5}",
        "type: value_avg\nrules: [a]\ntimespan: 1h\ncondition: {field: n, lt: -2}",
        "type: value_percentile\nrules: [a]\ntimespan: 1h\ncondition: {field: n, percentile: 95, gte: 1}",
        "type: value_median\nrules: [a]\ntimespan: 1h\ncondition: {field: n, eq: 1}",
    ] {
        right(body);
    }
}

#[test]
fn types_fields_and_conditions_that_are_wrong_are_said() {
    wrong(
        "type: rare\nrules: [a]\ntimespan: 5m",
        0,
        "correlation type `rare` is none of event_count",
    );
    wrong(
        "rules: [a]\ntimespan: 5m",
        0,
        "correlation type `` is none of",
    );
    let value =
        |kind: &str| format!("type: {kind}\nrules: [a]\ntimespan: 5m\ncondition: {{gte: 1}}");
    for kind in [
        "value_count",
        "value_sum",
        "value_avg",
        "value_percentile",
        "value_median",
    ] {
        wrong(
            &value(kind),
            3,
            &format!("{kind} needs a field in its condition"),
        );
    }
    let two = value("value_sum").replace("gte", "field: [x, y], gte");
    wrong(&two, 3, "value_sum takes one field");
    for (condition, reason) in [
        ("{gt: 10, lt: 5}", "no number is in this range"),
        ("{gt: 5, lt: 6}", "no number is in this range"),
        ("{lt: 1}", "never holds: a window begins with an event"),
        ("{eq: 0}", "never holds: a window begins with an event"),
        (
            "{gt: 5, gte: 6}",
            "a range is one of gt and gte with one of lt and lte",
        ),
        (
            "{gt: 5, neq: 6}",
            "a range is one of gt and gte with one of lt and lte",
        ),
        ("{gt: 5, lt: 9, neq: 6}", "a range has two bounds"),
        (
            "{gte: 1.5}",
            "what is counted is compared with a whole number",
        ),
        (
            "{gte: -1}",
            "what is counted is compared with a whole number",
        ),
        ("{gte: many}", "gte needs a number"),
        ("{gte: [1]}", "gte needs a number"),
        ("{more: 1}", "condition `more` is none of gt, gte"),
        ("{}", "the condition needs one of gt, gte"),
        ("a and b", "event_count compares a value"),
        ("[1]", "the condition is a list"),
        (
            "{percentile: 101, gte: 1}",
            "percentile is a whole number from 1 to 100",
        ),
    ] {
        wrong(&format!("{COUNT}condition: {condition}"), 3, reason);
    }
    wrong(COUNT.trim_end(), 0, "the condition needs one of gt, gte");
    let sum = "type: value_sum\nrules: [a]\ntimespan: 5m\ncondition: {field: n, gt: 5, lt: 5}";
    wrong(sum, 3, "no number is in this range");
}

#[test]
fn rules_spans_and_the_rest_that_are_wrong_are_said() {
    let with =
        |what: &str, instead: &str| format!("{COUNT}condition: {{gte: 2}}").replace(what, instead);
    wrong(
        &with("rules: [a]", "rules:\n  - a\n  - gone"),
        3,
        "refers to `gone`, which is no usable rule",
    );
    wrong(&with("[a]", "[a, a]"), 1, "`a` is listed twice");
    wrong(
        &with("[a]", "[a, a-1]"),
        1,
        "`a-1` is a rule that is listed already",
    );
    wrong(
        &with("[a]", "[{x: y}]"),
        1,
        "a rule is named by its id or name, not by a map",
    );
    wrong(
        &with("rules: [a]", "group-by: [x]"),
        0,
        "a correlation needs rules",
    );
    wrong(
        &with("[a]", "[c-1]"),
        1,
        "the correlations refer to each other in a circle, c-1 → c-1",
    );
    for span in ["0s", "5 minutes", "-1h", "1.5h"] {
        wrong(
            &with("5m", span),
            2,
            &format!("timespan `{span}` must be longer than nothing"),
        );
    }
    wrong(
        &with("timespan: 5m", "generate: true"),
        0,
        "a correlation needs a timespan",
    );
    wrong(&with("5m", "1y"), 2, "the timespan is longer than 31 days");
    wrong(
        &with("timespan: 5m", "timespan: 5m\ngenerate: perhaps"),
        3,
        "generate is true or false",
    );
    wrong(
        &with("timespan: 5m", "timespan: 5m\naliases: [x]"),
        3,
        "aliases is a list",
    );
    wrong(
        &with("timespan: 5m", "timespan: 5m\naliases: {x: y}"),
        3,
        "alias `x` needs a field for each rule",
    );
    let (loaded, shown) = problems(&with("timespan: 5m", "timespan: 5m\nwindow: tumbling"));
    assert_eq!(
        (loaded, shown),
        (
            1,
            vec!["t.yml:19: warning: correlation.window means nothing".to_owned()]
        )
    );
}

#[test]
fn conditions_over_rules_that_are_wrong_are_said() {
    let temporal = |condition: &str| {
        format!("type: temporal\nrules:\n- a\n- b\ntimespan: 5m\ncondition: {condition}")
    };
    for (condition, line, reason) in [
        (
            "a and b and gone",
            5,
            "the condition names `gone`, which is not in `rules`",
        ),
        ("a", 3, "`b` is listed but not in the condition"),
        ("a and", 3, "`b` is listed but not in the condition"),
        ("a b", 5, "`b` is not expected here"),
        (
            "a and b or",
            5,
            "the condition ends where a rule is expected",
        ),
        ("(a and b", 5, "`(` without `)`"),
        (
            "a AND b",
            5,
            "the condition names `AND`, which is not in `rules`",
        ),
        ("{gte: 3}", 5, "never holds: there are only 2 rules"),
        ("{lt: 1}", 5, "never holds: a window begins with an event"),
    ] {
        wrong(&temporal(condition), line, reason);
    }
    let nested = format!("{}a and b{}", "(".repeat(100), ")".repeat(100));
    wrong(
        &temporal(&nested),
        5,
        "the condition is nested deeper than 32",
    );
    let ordered = |condition: &str| temporal(condition).replace("temporal", "temporal_ordered");
    for condition in ["a or b", "a and not b", "{gte: 1}", "{lte: 2}"] {
        wrong(
            &ordered(condition),
            5,
            "temporal_ordered asks for all of its rules",
        );
    }
    let many: Vec<String> = (0..64).map(|number| format!("r{number}")).collect();
    let many = format!("type: temporal\nrules: [{}]\ntimespan: 5m", many.join(", "));
    wrong(&many, 0, "more than 63 rules");
}
