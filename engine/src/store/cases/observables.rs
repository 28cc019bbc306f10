//! Observables of a case: the values that it is about.

use event::Time;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::json;

use super::super::Store;
use super::items::done;
use super::rows::is_there;
use super::{CaseAction, CaseChanged, CaseRefusal, CaseWriter, ObservableKind};
use crate::error::Result;

/// A value that a case is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observable {
    /// Its number.
    pub id: i64,
    /// What it is a value of.
    pub kind: ObservableKind,
    /// The value.
    pub value: String,
    /// What is known of it.
    pub note: String,
    /// Words of people's choice.
    pub tags: Vec<String>,
    /// When it was added.
    pub at: Time,
    /// By whom.
    pub who: String,
    /// Grows with each change.
    pub version: i64,
}

/// An observable to be.
#[derive(Clone, Debug)]
pub struct ObservableDraft {
    /// What it is a value of.
    pub kind: ObservableKind,
    /// The value.
    pub value: String,
    /// What is known of it.
    pub note: String,
    /// Words of people's choice.
    pub tags: Vec<String>,
}

/// What to change of an observable; what is absent stays.
#[derive(Clone, Debug, Default)]
pub struct ObservableChange {
    /// The version that the person saw.
    pub version: i64,
    /// What is known of it.
    pub note: Option<String>,
    /// Words of people's choice.
    pub tags: Option<Vec<String>>,
}

const OBSERVABLE: &str =
    "SELECT id, kind, value, note, tags, at, who, version FROM case_observable WHERE case_id = ?1";

fn observable_of(row: &Row<'_>) -> rusqlite::Result<Observable> {
    let (kind, tags): (String, String) = (row.get(1)?, row.get(4)?);
    Ok(Observable {
        id: row.get(0)?,
        kind: ObservableKind::from_name(&kind).unwrap_or(ObservableKind::Other),
        value: row.get(2)?,
        note: row.get(3)?,
        tags: serde_json::from_str(&tags).unwrap_or_default(),
        at: Time::from_micros(row.get(5)?),
        who: row.get(6)?,
        version: row.get(7)?,
    })
}

pub(super) fn of_case(connection: &Connection, id: &str) -> Result<Vec<Observable>> {
    let mut statement = connection.prepare_cached(&format!("{OBSERVABLE} ORDER BY kind, id"))?;
    let rows = statement.query_map([id], observable_of)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn observable(connection: &Connection, id: &str, own: i64) -> Result<Option<Observable>> {
    let mut statement = connection.prepare_cached(&format!("{OBSERVABLE} AND id = ?2"))?;
    Ok(statement
        .query_row(params![id, own], observable_of)
        .optional()?)
}

impl Store {
    /// Adds an observable to a case.
    pub fn add_observable(
        &self,
        by: CaseWriter<'_>,
        id: &str,
        draft: &ObservableDraft,
    ) -> Result<CaseChanged<Observable>> {
        const HELD: &str =
            "SELECT 1 FROM case_observable WHERE case_id = ?1 AND kind = ?2 AND value = ?3";
        self.in_case(by, id, |transaction, _| {
            let kind = draft.kind.name();
            if is_there(transaction, HELD, params![id, kind, draft.value])? {
                return Ok(CaseChanged::Refused(CaseRefusal::Taken));
            }
            if by.is_full(transaction, id, "case_observable", by.limits.items)? {
                return Ok(CaseChanged::Refused(CaseRefusal::Full));
            }
            transaction.execute(
                "INSERT INTO case_observable (case_id, kind, value, note, tags, at, who, version)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 1)",
                params![
                    id,
                    kind,
                    draft.value,
                    draft.note,
                    json!(draft.tags).to_string(),
                    by.now.micros(),
                    &*by.reader.user
                ],
            )?;
            let own = transaction.last_insert_rowid();
            let detail = json!({ "kind": kind, "value": draft.value });
            by.log(transaction, id, CaseAction::ObservableAdded, None, &detail)?;
            Ok(done(observable(transaction, id, own)?))
        })
    }

    /// Changes what is known of an observable.
    pub fn change_observable(
        &self,
        by: CaseWriter<'_>,
        id: &str,
        own: i64,
        change: &ObservableChange,
    ) -> Result<CaseChanged<Observable>> {
        self.in_case(by, id, |transaction, _| {
            let Some(held) = observable(transaction, id, own)? else {
                return Ok(CaseChanged::Missing);
            };
            if held.version != change.version {
                return Ok(CaseChanged::Conflict);
            }
            let note = change.note.as_ref().unwrap_or(&held.note);
            let tags = change.tags.as_ref().unwrap_or(&held.tags);
            transaction.execute(
                "UPDATE case_observable SET note = ?2, tags = ?3, version = version + 1
                 WHERE id = ?1",
                params![own, note, json!(tags).to_string()],
            )?;
            let detail = json!({ "kind": held.kind.name(), "value": held.value, "note": note,
                "tags": tags });
            by.log(
                transaction,
                id,
                CaseAction::ObservableChanged,
                None,
                &detail,
            )?;
            Ok(done(observable(transaction, id, own)?))
        })
    }

    /// Removes an observable.
    pub fn remove_observable(
        &self,
        by: CaseWriter<'_>,
        id: &str,
        own: i64,
    ) -> Result<CaseChanged<()>> {
        self.in_case(by, id, |transaction, _| {
            let Some(held) = observable(transaction, id, own)? else {
                return Ok(CaseChanged::Missing);
            };
            transaction.execute("DELETE FROM case_observable WHERE id = ?1", [own])?;
            let detail = json!({ "kind": held.kind.name(), "value": held.value });
            by.log(
                transaction,
                id,
                CaseAction::ObservableRemoved,
                None,
                &detail,
            )?;
            Ok(CaseChanged::Done(()))
        })
    }
}
