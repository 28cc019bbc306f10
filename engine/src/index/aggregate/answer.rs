//! The answer: tantivy's, with times as the API writes them, the ranges that were asked for and no other, and empty
//! buckets put in within the limit.

use std::collections::BTreeMap;

use serde_json::{Map, Number, Value, json};
use tantivy::aggregation::AggregationLimitsGuard;
use tantivy::aggregation::agg_req::Aggregations;
use tantivy::aggregation::agg_result::AggregationResults;
use tantivy::aggregation::intermediate_agg_result::IntermediateAggregationResults;

use super::parameters::put;
use super::request::{Aggregation, Grid, Plan, Plans, Range, Shape};
use super::{AggregateFault, refused};
use crate::error::{Error, Result};

/// Writes the answer of an aggregation with at most so many buckets.
pub(super) fn write(
    aggregation: &Aggregation,
    counted: AggregationResults,
    buckets: u32,
) -> Result<Value> {
    let mut answer = value(&counted);
    let mut writing = Writing {
        left: buckets,
        most: buckets,
    };
    writing.all(&mut answer, aggregation.plans(), aggregation.asked())?;
    Ok(answer)
}

fn value(counted: &AggregationResults) -> Value {
    serde_json::to_value(counted).unwrap_or_default()
}

struct Writing {
    left: u32,
    most: u32,
}

impl Writing {
    /// The answers of some aggregations; recursion ends where that of the request does.
    fn all(&mut self, answers: &mut Value, plans: &Plans, asked: &Aggregations) -> Result<()> {
        for (name, plan) in plans {
            if let (Some(answer), Some(asked)) = (answers.get_mut(name), asked.get(name)) {
                self.one(answer, plan, &asked.sub_aggregation)?;
            }
        }
        Ok(())
    }

    fn one(&mut self, answer: &mut Value, plan: &Plan, within: &Aggregations) -> Result<()> {
        match &plan.shape {
            Shape::Metric => {}
            Shape::Moment => {
                if let Some(micros) = answer.get("value").and_then(Value::as_f64) {
                    *answer =
                        json!({ "value": millis(micros), "value_as_string": written(micros) });
                }
            }
            Shape::Terms => self.buckets(answer, plan, within)?,
            Shape::Ranges(ranges) => {
                self.buckets(answer, plan, within)?;
                keep_ranges(answer, ranges);
            }
            Shape::Grid(grid) => {
                self.buckets(answer, plan, within)?;
                self.fill(answer, grid, plan, within)?;
            }
        }
        Ok(())
    }

    fn buckets(&mut self, answer: &mut Value, plan: &Plan, within: &Aggregations) -> Result<()> {
        let buckets = answer.get_mut("buckets").and_then(Value::as_array_mut);
        for bucket in buckets.into_iter().flatten() {
            self.take()?;
            self.all(bucket, &plan.within, within)?;
        }
        Ok(())
    }

    fn take(&mut self) -> Result<()> {
        let left = self.left.checked_sub(1);
        self.left = left.ok_or_else(|| Error::Aggregate {
            fault: AggregateFault::TooManyBuckets,
            problem: format!(
                "more than {} buckets (limits.aggregate.buckets); ask for a wider interval or a shorter time",
                self.most
            ),
        })?;
        Ok(())
    }

    /// Puts in the empty buckets of a histogram, and its keys as they are asked for.
    fn fill(
        &mut self,
        answer: &mut Value,
        grid: &Grid,
        plan: &Plan,
        within: &Aggregations,
    ) -> Result<()> {
        let Some(Value::Array(buckets)) = answer.get_mut("buckets").map(Value::take) else {
            return Ok(());
        };
        let mut held: BTreeMap<i64, Value> = BTreeMap::new();
        for bucket in buckets {
            if let Some(key) = bucket.get("key").and_then(Value::as_f64) {
                held.insert(grid.place(key), bucket);
            }
        }
        if grid.least == 0
            && let Some((first, last)) = grid.edges(&held)
        {
            let wide = last.saturating_sub(first).saturating_add(1);
            let missing = usize::try_from(wide)
                .unwrap_or(usize::MAX)
                .saturating_sub(held.len());
            let empty = if missing > 0 {
                self.empty(plan, within)?
            } else {
                Map::new()
            };
            // The limit ends this, however wide the grid is.
            for place in first..=last {
                if let std::collections::btree_map::Entry::Vacant(vacant) = held.entry(place) {
                    self.take()?;
                    vacant.insert(Value::Object(empty.clone()));
                }
            }
        }
        let filled = held.into_iter().map(|(place, mut bucket)| {
            if let Value::Object(bucket) = &mut bucket {
                grid.name(place, bucket);
            }
            bucket
        });
        put(answer, "buckets", Value::Array(filled.collect()));
        Ok(())
    }

    /// A bucket without events. What its aggregations say of no event is not counted against the limit: it has
    /// buckets only where ranges were asked for.
    fn empty(&mut self, plan: &Plan, within: &Aggregations) -> Result<Map<String, Value>> {
        let nothing = IntermediateAggregationResults::default()
            .into_final_result(within.clone(), AggregationLimitsGuard::default())
            .map_err(refused)?;
        let mut empty = value(&nothing);
        let mut uncounted = Self {
            left: u32::MAX,
            most: self.most,
        };
        uncounted.all(&mut empty, &plan.within, within)?;
        let mut bucket = match empty {
            Value::Object(empty) => empty,
            _ => Map::new(),
        };
        bucket.insert("doc_count".to_owned(), json!(0));
        Ok(bucket)
    }
}

impl Grid {
    /// Which bucket begins at a key.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "from a float the nearest number that there is: the limit of buckets ends what is wider"
    )]
    fn place(&self, key: f64) -> i64 {
        ((key - self.offset) / self.interval).round() as i64
    }

    /// Which bucket holds a value.
    #[expect(clippy::cast_possible_truncation, reason = "as above")]
    fn around(&self, value: f64) -> i64 {
        ((value - self.offset) / self.interval).floor() as i64
    }

    /// The first and the last bucket that there is to be.
    fn edges(&self, held: &BTreeMap<i64, Value>) -> Option<(i64, i64)> {
        let mut edges = held
            .keys()
            .next()
            .copied()
            .zip(held.keys().next_back().copied());
        if let Some((min, max)) = self.extended {
            let (low, high) = (self.around(min), self.around(max));
            edges = Some(edges.map_or((low, high), |(first, last)| {
                (first.min(low), last.max(high))
            }));
        }
        if let (Some((first, last)), Some((min, max))) = (edges, self.hard) {
            edges = Some((first.max(self.around(min)), last.min(self.around(max))));
        }
        edges
    }

    /// Says where a bucket begins.
    #[expect(clippy::cast_precision_loss, reason = "within the limit of buckets")]
    fn name(&self, place: i64, bucket: &mut Map<String, Value>) {
        let key = place as f64 * self.interval + self.offset;
        if self.is_time {
            bucket.insert("key".to_owned(), millis(key));
            bucket.insert("key_as_string".to_owned(), json!(written(key)));
        } else {
            bucket.insert("key".to_owned(), json!(key));
        }
    }
}

/// Tantivy makes ranges of what lies between and beside those that were asked for.
fn keep_ranges(answer: &mut Value, ranges: &[Range]) {
    let Some(buckets) = answer.get_mut("buckets").and_then(Value::as_array_mut) else {
        return;
    };
    let kept = ranges.iter().enumerate().map(|(place, range)| {
        let place = place.to_string();
        let found = buckets
            .iter()
            .find(|bucket| bucket.get("key").is_some_and(|key| *key == place));
        let mut bucket = match found {
            Some(Value::Object(bucket)) => bucket.clone(),
            _ => Map::from_iter([("doc_count".to_owned(), json!(0))]),
        };
        bucket.insert("key".to_owned(), json!(range.key));
        for (name, text, edge) in [
            ("from", "from_as_string", range.from),
            ("to", "to_as_string", range.to),
        ] {
            bucket.remove(name);
            bucket.remove(text);
            let Some(edge) = edge else {
                continue;
            };
            if range.is_time {
                bucket.insert(name.to_owned(), millis(edge));
                bucket.insert(text.to_owned(), json!(written(edge)));
            } else {
                bucket.insert(name.to_owned(), json!(edge));
            }
        }
        Value::Object(bucket)
    });
    let kept: Vec<Value> = kept.collect();
    *buckets = kept;
}

/// Microseconds in milliseconds, as Elasticsearch says moments; whole where they are.
fn millis(micros: f64) -> Value {
    let millis = micros / 1e3;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "whole, and of the years 0 to 9999"
    )]
    let whole = millis as i64;
    if millis.fract() == 0.0 {
        return json!(whole);
    }
    Number::from_f64(millis).map_or(Value::Null, Value::Number)
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "clamped to the years 0 to 9999"
)]
fn written(micros: f64) -> String {
    event::Time::from_micros(micros.round() as i64).to_string()
}
