//! What the console's live stream tells: rows written with the change itself, so that a stream
//! resumed by its last sequence number misses nothing.

use event::Time;
use rusqlite::{Transaction, params};

use super::Store;
use crate::error::Result;
use crate::reader::Reader;

/// Announcements kept; an older cursor is told to fetch everything.
const KEPT: i64 = 10_000;

/// An alert was opened or changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announcement {
    /// The place in the stream.
    pub seq: i64,
    /// The alert.
    pub alert: String,
    /// Its version.
    pub version: i64,
    /// Its state.
    pub state: String,
    /// Its level, 0 to 4.
    pub level: i64,
    /// Its site.
    pub site: String,
    /// Whether it was opened now.
    pub opened: bool,
}

/// Announces an alert as it stands in the transaction.
pub(super) fn announce(
    transaction: &Transaction<'_>,
    alert: &str,
    now: Time,
    opened: bool,
) -> Result<()> {
    transaction
        .prepare_cached(
            "INSERT INTO announcement (at, alert, version, state, level, site, exercise, opened)
             SELECT ?2, id, version, state, level, site, exercise, ?3 FROM alert WHERE id = ?1",
        )?
        .execute(params![alert, now.micros(), opened])?;
    let newest = transaction.last_insert_rowid();
    if newest % 1_000 == 0 {
        transaction.execute("DELETE FROM announcement WHERE seq <= ?1", [newest - KEPT])?;
    }
    Ok(())
}

impl Store {
    /// The newest sequence number.
    pub fn newest_announcement(&self) -> Result<i64> {
        self.read(super::newest_announcement)
    }

    /// What was announced after a place in the stream, cut to the reader, and the place up to which
    /// was looked: of `limit` announcements none may be for this reader. None when the place is
    /// older than what is kept.
    pub fn announcements(
        &self,
        reader: &Reader,
        after: i64,
        limit: usize,
    ) -> Result<Option<(Vec<Announcement>, i64)>> {
        self.read(|connection| {
            let oldest: i64 = connection
                .prepare_cached("SELECT coalesce(min(seq), 0) FROM announcement")?
                .query_row([], |row| row.get(0))?;
            if after < oldest - 1 {
                return Ok(None);
            }
            let mut statement = connection.prepare_cached(
                "SELECT seq, alert, version, state, level, site, opened FROM announcement
                 WHERE seq > ?1 ORDER BY seq LIMIT ?2",
            )?;
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            let rows = statement.query_map(params![after, limit], |row| {
                Ok(Announcement {
                    seq: row.get(0)?,
                    alert: row.get(1)?,
                    version: row.get(2)?,
                    state: row.get(3)?,
                    level: row.get(4)?,
                    site: row.get(5)?,
                    opened: row.get(6)?,
                })
            })?;
            let (mut seen, mut place) = (Vec::new(), after);
            for row in rows {
                let row = row?;
                place = row.seq;
                if reader.scope.admits(&row.site) {
                    seen.push(row);
                }
            }
            Ok(Some((seen, place)))
        })
    }
}
