//! Incidents: what the centre must know of, and the feed of their changes.

#![allow(unused_qualifications, reason = "utoipa names parameter types in full")]

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query as Params, State};
use engine::reader::Permission;
use engine::store::{
    FeedRow, Incident as Held, IncidentCause, IncidentChange, IncidentChanged, IncidentEntry,
    IncidentFilter, IncidentState,
};
use event::Time;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::events::read_time;
use super::words;
use crate::app::App;
use crate::auth::SignedIn;
use crate::error::{ApiError, Failure, blocking};

/// Incidents on a page.
const MAX_LIMIT: usize = 200;
/// The longest note, in characters.
const MAX_NOTE_CHARS: usize = 4_000;

/// A sentence in both languages.
#[derive(Serialize, ToSchema)]
pub(crate) struct Said {
    vi: String,
    en: String,
}

/// What the centre must know of.
#[derive(Serialize, ToSchema)]
pub(crate) struct Incident {
    id: String,
    #[schema(value_type = words::IncidentOrigin)]
    origin: String,
    /// What raised it: `sensor_silent`.
    rule: String,
    #[schema(value_type = words::Level)]
    level: String,
    /// Empty: several sites, or the province.
    site: String,
    exercise: bool,
    #[schema(value_type = words::IncidentState)]
    state: String,
    title: Said,
    summary: Said,
    /// What it is about: `{ "sensor": "xa-1" }`.
    dimensions: BTreeMap<String, String>,
    opened: String,
    updated: String,
    version: i64,
    /// How often it was opened.
    count: i64,
    #[schema(required)]
    snoozed_until: Option<String>,
    #[schema(required)]
    merged_into: Option<String>,
    #[schema(required, value_type = Option<words::IncidentCause>)]
    cause: Option<String>,
}

/// A page of incidents, the newest change first.
#[derive(Serialize, ToSchema)]
pub(crate) struct IncidentPage {
    items: Vec<Incident>,
    #[schema(required)]
    next: Option<String>,
}

/// One change of an incident.
#[derive(Serialize, ToSchema)]
pub(crate) struct IncidentStep {
    version: i64,
    at: String,
    /// `haidang` for what no person did.
    who: String,
    #[schema(value_type = words::IncidentAction)]
    action: String,
    #[schema(required, value_type = Option<words::IncidentState>)]
    from: Option<String>,
    #[schema(required, value_type = Option<words::IncidentState>)]
    to: Option<String>,
    #[schema(required)]
    note: Option<String>,
}

/// An incident with all that was done.
#[derive(Serialize, ToSchema)]
pub(crate) struct IncidentDetail {
    #[serde(flatten)]
    incident: Incident,
    history: Vec<IncidentStep>,
}

/// Which incidents.
#[derive(Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct IncidentParams {
    /// `open`, `all`, or a state; `open` without it.
    state: Option<String>,
    site: Option<String>,
    #[param(value_type = Option<words::Level>)]
    level: Option<String>,
    exercise: Option<bool>,
    cursor: Option<String>,
    /// 1 to 200; 100 without it.
    limit: Option<usize>,
}

/// What a person does with an incident; what is absent stays.
#[derive(Deserialize, ToSchema)]
pub(crate) struct IncidentStateChange {
    /// The version that was seen.
    version: i64,
    #[schema(value_type = Option<words::IncidentState>)]
    to: Option<String>,
    /// Closing needs one.
    #[schema(value_type = Option<words::IncidentCause>)]
    cause: Option<String>,
    note: Option<String>,
    /// RFC 3339; null ends the snooze.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    snooze_until: Option<Option<String>>,
    merged_into: Option<String>,
}

/// Tells null from what is not there.
fn given<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(value).map(Some)
}

/// A row of the feed.
#[derive(Serialize, ToSchema)]
pub(crate) struct FeedEntry {
    sequence: i64,
    incident: String,
    version: i64,
    site: String,
    audience: String,
    exercise: bool,
    at: String,
    /// What is told; it was made when the incident changed.
    #[schema(value_type = Object)]
    payload: serde_json::Value,
}

/// Rows of the feed behind a place.
#[derive(Serialize, ToSchema)]
pub(crate) struct FeedPage {
    items: Vec<FeedEntry>,
    /// Ask behind this next.
    last: i64,
}

/// Where in the feed.
#[derive(Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct FeedParams {
    /// Behind this sequence; from the beginning without it.
    after: Option<i64>,
    /// 1 to 200; 100 without it.
    limit: Option<usize>,
}

/// Incidents, the newest change first.
#[utoipa::path(get, path = "/api/v1/incidents", operation_id = "incidents_list", tag = "incidents",
    params(IncidentParams),
    responses((status = 200, body = IncidentPage), (status = 400, body = ApiError)))]
pub(super) async fn list(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Params(params): Params<IncidentParams>,
) -> Result<Json<IncidentPage>, Failure> {
    signed_in.must(Permission::IncidentsRead)?;
    let filter = IncidentFilter {
        states: read_states(params.state.as_deref())?,
        site: params.site,
        level: params.level,
        exercise: params.exercise,
    };
    let after = params.cursor.as_deref().map(read_cursor).transpose()?;
    let limit = params.limit.unwrap_or(100).clamp(1, MAX_LIMIT);
    let (store, reader) = (Arc::clone(&app.store), signed_in.reader);
    let mut found = blocking(move || store.incidents(&reader, &filter, after, limit + 1)).await?;
    let more = found.len() > limit;
    found.truncate(limit);
    let next = found
        .last()
        .filter(|_| more)
        .map(|last| format!("{}-{}", last.updated.micros(), last.id));
    let items = found.into_iter().map(incident_of);
    Ok(Json(IncidentPage {
        items: items.collect(),
        next,
    }))
}

/// One incident.
#[utoipa::path(get, path = "/api/v1/incidents/{id}", operation_id = "incidents_one", tag = "incidents",
    params(("id" = String, Path)),
    responses((status = 200, body = IncidentDetail), (status = 404, body = ApiError)))]
pub(super) async fn one(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Path(id): Path<String>,
) -> Result<Json<IncidentDetail>, Failure> {
    signed_in.must(Permission::IncidentsRead)?;
    let (store, reader) = (Arc::clone(&app.store), signed_in.reader);
    let found = blocking(move || store.incident(&reader, &id)).await?;
    let (held, history) = found.ok_or(Failure::NotFound("incident"))?;
    Ok(Json(IncidentDetail {
        incident: incident_of(held),
        history: history.into_iter().map(step_of).collect(),
    }))
}

/// Change an incident.
#[utoipa::path(post, path = "/api/v1/incidents/{id}/state", operation_id = "incidents_change",
    tag = "incidents", params(("id" = String, Path)), request_body = IncidentStateChange,
    responses((status = 200, body = Incident), (status = 404, body = ApiError),
        (status = 409, body = ApiError), (status = 422, body = ApiError)))]
pub(super) async fn change_state(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Path(id): Path<String>,
    Json(asked): Json<IncidentStateChange>,
) -> Result<Json<Incident>, Failure> {
    signed_in.must(Permission::IncidentsWrite)?;
    let change = read_change(asked)?;
    if change.to == Some(IncidentState::Closed) && change.cause.is_none() {
        return Err(Failure::Unprocessable(
            "cause_required",
            "closing an incident needs a cause",
        ));
    }
    let (store, now, reader) = (Arc::clone(&app.store), app.now(), signed_in.reader);
    match blocking(move || store.change_incident(&reader, &id, &change, now)).await? {
        IncidentChanged::Done(held) => Ok(Json(incident_of(held))),
        IncidentChanged::Conflict(_) => Err(Failure::Outdated("incident")),
        IncidentChanged::Missing => Err(Failure::NotFound("incident")),
        IncidentChanged::Refused(reason) => Err(Failure::Unprocessable("incident_refused", reason)),
    }
}

/// The feed of incidents behind a place.
#[utoipa::path(get, path = "/api/v1/feed", operation_id = "feed_list", tag = "incidents",
    params(FeedParams),
    responses((status = 200, body = FeedPage), (status = 410, body = ApiError)))]
pub(super) async fn feed(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Params(params): Params<FeedParams>,
) -> Result<Json<FeedPage>, Failure> {
    signed_in.must(Permission::IncidentsRead)?;
    let after = params.after.unwrap_or(0);
    let limit = params.limit.unwrap_or(100).clamp(1, MAX_LIMIT);
    let (store, reader) = (Arc::clone(&app.store), signed_in.reader);
    let rows = blocking(move || store.feed(&reader, after, limit)).await?;
    let rows = rows.ok_or_else(|| {
        let gone = axum::http::StatusCode::GONE;
        Failure::Refused(
            gone,
            "older than what is kept; take /incidents anew".to_owned(),
        )
    })?;
    let last = rows.last().map_or(after, |row| row.seq);
    Ok(Json(FeedPage {
        items: rows.into_iter().map(entry_of).collect(),
        last,
    }))
}

fn read_states(text: Option<&str>) -> Result<Vec<IncidentState>, Failure> {
    let all = IncidentState::ALL.iter().copied();
    match text.unwrap_or("open") {
        "open" => Ok(all.filter(|state| state.is_open()).collect()),
        "all" => Ok(Vec::new()),
        name => match IncidentState::from_name(name) {
            Some(state) => Ok(vec![state]),
            None => Err(unknown(
                "state",
                name,
                IncidentState::ALL.iter().map(|w| w.name()),
            )),
        },
    }
}

fn unknown(what: &str, given: &str, known: impl Iterator<Item = &'static str>) -> Failure {
    let known: Vec<&str> = known.collect();
    Failure::BadRequest(format!(
        "there is no {what} {given:?}; use one of {}",
        known.join(", ")
    ))
}

fn read_cursor(text: &str) -> Result<(Time, String), Failure> {
    let read = text
        .split_once('-')
        .and_then(|(micros, id)| Some((Time::from_micros(micros.parse().ok()?), id.to_owned())));
    read.ok_or_else(|| Failure::BadRequest("cursor is not the next of a page".to_owned()))
}

fn read_change(asked: IncidentStateChange) -> Result<IncidentChange, Failure> {
    let to = asked.to.as_deref().map(|name| {
        IncidentState::from_name(name)
            .ok_or_else(|| unknown("state", name, IncidentState::ALL.iter().map(|w| w.name())))
    });
    let cause = asked.cause.as_deref().map(|name| {
        IncidentCause::from_name(name)
            .ok_or_else(|| unknown("cause", name, IncidentCause::ALL.iter().map(|w| w.name())))
    });
    let note = asked.note.map(|note| note.trim().to_owned());
    let note = note.filter(|note| !note.is_empty());
    if note
        .as_ref()
        .is_some_and(|note| note.chars().count() > MAX_NOTE_CHARS)
    {
        return Err(Failure::Unprocessable(
            "note_too_long",
            "a note has at most 4,000 characters",
        ));
    }
    let snooze = asked.snooze_until.map(|until| match until {
        None => Ok(None),
        Some(text) => read_time("snooze_until", Some(&text)),
    });
    Ok(IncidentChange {
        version: asked.version,
        to: to.transpose()?,
        cause: cause.transpose()?,
        note,
        snooze_until: snooze.transpose()?,
        merged_into: asked.merged_into,
    })
}

fn incident_of(held: Held) -> Incident {
    let dimensions: BTreeMap<String, String> =
        serde_json::from_str(&held.dimensions).unwrap_or_default();
    let (title, summary) = told(&held, &dimensions);
    Incident {
        id: held.id,
        origin: held.origin.name().to_owned(),
        rule: held.rule,
        level: held.level.name().to_owned(),
        site: held.site,
        exercise: held.exercise,
        state: held.state.name().to_owned(),
        title,
        summary,
        dimensions,
        opened: held.opened.to_string(),
        updated: held.updated.to_string(),
        version: held.version,
        count: held.count,
        snoozed_until: held.snoozed_until.map(|time| time.to_string()),
        merged_into: held.merged_into,
        cause: held.cause.map(|cause| cause.name().to_owned()),
    }
}

/// What an incident is called and what it says, by what raised it.
fn told(held: &Held, dimensions: &BTreeMap<String, String>) -> (Said, Said) {
    let of = |key: &str| dimensions.get(key).map_or("?", String::as_str);
    if held.rule == "sensor_silent" {
        let sensor = of("sensor");
        return (
            Said {
                vi: format!("Cảm biến {sensor} im lặng"),
                en: format!("Sensor {sensor} is silent"),
            },
            Said {
                vi: "Không có gì đến từ cảm biến này lâu hơn thời gian đã đặt: đường truyền, nguồn \
                     điện hay máy có thể hỏng. Không có cảnh báo không có nghĩa là không có gì xảy ra."
                    .to_owned(),
                en: "Nothing has come from this sensor for longer than it was set to: its line, its \
                     power or the box may be broken. No alerts does not mean that nothing happens."
                    .to_owned(),
            },
        );
    }
    if held.rule == "case" {
        let case = of("case");
        return (
            Said {
                vi: format!("Sự cố từ vụ việc {case}"),
                en: format!("Incident from case {case}"),
            },
            Said {
                vi: "Một người đã mở sự cố này từ vụ việc; diễn biến và chứng cứ ở trong vụ việc."
                    .to_owned(),
                en: "A person opened this incident from a case; what happened and the evidence are in the case."
                    .to_owned(),
            },
        );
    }
    let both = |text: &str| Said {
        vi: text.to_owned(),
        en: text.to_owned(),
    };
    (both(&held.rule), both(&held.dimensions))
}

fn step_of(entry: IncidentEntry) -> IncidentStep {
    let name = |state: IncidentState| state.name().to_owned();
    IncidentStep {
        version: entry.version,
        at: entry.at.to_string(),
        who: entry.who,
        action: entry.action,
        from: entry.from.map(name),
        to: entry.to.map(name),
        note: entry.note,
    }
}

fn entry_of(row: FeedRow) -> FeedEntry {
    FeedEntry {
        sequence: row.seq,
        incident: row.incident,
        version: row.version,
        site: row.site,
        audience: row.audience,
        exercise: row.exercise,
        at: row.at.to_string(),
        payload: serde_json::from_str(&row.payload).unwrap_or_default(),
    }
}
