//! Copies and compares databases: for backups, for `verify`, and for what a restored folder must forget.

use std::path::Path;

use event::Time;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};

use super::{Store, audit, connect};
use crate::digest::Digest;
use crate::error::{Error, Result};

/// How far the streams of a restored store jump: what was told under a number since the backup
/// stays far below, and JavaScript still counts exactly after a million restores.
const JUMP: i64 = 1_000_000_000;

/// Copies a database, open elsewhere or not, as one transaction sees it, into a file that is not
/// there yet. `VACUUM INTO` and not the online backup: that begins anew with every write of another process.
///
/// # Errors
/// The database cannot be read, or the file not written.
pub fn copy(from: &Path, to: &Path) -> Result<()> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = connect(from, flags)?;
    let Some(name) = to.to_str() else {
        return Err(Error::Format {
            path: to.to_owned(),
            problem: "the name is not UTF-8; choose another".to_owned(),
        });
    };
    connection.execute("VACUUM INTO ?1", [name])?;
    let synced = std::fs::File::open(to).and_then(|file| file.sync_all());
    synced.map_err(|e| Error::io("sync", to, e))
}

/// Which positions a copied store has seen: detector and index.
///
/// # Errors
/// The file is no store.
pub fn positions(path: &Path) -> Result<(u64, u64)> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = connect(path, flags)?;
    let mut statement = connection.prepare("SELECT position, index_position FROM detector")?;
    let mut rows = statement.query([])?;
    let Some(row) = rows.next()? else {
        return Ok((0, 0));
    };
    Ok((super::unsigned(row.get(0)?), super::unsigned(row.get(1)?)))
}

impl Store {
    /// What SQLite itself finds wrong with its pages; none when they are sound.
    ///
    /// # Errors
    /// The database cannot be read at all.
    pub fn damage(&self) -> Result<Option<String>> {
        self.read(|connection| {
            let said: String =
                connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
            Ok((said != "ok").then_some(said))
        })
    }

    /// Of every row of every table: the same for the same content.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn digest(&self) -> Result<Digest> {
        self.read(|connection| {
            let mut statement = connection
                .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")?;
            let tables = statement.query_map([], |row| row.get(0))?;
            let tables: Vec<String> = tables.collect::<rusqlite::Result<_>>()?;
            let mut digest = Digest::default();
            for table in tables {
                add_table(connection, &table, &mut digest)?;
            }
            Ok(digest)
        })
    }

    /// Makes a restored store go on without giving anything twice, and forgets what must not come back:
    /// streams jump, sessions end, invitations that were not used are void. `detail` goes into the audit
    /// trail.
    ///
    /// # Errors
    /// The database cannot be written to.
    pub fn begin_again(&self, now: Time, detail: &serde_json::Value) -> Result<()> {
        self.write(|transaction| {
            for table in ["announcement", "feed"] {
                let moved = transaction.execute(
                    "UPDATE sqlite_sequence SET seq = seq + ?2 WHERE name = ?1",
                    rusqlite::params![table, JUMP],
                )?;
                if moved == 0 {
                    transaction.execute(
                        "INSERT INTO sqlite_sequence (name, seq) VALUES (?1, ?2)",
                        rusqlite::params![table, JUMP],
                    )?;
                }
            }
            transaction.execute("DELETE FROM session", [])?;
            transaction.execute("DELETE FROM enrolment WHERE used IS NULL", [])?;
            audit::append(
                transaction,
                now,
                "local",
                "centre.restored",
                "centre",
                detail,
            )
        })
    }
}

fn add_table(connection: &Connection, table: &str, digest: &mut Digest) -> Result<()> {
    let name = table.replace('"', "\"\"");
    let mut statement = connection.prepare(&format!("SELECT * FROM \"{name}\""))?;
    let columns = statement.column_count();
    let mut rows = statement.query([])?;
    let mut item = Vec::new();
    while let Some(row) = rows.next()? {
        item.clear();
        put(&mut item, 't', table.as_bytes());
        for column in 0..columns {
            match row.get_ref(column)? {
                ValueRef::Null => put(&mut item, 'n', &[]),
                ValueRef::Integer(number) => put(&mut item, 'i', &number.to_le_bytes()),
                ValueRef::Real(number) => put(&mut item, 'r', &number.to_le_bytes()),
                ValueRef::Text(text) => put(&mut item, 's', text),
                ValueRef::Blob(bytes) => put(&mut item, 'b', bytes),
            }
        }
        digest.add(&item);
    }
    Ok(())
}

fn put(item: &mut Vec<u8>, sort: char, bytes: &[u8]) {
    item.extend_from_slice(sort.to_string().as_bytes());
    item.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
    item.extend_from_slice(bytes);
}
