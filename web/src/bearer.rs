//! Programs that speak in a person's name: `Authorization: Bearer hdt_ID_SECRET` (RFC 6750).
//!
//! A token holds no more than its person may at this moment: the permissions of both, the sites of both. It comes with
//! no cookie, so that no other page can send it, and needs no CSRF token.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::http::{HeaderMap, header};
use engine::reader::Scope;
use engine::store::Token;
use sha2::{Digest, Sha256};

use crate::app::App;
use crate::auth::{self, SignedIn};
use crate::error::{Failure, blocking};

/// What every token begins with: found by whoever looks for secrets in files.
const PREFIX: &str = "hdt_";

/// A new token: what the store keeps of it, and what its person is shown once.
pub(crate) struct Fresh {
    /// The public part.
    pub(crate) id: String,
    /// SHA-256 of the secret.
    pub(crate) hash: Vec<u8>,
    /// The whole.
    pub(crate) shown: String,
}

/// Draws a token.
pub(crate) fn draw() -> Result<Fresh, Failure> {
    let mut id = [0_u8; 6];
    getrandom::fill(&mut id).map_err(Failure::NoRandom)?;
    let id: String = id.iter().map(|byte| format!("{byte:02x}")).collect();
    let secret = auth::random_hex()?;
    Ok(Fresh {
        hash: Sha256::digest(&secret).to_vec(),
        shown: format!("{PREFIX}{id}_{secret}"),
        id,
    })
}

/// What a request sends as a token, if it does.
pub(crate) fn sent(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then_some(token.trim())
}

/// Who a token speaks for. A wrong one counts as a try to sign in.
pub(crate) async fn signed_in(
    app: &Arc<App>,
    sent: &str,
    ip: Option<IpAddr>,
) -> Result<SignedIn, Failure> {
    let parts = sent.strip_prefix(PREFIX).and_then(|it| it.split_once('_'));
    let (id, secret) = parts.ok_or(Failure::SignedOut)?;
    let hash = Sha256::digest(secret).to_vec();
    let (looking, id) = (Arc::clone(app), id.to_owned());
    let found = blocking(move || find(&looking, &id, &hash)).await?;
    if found.is_none() {
        app.begin_attempt(ip, PREFIX)?;
    }
    found.ok_or(Failure::SignedOut)
}

/// The same later: whether it still speaks for somebody, and for what they see now.
pub(crate) async fn again(app: &Arc<App>, token: &Token) -> Result<Option<SignedIn>, Failure> {
    let (app, id, hash) = (Arc::clone(app), token.id.clone(), token.hash.clone());
    blocking(move || find(&app, &id, &hash)).await
}

fn find(app: &App, id: &str, hash: &[u8]) -> engine::Result<Option<SignedIn>> {
    let now = app.now();
    let token = app.store.token(id)?;
    let held = token.filter(|token| token.expires > now && auth::same(&token.hash, hash));
    let Some(token) = held else {
        return Ok(None);
    };
    let user = app.store.user(&token.user)?;
    let Some(user) = user.filter(|user| !user.disabled && !user.must_change) else {
        return Ok(None);
    };
    let unused = token
        .seen
        .is_none_or(|seen| now.since(seen) > Duration::from_secs(60));
    if unused {
        app.store.touch_token(id, now)?;
    }
    let mut reader = auth::reader_of(app, &user, now);
    reader.scope = narrowed(app, reader.scope, &token);
    Ok(Some(SignedIn {
        reader,
        session: None,
        token: Some(token),
    }))
}

/// The sites of both.
fn narrowed(app: &App, scope: Scope, token: &Token) -> Scope {
    let Some(granted) = &token.sites else {
        return scope;
    };
    let now = app.now();
    let mut leaves: Vec<_> = granted
        .iter()
        .flat_map(|id| app.sites.expand(id, now))
        .filter(|leaf| scope.admits(leaf))
        .collect();
    leaves.sort();
    leaves.dedup();
    Scope::Sites(leaves)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn a_token_is_found_where_it_is_and_nowhere_else() {
        let of = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::AUTHORIZATION, HeaderValue::from_str(value).unwrap());
            sent(&headers).map(str::to_owned)
        };
        assert_eq!(of("Bearer hdt_a_b").as_deref(), Some("hdt_a_b"));
        assert_eq!(of("bearer  hdt_a_b").as_deref(), Some("hdt_a_b"));
        assert_eq!(of("Basic hdt_a_b"), None);
        assert_eq!(of("hdt_a_b"), None);
        assert_eq!(sent(&HeaderMap::new()), None);
    }

    #[test]
    fn no_two_tokens_are_alike_and_the_hash_is_of_the_secret() {
        let (one, other) = (draw().unwrap(), draw().unwrap());
        assert_ne!(one.shown, other.shown);
        let secret = one.shown.rsplit('_').next().unwrap();
        assert_eq!(one.hash, Sha256::digest(secret).to_vec());
        assert!(one.shown.starts_with(&format!("hdt_{}_", one.id)));
    }
}
