//! Who is signed in where, and ending it.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use engine::reader::{Permission, Reader};
use engine::store;
use serde::Serialize;
use utoipa::ToSchema;

use super::users::governs;
use crate::app::App;
use crate::auth::SignedIn;
use crate::error::{ApiError, Failure, blocking};

/// A session that holds.
#[derive(Serialize, ToSchema)]
pub(crate) struct OpenSession {
    id: String,
    user: String,
    /// Whether it is the one that asks.
    own: bool,
    created: String,
    /// Last used, to a minute.
    seen: String,
    /// Where it was begun.
    address: String,
    /// With which program, as it says itself.
    agent: String,
}

/// Sessions, the one that was used last first.
#[derive(Serialize, ToSchema)]
pub(crate) struct SessionList {
    items: Vec<OpenSession>,
}

/// One's own sessions; whoever may see people sees theirs, too.
#[utoipa::path(get, path = "/api/v1/sessions", operation_id = "sessions_list", tag = "session",
    responses((status = 200, body = SessionList), (status = 403, body = ApiError)))]
pub(super) async fn list(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
) -> Result<Json<SessionList>, Failure> {
    let all = signed_in.may(Permission::UsersRead);
    if !all {
        signed_in.person()?;
    }
    let own = signed_in.session.map(|(session, _)| session.token);
    let reader = signed_in.reader;
    let sessions = blocking(move || seen_by(&app, &reader, all)).await?;
    let shown = sessions.into_iter().map(|session| OpenSession {
        id: session.id(),
        own: own.as_ref() == Some(&session.token),
        user: session.user,
        created: session.created.to_string(),
        seen: session.seen.to_string(),
        address: session.address,
        agent: session.agent,
    });
    Ok(Json(SessionList {
        items: shown.collect(),
    }))
}

/// End a session: one's own, or that of a person whom one may change.
#[utoipa::path(delete, path = "/api/v1/sessions/{id}", operation_id = "sessions_revoke", tag = "session",
    params(("id" = String, Path, description = "the session's id")),
    responses((status = 204), (status = 403, body = ApiError), (status = 404, body = ApiError)))]
pub(super) async fn revoke(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Path(id): Path<String>,
) -> Result<StatusCode, Failure> {
    let any = signed_in.may(Permission::UsersWrite);
    if !any {
        signed_in.person()?;
    }
    let (now, reader) = (app.now(), signed_in.reader);
    let ended = blocking(move || {
        let sessions = seen_by(&app, &reader, any)?;
        let found = sessions.into_iter().find(|session| session.id() == id);
        found
            .map(|session| app.store.end_session(&session, &reader.user, now))
            .transpose()
    });
    match ended.await? {
        Some(()) => Ok(StatusCode::NO_CONTENT),
        None => Err(Failure::NotFound("session")),
    }
}

/// The sessions that hold and that a reader may see: one's own, or those of all whom one governs.
fn seen_by(app: &App, reader: &Reader, all: bool) -> engine::Result<Vec<store::Session>> {
    let now = app.now();
    let (expired, ended) = (
        now.minus(app.options.session_idle),
        now.minus(app.options.session_age),
    );
    if !all {
        return app.store.sessions(Some(&reader.user), expired, ended);
    }
    let mut sessions = app.store.sessions(None, expired, ended)?;
    let mut users = app.store.users()?;
    users.retain(|user| governs(app, reader, user.sites.as_deref()));
    sessions.retain(|session| {
        *session.user == *reader.user || users.iter().any(|user| user.name == session.user)
    });
    Ok(sessions)
}
