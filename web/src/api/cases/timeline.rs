//! A case's timeline, and events that are pinned to it.

#![allow(unused_qualifications, reason = "utoipa names parameter types in full")]

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query as Params, State};
use axum::http::{HeaderMap, StatusCode};
use engine::reader::Permission;
use engine::store::{self, Moment, MomentCursor, MomentKind};
use engine::triage::Triage;
use event::EventId;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::read::text;
use super::shown::CaseNote;
use super::{done, work};
use crate::api::alerts::{AlertRow, row_of};
use crate::api::events::Event;
use crate::api::words;
use crate::app::App;
use crate::auth::SignedIn;
use crate::error::{ApiError, Failure, blocking};

/// The most lines on a page.
const MAX_LIMIT: usize = 200;
/// The longest word on a pinned event, in characters.
const MAX_NOTE: usize = 1_000;

/// A line of a case's timeline: one of event, alert, note and action, as `kind` says.
#[derive(Serialize, ToSchema)]
pub(crate) struct CaseMoment {
    #[schema(value_type = words::MomentKind)]
    kind: String,
    /// When it happened; of an alert, its first event.
    at: String,
    /// Who pinned, wrote or did it; nobody of an alert.
    who: String,
    /// A pinned event: a copy, which outlives retention.
    #[schema(required)]
    event: Option<Event>,
    /// Why it was pinned.
    #[schema(required)]
    reason: Option<String>,
    #[schema(required)]
    alert: Option<AlertRow>,
    #[schema(required)]
    note: Option<CaseNote>,
    #[schema(value_type = Option<words::CaseAction>, required)]
    action: Option<String>,
    /// With which values.
    #[schema(value_type = Option<std::collections::HashMap<String, Value>>, required)]
    detail: Option<Value>,
}

/// A page of a case's timeline, the newest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct CaseTimeline {
    items: Vec<CaseMoment>,
    #[schema(required)]
    next: Option<String>,
}

/// Where in the timeline.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct TimelineParams {
    /// The `next` of the page before.
    cursor: Option<String>,
    /// 1 to 200; 100 without it.
    limit: Option<usize>,
}

/// An event to pin.
#[derive(Deserialize, ToSchema)]
pub(crate) struct NewPin {
    /// Its id.
    event: String,
    /// Why.
    note: Option<String>,
}

/// A case's timeline, the newest first.
#[utoipa::path(get, path = "/api/v1/cases/{id}/timeline", operation_id = "cases_timeline", tag = "cases",
    params(("id" = String, Path), TimelineParams),
    responses((status = 200, body = CaseTimeline), (status = 400, body = ApiError), (status = 404, body = ApiError)))]
pub(in crate::api) async fn list(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Path(id): Path<String>,
    Params(params): Params<TimelineParams>,
) -> Result<Json<CaseTimeline>, Failure> {
    signed_in.must(Permission::CasesRead)?;
    let after = params.cursor.as_deref().map(|text| {
        MomentCursor::parse(text)
            .ok_or_else(|| Failure::BadRequest("cursor is not the next of a page".to_owned()))
    });
    let (after, limit) = (
        after.transpose()?,
        params.limit.unwrap_or(100).clamp(1, MAX_LIMIT),
    );
    let (store, reader) = (Arc::clone(&app.store), signed_in.reader);
    let found = blocking(move || store.timeline(&reader, &id, after.as_ref(), limit)).await?;
    let found = found.ok_or(Failure::NotFound("case"))?;
    Ok(Json(CaseTimeline {
        items: found
            .moments
            .into_iter()
            .map(|moment| shown(&app.triage, moment))
            .collect(),
        next: found.next.map(|next| next.to_string()),
    }))
}

/// Pin an event to a case: it is copied, and outlives retention.
#[utoipa::path(post, path = "/api/v1/cases/{id}/events", operation_id = "cases_pin", tag = "cases",
    params(("id" = String, Path)), request_body = NewPin,
    responses((status = 204), (status = 404, body = ApiError), (status = 422, body = ApiError),
        (status = 503, body = ApiError)))]
pub(in crate::api) async fn pin(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Path(id): Path<String>,
    Json(new): Json<NewPin>,
) -> Result<StatusCode, Failure> {
    signed_in.must(Permission::CasesWrite)?;
    signed_in.must(Permission::EventsRead)?;
    let event: EventId = new.event.parse().map_err(|_| Failure::NotFound("event"))?;
    let note = text("note", &new.note.unwrap_or_default(), 0..=MAX_NOTE)?;
    if !app.searcher.is_open() {
        return Err(Failure::Starting);
    }
    work(&app, signed_in, HeaderMap::new(), move |app, by| {
        let found = app.searcher.find(&event, &by.reader.scope)?;
        let found = found.ok_or(Failure::NotFound("event"))?;
        done(app.store.pin_event(by, &id, &found, &note)?, "case")
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Take a pinned event out.
#[utoipa::path(delete, path = "/api/v1/cases/{id}/events/{event}", operation_id = "cases_unpin", tag = "cases",
    params(("id" = String, Path), ("event" = String, Path)),
    responses((status = 204), (status = 404, body = ApiError), (status = 422, body = ApiError)))]
pub(in crate::api) async fn unpin(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Path((id, event)): Path<(String, String)>,
) -> Result<StatusCode, Failure> {
    signed_in.must(Permission::CasesWrite)?;
    work(&app, signed_in, HeaderMap::new(), move |app, by| {
        let gone = app.store.unpin_event(by, &id, &event)?;
        done(gone, "event in this case")
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

fn shown(triage: &Triage, moment: Moment) -> CaseMoment {
    let line = |kind: MomentKind, at: event::Time, who: String| CaseMoment {
        kind: kind.name().to_owned(),
        at: at.to_string(),
        who,
        event: None,
        reason: None,
        alert: None,
        note: None,
        action: None,
        detail: None,
    };
    match moment {
        Moment::Event(pinned) => {
            let store::Pinned {
                event, note, who, ..
            } = *pinned;
            CaseMoment {
                event: Some(Event::of(&event)),
                reason: Some(note),
                ..line(MomentKind::Event, event.event.time, who)
            }
        }
        Moment::Alert(row) => CaseMoment {
            alert: Some(row_of(triage, (*row).clone())),
            ..line(MomentKind::Alert, row.first, String::new())
        },
        Moment::Note(note) => {
            let (first, author) = (note.first, note.author.clone());
            CaseMoment {
                note: Some(CaseNote::of(note)),
                ..line(MomentKind::Note, first, author)
            }
        }
        Moment::Action {
            at,
            who,
            action,
            detail,
            ..
        } => CaseMoment {
            action: Some(action.name().to_owned()),
            detail: Some(detail),
            ..line(MomentKind::Action, at, who)
        },
    }
}
