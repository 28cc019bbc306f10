//! People who may sign in. Passwords come in as argon2id strings: this file never sees a secret.

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
    /// The password was given by somebody else: nothing may be done before it is changed.
    pub must_change: bool,
    /// Since when.
    pub created: Time,
}

const USER: &str = "SELECT name, display, role, sites, password, disabled, created,
  must_change FROM user";

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
        must_change: row.get(7)?,
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
                "INSERT OR IGNORE INTO user VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                params![
                    user.name,
                    user.display,
                    user.role.name(),
                    sites,
                    user.password,
                    user.disabled,
                    user.created.micros(),
                    user.must_change
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

    /// Sets a password and ends the person's sessions; false when there is no such person. One that somebody else
    /// set must be changed before anything else.
    pub fn set_password(&self, name: &str, password: &str, who: &str, now: Time) -> Result<bool> {
        self.write(|transaction| {
            let changed = transaction.execute(
                "UPDATE user SET password = ?2, must_change = ?3 WHERE name = ?1",
                params![name, password, name != who],
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
}
