//! Observables of a case: the values that it is about.

#![allow(unused_qualifications, reason = "utoipa names parameter types in full")]

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use engine::reader::Permission;
use engine::store::{self, ObservableKind};
use serde::Deserialize;
use utoipa::ToSchema;

use super::read::{text, word};
use super::shown::CaseObservable;
use super::{done, work};
use crate::api::words;
use crate::app::App;
use crate::auth::SignedIn;
use crate::error::{ApiError, Failure};

/// The longest value, in characters.
const MAX_VALUE: usize = 2_000;
/// The longest note, in characters.
const MAX_NOTE: usize = 1_000;
/// The most tags, and the longest, in characters.
const MAX_TAGS: usize = 10;
const MAX_TAG: usize = 40;

/// A new observable.
#[derive(Deserialize, ToSchema)]
pub(crate) struct NewObservable {
    #[schema(value_type = words::ObservableKind)]
    kind: String,
    value: String,
    note: Option<String>,
    /// At most ten of 40 characters.
    #[serde(default)]
    tags: Vec<String>,
}

/// What to change of an observable; what is absent stays.
#[derive(Deserialize, ToSchema)]
pub(crate) struct ObservableChange {
    /// The version that the person saw.
    version: i64,
    note: Option<String>,
    tags: Option<Vec<String>>,
}

/// Add an observable.
#[utoipa::path(post, path = "/api/v1/cases/{id}/observables", operation_id = "cases_add_observable", tag = "cases",
    params(("id" = String, Path)), request_body = NewObservable,
    responses((status = 201, body = CaseObservable), (status = 404, body = ApiError),
        (status = 422, body = ApiError)))]
pub(in crate::api) async fn add(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Path(id): Path<String>,
    Json(new): Json<NewObservable>,
) -> Result<(StatusCode, Json<CaseObservable>), Failure> {
    signed_in.must(Permission::CasesWrite)?;
    let draft = store::ObservableDraft {
        kind: word("kind", &new.kind, ObservableKind::from_name)?,
        value: text("value", &new.value, 1..=MAX_VALUE)?,
        note: text("note", &new.note.unwrap_or_default(), 0..=MAX_NOTE)?,
        tags: tags_of(new.tags)?,
    };
    let own = work(&app, signed_in, HeaderMap::new(), move |app, by| {
        done(app.store.add_observable(by, &id, &draft)?, "case")
    });
    Ok((
        StatusCode::CREATED,
        Json(CaseObservable::of(own.await?, None)),
    ))
}

/// Change what is known of an observable.
#[utoipa::path(patch, path = "/api/v1/cases/{id}/observables/{observable}",
    operation_id = "cases_change_observable", tag = "cases",
    params(("id" = String, Path), ("observable" = i64, Path)), request_body = ObservableChange,
    responses((status = 200, body = CaseObservable), (status = 404, body = ApiError),
        (status = 409, body = ApiError), (status = 422, body = ApiError)))]
pub(in crate::api) async fn change(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Path((id, own)): Path<(String, i64)>,
    Json(asked): Json<ObservableChange>,
) -> Result<Json<CaseObservable>, Failure> {
    signed_in.must(Permission::CasesWrite)?;
    let note = asked.note.as_deref();
    let note = note.map(|note| text("note", note, 0..=MAX_NOTE));
    let change = store::ObservableChange {
        version: asked.version,
        note: note.transpose()?,
        tags: asked.tags.map(tags_of).transpose()?,
    };
    let own = work(&app, signed_in, HeaderMap::new(), move |app, by| {
        let changed = app.store.change_observable(by, &id, own, &change)?;
        done(changed, "observable")
    });
    let own = own.await?;
    Ok(Json(CaseObservable::of(own, None)))
}

/// Remove an observable.
#[utoipa::path(delete, path = "/api/v1/cases/{id}/observables/{observable}",
    operation_id = "cases_remove_observable", tag = "cases",
    params(("id" = String, Path), ("observable" = i64, Path)),
    responses((status = 204), (status = 404, body = ApiError), (status = 422, body = ApiError)))]
pub(in crate::api) async fn remove(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Path((id, own)): Path<(String, i64)>,
) -> Result<StatusCode, Failure> {
    signed_in.must(Permission::CasesWrite)?;
    work(&app, signed_in, HeaderMap::new(), move |app, by| {
        done(app.store.remove_observable(by, &id, own)?, "observable")
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

fn tags_of(tags: Vec<String>) -> Result<Vec<String>, Failure> {
    if tags.len() > MAX_TAGS {
        return Err(Failure::Unprocessable(
            "too_many",
            "an observable has at most ten tags",
        ));
    }
    tags.iter()
        .map(|tag| text("tag", tag, 1..=MAX_TAG))
        .collect()
}
