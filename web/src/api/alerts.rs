//! Alerts: the queue, one, and what a person does with it.

#![allow(unused_qualifications, reason = "utoipa names parameter types in full")]

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query as Params, State};
use axum::http::HeaderMap;
use engine::reader::Permission;
use engine::rule::Level;
use engine::store::{
    self, AlertCursor, AlertFilter, Change, Changed, Evidence as Copy, Order, State as Standing,
    Verdict,
};
use event::Time;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::events::{Event, read_time};
use super::rule::{RuleRef, RuleText, list_of, text};
use super::words;
use crate::app::App;
use crate::auth::SignedIn;
use crate::error::{ApiError, Failure, blocking};

/// The most alerts on a page.
const MAX_LIMIT: usize = 200;
/// The longest note, in characters.
const MAX_NOTE_CHARS: usize = 4_000;

/// Events of a retro alert that its query names; a query has a limit.
const RETRO_EVENTS: usize = 100;

/// Who or what an alert is about.
#[derive(Serialize, ToSchema)]
pub(crate) struct Entity {
    field: String,
    value: String,
}

/// The closed alert of the same key before it.
#[derive(Serialize, ToSchema)]
pub(crate) struct PreviousAlert {
    id: String,
    #[schema(value_type = Option<words::Verdict>, required)]
    verdict: Option<String>,
}

/// What every view of an alert shows.
#[derive(Serialize, ToSchema)]
pub(crate) struct AlertCommon {
    id: String,
    site: String,
    exercise: bool,
    /// Found in the past, when an intel list had grown.
    retro: bool,
    #[schema(value_type = words::AlertState)]
    state: String,
    #[schema(value_type = Option<words::Verdict>, required)]
    verdict: Option<String>,
    entities: Vec<Entity>,
    count: u64,
    /// The time of the earliest event.
    first: String,
    /// The time of the latest.
    last: String,
    opened: String,
    updated: String,
    version: i64,
    #[schema(required)]
    previous: Option<PreviousAlert>,
    #[schema(value_type = words::KindGroup)]
    kind_group: String,
    /// The alert that it was merged into.
    #[schema(required)]
    merged: Option<String>,
}

/// An alert in the queue.
#[derive(Serialize, ToSchema)]
pub(crate) struct AlertRow {
    #[serde(flatten)]
    common: AlertCommon,
    rule: RuleRef,
}

/// An alert with its evidence.
#[derive(Serialize, ToSchema)]
pub(crate) struct Alert {
    #[serde(flatten)]
    common: AlertCommon,
    rule: RuleText,
    /// Copies of the first and last 20 events; they outlive retention.
    evidence: Vec<Evidence>,
    history: Vec<HistoryEntry>,
    /// A search that finds its events while they are kept.
    query: String,
    query_from: String,
    query_to: String,
}

/// A copy of a matched event.
#[derive(Serialize, ToSchema)]
pub(crate) struct Evidence {
    #[schema(value_type = words::Which)]
    which: String,
    /// The fields that matched with their values.
    #[schema(value_type = std::collections::HashMap<String, serde_json::Value>)]
    matched: serde_json::Map<String, serde_json::Value>,
    event: Event,
}

/// A line of an alert's history.
#[derive(Serialize, ToSchema)]
pub(crate) struct HistoryEntry {
    at: String,
    who: String,
    #[schema(value_type = words::AlertAction)]
    action: String,
    #[schema(value_type = Option<words::AlertState>, required)]
    from: Option<String>,
    #[schema(value_type = Option<words::AlertState>, required)]
    to: Option<String>,
    #[schema(value_type = Option<words::Verdict>, required)]
    verdict: Option<String>,
    #[schema(required)]
    note: Option<String>,
}

/// How many alerts there are in each state, whatever the states asked for.
#[derive(Serialize, ToSchema)]
pub(crate) struct AlertCounts {
    new: u64,
    acknowledged: u64,
    in_work: u64,
    closed: u64,
}

/// A page of the queue.
#[derive(Serialize, ToSchema)]
pub(crate) struct AlertPage {
    items: Vec<AlertRow>,
    #[schema(required)]
    next: Option<String>,
    total: u64,
    total_capped: bool,
    counts: AlertCounts,
}

/// Which alerts. Lists are joined by commas.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct AlertParams {
    state: Option<String>,
    level: Option<String>,
    site: Option<String>,
    rule: Option<String>,
    /// An entity's exact value.
    entity: Option<String>,
    from: Option<String>,
    to: Option<String>,
    /// newest, oldest, severity.
    sort: Option<String>,
    cursor: Option<String>,
    /// 1 to 200; 50 without it.
    limit: Option<usize>,
}

/// What a person does with an alert.
#[derive(Deserialize, ToSchema)]
pub(crate) struct AlertStateChange {
    #[schema(value_type = words::AlertState)]
    state: String,
    /// Needed for closed.
    #[schema(value_type = Option<words::Verdict>)]
    verdict: Option<String>,
    note: Option<String>,
    /// The version that the person saw.
    version: i64,
}

/// The queue.
#[utoipa::path(get, path = "/api/v1/alerts", operation_id = "alerts_list", tag = "alerts", params(AlertParams),
    responses((status = 200, body = AlertPage), (status = 400, body = ApiError)))]
pub(super) async fn list(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Params(params): Params<AlertParams>,
) -> Result<Json<AlertPage>, Failure> {
    signed_in.must(Permission::AlertsRead)?;
    let filter = AlertFilter {
        states: words("state", params.state.as_deref(), Standing::from_name)?,
        levels: words("level", params.level.as_deref(), Level::from_name)?,
        sites: words("site", params.site.as_deref(), |site| Some(site.to_owned()))?,
        rule: params.rule,
        entity: params.entity,
        from: read_time("from", params.from.as_deref())?,
        to: read_time("to", params.to.as_deref())?,
    };
    let order = words("sort", params.sort.as_deref(), Order::from_name)?;
    let order = order.first().copied().unwrap_or(Order::Newest);
    let limit = params.limit.unwrap_or(50).clamp(1, MAX_LIMIT);
    let after =
        match params.cursor.as_deref() {
            None => None,
            Some(text) => Some(AlertCursor::parse(text).ok_or_else(|| {
                Failure::BadRequest("cursor is not the next of a page".to_owned())
            })?),
        };
    let (store, reader) = (Arc::clone(&app.store), signed_in.reader);
    let page = blocking(move || store.alerts(&reader, &filter, order, after.as_ref(), limit));
    let page = page.await?;
    Ok(Json(AlertPage {
        items: page.rows.into_iter().map(row_of).collect(),
        next: page.next.map(|next| next.to_string()),
        total: page.total,
        total_capped: page.total_capped,
        counts: AlertCounts {
            new: page.counts.new,
            acknowledged: page.counts.acknowledged,
            in_work: page.counts.in_work,
            closed: page.counts.closed,
        },
    }))
}

/// One alert.
#[utoipa::path(get, path = "/api/v1/alerts/{id}", operation_id = "alerts_one", tag = "alerts",
    params(("id" = String, Path, description = "the alert's id")),
    responses((status = 200, body = Alert), (status = 404, body = ApiError)))]
pub(super) async fn one(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Path(id): Path<String>,
) -> Result<Json<Alert>, Failure> {
    signed_in.must(Permission::AlertsRead)?;
    let (store, reader) = (Arc::clone(&app.store), signed_in.reader);
    let found = blocking(move || {
        let found = store.alert(&reader, &id)?;
        let retro = found
            .as_ref()
            .is_some_and(|found| is_retro(&found.row.rule));
        let events = if retro {
            store.found_events(&id, RETRO_EVENTS)?
        } else {
            Vec::new()
        };
        Ok(found.map(|found| (found, events)))
    });
    let (detail, events) = found.await?.ok_or(Failure::NotFound("alert"))?;
    let (mut query, from, to) = query_of(&detail.row);
    if !events.is_empty() {
        // What was found in the past carries no rule: its events are named.
        let either: Vec<String> = events
            .iter()
            .map(|id| format!("id:{}", quoted(id)))
            .collect();
        query = either.join(" OR ");
    }
    let copies = detail.evidence.len();
    Ok(Json(Alert {
        rule: RuleText::of(&detail.row.rule),
        evidence: detail
            .evidence
            .iter()
            .enumerate()
            .map(|(place, copy)| evidence_of(copy, place, copies))
            .collect(),
        history: detail.history.into_iter().map(history_of).collect(),
        common: common_of(detail.row),
        query,
        query_from: from.to_string(),
        query_to: to.to_string(),
    }))
}

/// Acknowledge, take into work, close with a verdict, or reopen.
#[utoipa::path(post, path = "/api/v1/alerts/{id}/state", operation_id = "alerts_change_state", tag = "alerts",
    params(("id" = String, Path, description = "the alert's id")), request_body = AlertStateChange,
    responses((status = 200, body = AlertRow), (status = 404, body = ApiError),
        (status = 409, body = ApiError), (status = 422, body = ApiError)))]
pub(super) async fn change_state(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    headers: HeaderMap,
    Path(id): Path<String>,
    Json(asked): Json<AlertStateChange>,
) -> Result<Json<AlertRow>, Failure> {
    signed_in.must(Permission::AlertsWrite)?;
    let mut change = read_change(asked)?;
    let key = headers
        .get("idempotency-key")
        .and_then(|key| key.to_str().ok());
    change.key = key.filter(|key| key.len() <= 128).map(str::to_owned);
    let (store, now) = (Arc::clone(&app.store), app.now());
    let changed = blocking(move || store.change_alert(&signed_in.reader, &id, &change, now));
    match changed.await? {
        Changed::Done(row) => Ok(Json(row_of(row))),
        Changed::Conflict(_) => Err(Failure::Conflict("somebody changed this alert in between")),
        Changed::Missing => Err(Failure::NotFound("alert")),
        Changed::KeyReused => Err(Failure::Unprocessable(
            "key_reused",
            "this Idempotency-Key stood for another request; use a new one",
        )),
    }
}

fn read_change(asked: AlertStateChange) -> Result<Change, Failure> {
    let unknown = |what: &str, given: &str, known: &[&str]| {
        let known = known.join(", ");
        Failure::BadRequest(format!("there is no {what} {given:?}; use one of {known}"))
    };
    let states = Standing::ALL.iter().map(|state| state.name());
    let states: Vec<&str> = states.collect();
    let verdicts = Verdict::ALL.iter().map(|verdict| verdict.name());
    let verdicts: Vec<&str> = verdicts.collect();
    let state =
        Standing::from_name(&asked.state).ok_or_else(|| unknown("state", &asked.state, &states))?;
    let verdict = match asked.verdict.as_deref() {
        None => None,
        Some(verdict) => Some(
            Verdict::from_name(verdict).ok_or_else(|| unknown("verdict", verdict, &verdicts))?,
        ),
    };
    if state == Standing::Closed && verdict.is_none() {
        return Err(Failure::Unprocessable(
            "verdict_required",
            "closing an alert needs a verdict",
        ));
    }
    let note = asked.note.filter(|note| !note.trim().is_empty());
    if note
        .as_ref()
        .is_some_and(|note| note.chars().count() > MAX_NOTE_CHARS)
    {
        return Err(Failure::Unprocessable(
            "note_too_long",
            "a note has at most 4000 characters",
        ));
    }
    Ok(Change {
        state,
        verdict,
        note,
        version: asked.version,
        key: None,
    })
}

/// Reads a comma-joined list of words of a closed set.
fn words<T>(
    name: &str,
    text: Option<&str>,
    read: impl Fn(&str) -> Option<T>,
) -> Result<Vec<T>, Failure> {
    let parts = text
        .unwrap_or_default()
        .split(',')
        .filter(|part| !part.is_empty());
    parts
        .map(|part| {
            read(part).ok_or_else(|| Failure::BadRequest(format!("{name} is none that is known")))
        })
        .collect()
}

pub(super) fn row_of(row: store::AlertRow) -> AlertRow {
    AlertRow {
        rule: RuleRef::of(&row.rule),
        common: common_of(row),
    }
}

fn common_of(row: store::AlertRow) -> AlertCommon {
    let entities = row.entities.into_iter();
    AlertCommon {
        id: row.id,
        site: row.site,
        exercise: row.exercise,
        retro: is_retro(&row.rule),
        state: row.state.name().to_owned(),
        verdict: row.verdict.map(|verdict| verdict.name().to_owned()),
        entities: entities
            .map(|e| Entity {
                field: e.field,
                value: e.value,
            })
            .collect(),
        count: row.count,
        first: row.first.to_string(),
        last: row.last.to_string(),
        opened: row.opened.to_string(),
        updated: row.updated.to_string(),
        version: row.version,
        previous: row.previous.map(|(id, verdict)| PreviousAlert {
            id,
            verdict: verdict.map(|verdict| verdict.name().to_owned()),
        }),
        kind_group: row.kind_group,
        merged: row.merged,
    }
}

fn evidence_of(copy: &Copy, place: usize, copies: usize) -> Evidence {
    let which = if place < 20 || copies <= 20 {
        "first"
    } else {
        "last"
    };
    let matched = copy
        .matched
        .iter()
        .map(|(field, value)| (field.clone(), value.clone().into()));
    Evidence {
        which: which.to_owned(),
        matched: matched.collect(),
        event: Event::of(&copy.event),
    }
}

fn history_of(entry: store::HistoryEntry) -> HistoryEntry {
    HistoryEntry {
        at: entry.at.to_string(),
        who: entry.who,
        action: entry.action,
        from: entry.from,
        to: entry.to,
        verdict: entry.verdict,
        note: entry.note,
    }
}

/// The names under which events hold a field that a correlation groups by; else the field itself.
fn names_of(rule: &Value, field: &str) -> Vec<String> {
    let group = rule.get("group").and_then(Value::as_array);
    let named = group.into_iter().flatten().find_map(|pair| {
        let held = pair.get(0).and_then(Value::as_str) == Some(field);
        let names = pair.get(1).filter(|_| held)?.as_array()?.iter();
        Some(names.filter_map(|name| name.as_str().map(str::to_owned)))
    });
    let names: Vec<String> = named.into_iter().flatten().collect();
    if names.is_empty() {
        vec![field.to_owned()]
    } else {
        names
    }
}

fn is_retro(rule: &Value) -> bool {
    rule.get("retro").and_then(Value::as_bool).unwrap_or(false)
}

/// A search that finds an alert's events: the rules that matched them, what it is about, when.
fn query_of(row: &store::AlertRow) -> (String, Time, Time) {
    let mut rules = list_of(&row.rule, "rules");
    if rules.is_empty() {
        rules.push(text(&row.rule, "id"));
    }
    let either: Vec<String> = rules.iter().map(|id| format!("rule.id:{id}")).collect();
    let mut clauses = vec![match either.as_slice() {
        [one] => one.clone(),
        several => format!("({})", several.join(" OR ")),
    }];
    if !row.site.is_empty() {
        clauses.push(format!("site:{}", quoted(&row.site)));
    }
    clauses.push(format!("exercise:{}", row.exercise));
    let named = row.entities.iter();
    let named = named.filter(|entity| !entity.value.is_empty());
    clauses.extend(named.map(|entity| {
        let names = names_of(&row.rule, &entity.field);
        let either: Vec<String> = names
            .iter()
            .map(|name| format!("{name}:{}", quoted(&entity.value)))
            .collect();
        match either.as_slice() {
            [one] => one.clone(),
            several => format!("({})", several.join(" OR ")),
        }
    }));
    // `to` is exclusive.
    (
        clauses.join(" AND "),
        row.first,
        Time::from_micros(row.last.micros().saturating_add(1)),
    )
}

fn quoted(value: &str) -> String {
    format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
}
