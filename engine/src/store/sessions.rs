//! Sessions of people who signed in. Cookies come in as SHA-256: this file never sees a secret.

use event::Time;
use rusqlite::{OptionalExtension, params};
use serde_json::json;

use super::{Store, audit};
use crate::error::Result;

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
    /// From which address it was begun; empty: from before this was kept.
    pub address: String,
    /// With which program, as it says itself, at most 200 characters.
    pub agent: String,
}

impl Session {
    /// What it is called in lists: enough of the digest to tell sessions apart, too little to be one.
    pub fn id(&self) -> String {
        let short = self.token.iter().take(8);
        short.map(|byte| format!("{byte:02x}")).collect()
    }
}

const SESSION: &str = "SELECT token, user, csrf, created, seen, address, agent FROM session";

fn session_of(row: &rusqlite::Row<'_>) -> rusqlite::Result<Session> {
    Ok(Session {
        token: row.get(0)?,
        user: row.get(1)?,
        csrf: row.get(2)?,
        created: Time::from_micros(row.get(3)?),
        seen: Time::from_micros(row.get(4)?),
        address: row.get(5)?,
        agent: row.get(6)?,
    })
}

impl Store {
    /// Begins a session.
    pub fn begin_session(&self, session: &Session) -> Result<()> {
        self.write(|transaction| {
            transaction.execute(
                "INSERT INTO session VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                params![
                    session.token,
                    session.user,
                    session.csrf,
                    session.created.micros(),
                    session.seen.micros(),
                    session.address,
                    session.agent
                ],
            )?;
            let (at, who) = (session.created, &session.user);
            let detail = json!({ "address": session.address });
            audit::append(transaction, at, who, "session.begin", "", &detail)
        })
    }

    /// The session with a token.
    pub fn session(&self, token: &[u8]) -> Result<Option<Session>> {
        self.read(|connection| {
            let mut statement =
                connection.prepare_cached(&format!("{SESSION} WHERE token = ?1"))?;
            Ok(statement.query_row([token], session_of).optional()?)
        })
    }

    /// The sessions of a person, or of everybody, that were used since `expired` and begun since `ended`; the one
    /// that was used last first.
    pub fn sessions(&self, user: Option<&str>, expired: Time, ended: Time) -> Result<Vec<Session>> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(&format!(
                "{SESSION} WHERE (?1 IS NULL OR user = ?1) AND seen >= ?2 AND created >= ?3
                 ORDER BY seen DESC, token LIMIT 1000"
            ))?;
            let rows =
                statement.query_map(params![user, expired.micros(), ended.micros()], session_of)?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
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

    /// Ends a session: `who` is its own person, or whoever takes it away.
    pub fn end_session(&self, session: &Session, who: &str, now: Time) -> Result<()> {
        self.write(|transaction| {
            transaction.execute("DELETE FROM session WHERE token = ?1", [&session.token])?;
            let (action, target) = if session.user == who {
                ("session.end", String::new())
            } else {
                ("session.revoke", session.user.clone())
            };
            let detail = json!({ "session": session.id() });
            audit::append(transaction, now, who, action, &target, &detail)
        })
    }
}
