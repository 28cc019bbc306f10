//! Invitations that nobody has used yet: who may still become a sensor, and taking that back.

#![allow(unused_qualifications, reason = "utoipa names parameter types in full")]

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use engine::reader::Permission;
use serde::Serialize;
use utoipa::ToSchema;

use super::sensors::sees;
use crate::app::App;
use crate::auth::SignedIn;
use crate::error::{ApiError, Failure, blocking};

/// Leave to become a sensor that can still be used. Its token was shown once and is nowhere here.
#[derive(Serialize, ToSchema)]
pub(crate) struct OpenInvitation {
    /// What it is called by; no part of its token.
    id: String,
    /// As which sensor.
    sensor: String,
    /// Sites or areas that it may deliver for.
    sites: Vec<String>,
    expires: String,
    who: String,
    created: String,
}

/// The invitations that can still be used, the first to end first.
#[derive(Serialize, ToSchema)]
pub(crate) struct OpenInvitations {
    items: Vec<OpenInvitation>,
}

/// The invitations that nobody has used and that have not expired, cut to the reader's sites.
#[utoipa::path(get, path = "/api/v1/invitations", operation_id = "invitations_list", tag = "sensors",
    responses((status = 200, body = OpenInvitations), (status = 403, body = ApiError)))]
pub(super) async fn list(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
) -> Result<Json<OpenInvitations>, Failure> {
    signed_in.must(Permission::SensorsRead)?;
    let (store, now) = (Arc::clone(&app.store), app.now());
    let open = blocking(move || store.open_invitations(now)).await?;
    let seen = open.into_iter();
    let seen = seen.filter(|own| sees(&app, &signed_in.reader, &own.sites).0);
    let items = seen.map(|own| OpenInvitation {
        id: own.id,
        sensor: own.sensor,
        sites: own.sites,
        expires: own.expires.to_string(),
        who: own.who,
        created: own.created.to_string(),
    });
    Ok(Json(OpenInvitations {
        items: items.collect(),
    }))
}

/// Take an invitation back: its token is good for nothing from now on.
#[utoipa::path(delete, path = "/api/v1/invitations/{id}", operation_id = "invitations_withdraw", tag = "sensors",
    params(("id" = String, Path)),
    responses((status = 204), (status = 403, body = ApiError), (status = 404, body = ApiError)))]
pub(super) async fn withdraw(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Path(id): Path<String>,
) -> Result<StatusCode, Failure> {
    signed_in.must(Permission::SensorsWrite)?;
    let (store, now) = (Arc::clone(&app.store), app.now());
    let open = blocking(move || store.open_invitations(now)).await?;
    let held = open.into_iter().find(|own| own.id == id);
    let held = held.ok_or(Failure::NotFound("invitation"))?;
    match sees(&app, &signed_in.reader, &held.sites) {
        (false, _) => return Err(Failure::NotFound("invitation")),
        (true, false) => {
            return Err(Failure::Forbidden(
                "the invitation is for sites that you do not see",
            ));
        }
        (true, true) => {}
    }
    let (store, who) = (Arc::clone(&app.store), signed_in.reader.user);
    if blocking(move || store.withdraw_invitation(&id, &who, now)).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Failure::NotFound("invitation"))
    }
}
