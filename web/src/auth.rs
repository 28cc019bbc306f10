//! Who is asking: passwords, sessions, cookies, and the [`Reader`] that every handler takes.
//!
//! The cookie holds 256 random bits; the store holds their SHA-256. Writes must carry the
//! session's CSRF token and come from the console's own origin.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::Duration;

use argon2::Argon2;
use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use engine::reader::{Permission, Reader, Scope};
use engine::store::{Session, Token, User};
use event::Time;
use sha2::{Digest, Sha256};

use crate::app::App;
use crate::bearer;
use crate::error::{Failure, blocking};
use crate::peer::Peer;

/// The cookie over TLS, bound to the host by its prefix; and the one on loopback HTTP.
const SECURE_COOKIE: &str = "__Host-haidang";
const PLAIN_COOKIE: &str = "haidang";
/// The shortest password.
pub(crate) const MIN_PASSWORD_CHARS: usize = 10;
/// The longest; argon2 would take any length of somebody's time.
pub(crate) const MAX_PASSWORD_BYTES: usize = 256;

/// A password that cannot be hashed or a hash that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("the password could not be hashed: {0}")]
pub struct PasswordError(String);

/// Hashes a password with argon2id (19 MiB, two passes) as a PHC string.
pub fn hash_password(password: &str) -> Result<String, PasswordError> {
    let fail = |error: &dyn std::fmt::Display| PasswordError(error.to_string());
    let mut salt = [0_u8; 16];
    getrandom::fill(&mut salt).map_err(|error| fail(&error))?;
    let salt = SaltString::encode_b64(&salt).map_err(|error| fail(&error))?;
    let hash = Argon2::default().hash_password(password.as_bytes(), &salt);
    hash.map(|hash| hash.to_string())
        .map_err(|error| fail(&error))
}

/// A password to hand out once: 80 random bits in letters that cannot be mistaken.
pub fn random_password() -> Result<String, PasswordError> {
    const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let mut random = [0_u8; 16];
    getrandom::fill(&mut random).map_err(|error| PasswordError(error.to_string()))?;
    let letter = |byte: &u8| {
        LETTERS
            .get(usize::from(byte % 32))
            .map_or('x', |c| char::from(*c))
    };
    let letters: Vec<char> = random.iter().map(letter).collect();
    Ok(letters
        .chunks(4)
        .map(|four| four.iter().collect::<String>())
        .collect::<Vec<_>>()
        .join("-"))
}

fn verify_password(password: &str, hash: &str) -> bool {
    PasswordHash::new(hash).is_ok_and(|hash| {
        Argon2::default()
            .verify_password(password.as_bytes(), &hash)
            .is_ok()
    })
}

/// Checks a name and password. An unknown name takes as long as a wrong password.
pub(crate) async fn check_password(
    app: &Arc<App>,
    name: &str,
    password: &str,
) -> Result<Option<User>, Failure> {
    /// A hash that no password has: what an unknown name is checked against.
    const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let busy = |_| Failure::Busy("too many sign-ins at once; try again");
    let _permit = app.memory.hashing.acquire().await.map_err(busy)?;
    let (store, name, password) = (Arc::clone(&app.store), name.to_owned(), password.to_owned());
    blocking(move || {
        let user = store.user(&name)?.filter(|user| !user.disabled);
        let hash = user.as_ref().map_or(NOBODY, |user| &user.password);
        let right = verify_password(&password, hash);
        Ok(user.filter(|_| right))
    })
    .await
}

/// Tries to sign in, by name and by address. Of a name five are free, of an address thirty, for a
/// whole office may stand behind one; then each further one doubles the wait.
#[derive(Debug, Default)]
pub(crate) struct Attempts(HashMap<Key, (u32, Time)>);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Key {
    Name(String),
    Address(IpAddr),
}

impl Key {
    fn of(ip: Option<IpAddr>, name: &str) -> impl Iterator<Item = Self> {
        let name = Self::Name(name.to_owned());
        std::iter::once(name).chain(ip.map(|ip| Self::Address(network_of(ip))))
    }

    fn pause(&self, tries: u32) -> Duration {
        let (free, longest) = match self {
            Self::Name(_) => (5, 9),
            Self::Address(_) => (30, 6),
        };
        match tries.checked_sub(free) {
            None => Duration::ZERO,
            Some(over) => Duration::from_secs(1 << (over + 2).min(longest)),
        }
    }
}

/// An IPv6 host has a /64 to choose addresses from.
fn network_of(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V6(ip) => Ipv6Addr::from_bits(ip.to_bits() & !u128::from(u64::MAX)).into(),
        ip => ip,
    }
}

impl Attempts {
    /// More keys than this are forgotten, the oldest first.
    const KEPT: usize = 10_000;

    /// Counts a try as wrong before it is checked, so that many at once are as many; or says for
    /// how many seconds none is allowed.
    pub(crate) fn begin(&mut self, ip: Option<IpAddr>, name: &str, now: Time) -> Result<(), u64> {
        let waits = Key::of(ip, name).filter_map(|key| {
            let (tries, last) = self.0.get(&key)?;
            let until = last.plus(key.pause(*tries));
            (until > now).then(|| until.since(now).as_secs() + 1)
        });
        if let Some(seconds) = waits.max() {
            return Err(seconds);
        }
        for key in Key::of(ip, name) {
            if !self.0.contains_key(&key) {
                self.make_room();
            }
            let (tries, last) = self.0.entry(key).or_insert((0, now));
            (*tries, *last) = (tries.saturating_add(1), now);
        }
        Ok(())
    }

    /// The password was right: the name's tries are forgotten, and this one of the address.
    pub(crate) fn right(&mut self, ip: Option<IpAddr>, name: &str) {
        for key in Key::of(ip, name) {
            match &key {
                Key::Name(_) => {
                    self.0.remove(&key);
                }
                Key::Address(_) => {
                    if let Some((tries, _)) = self.0.get_mut(&key) {
                        *tries = tries.saturating_sub(1);
                    }
                }
            }
        }
    }

    fn make_room(&mut self) {
        if self.0.len() < Self::KEPT {
            return;
        }
        let oldest = self.0.iter().min_by_key(|(_, (_, last))| *last);
        if let Some(oldest) = oldest.map(|(key, _)| key.clone()) {
            self.0.remove(&oldest);
        }
    }
}

/// Who is signed in, with the session's own secrets.
#[derive(Clone, Debug)]
pub(crate) struct SignedIn {
    pub(crate) reader: Reader,
    /// None on the control socket, and of a token.
    pub(crate) session: Option<(Session, User)>,
    /// The token of a program, which may no more than it lists.
    pub(crate) token: Option<Token>,
}

impl SignedIn {
    /// Refuses what the role, or the token, may not do.
    pub(crate) fn must(&self, permission: Permission) -> Result<(), Failure> {
        if self.may(permission) {
            return Ok(());
        }
        self.has_own_password()?;
        if self.reader.role.may(permission) && self.token.is_some() {
            return Err(Failure::Forbidden("this token may not do this"));
        }
        Err(Failure::Forbidden("your role may not do this"))
    }

    /// Whether it may do something.
    pub(crate) fn may(&self, permission: Permission) -> bool {
        let token = self.token.as_ref();
        self.has_own_password().is_ok()
            && self.reader.role.may(permission)
            && token.is_none_or(|token| token.permissions.contains(&permission))
    }

    /// The session and person of a console: what is one's own, no token and no socket may touch.
    pub(crate) fn person(&self) -> Result<&(Session, User), Failure> {
        self.has_own_password()?;
        self.session.as_ref().ok_or(Failure::Forbidden(
            "only a person who is signed in may do this",
        ))
    }

    fn has_own_password(&self) -> Result<(), Failure> {
        match &self.session {
            Some((_, user)) if user.must_change => Err(Failure::MustChange),
            _ => Ok(()),
        }
    }
}

/// Begins a session: the cookie's value, and the session.
pub(crate) async fn begin(
    app: &Arc<App>,
    user: &str,
    ip: Option<IpAddr>,
    headers: &HeaderMap,
) -> Result<(String, Session), Failure> {
    /// A program says of itself as much as it likes.
    const AGENT_CHARS: usize = 200;
    let agent = headers
        .get(header::USER_AGENT)
        .and_then(|agent| agent.to_str().ok());
    let (cookie, csrf) = (random_hex()?, random_hex()?);
    let now = app.now();
    let token = Sha256::digest(&cookie).to_vec();
    let session = Session {
        token,
        user: user.to_owned(),
        csrf,
        created: now,
        seen: now,
        address: ip.map(|ip| ip.to_string()).unwrap_or_default(),
        agent: agent
            .unwrap_or_default()
            .chars()
            .take(AGENT_CHARS)
            .collect(),
    };
    let (store, kept) = (Arc::clone(&app.store), session.clone());
    blocking(move || store.begin_session(&kept)).await?;
    Ok((cookie, session))
}

/// 256 random bits.
pub(crate) fn random_hex() -> Result<String, PasswordError> {
    let mut random = [0_u8; 32];
    getrandom::fill(&mut random).map_err(|error| PasswordError(error.to_string()))?;
    Ok(random.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// The `Set-Cookie` value that begins (or, without a value, ends) a session.
pub(crate) fn cookie(peer: Peer, value: Option<&str>) -> String {
    let tls = matches!(peer, Peer::Network { tls: true, .. });
    let (name, secure) = if tls {
        (SECURE_COOKIE, "; Secure")
    } else {
        (PLAIN_COOKIE, "")
    };
    let end = if value.is_none() { "; Max-Age=0" } else { "" };
    format!(
        "{name}={}; Path=/; HttpOnly; SameSite=Strict{secure}{end}",
        value.unwrap_or_default()
    )
}

fn cookie_value(headers: &HeaderMap, peer: Peer) -> Option<&str> {
    let tls = matches!(peer, Peer::Network { tls: true, .. });
    let wanted = if tls { SECURE_COOKIE } else { PLAIN_COOKIE };
    let cookies = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok());
    cookies
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == wanted)
        .map(|(_, value)| value)
}

impl FromRequestParts<Arc<App>> for SignedIn {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Failure> {
        let peer = peer_of(parts)?;
        if peer == Peer::Control {
            return Ok(Self {
                reader: Reader::local(),
                session: None,
                token: None,
            });
        }
        if let Some(token) = bearer::sent(&parts.headers) {
            let ip = match peer {
                Peer::Network { ip, .. } => Some(ip),
                Peer::Control => None,
            };
            return bearer::signed_in(app, token, ip).await;
        }
        let cookie = cookie_value(&parts.headers, peer).ok_or(Failure::SignedOut)?;
        let token = Sha256::digest(cookie).to_vec();
        let signed_in = find_session(app, token).await?.ok_or(Failure::SignedOut)?;
        if !matches!(parts.method, Method::GET | Method::HEAD) {
            check_origin(&parts.headers, &signed_in)?;
        }
        Ok(signed_in)
    }
}

fn peer_of(parts: &Parts) -> Result<Peer, Failure> {
    let found = parts.extensions.get::<Peer>().copied();
    found.ok_or(Failure::Forbidden("the listener did not say who is there"))
}

/// The session with a token, if it still holds; used again and again by a live stream.
pub(crate) async fn find_session(
    app: &Arc<App>,
    token: Vec<u8>,
) -> Result<Option<SignedIn>, Failure> {
    let app = Arc::clone(app);
    blocking(move || {
        let now = app.now();
        let (expired, ended) = (
            now.minus(app.options.session_idle),
            now.minus(app.options.session_age),
        );
        let Some(session) = app.store.session(&token)? else {
            return Ok(None);
        };
        if session.seen < expired || session.created < ended {
            return Ok(None);
        }
        let Some(user) = app.store.user(&session.user)?.filter(|user| !user.disabled) else {
            return Ok(None);
        };
        if now.since(session.seen) > Duration::from_secs(60) {
            app.store.touch_session(&token, now, expired, ended)?;
        }
        let reader = reader_of(&app, &user, now);
        Ok(Some(SignedIn {
            reader,
            session: Some((session, user)),
            token: None,
        }))
    })
    .await
}

/// A person's rights now: grants on an area are expanded to the leaves that are valid today.
pub(crate) fn reader_of(app: &App, user: &User, now: Time) -> Reader {
    let scope = user.sites.as_ref().map_or(Scope::All, |granted| {
        let mut leaves: Vec<_> = granted
            .iter()
            .flat_map(|id| app.sites.expand(id, now))
            .collect();
        leaves.sort();
        leaves.dedup();
        Scope::Sites(leaves)
    });
    Reader {
        user: user.name.as_str().into(),
        role: user.role,
        scope,
    }
}

/// A write carries the session's token, and an `Origin`, if there is one, is our own.
fn check_origin(headers: &HeaderMap, signed_in: &SignedIn) -> Result<(), Failure> {
    check_same_origin(headers)?;
    let held = signed_in
        .session
        .as_ref()
        .map(|(session, _)| session.csrf.as_str());
    let sent = headers
        .get("x-csrf-token")
        .and_then(|value| value.to_str().ok());
    match (held, sent) {
        (Some(held), Some(sent)) if same(held.as_bytes(), sent.as_bytes()) => Ok(()),
        _ => Err(Failure::Forbidden(
            "the request lacks the session's CSRF token",
        )),
    }
}

/// An `Origin`, if there is one, names the host that was asked.
pub(crate) fn check_same_origin(headers: &HeaderMap) -> Result<(), Failure> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let Some(origin) = text(header::ORIGIN) else {
        return Ok(());
    };
    let host = origin.split_once("://").map(|(_, host)| host);
    if host.is_some() && host == text(header::HOST) {
        Ok(())
    } else {
        Err(Failure::Forbidden("the request comes from another site"))
    }
}

/// Compares without telling by its time where the difference is.
pub(crate) fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |differ, (a, b)| differ | (a ^ b)) == 0
}

impl App {
    /// Counts a try to sign in, or refuses it.
    pub(crate) fn begin_attempt(&self, ip: Option<IpAddr>, name: &str) -> Result<(), Failure> {
        let begun = self.attempts().begin(ip, name, self.now());
        begun.map_err(Failure::TooManyAttempts)
    }

    /// The password was right.
    pub(crate) fn end_attempt(&self, ip: Option<IpAddr>, name: &str) {
        self.attempts().right(ip, name);
    }

    fn attempts(&self) -> MutexGuard<'_, Attempts> {
        let attempts = self.memory.attempts.lock();
        attempts.unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_known_again_and_a_hash_tells_nothing() {
        let hash = hash_password("đèn biển 1234").unwrap();
        assert!(hash.starts_with("$argon2id$"));
        assert!(verify_password("đèn biển 1234", &hash));
        assert!(!verify_password("đèn biển 1235", &hash));
        assert!(!verify_password("", "not a hash"));
    }

    #[test]
    fn five_tries_are_free_then_each_doubles_the_wait() {
        let (mut attempts, mut now) = (Attempts::default(), Time::EPOCH);
        let ip = Some(IpAddr::from([127, 0, 0, 1]));
        for _ in 0..5 {
            assert_eq!(attempts.begin(ip, "an", now), Ok(()));
        }
        for wait in [5, 9, 17] {
            assert_eq!(attempts.begin(ip, "an", now), Err(wait));
            assert_eq!(attempts.begin(None, "an", now), Err(wait), "from anywhere");
            assert_eq!(attempts.begin(ip, "binh", now), Ok(()), "others may");
            now = now.plus(Duration::from_secs(wait));
            assert_eq!(attempts.begin(ip, "an", now), Ok(()));
        }
        attempts.right(ip, "an");
        assert_eq!(attempts.begin(ip, "an", now), Ok(()));
    }

    #[test]
    fn an_address_that_tries_many_names_waits_and_a_network_is_one_address() {
        let (mut attempts, now) = (Attempts::default(), Time::EPOCH);
        for place in 0..30_u16 {
            let ip = Some(IpAddr::from([0x2001, 0xdb8, 0, 1, 0, 0, 0, place]));
            assert_eq!(attempts.begin(ip, &format!("n{place}"), now), Ok(()));
        }
        let ip = |subnet| Some(IpAddr::from([0x2001, 0xdb8, 0, subnet, 9, 9, 9, 9]));
        assert_eq!(attempts.begin(ip(1), "n31", now), Err(5));
        assert_eq!(attempts.begin(ip(2), "n31", now), Ok(()));
    }

    #[test]
    fn a_full_table_forgets_the_oldest_and_goes_on_counting() {
        let (mut attempts, mut now) = (Attempts::default(), Time::EPOCH);
        for place in 0..2 * Attempts::KEPT {
            now = now.plus(Duration::from_millis(1));
            assert_eq!(attempts.begin(None, &format!("n{place}"), now), Ok(()));
        }
        assert_eq!(attempts.0.len(), Attempts::KEPT);
        for _ in 0..5 {
            assert_eq!(attempts.begin(None, "an", now), Ok(()));
        }
        assert_eq!(attempts.begin(None, "an", now), Err(5));
    }

    #[test]
    fn a_foreign_origin_is_refused() {
        let headers = |origin: &str| {
            HeaderMap::from_iter([
                (header::HOST, "127.0.0.1:8443".parse().unwrap()),
                (header::ORIGIN, origin.parse().unwrap()),
            ])
        };
        assert!(check_same_origin(&headers("http://127.0.0.1:8443")).is_ok());
        for origin in [
            "http://evil.example",
            "null",
            "http://127.0.0.1:8443.evil.example",
        ] {
            assert!(check_same_origin(&headers(origin)).is_err(), "{origin}");
        }
    }
}
