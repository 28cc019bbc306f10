//! The site tree, as far as the reader may see it.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use engine::reader::Permission;
use serde::Serialize;
use utoipa::ToSchema;

use super::words;
use crate::app::App;
use crate::auth::SignedIn;
use crate::error::{ApiError, Failure};

/// A node of the tree.
#[derive(Serialize, ToSchema)]
pub(crate) struct Site {
    id: String,
    name: String,
    name_en: String,
    #[schema(required)]
    parent: Option<String>,
    #[schema(value_type = words::SiteLevel)]
    level: String,
}

/// The nodes that are valid today.
#[derive(Serialize, ToSchema)]
pub(crate) struct SiteList {
    items: Vec<Site>,
}

/// The site tree.
#[utoipa::path(get, path = "/api/v1/sites", operation_id = "sites_list", tag = "sites",
    responses((status = 200, body = SiteList), (status = 401, body = ApiError)))]
pub(super) async fn list(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
) -> Result<Json<SiteList>, Failure> {
    signed_in.must(Permission::SourcesRead)?;
    let now = app.now();
    let scope = &signed_in.reader.scope;
    let seen = app.sites.iter(now).filter(|site| {
        app.sites
            .expand(&site.id, now)
            .iter()
            .any(|leaf| scope.admits(leaf))
    });
    let items = seen.map(|site| Site {
        id: site.id.to_string(),
        name: site.name.clone(),
        name_en: site.name_en.clone(),
        parent: site.parent.as_ref().map(ToString::to_string),
        level: site.level.name().to_owned(),
    });
    Ok(Json(SiteList {
        items: items.collect(),
    }))
}
