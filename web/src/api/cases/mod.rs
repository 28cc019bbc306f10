//! Cases: the board, one, and what people do with it. Each read and write is cut to the reader's sites in the store.

#![allow(unused_qualifications, reason = "utoipa names parameter types in full")]

pub(super) mod evidence;
pub(super) mod export;
pub(super) mod items;
pub(super) mod observables;
mod page;
mod read;
mod shown;
pub(super) mod timeline;

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query as Params, State};
use axum::http::{HeaderMap, StatusCode};
use engine::reader::Permission;
use engine::rule::Level;
use engine::store::{self, CaseChanged, CaseCursor, CaseFilter, CaseState, CaseWriter, Verdict};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::words;
use crate::app::App;
use crate::auth::SignedIn;
use crate::error::{ApiError, Failure, blocking};
use read::{given, person, places, text, word, words_of};
use shown::{Case, CaseDetail};

/// The most cases on a page.
const MAX_LIMIT: usize = 200;
/// The longest texts, in characters.
const MAX_TITLE: usize = 200;
const MAX_TEXT: usize = 16_000;
/// The most alerts that are linked at once.
const MAX_ALERTS: usize = 500;

/// Cases by state, whatever the states asked for; each counted up to 10,000.
#[derive(Serialize, ToSchema)]
pub(crate) struct CaseStateCounts {
    new: u64,
    in_work: u64,
    closed: u64,
}

/// A page of cases, the newest change first.
#[derive(Serialize, ToSchema)]
pub(crate) struct CasePage {
    items: Vec<Case>,
    #[schema(required)]
    next: Option<String>,
    counts: CaseStateCounts,
}

/// Which cases. Lists are joined by commas.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct CaseParams {
    state: Option<String>,
    level: Option<String>,
    /// A user's name; `me`, or `none`.
    assignee: Option<String>,
    site: Option<String>,
    /// A text in id, title or summary.
    text: Option<String>,
    /// An alert's id: the cases that it is linked to.
    alert: Option<String>,
    exercise: Option<bool>,
    cursor: Option<String>,
    /// 1 to 200; 50 without it.
    limit: Option<usize>,
}

/// A new case.
#[derive(Deserialize, ToSchema)]
pub(crate) struct NewCase {
    title: String,
    summary: Option<String>,
    /// Without it: as the worst of its alerts, or medium.
    #[schema(value_type = Option<words::Level>)]
    level: Option<String>,
    /// A user's name.
    assignee: Option<String>,
    /// Sites beside those of its alerts; a case needs one.
    #[serde(default)]
    sites: Vec<String>,
    /// Alerts to begin with, at most 500.
    #[serde(default)]
    alerts: Vec<String>,
}

/// What to change of a case; what is absent stays.
#[derive(Deserialize, ToSchema)]
pub(crate) struct CaseChange {
    /// The version that the person saw.
    version: i64,
    title: Option<String>,
    summary: Option<String>,
    #[schema(value_type = Option<words::Level>)]
    level: Option<String>,
    /// new or in_work; closing has a route of its own.
    #[schema(value_type = Option<words::CaseState>)]
    state: Option<String>,
    /// A user's name; null: nobody's.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    assignee: Option<Option<String>>,
    /// Those of the reader's sites that it is at; those of its alerts stay.
    sites: Option<Vec<String>>,
}

/// How a case ends.
#[derive(Deserialize, ToSchema)]
pub(crate) struct CaseClosing {
    /// The version that the person saw.
    version: i64,
    #[schema(value_type = words::Verdict)]
    verdict: String,
    /// What was learned.
    lessons: String,
}

/// The version that the person saw.
#[derive(Deserialize, ToSchema)]
pub(crate) struct SeenVersion {
    version: i64,
}

/// Alerts to link.
#[derive(Deserialize, ToSchema)]
pub(crate) struct CaseAlerts {
    /// At most 500.
    ids: Vec<String>,
}

/// How bad the incident is that is opened from a case.
#[derive(Deserialize, ToSchema)]
pub(crate) struct NewCaseIncident {
    /// Without it: as the case.
    #[schema(value_type = Option<words::Level>)]
    level: Option<String>,
}

/// The incident that was opened from a case.
#[derive(Serialize, ToSchema)]
pub(crate) struct CaseIncident {
    id: String,
}

/// Cases, the newest change first.
#[utoipa::path(get, path = "/api/v1/cases", operation_id = "cases_list", tag = "cases", params(CaseParams),
    responses((status = 200, body = CasePage), (status = 400, body = ApiError), (status = 403, body = ApiError)))]
pub(super) async fn list(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Params(params): Params<CaseParams>,
) -> Result<Json<CasePage>, Failure> {
    signed_in.must(Permission::CasesRead)?;
    let levels = words_of("level", params.level.as_deref(), Level::from_name)?;
    let assignee = params.assignee.map(|name| match name.as_str() {
        "none" => None,
        "me" => Some(signed_in.reader.user.to_string()),
        _ => Some(name),
    });
    let wanted = params.text.as_deref().map(str::trim);
    let filter = CaseFilter {
        states: words_of("state", params.state.as_deref(), CaseState::from_name)?,
        levels: levels.iter().map(|level| level.name().to_owned()).collect(),
        assignee,
        site: params.site,
        text: wanted.filter(|text| !text.is_empty()).map(str::to_owned),
        alert: params.alert,
        exercise: params.exercise,
    };
    let limit = params.limit.unwrap_or(50).clamp(1, MAX_LIMIT);
    let after = params.cursor.as_deref().map(|text| {
        CaseCursor::parse(text)
            .ok_or_else(|| Failure::BadRequest("cursor is not the next of a page".to_owned()))
    });
    let (store, reader, after) = (Arc::clone(&app.store), signed_in.reader, after.transpose()?);
    let page = blocking(move || store.cases(&reader, &filter, after.as_ref(), limit)).await?;
    Ok(Json(CasePage {
        items: page.rows.into_iter().map(Case::of).collect(),
        next: page.next.map(|next| next.to_string()),
        counts: CaseStateCounts {
            new: page.counts.new,
            in_work: page.counts.in_work,
            closed: page.counts.closed,
        },
    }))
}

/// One case with all that it holds, but for its timeline.
#[utoipa::path(get, path = "/api/v1/cases/{id}", operation_id = "cases_one", tag = "cases",
    params(("id" = String, Path, description = "V-2026-0001")),
    responses((status = 200, body = CaseDetail), (status = 404, body = ApiError)))]
pub(super) async fn one(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Path(id): Path<String>,
) -> Result<Json<CaseDetail>, Failure> {
    signed_in.must(Permission::CasesRead)?;
    let (store, reader) = (Arc::clone(&app.store), signed_in.reader);
    let found = blocking(move || store.case(&reader, &id)).await?;
    let found = found.ok_or(Failure::NotFound("case"))?;
    Ok(Json(CaseDetail::of(&app.triage, found)))
}

/// Open a case, with alerts or without.
#[utoipa::path(post, path = "/api/v1/cases", operation_id = "cases_open", tag = "cases", request_body = NewCase,
    responses((status = 201, body = Case), (status = 403, body = ApiError), (status = 422, body = ApiError)))]
pub(super) async fn open(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    headers: HeaderMap,
    Json(new): Json<NewCase>,
) -> Result<(StatusCode, Json<Case>), Failure> {
    signed_in.must(Permission::CasesWrite)?;
    few(&new.alerts)?;
    let draft = store::CaseDraft {
        title: text("title", &new.title, 1..=MAX_TITLE)?,
        summary: text("summary", &new.summary.unwrap_or_default(), 0..=MAX_TEXT)?,
        level: new
            .level
            .as_deref()
            .map(|level| word("level", level, Level::from_name))
            .transpose()?,
        assignee: new.assignee.filter(|name| !name.is_empty()),
        sites: places(&app, &signed_in.reader, new.sites)?,
        alerts: new.alerts,
        exercise: app.exercise,
    };
    let case = work(&app, signed_in, headers, move |app, by| {
        person(app, draft.assignee.as_deref())?;
        done(app.store.open_case(by, &draft)?, "case")
    });
    Ok((StatusCode::CREATED, Json(Case::of(case.await?))))
}

/// Change a case's title, summary, level, state, assignee or sites.
#[utoipa::path(patch, path = "/api/v1/cases/{id}", operation_id = "cases_change", tag = "cases",
    params(("id" = String, Path)), request_body = CaseChange,
    responses((status = 200, body = Case), (status = 404, body = ApiError), (status = 409, body = ApiError),
        (status = 422, body = ApiError)))]
pub(super) async fn change(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Path(id): Path<String>,
    Json(asked): Json<CaseChange>,
) -> Result<Json<Case>, Failure> {
    signed_in.must(Permission::CasesWrite)?;
    let state = asked.state.as_deref();
    let state = state.map(|name| word("state", name, CaseState::from_name));
    let state = state.transpose()?;
    if state == Some(CaseState::Closed) {
        return Err(Failure::Unprocessable(
            "verdict_required",
            "closing a case needs a verdict; use its close",
        ));
    }
    let level = asked.level.as_deref();
    let level = level.map(|name| word("level", name, Level::from_name));
    let title = asked.title.as_deref();
    let summary = asked.summary.as_deref();
    let sites = asked.sites;
    let sites = sites.map(|sites| places(&app, &signed_in.reader, sites));
    let change = store::CaseChange {
        version: asked.version,
        title: title
            .map(|title| text("title", title, 1..=MAX_TITLE))
            .transpose()?,
        summary: summary
            .map(|summary| text("summary", summary, 0..=MAX_TEXT))
            .transpose()?,
        level: level.transpose()?,
        state,
        assignee: asked
            .assignee
            .map(|name| name.filter(|name| !name.is_empty())),
        sites: sites.transpose()?,
    };
    let case = work(&app, signed_in, HeaderMap::new(), move |app, by| {
        person(app, change.assignee.as_ref().and_then(Option::as_deref))?;
        done(app.store.change_case(by, &id, &change)?, "case")
    });
    Ok(Json(Case::of(case.await?)))
}

/// Close a case with its verdict and what was learned.
#[utoipa::path(post, path = "/api/v1/cases/{id}/close", operation_id = "cases_close", tag = "cases",
    params(("id" = String, Path)), request_body = CaseClosing,
    responses((status = 200, body = Case), (status = 404, body = ApiError), (status = 409, body = ApiError),
        (status = 422, body = ApiError)))]
pub(super) async fn close(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Path(id): Path<String>,
    Json(asked): Json<CaseClosing>,
) -> Result<Json<Case>, Failure> {
    signed_in.must(Permission::CasesWrite)?;
    let verdict = word("verdict", &asked.verdict, Verdict::from_name)?;
    let lessons = text("lessons", &asked.lessons, 0..=MAX_TEXT)?;
    let case = work(&app, signed_in, HeaderMap::new(), move |app, by| {
        let closed = app
            .store
            .close_case(by, &id, asked.version, verdict, &lessons)?;
        done(closed, "case")
    });
    Ok(Json(Case::of(case.await?)))
}

/// Open a closed case again.
#[utoipa::path(post, path = "/api/v1/cases/{id}/reopen", operation_id = "cases_reopen", tag = "cases",
    params(("id" = String, Path)), request_body = SeenVersion,
    responses((status = 200, body = Case), (status = 404, body = ApiError), (status = 409, body = ApiError),
        (status = 422, body = ApiError)))]
pub(super) async fn reopen(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Path(id): Path<String>,
    Json(SeenVersion { version }): Json<SeenVersion>,
) -> Result<Json<Case>, Failure> {
    signed_in.must(Permission::CasesWrite)?;
    let case = work(&app, signed_in, HeaderMap::new(), move |app, by| {
        done(app.store.reopen_case(by, &id, version)?, "case")
    });
    Ok(Json(Case::of(case.await?)))
}

/// Link alerts to a case.
#[utoipa::path(post, path = "/api/v1/cases/{id}/alerts", operation_id = "cases_link", tag = "cases",
    params(("id" = String, Path)), request_body = CaseAlerts,
    responses((status = 200, body = Case), (status = 404, body = ApiError), (status = 422, body = ApiError)))]
pub(super) async fn link(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Path(id): Path<String>,
    Json(CaseAlerts { ids }): Json<CaseAlerts>,
) -> Result<Json<Case>, Failure> {
    signed_in.must(Permission::CasesWrite)?;
    few(&ids)?;
    let case = work(&app, signed_in, HeaderMap::new(), move |app, by| {
        done(app.store.link_alerts(by, &id, &ids)?, "case")
    });
    Ok(Json(Case::of(case.await?)))
}

/// Take an alert out of a case.
#[utoipa::path(delete, path = "/api/v1/cases/{id}/alerts/{alert}", operation_id = "cases_unlink", tag = "cases",
    params(("id" = String, Path), ("alert" = String, Path)),
    responses((status = 200, body = Case), (status = 404, body = ApiError), (status = 422, body = ApiError)))]
pub(super) async fn unlink(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Path((id, alert)): Path<(String, String)>,
) -> Result<Json<Case>, Failure> {
    signed_in.must(Permission::CasesWrite)?;
    let case = work(&app, signed_in, HeaderMap::new(), move |app, by| {
        done(
            app.store.unlink_alert(by, &id, &alert)?,
            "alert in this case",
        )
    });
    Ok(Json(Case::of(case.await?)))
}

/// Open an incident from a case: what the centre must know of.
#[utoipa::path(post, path = "/api/v1/cases/{id}/incident", operation_id = "cases_incident", tag = "cases",
    params(("id" = String, Path)), request_body = NewCaseIncident,
    responses((status = 201, body = CaseIncident), (status = 403, body = ApiError), (status = 404, body = ApiError),
        (status = 422, body = ApiError)))]
pub(super) async fn incident(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Path(id): Path<String>,
    Json(new): Json<NewCaseIncident>,
) -> Result<(StatusCode, Json<CaseIncident>), Failure> {
    signed_in.must(Permission::CasesWrite)?;
    signed_in.must(Permission::IncidentsWrite)?;
    let level = new.level.as_deref();
    let level = level.map(|name| word("level", name, Level::from_name));
    let level = level.transpose()?;
    let id = work(&app, signed_in, HeaderMap::new(), move |app, by| {
        done(app.store.open_case_incident(by, &id, level)?, "case")
    });
    Ok((StatusCode::CREATED, Json(CaseIncident { id: id.await? })))
}

fn few(alerts: &[String]) -> Result<(), Failure> {
    if alerts.len() <= MAX_ALERTS {
        return Ok(());
    }
    Err(Failure::Unprocessable(
        "too_many",
        "at most 500 alerts are linked at once",
    ))
}

/// Runs a change on the store, in the name of who asks.
async fn work<T: Send + 'static>(
    app: &Arc<App>,
    signed_in: SignedIn,
    headers: HeaderMap,
    change: impl FnOnce(&App, CaseWriter<'_>) -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    let app = Arc::clone(app);
    let changed = tokio::task::spawn_blocking(move || {
        let key = headers.get("idempotency-key");
        let key = key.and_then(|key| key.to_str().ok());
        let by = CaseWriter {
            reader: &signed_in.reader,
            limits: app.options.cases,
            now: app.now(),
            key: key.filter(|key| key.len() <= 128),
        };
        change(&app, by)
    });
    changed.await?
}

fn done<T>(changed: CaseChanged<T>, what: &'static str) -> Result<T, Failure> {
    match changed {
        CaseChanged::Done(done) => Ok(done),
        CaseChanged::Conflict => Err(Failure::Outdated(what)),
        CaseChanged::Missing => Err(Failure::NotFound(what)),
        CaseChanged::Refused(refusal) => {
            Err(Failure::Unprocessable(refusal.name(), refusal.says()))
        }
        CaseChanged::KeyReused => Err(Failure::Unprocessable(
            "key_reused",
            "this Idempotency-Key stood for another request; use a new one",
        )),
    }
}
