//! The index: tantivy partitions by kind group and range of journal positions (DESIGN §4.1).
//!
//! One open writer per kind group, cut by UTC day of `received` or by size; events far from their
//! time go to the group's backfill writer, so that old logs never reopen a sealed partition. A
//! commit carries the position it covers: after a crash an event at or below it is not added again.

mod aggregate;
mod column;
mod cut;
mod deadline;
mod document;
mod facts;
pub mod held;
mod lower;
mod manifest;
mod partition;
mod phrase;
mod retain;
mod schema;
mod search;
mod shape;
mod stored;
mod tokens;
mod verify;
mod walk;

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use event::{Fields as Leaves, KindGroup, Time};

pub use aggregate::{AggregateFault, AggregateLimits, AggregateRequest, Aggregated, Aggregation};
pub use column::{FieldType, column_names, column_of};
pub use facts::{Facts, FieldFacts, query_name};
pub use partition::Meta;
use partition::{Open, Searchable};
pub use retain::{Expired, Keep, Retention, Why};
pub use search::{Given, Hits, Page, Partial, SearchRequest, Searcher};
pub use stored::Journaled;
pub use verify::{PartitionReport, Rebuilt, rebuild, verify};
pub use walk::Walked;

use crate::error::{Error, Result};

/// An event this far from its arrival is backfill.
pub const BACKFILL_AGE: Duration = Duration::from_secs(48 * 3_600);

/// How the index behaves; every field is a key under `[index]`.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// At most this many partitions are written to at once.
    pub writers: usize,
    /// Memory of each writer, in bytes; tantivy asks for at least 15 MB.
    pub heap: usize,
    /// A partition is closed at this many events.
    pub partition_events: u64,
    /// A partition is closed when `received` has moved on this far since it was made; a UTC day
    /// closes it in any case.
    pub partition_age: Duration,
    /// A backfill partition that nothing was added to for this long is closed.
    pub backfill_idle: Duration,
    /// Everything added is committed at the latest after this many events.
    pub commit_events: u64,
}

/// Whether an event arrived too far from its time for the partitions of the day.
pub fn is_backfill(journaled: &Journaled) -> bool {
    let (time, received) = (journaled.event.time, journaled.received);
    time.since(received) > BACKFILL_AGE || received.since(time) > BACKFILL_AGE
}

/// Which partitions an event can be in.
type Sort = (KindGroup, bool);

/// What the searcher sees; nothing yet until the index is opened.
type Shared = Arc<RwLock<Option<Seen>>>;

struct Seen {
    partitions: Vec<Arc<Published>>,
    /// Whether there are others that cannot be read.
    set_aside: bool,
}

/// A partition as the searcher sees it.
pub(crate) struct Published {
    pub(crate) meta: Meta,
    pub(crate) dir: PathBuf,
    searchable: Arc<Searchable>,
}

/// A partition that cannot be read; the others can.
#[derive(Clone, Debug)]
pub struct Quarantined {
    /// Its folder.
    pub dir: PathBuf,
    /// Why.
    pub reason: String,
}

/// The writing half; the pipeline owns it.
pub struct Index {
    dir: PathBuf,
    options: Options,
    open: HashMap<Sort, Open>,
    covered: HashMap<Sort, u64>,
    sealed: Vec<Arc<Published>>,
    shared: Shared,
    quarantined: Vec<Quarantined>,
    pending: u64,
    partial: u64,
}

impl Index {
    /// Opens every partition of a folder. One that cannot be opened is set aside and named.
    /// Searches through `searcher` see it from now on.
    pub fn open(dir: &Path, options: Options, searcher: &Searcher) -> Result<Self> {
        let mut index = Self {
            dir: dir.to_owned(),
            options,
            open: HashMap::new(),
            covered: HashMap::new(),
            sealed: Vec::new(),
            shared: searcher.shared(),
            quarantined: Vec::new(),
            pending: 0,
            partial: 0,
        };
        for group in KindGroup::ALL {
            let folder = dir.join(group.name());
            std::fs::create_dir_all(&folder).map_err(|e| Error::io("create", &folder, e))?;
            for partition in partition_dirs(&folder)? {
                if let Err(error) = index.adopt(group, &partition) {
                    tracing::error!(partition = %partition.display(), %error, "partition set aside");
                    let reason = error.to_string();
                    index.quarantined.push(Quarantined {
                        dir: partition,
                        reason,
                    });
                }
            }
        }
        index.publish();
        index.write_manifests();
        Ok(index)
    }

    /// A stop between sealing a partition and the end of its merges left it without: made up for, on a thread of its
    /// own, for each file is read to its end.
    fn write_manifests(&self) {
        let without = self
            .sealed
            .iter()
            .filter(|held| !manifest::exists(&held.dir));
        let without: Vec<_> = without.map(Arc::clone).collect();
        if without.is_empty() {
            return;
        }
        let thread = std::thread::Builder::new().name("manifests".to_owned());
        let begun = thread.spawn(move || {
            for held in without {
                write_manifest(&held.dir, &held.meta);
            }
        });
        if let Err(error) = begun {
            tracing::warn!(%error, "sealed partitions have no manifest yet; the next start makes them");
        }
    }

    /// Partitions that were set aside.
    pub fn quarantined(&self) -> &[Quarantined] {
        &self.quarantined
    }

    /// Events whose records could not be indexed whole since the index was opened.
    pub fn partial(&self) -> u64 {
        self.partial
    }

    /// Events added and not yet committed.
    pub fn pending(&self) -> u64 {
        self.pending
    }

    /// Whether so much was added that it should be committed now.
    pub fn wants_commit(&self) -> bool {
        self.pending >= self.options.commit_events
    }

    /// Whether an event was added before a restart.
    pub fn holds(&self, journaled: &Journaled) -> bool {
        let sort = (journaled.event.kind.group(), is_backfill(journaled));
        self.covered
            .get(&sort)
            .is_some_and(|covered| journaled.position <= *covered)
    }

    /// Adds an event, unless it is held already.
    pub fn add(&mut self, journaled: &Journaled, leaves: &Leaves) -> Result<()> {
        if self.holds(journaled) {
            return Ok(());
        }
        let sort = (journaled.event.kind.group(), is_backfill(journaled));
        if self
            .open
            .get(&sort)
            .is_some_and(|open| self.is_done(open, journaled.received))
        {
            self.seal(sort, journaled.position.saturating_sub(1))?;
        }
        if !self.open.contains_key(&sort) {
            self.make_room(journaled.position.saturating_sub(1))?;
            let made = Open::create(&self.dir, sort.0, sort.1, journaled, self.options.heap)?;
            self.open.insert(sort, made);
        }
        if let Some(open) = self.open.get_mut(&sort) {
            self.partial += u64::from(open.add(journaled, leaves)?);
            self.pending += 1;
        }
        Ok(())
    }

    /// Makes durable and searchable everything added; everything up to `covered` has been offered.
    pub fn commit(&mut self, covered: u64, now: Time) -> Result<()> {
        let idle: Vec<Sort> = self
            .open
            .iter()
            .filter(|((_, backfill), open)| {
                if *backfill {
                    self.is_idle(open, now)
                } else {
                    // A group of which nothing comes any more must age, too.
                    self.is_over(open, now)
                }
            })
            .map(|(sort, _)| *sort)
            .collect();
        for sort in idle {
            self.seal(sort, covered)?;
        }
        for (sort, open) in self.open.iter_mut().filter(|(_, open)| open.dirty) {
            open.commit(covered)?;
            self.covered.insert(*sort, open.meta.covered);
        }
        self.pending = 0;
        self.publish();
        Ok(())
    }

    fn adopt(&mut self, group: KindGroup, dir: &Path) -> Result<()> {
        let Some(meta) = partition::read_meta(dir)? else {
            // Never committed: its events are read again from the journal.
            return std::fs::remove_dir_all(dir).map_err(|e| Error::io("remove", dir, e));
        };
        let sort = (group, meta.backfill);
        let covered = self.covered.entry(sort).or_default();
        *covered = (*covered).max(meta.covered);
        let meta = self.brought_up(meta, dir)?;
        if meta.sealed {
            let searchable = Arc::new(Searchable::open(dir)?);
            self.sealed.push(Arc::new(Published {
                meta,
                dir: dir.to_owned(),
                searchable,
            }));
        } else if let Some(older) = self
            .open
            .insert(sort, Open::reopen(dir, meta, self.options.heap)?)
        {
            // Only one of a sort is written to; a crash between two may leave the older open.
            let covered = older.meta.covered;
            self.sealed.push(older.seal(covered)?.publish());
        }
        Ok(())
    }

    /// A partition of an older schema is built anew from the events that it stores, before anything is searched.
    fn brought_up(&self, meta: Meta, dir: &Path) -> Result<Meta> {
        if meta.check_schema(dir).is_ok() {
            return Ok(meta);
        }
        tracing::info!(
            partition = %dir.display(),
            events = meta.events,
            "a partition of an older schema is built anew"
        );
        let rebuilt = rebuild(dir, &self.options)?;
        if let Some(kept) = rebuilt.kept {
            tracing::error!(
                kept = %kept.display(),
                events = rebuilt.events,
                expected = rebuilt.expected,
                "some events of a partition could not be read; what is damaged is kept"
            );
        }
        Ok(partition::read_meta(dir)?.unwrap_or(meta))
    }

    fn is_done(&self, open: &Open, received: Time) -> bool {
        let made = Time::from_micros(open.meta.first_received);
        open.meta.events >= self.options.partition_events
            || received.day() != made.day()
            || received.since(made) >= self.options.partition_age
    }

    /// Whether its day, or its time, has passed; a clock that has not begun to run says nothing.
    fn is_over(&self, open: &Open, now: Time) -> bool {
        let made = Time::from_micros(open.meta.first_received);
        now.day() > made.day() || now.since(made) >= self.options.partition_age
    }

    fn is_idle(&self, open: &Open, now: Time) -> bool {
        now.since(Time::from_micros(open.meta.last_received)) >= self.options.backfill_idle
    }

    /// A further writer waits for the idlest to close.
    fn make_room(&mut self, covered: u64) -> Result<()> {
        while self.open.len() >= self.options.writers.max(1) {
            let idlest = self.open.iter().min_by_key(|(_, open)| open.meta.last);
            let Some(sort) = idlest.map(|(sort, _)| *sort) else {
                return Ok(());
            };
            self.seal(sort, covered)?;
        }
        Ok(())
    }

    fn seal(&mut self, sort: Sort, covered: u64) -> Result<()> {
        if let Some(open) = self.open.remove(&sort) {
            let sealed = open.seal(covered)?;
            self.covered.insert(sort, sealed.meta.covered);
            self.sealed.push(sealed.publish());
            self.publish();
        }
        Ok(())
    }

    fn publish(&self) {
        let open = self.open.values().map(|open| {
            let searchable = Arc::clone(&open.searchable);
            Arc::new(Published {
                meta: open.meta.clone(),
                dir: open.dir.clone(),
                searchable,
            })
        });
        let seen = Seen {
            partitions: self.sealed.iter().cloned().chain(open).collect(),
            set_aside: !self.quarantined.is_empty(),
        };
        *self.shared.write().unwrap_or_else(PoisonError::into_inner) = Some(seen);
    }
}

/// A partition without one is as readable as before, so that a failure is told and no more.
fn write_manifest(dir: &Path, meta: &Meta) {
    if let Err(error) = manifest::write(dir, meta) {
        tracing::warn!(partition = %dir.display(), %error, "a sealed partition has no manifest");
    }
}

/// The folders of a group's partitions, oldest first. What a rebuilding that was cut short left
/// beside them is brought in order first.
fn partition_dirs(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut dirs = Vec::new();
    if !folder.exists() {
        return Ok(dirs);
    }
    let entries = std::fs::read_dir(folder).map_err(|e| Error::io("list", folder, e))?;
    for entry in entries {
        let path = entry.map_err(|e| Error::io("list", folder, e))?.path();
        let name = path.file_name().and_then(|name| name.to_str());
        let (stem, state) = name
            .and_then(|name| name.split_once('.'))
            .map_or((name, None), |(stem, state)| (Some(stem), Some(state)));
        if !stem.is_some_and(partition::is_folder_name) || !path.is_dir() {
            continue;
        }
        let whole = path.with_extension("");
        match state {
            None => dirs.push(path),
            Some("rebuild" | retain::TRASH) => {
                std::fs::remove_dir_all(&path).map_err(|e| Error::io("remove", &path, e))?;
            }
            // Taken away before the new one was put in its place; or not yet removed after.
            Some("old") if !whole.exists() => {
                std::fs::rename(&path, &whole).map_err(|e| Error::io("put back", &path, e))?;
                dirs.push(whole);
            }
            Some("old") => {
                std::fs::remove_dir_all(&path).map_err(|e| Error::io("remove", &path, e))?;
            }
            Some(_) => {}
        }
    }
    dirs.sort();
    // A folder that was put back while it was listed may be listed again.
    dirs.dedup();
    Ok(dirs)
}
