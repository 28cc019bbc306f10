//! The store: SQLite for alerts, people, the audit trail and the detector's place.
//!
//! One writer: the detector's checkpoints and people's changes go through the same connection, one
//! transaction each. Readers have connections of their own and never wait for it (WAL).

mod alerts;
mod asked;
mod assets;
mod audit;
mod bulk;
mod bundles;
mod by_rule;
mod cases;
mod checkpoint;
mod copy;
mod counted;
mod entity;
mod fleet;
mod fold;
mod hunt;
mod incidents;
mod invitations;
mod live;
mod people;
mod queue;
mod second_factor;
mod sessions;
mod sources;
mod times;
mod tokens;
mod work;

#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_queue;
#[cfg(test)]
mod tests_triage;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};

pub use alerts::{AlertDetail, AlertRow, Evidence, HistoryEntry, State, Verdict};
pub(crate) use assets::read_mac;
pub use assets::{
    Asset, AssetAddress, AssetChanged, AssetCursor, AssetDraft, AssetFields, AssetFilter,
    AssetImport, AssetKind, AssetLimits, AssetLine, AssetOrigin, AssetPage, AssetProblem,
    AssetState, AssetWriter, BadAsset, Criticality, SeenBy, SeenHost,
};
pub use audit::{AuditBreak, AuditCursor, AuditEntry, AuditFilter, AuditPage};
pub use bulk::{Bulk, BulkChanged, BulkDone, Meant, Undone};
pub use bundles::{Bundle, MadeBundle, bundle_digest};
pub use by_rule::{KeptAlert, RuleAlerts};
pub use cases::{
    Case, CaseAction, CaseChange, CaseChanged, CaseCounts, CaseCursor, CaseDetail, CaseDraft,
    CaseFilter, CaseLimits, CasePage, CaseRefusal, CaseState, CaseStateCounts, CaseWriter, Custody,
    CustodyAction, EvidenceDraft, EvidenceFile, KeptEvidence, Moment, MomentCursor, MomentKind,
    Note, NoteVersion, Observable, ObservableChange, ObservableDraft, ObservableKind, Pinned,
    SeenIn, Task, TaskChange, TaskDraft, Timeline,
};
pub use checkpoint::{Checkpoint, Resume, WindowChange, WindowClock, WindowEntry};
pub use copy::{copy, positions};
pub use counted::Counted;
pub use entity::{EntityAlerts, EntityKind};
pub use fleet::{Certificate, Enrolment, NotEnrolled, Said, Sensor, SensorInstance};
pub use hunt::{Find, HuntCounts, Waiting};
pub use incidents::{
    FeedRow, Incident, IncidentCause, IncidentChange, IncidentChanged, IncidentEntry,
    IncidentFilter, IncidentOrigin, IncidentState, Raised,
};
pub use invitations::{OpenInvitation, Revocation};
pub use live::Announcement;
pub use people::User;
pub use queue::{AlertCursor, AlertFilter, AlertPage, HeldBy, Order, StateCounts, ViewCounts};
pub use second_factor::SecondFactor;
pub use sessions::Session;
pub use sources::{SourceProblem, SourceState};
pub use times::{Spread, Times, TimesOf};
pub use tokens::Token;
pub use work::{Assign, Change, Changed, Skip, Work};

use crate::error::{Error, Result};

const SCHEMA: &str = include_str!("schema.sql");
/// Grows with every change of the schema; a newer file is refused.
const SCHEMA_VERSION: i64 = 7;
/// What makes version 2 of version 1.
const FROM_1: &str = "DROP TABLE idempotency;
  CREATE TABLE idempotency (key TEXT NOT NULL, user TEXT NOT NULL, at INTEGER NOT NULL,
    request TEXT NOT NULL, PRIMARY KEY (key, user)) STRICT, WITHOUT ROWID;
  ALTER TABLE source_state DROP COLUMN last_status;
  CREATE TABLE source_problem (source TEXT NOT NULL, code TEXT NOT NULL, count INTEGER NOT NULL,
    since INTEGER NOT NULL, last INTEGER NOT NULL, message TEXT NOT NULL,
    PRIMARY KEY (source, code)) STRICT, WITHOUT ROWID;";
/// What makes version 3 of version 2.
const FROM_2: &str = "ALTER TABLE window_entry ADD COLUMN members INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE window_entry ADD COLUMN source TEXT NOT NULL DEFAULT '';
  ALTER TABLE window_entry ADD COLUMN received INTEGER NOT NULL DEFAULT 0;
  CREATE TABLE window_clock (source TEXT NOT NULL, backfill INTEGER NOT NULL,
    newest INTEGER NOT NULL, received INTEGER NOT NULL,
    PRIMARY KEY (source, backfill)) STRICT, WITHOUT ROWID;
  CREATE TABLE hunt (seq INTEGER PRIMARY KEY, list TEXT NOT NULL,
    kind TEXT NOT NULL, value TEXT NOT NULL, UNIQUE (list, kind, value)) STRICT;
  CREATE TABLE hunt_find (entry TEXT NOT NULL, event TEXT NOT NULL, list TEXT NOT NULL,
    alert TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (entry, event)) STRICT, WITHOUT ROWID;
  CREATE INDEX hunt_find_alert ON hunt_find (alert, event);
  CREATE INDEX hunt_find_list ON hunt_find (list);";
/// What makes version 4 of version 3.
const FROM_3: &str = "CREATE INDEX alert_rule ON alert (rule, last, site) WHERE merged IS NULL;";
/// What makes version 5 of version 4.
const FROM_4: &str = include_str!("from_4.sql");
/// What makes version 6 of version 5.
const FROM_5: &str = include_str!("from_5.sql");
/// What makes version 7 of version 6.
const FROM_6: &str = include_str!("from_6.sql");
/// Read connections that are kept open.
const READERS: usize = 4;

/// The open store of a data folder.
pub struct Store {
    path: PathBuf,
    writer: Mutex<Connection>,
    readers: Mutex<Vec<Connection>>,
    announce: Box<dyn Fn(i64) + Send + Sync>,
}

impl Store {
    /// Opens `store.db`, or makes it. `announce` is called after a commit that announced
    /// something, with the newest sequence number.
    pub fn open(path: &Path, announce: impl Fn(i64) + Send + Sync + 'static) -> Result<Self> {
        let mut writer = connect(path, OpenFlags::default())?;
        migrate(path, &mut writer)?;
        Ok(Self {
            path: path.to_owned(),
            writer: Mutex::new(writer),
            readers: Mutex::new(Vec::new()),
            announce: Box::new(announce),
        })
    }

    /// Runs one write transaction; announces after it has committed.
    fn write<T>(&self, work: impl FnOnce(&Transaction<'_>) -> Result<T>) -> Result<T> {
        let mut writer = lock(&self.writer);
        let before = newest_announcement(&writer)?;
        let transaction = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let done = work(&transaction)?;
        fail::fail_point!("store_commit");
        transaction.commit()?;
        let after = newest_announcement(&writer)?;
        drop(writer);
        if after > before {
            (self.announce)(after);
        }
        Ok(done)
    }

    /// Runs reads on a connection that waits for nobody.
    fn read<T>(&self, work: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let pooled = lock(&self.readers).pop();
        let connection = match pooled {
            Some(connection) => connection,
            None => connect(
                &self.path,
                OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX,
            )?,
        };
        let done = work(&connection);
        let mut readers = lock(&self.readers);
        if readers.len() < READERS {
            readers.push(connection);
        }
        done
    }
}

fn connect(path: &Path, flags: OpenFlags) -> Result<Connection> {
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.execute_batch("PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY;")?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

fn migrate(path: &Path, connection: &mut Connection) -> Result<()> {
    connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;")?;
    let version: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if version > SCHEMA_VERSION {
        return Err(Error::Format {
            path: path.to_owned(),
            problem: "written by a newer haidang; use that one".to_owned(),
        });
    }
    if version < SCHEMA_VERSION {
        let transaction = connection.transaction()?;
        let steps: &[&str] = match version {
            0 => &[SCHEMA],
            1 => &[FROM_1, FROM_2, FROM_3, FROM_4, FROM_5, FROM_6],
            2 => &[FROM_2, FROM_3, FROM_4, FROM_5, FROM_6],
            3 => &[FROM_3, FROM_4, FROM_5, FROM_6],
            4 => &[FROM_4, FROM_5, FROM_6],
            5 => &[FROM_5, FROM_6],
            _ => &[FROM_6],
        };
        for step in steps {
            transaction.execute_batch(step)?;
            fail::fail_point!("store_upgrade");
        }
        transaction.pragma_update(None, "user_version", SCHEMA_VERSION)?;
        transaction.commit()?;
    }
    Ok(())
}

fn newest_announcement(connection: &Connection) -> Result<i64> {
    let mut statement =
        connection.prepare_cached("SELECT coalesce(max(seq), 0) FROM announcement")?;
    Ok(statement.query_row([], |row| row.get(0))?)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// SQLite's integers are signed; positions and counts never reach the sign.
fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}
