//! The request: read strictly, field names turned into columns, and a plan of what the answer is to be.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use tantivy::aggregation::agg_req::Aggregations;

use super::AggregateLimits;
use super::parameters::{Parameters, bad, point, put, span, zone};
use crate::error::Result;
use crate::index::column::FieldType::{Address, Flag, Number, Text, Time};

/// The longest name of an aggregation, in bytes.
const MAX_NAME: usize = 64;
/// The longest pattern of `include` and `exclude`, in bytes.
const MAX_PATTERN: usize = 1_024;
/// Values of `include` and `exclude`, ranges, percents.
const MAX_VALUES: usize = 100;
/// What a bucket has beside its aggregations: they share one object.
const TAKEN: [&str; 8] = [
    "key",
    "key_as_string",
    "doc_count",
    "from",
    "to",
    "from_as_string",
    "to_as_string",
    "buckets",
];
/// A terms aggregation takes at least so many of a segment, so that sums over many segments are right.
const LEAST_OF_SEGMENT: u64 = 1_000;

/// An aggregation that has been read.
#[derive(Clone, Debug)]
pub struct Aggregation {
    asked: Aggregations,
    plans: Plans,
}

/// What the answers of some aggregations are, by name.
pub(super) type Plans = BTreeMap<String, Plan>;

/// What an aggregation's answer is.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) shape: Shape,
    pub(super) within: Plans,
}

/// What is to be done with an answer of tantivy's.
#[derive(Clone, Debug)]
pub(super) enum Shape {
    /// Buckets of one width.
    Grid(Grid),
    /// These ranges and no other.
    Ranges(Vec<Range>),
    /// Buckets of values.
    Terms,
    /// A moment in microseconds.
    Moment,
    /// As it is.
    Metric,
}

/// A histogram; of moments in microseconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Grid {
    pub(super) is_time: bool,
    pub(super) interval: f64,
    pub(super) offset: f64,
    /// Buckets with fewer events are left out; 0: empty ones are put in.
    pub(super) least: u64,
    pub(super) hard: Option<(f64, f64)>,
    pub(super) extended: Option<(f64, f64)>,
}

/// A range of numbers; of moments in microseconds.
#[derive(Clone, Debug)]
pub(super) struct Range {
    pub(super) key: String,
    pub(super) from: Option<f64>,
    pub(super) to: Option<f64>,
    pub(super) is_time: bool,
}

impl Aggregation {
    /// Reads the `aggs` of a request.
    ///
    /// # Errors
    /// [`crate::Error::Aggregate`], with the place of what cannot be computed and the way out.
    pub fn read(aggs: &Value, limits: &AggregateLimits) -> Result<Self> {
        let mut reading = Reading {
            limits,
            left: limits.aggregations,
        };
        let (asked, plans) = reading.all("aggs", aggs, 1)?;
        let asked =
            serde_json::from_value(asked).map_err(|problem| bad("aggs", &problem.to_string()))?;
        Ok(Self { asked, plans })
    }

    pub(super) fn asked(&self) -> &Aggregations {
        &self.asked
    }

    pub(super) fn plans(&self) -> &Plans {
        &self.plans
    }
}

struct Reading<'a> {
    limits: &'a AggregateLimits,
    left: usize,
}

/// Tantivy's form of something, and what its answer is.
type Read = Result<(Value, Shape)>;

impl Reading<'_> {
    /// Recursion ends at `limits.aggregate.depth`.
    fn all(&mut self, place: &str, aggs: &Value, depth: usize) -> Result<(Value, Plans)> {
        let Value::Object(aggs) = aggs else {
            return Err(bad(place, "aggregations are an object by name"));
        };
        if depth > self.limits.depth {
            let most = self.limits.depth;
            return Err(bad(
                place,
                &format!("deeper than {most} (limits.aggregate.depth)"),
            ));
        }
        let (mut asked, mut plans) = (Map::new(), Plans::new());
        for (name, body) in aggs {
            let place = format!("{place}.{name}");
            let Some(left) = self.left.checked_sub(1) else {
                let most = self.limits.aggregations;
                return Err(bad(
                    &place,
                    &format!("more than {most} (limits.aggregate.aggregations)"),
                ));
            };
            self.left = left;
            let is_name = |c: char| c.is_alphanumeric() || "_-".contains(c);
            if name.is_empty()
                || name.len() > MAX_NAME
                || !name.chars().all(is_name)
                || TAKEN.contains(&name.as_str())
            {
                return Err(bad(
                    &place,
                    "a name has letters, digits, _ and -, and is no word of a bucket",
                ));
            }
            let (body, plan) = self.one(&place, body, depth)?;
            asked.insert(name.clone(), body);
            plans.insert(name.clone(), plan);
        }
        Ok((Value::Object(asked), plans))
    }

    fn one(&mut self, place: &str, body: &Value, depth: usize) -> Result<(Value, Plan)> {
        let Value::Object(body) = body else {
            return Err(bad(place, "an aggregation is an object"));
        };
        let is_inner = |key: &str| matches!(key, "aggs" | "aggregations");
        let mut types = body.iter().filter(|(key, _)| !is_inner(key));
        let (Some((kind, parameters)), None) = (types.next(), types.next()) else {
            return Err(bad(place, "an aggregation has one type, and aggs"));
        };
        let (asked, shape) = self.typed(place, kind, parameters)?;
        let inner = body.iter().find(|(key, _)| is_inner(key));
        let (inner, within) = match inner {
            Some((_, inner)) => self.all(place, inner, depth + 1)?,
            None => (json!({}), Plans::new()),
        };
        if !within.is_empty() && matches!(shape, Shape::Metric | Shape::Moment) {
            return Err(bad(
                place,
                &format!("{kind} has no buckets to aggregate in"),
            ));
        }
        let asked_kind = if kind == "date_histogram" {
            "histogram"
        } else {
            kind
        };
        let asked = json!({ asked_kind: asked, "aggs": inner });
        Ok((asked, Plan { shape, within }))
    }

    fn typed(&self, place: &str, kind: &str, parameters: &Value) -> Read {
        match kind {
            "terms" => self.terms(place, parameters),
            "date_histogram" => date_histogram(place, parameters),
            "histogram" => histogram(place, parameters),
            "range" | "date_range" => range(place, parameters, kind),
            "cardinality" | "value_count" => {
                let parameters = Parameters::of(place, parameters, &["field"])?;
                let column = parameters.column(&[Text, Address, Number, Flag])?;
                Ok((json!({ "field": column.name }), Shape::Metric))
            }
            "avg" | "sum" | "stats" | "extended_stats" => {
                let parameters = Parameters::of(place, parameters, &["field"])?;
                let column = parameters.column(&[Number])?;
                Ok((json!({ "field": column.name }), Shape::Metric))
            }
            "min" | "max" => {
                let parameters = Parameters::of(place, parameters, &["field"])?;
                let column = parameters.column(&[Number, Time])?;
                let shape = match column.holds {
                    Time => Shape::Moment,
                    Text | Address | Number | Flag => Shape::Metric,
                };
                Ok((json!({ "field": column.name }), shape))
            }
            "percentiles" => percentiles(place, parameters),
            _ => Err(bad(
                place,
                &format!(
                    "no aggregation {kind:?}; known: terms date_histogram histogram range date_range \
                     cardinality value_count avg sum min max stats extended_stats percentiles"
                ),
            )),
        }
    }

    fn terms(&self, place: &str, parameters: &Value) -> Read {
        let known = [
            "field",
            "size",
            "min_doc_count",
            "order",
            "include",
            "exclude",
        ];
        let parameters = Parameters::of(place, parameters, &known)?;
        let column = parameters.column(&[Text, Address, Number, Flag])?;
        let most = u64::from(self.limits.buckets);
        let size = parameters.whole("size", 1, most)?.unwrap_or(10);
        // 0 would list values of events that the asker may not see.
        let least = parameters.whole("min_doc_count", 1, u64::MAX)?;
        let of_segment = size.saturating_mul(10).max(LEAST_OF_SEGMENT).min(most);
        let mut asked = json!({
            "field": column.name,
            "size": size,
            "segment_size": of_segment.max(size),
            "min_doc_count": least.unwrap_or(1),
        });
        if let Some(order) = parameters.value("order") {
            let is_order = order.as_object().is_some_and(|order| {
                order.len() == 1 && order.values().all(|way| way == "asc" || way == "desc")
            });
            if !is_order {
                return Err(parameters
                    .bad("order is as {\"_count\": \"desc\"}, _key or an aggregation within"));
            }
            put(&mut asked, "order", order.clone());
        }
        for key in ["include", "exclude"] {
            let Some(value) = parameters.value(key) else {
                continue;
            };
            let fits = matches!(column.holds, Text | Address)
                && match value {
                    Value::String(pattern) => pattern.len() <= MAX_PATTERN,
                    Value::Array(values) => {
                        values.len() <= MAX_VALUES && values.iter().all(Value::is_string)
                    }
                    _ => false,
                };
            if !fits {
                return Err(parameters.bad(&format!(
                    "{key} is a pattern of at most {MAX_PATTERN} bytes or at most {MAX_VALUES} values, of text"
                )));
            }
            put(&mut asked, key, value.clone());
        }
        Ok((asked, Shape::Terms))
    }
}

fn date_histogram(place: &str, parameters: &Value) -> Read {
    /// 1970-01-05 was a Monday.
    const MONDAY: f64 = 4.0 * 86_400e6;
    let known = [
        "field",
        "fixed_interval",
        "calendar_interval",
        "offset",
        "time_zone",
        "min_doc_count",
        "hard_bounds",
        "extended_bounds",
    ];
    let parameters = Parameters::of(place, parameters, &known)?;
    let column = parameters.column(&[Time])?;
    let fixed = parameters.text("fixed_interval")?;
    let (interval, begin) = match (fixed, parameters.text("calendar_interval")?) {
        (Some(fixed), None) => (span(fixed), 0.0),
        (None, Some("week" | "1w")) => (Some(7.0 * 86_400e6), MONDAY),
        (None, Some("minute" | "1m")) => (Some(60e6), 0.0),
        (None, Some("hour" | "1h")) => (Some(3_600e6), 0.0),
        (None, Some("day" | "1d")) => (Some(86_400e6), 0.0),
        _ => (None, 0.0),
    };
    let Some(interval) = interval else {
        return Err(parameters.bad(
            "fixed_interval as 30s, 5m, 1h or 7d, or calendar_interval minute, hour, day or week",
        ));
    };
    let offset = match parameters.text("offset")? {
        None => 0.0,
        Some(text) => {
            let back = text.strip_prefix('-');
            let span = span(back.or(text.strip_prefix('+')).unwrap_or(text));
            let span = span.ok_or_else(|| parameters.bad("offset is as +6h or -30m"))?;
            if back.is_some() { -span } else { span }
        }
    };
    let zone = match parameters.text("time_zone")? {
        None => 0.0,
        Some(text) => zone(text).ok_or_else(|| parameters.bad("time_zone is as +07:00"))?,
    };
    let grid = Grid {
        is_time: true,
        interval,
        offset: (begin + offset - zone).rem_euclid(interval),
        least: parameters.whole("min_doc_count", 0, u64::MAX)?.unwrap_or(0),
        hard: parameters.bounds("hard_bounds", true)?,
        extended: parameters.bounds("extended_bounds", true)?,
    };
    Ok((grid.asked(&column.name), Shape::Grid(grid)))
}

fn histogram(place: &str, parameters: &Value) -> Read {
    let known = [
        "field",
        "interval",
        "offset",
        "min_doc_count",
        "hard_bounds",
        "extended_bounds",
    ];
    let parameters = Parameters::of(place, parameters, &known)?;
    let column = parameters.column(&[Number])?;
    let interval = parameters
        .number("interval")?
        .filter(|interval| *interval >= 1e-3);
    let Some(interval) = interval else {
        return Err(parameters.bad("interval is a number from 0.001 on"));
    };
    let grid = Grid {
        is_time: false,
        interval,
        offset: parameters
            .number("offset")?
            .unwrap_or(0.0)
            .rem_euclid(interval),
        least: parameters.whole("min_doc_count", 0, u64::MAX)?.unwrap_or(0),
        hard: parameters.bounds("hard_bounds", false)?,
        extended: parameters.bounds("extended_bounds", false)?,
    };
    Ok((grid.asked(&column.name), Shape::Grid(grid)))
}

impl Grid {
    /// As tantivy is asked: buckets with events only. Empty ones are put in later, within the limit.
    fn asked(&self, column: &str) -> Value {
        let mut asked = json!({
            "field": column,
            "interval": self.interval,
            "offset": self.offset,
            "min_doc_count": self.least.max(1),
        });
        if let Some((min, max)) = self.hard {
            put(&mut asked, "hard_bounds", json!({ "min": min, "max": max }));
        }
        asked
    }
}

fn range(place: &str, parameters: &Value, kind: &str) -> Read {
    let parameters = Parameters::of(place, parameters, &["field", "ranges"])?;
    let column = match kind {
        "range" => parameters.column(&[Number, Time])?,
        _ => parameters.column(&[Time])?,
    };
    let is_time = column.holds == Time;
    let given = parameters.value("ranges").and_then(Value::as_array);
    let Some(given) = given.filter(|given| (1..=MAX_VALUES).contains(&given.len())) else {
        return Err(parameters.bad(&format!("ranges is a list of 1 to {MAX_VALUES}")));
    };
    let mut ranges = Vec::new();
    for range in given {
        let edge = |name| match range.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => point(value, is_time)
                .map(Some)
                .ok_or_else(|| parameters.bad(&format!("{name} of a range cannot be read"))),
        };
        let (from, to) = (edge("from")?, edge("to")?);
        let shown = |edge: &str| match range.get(edge) {
            None | Some(Value::Null) => "*".to_owned(),
            Some(Value::String(text)) => text.clone(),
            Some(value) => value.to_string(),
        };
        let key = match range.get("key") {
            Some(Value::String(key)) => key.clone(),
            _ => format!("{}-{}", shown("from"), shown("to")),
        };
        ranges.push(Range {
            key,
            from,
            to,
            is_time,
        });
    }
    let places = ranges.iter().enumerate().map(|(place, range)| {
        let mut asked = json!({ "key": place.to_string() });
        for (name, edge) in [("from", range.from), ("to", range.to)] {
            if let Some(edge) = edge {
                put(&mut asked, name, json!(edge));
            }
        }
        asked
    });
    let places: Vec<Value> = places.collect();
    Ok((
        json!({ "field": column.name, "ranges": places }),
        Shape::Ranges(ranges),
    ))
}

fn percentiles(place: &str, parameters: &Value) -> Read {
    let parameters = Parameters::of(place, parameters, &["field", "percents"])?;
    let column = parameters.column(&[Number])?;
    let mut asked = json!({ "field": column.name });
    if let Some(percents) = parameters.value("percents") {
        let is_percent = |value: &Value| value.as_f64().is_some_and(|p| (0.0..=100.0).contains(&p));
        let fits = percents.as_array().is_some_and(|percents| {
            (1..=MAX_VALUES).contains(&percents.len()) && percents.iter().all(is_percent)
        });
        if !fits {
            return Err(parameters.bad("percents is a list of numbers from 0 to 100"));
        }
        put(&mut asked, "percents", percents.clone());
    }
    Ok((asked, Shape::Metric))
}
