//! What is refused: requests that cannot be read or computed, and answers that would be too large.

use event::Fields;
use serde_json::json;

use super::twin::{made, options};
use super::*;
use crate::index::Index;

fn refusal(aggs: &str) -> String {
    let aggs: Value = serde_json::from_str(aggs).unwrap();
    match Aggregation::read(&aggs, &AggregateLimits::default()) {
        Err(Error::Aggregate { fault, problem }) => format!("{}: {problem}", fault.name()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_cannot_be_computed_is_refused_with_its_place() {
    for (aggs, expected) in [
        (
            r#"{"a":{"terms":{"field":"message"}}}"#,
            "not_a_column: message has no column; these have: time sensor ",
        ),
        (
            r#"{"a":{"terms":{"field":"dns.queries.rrname"}}}"#,
            "not_a_column: dns.queries.rrname has no column",
        ),
        (
            r#"{"a":{"terms":{"field":"kind","min_doc_count":0}}}"#,
            "bad_aggregation: aggs.a: min_doc_count is no whole number from 1",
        ),
        (
            r#"{"a":{"terms":{"field":"kind","missing":"x"}}}"#,
            "bad_aggregation: aggs.a: no parameter \"missing\"; known: field",
        ),
        (
            r#"{"a":{"stats":{"field":"kind"}}}"#,
            "bad_aggregation: aggs.a: kind is of type text; this takes number",
        ),
        (
            r#"{"a":{"top_hits":{}}}"#,
            "bad_aggregation: aggs.a: no aggregation \"top_hits\"; known: terms",
        ),
        (
            r#"{"doc_count":{"stats":{"field":"destination.port"}}}"#,
            "bad_aggregation: aggs.doc_count: a name has letters",
        ),
        (
            r#"{"a":{"date_histogram":{"field":"time","calendar_interval":"month"}}}"#,
            "bad_aggregation: aggs.a: fixed_interval as 30s",
        ),
        (
            r#"{"a":{"histogram":{"field":"destination.port","interval":0}}}"#,
            "bad_aggregation: aggs.a: interval is a number from 0.001",
        ),
        (
            r#"{"a":{"stats":{"field":"destination.port"},"aggs":{"b":{"stats":{"field":"destination.port"}}}}}"#,
            "bad_aggregation: aggs.a: stats has no buckets",
        ),
        (
            "[]",
            "bad_aggregation: aggs: aggregations are an object by name",
        ),
    ] {
        let said = refusal(aggs);
        assert!(said.starts_with(expected), "{aggs}: {said}");
    }
    let deep = |depth: usize| {
        let mut aggs = json!({});
        for _ in 0..depth {
            aggs = json!({ "a": { "terms": { "field": "kind" }, "aggs": aggs } });
        }
        aggs.to_string()
    };
    assert!(refusal(&deep(5)).contains("deeper than 4"));
}

#[test]
fn more_buckets_than_allowed_are_refused_before_they_are_made() {
    let dir = tempfile::tempdir().unwrap();
    let searcher = Searcher::default();
    let mut index = Index::open(dir.path(), options(), &searcher).unwrap();
    for (position, seconds) in [(1, 0), (2, 40_000)] {
        let event = made(
            position,
            &(
                seconds,
                0,
                true,
                0,
                1,
                u64::from(position == 2) * 4_000_000_000,
                vec![],
            ),
        );
        index.add(&event, &Fields::of(&event.event.record)).unwrap();
    }
    index.commit(2, Time::EPOCH).unwrap();
    for aggs in [
        r#"{"a":{"date_histogram":{"field":"time","fixed_interval":"1ms"}}}"#,
        r#"{"a":{"histogram":{"field":"source.bytes","interval":0.001}}}"#,
        r#"{"a":{"histogram":{"field":"source.bytes","interval":1e9,"extended_bounds":{"min":-1e300,"max":1e300}}}}"#,
    ] {
        let aggregation = Aggregation::read(
            &serde_json::from_str(aggs).unwrap(),
            &AggregateLimits::default(),
        )
        .unwrap();
        let request = AggregateRequest {
            query: Query::All,
            scope: Scope::All,
            from: None,
            to: None,
            aggregation,
            deadline: Duration::from_secs(60),
        };
        match searcher.aggregate(&request, &AggregateLimits::default()) {
            Err(Error::Aggregate { fault, .. }) => {
                assert_eq!(fault, AggregateFault::TooManyBuckets, "{aggs}")
            }
            other => panic!("{aggs}: {other:?}"),
        }
    }
}
