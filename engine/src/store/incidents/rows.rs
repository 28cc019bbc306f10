//! Incidents as rows: each version with its history and its row of the feed.

use event::Time;
use rusqlite::{Row, Transaction, params};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::{
    FeedRow, Incident, IncidentCause, IncidentEntry, IncidentOrigin, IncidentState, Raised,
};
use crate::error::Result;
use crate::rule::Level;

/// Rows of the feed that are kept.
const FEED_KEPT: i64 = 100_000;

/// Opens an incident; gives its id.
pub(super) fn open(
    transaction: &Transaction<'_>,
    raised: &Raised<'_>,
    who: &str,
    now: Time,
) -> Result<String> {
    let text = format!("{}\0{}\0{}", raised.rule, raised.dimensions, now.micros());
    let digest = Sha256::digest(text.as_bytes());
    let id: String = digest
        .iter()
        .take(16)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let incident = Incident {
        id,
        origin: raised.origin,
        rule: raised.rule.to_owned(),
        dimensions: raised.dimensions.to_owned(),
        site: raised.site.to_owned(),
        exercise: raised.exercise,
        level: raised.level,
        state: IncidentState::New,
        version: 1,
        opened: now,
        updated: now,
        count: 1,
        snoozed_until: None,
        merged_into: None,
        cause: None,
    };
    write(transaction, &incident)?;
    remember(transaction, &incident, None, "opened", who, None)?;
    Ok(incident.id)
}

/// Writes the next version of an incident.
pub(super) fn put(
    transaction: &Transaction<'_>,
    before: &Incident,
    next: Incident,
    action: &str,
    who: &str,
    note: Option<&str>,
    now: Time,
) -> Result<Incident> {
    let next = Incident {
        version: before.version + 1,
        updated: now.max(before.updated),
        ..next
    };
    write(transaction, &next)?;
    remember(transaction, &next, Some(before.state), action, who, note)?;
    Ok(next)
}

fn write(transaction: &Transaction<'_>, incident: &Incident) -> Result<()> {
    transaction
        .prepare_cached(
            "INSERT OR REPLACE INTO incident VALUES
             (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
        )?
        .execute(params![
            incident.id,
            incident.origin.name(),
            incident.rule,
            incident.dimensions,
            incident.site,
            incident.exercise,
            incident.level.name(),
            incident.state.name(),
            incident.version,
            incident.opened.micros(),
            incident.updated.micros(),
            incident.count,
            incident.snoozed_until.map(Time::micros),
            incident.merged_into,
            incident.cause.map(IncidentCause::name)
        ])?;
    Ok(())
}

/// The history and the feed of a version.
fn remember(
    transaction: &Transaction<'_>,
    incident: &Incident,
    from: Option<IncidentState>,
    action: &str,
    who: &str,
    note: Option<&str>,
) -> Result<()> {
    let at = incident.updated.micros();
    transaction.execute(
        "INSERT INTO incident_history VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        params![
            incident.id,
            incident.version,
            at,
            who,
            action,
            from.map(IncidentState::name),
            incident.state.name(),
            note
        ],
    )?;
    // Who it was and what a person wrote stay here; the feed is for others.
    let payload = json!({
        "id": incident.id, "version": incident.version, "origin": incident.origin.name(),
        "rule": incident.rule, "level": incident.level.name(), "state": incident.state.name(),
        "site": incident.site, "exercise": incident.exercise, "action": action,
        "opened": incident.opened.to_string(), "updated": incident.updated.to_string(),
    });
    transaction.execute(
        "INSERT INTO feed (incident, version, site, audience, exercise, at, payload)
         VALUES (?1, ?2, ?3, 'soc', ?4, ?5, ?6)",
        params![
            incident.id,
            incident.version,
            incident.site,
            incident.exercise,
            at,
            payload.to_string()
        ],
    )?;
    let newest = transaction.last_insert_rowid();
    if newest % 1_000 == 0 {
        transaction.execute("DELETE FROM feed WHERE seq <= ?1", [newest - FEED_KEPT])?;
    }
    Ok(())
}

pub(super) const INCIDENT: &str =
    "SELECT id, origin, rule, dimensions, site, exercise, level, state, version,
    opened, updated, count, snoozed_until, merged_into, cause FROM incident";
pub(super) const BY_KEY: &str =
    "WHERE origin = ?1 AND rule = ?2 AND dimensions = ?3 AND merged_into IS NULL
    ORDER BY opened DESC LIMIT 1";

pub(super) fn key_of<'a>(raised: &Raised<'a>) -> (&'static str, &'a str, &'a str) {
    (raised.origin.name(), raised.rule, raised.dimensions)
}

pub(super) fn incident_of(row: &Row<'_>) -> rusqlite::Result<Incident> {
    let word = |place: usize| row.get::<_, String>(place);
    Ok(Incident {
        id: row.get(0)?,
        origin: IncidentOrigin::from_name(&word(1)?).unwrap_or(IncidentOrigin::Source),
        rule: row.get(2)?,
        dimensions: row.get(3)?,
        site: row.get(4)?,
        exercise: row.get(5)?,
        level: Level::from_name(&word(6)?).unwrap_or(Level::High),
        state: IncidentState::from_name(&word(7)?).unwrap_or(IncidentState::New),
        version: row.get(8)?,
        opened: Time::from_micros(row.get(9)?),
        updated: Time::from_micros(row.get(10)?),
        count: row.get(11)?,
        snoozed_until: row.get::<_, Option<i64>>(12)?.map(Time::from_micros),
        merged_into: row.get(13)?,
        cause: row
            .get::<_, Option<String>>(14)?
            .and_then(|name| IncidentCause::from_name(&name)),
    })
}

pub(super) fn entry_of(row: &Row<'_>) -> rusqlite::Result<IncidentEntry> {
    let state = |place: usize| -> rusqlite::Result<Option<IncidentState>> {
        let name = row.get::<_, Option<String>>(place)?;
        Ok(name.and_then(|name| IncidentState::from_name(&name)))
    };
    Ok(IncidentEntry {
        version: row.get(0)?,
        at: Time::from_micros(row.get(1)?),
        who: row.get(2)?,
        action: row.get(3)?,
        from: state(4)?,
        to: state(5)?,
        note: row.get(6)?,
    })
}

pub(super) fn feed_row(row: &Row<'_>) -> rusqlite::Result<FeedRow> {
    Ok(FeedRow {
        seq: row.get(0)?,
        incident: row.get(1)?,
        version: row.get(2)?,
        site: row.get(3)?,
        audience: row.get(4)?,
        exercise: row.get(5)?,
        at: Time::from_micros(row.get(6)?),
        payload: row.get(7)?,
    })
}
