//! People who may sign in, and their sessions. Passwords come in as argon2id strings; cookies come
//! in as SHA-256: this file never sees a secret.

use event::Time;
use rusqlite::{OptionalExtension, params};
use serde_json::json;

use super::{Store, audit};
use crate::error::Result;
use crate::reader::Role;

/// A person who may sign in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The name to sign in with.
    pub name: String,
    /// The name that others read.
    pub display: String,
    /// What they are trusted with.
    pub role: Role,
    /// The sites granted, as written: a grant on an area covers its leaves. None: all.
    pub sites: Option<Vec<String>>,
    /// The password, an argon2id PHC string.
    pub password: String,
    /// May not sign in any more.
    pub disabled: bool,
    /// Since when.
    pub created: Time,
}

/// A session of somebody signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// SHA-256 of the cookie.
    pub token: Vec<u8>,
    /// Whose.
    pub user: String,
    /// What writes must carry.
    pub csrf: String,
    /// Since when.
    pub created: Time,
    /// Last used.
    pub seen: Time,
}

const USER: &str = "SELECT name, display, role, sites, password, disabled, created FROM user";

fn user_of(row: &rusqlite::Row<'_>) -> rusqlite::Result<User> {
    let (role, sites): (String, Option<String>) = (row.get(2)?, row.get(3)?);
    Ok(User {
        name: row.get(0)?,
        display: row.get(1)?,
        role: Role::from_name(&role).unwrap_or(Role::Viewer),
        // A list that cannot be read grants nothing, rather than everything.
        sites: sites.map(|sites| serde_json::from_str(&sites).unwrap_or_default()),
        password: row.get(4)?,
        disabled: row.get(5)?,
        created: Time::from_micros(row.get(6)?),
    })
}

impl Store {
    /// Everyone.
    pub fn users(&self) -> Result<Vec<User>> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(&format!("{USER} ORDER BY name"))?;
            let rows = statement.query_map([], user_of)?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// The person with a name.
    pub fn user(&self, name: &str) -> Result<Option<User>> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(&format!("{USER} WHERE name = ?1"))?;
            Ok(statement.query_row([name], user_of).optional()?)
        })
    }

    /// Adds a person; false when the name is taken.
    pub fn add_user(&self, user: &User, who: &str) -> Result<bool> {
        self.write(|transaction| {
            let sites = user.sites.as_ref().map(|sites| json!(sites).to_string());
            let added = transaction.execute(
                "INSERT OR IGNORE INTO user VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                params![
                    user.name,
                    user.display,
                    user.role.name(),
                    sites,
                    user.password,
                    user.disabled,
                    user.created.micros()
                ],
            )?;
            if added > 0 {
                let detail = json!({ "role": user.role.name(), "sites": user.sites });
                audit::append(
                    transaction,
                    user.created,
                    who,
                    "user.add",
                    &user.name,
                    &detail,
                )?;
            }
            Ok(added > 0)
        })
    }

    /// Sets a password and ends the person's sessions; false when there is no such person.
    pub fn set_password(&self, name: &str, password: &str, who: &str, now: Time) -> Result<bool> {
        self.write(|transaction| {
            let changed = transaction.execute(
                "UPDATE user SET password = ?2 WHERE name = ?1",
                params![name, password],
            )?;
            transaction.execute("DELETE FROM session WHERE user = ?1", [name])?;
            if changed > 0 {
                audit::append(transaction, now, who, "user.password", name, &json!({}))?;
            }
            Ok(changed > 0)
        })
    }

    /// Changes role, sites or whether a person may sign in, and ends their sessions.
    pub fn change_user(&self, user: &User, who: &str, now: Time) -> Result<bool> {
        self.write(|transaction| {
            let sites = user.sites.as_ref().map(|sites| json!(sites).to_string());
            let changed = transaction.execute(
                "UPDATE user SET display = ?2, role = ?3, sites = ?4, disabled = ?5 WHERE name = ?1",
                params![user.name, user.display, user.role.name(), sites, user.disabled],
            )?;
            transaction.execute("DELETE FROM session WHERE user = ?1", [&user.name])?;
            if changed > 0 {
                let detail = json!({ "role": user.role.name(), "sites": user.sites,
                    "disabled": user.disabled });
                audit::append(transaction, now, who, "user.change", &user.name, &detail)?;
            }
            Ok(changed > 0)
        })
    }

    /// Begins a session.
    pub fn begin_session(&self, session: &Session) -> Result<()> {
        self.write(|transaction| {
            transaction.execute(
                "INSERT INTO session VALUES (?1, ?2, ?3, ?4, ?5)",
                params![
                    session.token,
                    session.user,
                    session.csrf,
                    session.created.micros(),
                    session.seen.micros()
                ],
            )?;
            let at = session.created;
            audit::append(
                transaction,
                at,
                &session.user,
                "session.begin",
                "",
                &json!({}),
            )
        })
    }

    /// The session with a token.
    pub fn session(&self, token: &[u8]) -> Result<Option<Session>> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT token, user, csrf, created, seen FROM session WHERE token = ?1",
            )?;
            let found = statement.query_row([token], |row| {
                Ok(Session {
                    token: row.get(0)?,
                    user: row.get(1)?,
                    csrf: row.get(2)?,
                    created: Time::from_micros(row.get(3)?),
                    seen: Time::from_micros(row.get(4)?),
                })
            });
            Ok(found.optional()?)
        })
    }

    /// Notes that a session was used, and forgets those not used since `expired` or begun before
    /// `ended`.
    pub fn touch_session(&self, token: &[u8], now: Time, expired: Time, ended: Time) -> Result<()> {
        self.write(|transaction| {
            transaction.execute(
                "UPDATE session SET seen = ?2 WHERE token = ?1",
                params![token, now.micros()],
            )?;
            transaction.execute(
                "DELETE FROM session WHERE seen < ?1 OR created < ?2",
                params![expired.micros(), ended.micros()],
            )?;
            Ok(())
        })
    }

    /// Ends a session.
    pub fn end_session(&self, token: &[u8], who: &str, now: Time) -> Result<()> {
        self.write(|transaction| {
            transaction.execute("DELETE FROM session WHERE token = ?1", [token])?;
            audit::append(transaction, now, who, "session.end", "", &json!({}))
        })
    }
}
