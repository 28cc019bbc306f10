//! One alert as people see it; what they do with it is `work.rs`, the queue of them `queue.rs`.

use event::{Entity, Time};
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};
use serde_json::Value;

use super::{Store, unsigned};
use crate::error::Result;
use crate::index::Journaled;
use crate::reader::Reader;
use crate::rule::Level;
use crate::words::words;

words! {
    /// Where a person is with an alert.
    State {
        /// Nobody has seen it.
        New "new",
        /// Somebody has.
        Acknowledged "acknowledged",
        /// Somebody works on it.
        InWork "in_work",
        /// Somebody has judged it; it never grows.
        Closed "closed",
    }
}

words! {
    /// What an alert turned out to be.
    Verdict {
        /// An attack.
        TruePositive "true_positive",
        /// What the rule says, and allowed.
        Benign "benign",
        /// Not what the rule says.
        FalsePositive "false_positive",
        /// It could not be told.
        Undetermined "undetermined",
    }
}

/// An alert in a list.
#[derive(Clone, Debug, PartialEq)]
pub struct AlertRow {
    /// The alert.
    pub id: String,
    /// The rule as it was when the alert opened, JSON.
    pub rule: Value,
    /// How bad.
    pub level: Level,
    /// Where; empty when the rule spans sites.
    pub site: String,
    /// Whether it belongs to an exercise.
    pub exercise: bool,
    /// The kind group of the event that opened it.
    pub kind_group: String,
    /// What it is about.
    pub entities: Vec<Entity>,
    /// Where a person is with it.
    pub state: State,
    /// What it turned out to be.
    pub verdict: Option<Verdict>,
    /// Events.
    pub count: u64,
    /// The time of the earliest event.
    pub first: Time,
    /// The time of the latest.
    pub last: Time,
    /// When it was opened.
    pub opened: Time,
    /// When it last changed.
    pub updated: Time,
    /// Grows with every change.
    pub version: i64,
    /// The closed alert of the same key before it, with its verdict.
    pub previous: Option<(String, Option<Verdict>)>,
    /// The alert that it was merged into.
    pub merged: Option<String>,
    /// Who holds it.
    pub assignee: Option<String>,
}

/// A copy of a matched event.
#[derive(Clone, Debug, PartialEq)]
pub struct Evidence {
    /// The fields that matched with their values.
    pub matched: Vec<(String, String)>,
    /// The event.
    pub event: Journaled,
}

/// A line of an alert's history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryEntry {
    /// When.
    pub at: Time,
    /// Who.
    pub who: String,
    /// opened, acknowledged, in_work, closed, reopened, merged, assign, noted, undone.
    pub action: String,
    /// The state before.
    pub from: Option<String>,
    /// The state after.
    pub to: Option<String>,
    /// The verdict given.
    pub verdict: Option<String>,
    /// What was said.
    pub note: Option<String>,
    /// Who holds the alert after an assign or an undone.
    pub assignee: Option<String>,
    /// It was taken back, or takes something back.
    pub is_undone: bool,
}

/// An alert with everything that is known of it.
#[derive(Clone, Debug, PartialEq)]
pub struct AlertDetail {
    /// The alert.
    pub row: AlertRow,
    /// Copies of the first and last matched events, oldest first.
    pub evidence: Vec<Evidence>,
    /// What was done with it, oldest first.
    pub history: Vec<HistoryEntry>,
}

impl Store {
    /// One alert, if the reader may see it.
    pub fn alert(&self, reader: &Reader, id: &str) -> Result<Option<AlertDetail>> {
        self.read(|connection| {
            let Some(row) = visible(connection, reader, id)? else {
                return Ok(None);
            };
            let evidence = evidence(connection, id)?;
            let history = history(connection, id)?;
            Ok(Some(AlertDetail {
                row,
                evidence,
                history,
            }))
        })
    }
}

/// What a line of an alert's history says.
#[derive(Default)]
pub(super) struct Line<'a> {
    pub(super) action: &'a str,
    pub(super) from: Option<State>,
    pub(super) to: Option<State>,
    pub(super) verdict: Option<Verdict>,
    pub(super) note: Option<&'a str>,
    /// Who holds the alert after it.
    pub(super) assignee: Option<&'a str>,
    /// The change that it belongs to, which can be undone.
    pub(super) batch: Option<&'a str>,
    /// It was taken back, or takes something back: it changes nothing that lasts.
    pub(super) is_undone: bool,
}

/// Writes a line of an alert's history.
pub(super) fn record_history(
    transaction: &Transaction<'_>,
    alert: &str,
    at: Time,
    who: &str,
    line: &Line<'_>,
) -> Result<()> {
    transaction
        .prepare_cached(
            "INSERT INTO alert_history (alert, at, who, action, from_state, to_state, verdict, note,
               assignee, batch, undone, version)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11,
                     (SELECT version FROM alert WHERE id = ?1))",
        )?
        .execute(params![
            alert,
            at.micros(),
            who,
            line.action,
            line.from.map(State::name),
            line.to.map(State::name),
            line.verdict.map(Verdict::name),
            line.note,
            line.assignee,
            line.batch,
            line.is_undone
        ])?;
    Ok(())
}

pub(super) const COLUMNS: &str =
    "SELECT id, rule_info, level, site, exercise, kind_group, entities, state,
    verdict, count, first, last, opened, updated, version, previous,
    (SELECT verdict FROM alert AS p WHERE p.id = alert.previous), merged, assignee FROM alert";

pub(super) fn row_of(row: &Row<'_>) -> rusqlite::Result<AlertRow> {
    let time = |column| row.get(column).map(Time::from_micros);
    let json = |column| -> rusqlite::Result<Value> {
        Ok(serde_json::from_str(&row.get::<_, String>(column)?).unwrap_or_default())
    };
    let verdict = |column| -> rusqlite::Result<Option<Verdict>> {
        let word: Option<String> = row.get(column)?;
        Ok(word.as_deref().and_then(Verdict::from_name))
    };
    let (level, state): (i64, String) = (row.get(2)?, row.get(7)?);
    let level = usize::try_from(level)
        .ok()
        .and_then(|level| Level::ALL.get(level).copied());
    let previous: Option<String> = row.get(15)?;
    Ok(AlertRow {
        id: row.get(0)?,
        rule: json(1)?,
        level: level.unwrap_or(Level::Medium),
        site: row.get(3)?,
        exercise: row.get(4)?,
        kind_group: row.get(5)?,
        entities: entities_of(&json(6)?),
        state: State::from_name(&state).unwrap_or(State::New),
        verdict: verdict(8)?,
        count: unsigned(row.get(9)?),
        first: time(10)?,
        last: time(11)?,
        opened: time(12)?,
        updated: time(13)?,
        version: row.get(14)?,
        previous: match previous {
            Some(id) => Some((id, verdict(16)?)),
            None => None,
        },
        merged: row.get(17)?,
        assignee: row.get(18)?,
    })
}

fn entities_of(json: &Value) -> Vec<Entity> {
    let text = |value: &Value, key: &str| {
        value
            .get(key)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let entities = json.as_array().map(Vec::as_slice).unwrap_or_default();
    entities
        .iter()
        .map(|e| Entity {
            field: text(e, "field"),
            value: text(e, "value"),
        })
        .collect()
}

/// An alert as the reader may see it.
pub(super) fn visible(
    connection: &Connection,
    reader: &Reader,
    id: &str,
) -> Result<Option<AlertRow>> {
    let mut statement = connection.prepare_cached(&format!("{COLUMNS} WHERE id = ?1"))?;
    let row = statement.query_row([id], row_of).optional()?;
    Ok(row.filter(|row| reader.scope.admits(&row.site)))
}

pub(super) fn evidence(connection: &Connection, id: &str) -> Result<Vec<Evidence>> {
    let mut statement = connection.prepare_cached(
        "SELECT matched, event FROM alert_event WHERE alert = ?1 ORDER BY time, position",
    )?;
    let rows = statement.query_map([id], |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, Vec<u8>>(1)?))
    })?;
    let mut evidence = Vec::new();
    for row in rows {
        let (matched, event) = row?;
        let matched = serde_json::from_str(&matched).unwrap_or_default();
        evidence.extend(Journaled::decode(&event).map(|event| Evidence { matched, event }));
    }
    Ok(evidence)
}

fn history(connection: &Connection, id: &str) -> Result<Vec<HistoryEntry>> {
    let mut statement = connection.prepare_cached(
        "SELECT at, who, action, from_state, to_state, verdict, note, assignee, undone FROM alert_history
         WHERE alert = ?1 ORDER BY seq",
    )?;
    let rows = statement.query_map([id], |row| {
        Ok(HistoryEntry {
            at: Time::from_micros(row.get(0)?),
            who: row.get(1)?,
            action: row.get(2)?,
            from: row.get(3)?,
            to: row.get(4)?,
            verdict: row.get(5)?,
            note: row.get(6)?,
            assignee: row.get(7)?,
            is_undone: row.get(8)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
