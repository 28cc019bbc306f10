//! Tokens for programs that speak to the API in a person's name. Secrets come in as SHA-256.

use event::Time;
use rusqlite::{OptionalExtension, params};
use serde_json::json;

use super::{Store, audit};
use crate::error::Result;
use crate::reader::Permission;

/// Tokens that one person may have at once.
const MOST: i64 = 50;

/// A token: never more than its person may.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// What it is called in lists and logs; the first part of what a program sends.
    pub id: String,
    /// SHA-256 of the secret.
    pub hash: Vec<u8>,
    /// In whose name.
    pub user: String,
    /// What it is for, in the person's words.
    pub name: String,
    /// What it may do, as far as its person may.
    pub permissions: Vec<Permission>,
    /// The sites that it sees, as far as its person does; none: all of the person's.
    pub sites: Option<Vec<String>>,
    /// Since when.
    pub created: Time,
    /// It holds until then.
    pub expires: Time,
    /// Last used.
    pub seen: Option<Time>,
}

const TOKEN: &str =
    "SELECT id, hash, user, name, permissions, sites, created, expires, seen FROM token";

fn token_of(row: &rusqlite::Row<'_>) -> rusqlite::Result<Token> {
    let (permissions, sites): (String, Option<String>) = (row.get(4)?, row.get(5)?);
    let named: Vec<String> = serde_json::from_str(&permissions).unwrap_or_default();
    let known = named.iter().filter_map(|name| Permission::from_name(name));
    Ok(Token {
        id: row.get(0)?,
        hash: row.get(1)?,
        user: row.get(2)?,
        name: row.get(3)?,
        permissions: known.collect(),
        // A list that cannot be read grants nothing, rather than everything.
        sites: sites.map(|sites| serde_json::from_str(&sites).unwrap_or_default()),
        created: Time::from_micros(row.get(6)?),
        expires: Time::from_micros(row.get(7)?),
        seen: row.get::<_, Option<i64>>(8)?.map(Time::from_micros),
    })
}

impl Store {
    /// Keeps a new token; false when its person has as many as one may have.
    pub fn add_token(&self, token: &Token, who: &str) -> Result<bool> {
        let names: Vec<&str> = token.permissions.iter().map(|p| p.name()).collect();
        let sites = token.sites.as_ref().map(|sites| json!(sites).to_string());
        self.write(|transaction| {
            let held: i64 = transaction.query_row(
                "SELECT count(*) FROM token WHERE user = ?1",
                [&token.user],
                |row| row.get(0),
            )?;
            if held >= MOST {
                return Ok(false);
            }
            transaction.execute(
                "INSERT INTO token VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, NULL)",
                params![
                    token.id,
                    token.hash,
                    token.user,
                    token.name,
                    json!(names).to_string(),
                    sites,
                    token.created.micros(),
                    token.expires.micros()
                ],
            )?;
            let detail = json!({ "name": token.name, "permissions": names, "sites": token.sites,
                "expires": token.expires.to_string() });
            let at = token.created;
            audit::append(transaction, at, who, "token.make", &token.id, &detail)?;
            Ok(true)
        })
    }

    /// The token with an id.
    pub fn token(&self, id: &str) -> Result<Option<Token>> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(&format!("{TOKEN} WHERE id = ?1"))?;
            Ok(statement.query_row([id], token_of).optional()?)
        })
    }

    /// The tokens of a person, or of everybody, the newest first.
    pub fn tokens(&self, user: Option<&str>) -> Result<Vec<Token>> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(&format!(
                "{TOKEN} WHERE ?1 IS NULL OR user = ?1 ORDER BY created DESC, id LIMIT 1000"
            ))?;
            let rows = statement.query_map([user], token_of)?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Notes that a token was used.
    pub fn touch_token(&self, id: &str, now: Time) -> Result<()> {
        self.write(|transaction| {
            transaction.execute(
                "UPDATE token SET seen = ?2 WHERE id = ?1",
                params![id, now.micros()],
            )?;
            Ok(())
        })
    }

    /// Takes a token away, from the next request on; false when there is none.
    pub fn remove_token(&self, id: &str, who: &str, now: Time) -> Result<bool> {
        self.write(|transaction| {
            let removed = transaction.execute("DELETE FROM token WHERE id = ?1", [id])?;
            if removed > 0 {
                audit::append(transaction, now, who, "token.revoke", id, &json!({}))?;
            }
            Ok(removed > 0)
        })
    }
}
