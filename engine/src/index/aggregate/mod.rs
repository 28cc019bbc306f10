//! Aggregations: what events have in common, counted in their columns, partition by partition.
//!
//! A request comes in the form of Elasticsearch, which tantivy reads too; field names are ours. `request.rs` reads it
//! strictly, so that nothing is asked of tantivy that it would take for something else, and nothing is told of events
//! that the asker may not see (`min_doc_count: 0` of `terms` would list the words of all sites). `answer.rs` puts in what
//! tantivy leaves out: times as the API writes them, empty buckets within the limit.

mod answer;
mod parameters;
mod request;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod twin;

use std::time::Duration;

use event::Time;
use serde::Deserialize;
use serde_json::Value;
use tantivy::TantivyError;
use tantivy::aggregation::agg_req::Aggregations;
use tantivy::aggregation::intermediate_agg_result::{IntermediateAggregationResults, PruneMode};
use tantivy::aggregation::{
    AggContextParams, AggregationError, AggregationLimitsGuard, DistributedAggregationCollector,
};
use tantivy::collector::Count;
use tantivy::query::BooleanQuery;

pub use request::Aggregation;

use super::Published;
use super::cut::Cut;
use super::deadline::{Deadline, Within};
use super::lower::Lower;
use super::search::{Partial, Searcher};
use crate::error::{Error, Result};
use crate::query::Query;
use crate::reader::Scope;
use crate::words::words;

/// What an aggregation may ask for; every field is a key under `[limits.aggregate]`.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AggregateLimits {
    /// Buckets of one answer.
    pub buckets: u32,
    /// Levels of aggregations within aggregations.
    pub depth: usize,
    /// Aggregations of one request.
    pub aggregations: usize,
    /// Memory of one request.
    pub memory_mib: u64,
    /// Requests at once.
    pub at_once: usize,
}

impl Default for AggregateLimits {
    fn default() -> Self {
        Self {
            buckets: 65_000,
            depth: 4,
            aggregations: 32,
            memory_mib: 128,
            at_once: 4,
        }
    }
}

words! {
    /// Why an aggregation cannot be computed.
    AggregateFault {
        /// A field has no column.
        NotAColumn "not_a_column",
        /// It is not of the form, or makes no sense for the field.
        BadAggregation "bad_aggregation",
        /// Its answer would be larger than is allowed.
        TooManyBuckets "too_many_buckets",
    }
}

/// What is asked.
#[derive(Clone, Debug)]
pub struct AggregateRequest {
    /// Over which events.
    pub query: Query,
    /// Whose eyes.
    pub scope: Scope,
    /// Not before.
    pub from: Option<Time>,
    /// Before.
    pub to: Option<Time>,
    /// What is counted.
    pub aggregation: Aggregation,
    /// Stop looking after this long and say so.
    pub deadline: Duration,
}

/// The answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Aggregated {
    /// In the form of Elasticsearch, by the names of the request.
    pub aggregations: Value,
    /// Events that were counted.
    pub total: u64,
    /// Whether something was left out.
    pub partial: Option<Partial>,
}

impl Searcher {
    /// Counts events in their columns.
    ///
    /// # Errors
    /// The query or the request cannot be computed; a damaged partition is none, the answer is `partial`.
    pub fn aggregate(
        &self,
        request: &AggregateRequest,
        limits: &AggregateLimits,
    ) -> Result<Aggregated> {
        let deadline = Deadline::after(request.deadline);
        let cut = Cut {
            query: &request.query,
            scope: &request.scope,
            from: request.from,
            to: request.to,
        };
        let memory = limits.memory_mib.saturating_mul(1 << 20);
        let guard = AggregationLimitsGuard::new(Some(memory), Some(limits.buckets));
        let (mut partitions, set_aside) = self.published();
        partitions.retain(|partition| cut.may_be_in(&partition.meta));
        // What is newest is counted when time runs out.
        partitions.sort_by_key(|partition| std::cmp::Reverse(partition.meta.max_time));
        let asked = request.aggregation.asked();
        let mut partial = set_aside.then_some(Partial::PartitionUnreadable);
        let (mut sum, mut total) = (IntermediateAggregationResults::default(), 0_u64);
        for partition in partitions {
            match count(&partition, &cut, asked, &guard, &deadline) {
                Ok((counted, events)) => {
                    sum.merge_fruits(counted).map_err(refused)?;
                    sum.prune_intermediate_results(asked, PruneMode::Intermediate)
                        .map_err(refused)?;
                    total += events;
                }
                Err(error @ (Error::Query { .. } | Error::Aggregate { .. })) => return Err(error),
                Err(error) => {
                    tracing::error!(partition = %partition.dir.display(), %error, "cannot count");
                    partial = Some(Partial::PartitionUnreadable);
                }
            }
            if deadline.look() {
                partial = Some(Partial::Deadline);
                break;
            }
        }
        let counted = sum
            .into_final_result(asked.clone(), guard)
            .map_err(refused)?;
        let aggregations = answer::write(&request.aggregation, counted, limits.buckets)?;
        Ok(Aggregated {
            aggregations,
            total,
            partial,
        })
    }
}

fn count(
    partition: &Published,
    cut: &Cut<'_>,
    asked: &Aggregations,
    guard: &AggregationLimitsGuard,
    deadline: &Deadline,
) -> Result<(IntermediateAggregationResults, u64)> {
    let searcher = partition.searchable.reader.searcher();
    let lower = Lower {
        searcher: &searcher,
        fields: partition.searchable.fields,
        deadline,
    };
    let wanted = BooleanQuery::intersection(cut.clauses(&lower)?);
    let context = AggContextParams::new(guard.clone(), searcher.index().tokenizers().clone());
    let collector = DistributedAggregationCollector::from_aggs(asked.clone(), context);
    let within = Within {
        inner: (collector, Count),
        deadline,
    };
    let (counted, events) = searcher.search(&wanted, &within).map_err(refused)?;
    Ok((counted, events as u64))
}

/// What of tantivy's refusals is the asker's to mend.
fn refused(error: TantivyError) -> Error {
    let (fault, problem) = match &error {
        TantivyError::AggregationError(
            AggregationError::MemoryExceeded { .. } | AggregationError::BucketLimitExceeded { .. },
        ) => (
            AggregateFault::TooManyBuckets,
            "the answer would be too large (limits.aggregate); ask for fewer buckets or a shorter time"
                .to_owned(),
        ),
        TantivyError::AggregationError(problem) => {
            (AggregateFault::BadAggregation, problem.to_string())
        }
        TantivyError::InvalidArgument(problem) => (AggregateFault::BadAggregation, problem.clone()),
        _ => return error.into(),
    };
    Error::Aggregate { fault, problem }
}
