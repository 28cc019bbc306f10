//! One alert as people see and change it; the queue of them is `queue.rs`.

use std::time::Duration;

use event::{Entity, Time};
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};
use serde_json::{Value, json};

use super::{Store, audit, live, unsigned};
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
    /// opened, acknowledged, in_work, closed, reopened, merged.
    pub action: String,
    /// The state before.
    pub from: Option<String>,
    /// The state after.
    pub to: Option<String>,
    /// The verdict given.
    pub verdict: Option<String>,
    /// What was said.
    pub note: Option<String>,
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

/// What a person does with an alert.
#[derive(Clone, Debug)]
pub struct Change {
    /// The state it is to have.
    pub state: State,
    /// The verdict; closing needs one.
    pub verdict: Option<Verdict>,
    /// What is said.
    pub note: Option<String>,
    /// The version that the person saw.
    pub version: i64,
    /// What makes the request safe to repeat: a word of the client's choice.
    pub key: Option<String>,
}

/// How a change went.
#[derive(Clone, Debug)]
pub enum Changed {
    /// Done; the alert as it is now.
    Done(AlertRow),
    /// A person changed it in between; the alert as it is now.
    Conflict(AlertRow),
    /// There is no such alert for this reader.
    Missing,
    /// The key stood for another request before.
    KeyReused,
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

    /// Does what a person asks with an alert, unless another person was faster.
    pub fn change_alert(
        &self,
        reader: &Reader,
        id: &str,
        change: &Change,
        now: Time,
    ) -> Result<Changed> {
        self.write(|transaction| {
            let Some(row) = visible(transaction, reader, id)? else {
                return Ok(Changed::Missing);
            };
            let request = request_of(id, change);
            if let Some(key) = &change.key
                && let Some(held) = held_request(transaction, &reader.user, key)?
            {
                return Ok(if held == request {
                    Changed::Done(row)
                } else {
                    Changed::KeyReused
                });
            }
            if change.version > row.version
                || (change.version < row.version
                    && person_changed_since(transaction, id, change.version)?)
            {
                return Ok(Changed::Conflict(row));
            }
            if let Some(key) = &change.key {
                keep_request(transaction, &reader.user, key, &request, now)?;
            }
            let verdict = change.verdict.filter(|_| change.state == State::Closed);
            transaction.execute(
                "UPDATE alert SET state = ?2, verdict = ?3, updated = ?4, touched = 1,
                   version = version + 1 WHERE id = ?1",
                params![
                    id,
                    change.state.name(),
                    verdict.map(Verdict::name),
                    now.micros()
                ],
            )?;
            // Back to new, also by undoing, is a reopening.
            let reopened = change.state == State::New
                || (row.state == State::Closed && change.state != State::Closed);
            let action = if reopened {
                "reopened"
            } else {
                change.state.name()
            };
            let (from, to) = (Some(row.state), Some(change.state));
            let note = change.note.as_deref();
            record_history(
                transaction,
                id,
                now,
                &reader.user,
                action,
                from,
                to,
                verdict,
                note,
            )?;
            let detail = json!({ "from": row.state.name(), "to": change.state.name(),
                "verdict": verdict.map(Verdict::name), "note": change.note });
            audit::append(transaction, now, &reader.user, "alert.state", id, &detail)?;
            live::announce(transaction, id, now, false)?;
            let row = visible(transaction, reader, id)?;
            Ok(row.map_or(Changed::Missing, Changed::Done))
        })
    }
}

/// Writes a line of an alert's history.
#[expect(
    clippy::too_many_arguments,
    reason = "the columns of one table, written in one place"
)]
pub(super) fn record_history(
    transaction: &Transaction<'_>,
    alert: &str,
    at: Time,
    who: &str,
    action: &str,
    from: Option<State>,
    to: Option<State>,
    verdict: Option<Verdict>,
    note: Option<&str>,
) -> Result<()> {
    transaction
        .prepare_cached(
            "INSERT INTO alert_history
               (alert, at, who, action, from_state, to_state, verdict, note, version)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8,
                     (SELECT version FROM alert WHERE id = ?1))",
        )?
        .execute(params![
            alert,
            at.micros(),
            who,
            action,
            from.map(State::name),
            to.map(State::name),
            verdict.map(Verdict::name),
            note
        ])?;
    Ok(())
}

/// What a change asks, to tell a request that is repeated from another under the same key.
fn request_of(alert: &str, change: &Change) -> String {
    let verdict = change.verdict.map(Verdict::name);
    let state = change.state.name();
    json!([alert, state, verdict, change.note, change.version]).to_string()
}

/// What a key stood for before.
pub(super) fn held_request(
    connection: &Connection,
    user: &str,
    key: &str,
) -> Result<Option<String>> {
    let mut statement = connection
        .prepare_cached("SELECT request FROM idempotency WHERE key = ?1 AND user = ?2")?;
    Ok(statement
        .query_row([key, user], |row| row.get(0))
        .optional()?)
}

/// Keeps a key for a day, in the transaction of its change.
pub(super) fn keep_request(
    transaction: &Transaction<'_>,
    user: &str,
    key: &str,
    request: &str,
    now: Time,
) -> Result<()> {
    const DAY: Duration = Duration::from_secs(86_400);
    transaction.execute(
        "DELETE FROM idempotency WHERE at < ?1",
        [now.minus(DAY).micros()],
    )?;
    transaction.execute(
        "INSERT INTO idempotency VALUES (?1, ?2, ?3, ?4)",
        params![key, user, now.micros(), request],
    )?;
    Ok(())
}

/// Growth is no conflict: only what a person did since is.
fn person_changed_since(connection: &Connection, id: &str, version: i64) -> Result<bool> {
    let mut statement = connection.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM alert_history
           WHERE alert = ?1 AND version > ?2 AND who <> 'haidang')",
    )?;
    Ok(statement.query_row(params![id, version], |row| row.get(0))?)
}

pub(super) const COLUMNS: &str =
    "SELECT id, rule_info, level, site, exercise, kind_group, entities, state,
    verdict, count, first, last, opened, updated, version, previous,
    (SELECT verdict FROM alert AS p WHERE p.id = alert.previous), merged FROM alert";

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
        "SELECT at, who, action, from_state, to_state, verdict, note FROM alert_history
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
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
