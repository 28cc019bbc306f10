//! Work on thousands of alerts at once, and taking back what was done: a thousand in a transaction, so that the
//! detector's checkpoints come in between.

use std::collections::HashSet;
use std::time::Duration;

use event::Time;
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use serde_json::json;

use super::alerts::{Line, State, Verdict, record_history};
use super::queue::{AlertFilter, matching};
use super::work::{
    Assign, Held, Skip, Step, Work, apply, batch_id, begin_batch, held, keep_request, repeats,
    set_outcome,
};
use super::{Store, audit, live, signed, unsigned};
use crate::error::Result;
use crate::reader::Reader;

/// Alerts of one transaction.
const PIECE: usize = 1_000;
/// Alerts that are named with the reason why they were left as they are.
const NAMED: usize = 100;

/// Which alerts are meant.
#[derive(Clone, Debug)]
pub enum Meant {
    /// These.
    Ids(Vec<String>),
    /// Those that a list shows.
    Filter(Box<AlertFilter>),
}

/// Work on many alerts.
#[derive(Clone, Debug)]
pub struct Bulk {
    /// Which.
    pub meant: Meant,
    /// What is done.
    pub work: Work,
    /// When the person saw them: what came later is not meant, what another person changed later stays.
    pub as_of: Option<Time>,
    /// The most alerts.
    pub most: usize,
    /// What makes the request safe to repeat.
    pub key: Option<String>,
}

/// How it went.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BulkDone {
    /// What undoes it.
    pub batch: String,
    /// Alerts that were changed.
    pub changed: u64,
    /// The first hundred that were not, each with its reason.
    pub skipped: Vec<(String, Skip)>,
    /// How many were not.
    pub skipped_count: u64,
}

/// How a change of many went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BulkChanged {
    /// Done.
    Done(BulkDone),
    /// More than may be changed at once; nothing was.
    TooMany,
    /// The key stood for another request before.
    KeyReused,
}

/// How taking back went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Undone {
    /// Done: those that nobody touched since are as they were.
    Done(BulkDone),
    /// This person did nothing of that name.
    Missing,
    /// It was too long ago.
    TooLate,
}

impl BulkDone {
    fn new(batch: &str) -> Self {
        Self {
            batch: batch.to_owned(),
            ..Self::default()
        }
    }

    fn note(&mut self, id: &str, skip: Option<Skip>) {
        let Some(why) = skip else {
            self.changed += 1;
            return;
        };
        self.skipped_count += 1;
        if self.skipped.len() < NAMED {
            self.skipped.push((id.to_owned(), why));
        }
    }

    fn keep(&self, transaction: &Transaction<'_>) -> Result<()> {
        let (changed, skipped) = (signed(self.changed), signed(self.skipped_count));
        set_outcome(transaction, &self.batch, changed, &self.skipped, skipped)
    }
}

impl Store {
    /// Does what a person asks with many alerts, a thousand in a transaction; one row of the audit trail says it.
    ///
    /// # Errors
    /// The database cannot be written to; what was done before stands, and can be undone.
    pub fn change_alerts(&self, reader: &Reader, bulk: &Bulk, now: Time) -> Result<BulkChanged> {
        let request = request_of(bulk);
        let ids = match &bulk.meant {
            Meant::Ids(ids) => {
                let mut seen = HashSet::new();
                let first = ids.iter().filter(|id| seen.insert(id.as_str()));
                first.cloned().collect()
            }
            Meant::Filter(filter) => {
                self.read(|connection| matching(connection, reader, filter, bulk.as_of, bulk.most))?
            }
        };
        if ids.len() > bulk.most {
            return Ok(BulkChanged::TooMany);
        }
        let (key, own) = (bulk.key.as_deref(), format!("{request} {}", now.micros()));
        let batch = batch_id(&reader.user, key, &own);
        let begun = self.write(|transaction| {
            if let Some(same) = repeats(transaction, &reader.user, key, &request)? {
                return Ok(Some(if same {
                    outcome(transaction, &batch)?
                } else {
                    BulkChanged::KeyReused
                }));
            }
            if let Some(key) = key {
                keep_request(transaction, &reader.user, key, &request, now)?;
            }
            begin_batch(transaction, &batch, &reader.user, now)?;
            let detail = json!({ "alerts": ids.len(), "change": bulk.work.json(),
                "by": by(&bulk.meant), "first": ids.iter().take(NAMED).collect::<Vec<_>>() });
            audit::append(
                transaction,
                now,
                &reader.user,
                "alert.bulk",
                &batch,
                &detail,
            )?;
            Ok(None)
        })?;
        if let Some(told) = begun {
            return Ok(told);
        }
        let step = Step {
            who: &reader.user,
            now,
            batch: &batch,
            work: &bulk.work,
        };
        let mut done = BulkDone::new(&batch);
        for piece in ids.chunks(PIECE) {
            self.write(|transaction| {
                for id in piece {
                    let skip = one(transaction, reader, &step, bulk.as_of, id)?;
                    done.note(id, skip);
                }
                done.keep(transaction)
            })?;
        }
        Ok(BulkChanged::Done(done))
    }

    /// Puts alerts back as they were before a change of this person, those that nobody touched since. The change must
    /// not be older than `within`. Asked again it says the same.
    ///
    /// # Errors
    /// The database cannot be written to; asked again it goes on.
    pub fn undo_change(
        &self,
        reader: &Reader,
        batch: &str,
        within: Duration,
        now: Time,
    ) -> Result<Undone> {
        let Some((at, ids)) = self.read(|connection| items_of(connection, reader, batch))? else {
            return Ok(Undone::Missing);
        };
        if at.plus(within) < now {
            return Ok(Undone::TooLate);
        }
        let mut done = BulkDone::new(batch);
        let mut is_told = false;
        for piece in ids.chunks(PIECE) {
            self.write(|transaction| {
                if !is_told {
                    let detail = json!({ "alerts": ids.len() });
                    audit::append(transaction, now, &reader.user, "alert.undo", batch, &detail)?;
                    is_told = true;
                }
                for id in piece {
                    let skip = restore(transaction, reader, batch, id, now)?;
                    done.note(id, skip);
                }
                Ok(())
            })?;
        }
        Ok(Undone::Done(done))
    }
}

/// One of many: left as it is when a colleague was faster, or when it is so already.
fn one(
    transaction: &Transaction<'_>,
    reader: &Reader,
    step: &Step<'_>,
    as_of: Option<Time>,
    id: &str,
) -> Result<Option<Skip>> {
    let Some(held) = held(transaction, reader, id)? else {
        return Ok(Some(Skip::NotFound));
    };
    if let Some(as_of) = as_of
        && colleague_changed(transaction, id, as_of, step.who)?
    {
        return Ok(Some(Skip::Conflict));
    }
    if is_so(step.work, &held) {
        return Ok(Some(Skip::Unchanged));
    }
    if !step.work.fits(&held) {
        return Ok(Some(Skip::AssigneeOutside));
    }
    apply(transaction, step, &held)?;
    Ok(None)
}

fn is_so(work: &Work, held: &Held) -> bool {
    let verdict = work.verdict.filter(|_| work.state == Some(State::Closed));
    let state = work
        .state
        .is_none_or(|state| state == held.state && verdict == held.verdict);
    let assignee = match &work.assign {
        Assign::Stays => true,
        Assign::Nobody => held.assignee.is_none(),
        Assign::To { name, .. } => held.assignee.as_ref() == Some(name),
    };
    state && assignee && work.note.is_none()
}

fn colleague_changed(connection: &Connection, id: &str, since: Time, own: &str) -> Result<bool> {
    let mut statement = connection.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM alert_history
           WHERE alert = ?1 AND at > ?2 AND who NOT IN ('haidang', ?3))",
    )?;
    Ok(statement.query_row(params![id, since.micros(), own], |row| row.get(0))?)
}

/// Puts one alert back, unless somebody touched it since.
fn restore(
    transaction: &Transaction<'_>,
    reader: &Reader,
    batch: &str,
    id: &str,
    now: Time,
) -> Result<Option<Skip>> {
    let Some(held) = held(transaction, reader, id)? else {
        return Ok(Some(Skip::NotFound));
    };
    let before = transaction
        .prepare_cached(
            "SELECT version, state, verdict, assignee, touched, undone FROM alert_batch_item
             WHERE batch = ?1 AND alert = ?2",
        )?
        .query_row([batch, id], |row| {
            Ok(Before {
                version: row.get(0)?,
                state: row.get(1)?,
                verdict: row.get(2)?,
                assignee: row.get(3)?,
                touched: row.get(4)?,
                is_undone: row.get(5)?,
            })
        })?;
    if before.is_undone {
        return Ok(None);
    }
    if lastingly_changed(transaction, id, before.version)? {
        return Ok(Some(Skip::Conflict));
    }
    put_back(transaction, &before, id, now)?;
    for sql in [
        "UPDATE alert_batch_item SET undone = 1 WHERE batch = ?1 AND alert = ?2",
        "UPDATE alert_history SET undone = 1 WHERE alert = ?2 AND batch = ?1",
    ] {
        transaction.prepare_cached(sql)?.execute([batch, id])?;
    }
    let line = Line {
        action: "undone",
        from: Some(held.state),
        to: State::from_name(&before.state),
        verdict: before.verdict.as_deref().and_then(Verdict::from_name),
        assignee: before.assignee.as_deref(),
        batch: Some(batch),
        is_undone: true,
        ..Line::default()
    };
    record_history(transaction, id, now, &reader.user, &line)?;
    live::announce(transaction, id, now, false)?;
    Ok(None)
}

/// What an alert was before a change.
struct Before {
    version: i64,
    state: String,
    verdict: Option<String>,
    assignee: Option<String>,
    touched: bool,
    is_undone: bool,
}

fn put_back(transaction: &Transaction<'_>, before: &Before, id: &str, now: Time) -> Result<()> {
    transaction
        .prepare_cached(
            "UPDATE alert SET state = ?2, verdict = ?3, assignee = ?4, touched = ?5, updated = ?6,
               version = version + 1 WHERE id = ?1",
        )?
        .execute(params![
            id,
            before.state,
            before.verdict,
            before.assignee,
            before.touched,
            now.micros()
        ])?;
    Ok(())
}

/// Whether a person did something since that was not taken back: who undoes the last thing may undo the one before.
fn lastingly_changed(connection: &Connection, id: &str, version: i64) -> Result<bool> {
    let mut statement = connection.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM alert_history
           WHERE alert = ?1 AND version > ?2 AND who <> 'haidang' AND undone = 0)",
    )?;
    Ok(statement.query_row(params![id, version], |row| row.get(0))?)
}

/// When a change of this person was, and its alerts.
fn items_of(
    connection: &Connection,
    reader: &Reader,
    batch: &str,
) -> Result<Option<(Time, Vec<String>)>> {
    let at: Option<i64> = connection
        .prepare_cached("SELECT at FROM alert_batch WHERE id = ?1 AND who = ?2")?
        .query_row([batch, &reader.user], |row| row.get(0))
        .optional()?;
    let Some(at) = at else { return Ok(None) };
    let mut statement =
        connection.prepare_cached("SELECT alert FROM alert_batch_item WHERE batch = ?1")?;
    let ids = statement.query_map([batch], |row| row.get(0))?;
    let ids = ids.collect::<rusqlite::Result<_>>()?;
    Ok(Some((Time::from_micros(at), ids)))
}

/// How a change went that was asked for before.
fn outcome(connection: &Connection, batch: &str) -> Result<BulkChanged> {
    let held = connection
        .prepare_cached("SELECT changed, skipped, skipped_count FROM alert_batch WHERE id = ?1")?
        .query_row([batch], |row| {
            let skipped: String = row.get(1)?;
            let skipped: Vec<(String, String)> = serde_json::from_str(&skipped).unwrap_or_default();
            let skipped = skipped.into_iter();
            Ok(BulkDone {
                batch: batch.to_owned(),
                changed: unsigned(row.get(0)?),
                skipped: skipped
                    .filter_map(|(id, why)| Some((id, Skip::from_name(&why)?)))
                    .collect(),
                skipped_count: unsigned(row.get(2)?),
            })
        })
        .optional()?;
    Ok(BulkChanged::Done(
        held.unwrap_or_else(|| BulkDone::new(batch)),
    ))
}

fn by(meant: &Meant) -> &'static str {
    match meant {
        Meant::Ids(_) => "ids",
        Meant::Filter(_) => "filter",
    }
}

/// What a change asks, to tell a request that is repeated from another under the same key.
fn request_of(bulk: &Bulk) -> String {
    let meant = match &bulk.meant {
        Meant::Ids(ids) => ids.join(" "),
        Meant::Filter(filter) => filter.asked(),
    };
    let as_of = bulk.as_of.map(Time::micros);
    super::fold::digest(&json!([meant, as_of, bulk.work.json()]).to_string())
}
