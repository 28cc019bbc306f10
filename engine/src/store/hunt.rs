//! Hunts in the past: new intel entries that wait for one, and what was found.

use std::collections::BTreeMap;

use event::Time;
use rusqlite::{OptionalExtension, params};

use super::{Store, fold, unsigned};
use crate::correlate::Hit;
use crate::error::Result;
use crate::rule::{EntryKind, IntelEntry};

/// An event of the past that holds an entry.
#[derive(Clone, Debug)]
pub struct Find {
    /// The entry: kind and value.
    pub entries: Vec<(EntryKind, String)>,
    /// The hit that it makes.
    pub hit: Hit,
}

/// An entry that waits: its number, kind and value.
pub type Waiting = (i64, EntryKind, String);

/// How far the hunts for a list are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HuntCounts {
    /// Entries that the past is still to be searched for.
    pub waiting: u64,
    /// Events that were found.
    pub found: u64,
}

impl Store {
    /// Asks that the past be searched for new entries of a list.
    pub fn queue_hunt(&self, list: &str, entries: &[IntelEntry]) -> Result<()> {
        self.write(|transaction| {
            let mut statement = transaction.prepare_cached(
                "INSERT OR IGNORE INTO hunt (list, kind, value) VALUES (?1, ?2, ?3)",
            )?;
            for entry in entries {
                statement.execute(params![list, entry.kind.name(), entry.value])?;
            }
            Ok(())
        })
    }

    /// The next entries to look for: at most `limit` of one list, with their numbers.
    pub fn next_hunt(&self, limit: usize) -> Result<Option<(String, Vec<Waiting>)>> {
        self.read(|connection| {
            let first: Option<String> = connection
                .prepare_cached("SELECT list FROM hunt ORDER BY seq LIMIT 1")?
                .query_row([], |row| row.get(0))
                .optional()?;
            let Some(list) = first else { return Ok(None) };
            let mut statement = connection.prepare_cached(
                "SELECT seq, kind, value FROM hunt WHERE list = ?1 ORDER BY seq LIMIT ?2",
            )?;
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            let rows = statement.query_map(params![list, limit], |row| {
                Ok((row.get(0)?, row.get::<_, String>(1)?, row.get(2)?))
            })?;
            let mut entries = Vec::new();
            for row in rows {
                let (seq, kind, value): (i64, String, String) = row?;
                let kind = EntryKind::from_name(&kind).unwrap_or(EntryKind::Domain);
                entries.push((seq, kind, value));
            }
            Ok(Some((list, entries)))
        })
    }

    /// Keeps what a hunt found as alerts marked retro, in one transaction with what was looked
    /// for. An event that was found for the same entry before is left out. How many were new.
    pub fn finish_hunt(&self, list: &str, done: &[i64], finds: &[Find], now: Time) -> Result<u64> {
        self.write(|transaction| {
            let (mut changed, mut new) = (fold::Changed::retro(), 0);
            for find in finds {
                let Some(event) = find.hit.events.first().map(|one| one.event.id.to_string()) else {
                    continue;
                };
                let keys: Vec<String> = find
                    .entries
                    .iter()
                    .map(|(kind, value)| format!("{list} {} {value}", kind.name()))
                    .collect();
                let mut fresh = Vec::new();
                for key in &keys {
                    let known: bool = transaction
                        .prepare_cached(
                            "SELECT EXISTS (SELECT 1 FROM hunt_find WHERE entry = ?1 AND event = ?2)",
                        )?
                        .query_row(params![key, event], |row| row.get(0))?;
                    if !known {
                        fresh.push(key);
                    }
                }
                if fresh.is_empty() {
                    continue;
                }
                new += 1;
                let alert = fold::fold(transaction, &find.hit, now, &mut changed)?;
                for key in fresh {
                    transaction
                        .prepare_cached("INSERT INTO hunt_find VALUES (?1, ?2, ?3, ?4, ?5)")?
                        .execute(params![key, event, list, alert, now.micros()])?;
                }
            }
            changed.settle(transaction, now)?;
            let mut statement = transaction.prepare_cached("DELETE FROM hunt WHERE seq = ?1")?;
            for seq in done {
                statement.execute([seq])?;
            }
            Ok(new)
        })
    }

    /// How far the hunts of each list are.
    pub fn hunts(&self) -> Result<BTreeMap<String, HuntCounts>> {
        self.read(|connection| {
            let mut counts: BTreeMap<String, HuntCounts> = BTreeMap::new();
            for (sql, found) in [
                ("SELECT list, count(*) FROM hunt GROUP BY list", false),
                (
                    "SELECT list, count(DISTINCT event) FROM hunt_find GROUP BY list",
                    true,
                ),
            ] {
                let mut statement = connection.prepare_cached(sql)?;
                let rows = statement.query_map([], |row| {
                    Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?))
                })?;
                for row in rows {
                    let (list, count) = row?;
                    let held = counts.entry(list).or_default();
                    if found {
                        held.found = unsigned(count);
                    } else {
                        held.waiting = unsigned(count);
                    }
                }
            }
            Ok(counts)
        })
    }

    /// The events of a retro alert, at most `limit`.
    pub fn found_events(&self, alert: &str, limit: usize) -> Result<Vec<String>> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT DISTINCT event FROM hunt_find WHERE alert = ?1 ORDER BY event LIMIT ?2",
            )?;
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            let rows = statement.query_map(params![alert, limit], |row| row.get(0))?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }
}
