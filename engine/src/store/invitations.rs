//! Invitations that nobody has used yet, and who let a sensor go: what people must see without the audit trail.
//!
//! An invitation is called by the beginning of its token's SHA-256: the token itself is known to whoever got it.

use event::Time;
use rusqlite::{OptionalExtension, Row, params};
use serde_json::{Value, json};

use super::{Store, audit};
use crate::error::Result;

/// Leave to become a sensor that can still be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenInvitation {
    /// The first 16 hexadecimal digits of its token's SHA-256.
    pub id: String,
    /// As which sensor.
    pub sensor: String,
    /// For which sites, as granted.
    pub sites: Vec<String>,
    /// Until when.
    pub expires: Time,
    /// Who gave it.
    pub who: String,
    /// When.
    pub created: Time,
}

/// Who said that a sensor may deliver no more, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revocation {
    /// Who.
    pub who: String,
    /// Why, in their words.
    pub why: String,
}

const OPEN: &str =
    "SELECT lower(substr(hex(token), 1, 16)), sensor, sites, expires, who, created FROM enrolment
    WHERE used IS NULL AND expires > ?1";

impl Store {
    /// The invitations that can still be used, the first to end first.
    pub fn open_invitations(&self, now: Time) -> Result<Vec<OpenInvitation>> {
        self.read(|connection| {
            let mut statement =
                connection.prepare_cached(&format!("{OPEN} ORDER BY expires, sensor, token"))?;
            let rows = statement.query_map([now.micros()], invitation_of)?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Takes an invitation back: its token has expired now. False when there is no such open one.
    pub fn withdraw_invitation(&self, id: &str, who: &str, now: Time) -> Result<bool> {
        self.write(|transaction| {
            let held = transaction
                .prepare_cached(&format!("{OPEN} AND lower(substr(hex(token), 1, 16)) = ?2"))?
                .query_row(params![now.micros(), id], invitation_of)
                .optional()?;
            let Some(held) = held else { return Ok(false) };
            transaction.execute(
                "UPDATE enrolment SET expires = ?1
                 WHERE used IS NULL AND lower(substr(hex(token), 1, 16)) = ?2",
                params![now.micros(), id],
            )?;
            let detail = json!({ "sites": held.sites, "invitation": id });
            audit::append(
                transaction,
                now,
                who,
                "sensor.withdraw",
                &held.sensor,
                &detail,
            )?;
            Ok(true)
        })
    }

    /// Who revoked a sensor last, and why, as the audit trail has it.
    pub fn revocation(&self, sensor: &str) -> Result<Option<Revocation>> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT who, detail FROM audit WHERE action = 'sensor.revoke' AND target = ?1
                 ORDER BY seq DESC LIMIT 1",
            )?;
            let row = statement.query_row([sensor], |row| {
                let detail: String = row.get(1)?;
                let detail: Value = serde_json::from_str(&detail).unwrap_or_default();
                let why = detail.get("why").and_then(Value::as_str);
                Ok(Revocation {
                    who: row.get(0)?,
                    why: why.unwrap_or_default().to_owned(),
                })
            });
            Ok(row.optional()?)
        })
    }
}

fn invitation_of(row: &Row<'_>) -> rusqlite::Result<OpenInvitation> {
    let sites: String = row.get(2)?;
    Ok(OpenInvitation {
        id: row.get(0)?,
        sensor: row.get(1)?,
        // A list that cannot be read grants nothing.
        sites: serde_json::from_str(&sites).unwrap_or_default(),
        expires: Time::from_micros(row.get(3)?),
        who: row.get(4)?,
        created: Time::from_micros(row.get(5)?),
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::store::{Enrolment, NotEnrolled};

    #[test]
    fn an_invitation_is_open_until_it_is_used_ends_or_is_withdrawn() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&dir.path().join("store.db"), |_| {}).unwrap();
        let at = |seconds: i64| Time::from_seconds(1_000 + seconds, 0);
        for (token, hours) in [(1, 1), (2, 2), (3, 3)] {
            let enrolment = Enrolment {
                token: [token; 32],
                sensor: format!("xa-{token}"),
                sites: vec!["xa".to_owned()],
                expires: at(0).plus(Duration::from_secs(3_600 * hours)),
                who: "an".to_owned(),
                created: at(0),
            };
            store.add_enrolment(&enrolment).unwrap();
        }
        let open = |now| -> Vec<String> {
            let open = store.open_invitations(now).unwrap().into_iter();
            open.map(|own| own.id).collect()
        };
        assert_eq!(
            open(at(1)),
            ["01".repeat(8), "02".repeat(8), "03".repeat(8)]
        );
        assert_eq!(open(at(3_600)).len(), 2, "the first has ended");
        assert!(
            store
                .withdraw_invitation(&"02".repeat(8), "hien", at(2))
                .unwrap()
        );
        assert!(
            !store
                .withdraw_invitation(&"02".repeat(8), "hien", at(3))
                .unwrap()
        );
        assert!(!store.withdraw_invitation("", "hien", at(3)).unwrap());
        assert_eq!(open(at(3)), ["01".repeat(8), "03".repeat(8)]);
        let refused = store.enrol(&[2; 32], at(4), |_| None).unwrap();
        assert_eq!(refused, Err(NotEnrolled::Expired));
        assert_eq!(store.revocation("xa-1").unwrap(), None);
    }
}
