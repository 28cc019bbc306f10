//! Fields: which the events of a search have, and what completes a query's names and values.

#![allow(unused_qualifications, reason = "utoipa names parameter types in full")]

use std::sync::Arc;

use axum::Json;
use axum::extract::{Query as Params, State};
use engine::index::{
    AggregateRequest, Aggregation, Facts, FieldFacts, FieldType, SearchRequest, column_names,
    column_of,
};
use engine::query::{Pattern, Query, Test};
use engine::reader::Permission;
use event::{CoreField, CoreType, Envelope, Name};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};

use super::{open_index, read_time, reason};
use crate::api::words;
use crate::app::App;
use crate::auth::SignedIn;
use crate::error::{ApiError, Failure, blocking};

/// The newest events that are looked at.
const SAMPLE: usize = 500;
/// Values of a field.
const VALUES: usize = 10;
/// Names, and values of one field, that complete a query.
const COMPLETIONS: usize = 100;
/// The longest beginning of a name or value, in bytes.
const PREFIX: usize = 256;

/// What fields the events of a search have.
#[derive(Serialize, ToSchema)]
pub(crate) struct EventFields {
    /// The newest so many events were looked at, at most 500; counts are of these.
    sampled: u64,
    /// How many events there are in all, up to a cap.
    total: u64,
    total_capped: bool,
    /// The most frequent first.
    fields: Vec<EventField>,
    /// Why not everything was looked at.
    #[schema(value_type = Option<words::PartialReason>, required)]
    partial: Option<String>,
}

/// A field.
#[derive(Serialize, ToSchema)]
pub(crate) struct EventField {
    /// As a query names it.
    name: String,
    #[schema(value_type = words::FieldType)]
    r#type: String,
    /// Whether events can be grouped by it.
    column: bool,
    /// Events that have it.
    events: u64,
    /// The ten most frequent values, without regard to case; one of more than 256 bytes is none of them.
    values: Vec<FieldValue>,
}

/// A value of a field.
#[derive(Serialize, ToSchema)]
pub(crate) struct FieldValue {
    value: String,
    /// Events that have it.
    count: u64,
}

/// Over which events.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct FieldParams {
    /// The query; empty: every event.
    q: Option<String>,
    /// Not before.
    from: Option<String>,
    /// Before.
    to: Option<String>,
}

/// Names that complete a query.
#[derive(Serialize, ToSchema)]
pub(crate) struct EventNames {
    names: Vec<EventName>,
}

/// A name.
#[derive(Serialize, ToSchema)]
pub(crate) struct EventName {
    name: String,
    /// What it holds; null for a field of a record: each source's own.
    #[schema(value_type = Option<words::FieldType>, required)]
    r#type: Option<String>,
    /// Whether events can be grouped by it.
    column: bool,
}

/// Which names.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct NameParams {
    /// What they begin with, without regard to case; at most 256 bytes.
    prefix: Option<String>,
}

/// Values that complete a query.
#[derive(Serialize, ToSchema)]
pub(crate) struct EventValues {
    /// The most frequent first.
    values: Vec<FieldValue>,
    /// So many of the newest events were looked at; null: all were.
    #[schema(required)]
    sampled: Option<u64>,
    /// Why not everything was looked at.
    #[schema(value_type = Option<words::PartialReason>, required)]
    partial: Option<String>,
}

/// Which values.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ValueParams {
    /// The field, as a query names it.
    field: String,
    /// What the values begin with, without regard to case; at most 256 bytes.
    prefix: Option<String>,
    /// Only of events that this query finds.
    q: Option<String>,
    /// Not before.
    from: Option<String>,
    /// Before.
    to: Option<String>,
}

/// The fields of the newest events that a query finds.
#[utoipa::path(get, path = "/api/v1/events/fields", operation_id = "events_fields", tag = "events",
    params(FieldParams),
    responses((status = 200, body = EventFields), (status = 400, body = ApiError),
        (status = 401, body = ApiError), (status = 403, body = ApiError), (status = 503, body = ApiError)))]
pub(in crate::api) async fn fields(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Params(params): Params<FieldParams>,
) -> Result<Json<EventFields>, Failure> {
    signed_in.must(Permission::EventsRead)?;
    let sample = SearchRequest {
        query: Query::parse(params.q.as_deref().unwrap_or_default(), &app.options.query)?,
        scope: signed_in.reader.scope,
        from: read_time("from", params.from.as_deref())?,
        to: read_time("to", params.to.as_deref())?,
        after: None,
        limit: SAMPLE,
        deadline: app.options.search_deadline,
    };
    let searcher = open_index(&app)?;
    let found = blocking(move || {
        let mut facts = Facts::default();
        let given = searcher.each(&sample, |journaled| {
            facts.add(&journaled);
            true
        })?;
        let counted = searcher.search(&SearchRequest { limit: 1, ..sample })?;
        Ok((facts, given, counted))
    });
    let (facts, given, counted) = found.await?;
    Ok(Json(EventFields {
        sampled: given.events,
        total: counted.total,
        total_capped: counted.total_capped,
        fields: facts
            .finish(VALUES)
            .into_iter()
            .map(EventField::from)
            .collect(),
        partial: given.partial.or(counted.partial).map(reason),
    }))
}

impl From<FieldFacts> for EventField {
    fn from(facts: FieldFacts) -> Self {
        Self {
            column: column_of(&Name::parse(&facts.name)).is_some(),
            name: facts.name,
            r#type: facts.holds.name().to_owned(),
            events: facts.events,
            values: facts.values.into_iter().map(FieldValue::from).collect(),
        }
    }
}

impl From<(String, u64)> for FieldValue {
    fn from((value, count): (String, u64)) -> Self {
        Self { value, count }
    }
}

/// Names that begin so: the envelope's and the core's, then those of records.
#[utoipa::path(get, path = "/api/v1/events/names", operation_id = "events_names", tag = "events",
    params(NameParams),
    responses((status = 200, body = EventNames), (status = 400, body = ApiError),
        (status = 401, body = ApiError), (status = 403, body = ApiError), (status = 503, body = ApiError)))]
pub(in crate::api) async fn names(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Params(params): Params<NameParams>,
) -> Result<Json<EventNames>, Failure> {
    signed_in.must(Permission::EventsRead)?;
    let prefix = prefix(params.prefix)?;
    let envelope = Envelope::ALL.map(|field| (field.name(), envelope_type(field)));
    let core = CoreField::ALL.iter().map(|field| {
        let holds = match field.kind() {
            CoreType::Ip => FieldType::Address,
            CoreType::Number => FieldType::Number,
            CoreType::Text => FieldType::Text,
        };
        (field.name(), holds)
    });
    let mut names: Vec<EventName> = envelope
        .into_iter()
        .chain(core)
        .filter(|(name, _)| name.starts_with(&prefix))
        .map(|(name, holds)| EventName {
            name: name.to_owned(),
            r#type: Some(holds.name().to_owned()),
            column: column_names().any(|column| column == name),
        })
        .collect();
    let (searcher, deadline) = (open_index(&app)?, app.options.search_deadline);
    let scope = signed_in.reader.scope;
    let left = COMPLETIONS.saturating_sub(names.len());
    let record = blocking(move || searcher.record_names(&scope, &prefix, left, deadline)).await?;
    names.extend(record.into_iter().map(|name| EventName {
        name,
        r#type: None,
        column: false,
    }));
    Ok(Json(EventNames { names }))
}

fn envelope_type(field: Envelope) -> FieldType {
    match field {
        Envelope::Time | Envelope::Seen => FieldType::Time,
        Envelope::Exercise => FieldType::Flag,
        Envelope::Id | Envelope::Sensor | Envelope::Source | Envelope::Site | Envelope::Kind => {
            FieldType::Text
        }
    }
}

/// The most frequent values of a field that begin so: of all events where the field has a column of text, else of
/// the newest that have it.
#[utoipa::path(get, path = "/api/v1/events/values", operation_id = "events_values", tag = "events",
    params(ValueParams),
    responses((status = 200, body = EventValues), (status = 400, body = ApiError),
        (status = 401, body = ApiError), (status = 403, body = ApiError), (status = 503, body = ApiError)))]
pub(in crate::api) async fn values(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Params(params): Params<ValueParams>,
) -> Result<Json<EventValues>, Failure> {
    signed_in.must(Permission::EventsRead)?;
    let (name, prefix) = (Name::parse(&params.field), prefix(params.prefix)?);
    let asked = Query::parse(params.q.as_deref().unwrap_or_default(), &app.options.query)?;
    let has = Query::Field(name.clone(), Test::Exists);
    let sample = SearchRequest {
        query: Query::And(vec![asked, has]),
        scope: signed_in.reader.scope,
        from: read_time("from", params.from.as_deref())?,
        to: read_time("to", params.to.as_deref())?,
        after: None,
        limit: SAMPLE,
        deadline: app.options.search_deadline,
    };
    let searcher = open_index(&app)?;
    if matches!(column_of(&name), Some(FieldType::Text | FieldType::Address)) {
        let limits = app.options.aggregate;
        let beginning = (!prefix.is_empty()).then(|| Pattern::beginning(&prefix));
        let terms = json!({ "field": params.field, "size": COMPLETIONS, "include": beginning });
        let request = AggregateRequest {
            aggregation: Aggregation::read(&json!({ "values": { "terms": terms } }), &limits)?,
            query: sample.query,
            scope: sample.scope,
            from: sample.from,
            to: sample.to,
            deadline: sample.deadline,
        };
        let place = app.memory.aggregating.take(limits.at_once);
        let place = place.ok_or(Failure::Busy("too many aggregations at once; try again"))?;
        let counted = blocking(move || {
            let counted = searcher.aggregate(&request, &limits);
            drop(place);
            counted
        });
        let counted = counted.await?;
        return Ok(Json(EventValues {
            values: of_buckets(&counted.aggregations),
            sampled: None,
            partial: counted.partial.map(reason),
        }));
    }
    let wanted = engine::index::query_name(&name);
    let found = blocking(move || {
        let mut facts = Facts::default();
        let given = searcher.each(&sample, |journaled| {
            facts.add(&journaled);
            true
        })?;
        Ok((facts, given))
    });
    let (facts, given) = found.await?;
    let fields = facts.finish(usize::MAX).into_iter();
    let values = fields
        .filter(|field| field.name == wanted)
        .flat_map(|field| field.values);
    let values = values.filter(|(value, _)| value.to_lowercase().starts_with(&prefix));
    Ok(Json(EventValues {
        values: values.take(COMPLETIONS).map(FieldValue::from).collect(),
        sampled: Some(given.events),
        partial: given.partial.map(reason),
    }))
}

fn of_buckets(aggregations: &Value) -> Vec<FieldValue> {
    let buckets = aggregations
        .pointer("/values/buckets")
        .and_then(Value::as_array);
    let values = buckets.into_iter().flatten().filter_map(|bucket| {
        Some(FieldValue {
            value: bucket.get("key")?.as_str()?.to_owned(),
            count: bucket.get("doc_count")?.as_u64()?,
        })
    });
    values.collect()
}

fn prefix(given: Option<String>) -> Result<String, Failure> {
    let prefix = given.unwrap_or_default();
    if prefix.len() > PREFIX {
        return Err(Failure::BadRequest(format!(
            "prefix has more than {PREFIX} bytes"
        )));
    }
    Ok(prefix.to_lowercase())
}
