//! Evidence of a case: files with checksums, and through whose hands they went.
//!
//! A row is written only once its file lies under its name; a file without a row is what an upload left that was cut
//! short. Nothing is ever changed or removed: every reading is a line of custody and of the audit trail.

use event::Time;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::json;

use super::super::{Store, audit, signed, unsigned};
use super::rows::{is_there, scope_of, sees, visible};
use super::{CaseAction, CaseChanged, CaseRefusal, CaseWriter, CustodyAction};
use crate::error::Result;
use crate::reader::Reader;

/// A piece of evidence to be.
#[derive(Clone, Debug)]
pub struct EvidenceDraft {
    /// What the file was called.
    pub name: String,
    /// Its length.
    pub bytes: u64,
    /// Its checksum, 64 small hexadecimal digits.
    pub sha256: String,
    /// What it is.
    pub note: String,
    /// The site that it is from; none: of the case as a whole.
    pub site: Option<String>,
}

/// A piece of evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptEvidence {
    /// Its number.
    pub id: i64,
    /// Its checksum, 64 small hexadecimal digits.
    pub sha256: String,
    /// What the file was called.
    pub name: String,
    /// Its length.
    pub bytes: u64,
    /// What it is.
    pub note: String,
    /// The site that it is from; none: of the case as a whole.
    pub site: Option<String>,
    /// When it was brought in.
    pub at: Time,
    /// By whom.
    pub who: String,
}

/// A line of a piece of evidence's custody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Custody {
    /// When.
    pub at: Time,
    /// Who.
    pub who: String,
    /// What was done.
    pub action: CustodyAction,
}

/// A file that a row of evidence stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvidenceFile {
    /// The case.
    pub case: String,
    /// The checksum that it must have.
    pub sha256: String,
    /// The length that it must have.
    pub bytes: u64,
}

const KEPT: &str = "SELECT id, sha256, name, bytes, note, site, at, who FROM case_evidence";

fn kept_of(row: &Row<'_>) -> rusqlite::Result<KeptEvidence> {
    Ok(KeptEvidence {
        id: row.get(0)?,
        sha256: row.get(1)?,
        name: row.get(2)?,
        bytes: unsigned(row.get(3)?),
        note: row.get(4)?,
        site: row.get(5)?,
        at: Time::from_micros(row.get(6)?),
        who: row.get(7)?,
    })
}

/// A case's evidence as the reader may see it, the newest first.
pub(super) fn of_case(
    connection: &Connection,
    reader: &Reader,
    id: &str,
) -> Result<Vec<(KeptEvidence, Vec<Custody>)>> {
    let sql = format!(
        "{KEPT} WHERE case_id = ?2 AND (site IS NULL OR {}) ORDER BY id DESC",
        sees("site")
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map(params![scope_of(reader), id], kept_of)?;
    let mut found = Vec::new();
    for row in rows {
        let kept = row?;
        let custody = custody(connection, kept.id)?;
        found.push((kept, custody));
    }
    Ok(found)
}

fn custody(connection: &Connection, evidence: i64) -> Result<Vec<Custody>> {
    let mut statement = connection.prepare_cached(
        "SELECT at, who, action FROM case_custody WHERE evidence = ?1 ORDER BY seq",
    )?;
    let rows = statement.query_map([evidence], |row| {
        let action: String = row.get(2)?;
        Ok(Custody {
            at: Time::from_micros(row.get(0)?),
            who: row.get(1)?,
            action: CustodyAction::from_name(&action).unwrap_or(CustodyAction::Read),
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn one(
    connection: &Connection,
    reader: &Reader,
    case: &str,
    id: i64,
) -> Result<Option<KeptEvidence>> {
    let sql = format!(
        "{KEPT} WHERE case_id = ?2 AND id = ?3 AND (site IS NULL OR {})",
        sees("site")
    );
    let mut statement = connection.prepare_cached(&sql)?;
    Ok(statement
        .query_row(params![scope_of(reader), case, id], kept_of)
        .optional()?)
}

impl Store {
    /// Adds evidence to a case. `keep` puts the file under its name, durably; it runs once everything else is right,
    /// before the row is committed.
    pub fn add_evidence(
        &self,
        by: CaseWriter<'_>,
        case: &str,
        draft: &EvidenceDraft,
        keep: impl FnOnce() -> Result<()>,
    ) -> Result<CaseChanged<KeptEvidence>> {
        const HELD: &str = "SELECT 1 FROM case_evidence WHERE case_id = ?1 AND sha256 = ?2";
        self.in_case(by, case, |transaction, held| {
            let site_is_theirs = |site: &String| held.sites.contains(site);
            if !draft.site.as_ref().is_none_or(site_is_theirs) {
                return Ok(CaseChanged::Refused(CaseRefusal::NoSite));
            }
            if is_there(transaction, HELD, params![case, draft.sha256])? {
                return Ok(CaseChanged::Refused(CaseRefusal::Taken));
            }
            if by.is_full(transaction, case, "case_evidence", by.limits.items)? {
                return Ok(CaseChanged::Refused(CaseRefusal::Full));
            }
            let all: i64 = transaction.query_row(
                "SELECT coalesce(sum(bytes), 0) FROM case_evidence",
                [],
                |row| row.get(0),
            )?;
            if unsigned(all).saturating_add(draft.bytes) > by.limits.evidence_total_mib << 20 {
                return Ok(CaseChanged::Refused(CaseRefusal::NoRoom));
            }
            keep()?;
            transaction.execute(
                "INSERT INTO case_evidence (case_id, sha256, name, bytes, note, site, at, who)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                params![
                    case,
                    draft.sha256,
                    draft.name,
                    signed(draft.bytes),
                    draft.note,
                    draft.site,
                    by.now.micros(),
                    &*by.reader.user
                ],
            )?;
            let id = transaction.last_insert_rowid();
            by.hand(transaction, id, CustodyAction::Received)?;
            let detail = json!({ "evidence": id, "name": draft.name, "bytes": draft.bytes,
                "sha256": draft.sha256 });
            let site = draft.site.as_deref();
            by.log(transaction, case, CaseAction::EvidenceAdded, site, &detail)?;
            let kept = one(transaction, by.reader, case, id)?;
            Ok(kept.map_or(CaseChanged::Missing, CaseChanged::Done))
        })
    }

    /// Gives a piece of evidence to the reader, and writes down that it did. A closed case's is read too.
    pub fn read_evidence(
        &self,
        by: CaseWriter<'_>,
        case: &str,
        id: i64,
    ) -> Result<Option<KeptEvidence>> {
        self.write(|transaction| {
            if visible(transaction, by.reader, case)?.is_none() {
                return Ok(None);
            }
            let Some(kept) = one(transaction, by.reader, case, id)? else {
                return Ok(None);
            };
            by.hand(transaction, id, CustodyAction::Read)?;
            let detail = json!({ "evidence": id, "name": kept.name, "sha256": kept.sha256 });
            let (now, who) = (by.now, &by.reader.user);
            audit::append(transaction, now, who, "evidence.read", case, &detail)?;
            Ok(Some(kept))
        })
    }

    /// Every file of evidence that there must be.
    pub fn evidence_files(&self) -> Result<Vec<EvidenceFile>> {
        self.read(|connection| {
            let mut statement = connection
                .prepare("SELECT case_id, sha256, bytes FROM case_evidence ORDER BY id")?;
            let rows = statement.query_map([], |row| {
                Ok(EvidenceFile {
                    case: row.get(0)?,
                    sha256: row.get(1)?,
                    bytes: unsigned(row.get(2)?),
                })
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }
}

impl CaseWriter<'_> {
    fn hand(
        self,
        transaction: &rusqlite::Transaction<'_>,
        evidence: i64,
        action: CustodyAction,
    ) -> Result<()> {
        transaction.execute(
            "INSERT INTO case_custody (evidence, at, who, action) VALUES (?1, ?2, ?3, ?4)",
            params![
                evidence,
                self.now.micros(),
                &*self.reader.user,
                action.name()
            ],
        )?;
        Ok(())
    }
}
