//! What people do with alerts: one, many, and taking it back.

#![allow(unused_qualifications, reason = "utoipa names parameter types in full")]

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use engine::reader::Permission;
use engine::store::{
    Assign, Bulk, BulkChanged, BulkDone, Change, Changed, Meant, State as Standing, Undone,
    Verdict, Work,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::super::events::read_time;
use super::super::words;
use super::filter::Asked;
use super::people::read_assignee;
use super::shown::{AlertRow, row_of};
use crate::app::App;
use crate::auth::SignedIn;
use crate::error::{ApiError, Failure, blocking};

/// The longest note, in characters.
const MAX_NOTE_CHARS: usize = 4_000;

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

/// Who is to hold an alert.
#[derive(Deserialize, ToSchema)]
pub(crate) struct AlertAssign {
    /// A name, or me; empty or absent: nobody.
    assignee: Option<String>,
    /// The version that the person saw.
    version: i64,
}

/// An alert as it is after a change.
#[derive(Serialize, ToSchema)]
pub(crate) struct AlertChanged {
    #[serde(flatten)]
    alert: AlertRow,
    /// What undoes the change.
    batch: String,
}

/// A change of many alerts. Which: ids, or a filter.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AlertBulk {
    ids: Option<Vec<String>>,
    filter: Option<AlertBulkFilter>,
    /// With ids: when they were read. What a colleague changed later is left as it is.
    as_of: Option<String>,
    change: AlertBulkChange,
}

/// All alerts that a list shows; the words are those of the list's parameters.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AlertBulkFilter {
    state: Option<String>,
    level: Option<String>,
    site: Option<String>,
    rule: Option<String>,
    entity: Option<String>,
    assignee: Option<String>,
    overdue: Option<bool>,
    from: Option<String>,
    to: Option<String>,
    /// The list's as_of: alerts that were opened later are not meant, what a colleague changed later is left as it is.
    as_of: String,
}

/// What is done with each; what is absent stays. At least one must be there.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AlertBulkChange {
    #[schema(value_type = Option<words::AlertState>)]
    state: Option<String>,
    /// Needed for closed.
    #[schema(value_type = Option<words::Verdict>)]
    verdict: Option<String>,
    note: Option<String>,
    /// A name, or me; empty: nobody.
    assignee: Option<String>,
}

/// How a change of many went.
#[derive(Serialize, ToSchema)]
pub(crate) struct AlertBatch {
    /// What undoes it, or what was undone.
    batch: String,
    changed: u64,
    /// The first hundred that were left as they are.
    skipped: Vec<AlertSkipped>,
    skipped_count: u64,
}

/// An alert that was left as it is.
#[derive(Serialize, ToSchema)]
pub(crate) struct AlertSkipped {
    id: String,
    #[schema(value_type = words::AlertSkip)]
    code: String,
}

/// Acknowledge, take into work, close with a verdict, or reopen.
#[utoipa::path(post, path = "/api/v1/alerts/{id}/state", operation_id = "alerts_change_state", tag = "alerts",
    params(("id" = String, Path, description = "the alert's id")), request_body = AlertStateChange,
    responses((status = 200, body = AlertChanged), (status = 404, body = ApiError),
        (status = 409, body = ApiError), (status = 422, body = ApiError)))]
pub(in crate::api) async fn change_state(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    headers: HeaderMap,
    Path(id): Path<String>,
    Json(asked): Json<AlertStateChange>,
) -> Result<Json<AlertChanged>, Failure> {
    signed_in.must(Permission::AlertsWrite)?;
    let change = Change {
        work: Work {
            assign: Assign::Stays,
            ..read_work(Some(&asked.state), asked.verdict.as_deref(), asked.note)?
        },
        version: asked.version,
        key: key_of(&headers),
    };
    do_one(app, signed_in, id, change).await
}

/// Say who holds an alert.
#[utoipa::path(post, path = "/api/v1/alerts/{id}/assign", operation_id = "alerts_assign", tag = "alerts",
    params(("id" = String, Path, description = "the alert's id")), request_body = AlertAssign,
    responses((status = 200, body = AlertChanged), (status = 404, body = ApiError),
        (status = 409, body = ApiError), (status = 422, body = ApiError)))]
pub(in crate::api) async fn assign(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    headers: HeaderMap,
    Path(id): Path<String>,
    Json(asked): Json<AlertAssign>,
) -> Result<Json<AlertChanged>, Failure> {
    signed_in.must(Permission::AlertsWrite)?;
    let said = asked.assignee.unwrap_or_default();
    let change = Change {
        work: Work {
            assign: read_assignee(&app, &signed_in.reader, Some(&said)).await?,
            ..Work::default()
        },
        version: asked.version,
        key: key_of(&headers),
    };
    do_one(app, signed_in, id, change).await
}

/// Change many alerts at once, and say what was left as it is.
#[utoipa::path(post, path = "/api/v1/alerts/bulk", operation_id = "alerts_bulk", tag = "alerts",
    request_body = AlertBulk,
    responses((status = 200, body = AlertBatch), (status = 400, body = ApiError),
        (status = 403, body = ApiError), (status = 422, body = ApiError)))]
pub(in crate::api) async fn bulk(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    headers: HeaderMap,
    Json(asked): Json<AlertBulk>,
) -> Result<Json<AlertBatch>, Failure> {
    signed_in.must(Permission::AlertsWrite)?;
    let AlertBulkChange {
        state,
        verdict,
        note,
        assignee,
    } = asked.change;
    let assign = read_assignee(&app, &signed_in.reader, assignee.as_deref()).await?;
    let work = Work {
        assign,
        ..read_work(state.as_deref(), verdict.as_deref(), note)?
    };
    if work.state.is_none() && work.note.is_none() && matches!(work.assign, Assign::Stays) {
        return Err(Failure::BadRequest(
            "the change is empty; give a state, a note or an assignee".to_owned(),
        ));
    }
    let now = app.now();
    let (meant, as_of) = match (asked.ids, asked.filter) {
        (Some(ids), None) => (Meant::Ids(ids), asked.as_of),
        (None, Some(filter)) => {
            let (filter, as_of) = filter.split();
            let filter = filter.read(&app, &signed_in.reader, now)?;
            (Meant::Filter(Box::new(filter)), Some(as_of))
        }
        _ => {
            let either = "give ids or a filter, one of the two";
            return Err(Failure::BadRequest(either.to_owned()));
        }
    };
    let bulk = Bulk {
        meant,
        work,
        as_of: read_time("as_of", as_of.as_deref())?,
        most: app.triage.bulk,
        key: key_of(&headers),
    };
    let (store, most) = (Arc::clone(&app.store), bulk.most);
    let changed = blocking(move || store.change_alerts(&signed_in.reader, &bulk, now));
    match changed.await? {
        BulkChanged::Done(done) => Ok(Json(batch_of(done))),
        BulkChanged::TooMany => Err(Failure::Unusable(
            "too_many",
            format!("at most {most} alerts are changed at once; narrow the filter"),
        )),
        BulkChanged::KeyReused => Err(key_reused()),
    }
}

/// Put back what one changed, one alert or many, as far as nobody touched it since.
#[utoipa::path(post, path = "/api/v1/alerts/bulk/{batch}/undo", operation_id = "alerts_undo", tag = "alerts",
    params(("batch" = String, Path, description = "what the change answered")),
    responses((status = 200, body = AlertBatch), (status = 403, body = ApiError),
        (status = 404, body = ApiError), (status = 422, body = ApiError)))]
pub(in crate::api) async fn undo(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Path(batch): Path<String>,
) -> Result<Json<AlertBatch>, Failure> {
    signed_in.must(Permission::AlertsWrite)?;
    let (store, now, within) = (Arc::clone(&app.store), app.now(), app.triage.undo_within());
    let undone = blocking(move || store.undo_change(&signed_in.reader, &batch, within, now));
    match undone.await? {
        Undone::Done(done) => Ok(Json(batch_of(done))),
        Undone::Missing => Err(Failure::NotFound("change of yours")),
        Undone::TooLate => Err(Failure::Unusable(
            "too_late",
            format!(
                "a change can be undone for {} minutes; change the alerts anew",
                app.triage.undo_minutes
            ),
        )),
    }
}

async fn do_one(
    app: Arc<App>,
    signed_in: SignedIn,
    id: String,
    change: Change,
) -> Result<Json<AlertChanged>, Failure> {
    let (store, now) = (Arc::clone(&app.store), app.now());
    let changed = blocking(move || store.change_alert(&signed_in.reader, &id, &change, now));
    match changed.await? {
        Changed::Done(row, batch) => Ok(Json(AlertChanged {
            alert: row_of(&app.triage, *row),
            batch,
        })),
        Changed::Conflict(_) => Err(Failure::Conflict("somebody changed this alert in between")),
        Changed::Missing => Err(Failure::NotFound("alert")),
        Changed::AssigneeOutside => Err(Failure::Unprocessable(
            "assignee_outside",
            "this person does not see the alert's site; assign somebody who does",
        )),
        Changed::KeyReused => Err(key_reused()),
    }
}

fn key_reused() -> Failure {
    Failure::Unprocessable(
        "key_reused",
        "this Idempotency-Key stood for another request; use a new one",
    )
}

fn key_of(headers: &HeaderMap) -> Option<String> {
    let key = headers.get("idempotency-key")?.to_str().ok()?;
    (key.len() <= 128).then(|| key.to_owned())
}

impl AlertBulkFilter {
    fn split(self) -> (Asked, String) {
        let asked = Asked {
            state: self.state,
            level: self.level,
            site: self.site,
            rule: self.rule,
            entity: self.entity,
            assignee: self.assignee,
            overdue: self.overdue,
            from: self.from,
            to: self.to,
        };
        (asked, self.as_of)
    }
}

fn batch_of(done: BulkDone) -> AlertBatch {
    let skipped = done.skipped.into_iter().map(|(id, code)| AlertSkipped {
        id,
        code: code.name().to_owned(),
    });
    AlertBatch {
        batch: done.batch,
        changed: done.changed,
        skipped: skipped.collect(),
        skipped_count: done.skipped_count,
    }
}

fn read_work(
    state: Option<&str>,
    verdict: Option<&str>,
    note: Option<String>,
) -> Result<Work, Failure> {
    let unknown = |what: &str, given: &str, known: Vec<&str>| {
        let known = known.join(", ");
        Failure::BadRequest(format!("there is no {what} {given:?}; use one of {known}"))
    };
    let read_state = |word: &str| {
        let known = Standing::ALL.iter().map(|state| state.name());
        Standing::from_name(word).ok_or_else(|| unknown("state", word, known.collect()))
    };
    let read_verdict = |word: &str| {
        let known = Verdict::ALL.iter().map(|verdict| verdict.name());
        Verdict::from_name(word).ok_or_else(|| unknown("verdict", word, known.collect()))
    };
    let state = state.map(read_state).transpose()?;
    let verdict = verdict.map(read_verdict).transpose()?;
    if state == Some(Standing::Closed) && verdict.is_none() {
        return Err(Failure::Unprocessable(
            "verdict_required",
            "closing an alert needs a verdict",
        ));
    }
    let note = note.filter(|note| !note.trim().is_empty());
    let length = note.as_ref().map_or(0, |note| note.chars().count());
    if length > MAX_NOTE_CHARS {
        return Err(Failure::Unprocessable(
            "note_too_long",
            "a note has at most 4000 characters",
        ));
    }
    Ok(Work {
        state,
        verdict,
        note,
        assign: Assign::Stays,
    })
}
