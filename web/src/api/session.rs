//! Signing in and out.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use engine::reader::{Permission, Scope};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::words;
use crate::app::App;
use crate::auth::{self, MAX_PASSWORD_BYTES, MIN_PASSWORD_CHARS, SignedIn};
use crate::error::{ApiError, Failure, blocking};
use crate::peer::Peer;
use crate::second_factor;

/// The file of the data folder with the one-time password of the first administrator.
pub const FIRST_PASSWORD: &str = "first-password";

/// Who is signed in, and what the console needs to know of it.
#[derive(Serialize, ToSchema)]
pub(crate) struct Session {
    user: String,
    name: String,
    #[schema(value_type = words::Role)]
    role: String,
    permissions: Vec<String>,
    /// The sites that may be seen, expanded to leaves.
    sites: Vec<String>,
    all_sites: bool,
    /// What writes must carry as X-CSRF-Token.
    csrf: String,
    /// The password was given by somebody else: nothing else is allowed before it is changed.
    must_change: bool,
    /// Whether a second factor is asked for at sign-in.
    second_factor: bool,
    /// The whole data folder is an exercise.
    exercise: bool,
    expires: String,
}

/// A name and password.
#[derive(Deserialize, ToSchema)]
pub(crate) struct Credentials {
    user: String,
    password: String,
    /// Six digits of the second factor, or a recovery code; needed where one is in force.
    code: Option<String>,
}

/// The old and the new password.
#[derive(Deserialize, ToSchema)]
pub(crate) struct PasswordChange {
    current: String,
    new: String,
}

async fn session_of(app: &Arc<App>, signed_in: &SignedIn) -> Result<Session, Failure> {
    let (session, user) = signed_in.session.as_ref().ok_or(Failure::SignedOut)?;
    let (store, name) = (Arc::clone(&app.store), user.name.clone());
    let factor = blocking(move || store.second_factor(&name)).await?;
    let all_sites = signed_in.reader.scope == Scope::All;
    let sites = match &signed_in.reader.scope {
        Scope::All => app.sites.leaves(app.now()),
        Scope::Sites(sites) => sites.clone(),
    };
    let held = Permission::ALL
        .iter()
        .filter(|permission| signed_in.may(**permission));
    Ok(Session {
        user: user.name.clone(),
        name: user.display.clone(),
        role: user.role.name().to_owned(),
        permissions: held
            .map(|permission| permission.name().to_owned())
            .collect(),
        sites: sites.iter().map(ToString::to_string).collect(),
        all_sites,
        csrf: session.csrf.clone(),
        must_change: user.must_change,
        second_factor: factor.is_some_and(|factor| factor.confirmed),
        exercise: app.exercise,
        expires: session.created.plus(app.options.session_age).to_string(),
    })
}

/// Who is signed in.
#[utoipa::path(get, path = "/api/v1/session", operation_id = "session_current", tag = "session",
    responses((status = 200, body = Session), (status = 401, body = ApiError)))]
pub(super) async fn current(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
) -> Result<Json<Session>, Failure> {
    session_of(&app, &signed_in).await.map(Json)
}

/// Sign in; the answer sets the session cookie.
#[utoipa::path(post, path = "/api/v1/session", operation_id = "session_begin", tag = "session", request_body = Credentials,
    responses((status = 200, body = Session), (status = 401, body = ApiError),
        (status = 429, body = ApiError)))]
pub(super) async fn begin(
    State(app): State<Arc<App>>,
    Extension(peer): Extension<Peer>,
    headers: HeaderMap,
    Json(credentials): Json<Credentials>,
) -> Result<Response, Failure> {
    auth::check_same_origin(&headers)?;
    let ip = match peer {
        Peer::Network { ip, .. } => Some(ip),
        Peer::Control => None,
    };
    let Credentials {
        user,
        password,
        code,
    } = credentials;
    let long = code.as_ref().is_some_and(|code| code.len() > 64);
    if user.len() > 128 || password.len() > MAX_PASSWORD_BYTES || long {
        return Err(Failure::BadCredentials);
    }
    app.begin_attempt(ip, &user)?;
    let found = auth::check_password(&app, &user, &password).await?;
    let Some(user) = found else {
        let (store, now) = (Arc::clone(&app.store), app.now());
        let detail = serde_json::json!({ "ip": ip.map(|ip| ip.to_string()) });
        blocking(move || store.audit(now, &user, "session.refused", "", &detail)).await?;
        return Err(Failure::BadCredentials);
    };
    // What is wrong here stays counted: six digits would be guessed soon.
    second_factor::admit(&app, &user, code.as_deref()).await?;
    app.end_attempt(ip, &user.name);
    let (cookie, session) = auth::begin(&app, &user.name, ip, &headers).await?;
    let reader = auth::reader_of(&app, &user, app.now());
    let signed_in = SignedIn {
        reader,
        session: Some((session, user)),
        token: None,
    };
    let body = session_of(&app, &signed_in).await?;
    let cookie = auth::cookie(peer, Some(&cookie));
    Ok(([(header::SET_COOKIE, cookie)], Json(body)).into_response())
}

/// Sign out.
#[utoipa::path(delete, path = "/api/v1/session", operation_id = "session_end", tag = "session",
    responses((status = 204), (status = 401, body = ApiError)))]
pub(super) async fn end(
    State(app): State<Arc<App>>,
    Extension(peer): Extension<Peer>,
    signed_in: SignedIn,
) -> Result<Response, Failure> {
    if let Some((session, user)) = signed_in.session {
        let (store, now) = (Arc::clone(&app.store), app.now());
        blocking(move || store.end_session(&session, &user.name, now)).await?;
    }
    let cookie = auth::cookie(peer, None);
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie)]).into_response())
}

/// Change one's own password; every session of the person ends.
#[utoipa::path(post, path = "/api/v1/session/password", operation_id = "session_change_password", tag = "session",
    request_body = PasswordChange,
    responses((status = 204), (status = 401, body = ApiError), (status = 422, body = ApiError)))]
pub(super) async fn change_password(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Json(change): Json<PasswordChange>,
) -> Result<StatusCode, Failure> {
    let (_, user) = signed_in.session.ok_or(Failure::SignedOut)?;
    app.begin_attempt(None, &user.name)?;
    let found = auth::check_password(&app, &user.name, &change.current).await?;
    if found.is_none() {
        return Err(Failure::BadCredentials);
    }
    app.end_attempt(None, &user.name);
    if change.new == change.current {
        return Err(Failure::Unprocessable(
            "same_password",
            "the new password is the old one",
        ));
    }
    let done = store_password(&app, user.name.clone(), change.new, user.name).await;
    if done.is_ok() && user.must_change {
        // What the first start wrote down for the first administrator; nobody else has one.
        let first = app.data_dir.join(FIRST_PASSWORD);
        if let Err(error) = tokio::fs::remove_file(&first).await
            && error.kind() != std::io::ErrorKind::NotFound
        {
            tracing::warn!(file = %first.display(), %error, "remove this file: its password is changed");
        }
    }
    done
}

/// Checks, hashes and keeps a new password.
pub(super) async fn store_password(
    app: &Arc<App>,
    name: String,
    password: String,
    who: String,
) -> Result<StatusCode, Failure> {
    check_strength(&password)?;
    let hash = tokio::task::spawn_blocking(move || auth::hash_password(&password)).await??;
    let (store, now) = (Arc::clone(&app.store), app.now());
    if blocking(move || store.set_password(&name, &hash, &who, now)).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Failure::NotFound("user"))
    }
}

/// A password is long enough and not absurdly long.
pub(super) fn check_strength(password: &str) -> Result<(), Failure> {
    let long_enough = password.chars().count() >= MIN_PASSWORD_CHARS;
    if long_enough && password.len() <= MAX_PASSWORD_BYTES {
        Ok(())
    } else {
        Err(Failure::Unprocessable(
            "weak_password",
            "a password has 10 to 256 characters",
        ))
    }
}
