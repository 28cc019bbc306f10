//! The audit trail: every write by a person, chained by hash so that a change in the past shows.

use event::Time;
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use sha2::{Digest, Sha256};

use super::Store;
use crate::error::Result;
use crate::index::Expired;

/// One thing that somebody did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    /// Contiguous from 1.
    pub seq: i64,
    /// When.
    pub at: Time,
    /// Who.
    pub who: String,
    /// What, as `noun.verb`.
    pub action: String,
    /// To what.
    pub target: String,
    /// With which values, JSON; never a secret.
    pub detail: String,
}

/// Which entries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Of this person.
    pub who: Option<String>,
    /// This action, or with a noun alone (`case`) all of its actions.
    pub action: Option<String>,
    /// To exactly this.
    pub target: Option<String>,
    /// Not before.
    pub from: Option<Time>,
    /// Before.
    pub to: Option<Time>,
}

/// Where the page before ended: the number of its last entry.
pub type AuditCursor = i64;

/// Entries, the newest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditPage {
    /// At most as many as were asked for.
    pub entries: Vec<AuditEntry>,
    /// Where the next page begins, if there is one.
    pub next: Option<AuditCursor>,
}

/// Where the chain does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditBreak {
    /// The entry whose hash or number is wrong.
    pub seq: i64,
}

/// Appends an entry inside the transaction of the change that it records.
pub(super) fn append(
    transaction: &Transaction<'_>,
    at: Time,
    who: &str,
    action: &str,
    target: &str,
    detail: &serde_json::Value,
) -> Result<()> {
    let last: Option<(i64, Vec<u8>)> = transaction
        .prepare_cached("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1")?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let (seq, previous) = last.map_or((1, Vec::new()), |(seq, hash)| (seq + 1, hash));
    let entry = AuditEntry {
        seq,
        at,
        who: who.to_owned(),
        action: action.to_owned(),
        target: target.to_owned(),
        detail: detail.to_string(),
    };
    transaction
        .prepare_cached("INSERT INTO audit VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?
        .execute(params![
            seq,
            at.micros(),
            who,
            action,
            target,
            entry.detail,
            hash(&previous, &entry)
        ])?;
    Ok(())
}

fn hash(previous: &[u8], entry: &AuditEntry) -> Vec<u8> {
    let mut digest = Sha256::new();
    digest.update(previous);
    digest.update(entry.seq.to_le_bytes());
    digest.update(entry.at.micros().to_le_bytes());
    for text in [&entry.who, &entry.action, &entry.target, &entry.detail] {
        digest.update((text.len() as u64).to_le_bytes());
        digest.update(text);
    }
    digest.finalize().to_vec()
}

fn rows(connection: &Connection, after: i64, limit: i64) -> Result<Vec<(AuditEntry, Vec<u8>)>> {
    let mut statement = connection.prepare_cached(
        "SELECT seq, at, who, action, target, detail, hash FROM audit
         WHERE seq > ?1 ORDER BY seq LIMIT ?2",
    )?;
    let rows = statement.query_map(params![after, limit], |row| {
        Ok((entry_of(row)?, row.get(6)?))
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn entry_of(row: &rusqlite::Row<'_>) -> rusqlite::Result<AuditEntry> {
    Ok(AuditEntry {
        seq: row.get(0)?,
        at: Time::from_micros(row.get(1)?),
        who: row.get(2)?,
        action: row.get(3)?,
        target: row.get(4)?,
        detail: row.get(5)?,
    })
}

impl Store {
    /// A page of the trail.
    pub fn audit_page(
        &self,
        filter: &AuditFilter,
        before: Option<AuditCursor>,
        limit: usize,
    ) -> Result<AuditPage> {
        let noun = filter
            .action
            .as_deref()
            .filter(|action| !action.contains('.'));
        let (from, to) = (filter.from.map(Time::micros), filter.to.map(Time::micros));
        let most = i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1);
        let mut entries = self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT seq, at, who, action, target, detail FROM audit
                 WHERE seq < ?1 AND (?2 IS NULL OR who = ?2)
                   AND (?3 IS NULL OR action = ?3) AND (?4 IS NULL OR action LIKE ?4 || '.%')
                   AND (?5 IS NULL OR target = ?5)
                   AND at >= coalesce(?6, at) AND at < coalesce(?7, at + 1)
                 ORDER BY seq DESC LIMIT ?8",
            )?;
            let whole = filter.action.as_deref().filter(|_| noun.is_none());
            let before = before.unwrap_or(i64::MAX);
            let asked = params![
                before,
                filter.who,
                whole,
                noun,
                filter.target,
                from,
                to,
                most
            ];
            let rows = statement.query_map(asked, entry_of)?;
            Ok(rows.collect::<rusqlite::Result<Vec<_>>>()?)
        })?;
        let more = entries.len() > limit;
        entries.truncate(limit);
        let next = entries.last().filter(|_| more).map(|entry| entry.seq);
        Ok(AuditPage { entries, next })
    }

    /// Records something that somebody did and that changed no other row (a sign-in).
    pub fn audit(
        &self,
        at: Time,
        who: &str,
        action: &str,
        target: &str,
        detail: &serde_json::Value,
    ) -> Result<()> {
        self.write(|transaction| append(transaction, at, who, action, target, detail))
    }

    /// Records that a partition goes, because its time has come.
    pub(crate) fn audit_expired(&self, expired: &Expired, target: &str, now: Time) -> Result<()> {
        let meta = &expired.meta;
        let detail = serde_json::json!({
            "why": expired.why.name(),
            "events": meta.events,
            "bytes": expired.bytes,
            "first": meta.first,
            "last": meta.last,
            "from": Time::from_micros(meta.min_time).to_string(),
            "to": Time::from_micros(meta.max_time).to_string(),
        });
        self.audit(now, "haidang", "retention.drop", target, &detail)
    }

    /// How often something was done.
    #[cfg(test)]
    pub(crate) fn audited(&self, action: &str) -> Result<u64> {
        self.read(|connection| {
            let count = "SELECT count(*) FROM audit WHERE action = ?1";
            Ok(super::unsigned(connection.query_row(
                count,
                [action],
                |row| row.get(0),
            )?))
        })
    }

    /// Recomputes the chain: how many entries hold, and where it breaks.
    pub fn verify_audit(&self) -> Result<(i64, Option<AuditBreak>)> {
        self.read(|connection| {
            let (mut seq, mut previous) = (0, Vec::new());
            loop {
                let page = rows(connection, seq, 1_000)?;
                if page.is_empty() {
                    return Ok((seq, None));
                }
                for (entry, held) in page {
                    if entry.seq != seq + 1 || hash(&previous, &entry) != held {
                        return Ok((seq, Some(AuditBreak { seq: entry.seq })));
                    }
                    (seq, previous) = (entry.seq, held);
                }
            }
        })
    }
}
