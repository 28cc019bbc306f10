//! Correlations of correlations.

use super::*;

const A: &str = r#""r":"a","g":"x","u":"1""#;
const B: &str = r#""r":"b","g":"x","u":"1""#;

fn many(group: &str) -> String {
    document(
        "many",
        &format!(
            "type: event_count\nrules: [a]\ngroup-by: {group}\ntimespan: 60s\ncondition: {{gte: 3}}"
        ),
    )
}

#[test]
fn a_success_after_many_failures() {
    let outer = "type: temporal_ordered\nrules: [many, b]\ngroup-by: [g]\ntimespan: 5m";
    let text = format!("{}{}", document("outer", outer), many("[g]"));
    let mut lab = Lab::new(&text);
    for position in 1..=2 {
        assert!(lab.feed(position, 0, A).is_empty());
    }
    assert!(lab.feed(3, 1, B).is_empty(), "too few, and the order");
    assert!(
        lab.feed(4, 2, A).is_empty(),
        "the inner one raises nothing itself"
    );
    let hits = lab.feed(5, 301, B);
    assert_eq!(positions(&hits), [4, 5], "what stands in the outer window");
    assert_eq!(&*hits[0].rule.id, "id-outer");
    let rules: Vec<&str> = hits[0].rule.rules.iter().map(|id| &**id).collect();
    assert_eq!(
        rules,
        ["id-a", "id-b"],
        "the alert's events are those of the rules at the ends"
    );
    let mut lab = Lab::new(&text);
    for position in 1..=3 {
        lab.feed(position, 0, A);
    }
    assert!(
        lab.feed(4, 300, B).is_empty(),
        "(0, 300] lacks the failures"
    );
}

#[test]
fn the_outer_groups_by_its_own_fields_and_counts_values_of_the_inner_group() {
    let outer = "type: value_count\nrules: [many]\ngroup-by: [g]\ntimespan: 5m\n\
                 condition: {field: user, gte: 2}\naliases: {user: {many: u}}";
    let mut lab = Lab::new(&format!("{}{}", many("[g, u]"), document("outer", outer)));
    for position in 1..=5 {
        assert!(
            lab.feed(position, 0, A).is_empty(),
            "one user, however often"
        );
    }
    let other = A.replace("\"1\"", "\"2\"");
    lab.feed(6, 1, &other);
    lab.feed(7, 1, &other);
    let hits = lab.feed(8, 1, &other);
    assert!(hits.iter().all(|hit| hit.entities.len() == 1));
    // Each event with which the inner window ends and holds counts once.
    let found: std::collections::BTreeSet<u64> = positions(&hits).into_iter().collect();
    assert_eq!(found, (1..=8).collect());
    assert_eq!(positions(&hits).len(), 8, "nothing twice");
}

#[test]
fn an_inner_one_that_generates_raises_alerts_too() {
    let outer =
        "type: event_count\nrules: [many]\ntimespan: 5m\ncondition: {gte: 1}\ngenerate: true";
    let mut lab = Lab::new(&format!("{}{}", document("outer", outer), many("[g]")));
    lab.feed(1, 0, A);
    lab.feed(2, 0, A);
    let hits = lab.feed(3, 1, A);
    let rules: Vec<&str> = hits.iter().map(|hit| &*hit.rule.id).collect();
    assert_eq!(rules, ["id-many", "id-outer"]);
}

#[test]
fn an_outer_one_waits_for_inner_windows_that_are_decided_late() {
    let few = "type: event_count\nrules: [a]\ngroup-by: [g]\ntimespan: 60s\ncondition: {lt: 2}";
    let outer =
        "type: temporal\nrules: [few, b]\ngroup-by: [g]\ntimespan: 60s\ncondition: b and not few";
    let text = format!("{}{}", document("few", few), document("outer", outer));
    let mut lab = Lab::new(&text);
    lab.feed(1, 0, B);
    lab.feed(2, 1, A);
    assert!(
        lab.advance(700).is_empty() && lab.finish().is_empty(),
        "one of a is few"
    );
    let mut lab = Lab::new(&text);
    lab.feed(1, 0, B);
    lab.feed(2, 1, A);
    lab.feed(3, 2, A);
    assert_eq!(positions(&lab.advance(100_000)), [1]);
}

#[test]
fn a_restart_keeps_what_outer_windows_hold() {
    let outer = "type: temporal_ordered\nrules: [many, b]\ngroup-by: [g]\ntimespan: 5m";
    let mut lab = Lab::new(&format!("{}{}", document("outer", outer), many("[g]")));
    for position in 1..=3 {
        lab.feed(position, 0, A);
        lab.restart();
    }
    assert_eq!(positions(&lab.feed(4, 10, B)), [1, 2, 3, 4]);
    lab.restart();
    assert_eq!(
        positions(&lab.feed(5, 11, B)),
        [5],
        "nothing is reported twice"
    );
}

#[test]
fn circles_are_named() {
    let to = |name: &str, other: &str| {
        document(
            name,
            &format!("type: event_count\nrules: [{other}]\ntimespan: 60s\ncondition: {{gte: 1}}"),
        )
    };
    let text = format!(
        "{}{}{}{}{}",
        to("p", "q"),
        to("q", "r"),
        to("r", "q"),
        to("s", "s"),
        to("t", "a")
    );
    let (set, problems) = load(&format!("{RULES}{text}"));
    let ids: Vec<&str> = set.correlations.iter().map(|each| &*each.info.id).collect();
    assert_eq!(ids, ["id-t"]);
    let shown: Vec<String> = problems.iter().map(ToString::to_string).collect();
    for (line, end) in [
        (35, "in a circle, q → r → q; take one reference out"),
        (45, "in a circle, r → q → r; take one reference out"),
        (55, "in a circle, s → s; take one reference out"),
        (
            25,
            "refers to `q`, which has a problem of its own; mend that",
        ),
    ] {
        let found = shown
            .iter()
            .any(|text| text.starts_with(&format!("t.yml:{line}: ")) && text.ends_with(end));
        assert!(found, "{line} {end}: {shown:#?}");
    }
    assert_eq!(shown.len(), 4);
}

#[test]
fn what_an_inner_one_does_not_know_is_said() {
    let outer =
        "type: event_count\nrules: [many]\ngroup-by: [u]\ntimespan: 5m\ncondition: {gte: 1}";
    let (_, problems) = load(&format!(
        "{RULES}{}{}",
        many("[g]"),
        document("outer", outer)
    ));
    assert_eq!(problems.len(), 1);
    assert!(
        problems[0].reason.contains("asks for `u` of `many`"),
        "{problems:?}"
    );
    let wide = format!(
        "{}haidang: {{scope: province}}\n---\n",
        many("[u]").trim_end_matches("---\n")
    );
    let (_, problems) = load(&format!("{RULES}{wide}{}", document("outer", outer)));
    assert!(problems[0].reason.contains("spans sites"), "{problems:?}");
    let deep: Vec<String> = (0..40)
        .map(|number| {
            let inner = if number == 0 {
                "a".to_owned()
            } else {
                format!("c{}", number - 1)
            };
            document(
                &format!("c{number}"),
                &format!(
                    "type: event_count\nrules: [{inner}]\ntimespan: 60s\ncondition: {{gte: 1}}"
                ),
            )
        })
        .collect();
    let (_, problems) = load(&format!("{RULES}{}", deep.concat()));
    assert!(
        problems[0].reason.contains("chained deeper than 32"),
        "{:?}",
        problems[0]
    );
}
