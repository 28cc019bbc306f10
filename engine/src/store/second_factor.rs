//! The second factor of a person: the secret that codes are made of (RFC 6238), and codes for when the telephone is
//! lost. What a code is, the caller knows; this file keeps what was used, so that nothing is used twice.

use event::Time;
use rusqlite::{OptionalExtension, params};
use serde_json::json;

use super::{Store, audit};
use crate::error::Result;

/// A person's second factor.
#[derive(Clone, PartialEq, Eq)]
pub struct SecondFactor {
    /// What codes are made of.
    pub secret: Vec<u8>,
    /// The person has shown a code of it; before, it asks for nothing.
    pub confirmed: bool,
    /// The last step of 30 seconds whose code was used.
    pub step: i64,
    /// SHA-256 of each recovery code that is left.
    pub recovery: Vec<Vec<u8>>,
}

/// Nobody prints a secret.
impl std::fmt::Debug for SecondFactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SecondFactor")
            .field("confirmed", &self.confirmed)
            .field("recovery", &self.recovery.len())
            .finish_non_exhaustive()
    }
}

impl Store {
    /// A person's second factor, confirmed or not.
    pub fn second_factor(&self, user: &str) -> Result<Option<SecondFactor>> {
        self.read(|connection| {
            let mut codes = connection
                .prepare_cached("SELECT hash FROM recovery_code WHERE user = ?1 ORDER BY hash")?;
            let codes = codes.query_map([user], |row| row.get(0))?;
            let recovery = codes.collect::<rusqlite::Result<Vec<Vec<u8>>>>()?;
            let mut statement = connection.prepare_cached(
                "SELECT secret, confirmed, step FROM second_factor WHERE user = ?1",
            )?;
            let found = statement.query_row([user], |row| {
                Ok(SecondFactor {
                    secret: row.get(0)?,
                    confirmed: row.get(1)?,
                    step: row.get(2)?,
                    recovery,
                })
            });
            Ok(found.optional()?)
        })
    }

    /// Keeps a new secret that is not confirmed yet; false when one is in force.
    pub fn begin_second_factor(&self, user: &str, secret: &[u8]) -> Result<bool> {
        self.write(|transaction| {
            let changed = transaction.execute(
                "INSERT INTO second_factor VALUES (?1, ?2, 0, 0)
                 ON CONFLICT (user) DO UPDATE SET secret = ?2, step = 0 WHERE confirmed = 0",
                params![user, secret],
            )?;
            Ok(changed > 0)
        })
    }

    /// Puts it in force, with fresh recovery codes. The person's other sessions end: they were begun without it.
    pub fn confirm_second_factor(
        &self,
        user: &str,
        step: i64,
        recovery: &[Vec<u8>],
        session: &[u8],
        now: Time,
    ) -> Result<bool> {
        self.write(|transaction| {
            let changed = transaction.execute(
                "UPDATE second_factor SET confirmed = 1, step = ?2 WHERE user = ?1 AND confirmed = 0",
                params![user, step],
            )?;
            if changed == 0 {
                return Ok(false);
            }
            transaction.execute("DELETE FROM recovery_code WHERE user = ?1", [user])?;
            for hash in recovery {
                transaction.execute(
                    "INSERT OR IGNORE INTO recovery_code VALUES (?1, ?2)",
                    params![user, hash],
                )?;
            }
            transaction.execute(
                "DELETE FROM session WHERE user = ?1 AND token <> ?2",
                params![user, session],
            )?;
            audit::append(transaction, now, user, "second_factor.confirm", user, &json!({}))?;
            Ok(true)
        })
    }

    /// Uses up a step; false when it, or a later one, was used before.
    pub fn use_step(&self, user: &str, step: i64) -> Result<bool> {
        self.write(|transaction| {
            let changed = transaction.execute(
                "UPDATE second_factor SET step = ?2 WHERE user = ?1 AND confirmed = 1 AND step < ?2",
                params![user, step],
            )?;
            Ok(changed > 0)
        })
    }

    /// Uses up a recovery code; false when there is none like it.
    pub fn use_recovery_code(&self, user: &str, hash: &[u8], now: Time) -> Result<bool> {
        self.write(|transaction| {
            let removed = transaction.execute(
                "DELETE FROM recovery_code WHERE user = ?1 AND hash = ?2",
                params![user, hash],
            )?;
            if removed > 0 {
                let action = "second_factor.recover";
                audit::append(transaction, now, user, action, user, &json!({}))?;
            }
            Ok(removed > 0)
        })
    }

    /// Takes it away; false when there was none.
    pub fn remove_second_factor(&self, user: &str, who: &str, now: Time) -> Result<bool> {
        self.write(|transaction| {
            let removed =
                transaction.execute("DELETE FROM second_factor WHERE user = ?1", [user])?;
            transaction.execute("DELETE FROM recovery_code WHERE user = ?1", [user])?;
            if removed > 0 {
                let action = "second_factor.remove";
                audit::append(transaction, now, who, action, user, &json!({}))?;
            }
            Ok(removed > 0)
        })
    }
}
