//! People who may sign in: what `haidang user` speaks to through the control socket.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use engine::reader::{Permission, Reader, Role, Scope};
use engine::store;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::session::{check_strength, store_password};
use super::words;
use crate::app::App;
use crate::auth::{self, SignedIn};
use crate::error::{ApiError, Failure, blocking};

/// A person who may sign in.
#[derive(Serialize, ToSchema)]
pub(crate) struct User {
    name: String,
    display: String,
    #[schema(value_type = words::Role)]
    role: String,
    /// The sites granted; none: all.
    #[schema(required)]
    sites: Option<Vec<String>>,
    disabled: bool,
    /// The password was given by somebody else and is not changed yet.
    must_change: bool,
    created: String,
}

/// Everyone.
#[derive(Serialize, ToSchema)]
pub(crate) struct UserList {
    items: Vec<User>,
}

/// A person to add.
#[derive(Deserialize, ToSchema)]
pub(crate) struct NewUser {
    name: String,
    display: Option<String>,
    #[schema(value_type = words::Role)]
    role: String,
    /// Sites; a grant on an area covers its leaves. None: all.
    sites: Option<Vec<String>>,
    password: String,
    /// Whether the person must change the password at the first sign-in; yes without it.
    must_change: Option<bool>,
}

/// What to change of a person; what is absent stays.
#[derive(Deserialize, ToSchema)]
pub(crate) struct UserChange {
    display: Option<String>,
    #[schema(value_type = Option<words::Role>)]
    role: Option<String>,
    sites: Option<Vec<String>>,
    disabled: Option<bool>,
}

/// A new password.
#[derive(Deserialize, ToSchema)]
pub(crate) struct NewPassword {
    password: String,
}

/// Everyone who may sign in.
#[utoipa::path(get, path = "/api/v1/users", operation_id = "users_list", tag = "users",
    responses((status = 200, body = UserList), (status = 403, body = ApiError)))]
pub(super) async fn list(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
) -> Result<Json<UserList>, Failure> {
    signed_in.must(Permission::UsersRead)?;
    let store = Arc::clone(&app.store);
    let users = blocking(move || store.users()).await?;
    Ok(Json(UserList {
        items: users
            .into_iter()
            .filter(|user| governs(&app, &signed_in.reader, user.sites.as_deref()))
            .map(user_of)
            .collect(),
    }))
}

/// Add a person.
#[utoipa::path(post, path = "/api/v1/users", operation_id = "users_add", tag = "users", request_body = NewUser,
    responses((status = 201, body = User), (status = 403, body = ApiError),
        (status = 409, body = ApiError), (status = 422, body = ApiError)))]
pub(super) async fn add(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Json(new): Json<NewUser>,
) -> Result<(StatusCode, Json<User>), Failure> {
    signed_in.must(Permission::UsersWrite)?;
    check_name(&new.name)?;
    check_strength(&new.password)?;
    let role = read_role(&new.role)?;
    check_grant(&app, &signed_in.reader, new.sites.as_deref())?;
    let password = new.password;
    let hash = tokio::task::spawn_blocking(move || auth::hash_password(&password)).await??;
    let user = store::User {
        display: new.display.unwrap_or_else(|| new.name.clone()),
        name: new.name,
        role,
        sites: new.sites,
        password: hash,
        disabled: false,
        must_change: new.must_change.unwrap_or(true),
        created: app.now(),
    };
    let (store, kept) = (Arc::clone(&app.store), user.clone());
    if blocking(move || store.add_user(&kept, &signed_in.reader.user)).await? {
        Ok((StatusCode::CREATED, Json(user_of(user))))
    } else {
        Err(Failure::Conflict("there is a user of that name"))
    }
}

/// Change a person; their sessions end.
#[utoipa::path(patch, path = "/api/v1/users/{name}", operation_id = "users_change", tag = "users",
    params(("name" = String, Path, description = "the name to sign in with")),
    request_body = UserChange,
    responses((status = 200, body = User), (status = 403, body = ApiError),
        (status = 404, body = ApiError)))]
pub(super) async fn change(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Path(name): Path<String>,
    Json(change): Json<UserChange>,
) -> Result<Json<User>, Failure> {
    signed_in.must(Permission::UsersWrite)?;
    let role = change.role.as_deref().map(read_role).transpose()?;
    let reader = signed_in.reader;
    if change.sites.is_some() {
        check_grant(&app, &reader, change.sites.as_deref())?;
    }
    if name == *reader.user
        && (change.disabled == Some(true) || role.is_some_and(|r| r != reader.role))
    {
        return Err(Failure::Unprocessable(
            "own_rights",
            "nobody takes away their own rights; another admin can",
        ));
    }
    let (store, now) = (Arc::clone(&app.store), app.now());
    let changed = blocking(move || {
        let user = store.user(&name)?;
        let Some(mut user) = user.filter(|user| governs(&app, &reader, user.sites.as_deref()))
        else {
            return Ok(None);
        };
        user.role = role.unwrap_or(user.role);
        user.display = change.display.unwrap_or(user.display);
        user.sites = change.sites.or(user.sites);
        user.disabled = change.disabled.unwrap_or(user.disabled);
        store.change_user(&user, &reader.user, now)?;
        Ok(Some(user))
    });
    changed
        .await?
        .map(|user| Json(user_of(user)))
        .ok_or(Failure::NotFound("user"))
}

/// Set somebody's password; their sessions end.
#[utoipa::path(post, path = "/api/v1/users/{name}/password", operation_id = "users_set_password", tag = "users",
    params(("name" = String, Path, description = "the name to sign in with")),
    request_body = NewPassword,
    responses((status = 204), (status = 403, body = ApiError), (status = 404, body = ApiError),
        (status = 422, body = ApiError)))]
pub(super) async fn set_password(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Path(name): Path<String>,
    Json(new): Json<NewPassword>,
) -> Result<StatusCode, Failure> {
    signed_in.must(Permission::UsersWrite)?;
    let (store, asked) = (Arc::clone(&app.store), name.clone());
    let user = blocking(move || store.user(&asked)).await?;
    user.filter(|user| governs(&app, &signed_in.reader, user.sites.as_deref()))
        .ok_or(Failure::NotFound("user"))?;
    store_password(&app, name, new.password, signed_in.reader.user.to_string()).await
}

/// Take away somebody's second factor, when telephone and recovery codes are lost.
#[utoipa::path(delete, path = "/api/v1/users/{name}/second_factor", operation_id = "users_remove_second_factor", tag = "users",
    params(("name" = String, Path, description = "the name to sign in with")),
    responses((status = 204), (status = 403, body = ApiError), (status = 404, body = ApiError)))]
pub(super) async fn remove_second_factor(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Path(name): Path<String>,
) -> Result<StatusCode, Failure> {
    signed_in.must(Permission::UsersWrite)?;
    let (now, reader) = (app.now(), signed_in.reader);
    let removed = blocking(move || {
        let user = app.store.user(&name)?;
        match user.filter(|user| governs(&app, &reader, user.sites.as_deref())) {
            None => Ok(false),
            Some(user) => app
                .store
                .remove_second_factor(&user.name, &reader.user, now),
        }
    });
    if removed.await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Failure::NotFound("second factor"))
    }
}

fn user_of(user: store::User) -> User {
    User {
        name: user.name,
        display: user.display,
        role: user.role.name().to_owned(),
        sites: user.sites,
        disabled: user.disabled,
        must_change: user.must_change,
        created: user.created.to_string(),
    }
}

fn read_role(role: &str) -> Result<Role, Failure> {
    Role::from_name(role).ok_or(Failure::Unprocessable(
        "bad_role",
        "a role is admin, analyst or viewer",
    ))
}

/// Whether somebody may be called so: one rule for the API and the command line.
pub fn is_user_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '@');
    let taken = matches!(name, "haidang" | "local");
    (1..=64).contains(&name.len()) && name.chars().all(plain) && !taken
}

fn check_name(name: &str) -> Result<(), Failure> {
    if is_user_name(name) {
        Ok(())
    } else {
        Err(Failure::Unprocessable(
            "bad_name",
            "a user name has 1 to 64 letters, digits and . - _ @, and is not haidang or local",
        ))
    }
}

/// Whether all that a grant opens is open to the reader: an admin of some sites neither sees nor
/// makes anybody who sees more.
pub(super) fn governs(app: &App, reader: &Reader, grant: Option<&[String]>) -> bool {
    let Scope::Sites(_) = reader.scope else {
        return true;
    };
    let now = app.now();
    grant.is_some_and(|sites| {
        let mut leaves = sites.iter().flat_map(|id| app.sites.expand(id, now));
        leaves.all(|leaf| reader.scope.admits(&leaf))
    })
}

pub(super) fn check_grant(
    app: &App,
    reader: &Reader,
    sites: Option<&[String]>,
) -> Result<(), Failure> {
    let known = |id: &String| !app.sites.expand(id, app.now()).is_empty();
    if let Some(unknown) = sites.unwrap_or_default().iter().find(|id| !known(id)) {
        return Err(Failure::UnknownSite(unknown.clone()));
    }
    if governs(app, reader, sites) {
        Ok(())
    } else {
        Err(Failure::Forbidden(
            "you can grant only sites that you see yourself",
        ))
    }
}
