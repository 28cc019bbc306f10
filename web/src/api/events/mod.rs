//! Events: search, and one; aggregations, fields and exports stand beside.

#![allow(unused_qualifications, reason = "utoipa names parameter types in full")]

pub(super) mod aggregate;
pub(super) mod export;
pub(super) mod fields;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use axum::Json;
use axum::extract::{Path, Query as Params, State};
use engine::index::{Journaled, Page, Partial, SearchRequest, Searcher};
use engine::query::Query;
use engine::reader::Permission;
use event::{CoreField, CoreValue, EventId, Time};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};

use super::words;
use crate::app::App;
use crate::auth::SignedIn;
use crate::error::{ApiError, Failure, blocking};

/// The most events on a page.
const MAX_LIMIT: usize = 200;

/// One thing that happened, as one source saw it.
#[derive(Serialize, ToSchema)]
pub(crate) struct Event {
    id: String,
    position: u64,
    time: String,
    seen: String,
    received: String,
    sensor: String,
    source: String,
    site: String,
    kind: String,
    exercise: bool,
    /// Typed ECS fields under their dotted names.
    #[schema(value_type = std::collections::HashMap<String, Value>)]
    core: BTreeMap<&'static str, Value>,
    /// The source's own fields.
    #[schema(value_type = Value)]
    record: Box<RawValue>,
    /// The rules that matched.
    rules: Vec<String>,
}

impl Event {
    /// An event as the API shows it.
    pub(super) fn of(journaled: &Journaled) -> Self {
        let event = &journaled.event;
        let mut core: BTreeMap<&'static str, Value> = BTreeMap::new();
        for (field, value) in event.core.iter() {
            let value = match value {
                CoreValue::Number(number) => json!(number),
                other => json!(other.to_string()),
            };
            match core.get_mut(field.name()) {
                None => drop(core.insert(field.name(), value)),
                Some(Value::Array(several)) => several.push(value),
                Some(held) => *held = json!([held.take(), value]),
            }
        }
        let text = String::from_utf8_lossy(event.record.bytes()).into_owned();
        let record = RawValue::from_string(text).unwrap_or_else(|_| RawValue::NULL.to_owned());
        let rules = event
            .core
            .values(CoreField::RuleId)
            .map(ToString::to_string)
            .collect();
        Self {
            id: event.id.to_string(),
            position: journaled.position,
            time: event.time.to_string(),
            seen: event.seen.to_string(),
            received: journaled.received.to_string(),
            sensor: event.sensor.to_string(),
            source: event.source.to_string(),
            site: event.site.to_string(),
            kind: event.kind.name().to_owned(),
            exercise: event.exercise,
            core,
            record,
            rules,
        }
    }
}

/// Events, newest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct EventPage {
    items: Vec<Event>,
    #[schema(required)]
    next: Option<String>,
    total: u64,
    total_capped: bool,
    took_ms: u64,
    /// Why not everything was looked at.
    #[schema(value_type = Option<words::PartialReason>, required)]
    partial: Option<String>,
}

/// What is looked for.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct EventParams {
    /// The query; empty: every event.
    q: Option<String>,
    /// Not before.
    from: Option<String>,
    /// Before.
    to: Option<String>,
    /// The `next` of the page before.
    cursor: Option<String>,
    /// 1 to 200; 50 without it.
    limit: Option<usize>,
}

/// Search events.
#[utoipa::path(get, path = "/api/v1/events", operation_id = "events_search", tag = "events", params(EventParams),
    responses((status = 200, body = EventPage), (status = 400, body = ApiError),
        (status = 401, body = ApiError), (status = 503, body = ApiError)))]
pub(super) async fn search(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Params(params): Params<EventParams>,
) -> Result<Json<EventPage>, Failure> {
    signed_in.must(Permission::EventsRead)?;
    let request = SearchRequest {
        query: Query::parse(params.q.as_deref().unwrap_or_default(), &app.options.query)?,
        scope: signed_in.reader.scope,
        from: read_time("from", params.from.as_deref())?,
        to: read_time("to", params.to.as_deref())?,
        after: params.cursor.as_deref().map(read_cursor).transpose()?,
        limit: params.limit.unwrap_or(50).clamp(1, MAX_LIMIT),
        deadline: app.options.search_deadline,
    };
    let (searcher, started) = (open_index(&app)?, Instant::now());
    let hits = blocking(move || searcher.search(&request)).await?;
    Ok(Json(EventPage {
        items: hits.events.iter().map(Event::of).collect(),
        next: hits
            .next
            .map(|page| format!("{}.{}", page.time.micros(), page.position)),
        total: hits.total,
        total_capped: hits.total_capped,
        took_ms: millis(started),
        partial: hits.partial.map(reason),
    }))
}

/// One event.
#[utoipa::path(get, path = "/api/v1/events/{id}", operation_id = "events_one", tag = "events",
    params(("id" = String, Path, description = "the event's id")),
    responses((status = 200, body = Event), (status = 404, body = ApiError),
        (status = 503, body = ApiError)))]
pub(super) async fn one(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Path(id): Path<String>,
) -> Result<Json<Event>, Failure> {
    signed_in.must(Permission::EventsRead)?;
    let id: EventId = id.parse().map_err(|_| Failure::NotFound("event"))?;
    let (searcher, scope) = (open_index(&app)?, signed_in.reader.scope);
    let found = blocking(move || searcher.find(&id, &scope)).await?;
    found
        .map(|journaled| Json(Event::of(&journaled)))
        .ok_or(Failure::NotFound("event"))
}

/// Why not everything was looked at.
fn reason(partial: Partial) -> String {
    match partial {
        Partial::Deadline => "deadline".to_owned(),
        Partial::PartitionUnreadable => "partition_quarantined".to_owned(),
    }
}

/// Milliseconds since something began.
fn millis(started: Instant) -> u64 {
    u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX)
}

/// The index, once there is one to find anything in.
fn open_index(app: &App) -> Result<Searcher, Failure> {
    let searcher = app.searcher.clone();
    searcher
        .is_open()
        .then_some(searcher)
        .ok_or(Failure::Starting)
}

/// Reads a time parameter.
pub(super) fn read_time(name: &str, text: Option<&str>) -> Result<Option<Time>, Failure> {
    let Some(text) = text.filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    let time = Time::parse(text);
    time.map(Some).ok_or_else(|| {
        Failure::BadRequest(format!(
            "{name} is no time; write it as 2026-11-22T20:05:00Z"
        ))
    })
}

fn read_cursor(text: &str) -> Result<Page, Failure> {
    let parts = text.split_once('.').and_then(|(time, position)| {
        Some(Page {
            time: Time::from_micros(time.parse().ok()?),
            position: position.parse().ok()?,
        })
    });
    parts.ok_or_else(|| Failure::BadRequest("cursor is none that this server gave".to_owned()))
}
