//! Intel lists: which known-bad values are looked for, and who changed them when.
//!
//! Lists hold for all sites: who may change them sees all of them.

#![allow(unused_qualifications, reason = "utoipa names parameter types in full")]

mod shown;

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query as Params, State};
use axum::http::StatusCode;
use engine::intel::{Additions, Refused};
use engine::reader::{Permission, Scope};
use engine::rule::{EntryKind, IntelEntry, IntelLimits, Level, ListSettings};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};

use super::events::read_time;
use super::words;
use crate::app::App;
use crate::auth::SignedIn;
use crate::error::{ApiError, Failure, blocking};
use shown::{IntelEntryPage, IntelLists, IntelProblem, entry_of, list_of};

/// Entries on a page.
const MAX_LIMIT: usize = 500;
/// The longest text of a name, a reason, a filter, in characters.
const MAX_TEXT_CHARS: usize = 500;

/// Which entries.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct EntryParams {
    /// A part of the value.
    value: Option<String>,
    cursor: Option<String>,
    /// 1 to 500; 100 without it.
    limit: Option<usize>,
}

/// Which entry goes, and why.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct RemovalParams {
    /// The value.
    value: String,
    #[param(value_type = Option<words::EntryKind>)]
    kind: Option<String>,
    /// For those who read it later.
    why: Option<String>,
}

/// Values to add.
#[derive(Deserialize, ToSchema)]
pub(crate) struct NewEntries {
    /// One a line; `hxxp` and `[.]` are understood.
    values: String,
    /// What they are, where their form does not tell.
    #[schema(value_type = Option<words::EntryKind>)]
    kind: Option<String>,
    confidence: Option<u8>,
    valid_until: Option<String>,
    /// Why; kept with each.
    comment: String,
}

/// What came of adding.
#[derive(Serialize, ToSchema)]
pub(crate) struct AddedEntries {
    added: u64,
    refused: u64,
    /// The first 20 refused lines.
    problems: Vec<IntelProblem>,
}

/// A list to make.
#[derive(Deserialize, ToSchema)]
pub(crate) struct NewIntelList {
    /// Small letters, digits and -.
    id: String,
    #[serde(flatten)]
    settings: IntelListChange,
}

/// What to change of a list; what is absent stays.
#[derive(Default, Deserialize, ToSchema)]
pub(crate) struct IntelListChange {
    name: Option<String>,
    name_en: Option<String>,
    description: Option<String>,
    source: Option<String>,
    #[schema(value_type = Option<words::EntryKind>)]
    kind: Option<String>,
    confidence: Option<u8>,
    days: Option<u32>,
    #[schema(value_type = Option<words::Level>)]
    level: Option<String>,
    enabled: Option<bool>,
}

/// Every list.
#[utoipa::path(get, path = "/api/v1/intel", operation_id = "intel_list", tag = "intel",
    responses((status = 200, body = IntelLists), (status = 401, body = ApiError)))]
pub(super) async fn list(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
) -> Result<Json<IntelLists>, Failure> {
    signed_in.must(Permission::IntelRead)?;
    let (store, lists) = (Arc::clone(&app.store), Arc::clone(&app.intel));
    let (rows, (entries, bytes), mut hunts) =
        blocking(move || Ok((lists.rows(), lists.size(), store.hunts()?))).await?;
    let sees_all = signed_in.reader.scope == Scope::All;
    let now = app.now();
    let items = rows.into_iter().map(|row| {
        let counts = hunts.remove(&row.settings.id).unwrap_or_default();
        list_of(row, counts, sees_all, now)
    });
    Ok(Json(IntelLists {
        items: items.collect(),
        entries,
        bytes: u64::try_from(bytes).unwrap_or(u64::MAX),
    }))
}

/// Make an empty list.
#[utoipa::path(post, path = "/api/v1/intel", operation_id = "intel_make", tag = "intel",
    request_body = NewIntelList,
    responses((status = 201), (status = 403, body = ApiError), (status = 409, body = ApiError),
        (status = 422, body = ApiError)))]
pub(super) async fn make(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Json(new): Json<NewIntelList>,
) -> Result<StatusCode, Failure> {
    may_write(&signed_in)?;
    let settings = changed(ListSettings::new(&new.id), new.settings)?;
    let done = blocking(move || {
        let made = app.intel.make(settings.clone())?;
        if made.is_ok() {
            let who = &signed_in.reader.user;
            let detail = json!({ "name": settings.name, "level": settings.level.name() });
            app.store
                .audit(app.now(), who, "intel.make", &settings.id, &detail)?;
        }
        Ok(made)
    });
    done.await?.map_err(refused)?;
    Ok(StatusCode::CREATED)
}

/// Change a list, or turn it off.
#[utoipa::path(patch, path = "/api/v1/intel/{id}", operation_id = "intel_change", tag = "intel",
    params(("id" = String, Path, description = "the list")), request_body = IntelListChange,
    responses((status = 204), (status = 403, body = ApiError), (status = 404, body = ApiError)))]
pub(super) async fn change(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Path(id): Path<String>,
    Json(change): Json<IntelListChange>,
) -> Result<StatusCode, Failure> {
    may_write(&signed_in)?;
    let before = app.intel.settings(&id).ok_or(Failure::NotFound("list"))?;
    let settings = changed(before.clone(), change)?;
    let done = blocking(move || {
        let done = app.intel.change(settings.clone())?;
        if done.is_ok() {
            let detail = json!({ "from": before.write(), "to": settings.write() });
            let who = &signed_in.reader.user;
            app.store
                .audit(app.now(), who, "intel.change", &settings.id, &detail)?;
        }
        Ok(done)
    });
    done.await?.map_err(refused)?;
    Ok(StatusCode::NO_CONTENT)
}

/// The entries of a list, page by page.
#[utoipa::path(get, path = "/api/v1/intel/{id}/entries", operation_id = "intel_entries", tag = "intel",
    params(("id" = String, Path, description = "the list"), EntryParams),
    responses((status = 200, body = IntelEntryPage), (status = 404, body = ApiError)))]
pub(super) async fn entries(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Path(id): Path<String>,
    Params(params): Params<EntryParams>,
) -> Result<Json<IntelEntryPage>, Failure> {
    signed_in.must(Permission::IntelRead)?;
    let limit = params.limit.unwrap_or(100).clamp(1, MAX_LIMIT);
    let after =
        match params.cursor.as_deref() {
            None => None,
            Some(text) => Some(place_of(text).ok_or_else(|| {
                Failure::BadRequest("cursor is not the next of a page".to_owned())
            })?),
        };
    let contains = params.value.unwrap_or_default();
    let (now, lists) = (app.now(), Arc::clone(&app.intel));
    let page = blocking(move || Ok(lists.entries(&id, &contains, after, limit))).await?;
    let (page, by_hand) = page.ok_or(Failure::NotFound("list"))?;
    let items = page.rows.into_iter().map(|row| {
        let own = by_hand
            .iter()
            .find(|own| own.entry.kind == row.kind && own.entry.value == row.value);
        entry_of(row, own, now)
    });
    Ok(Json(IntelEntryPage {
        items: items.collect(),
        next: page.next.map(|(part, place)| format!("{part}.{place}")),
    }))
}

/// Add values to a list; the past is searched for them.
#[utoipa::path(post, path = "/api/v1/intel/{id}/entries", operation_id = "intel_add", tag = "intel",
    params(("id" = String, Path, description = "the list")), request_body = NewEntries,
    responses((status = 200, body = AddedEntries), (status = 403, body = ApiError),
        (status = 404, body = ApiError), (status = 422, body = ApiError)))]
pub(super) async fn add(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Path(id): Path<String>,
    Json(new): Json<NewEntries>,
) -> Result<Json<AddedEntries>, Failure> {
    may_write(&signed_in)?;
    short(&new.comment)?;
    let kind = kind_of(new.kind.as_deref())?;
    let valid_until = read_time("valid_until", new.valid_until.as_deref())?;
    let confidence = new.confidence.map(|value| value.min(100));
    let who = signed_in.reader.user.to_string();
    let added = blocking(move || {
        let with = Additions {
            kind,
            confidence,
            valid_until,
            comment: &new.comment,
            who: &who,
            now: app.now(),
        };
        let added = app.intel.add(&id, &new.values, &with)?;
        if let Ok(added) = &added
            && !added.entries.is_empty()
        {
            let shown: Vec<&str> = added.entries.iter().take(100).map(|e| &*e.value).collect();
            let detail = json!({
                "count": added.entries.len(), "first": shown, "comment": new.comment,
            });
            app.store.audit(with.now, &who, "intel.add", &id, &detail)?;
            app.store.queue_hunt(&id, &added.entries)?;
        }
        Ok(added)
    });
    let added = added.await?.map_err(refused)?;
    let problems = added
        .problems
        .into_iter()
        .map(|(line, reason)| IntelProblem {
            file: String::new(),
            line: Some(line),
            reason,
        });
    Ok(Json(AddedEntries {
        added: u64::try_from(added.entries.len()).unwrap_or(u64::MAX),
        refused: added.refused,
        problems: problems.collect(),
    }))
}

/// Take an entry out of a list, also when its file goes on naming it.
#[utoipa::path(delete, path = "/api/v1/intel/{id}/entries", operation_id = "intel_remove", tag = "intel",
    params(("id" = String, Path, description = "the list"), RemovalParams),
    responses((status = 204), (status = 403, body = ApiError), (status = 404, body = ApiError)))]
pub(super) async fn remove(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Path(id): Path<String>,
    Params(params): Params<RemovalParams>,
) -> Result<StatusCode, Failure> {
    may_write(&signed_in)?;
    let why = params.why.unwrap_or_default();
    short(&why)?;
    let kind = kind_of(params.kind.as_deref())?;
    let entry = IntelEntry::read(&params.value, kind, &IntelLimits::default());
    let entry = entry.map_err(Failure::BadRequest)?;
    let who = signed_in.reader.user.to_string();
    let taken = blocking(move || {
        let now = app.now();
        let taken = app
            .intel
            .remove(&id, std::slice::from_ref(&entry), &who, &why, now)?;
        if matches!(taken, Ok(taken) if taken > 0) {
            let detail = json!({ "kind": entry.kind.name(), "value": entry.value, "why": why });
            app.store.audit(now, &who, "intel.remove", &id, &detail)?;
        }
        Ok(taken)
    });
    match taken.await?.map_err(refused)? {
        0 => Err(Failure::NotFound("entry")),
        _ => Ok(StatusCode::NO_CONTENT),
    }
}

fn may_write(signed_in: &SignedIn) -> Result<(), Failure> {
    signed_in.must(Permission::IntelWrite)?;
    match signed_in.reader.scope {
        Scope::All => Ok(()),
        Scope::Sites(_) => Err(Failure::Forbidden(
            "lists hold for all sites; only who sees all of them changes them",
        )),
    }
}

fn refused(refused: Refused) -> Failure {
    match refused {
        Refused::NoList => Failure::NotFound("list"),
        Refused::Taken => Failure::Conflict("there is a list of that id"),
        Refused::BadId => Failure::Unprocessable(
            "bad_id",
            "the id of a list has 1 to 64 small letters, digits and -",
        ),
        Refused::Full => Failure::Unprocessable(
            "too_many",
            "a limit of [limits.intel] is reached; put large lists into a file",
        ),
    }
}

fn short(text: &str) -> Result<(), Failure> {
    if text.chars().count() > MAX_TEXT_CHARS {
        return Err(Failure::Unprocessable(
            "too_long",
            "a name, a reason and a description have at most 500 characters",
        ));
    }
    Ok(())
}

fn kind_of(word: Option<&str>) -> Result<Option<EntryKind>, Failure> {
    let Some(word) = word.filter(|word| !word.is_empty()) else {
        return Ok(None);
    };
    let kind = EntryKind::from_name(word);
    kind.map(Some)
        .ok_or_else(|| Failure::BadRequest("kind is none that is known".to_owned()))
}

/// Settings with what is to be changed.
fn changed(mut own: ListSettings, change: IntelListChange) -> Result<ListSettings, Failure> {
    let texts = [
        &change.name,
        &change.name_en,
        &change.description,
        &change.source,
    ];
    for text in texts.into_iter().flatten() {
        short(text)?;
    }
    if let Some(level) = &change.level {
        own.level = Level::from_name(level)
            .ok_or_else(|| Failure::BadRequest("level is none that is known".to_owned()))?;
    }
    if change.kind.is_some() {
        own.kind = kind_of(change.kind.as_deref())?;
    }
    own.name_en = change
        .name_en
        .or_else(|| change.name.clone())
        .unwrap_or(own.name_en);
    own.name = change.name.unwrap_or(own.name);
    own.description = change.description.unwrap_or(own.description);
    own.source = change.source.unwrap_or(own.source);
    own.confidence = change.confidence.unwrap_or(own.confidence).min(100);
    own.days = change.days.unwrap_or(own.days).min(36_500);
    own.enabled = change.enabled.unwrap_or(own.enabled);
    Ok(own)
}

fn place_of(cursor: &str) -> Option<(u8, u32)> {
    let (part, place) = cursor.split_once('.')?;
    Some((part.parse().ok()?, place.parse().ok()?))
}
