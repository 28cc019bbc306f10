//! Aggregations: events counted in their columns.

use std::sync::Arc;
use std::time::Instant;

use axum::Json;
use axum::extract::State;
use engine::index::{AggregateRequest, Aggregation};
use engine::query::Query;
use engine::reader::Permission;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::{millis, open_index, read_time, reason};
use crate::api::words;
use crate::app::App;
use crate::auth::SignedIn;
use crate::error::{ApiError, Failure, blocking};

/// What is counted.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewAggregation {
    /// The query; without it every event.
    q: Option<String>,
    /// Not before.
    from: Option<String>,
    /// Before.
    to: Option<String>,
    /// By name, in the form of Elasticsearch: `terms`, `date_histogram`, `histogram`, `range`, `date_range`,
    /// `cardinality`, `value_count`, `avg`, `sum`, `min`, `max`, `stats`, `extended_stats`, `percentiles`, and `aggs` in
    /// those that make buckets. Fields are those that have a column.
    #[schema(value_type = std::collections::HashMap<String, Value>)]
    aggs: Value,
}

/// What was counted.
#[derive(Serialize, ToSchema)]
pub(crate) struct AggregationAnswer {
    /// By the names of the request, in the form of Elasticsearch; keys of moments are milliseconds.
    #[schema(value_type = std::collections::HashMap<String, Value>)]
    aggregations: Value,
    /// Events that were counted.
    total: u64,
    took_ms: u64,
    /// Why not everything was counted.
    #[schema(value_type = Option<words::PartialReason>, required)]
    partial: Option<String>,
}

/// Count events.
#[utoipa::path(post, path = "/api/v1/events/aggregate", operation_id = "events_aggregate", tag = "events",
    request_body = NewAggregation,
    responses((status = 200, body = AggregationAnswer), (status = 400, body = ApiError),
        (status = 401, body = ApiError), (status = 403, body = ApiError),
        (status = 422, body = ApiError, description = "not_a_column, bad_aggregation or too_many_buckets"),
        (status = 503, body = ApiError)))]
pub(in crate::api) async fn aggregate(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Json(new): Json<NewAggregation>,
) -> Result<Json<AggregationAnswer>, Failure> {
    signed_in.must(Permission::EventsRead)?;
    let limits = app.options.aggregate;
    let request = AggregateRequest {
        query: Query::parse(new.q.as_deref().unwrap_or_default(), &app.options.query)?,
        scope: signed_in.reader.scope,
        from: read_time("from", new.from.as_deref())?,
        to: read_time("to", new.to.as_deref())?,
        aggregation: Aggregation::read(&new.aggs, &limits)?,
        deadline: app.options.search_deadline,
    };
    let place = app.memory.aggregating.take(limits.at_once);
    let place = place.ok_or(Failure::Busy("too many aggregations at once; try again"))?;
    let (searcher, started) = (open_index(&app)?, Instant::now());
    let counted = blocking(move || {
        let counted = searcher.aggregate(&request, &limits);
        drop(place);
        counted
    });
    let counted = counted.await?;
    Ok(Json(AggregationAnswer {
        aggregations: counted.aggregations,
        total: counted.total,
        took_ms: millis(started),
        partial: counted.partial.map(reason),
    }))
}
