//! Aggregations against their slow twin: the same request over the events themselves, value by value.

use std::collections::BTreeMap;

use event::{
    Core, CoreField, CoreValue, Envelope, Event, EventId, Fields, Instance, Kind, Lane, Name,
    Record, View,
};
use proptest::prelude::*;
use serde_json::{Map, json};

use super::*;
use crate::index::{Index, Journaled, Options, Searcher};
use crate::query::QueryLimits;

pub(super) fn options() -> Options {
    Options {
        writers: 6,
        heap: 15_000_000,
        partition_events: 7,
        partition_age: Duration::from_secs(86_400),
        backfill_idle: Duration::from_secs(600),
        commit_events: 20_000,
    }
}

/// What an event is made of: time in seconds, kind, site, user, port, bytes, rules.
pub(super) type Drawn = (i64, u8, bool, u8, u16, u64, Vec<u8>);

fn any_event() -> impl Strategy<Value = Drawn> {
    (
        0_i64..40_000,
        0_u8..3,
        any::<bool>(),
        0_u8..6,
        prop_oneof![Just(53_u16), Just(443), 1_u16..9],
        prop_oneof![Just(0_u64), 0_u64..5_000, Just(u64::MAX)],
        prop::collection::vec(0_u8..3, 0..3),
    )
}

pub(super) fn made(position: u64, drawn: &Drawn) -> Journaled {
    let (seconds, kind, is_even, user, port, bytes, rules) = drawn;
    let mut core = Core::default();
    let users = ["ADMIN", "admin", "Nguyễn", "", "nguyễn"];
    if let Some(user) = users.get(usize::from(*user)) {
        core.set(CoreField::UserName, *user);
    }
    core.set(CoreField::DestinationPort, *port);
    core.set(
        CoreField::SourceIp,
        std::net::IpAddr::from([10, 60, 0, u8::try_from(port % 256).unwrap()]),
    );
    if *bytes < u64::MAX {
        core.set(CoreField::SourceBytes, *bytes);
    }
    for rule in rules {
        core.add(CoreField::RuleId, format!("rule-{rule}"));
    }
    let kind = [Kind::Dns, Kind::Flow, Kind::Syslog][usize::from(*kind)];
    let time = Time::from_micros(1_700_000_000_000_000 + seconds * 1_000_000);
    let event = Event {
        id: EventId {
            instance: Instance(1),
            lane: Lane::Second,
            number: position,
        },
        time,
        seen: time,
        sensor: "S-1".into(),
        source: "f".into(),
        site: if *is_even {
            "even".into()
        } else {
            "odd".into()
        },
        kind,
        exercise: *is_even,
        core,
        record: Record::new(b"{}".to_vec()),
    };
    Journaled {
        position,
        received: time,
        event,
    }
}

/// The values of a field as its column has them.
fn values(event: &Event, name: &str) -> Vec<Value> {
    match Name::parse(name) {
        Name::Envelope(Envelope::Time) => vec![json!(event.time.micros())],
        Name::Envelope(Envelope::Exercise) => vec![json!(event.exercise)],
        Name::Core(field) => event
            .core
            .values(field)
            .map(|value| match value {
                CoreValue::Number(number) => json!(number),
                other => json!(other.to_string().to_lowercase()),
            })
            .collect(),
        name => {
            let fields = Fields::default();
            let view = View {
                event,
                fields: &fields,
            };
            let texts = view
                .values(&name)
                .into_iter()
                .map(|leaf| json!(leaf.text().unwrap()));
            texts.collect()
        }
    }
}

fn all(events: &[&Event], aggs: &Value) -> Map<String, Value> {
    let aggs = aggs.as_object().into_iter().flatten();
    aggs.map(|(name, body)| (name.clone(), one(events, body)))
        .collect()
}

fn bucket(events: &[&Event], body: &Value) -> Map<String, Value> {
    let mut bucket = all(events, body.get("aggs").unwrap_or(&Value::Null));
    bucket.insert("doc_count".into(), json!(events.len()));
    bucket
}

fn one(events: &[&Event], body: &Value) -> Value {
    let (kind, with) = body
        .as_object()
        .unwrap()
        .iter()
        .find(|(key, _)| *key != "aggs")
        .unwrap();
    let field = with["field"].as_str().unwrap();
    let of = |event: &Event| {
        let mut kept: Vec<Value> = Vec::new();
        for value in values(event, field) {
            if !kept.contains(&value) {
                kept.push(value);
            }
        }
        kept
    };
    let numbers: Vec<f64> = events
        .iter()
        .flat_map(|event| of(event))
        .filter_map(|value| value.as_f64())
        .collect();
    let sum: f64 = numbers.iter().sum();
    let min = numbers.iter().copied().reduce(f64::min);
    let max = numbers.iter().copied().reduce(f64::max);
    match kind.as_str() {
        "value_count" => {
            json!({ "value": events.iter().map(|event| of(event).len()).sum::<usize>() as f64 })
        }
        "cardinality" => {
            let mut different: Vec<String> = events
                .iter()
                .flat_map(|event| of(event))
                .map(|value| value.to_string())
                .collect();
            different.sort();
            different.dedup();
            json!({ "value": different.len() as f64 })
        }
        "stats" => json!({
            "count": numbers.len(), "sum": sum, "min": min, "max": max,
            "avg": (!numbers.is_empty()).then(|| sum / numbers.len() as f64),
        }),
        "max" => json!({ "value": max.map(|max| whole(max / 1e3)),
            "value_as_string": max.map(|max| Time::from_micros(whole(max)).to_string()) }),
        "terms" => terms(events, body, with, &of),
        "histogram" | "date_histogram" => grid(events, body, with, &of),
        "range" => ranges(events, body, with, &of),
        other => panic!("the twin does not know {other}"),
    }
}

fn ranges(
    events: &[&Event],
    body: &Value,
    with: &Value,
    of: &dyn Fn(&Event) -> Vec<Value>,
) -> Value {
    let buckets = with["ranges"].as_array().unwrap().iter().map(|range| {
        let holds = |value: f64| {
            range["from"].as_f64().is_none_or(|from| value >= from)
                && range["to"].as_f64().is_none_or(|to| value < to)
        };
        let within: Vec<&Event> = events
            .iter()
            .copied()
            .filter(|event| {
                of(event)
                    .iter()
                    .any(|value| value.as_f64().is_some_and(holds))
            })
            .collect();
        let mut bucket = bucket(&within, body);
        let shown = |edge: &Value| {
            if edge.is_null() {
                "*".to_owned()
            } else {
                edge.to_string()
            }
        };
        bucket.insert(
            "key".into(),
            json!(format!("{}-{}", shown(&range["from"]), shown(&range["to"]))),
        );
        for edge in ["from", "to"] {
            if let Some(number) = range[edge].as_f64() {
                bucket.insert(edge.into(), json!(number));
            }
        }
        Value::Object(bucket)
    });
    json!({ "buckets": buckets.collect::<Vec<_>>() })
}

#[expect(clippy::cast_possible_truncation, reason = "whole seconds of this age")]
fn whole(number: f64) -> i64 {
    number as i64
}

fn terms(
    events: &[&Event],
    body: &Value,
    with: &Value,
    of: &dyn Fn(&Event) -> Vec<Value>,
) -> Value {
    let mut held: BTreeMap<String, (Value, Vec<&Event>)> = BTreeMap::new();
    for event in events {
        for value in of(event) {
            held.entry(value.to_string())
                .or_insert_with(|| (value, Vec::new()))
                .1
                .push(event);
        }
    }
    let size = usize::try_from(with["size"].as_u64().unwrap_or(10)).unwrap();
    let buckets: Vec<Value> = held
        .into_values()
        .map(|(key, within)| {
            let mut bucket = bucket(&within, body);
            if let Value::Bool(flag) = key {
                bucket.insert("key".into(), json!(u8::from(flag)));
                bucket.insert("key_as_string".into(), json!(flag.to_string()));
            } else {
                bucket.insert("key".into(), key);
            }
            Value::Object(bucket)
        })
        .collect();
    assert!(buckets.len() <= size, "the twin takes no order");
    json!({ "buckets": buckets, "sum_other_doc_count": 0, "doc_count_error_upper_bound": 0 })
}

fn grid(events: &[&Event], body: &Value, with: &Value, of: &dyn Fn(&Event) -> Vec<Value>) -> Value {
    let is_time = with["field"] == "time";
    let interval: i64 = match with["fixed_interval"].as_str() {
        Some("1h") => 3_600_000_000,
        Some("1d") => 86_400_000_000,
        Some(other) => panic!("the twin does not know {other}"),
        None => with["interval"].as_i64().unwrap(),
    };
    let zone = if with["time_zone"] == "+07:00" {
        7 * 3_600_000_000
    } else {
        0
    };
    let mut held: BTreeMap<i64, Vec<&Event>> = BTreeMap::new();
    for event in events {
        let mut places: Vec<i64> = of(event)
            .iter()
            .map(|value| (value.as_i64().unwrap() + zone).div_euclid(interval))
            .collect();
        places.dedup();
        for place in places {
            held.entry(place).or_default().push(event);
        }
    }
    let least = with["min_doc_count"].as_u64().unwrap_or(0);
    let edges = held
        .keys()
        .next()
        .copied()
        .zip(held.keys().next_back().copied());
    let places = edges.map_or(0..0, |(first, last)| first..last + 1);
    let buckets = places.filter_map(|place| {
        let within = held.remove(&place).unwrap_or_default();
        if (within.len() as u64) < least {
            return None;
        }
        let mut bucket = bucket(&within, body);
        let key = place * interval - zone;
        if is_time {
            bucket.insert("key".into(), json!(key / 1_000));
            bucket.insert(
                "key_as_string".into(),
                json!(Time::from_micros(key).to_string()),
            );
        } else {
            bucket.insert("key".into(), json!(key as f64));
        }
        Some(Value::Object(bucket))
    });
    json!({ "buckets": buckets.collect::<Vec<_>>() })
}

/// Terms of one count stand in no order: here in that of their keys.
fn sorted(value: &mut Value) {
    match value {
        Value::Object(object) => {
            let is_terms = object.contains_key("sum_other_doc_count");
            if let (true, Some(Value::Array(buckets))) = (is_terms, object.get_mut("buckets")) {
                buckets.sort_by_key(|bucket| bucket["key"].to_string());
            }
            object.values_mut().for_each(sorted);
        }
        Value::Array(array) => array.iter_mut().for_each(sorted),
        // 3 and 3.0 are one number.
        Value::Number(number) => *value = json!(number.as_f64()),
        _ => {}
    }
}

const REQUESTS: [&str; 10] = [
    r#"{"a":{"date_histogram":{"field":"time","fixed_interval":"1h"},"aggs":{"k":{"terms":{"field":"kind"}}}}}"#,
    r#"{"a":{"date_histogram":{"field":"time","fixed_interval":"1d","time_zone":"+07:00"},
        "aggs":{"s":{"stats":{"field":"source.bytes"}},"r":{"range":{"field":"destination.port","ranges":[{"to":9},{"from":100}]}}}}}"#,
    r#"{"a":{"date_histogram":{"field":"time","fixed_interval":"1h","min_doc_count":1},
        "aggs":{"h":{"histogram":{"field":"source.bytes","interval":1000}}}}}"#,
    r#"{"a":{"terms":{"field":"user.name"},"aggs":{"c":{"cardinality":{"field":"rule.id"}}}}}"#,
    r#"{"a":{"terms":{"field":"rule.id"},"aggs":{"m":{"max":{"field":"time"}}}},"b":{"value_count":{"field":"rule.id"}}}"#,
    r#"{"a":{"terms":{"field":"exercise"},"aggs":{"s":{"terms":{"field":"site"},"aggs":{"t":{"date_histogram":{"field":"time","fixed_interval":"1h"}}}}}}}"#,
    r#"{"a":{"histogram":{"field":"destination.port","interval":50}},"b":{"terms":{"field":"sensor"}}}"#,
    r#"{"a":{"range":{"field":"source.bytes","ranges":[{"to":10},{"from":10,"to":100},{"from":1000}]},"aggs":{"u":{"terms":{"field":"user.name"}}}}}"#,
    r#"{"a":{"stats":{"field":"source.bytes"}},"b":{"cardinality":{"field":"source.ip"}},"c":{"cardinality":{"field":"destination.port"}}}"#,
    r#"{"a":{"terms":{"field":"source.ip","size":300}},"b":{"terms":{"field":"destination.port","size":300}}}"#,
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn aggregations_and_slow_twin_agree(drawn in prop::collection::vec(any_event(), 0..40), cut in 0_u8..4) {
        let dir = tempfile::tempdir().unwrap();
        let searcher = Searcher::default();
        let mut index = Index::open(dir.path(), options(), &searcher).unwrap();
        let events: Vec<Journaled> =
            drawn.iter().enumerate().map(|(place, drawn)| made(place as u64 + 1, drawn)).collect();
        for (place, event) in events.iter().enumerate() {
            index.add(event, &Fields::of(&event.event.record)).unwrap();
            // More than one segment in a partition.
            if place % 3 == 0 {
                index.commit(event.position, Time::EPOCH).unwrap();
            }
        }
        index.commit(events.len() as u64, Time::EPOCH).unwrap();
        let (text, scope) = match cut {
            0 => ("", Scope::All),
            1 => ("kind:(dns OR flow)", Scope::All),
            2 => ("", Scope::Sites(vec!["odd".into()])),
            _ => ("NOT kind:dns", Scope::Sites(vec!["even".into(), "none".into()])),
        };
        let query = Query::parse(text, &QueryLimits::default()).unwrap();
        let middle = Time::from_micros(1_700_000_020_000_000);
        let (from, to) = if cut == 1 { (Some(middle), None) } else { (None, None) };
        let within: Vec<&Event> = events.iter().map(|held| &held.event).filter(|event| {
            let fields = Fields::of(&event.record);
            query.matches(View { event, fields: &fields }) && scope.admits(&event.site)
                && from.is_none_or(|from| event.time >= from)
        }).collect();
        for text in REQUESTS {
            let aggs: Value = serde_json::from_str(text).unwrap();
            let aggregation = Aggregation::read(&aggs, &AggregateLimits::default()).unwrap();
            let request = AggregateRequest {
                query: query.clone(), scope: scope.clone(), from, to, aggregation, deadline: Duration::from_secs(60),
            };
            let mut found = searcher.aggregate(&request, &AggregateLimits::default()).unwrap();
            let mut expected = Value::Object(all(&within, &aggs));
            prop_assert_eq!((found.total, found.partial), (within.len() as u64, None));
            sorted(&mut found.aggregations);
            sorted(&mut expected);
            prop_assert_eq!(found.aggregations, expected, "{}", text);
        }
    }
}
