//! A detector checkpoint: one transaction with everything that examining a stretch of events
//! changed (DESIGN §4.2).

use event::{SourceOffset, Time};
use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::sources::{self, SourceState};
use super::{AssetLimits, SeenHost, Store, assets, fold, signed, unsigned};
use crate::correlate::Hit;
use crate::error::Result;
use crate::journal::Floor;

/// What examining a stretch of events changed.
#[derive(Debug, Default)]
pub struct Checkpoint {
    /// Everything up to here was examined.
    pub position: u64,
    /// Everything up to here is durably indexed.
    pub index_position: u64,
    /// The highest number seen in each lane.
    pub numbers: [u64; 3],
    /// The engine's now: `received` of the newest frame.
    pub now: Time,
    /// Where the sources stand.
    pub offsets: Vec<SourceOffset>,
    /// What the sources brought since the last checkpoint.
    pub sources: Vec<SourceState>,
    /// What changed in the correlation windows.
    pub windows: Vec<WindowChange>,
    /// What becomes, or grows, an alert.
    pub hits: Vec<Hit>,
    /// Hosts that were seen.
    pub hosts: Vec<SeenHost>,
    /// How many of them may be proposed.
    pub assets: AssetLimits,
}

/// An entry of a correlation window as the store keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WindowEntry {
    /// The correlation rule.
    pub rule: String,
    /// The group, JSON.
    pub group: String,
    /// Position of the event.
    pub position: u64,
    /// Its time.
    pub time: Time,
    /// The value that is counted, if any.
    pub value: Option<String>,
    /// Whether it was reported in a hit.
    pub reported: bool,
    /// The fields that matched, JSON.
    pub matched: String,
    /// The event, as [`crate::index::Journaled::encode`] writes it; empty once it was reported.
    pub event: Vec<u8>,
    /// Which rules of the correlation it met, one bit each.
    pub members: u64,
    /// Its source.
    pub source: String,
    /// When it arrived.
    pub received: Time,
}

/// How far a source has come in the correlations, as the store keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WindowClock {
    /// The source.
    pub source: String,
    /// Whether it is about backfill.
    pub backfill: bool,
    /// The newest time of its events that were counted.
    pub newest: Time,
    /// When the last of them arrived.
    pub received: Time,
}

/// A change in a correlation window.
#[derive(Clone, Debug)]
pub enum WindowChange {
    /// An entry came.
    Added(WindowEntry),
    /// An entry was reported in a hit.
    Reported {
        /// The correlation rule.
        rule: String,
        /// The group, JSON.
        group: String,
        /// The entry.
        position: u64,
        /// Its event is still needed: outer correlations may ask for it.
        keeps: bool,
    },
    /// An entry went.
    Removed {
        /// The correlation rule.
        rule: String,
        /// The group, JSON.
        group: String,
        /// The entry.
        position: u64,
    },
    /// A source moved on.
    Clock(WindowClock),
    /// All sources begin anew: there were too many.
    ClocksCleared,
}

/// Where to go on after a start.
#[derive(Clone, Debug, Default)]
pub struct Resume {
    /// The last checkpoint's position.
    pub position: u64,
    /// The last checkpoint's index position.
    pub index_position: u64,
    /// The highest number seen in each lane.
    pub numbers: [u64; 3],
    /// Where the sources stand.
    pub offsets: Vec<SourceOffset>,
    /// The entries of the correlation windows.
    pub windows: Vec<WindowEntry>,
    /// Where their sources stand.
    pub clocks: Vec<WindowClock>,
}

impl Resume {
    /// What the journal must not give again.
    pub fn floor(&self) -> Floor {
        Floor {
            position: self.position.max(self.index_position),
            numbers: self.numbers,
        }
    }
}

impl Store {
    /// Commits a checkpoint: all of it or nothing.
    pub fn checkpoint(&self, checkpoint: &Checkpoint) -> Result<()> {
        self.write(|transaction| {
            write_place(transaction, checkpoint)?;
            for offset in &checkpoint.offsets {
                let mut statement = transaction.prepare_cached(
                    "INSERT INTO source_offset VALUES (?1, ?2, ?3)
                     ON CONFLICT DO UPDATE SET state = excluded.state",
                )?;
                statement.execute(params![&*offset.source, &*offset.input, &*offset.state])?;
            }
            for state in &checkpoint.sources {
                sources::add(transaction, state)?;
            }
            for change in &checkpoint.windows {
                write_window(transaction, change)?;
            }
            assets::note_seen(
                transaction,
                &checkpoint.hosts,
                checkpoint.assets,
                checkpoint.now,
            )?;
            let mut changed = fold::Changed::default();
            for hit in &checkpoint.hits {
                fold::fold(transaction, hit, checkpoint.now, &mut changed)?;
            }
            changed.settle(transaction, checkpoint.now)
        })
    }

    /// Reads where to go on.
    pub fn resume(&self) -> Result<Resume> {
        self.read(|connection| {
            let place = connection
                .query_row(
                    "SELECT position, index_position, numbers FROM detector",
                    [],
                    |row| {
                        let numbers: String = row.get(2)?;
                        Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?, numbers))
                    },
                )
                .optional()?;
            let mut resume = Resume::default();
            if let Some((position, index_position, numbers)) = place {
                resume.position = unsigned(position);
                resume.index_position = unsigned(index_position);
                resume.numbers = serde_json::from_str(&numbers).unwrap_or_default();
            }
            let mut statement =
                connection.prepare("SELECT source, input, state FROM source_offset")?;
            let offsets = statement.query_map([], |row| {
                let [source, input, state] = [row.get(0)?, row.get(1)?, row.get(2)?]
                    .map(|text: String| event::Text::from(text));
                Ok(SourceOffset {
                    source,
                    input,
                    state,
                })
            })?;
            resume.offsets = offsets.collect::<rusqlite::Result<_>>()?;
            resume.windows = read_entries(connection)?;
            resume.clocks = read_clocks(connection)?;
            Ok(resume)
        })
    }
}

fn write_place(transaction: &Transaction<'_>, checkpoint: &Checkpoint) -> Result<()> {
    let numbers = serde_json::to_string(&checkpoint.numbers).unwrap_or_default();
    let mut statement = transaction.prepare_cached(
        "INSERT INTO detector VALUES (1, ?1, ?2, ?3) ON CONFLICT DO UPDATE SET
           position = excluded.position, index_position = excluded.index_position,
           numbers = excluded.numbers",
    )?;
    let position = signed(checkpoint.position);
    statement.execute(params![
        position,
        signed(checkpoint.index_position),
        numbers
    ])?;
    Ok(())
}

fn read_entries(connection: &Connection) -> Result<Vec<WindowEntry>> {
    let mut statement = connection.prepare(
        "SELECT rule, grp, position, time, value, reported, matched, event, members, source, received
         FROM window_entry ORDER BY position, rule, grp",
    )?;
    let entries = statement.query_map([], |row| {
        Ok(WindowEntry {
            rule: row.get(0)?,
            group: row.get(1)?,
            position: unsigned(row.get(2)?),
            time: Time::from_micros(row.get(3)?),
            value: row.get(4)?,
            reported: row.get(5)?,
            matched: row.get(6)?,
            event: row.get(7)?,
            members: unsigned(row.get(8)?),
            source: row.get(9)?,
            received: Time::from_micros(row.get(10)?),
        })
    })?;
    Ok(entries.collect::<rusqlite::Result<_>>()?)
}

fn read_clocks(connection: &Connection) -> Result<Vec<WindowClock>> {
    let mut statement =
        connection.prepare("SELECT source, backfill, newest, received FROM window_clock")?;
    let clocks = statement.query_map([], |row| {
        Ok(WindowClock {
            source: row.get(0)?,
            backfill: row.get(1)?,
            newest: Time::from_micros(row.get(2)?),
            received: Time::from_micros(row.get(3)?),
        })
    })?;
    Ok(clocks.collect::<rusqlite::Result<_>>()?)
}

fn write_window(transaction: &Transaction<'_>, change: &WindowChange) -> Result<()> {
    match change {
        WindowChange::Added(entry) => write_entry(transaction, entry)?,
        WindowChange::Reported {
            rule,
            group,
            position,
            keeps,
        } => {
            let mut statement = transaction.prepare_cached(if *keeps {
                "UPDATE window_entry SET reported = 1 WHERE rule = ?1 AND grp = ?2 AND position = ?3"
            } else {
                "UPDATE window_entry SET reported = 1, matched = '[]', event = x''
                 WHERE rule = ?1 AND grp = ?2 AND position = ?3"
            })?;
            statement.execute(params![rule, group, signed(*position)])?;
        }
        WindowChange::Removed {
            rule,
            group,
            position,
        } => {
            let mut statement = transaction.prepare_cached(
                "DELETE FROM window_entry WHERE rule = ?1 AND grp = ?2 AND position = ?3",
            )?;
            statement.execute(params![rule, group, signed(*position)])?;
        }
        WindowChange::Clock(clock) => {
            let mut statement = transaction
                .prepare_cached("INSERT OR REPLACE INTO window_clock VALUES (?1, ?2, ?3, ?4)")?;
            statement.execute(params![
                clock.source,
                clock.backfill,
                clock.newest.micros(),
                clock.received.micros()
            ])?;
        }
        WindowChange::ClocksCleared => {
            transaction.execute("DELETE FROM window_clock", [])?;
        }
    }
    Ok(())
}

fn write_entry(transaction: &Transaction<'_>, entry: &WindowEntry) -> Result<()> {
    let mut statement = transaction.prepare_cached(
        "INSERT OR REPLACE INTO window_entry
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    )?;
    statement.execute(params![
        entry.rule,
        entry.group,
        signed(entry.position),
        entry.time.micros(),
        entry.value,
        entry.reported,
        entry.matched,
        entry.event,
        signed(entry.members),
        entry.source,
        entry.received.micros()
    ])?;
    Ok(())
}
