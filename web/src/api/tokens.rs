//! Tokens for programs: made by a person who is signed in, shown once, taken away at any time.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use engine::reader::Permission;
use engine::store;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::users::{check_grant, governs};
use crate::app::App;
use crate::auth::SignedIn;
use crate::bearer;
use crate::error::{ApiError, Failure, blocking};

/// The longest that a token holds, in days.
const MOST_DAYS: u32 = 366;
/// The longest name, in characters.
const MAX_NAME_CHARS: usize = 80;

/// A token, without its secret.
#[derive(Serialize, ToSchema)]
pub(crate) struct Token {
    /// The first part of what the program sends.
    id: String,
    user: String,
    name: String,
    permissions: Vec<String>,
    /// The sites that it sees, as far as its person does; none: all of the person's.
    #[schema(required)]
    sites: Option<Vec<String>>,
    created: String,
    expires: String,
    expired: bool,
    /// Last used, to a minute.
    #[schema(required)]
    seen: Option<String>,
}

/// Tokens, the newest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct TokenList {
    items: Vec<Token>,
}

/// A token to make.
#[derive(Deserialize, ToSchema)]
pub(crate) struct NewToken {
    /// What it is for.
    name: String,
    /// What it may do; no more than one may oneself.
    permissions: Vec<String>,
    sites: Option<Vec<String>>,
    /// 1 to 366.
    days: u32,
}

/// A token as it was made: what the program sends is never shown again.
#[derive(Serialize, ToSchema)]
pub(crate) struct MadeToken {
    token: Token,
    /// `Authorization: Bearer` with this.
    secret: String,
}

/// One's own tokens; whoever may see people sees theirs, too.
#[utoipa::path(get, path = "/api/v1/tokens", operation_id = "tokens_list", tag = "tokens",
    responses((status = 200, body = TokenList), (status = 403, body = ApiError)))]
pub(super) async fn list(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
) -> Result<Json<TokenList>, Failure> {
    let all = signed_in.may(Permission::UsersRead);
    if !all {
        signed_in.person()?;
    }
    let (now, reader) = (app.now(), signed_in.reader);
    let tokens = blocking(move || {
        if !all {
            return app.store.tokens(Some(&reader.user));
        }
        let mut tokens = app.store.tokens(None)?;
        let mut users = app.store.users()?;
        users.retain(|user| governs(&app, &reader, user.sites.as_deref()));
        tokens.retain(|token| {
            *token.user == *reader.user || users.iter().any(|user| user.name == token.user)
        });
        Ok(tokens)
    });
    Ok(Json(TokenList {
        items: tokens
            .await?
            .into_iter()
            .map(|it| token_of(it, now))
            .collect(),
    }))
}

/// Make a token in one's own name.
#[utoipa::path(post, path = "/api/v1/tokens", operation_id = "tokens_make", tag = "tokens", request_body = NewToken,
    responses((status = 201, body = MadeToken), (status = 403, body = ApiError),
        (status = 409, body = ApiError), (status = 422, body = ApiError)))]
pub(super) async fn make(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Json(new): Json<NewToken>,
) -> Result<(StatusCode, Json<MadeToken>), Failure> {
    let (_, user) = signed_in.person()?;
    let user = user.name.clone();
    let name = new.name.trim().to_owned();
    if name.is_empty() || name.chars().count() > MAX_NAME_CHARS {
        return Err(Failure::Unprocessable(
            "bad_name",
            "say in 1 to 80 characters what the token is for",
        ));
    }
    if !(1..=MOST_DAYS).contains(&new.days) {
        return Err(Failure::Unprocessable(
            "bad_days",
            "a token holds for 1 to 366 days",
        ));
    }
    let permissions = read_permissions(&signed_in, &new.permissions)?;
    if new.sites.is_some() {
        check_grant(&app, &signed_in.reader, new.sites.as_deref())?;
    }
    let (fresh, now) = (bearer::draw()?, app.now());
    let token = store::Token {
        id: fresh.id,
        hash: fresh.hash,
        user: user.clone(),
        name,
        permissions,
        sites: new.sites,
        created: now,
        expires: now.plus(Duration::from_secs(86_400 * u64::from(new.days))),
        seen: None,
    };
    let (store, kept) = (Arc::clone(&app.store), token.clone());
    if !blocking(move || store.add_token(&kept, &user)).await? {
        return Err(Failure::Conflict(
            "you have 50 tokens; take one away that is not needed",
        ));
    }
    let made = MadeToken {
        token: token_of(token, now),
        secret: fresh.shown,
    };
    Ok((StatusCode::CREATED, Json(made)))
}

/// Take a token away: one's own, or that of a person whom one may change.
#[utoipa::path(delete, path = "/api/v1/tokens/{id}", operation_id = "tokens_revoke", tag = "tokens",
    params(("id" = String, Path, description = "the token's id")),
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
    let removed = blocking(move || {
        let Some(token) = app.store.token(&id)? else {
            return Ok(false);
        };
        let own = *token.user == *reader.user;
        let user = app.store.user(&token.user)?;
        let governed = user.is_some_and(|user| governs(&app, &reader, user.sites.as_deref()));
        let may = own || (any && governed);
        if !may {
            return Ok(false);
        }
        app.store.remove_token(&id, &reader.user, now)
    });
    if removed.await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Failure::NotFound("token"))
    }
}

fn read_permissions(signed_in: &SignedIn, names: &[String]) -> Result<Vec<Permission>, Failure> {
    let mut permissions = Vec::new();
    for name in names {
        let known = Permission::from_name(name).filter(|known| signed_in.may(*known));
        let known = known.ok_or_else(|| {
            let sentence = format!("you have no permission {name:?} to give to a token");
            Failure::Unusable("bad_permission", sentence)
        })?;
        if !permissions.contains(&known) {
            permissions.push(known);
        }
    }
    if permissions.is_empty() {
        return Err(Failure::Unprocessable(
            "no_permission",
            "name at least one permission",
        ));
    }
    Ok(permissions)
}

fn token_of(token: store::Token, now: event::Time) -> Token {
    let names = token.permissions.iter();
    Token {
        permissions: names.map(|held| held.name().to_owned()).collect(),
        id: token.id,
        user: token.user,
        name: token.name,
        sites: token.sites,
        created: token.created.to_string(),
        expires: token.expires.to_string(),
        expired: token.expires <= now,
        seen: token.seen.map(|seen| seen.to_string()),
    }
}
