//! Incidents: what the centre must know of (DESIGN §2, Incident). One table, one state machine; each change
//! is a new version with who, when and why, in one transaction with its row of the feed.

use event::Time;
use rusqlite::{OptionalExtension, Row, Transaction, params};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::time::Duration;

use super::{Store, audit};
use crate::error::Result;
use crate::reader::Reader;
use crate::rule::Level;
use crate::words::words;

words! {
    /// Where an incident comes from.
    IncidentOrigin {
        /// An alert.
        Alert "alert",
        /// A person's inquiry.
        Case "case",
        /// A rule of a subsystem.
        Subsystem "subsystem",
        /// What is said online.
        Online "online",
        /// A source or sensor that is silent or broken.
        Source "source",
    }
}

words! {
    /// Where people are with an incident.
    IncidentState {
        /// Nobody has looked yet.
        New "new",
        /// Somebody knows of it.
        Acknowledged "acknowledged",
        /// Somebody works on it.
        InWork "in_work",
        /// What raised it is over.
        Resolved "resolved",
        /// A person has said what it was.
        Closed "closed",
    }
}

words! {
    /// What it was, as the person who closes it says.
    IncidentCause {
        /// Something was broken and is mended.
        Fixed "fixed",
        /// There was nothing.
        FalseAlarm "false_alarm",
        /// Somebody worked there, as planned.
        PlannedWork "planned_work",
        /// Another incident tells of it.
        Duplicate "duplicate",
        /// It is known and borne.
        AcceptedRisk "accepted_risk",
        /// Something else; the note says what.
        Other "other",
    }
}

/// An incident.
#[derive(Clone, Debug, PartialEq)]
pub struct Incident {
    /// Its id: 32 hex digits.
    pub id: String,
    /// Where it comes from.
    pub origin: IncidentOrigin,
    /// What raised it: `sensor_silent`.
    pub rule: String,
    /// What it is about, JSON: `{"sensor":"xa-1"}`.
    pub dimensions: String,
    /// Its site; empty: several, or the province.
    pub site: String,
    /// Whether it belongs to an exercise.
    pub exercise: bool,
    /// How bad.
    pub level: Level,
    /// Where people are with it.
    pub state: IncidentState,
    /// Grows with each change.
    pub version: i64,
    /// When it was opened first.
    pub opened: Time,
    /// When it was changed last.
    pub updated: Time,
    /// How often it was opened.
    pub count: i64,
    /// Nobody needs to look before.
    pub snoozed_until: Option<Time>,
    /// The incident that stands for it.
    pub merged_into: Option<String>,
    /// What it was.
    pub cause: Option<IncidentCause>,
}

/// One change of an incident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IncidentEntry {
    /// The version after it.
    pub version: i64,
    /// When.
    pub at: Time,
    /// Who; `haidang` for what no person did.
    pub who: String,
    /// opened, reopened, acknowledged, in_work, resolved, closed, snoozed, merged or noted.
    pub action: String,
    /// The state before.
    pub from: Option<IncidentState>,
    /// The state after.
    pub to: Option<IncidentState>,
    /// Why.
    pub note: Option<String>,
}

/// Something that holds now and should be an incident.
#[derive(Clone, Copy, Debug)]
pub struct Raised<'a> {
    /// Where it comes from.
    pub origin: IncidentOrigin,
    /// What raises it.
    pub rule: &'a str,
    /// What it is about, JSON with its keys in order.
    pub dimensions: &'a str,
    /// Its site; empty: several.
    pub site: &'a str,
    /// Whether it belongs to an exercise.
    pub exercise: bool,
    /// How bad.
    pub level: Level,
    /// The same within so long of its end opens it again.
    pub window: Duration,
}

/// What a person does; what is absent stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IncidentChange {
    /// The version that the person saw.
    pub version: i64,
    /// The new state.
    pub to: Option<IncidentState>,
    /// Closing needs one.
    pub cause: Option<IncidentCause>,
    /// Why.
    pub note: Option<String>,
    /// Nobody needs to look before; in it, none: the snooze ends.
    pub snooze_until: Option<Option<Time>>,
    /// The incident that stands for it.
    pub merged_into: Option<String>,
}

/// How a change went.
#[derive(Clone, Debug, PartialEq)]
pub enum IncidentChanged {
    /// Done.
    Done(Incident),
    /// Somebody was faster; as it stands now.
    Conflict(Incident),
    /// There is none for this reader.
    Missing,
    /// Its state does not allow it, or closing lacks a cause.
    Refused(&'static str),
}

/// Who did what no person did.
const SYSTEM: &str = "haidang";
/// Rows of the feed that are kept.
const FEED_KEPT: i64 = 100_000;

/// A row of the feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedRow {
    /// Its place.
    pub seq: i64,
    /// The incident.
    pub incident: String,
    /// Its version.
    pub version: i64,
    /// Its site.
    pub site: String,
    /// Whom it is for.
    pub audience: String,
    /// Whether it belongs to an exercise.
    pub exercise: bool,
    /// When.
    pub at: Time,
    /// What is told, JSON, made when the incident changed.
    pub payload: String,
}

impl Store {
    /// Opens an incident for what holds now, or opens it again; nothing when it is open.
    pub fn raise(&self, raised: &Raised<'_>, now: Time) -> Result<bool> {
        let newest = self.read(|connection| {
            let mut statement = connection.prepare_cached(&format!("{INCIDENT} {BY_KEY}"))?;
            Ok(statement
                .query_row(key_of(raised), incident_of)
                .optional()?)
        })?;
        // Asked again and again while it holds: a transaction only when it changes something.
        if newest.is_some_and(|held| held.state.is_open()) {
            return Ok(false);
        }
        self.write(|transaction| {
            let mut statement = transaction.prepare_cached(&format!("{INCIDENT} {BY_KEY}"))?;
            let held = statement
                .query_row(key_of(raised), incident_of)
                .optional()?;
            drop(statement);
            match held {
                Some(held) if held.state.is_open() => Ok(false),
                Some(held) if now.since(held.updated) < raised.window => {
                    let next = Incident {
                        state: IncidentState::New,
                        count: held.count + 1,
                        cause: None,
                        snoozed_until: None,
                        ..held.clone()
                    };
                    put(transaction, &held, next, "reopened", SYSTEM, None, now)?;
                    Ok(true)
                }
                _ => {
                    open(transaction, raised, now)?;
                    Ok(true)
                }
            }
        })
    }

    /// What raised an incident is over.
    pub fn settle(&self, raised: &Raised<'_>, now: Time) -> Result<bool> {
        let newest = self.read(|connection| {
            let mut statement = connection.prepare_cached(&format!("{INCIDENT} {BY_KEY}"))?;
            Ok(statement
                .query_row(key_of(raised), incident_of)
                .optional()?)
        })?;
        let running = |held: &Incident| held.state.is_open();
        if !newest.as_ref().is_some_and(running) {
            return Ok(false);
        }
        self.write(|transaction| {
            let mut statement = transaction.prepare_cached(&format!("{INCIDENT} {BY_KEY}"))?;
            let held = statement
                .query_row(key_of(raised), incident_of)
                .optional()?;
            drop(statement);
            let Some(held) = held.filter(running) else {
                return Ok(false);
            };
            let next = Incident {
                state: IncidentState::Resolved,
                ..held.clone()
            };
            put(transaction, &held, next, "resolved", SYSTEM, None, now)?;
            Ok(true)
        })
    }

    /// Incidents in these states (none: all), the newest change first, cut to the reader; behind a
    /// cursor (time and id of the last one seen).
    pub fn incidents(
        &self,
        reader: &Reader,
        states: &[IncidentState],
        after: Option<(Time, String)>,
        limit: usize,
    ) -> Result<Vec<Incident>> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(&format!(
                "{INCIDENT} WHERE updated < ?1 OR (updated = ?1 AND id > ?2)
                 ORDER BY updated DESC, id"
            ))?;
            let (at, id) = after.unwrap_or((Time::from_micros(i64::MAX), String::new()));
            let rows = statement.query_map(params![at.micros(), id], incident_of)?;
            let mut found = Vec::new();
            for row in rows {
                let incident = row?;
                let wanted = states.is_empty() || states.contains(&incident.state);
                if wanted && reader.scope.admits(&incident.site) {
                    found.push(incident);
                }
                if found.len() >= limit {
                    break;
                }
            }
            Ok(found)
        })
    }

    /// An incident with all that was done, if the reader may see it.
    pub fn incident(
        &self,
        reader: &Reader,
        id: &str,
    ) -> Result<Option<(Incident, Vec<IncidentEntry>)>> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(&format!("{INCIDENT} WHERE id = ?1"))?;
            let held = statement.query_row([id], incident_of).optional()?;
            let Some(incident) = held.filter(|held| reader.scope.admits(&held.site)) else {
                return Ok(None);
            };
            let mut statement = connection.prepare_cached(
                "SELECT version, at, who, action, from_state, to_state, note
                 FROM incident_history WHERE incident = ?1 ORDER BY version",
            )?;
            let rows = statement.query_map([id], entry_of)?;
            Ok(Some((incident, rows.collect::<rusqlite::Result<_>>()?)))
        })
    }

    /// Changes an incident as a person says.
    pub fn change_incident(
        &self,
        reader: &Reader,
        id: &str,
        change: &IncidentChange,
        now: Time,
    ) -> Result<IncidentChanged> {
        self.write(|transaction| {
            let mut statement = transaction.prepare_cached(&format!("{INCIDENT} WHERE id = ?1"))?;
            let held = statement.query_row([id], incident_of).optional()?;
            drop(statement);
            let Some(held) = held.filter(|held| reader.scope.admits(&held.site)) else {
                return Ok(IncidentChanged::Missing);
            };
            if held.version != change.version {
                return Ok(IncidentChanged::Conflict(held));
            }
            let (next, action) = match changed(&held, change) {
                Ok(next) => next,
                Err(reason) => return Ok(IncidentChanged::Refused(reason)),
            };
            let note = change.note.as_deref();
            let done = put(transaction, &held, next, action, &reader.user, note, now)?;
            let detail = json!({ "action": action, "note": note, "version": done.version });
            audit::append(
                transaction,
                now,
                &reader.user,
                "incident.change",
                id,
                &detail,
            )?;
            Ok(IncidentChanged::Done(done))
        })
    }

    /// The feed behind a place, cut to the reader; none when the place is older than what is kept.
    pub fn feed(&self, reader: &Reader, after: i64, limit: usize) -> Result<Option<Vec<FeedRow>>> {
        self.read(|connection| {
            let oldest: Option<i64> =
                connection.query_row("SELECT min(seq) FROM feed", [], |row| row.get(0))?;
            if after > 0 && oldest.is_some_and(|oldest| after + 1 < oldest) {
                return Ok(None);
            }
            let mut statement = connection.prepare_cached(
                "SELECT seq, incident, version, site, audience, exercise, at, payload
                 FROM feed WHERE seq > ?1 ORDER BY seq",
            )?;
            let rows = statement.query_map([after], feed_row)?;
            let mut found = Vec::new();
            for row in rows {
                let row = row?;
                if reader.scope.admits(&row.site) {
                    found.push(row);
                }
                if found.len() >= limit {
                    break;
                }
            }
            Ok(Some(found))
        })
    }
}

impl IncidentState {
    /// Whether people still have to look.
    pub fn is_open(self) -> bool {
        matches!(self, Self::New | Self::Acknowledged | Self::InWork)
    }
}

/// The incident after a change, and what the change is called.
fn changed(
    held: &Incident,
    change: &IncidentChange,
) -> std::result::Result<(Incident, &'static str), &'static str> {
    let mut next = held.clone();
    let mut action = "noted";
    if let Some(until) = change.snooze_until {
        (next.snoozed_until, action) = (until, "snoozed");
    }
    if let Some(into) = &change.merged_into {
        if *into == held.id {
            return Err("an incident cannot stand for itself");
        }
        (next.merged_into, action) = (Some(into.clone()), "merged");
    }
    if let Some(to) = change.to {
        if to == IncidentState::Closed {
            next.cause = change.cause;
            if next.cause.is_none() {
                return Err("closing needs a cause");
            }
        }
        if to == IncidentState::New && held.state.is_open() {
            return Err("it is open");
        }
        if to == IncidentState::New {
            (next.count, next.cause) = (held.count + 1, None);
        }
        next.state = to;
        action = if to == IncidentState::New {
            "reopened"
        } else {
            to.name()
        };
    }
    if action == "noted" && change.note.is_none() {
        return Err("nothing is changed");
    }
    Ok((next, action))
}

fn open(transaction: &Transaction<'_>, raised: &Raised<'_>, now: Time) -> Result<()> {
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
    remember(transaction, &incident, None, "opened", SYSTEM, None)
}

/// Writes the next version of an incident.
fn put(
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

const INCIDENT: &str = "SELECT id, origin, rule, dimensions, site, exercise, level, state, version,
    opened, updated, count, snoozed_until, merged_into, cause FROM incident";
const BY_KEY: &str = "WHERE origin = ?1 AND rule = ?2 AND dimensions = ?3 AND merged_into IS NULL
    ORDER BY opened DESC LIMIT 1";

fn key_of<'a>(raised: &Raised<'a>) -> (&'static str, &'a str, &'a str) {
    (raised.origin.name(), raised.rule, raised.dimensions)
}

fn incident_of(row: &Row<'_>) -> rusqlite::Result<Incident> {
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

fn entry_of(row: &Row<'_>) -> rusqlite::Result<IncidentEntry> {
    let state = |place: usize| {
        let name = row.get::<_, Option<String>>(place)?;
        rusqlite::Result::Ok(name.and_then(|name| IncidentState::from_name(&name)))
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

fn feed_row(row: &Row<'_>) -> rusqlite::Result<FeedRow> {
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
