//! Who may hold an alert: people that may work it and see its site.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use engine::reader::{Permission, Reader, Scope};
use engine::store::{Assign, User};
use event::Time;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::{SignedIn, reader_of};
use crate::error::{ApiError, Failure, blocking};

/// Somebody who may hold alerts.
#[derive(Serialize, ToSchema)]
pub(crate) struct Assignee {
    /// The name to sign in with.
    name: String,
    /// The name that others read.
    display: String,
}

/// Everybody who may hold some alert that the reader sees.
#[derive(Serialize, ToSchema)]
pub(crate) struct AssigneeList {
    items: Vec<Assignee>,
}

/// Who may hold alerts.
#[utoipa::path(get, path = "/api/v1/alerts/people", operation_id = "alerts_people", tag = "alerts",
    responses((status = 200, body = AssigneeList), (status = 403, body = ApiError)))]
pub(in crate::api) async fn list(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
) -> Result<Json<AssigneeList>, Failure> {
    signed_in.must(Permission::AlertsRead)?;
    let store = Arc::clone(&app.store);
    let users = blocking(move || store.users()).await?;
    let now = app.now();
    let may = |user: &User| may_hold(&app, &signed_in.reader, user, now).is_some();
    let users = users.into_iter().filter(may);
    Ok(Json(AssigneeList {
        items: users
            .map(|user| Assignee {
                name: user.name,
                display: user.display,
            })
            .collect(),
    }))
}

/// What a person sees who may hold alerts that the reader sees; none: may not.
fn may_hold(app: &App, reader: &Reader, user: &User, now: Time) -> Option<Scope> {
    let own = reader_of(app, user, now);
    let meets = match (&reader.scope, &own.scope) {
        (Scope::All, Scope::Sites(sites)) | (Scope::Sites(sites), Scope::All) => !sites.is_empty(),
        (Scope::All, Scope::All) => true,
        (scope, Scope::Sites(sites)) => sites.iter().any(|site| scope.admits(site)),
    };
    let may = !user.disabled && own.role.may(Permission::AlertsWrite) && meets;
    may.then_some(own.scope)
}

/// Who is to hold an alert, as somebody said it: nothing, "" for nobody, "me", or a name.
pub(super) async fn read_assignee(
    app: &Arc<App>,
    reader: &Reader,
    said: Option<&str>,
) -> Result<Assign, Failure> {
    let name = match said.map(str::trim) {
        None => return Ok(Assign::Stays),
        Some("") => return Ok(Assign::Nobody),
        Some("me") => reader.user.to_string(),
        Some(name) => name.to_owned(),
    };
    let (store, asked) = (Arc::clone(&app.store), name.clone());
    let user = blocking(move || store.user(&asked)).await?;
    let scope = user.and_then(|user| may_hold(app, reader, &user, app.now()));
    match scope {
        Some(scope) => Ok(Assign::To { name, scope }),
        None => Err(Failure::Unprocessable(
            "unknown_assignee",
            "nobody of that name may hold alerts; see /api/v1/alerts/people",
        )),
    }
}
