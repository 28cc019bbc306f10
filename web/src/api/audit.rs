//! The audit trail: who did what, when, with which values.

#![allow(unused_qualifications, reason = "utoipa names parameter types in full")]

use std::sync::Arc;

use axum::Json;
use axum::extract::{Query as Params, State};
use engine::reader::{Permission, Scope};
use engine::store::AuditFilter;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::events::read_time;
use crate::app::App;
use crate::auth::SignedIn;
use crate::error::{ApiError, Failure, blocking};

/// The most entries on a page.
const MAX_LIMIT: usize = 200;

/// One thing that somebody did.
#[derive(Serialize, ToSchema)]
pub(crate) struct AuditEntry {
    /// Contiguous from 1; each is chained to the one before by its hash.
    seq: i64,
    at: String,
    who: String,
    /// `noun.verb`.
    action: String,
    target: String,
    /// With which values.
    #[schema(value_type = std::collections::HashMap<String, Value>)]
    detail: Value,
}

/// Entries, the newest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct AuditPage {
    items: Vec<AuditEntry>,
    #[schema(required)]
    next: Option<String>,
}

/// Which entries.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct AuditParams {
    who: Option<String>,
    /// `noun.verb`, or a noun for all of its actions.
    action: Option<String>,
    target: Option<String>,
    from: Option<String>,
    to: Option<String>,
    /// The `next` of the page before.
    cursor: Option<String>,
    /// 1 to 200; 50 without it.
    limit: Option<usize>,
}

/// Who did what. The trail is of everybody: only who sees all sites may read it.
#[utoipa::path(get, path = "/api/v1/audit", operation_id = "audit_list", tag = "audit", params(AuditParams),
    responses((status = 200, body = AuditPage), (status = 400, body = ApiError),
        (status = 403, body = ApiError)))]
pub(super) async fn list(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Params(params): Params<AuditParams>,
) -> Result<Json<AuditPage>, Failure> {
    signed_in.must(Permission::AuditRead)?;
    if signed_in.reader.scope != Scope::All {
        return Err(Failure::Forbidden(
            "the audit trail is of all sites, and you see some",
        ));
    }
    let given = |text: Option<String>| text.filter(|text| !text.is_empty());
    let filter = AuditFilter {
        who: given(params.who),
        action: given(params.action),
        target: given(params.target),
        from: read_time("from", params.from.as_deref())?,
        to: read_time("to", params.to.as_deref())?,
    };
    let before = params.cursor.as_deref().map(str::parse).transpose();
    let before =
        before.map_err(|_| Failure::BadRequest("cursor is not the next of a page".to_owned()))?;
    let limit = params.limit.unwrap_or(50).clamp(1, MAX_LIMIT);
    let store = Arc::clone(&app.store);
    let page = blocking(move || store.audit_page(&filter, before, limit)).await?;
    let shown = page.entries.into_iter().map(|entry| AuditEntry {
        seq: entry.seq,
        at: entry.at.to_string(),
        who: entry.who,
        action: entry.action,
        target: entry.target,
        detail: serde_json::from_str(&entry.detail).unwrap_or_default(),
    });
    Ok(Json(AuditPage {
        items: shown.collect(),
        next: page.next.map(|next| next.to_string()),
    }))
}
