//! Notes and tasks of a case.

#![allow(unused_qualifications, reason = "utoipa names parameter types in full")]

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query as Params, State};
use axum::http::{HeaderMap, StatusCode};
use engine::reader::Permission;
use engine::store;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::read::{given, person, text};
use super::shown::{CaseNote, CaseTask};
use super::{MAX_TEXT, done, work};
use crate::api::events::read_time;
use crate::app::App;
use crate::auth::SignedIn;
use crate::error::{ApiError, Failure, blocking};

/// The longest task, in characters.
const MAX_TASK: usize = 500;

/// A new note.
#[derive(Deserialize, ToSchema)]
pub(crate) struct NewNote {
    text: String,
}

/// A note's new text.
#[derive(Deserialize, ToSchema)]
pub(crate) struct NoteChange {
    /// The version that the person saw.
    version: i64,
    text: String,
}

/// A version of a note.
#[derive(Serialize, ToSchema)]
pub(crate) struct NoteVersion {
    version: i64,
    at: String,
    who: String,
    text: String,
}

/// Every version of a note, the oldest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct NoteVersions {
    items: Vec<NoteVersion>,
}

/// A new task.
#[derive(Deserialize, ToSchema)]
pub(crate) struct NewTask {
    text: String,
    assignee: Option<String>,
    due: Option<String>,
}

/// What to change of a task; what is absent stays.
#[derive(Deserialize, ToSchema)]
pub(crate) struct TaskChange {
    /// The version that the person saw.
    version: i64,
    text: Option<String>,
    /// A user's name; null: nobody's.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    assignee: Option<Option<String>>,
    /// RFC 3339; null: whenever.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    due: Option<Option<String>>,
    done: Option<bool>,
    /// Its place among them.
    place: Option<i64>,
}

/// The version of what is removed.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct VersionParams {
    /// The version that the person saw.
    version: i64,
}

/// Write a note.
#[utoipa::path(post, path = "/api/v1/cases/{id}/notes", operation_id = "cases_add_note", tag = "cases",
    params(("id" = String, Path)), request_body = NewNote,
    responses((status = 201, body = CaseNote), (status = 404, body = ApiError), (status = 422, body = ApiError)))]
pub(in crate::api) async fn add_note(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    headers: HeaderMap,
    Path(id): Path<String>,
    Json(new): Json<NewNote>,
) -> Result<(StatusCode, Json<CaseNote>), Failure> {
    signed_in.must(Permission::CasesWrite)?;
    let words = text("text", &new.text, 1..=MAX_TEXT)?;
    let note = work(&app, signed_in, headers, move |app, by| {
        done(app.store.add_note(by, &id, &words)?, "case")
    });
    Ok((StatusCode::CREATED, Json(CaseNote::of(note.await?))))
}

/// Change a note; the version before is kept.
#[utoipa::path(patch, path = "/api/v1/cases/{id}/notes/{note}", operation_id = "cases_change_note", tag = "cases",
    params(("id" = String, Path), ("note" = i64, Path)), request_body = NoteChange,
    responses((status = 200, body = CaseNote), (status = 404, body = ApiError), (status = 409, body = ApiError),
        (status = 422, body = ApiError)))]
pub(in crate::api) async fn change_note(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Path((id, own)): Path<(String, i64)>,
    Json(asked): Json<NoteChange>,
) -> Result<Json<CaseNote>, Failure> {
    signed_in.must(Permission::CasesWrite)?;
    let words = text("text", &asked.text, 1..=MAX_TEXT)?;
    let note = work(&app, signed_in, HeaderMap::new(), move |app, by| {
        let changed = app.store.change_note(by, &id, own, asked.version, &words)?;
        done(changed, "note")
    });
    Ok(Json(CaseNote::of(note.await?)))
}

/// Every version of a note.
#[utoipa::path(get, path = "/api/v1/cases/{id}/notes/{note}", operation_id = "cases_note_versions", tag = "cases",
    params(("id" = String, Path), ("note" = i64, Path)),
    responses((status = 200, body = NoteVersions), (status = 404, body = ApiError)))]
pub(in crate::api) async fn note_versions(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Path((id, own)): Path<(String, i64)>,
) -> Result<Json<NoteVersions>, Failure> {
    signed_in.must(Permission::CasesRead)?;
    let (store, reader) = (Arc::clone(&app.store), signed_in.reader);
    let found = blocking(move || store.note_versions(&reader, &id, own)).await?;
    let versions = found.ok_or(Failure::NotFound("note"))?.into_iter();
    let items = versions.map(|each| NoteVersion {
        version: each.version,
        at: each.at.to_string(),
        who: each.who,
        text: each.text,
    });
    Ok(Json(NoteVersions {
        items: items.collect(),
    }))
}

/// Add a task.
#[utoipa::path(post, path = "/api/v1/cases/{id}/tasks", operation_id = "cases_add_task", tag = "cases",
    params(("id" = String, Path)), request_body = NewTask,
    responses((status = 201, body = CaseTask), (status = 404, body = ApiError), (status = 422, body = ApiError)))]
pub(in crate::api) async fn add_task(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    headers: HeaderMap,
    Path(id): Path<String>,
    Json(new): Json<NewTask>,
) -> Result<(StatusCode, Json<CaseTask>), Failure> {
    signed_in.must(Permission::CasesWrite)?;
    let draft = store::TaskDraft {
        text: text("text", &new.text, 1..=MAX_TASK)?,
        assignee: new.assignee.filter(|name| !name.is_empty()),
        due: read_time("due", new.due.as_deref())?,
    };
    let task = work(&app, signed_in, headers, move |app, by| {
        person(app, draft.assignee.as_deref())?;
        done(app.store.add_task(by, &id, &draft)?, "case")
    });
    Ok((StatusCode::CREATED, Json(CaseTask::of(task.await?))))
}

/// Change a task, or say that it is done.
#[utoipa::path(patch, path = "/api/v1/cases/{id}/tasks/{task}", operation_id = "cases_change_task", tag = "cases",
    params(("id" = String, Path), ("task" = i64, Path)), request_body = TaskChange,
    responses((status = 200, body = CaseTask), (status = 404, body = ApiError), (status = 409, body = ApiError),
        (status = 422, body = ApiError)))]
pub(in crate::api) async fn change_task(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Path((id, own)): Path<(String, i64)>,
    Json(asked): Json<TaskChange>,
) -> Result<Json<CaseTask>, Failure> {
    signed_in.must(Permission::CasesWrite)?;
    let words = asked.text.as_deref();
    let words = words.map(|words| text("text", words, 1..=MAX_TASK));
    let due = asked.due.map(|due| read_time("due", due.as_deref()));
    let change = store::TaskChange {
        version: asked.version,
        text: words.transpose()?,
        assignee: asked
            .assignee
            .map(|name| name.filter(|name| !name.is_empty())),
        due: due.transpose()?,
        done: asked.done,
        place: asked.place,
    };
    let task = work(&app, signed_in, HeaderMap::new(), move |app, by| {
        person(app, change.assignee.as_ref().and_then(Option::as_deref))?;
        done(app.store.change_task(by, &id, own, &change)?, "task")
    });
    Ok(Json(CaseTask::of(task.await?)))
}

/// Remove a task.
#[utoipa::path(delete, path = "/api/v1/cases/{id}/tasks/{task}", operation_id = "cases_remove_task", tag = "cases",
    params(("id" = String, Path), ("task" = i64, Path), VersionParams),
    responses((status = 204), (status = 404, body = ApiError), (status = 409, body = ApiError)))]
pub(in crate::api) async fn remove_task(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Path((id, own)): Path<(String, i64)>,
    Params(VersionParams { version }): Params<VersionParams>,
) -> Result<StatusCode, Failure> {
    signed_in.must(Permission::CasesWrite)?;
    work(&app, signed_in, HeaderMap::new(), move |app, by| {
        done(app.store.remove_task(by, &id, own, version)?, "task")
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}
