//! Backups: `haidang backup` copies the files itself; the centre only notes who does it.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use engine::reader::{Permission, Scope};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::SignedIn;
use crate::error::{ApiError, Failure, blocking};

/// A backup that begins.
#[derive(Deserialize, ToSchema)]
pub(crate) struct NewBackup {
    /// The folder that it is written to, as a person calls it; at most 4,096 bytes of it are kept.
    target: String,
}

/// Note in the audit trail that a backup begins.
#[utoipa::path(post, path = "/api/v1/backups", operation_id = "backups_begin", tag = "backups",
    request_body = NewBackup,
    responses((status = 204), (status = 403, body = ApiError)))]
pub(super) async fn begin(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Json(new): Json<NewBackup>,
) -> Result<StatusCode, Failure> {
    const LONGEST: usize = 4_096;
    signed_in.must(Permission::BackupsWrite)?;
    if signed_in.reader.scope != Scope::All {
        return Err(Failure::Forbidden(
            "a backup has the data of all sites; only who sees all of them makes one",
        ));
    }
    let target: String = new.target.chars().take(LONGEST / 4).collect();
    let (store, now) = (Arc::clone(&app.store), app.now());
    let who = signed_in.reader.user;
    blocking(move || store.audit(now, &who, "backup.begin", &target, &json!({}))).await?;
    Ok(StatusCode::NO_CONTENT)
}
