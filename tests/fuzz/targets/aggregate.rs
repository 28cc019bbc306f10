//! Fuzzes requests for aggregations: what is read is computed over nothing, so that its empty answer is written too.

#![no_main]

use std::time::Duration;

use engine::index::{AggregateLimits, AggregateRequest, Aggregation, Searcher};
use engine::query::Query;
use engine::reader::Scope;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let limits = AggregateLimits::default();
    let Ok(aggs) = serde_json::from_slice(bytes) else { return };
    let Ok(aggregation) = Aggregation::read(&aggs, &limits) else { return };
    let request = AggregateRequest {
        query: Query::All,
        scope: Scope::All,
        from: None,
        to: None,
        aggregation,
        deadline: Duration::from_secs(1),
    };
    // A refusal is an answer.
    drop(Searcher::default().aggregate(&request, &limits));
});
