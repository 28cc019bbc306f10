//! Each type on its boundary: one case that fires and one that stays silent beside it.

use super::*;

/// The positions that are reported when these events come (second, record), and then nothing more.
fn reported(body: &str, events: &[(i64, &str)]) -> Vec<u64> {
    let mut lab = Lab::new(&document("x", body));
    let mut found = Vec::new();
    for (position, (second, record)) in (1..).zip(events) {
        found.extend(positions(&lab.feed(position, *second, record)));
    }
    found.extend(positions(&lab.finish()));
    found
}

fn numbers(numbers: &[&str]) -> Vec<(i64, String)> {
    let records = numbers
        .iter()
        .map(|number| format!(r#""r":"a","n":{number}"#));
    (0..).zip(records).collect()
}

fn of_numbers(body: &str, given: &[&str]) -> usize {
    let events = numbers(given);
    let events: Vec<(i64, &str)> = events
        .iter()
        .map(|(second, record)| (*second, &**record))
        .collect();
    reported(body, &events).len()
}

const A: &str = r#""r":"a""#;
const B: &str = r#""r":"b""#;
const C: &str = r#""r":"c""#;

#[test]
fn event_count() {
    let body = "type: event_count\nrules: [a, b]\ntimespan: 60s\ncondition: {gte: 3}";
    assert_eq!(reported(body, &[(1, A), (2, B), (60, A)]), [1, 2, 3]);
    assert!(
        reported(body, &[(0, A), (1, A), (60, A)]).is_empty(),
        "(0, 60] holds two"
    );
    let body = body.replace("gte: 3", "gt: 2");
    assert_eq!(
        reported(&body, &[(1, A), (2, B), (60, A), (60, A)]),
        [1, 2, 3, 4]
    );
}

#[test]
fn event_count_that_more_can_undo_is_looked_at_when_the_window_is_past() {
    let count = |condition: &str, count: usize| {
        let body =
            format!("type: event_count\nrules: a\ntimespan: 60s\ncondition: {{{condition}}}");
        reported(&body, &vec![(5, A); count]).len()
    };
    for (condition, fires, silent) in [
        ("lt: 3", 2, 3),
        ("lte: 3", 3, 4),
        ("eq: 3", 3, 2),
        ("eq: 3", 3, 4),
        ("neq: 3", 2, 3),
        ("gt: 2, lt: 5", 3, 2),
        ("gt: 2, lt: 5", 4, 5),
        ("lte: 4, gte: 4", 4, 5),
    ] {
        assert_eq!(count(condition, fires), fires, "{condition}");
        assert_eq!(count(condition, silent), 0, "{condition}");
    }
}

#[test]
fn a_window_that_is_looked_at_when_past_lasts_from_its_first_event() {
    let body = "type: event_count\nrules: a\ntimespan: 60s\ncondition: {eq: 2}";
    assert_eq!(reported(body, &[(0, A), (59, A), (60, A)]), [1, 2]);
    assert_eq!(
        reported(body, &[(0, A), (60, A), (119, A), (120, A)]),
        [2, 3]
    );
}

#[test]
fn what_can_be_undone_waits_for_its_sources_or_for_the_limit() {
    let body = "type: event_count\nrules: a\ntimespan: 60s\ncondition: {lt: 3}";
    let mut lab = Lab::new(&document("x", body));
    assert!(lab.feed(1, 0, A).is_empty());
    assert!(
        lab.advance(659).is_empty(),
        "an event of second 59 may still come"
    );
    let hits = lab.advance(660);
    assert_eq!(positions(&hits), [1]);
    assert_eq!((hits[0].from, hits[0].to), (hits[0].from, hits[0].from));
    assert_eq!(hits[0].to, Time::from_micros(59_999_999));
    assert!(lab.finish().is_empty());
    // A source that lags is waited for, from where it stands.
    let mut lab = Lab::new(&document("x", body));
    lab.feed_from(1, 0, A, "f");
    lab.feed_from(2, 500, A, "f");
    lab.feed_from(3, 1, A, "lags");
    assert!(lab.advance(1_158).is_empty(), "it has come to second 659");
    assert!(lab.feed_from(4, 59, A, "lags").is_empty());
    assert_eq!(
        positions(&lab.advance(10_000)),
        [2],
        "three in the first window"
    );
    assert_eq!(lab.windows.counters(), WindowCounters::default());
}

#[test]
fn value_count() {
    let body = "type: value_count\nrules: [a]\ntimespan: 60s\ncondition: {field: v, gte: 2}";
    let with = |value: &str| format!(r#""r":"a","v":"{value}""#);
    let (x, y) = (with("x"), with("y"));
    assert_eq!(reported(body, &[(1, &x), (2, &x), (60, &y)]), [1, 2, 3]);
    assert!(reported(body, &[(0, &x), (1, &y.replace('y', "x")), (60, &x)]).is_empty());
    assert!(
        reported(body, &[(0, &x), (1, A), (60, &y)]).is_empty(),
        "no value, no part"
    );
    let body = body.replace("field: v", "field: [v, n]");
    let pair = |value: &str, number: i64| format!(r#""r":"a","v":"{value}","n":{number}"#);
    let (one, two) = (pair("x", 1), pair("x", 2));
    assert_eq!(
        reported(&body, &[(1, &one), (2, &two)]),
        [1, 2],
        "different tuples"
    );
    assert!(reported(&body, &[(1, &one), (2, &one), (3, &x)]).is_empty());
}

#[test]
fn temporal() {
    let body = "type: temporal\nrules: [a, b, c]\ntimespan: 60s";
    assert_eq!(reported(body, &[(1, C), (2, A), (60, B)]), [1, 2, 3]);
    assert!(reported(body, &[(0, C), (1, A), (60, B)]).is_empty());
    assert!(reported(body, &[(0, A), (1, A), (2, B)]).is_empty());
    assert_eq!(
        reported(body, &[(0, r#""r":["a","b","c"]"#)]),
        [1],
        "one event may meet all"
    );
    let two = format!("{body}\ncondition: {{gte: 2}}");
    assert_eq!(reported(&two, &[(0, A), (1, A), (2, C)]), [1, 2, 3]);
    assert!(reported(&two, &[(0, A), (1, A)]).is_empty());
    let one = format!("{body}\ncondition: {{eq: 1}}");
    assert_eq!(reported(&one, &[(0, A), (1, A)]), [1, 2]);
    assert!(reported(&one, &[(0, A), (1, B)]).is_empty());
}

#[test]
fn temporal_with_a_condition_over_rules() {
    let body = "type: temporal\nrules: [a, b, c]\ntimespan: 60s\ncondition: a and (b or not c)";
    assert_eq!(reported(body, &[(0, A), (1, B), (2, C)]), [1, 2, 3]);
    assert_eq!(reported(body, &[(0, A)]), [1]);
    assert!(
        reported(body, &[(0, A), (59, C)]).is_empty(),
        "undone at the end of its window"
    );
    assert_eq!(reported(body, &[(0, A), (60, C)]), [1], "it is past");
    let body = "type: temporal\ntimespan: 60s\ncondition: (a or b) and c";
    assert_eq!(
        reported(body, &[(1, B), (60, C)]),
        [1, 2],
        "without `not` it fires at once"
    );
    assert!(reported(body, &[(0, B), (60, C)]).is_empty());
}

#[test]
fn temporal_ordered() {
    let body = "type: temporal_ordered\nrules: [a, b, c]\ntimespan: 60s";
    assert_eq!(reported(body, &[(1, A), (2, B), (60, C)]), [1, 2, 3]);
    assert!(reported(body, &[(0, A), (2, B), (60, C)]).is_empty());
    assert!(reported(body, &[(1, B), (2, A), (3, C)]).is_empty());
    assert_eq!(
        reported(body, &[(1, B), (2, A), (3, C), (4, B), (5, C)]),
        [1, 2, 3, 4, 5]
    );
    assert_eq!(
        reported(body, &[(1, C), (1, B), (1, A)]),
        [1, 2, 3],
        "one moment has no order"
    );
    assert_eq!(
        reported(body, &[(3, C), (2, B), (1, A)]),
        [3, 2, 1],
        "times count, not arrival"
    );
}

#[test]
fn value_sum() {
    let body = "type: value_sum\nrules: a\ntimespan: 60s\ncondition: {field: n, gte: 10}";
    assert_eq!(of_numbers(body, &["4", "5.5", "0.5"]), 3);
    assert_eq!(of_numbers(body, &["4", "5.5", "0.499999"]), 0);
    assert_eq!(
        of_numbers(body, &["4", "\"6\""]),
        2,
        "numeric text is a number"
    );
    assert_eq!(
        of_numbers(body, &["9", "-1", "\"x\"", "1"]),
        2,
        "no part: below zero, no number"
    );
    let below = body.replace("gte", "lt");
    assert_eq!(of_numbers(&below, &["4", "5"]), 2);
    assert_eq!(of_numbers(&below, &["4", "5", "1"]), 0);
}

#[test]
fn value_avg() {
    let body = "type: value_avg\nrules: a\ntimespan: 60s\ncondition: {field: n, gt: 2.5}";
    assert_eq!(of_numbers(body, &["1", "4", "2.6"]), 3);
    assert_eq!(of_numbers(body, &["1", "4"]), 0, "2.5 is not more than 2.5");
    assert_eq!(of_numbers(body, &["100", "-95"]), 0);
    let range = body.replace("gt: 2.5", "gt: 2, lt: 3");
    assert_eq!(of_numbers(&range, &["2", "3"]), 2);
    assert_eq!(of_numbers(&range, &["2", "4"]), 0);
}

#[test]
fn value_percentile_and_median() {
    let body = "type: value_percentile\nrules: a\ntimespan: 60s\n\
                condition: {field: n, percentile: 75, gte: 3}";
    assert_eq!(
        of_numbers(body, &["1", "2", "3", "9"]),
        4,
        "three of four are 3 or less"
    );
    assert_eq!(of_numbers(body, &["1", "2", "2.9", "9"]), 0);
    let median = body
        .replace("percentile: 75, ", "")
        .replace("value_percentile", "value_median");
    assert_eq!(of_numbers(&median, &["1", "3", "9"]), 3);
    assert_eq!(
        of_numbers(&median, &["1", "2", "3", "9"]),
        0,
        "the lower of the two in the middle"
    );
    let unsaid = median.replace("value_median", "value_percentile");
    let (_, problems) = load(&format!("{RULES}{}", document("x", &unsaid)));
    assert!(
        problems[0].to_string().contains("is the median"),
        "{problems:?}"
    );
    assert!(!problems[0].is_error());
}

#[test]
fn groups_are_apart_and_an_alias_joins_fields() {
    let body = "type: event_count\nrules: [a, b]\ngroup-by: [who, h]\ntimespan: 60s\n\
                condition: {gte: 2}\naliases:\n  who:\n    a: src\n    id-b: dst";
    let a = r#""r":"a","src":"1","h":"x""#;
    let b = r#""r":"b","dst":"1","src":"9","h":"x""#;
    let mut lab = Lab::new(&document("x", body));
    assert!(lab.feed(1, 0, a).is_empty());
    assert!(
        lab.feed(2, 1, r#""r":"b","dst":"1","h":"y""#).is_empty(),
        "all fields are the key"
    );
    assert!(
        lab.feed(3, 1, r#""r":"b","h":"x""#).is_empty(),
        "an event that lacks one is out"
    );
    let hits = lab.feed(4, 2, b);
    assert_eq!(positions(&hits), [1, 4]);
    let entities: Vec<_> = hits[0]
        .entities
        .iter()
        .map(|e| (&*e.field, &*e.value))
        .collect();
    assert_eq!(entities, [("who", "1"), ("h", "x")]);
    assert_eq!(hits[0].rule.level, crate::rule::Level::High);
    assert_eq!(hits[0].rule.group[0].1, ["dst", "src"]);
}

#[test]
fn generate_lets_rules_raise_alerts_at_both_places() {
    let body = "type: event_count\nrules: [a]\ntimespan: 60s\ncondition: {gte: 2}";
    let alerts = |documents: &str| {
        let mut engine = engine(documents);
        let event = event(1, 0, A, "f");
        let fields = Fields::of(&event.record);
        let mut detections = Vec::new();
        engine.examine(
            View {
                event: &event,
                fields: &fields,
            },
            &mut detections,
        );
        detections[0].alerts
    };
    assert!(!alerts(&document("x", body)));
    assert!(alerts(&document("x", &format!("{body}\ngenerate: true"))));
    assert!(alerts(
        &document("x", body).replace("level: high", "generate: true")
    ));
    assert!(!alerts(&document("x", &format!("{body}\ngenerate: false"))));
}
