//! Notes and tasks of a case: each has a version of its own; every version of a note is kept.

use event::Time;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};
use serde_json::json;

use super::super::Store;
use super::rows::{Asked, visible};
use super::{CaseAction, CaseChanged, CaseRefusal, CaseWriter};
use crate::error::Result;
use crate::reader::Reader;

/// What somebody wrote into a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Its number.
    pub id: i64,
    /// Grows with each change.
    pub version: i64,
    /// When this version was written.
    pub at: Time,
    /// By whom.
    pub who: String,
    /// When the first was.
    pub first: Time,
    /// By whom.
    pub author: String,
    /// What it says.
    pub text: String,
}

/// A version of a note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteVersion {
    /// Counted from 1.
    pub version: i64,
    /// When it was written.
    pub at: Time,
    /// By whom.
    pub who: String,
    /// What it says.
    pub text: String,
}

/// Something to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// Its number.
    pub id: i64,
    /// Its place among them.
    pub place: i64,
    /// What is to be done.
    pub text: String,
    /// By whom.
    pub assignee: Option<String>,
    /// Until when.
    pub due: Option<Time>,
    /// When it was done.
    pub done: Option<Time>,
    /// By whom.
    pub done_by: Option<String>,
    /// Grows with each change.
    pub version: i64,
}

/// A task to be.
#[derive(Clone, Debug, Default)]
pub struct TaskDraft {
    /// What is to be done.
    pub text: String,
    /// By whom.
    pub assignee: Option<String>,
    /// Until when.
    pub due: Option<Time>,
}

/// What to change of a task; what is absent stays.
#[derive(Clone, Debug, Default)]
pub struct TaskChange {
    /// The version that the person saw.
    pub version: i64,
    /// What is to be done.
    pub text: Option<String>,
    /// By whom; in it, none: by nobody.
    pub assignee: Option<Option<String>>,
    /// Until when; in it, none: whenever.
    pub due: Option<Option<Time>>,
    /// Whether it is done.
    pub done: Option<bool>,
    /// Its place among them.
    pub place: Option<i64>,
}

const NOTE: &str = "SELECT n.note, n.version, n.at, n.who, f.at, f.who, n.text
    FROM case_note AS n JOIN case_note AS f ON f.note = n.note AND f.version = 1
    WHERE n.version = (SELECT max(version) FROM case_note AS m WHERE m.note = n.note)";
const TASK: &str = "SELECT id, place, text, assignee, due, done, done_by, version FROM case_task WHERE case_id = ?1";
pub(super) fn note_of(row: &Row<'_>) -> rusqlite::Result<Note> {
    Ok(Note {
        id: row.get(0)?,
        version: row.get(1)?,
        at: Time::from_micros(row.get(2)?),
        who: row.get(3)?,
        first: Time::from_micros(row.get(4)?),
        author: row.get(5)?,
        text: row.get(6)?,
    })
}

fn task_of(row: &Row<'_>) -> rusqlite::Result<Task> {
    let time = |place: usize| -> rusqlite::Result<Option<Time>> {
        Ok(row.get::<_, Option<i64>>(place)?.map(Time::from_micros))
    };
    Ok(Task {
        id: row.get(0)?,
        place: row.get(1)?,
        text: row.get(2)?,
        assignee: row.get(3)?,
        due: time(4)?,
        done: time(5)?,
        done_by: row.get(6)?,
        version: row.get(7)?,
    })
}

pub(super) fn notes(connection: &Connection, id: &str) -> Result<Vec<Note>> {
    let sql = format!("{NOTE} AND n.case_id = ?1 ORDER BY n.note DESC");
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map([id], note_of)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub(super) fn note(connection: &Connection, id: &str, note: i64) -> Result<Option<Note>> {
    let sql = format!("{NOTE} AND n.case_id = ?1 AND n.note = ?2");
    let mut statement = connection.prepare_cached(&sql)?;
    Ok(statement.query_row(params![id, note], note_of).optional()?)
}

pub(super) fn tasks(connection: &Connection, id: &str) -> Result<Vec<Task>> {
    let mut statement = connection.prepare_cached(&format!("{TASK} ORDER BY place, id"))?;
    let rows = statement.query_map([id], task_of)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn task(connection: &Connection, id: &str, task: i64) -> Result<Option<Task>> {
    let mut statement = connection.prepare_cached(&format!("{TASK} AND id = ?2"))?;
    Ok(statement.query_row(params![id, task], task_of).optional()?)
}

pub(super) fn done<T>(found: Option<T>) -> CaseChanged<T> {
    found.map_or(CaseChanged::Missing, CaseChanged::Done)
}

impl Store {
    /// Writes a note into a case.
    pub fn add_note(&self, by: CaseWriter<'_>, id: &str, text: &str) -> Result<CaseChanged<Note>> {
        let request = json!(["note", id, text]);
        self.in_case(by, id, |transaction, _| {
            match by.asked(transaction, &request)? {
                Asked::First => {}
                Asked::Again(made) => {
                    let made = made.parse().unwrap_or_default();
                    return Ok(done(note(transaction, id, made)?));
                }
                Asked::Other => return Ok(CaseChanged::KeyReused),
            }
            // Versions count too: a note that is changed again and again fills the case as well.
            if by.is_full(transaction, id, "case_note", by.limits.items)? {
                return Ok(CaseChanged::Refused(CaseRefusal::Full));
            }
            let own: i64 = transaction.query_row(
                "SELECT coalesce(max(note), 0) + 1 FROM case_note",
                [],
                |row| row.get(0),
            )?;
            put_note(transaction, by, id, (own, 1), text)?;
            by.keep(transaction, &request, &own.to_string())?;
            Ok(done(note(transaction, id, own)?))
        })
    }

    /// Changes a note; the version before is kept.
    pub fn change_note(
        &self,
        by: CaseWriter<'_>,
        id: &str,
        own: i64,
        version: i64,
        text: &str,
    ) -> Result<CaseChanged<Note>> {
        self.in_case(by, id, |transaction, _| {
            let Some(held) = note(transaction, id, own)? else {
                return Ok(CaseChanged::Missing);
            };
            if held.version != version {
                return Ok(CaseChanged::Conflict);
            }
            if by.is_full(transaction, id, "case_note", by.limits.items)? {
                return Ok(CaseChanged::Refused(CaseRefusal::Full));
            }
            put_note(transaction, by, id, (own, version + 1), text)?;
            let detail = json!({ "note": own, "version": version + 1 });
            by.log(transaction, id, CaseAction::NoteChanged, None, &detail)?;
            Ok(done(note(transaction, id, own)?))
        })
    }

    /// Every version of a note, the oldest first, if the reader may see the case.
    pub fn note_versions(
        &self,
        reader: &Reader,
        id: &str,
        own: i64,
    ) -> Result<Option<Vec<NoteVersion>>> {
        self.read(|connection| {
            if visible(connection, reader, id)?.is_none() {
                return Ok(None);
            }
            let mut statement = connection.prepare_cached(
                "SELECT version, at, who, text FROM case_note
                 WHERE case_id = ?1 AND note = ?2 ORDER BY version",
            )?;
            let rows = statement.query_map(params![id, own], |row| {
                Ok(NoteVersion {
                    version: row.get(0)?,
                    at: Time::from_micros(row.get(1)?),
                    who: row.get(2)?,
                    text: row.get(3)?,
                })
            })?;
            let versions: Vec<_> = rows.collect::<rusqlite::Result<_>>()?;
            Ok((!versions.is_empty()).then_some(versions))
        })
    }

    /// Adds a task to a case, behind the others.
    pub fn add_task(
        &self,
        by: CaseWriter<'_>,
        id: &str,
        draft: &TaskDraft,
    ) -> Result<CaseChanged<Task>> {
        let due = draft.due.map(Time::micros);
        let request = json!(["task", id, draft.text, draft.assignee, due]);
        self.in_case(by, id, |transaction, _| {
            match by.asked(transaction, &request)? {
                Asked::First => {}
                Asked::Again(made) => {
                    let made = made.parse().unwrap_or_default();
                    return Ok(done(task(transaction, id, made)?));
                }
                Asked::Other => return Ok(CaseChanged::KeyReused),
            }
            if by.is_full(transaction, id, "case_task", by.limits.items)? {
                return Ok(CaseChanged::Refused(CaseRefusal::Full));
            }
            transaction.execute(
                "INSERT INTO case_task (case_id, place, text, assignee, due, version) VALUES (?1,
                   (SELECT coalesce(max(place), 0) + 1 FROM case_task WHERE case_id = ?1),
                   ?2, ?3, ?4, 1)",
                params![id, draft.text, draft.assignee, due],
            )?;
            let own = transaction.last_insert_rowid();
            let detail = json!({ "task": own, "text": draft.text, "assignee": draft.assignee });
            by.log(transaction, id, CaseAction::TaskAdded, None, &detail)?;
            by.keep(transaction, &request, &own.to_string())?;
            Ok(done(task(transaction, id, own)?))
        })
    }

    /// Changes a task, or says that it is done.
    pub fn change_task(
        &self,
        by: CaseWriter<'_>,
        id: &str,
        own: i64,
        change: &TaskChange,
    ) -> Result<CaseChanged<Task>> {
        self.in_case(by, id, |transaction, _| {
            let Some(held) = task(transaction, id, own)? else {
                return Ok(CaseChanged::Missing);
            };
            if held.version != change.version {
                return Ok(CaseChanged::Conflict);
            }
            let mut next = held.clone();
            next.text = change.text.clone().unwrap_or(next.text);
            next.assignee = change.assignee.clone().unwrap_or(next.assignee);
            next.due = change.due.unwrap_or(next.due);
            next.place = change.place.unwrap_or(next.place);
            match change.done {
                Some(true) if held.done.is_none() => {
                    next.done = Some(by.now);
                    next.done_by = Some(by.reader.user.to_string());
                }
                Some(false) => (next.done, next.done_by) = (None, None),
                _ => {}
            }
            transaction.execute(
                "UPDATE case_task SET place = ?3, text = ?4, assignee = ?5, due = ?6, done = ?7,
                   done_by = ?8, version = version + 1 WHERE case_id = ?1 AND id = ?2",
                params![
                    id,
                    own,
                    next.place,
                    next.text,
                    next.assignee,
                    next.due.map(Time::micros),
                    next.done.map(Time::micros),
                    next.done_by
                ],
            )?;
            let action = match (held.done, next.done) {
                (None, Some(_)) => CaseAction::TaskDone,
                _ => CaseAction::TaskChanged,
            };
            let detail = json!({ "task": own, "text": next.text, "assignee": next.assignee,
                "version": held.version + 1 });
            by.log(transaction, id, action, None, &detail)?;
            Ok(done(task(transaction, id, own)?))
        })
    }

    /// Removes a task.
    pub fn remove_task(
        &self,
        by: CaseWriter<'_>,
        id: &str,
        own: i64,
        version: i64,
    ) -> Result<CaseChanged<()>> {
        self.in_case(by, id, |transaction, _| {
            let Some(held) = task(transaction, id, own)? else {
                return Ok(CaseChanged::Missing);
            };
            if held.version != version {
                return Ok(CaseChanged::Conflict);
            }
            transaction.execute("DELETE FROM case_task WHERE id = ?1", [own])?;
            let detail = json!({ "task": own, "text": held.text });
            by.log(transaction, id, CaseAction::TaskRemoved, None, &detail)?;
            Ok(CaseChanged::Done(()))
        })
    }
}

/// Writes a version of a note.
fn put_note(
    transaction: &Transaction<'_>,
    by: CaseWriter<'_>,
    id: &str,
    (own, version): (i64, i64),
    text: &str,
) -> Result<()> {
    transaction.execute(
        "INSERT INTO case_note VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![own, version, id, by.now.micros(), &*by.reader.user, text],
    )?;
    if version == 1 {
        let detail = json!({ "note": own, "letters": text.chars().count() });
        super::super::audit::append(
            transaction,
            by.now,
            &by.reader.user,
            "case.note",
            id,
            &detail,
        )?;
    }
    by.touch(transaction, id)
}
