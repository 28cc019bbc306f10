//! What people do with one alert: move it, judge it, hand it on. Each change keeps what was before, so that it can be
//! undone; thousands at once are `bulk.rs`.

use std::time::Duration;

use event::Time;
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use serde_json::{Value, json};

use super::alerts::{AlertRow, Line, State, Verdict, record_history, visible};
use super::{Store, audit, fold, live};
use crate::error::Result;
use crate::reader::{Reader, Scope};
use crate::words::words;

/// Keys and what can be undone are kept so long.
pub(super) const DAY: Duration = Duration::from_secs(86_400);

/// Who is to hold an alert.
#[derive(Clone, Debug, Default)]
pub enum Assign {
    /// Whoever holds it now.
    #[default]
    Stays,
    /// Nobody.
    Nobody,
    /// This person, of whom the alert's site must be one of the sites.
    To {
        /// The name to sign in with.
        name: String,
        /// What the person sees.
        scope: Scope,
    },
}

/// What a person does with an alert; what is absent stays.
#[derive(Clone, Debug, Default)]
pub struct Work {
    /// The state it is to have.
    pub state: Option<State>,
    /// The verdict; closing needs one.
    pub verdict: Option<Verdict>,
    /// What is said.
    pub note: Option<String>,
    /// Who is to hold it.
    pub assign: Assign,
}

/// Work on one alert.
#[derive(Clone, Debug)]
pub struct Change {
    /// What is done.
    pub work: Work,
    /// The version that the person saw.
    pub version: i64,
    /// What makes the request safe to repeat: a word of the client's choice.
    pub key: Option<String>,
}

/// How a change went.
#[derive(Clone, Debug)]
pub enum Changed {
    /// Done; the alert as it is now, and what undoes it.
    Done(Box<AlertRow>, String),
    /// A person changed it in between; the alert as it is now.
    Conflict(Box<AlertRow>),
    /// There is no such alert for this reader.
    Missing,
    /// Who is to hold it does not see its site.
    AssigneeOutside,
    /// The key stood for another request before.
    KeyReused,
}

words! {
    /// Why an alert was left as it is.
    Skip {
        /// There is no such alert for this reader.
        NotFound "not_found",
        /// A person changed it in between.
        Conflict "conflict",
        /// It is so already.
        Unchanged "unchanged",
        /// Who is to hold it does not see its site.
        AssigneeOutside "assignee_outside",
    }
}

/// An alert as far as work changes it.
pub(super) struct Held {
    pub(super) id: String,
    pub(super) site: String,
    pub(super) state: State,
    pub(super) verdict: Option<Verdict>,
    pub(super) assignee: Option<String>,
    pub(super) version: i64,
    pub(super) touched: bool,
}

/// Who does what, when.
pub(super) struct Step<'a> {
    pub(super) who: &'a str,
    pub(super) now: Time,
    pub(super) batch: &'a str,
    pub(super) work: &'a Work,
}

impl Work {
    /// Whether who is to hold it sees it.
    pub(super) fn fits(&self, held: &Held) -> bool {
        match &self.assign {
            Assign::To { scope, .. } => scope.admits(&held.site),
            Assign::Stays | Assign::Nobody => true,
        }
    }

    /// As the audit trail and a repeated request know it.
    pub(super) fn json(&self) -> Value {
        let assignee = match &self.assign {
            Assign::Stays => Value::Null,
            Assign::Nobody => json!(""),
            Assign::To { name, .. } => json!(name),
        };
        json!({ "state": self.state.map(State::name), "verdict": self.verdict.map(Verdict::name),
            "note": self.note, "assignee": assignee })
    }
}

impl Store {
    /// Does what a person asks with an alert, unless another person was faster.
    ///
    /// # Errors
    /// The database cannot be written to.
    pub fn change_alert(
        &self,
        reader: &Reader,
        id: &str,
        change: &Change,
        now: Time,
    ) -> Result<Changed> {
        let request = json!([id, change.work.json(), change.version]).to_string();
        let key = change.key.as_deref();
        let own = format!("{id} {} {}", change.version, now.micros());
        let batch = batch_id(&reader.user, key, &own);
        self.write(|transaction| {
            let Some(row) = visible(transaction, reader, id)? else {
                return Ok(Changed::Missing);
            };
            if let Some(same) = repeats(transaction, &reader.user, key, &request)? {
                return Ok(if same {
                    Changed::Done(row.into(), batch)
                } else {
                    Changed::KeyReused
                });
            }
            let Some(held) = held(transaction, reader, id)? else {
                return Ok(Changed::Conflict(row.into()));
            };
            let is_late = change.version < held.version
                && person_changed_since(transaction, id, change.version)?;
            if change.version > held.version || is_late {
                return Ok(Changed::Conflict(row.into()));
            }
            if !change.work.fits(&held) {
                return Ok(Changed::AssigneeOutside);
            }
            if let Some(key) = key {
                keep_request(transaction, &reader.user, key, &request, now)?;
            }
            begin_batch(transaction, &batch, &reader.user, now)?;
            let step = Step {
                who: &reader.user,
                now,
                batch: &batch,
                work: &change.work,
            };
            apply(transaction, &step, &held)?;
            set_outcome(transaction, &batch, 1, &[], 0)?;
            let (action, mut detail) = match change.work.state {
                Some(_) => ("alert.state", change.work.json()),
                None => ("alert.assign", change.work.json()),
            };
            if let Some(detail) = detail.as_object_mut() {
                detail.insert("from".to_owned(), json!(held.state.name()));
                detail.insert("held_by".to_owned(), json!(held.assignee));
            }
            audit::append(transaction, now, &reader.user, action, id, &detail)?;
            let row = visible(transaction, reader, id)?;
            Ok(row.map_or(Changed::Missing, |row| Changed::Done(row.into(), batch)))
        })
    }
}

/// Changes one alert and keeps what was before.
pub(super) fn apply(transaction: &Transaction<'_>, step: &Step<'_>, held: &Held) -> Result<()> {
    let work = step.work;
    let state = work.state.unwrap_or(held.state);
    let verdict = match work.state {
        Some(State::Closed) => work.verdict,
        Some(_) => None,
        None => held.verdict,
    };
    let assignee = match &work.assign {
        Assign::Stays => held.assignee.as_deref(),
        Assign::Nobody => None,
        Assign::To { name, .. } => Some(name.as_str()),
    };
    transaction
        .prepare_cached("INSERT INTO alert_batch_item VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0)")?
        .execute(params![
            step.batch,
            held.id,
            held.version + 1,
            held.state.name(),
            held.verdict.map(Verdict::name),
            held.assignee,
            held.touched
        ])?;
    transaction
        .prepare_cached(
            "UPDATE alert SET state = ?2, verdict = ?3, assignee = ?4, updated = ?5, touched = 1,
               version = version + 1 WHERE id = ?1",
        )?
        .execute(params![
            held.id,
            state.name(),
            verdict.map(Verdict::name),
            assignee,
            step.now.micros()
        ])?;
    tell(transaction, step, held, verdict, assignee)?;
    live::announce(transaction, &held.id, step.now, false)
}

/// Writes what was done into the alert's history: the state and who holds it each have a line.
fn tell(
    transaction: &Transaction<'_>,
    step: &Step<'_>,
    held: &Held,
    verdict: Option<Verdict>,
    assignee: Option<&str>,
) -> Result<()> {
    let work = step.work;
    let mut note = work.note.as_deref();
    let write = |line: Line<'_>| record_history(transaction, &held.id, step.now, step.who, &line);
    if let Some(state) = work.state {
        // Back to new is a reopening.
        let reopened =
            state == State::New || (held.state == State::Closed && state != State::Closed);
        write(Line {
            action: if reopened { "reopened" } else { state.name() },
            from: Some(held.state),
            to: Some(state),
            verdict,
            note: note.take(),
            batch: Some(step.batch),
            ..Line::default()
        })?;
    }
    let assigns = !matches!(work.assign, Assign::Stays);
    if assigns || note.is_some() {
        write(Line {
            action: if assigns { "assign" } else { "noted" },
            note,
            assignee: assignee.filter(|_| assigns),
            batch: Some(step.batch),
            ..Line::default()
        })?;
    }
    Ok(())
}

/// An alert that the reader may change.
pub(super) fn held(connection: &Connection, reader: &Reader, id: &str) -> Result<Option<Held>> {
    let mut statement = connection.prepare_cached(
        "SELECT site, state, verdict, assignee, version, touched FROM alert
         WHERE id = ?1 AND merged IS NULL",
    )?;
    let held = statement.query_row([id], |row| {
        let (state, verdict): (String, Option<String>) = (row.get(1)?, row.get(2)?);
        Ok(Held {
            id: id.to_owned(),
            site: row.get(0)?,
            state: State::from_name(&state).unwrap_or(State::New),
            verdict: verdict.as_deref().and_then(Verdict::from_name),
            assignee: row.get(3)?,
            version: row.get(4)?,
            touched: row.get(5)?,
        })
    });
    let held: Option<Held> = held.optional()?;
    Ok(held.filter(|held| reader.scope.admits(&held.site)))
}

/// Growth is no conflict: only what a person did since is.
fn person_changed_since(connection: &Connection, id: &str, version: i64) -> Result<bool> {
    let mut statement = connection.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM alert_history
           WHERE alert = ?1 AND version > ?2 AND who <> 'haidang')",
    )?;
    Ok(statement.query_row(params![id, version], |row| row.get(0))?)
}

/// What undoes a change. With a key it is the same however often the request is repeated.
pub(super) fn batch_id(user: &str, key: Option<&str>, own: &str) -> String {
    match key {
        Some(key) => fold::digest(&json!([user, key]).to_string()),
        None => fold::digest(&json!([user, own, "no key"]).to_string()),
    }
}

/// Begins a change that can be undone; those of the day before cannot any more.
pub(super) fn begin_batch(
    transaction: &Transaction<'_>,
    batch: &str,
    who: &str,
    now: Time,
) -> Result<()> {
    transaction.execute(
        "DELETE FROM alert_batch WHERE at < ?1",
        [now.minus(DAY).micros()],
    )?;
    transaction.execute(
        "INSERT INTO alert_batch VALUES (?1, ?2, ?3, 0, '[]', 0)",
        params![batch, who, now.micros()],
    )?;
    Ok(())
}

/// Keeps how a change went, for a request that is repeated.
pub(super) fn set_outcome(
    transaction: &Transaction<'_>,
    batch: &str,
    changed: i64,
    skipped: &[(String, Skip)],
    skipped_count: i64,
) -> Result<()> {
    let skipped: Vec<_> = skipped
        .iter()
        .map(|(id, why)| json!([id, why.name()]))
        .collect();
    transaction
        .prepare_cached(
            "UPDATE alert_batch SET changed = ?2, skipped = ?3, skipped_count = ?4 WHERE id = ?1",
        )?
        .execute(params![
            batch,
            changed,
            json!(skipped).to_string(),
            skipped_count
        ])?;
    Ok(())
}

/// Whether a key stood for this request before; none: it stood for nothing.
pub(super) fn repeats(
    connection: &Connection,
    user: &str,
    key: Option<&str>,
    request: &str,
) -> Result<Option<bool>> {
    let Some(key) = key else { return Ok(None) };
    let held = held_request(connection, user, key)?;
    Ok(held.map(|held| held == request))
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
