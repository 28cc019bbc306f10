//! A case's timeline: pinned events, alerts, notes and what was done, merged, the newest first.

use std::fmt;

use event::Time;
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::{Value, json};

use super::super::alerts::{AlertRow, COLUMNS, row_of};
use super::super::{Store, audit};
use super::items::{Note, note};
use super::rows::{is_there, scope_of, sees, visible};
use super::{CaseAction, CaseChanged, CaseRefusal, CaseWriter};
use crate::error::Result;
use crate::index::Journaled;
use crate::reader::Reader;
use crate::words::words;

words! {
    /// What a line of the timeline is.
    MomentKind {
        /// A pinned event, at its own time.
        Event "event",
        /// A linked alert, at the time of its first event.
        Alert "alert",
        /// A note, when it was first written.
        Note "note",
        /// What somebody did.
        Action "action",
    }
}

/// A pinned event: a copy, which outlives retention.
#[derive(Clone, Debug, PartialEq)]
pub struct Pinned {
    /// The event.
    pub event: Journaled,
    /// Why it was pinned.
    pub note: String,
    /// When.
    pub at: Time,
    /// By whom.
    pub who: String,
}

/// A line of the timeline.
#[derive(Clone, Debug, PartialEq)]
pub enum Moment {
    /// A pinned event.
    Event(Box<Pinned>),
    /// A linked alert.
    Alert(Box<AlertRow>),
    /// A note.
    Note(Note),
    /// What somebody did.
    Action {
        /// Its place.
        seq: i64,
        /// When.
        at: Time,
        /// Who.
        who: String,
        /// What.
        action: CaseAction,
        /// With which values, JSON.
        detail: Value,
    },
}

/// Where a page of the timeline ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MomentCursor {
    at: i64,
    kind: String,
    id: String,
}

impl MomentCursor {
    /// Reads what `Display` wrote.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, '.');
        Some(Self {
            at: parts.next()?.parse().ok()?,
            kind: parts.next()?.to_owned(),
            id: parts.next()?.to_owned(),
        })
    }
}

impl fmt::Display for MomentCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.at, self.kind, self.id)
    }
}

/// A page of the timeline, the newest first.
#[derive(Clone, Debug, Default)]
pub struct Timeline {
    /// Its lines.
    pub moments: Vec<Moment>,
    /// Where the next page begins.
    pub next: Option<MomentCursor>,
}

impl Store {
    /// A page of a case's timeline, cut to the reader; none when there is no such case for him.
    pub fn timeline(
        &self,
        reader: &Reader,
        id: &str,
        after: Option<&MomentCursor>,
        limit: usize,
    ) -> Result<Option<Timeline>> {
        self.read(|connection| {
            if visible(connection, reader, id)?.is_none() {
                return Ok(None);
            }
            let mut places = places(connection, reader, id, after, limit.saturating_add(1))?;
            let more = places.len() > limit;
            places.truncate(limit);
            let next = places.last().filter(|_| more).cloned();
            let mut moments = Vec::new();
            for place in &places {
                moments.extend(moment(connection, id, place)?);
            }
            Ok(Some(Timeline { moments, next }))
        })
    }

    /// Pins an event that the writer found to a case: it is copied.
    pub fn pin_event(
        &self,
        by: CaseWriter<'_>,
        id: &str,
        found: &Journaled,
        note: &str,
    ) -> Result<CaseChanged<()>> {
        const HELD: &str = "SELECT 1 FROM case_event WHERE case_id = ?1 AND event = ?2";
        self.in_case(by, id, |transaction, held| {
            let event = &found.event;
            if event.exercise != held.exercise {
                return Ok(CaseChanged::Refused(CaseRefusal::Exercise));
            }
            if !held.sites.iter().any(|site| *site == *event.site) {
                return Ok(CaseChanged::Refused(CaseRefusal::NoSite));
            }
            let own = event.id.to_string();
            if is_there(transaction, HELD, params![id, own])? {
                return Ok(CaseChanged::Refused(CaseRefusal::Taken));
            }
            if by.is_full(transaction, id, "case_event", by.limits.items)? {
                return Ok(CaseChanged::Refused(CaseRefusal::Full));
            }
            transaction.execute(
                "INSERT INTO case_event VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                params![
                    id,
                    own,
                    event.time.micros(),
                    &*event.site,
                    by.now.micros(),
                    &*by.reader.user,
                    note,
                    found.encode()
                ],
            )?;
            let (now, who) = (by.now, &by.reader.user);
            let detail = json!({ "event": own, "note": note });
            audit::append(transaction, now, who, "case.event_pinned", id, &detail)?;
            by.touch(transaction, id)?;
            Ok(CaseChanged::Done(()))
        })
    }

    /// Takes a pinned event out.
    pub fn unpin_event(
        &self,
        by: CaseWriter<'_>,
        id: &str,
        event: &str,
    ) -> Result<CaseChanged<()>> {
        self.in_case(by, id, |transaction, _| {
            let sql = format!(
                "SELECT site FROM case_event WHERE case_id = ?2 AND event = ?3 AND {}",
                sees("site")
            );
            let asked = params![scope_of(by.reader), id, event];
            let mut statement = transaction.prepare_cached(&sql)?;
            let site: Option<String> = statement.query_row(asked, |row| row.get(0)).optional()?;
            drop(statement);
            let Some(site) = site else {
                return Ok(CaseChanged::Missing);
            };
            transaction.execute(
                "DELETE FROM case_event WHERE case_id = ?1 AND event = ?2",
                params![id, event],
            )?;
            let detail = json!({ "event": event });
            let site = Some(&*site);
            by.log(transaction, id, CaseAction::EventUnpinned, site, &detail)?;
            Ok(CaseChanged::Done(()))
        })
    }
}

/// Which lines a page has, the newest first.
fn places(
    connection: &Connection,
    reader: &Reader,
    id: &str,
    after: Option<&MomentCursor>,
    limit: usize,
) -> Result<Vec<MomentCursor>> {
    let sql = format!(
        "SELECT at, kind, own FROM (
           SELECT time AS at, 'event' AS kind, event AS own FROM case_event
             WHERE case_id = ?2 AND {}
           UNION ALL SELECT a.first, 'alert', a.id FROM case_alert AS l
             JOIN alert AS a ON a.id = l.alert WHERE l.case_id = ?2 AND {}
           UNION ALL SELECT at, 'note', CAST(note AS TEXT) FROM case_note
             WHERE case_id = ?2 AND version = 1
           UNION ALL SELECT at, 'action', CAST(seq AS TEXT) FROM case_action
             WHERE case_id = ?2 AND (site IS NULL OR {}))
         WHERE ?3 IS NULL OR at < ?3 OR (at = ?3 AND (kind, own) > (?4, ?5))
         ORDER BY at DESC, kind, own LIMIT {limit}",
        sees("site"),
        sees("a.site"),
        sees("site")
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let asked = params![
        scope_of(reader),
        id,
        after.map(|after| after.at),
        after.map(|after| &after.kind),
        after.map(|after| &after.id)
    ];
    let rows = statement.query_map(asked, |row| {
        Ok(MomentCursor {
            at: row.get(0)?,
            kind: row.get(1)?,
            id: row.get(2)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The line at a place.
fn moment(connection: &Connection, case: &str, place: &MomentCursor) -> Result<Option<Moment>> {
    let own = &place.id;
    match MomentKind::from_name(&place.kind) {
        Some(MomentKind::Event) => pinned(connection, case, own),
        Some(MomentKind::Alert) => {
            let mut statement = connection.prepare_cached(&format!("{COLUMNS} WHERE id = ?1"))?;
            let row = statement.query_row([own], row_of).optional()?;
            Ok(row.map(|row| Moment::Alert(Box::new(row))))
        }
        Some(MomentKind::Note) => {
            let found = note(connection, case, own.parse().unwrap_or_default())?;
            Ok(found.map(Moment::Note))
        }
        Some(MomentKind::Action) => action(connection, own.parse().unwrap_or_default()),
        None => Ok(None),
    }
}

fn pinned(connection: &Connection, case: &str, event: &str) -> Result<Option<Moment>> {
    let mut statement = connection.prepare_cached(
        "SELECT copy, note, at, who FROM case_event WHERE case_id = ?1 AND event = ?2",
    )?;
    let row = statement.query_row(params![case, event], |row| {
        let copy: Vec<u8> = row.get(0)?;
        let (note, at, who) = (row.get(1)?, row.get(2)?, row.get(3)?);
        Ok(Journaled::decode(&copy).map(|event| Pinned {
            event,
            note,
            at: Time::from_micros(at),
            who,
        }))
    });
    let found = row.optional()?.flatten();
    Ok(found.map(|pinned| Moment::Event(Box::new(pinned))))
}

fn action(connection: &Connection, seq: i64) -> Result<Option<Moment>> {
    let mut statement = connection
        .prepare_cached("SELECT at, who, action, detail FROM case_action WHERE seq = ?1")?;
    let row = statement.query_row([seq], |row| {
        let (action, detail): (String, String) = (row.get(2)?, row.get(3)?);
        let Some(action) = CaseAction::from_name(&action) else {
            return Ok(None);
        };
        Ok(Some(Moment::Action {
            seq,
            at: Time::from_micros(row.get(0)?),
            who: row.get(1)?,
            action,
            detail: serde_json::from_str(&detail).unwrap_or_default(),
        }))
    });
    Ok(row.optional()?.flatten())
}
