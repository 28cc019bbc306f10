//! One's own second factor: set up, put in force with a code, taken away with the password.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::{self, SignedIn};
use crate::error::{ApiError, Failure, blocking};
use crate::second_factor;

/// What an app on the telephone needs; nothing is asked for before a code of it is shown.
#[derive(Serialize, ToSchema)]
pub(crate) struct NewSecondFactor {
    /// Base 32, to type.
    secret: String,
    /// The same as a link that apps open.
    url: String,
    /// The link as a QR code: lines of 0 and 1, 1 is dark.
    qr: Vec<String>,
}

/// A code of the app.
#[derive(Deserialize, ToSchema)]
pub(crate) struct FactorCode {
    code: String,
}

/// Codes for when the telephone is lost: each counts once, and they are shown once.
#[derive(Serialize, ToSchema)]
pub(crate) struct RecoveryCodes {
    codes: Vec<String>,
}

/// One's own password.
#[derive(Deserialize, ToSchema)]
pub(crate) struct OwnPassword {
    password: String,
}

/// Begin to set up one's own second factor.
#[utoipa::path(post, path = "/api/v1/session/second_factor", operation_id = "session_begin_second_factor", tag = "session",
    responses((status = 201, body = NewSecondFactor), (status = 403, body = ApiError),
        (status = 409, body = ApiError)))]
pub(super) async fn begin(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
) -> Result<(StatusCode, Json<NewSecondFactor>), Failure> {
    let (_, user) = signed_in.person()?;
    let secret = second_factor::draw()?;
    let shown = second_factor::show(&secret, &user.name);
    let shown = shown.ok_or(Failure::Busy("no QR code could be drawn; try again"))?;
    let (store, name) = (Arc::clone(&app.store), user.name.clone());
    if !blocking(move || store.begin_second_factor(&name, &secret)).await? {
        return Err(Failure::Conflict(
            "a second factor is in force; take it away first",
        ));
    }
    Ok((
        StatusCode::CREATED,
        Json(NewSecondFactor {
            secret: shown.secret,
            url: shown.url,
            qr: shown.qr,
        }),
    ))
}

/// Put it in force with a code of the app; one's other sessions end.
#[utoipa::path(post, path = "/api/v1/session/second_factor/confirm", operation_id = "session_confirm_second_factor",
    tag = "session", request_body = FactorCode,
    responses((status = 200, body = RecoveryCodes), (status = 401, body = ApiError),
        (status = 403, body = ApiError), (status = 404, body = ApiError)))]
pub(super) async fn confirm(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Json(sent): Json<FactorCode>,
) -> Result<Json<RecoveryCodes>, Failure> {
    let (session, user) = signed_in.person()?.clone();
    let (store, name) = (Arc::clone(&app.store), user.name.clone());
    let held = blocking(move || store.second_factor(&name)).await?;
    let held = held.filter(|held| !held.confirmed);
    let held = held.ok_or(Failure::NotFound("second factor to confirm"))?;
    app.begin_attempt(None, &user.name)?;
    let now = app.now();
    let step = second_factor::step_of(&held.secret, &user.name, &sent.code, now);
    let step = step.ok_or(Failure::BadSecondFactor)?;
    app.end_attempt(None, &user.name);
    let (codes, kept) = second_factor::draw_codes()?;
    let store = Arc::clone(&app.store);
    let confirmed =
        blocking(move || store.confirm_second_factor(&user.name, step, &kept, &session.token, now));
    if confirmed.await? {
        Ok(Json(RecoveryCodes { codes }))
    } else {
        Err(Failure::NotFound("second factor to confirm"))
    }
}

/// Take one's own second factor away; the password is asked for again.
#[utoipa::path(post, path = "/api/v1/session/second_factor/remove", operation_id = "session_remove_second_factor",
    tag = "session", request_body = OwnPassword,
    responses((status = 204), (status = 401, body = ApiError), (status = 403, body = ApiError),
        (status = 404, body = ApiError)))]
pub(super) async fn remove(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Json(sent): Json<OwnPassword>,
) -> Result<StatusCode, Failure> {
    let (_, user) = signed_in.person()?.clone();
    app.begin_attempt(None, &user.name)?;
    let found = auth::check_password(&app, &user.name, &sent.password).await?;
    let user = found.ok_or(Failure::BadCredentials)?;
    app.end_attempt(None, &user.name);
    let (store, now) = (Arc::clone(&app.store), app.now());
    if blocking(move || store.remove_second_factor(&user.name, &user.name, now)).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Failure::NotFound("second factor"))
    }
}
