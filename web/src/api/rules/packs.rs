//! Packs: rules that were imported together, taking one out, and the step back.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query as Params, State};
use axum::http::StatusCode;
use engine::reader::Permission;
use engine::rules;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};

use super::imports::{RuleLicense, licenses, may_import};
use super::shown::count;
use super::{refused, short};
use crate::app::App;
use crate::auth::SignedIn;
use crate::error::{ApiError, Failure, blocking};

/// A pack of rules.
#[derive(Serialize, ToSchema)]
pub(crate) struct Pack {
    name: String,
    source: String,
    sha256: String,
    /// Null for a folder that somebody put there by hand.
    #[schema(required)]
    imported: Option<String>,
    who: String,
    rules: u64,
    licenses: Vec<RuleLicense>,
}

/// What a step back would undo.
#[derive(Serialize, ToSchema)]
pub(crate) struct PackChange {
    /// `import NAME`, `remove NAME`, `back import NAME`.
    what: String,
    who: String,
    at: String,
}

/// All packs.
#[derive(Serialize, ToSchema)]
pub(crate) struct PackList {
    items: Vec<Pack>,
    #[schema(required)]
    back: Option<PackChange>,
}

/// Why something is done.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct RemovePackParams {
    /// For those who read it later.
    why: Option<String>,
}

/// Why something is done.
#[derive(Deserialize, Serialize, ToSchema)]
pub(crate) struct StepBack {
    /// For those who read it later.
    why: String,
}

/// Every pack, and what a step back would undo.
#[utoipa::path(get, path = "/api/v1/rules/packs", operation_id = "packs_list", tag = "rules",
    responses((status = 200, body = PackList), (status = 403, body = ApiError)))]
pub(in crate::api) async fn list(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
) -> Result<Json<PackList>, Failure> {
    signed_in.must(Permission::RulesRead)?;
    let (packs, back) = blocking(move || app.rules.packs()).await?;
    Ok(Json(PackList {
        items: packs.into_iter().map(Pack::of).collect(),
        back: back.map(|change| PackChange {
            what: change.what,
            who: change.who,
            at: change.at.to_string(),
        }),
    }))
}

/// Take a pack out.
#[utoipa::path(delete, path = "/api/v1/rules/packs/{name}", operation_id = "packs_remove", tag = "rules",
    params(("name" = String, Path, description = "the pack"), RemovePackParams),
    responses((status = 204), (status = 403, body = ApiError), (status = 404, body = ApiError)))]
pub(in crate::api) async fn remove(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Path(name): Path<String>,
    Params(params): Params<RemovePackParams>,
) -> Result<StatusCode, Failure> {
    may_import(&signed_in)?;
    let why = params.why.unwrap_or_default();
    short(&why)?;
    let done = blocking(move || {
        let (who, now) = (&signed_in.reader.user, app.now());
        let done = app.rules.remove_pack(&name, who, now)?;
        if let Ok(rules) = &done {
            let detail = json!({ "rules": rules, "why": why });
            app.store.audit(now, who, "rules.remove", &name, &detail)?;
        }
        Ok(done)
    });
    done.await?.map_err(refused)?;
    Ok(StatusCode::NO_CONTENT)
}

/// Undo the last change of packs; done twice, it is done again.
#[utoipa::path(post, path = "/api/v1/rules/back", operation_id = "packs_back", tag = "rules",
    request_body = StepBack,
    responses((status = 204), (status = 403, body = ApiError), (status = 404, body = ApiError)))]
pub(in crate::api) async fn back(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Json(asked): Json<StepBack>,
) -> Result<StatusCode, Failure> {
    may_import(&signed_in)?;
    short(&asked.why)?;
    let done = blocking(move || {
        let (who, now) = (&signed_in.reader.user, app.now());
        let done = app.rules.back(who, now)?;
        if let Ok(last) = &done {
            let detail = json!({
                "what": last.what, "who": last.who, "at": last.at.to_string(), "why": asked.why,
            });
            app.store.audit(now, who, "rules.back", "packs", &detail)?;
        }
        Ok(done)
    });
    done.await?.map_err(refused)?;
    Ok(StatusCode::NO_CONTENT)
}

impl Pack {
    fn of(pack: rules::Pack) -> Self {
        Self {
            rules: count(pack.rules),
            licenses: licenses(&pack.licenses),
            name: pack.name,
            source: pack.source,
            sha256: pack.sha256,
            imported: pack.imported.map(|time| time.to_string()),
            who: pack.who,
        }
    }
}
