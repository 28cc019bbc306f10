//! Incidents: what the centre must know of (DESIGN §2, Incident). One table, one state machine; each change
//! is a new version with who, when and why, in one transaction with its row of the feed.

mod rows;

use std::time::Duration;

use event::Time;
use rusqlite::{OptionalExtension, Transaction, params};
use serde_json::json;

use rows::{BY_KEY, INCIDENT, entry_of, feed_row, incident_of, key_of, open, put};

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

/// Which incidents are asked for; what is absent is not asked.
#[derive(Clone, Debug, Default)]
pub struct IncidentFilter {
    /// In one of these states; none: in any.
    pub states: Vec<IncidentState>,
    /// Of this site.
    pub site: Option<String>,
    /// Of this level, by its word.
    pub level: Option<String>,
    /// Of an exercise, or not.
    pub exercise: Option<bool>,
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
                    open(transaction, raised, SYSTEM, now)?;
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

    /// Incidents that a filter asks for, the newest change first, cut to the reader; behind a cursor (time and id
    /// of the last one seen). A page is full unless there are no more.
    pub fn incidents(
        &self,
        reader: &Reader,
        filter: &IncidentFilter,
        after: Option<(Time, String)>,
        limit: usize,
    ) -> Result<Vec<Incident>> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(&format!(
                "{INCIDENT} WHERE (updated < ?1 OR (updated = ?1 AND id > ?2))
                   AND (?3 IS NULL OR site = ?3) AND (?4 IS NULL OR level = ?4)
                   AND (?5 IS NULL OR exercise = ?5)
                 ORDER BY updated DESC, id"
            ))?;
            let (at, id) = after.unwrap_or((Time::from_micros(i64::MAX), String::new()));
            let asked = params![at.micros(), id, filter.site, filter.level, filter.exercise];
            let rows = statement.query_map(asked, incident_of)?;
            let states = &filter.states;
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

/// Whether an incident of the same key is open.
pub(super) fn standing(transaction: &Transaction<'_>, raised: &Raised<'_>) -> Result<bool> {
    let mut statement = transaction.prepare_cached(&format!("{INCIDENT} {BY_KEY}"))?;
    let held = statement
        .query_row(key_of(raised), incident_of)
        .optional()?;
    Ok(held.is_some_and(|held| held.state.is_open()))
}

/// Opens an incident in the name of a person, inside the transaction of what it is opened from.
pub(super) fn open_by(
    transaction: &Transaction<'_>,
    raised: &Raised<'_>,
    who: &str,
    now: Time,
) -> Result<String> {
    open(transaction, raised, who, now)
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

#[cfg(test)]
mod tests;
