//! Intel lists as they are kept: folders under `data_dir/rules/intel`, read into tables, changed by
//! people and feeds, and swapped into the pipeline without a pause.
//!
//! A list is a folder: `list.yml`, files of any format, and two files of what people did in the
//! console: `added.csv` and `removed.csv`. Shipped lists have the same layout; a local file wins
//! over the shipped one of the same name.

mod by_hand;
mod catch_up;
mod folder;
mod hunt;
mod list;
#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use event::Time;

pub use by_hand::ByHand;
pub(crate) use by_hand::write_atomically;
pub use folder::ShippedFile;
pub use hunt::{HuntOptions, step as hunt};

use crate::detect::{EntryPage, Intel};
use crate::error::{Error, Result};
use crate::knowledge::KnowledgeSlot;
use crate::rule::intel::{Reading, is_list_id};
use crate::rule::{EntryKind, IntelEntry, IntelLimits, ListSettings};
use folder::Loaded;
use list::List;

/// Changes since the tables were built, after which they are built anew.
const MANY_CHANGES: usize = 20_000;

/// A list as people see it.
#[derive(Clone, Debug)]
pub struct ListRow {
    /// Its settings.
    pub settings: ListSettings,
    /// Whether it is shipped with haidang.
    pub shipped: bool,
    /// Its entries by kind, without those that are none.
    pub counts: Vec<(EntryKind, u64)>,
    /// What came of reading its files.
    pub reading: Reading,
    /// When its newest file or entry by hand came.
    pub updated: Option<Time>,
    /// Entries that people added.
    pub by_hand: usize,
    /// Entries that people took out.
    pub removed: usize,
    /// Who changed it last in the console, and when.
    pub changed: Option<(String, Time)>,
    /// Why its feed could not be fetched.
    pub feed_problem: Option<String>,
    /// New entries since the start that the past is not searched for: 100,000 of a list at once are.
    pub not_hunted: u64,
}

/// What came of adding values.
#[derive(Clone, Debug, Default)]
pub struct Added {
    /// The entries.
    pub entries: Vec<IntelEntry>,
    /// What is refused: line and reason, the first 20.
    pub problems: Vec<(u32, String)>,
    /// How many are refused.
    pub refused: u64,
}

/// Why a list cannot be changed.
#[derive(Debug, PartialEq, Eq)]
pub enum Refused {
    /// There is no such list.
    NoList,
    /// There is one of that id.
    Taken,
    /// The id is none.
    BadId,
    /// A limit is reached.
    Full,
}

/// All lists.
pub struct IntelLists {
    dir: PathBuf,
    shipped: Vec<ShippedFile>,
    limits: IntelLimits,
    slot: KnowledgeSlot,
    held: Mutex<Held>,
}

struct Held {
    lists: Vec<List>,
    intel: Arc<Intel>,
    /// What the folder looked like when it was read.
    print: u64,
}

impl IntelLists {
    /// Reads all lists and puts them in the slot. `dir` may not be there; it is made when needed.
    pub fn open(
        dir: PathBuf,
        shipped: Vec<ShippedFile>,
        limits: IntelLimits,
        slot: KnowledgeSlot,
    ) -> Self {
        let print = folder::print(&dir);
        let Loaded { lists, intel, .. } = folder::load(&dir, &shipped, &limits, None);
        let intel = Arc::new(intel);
        slot.put_intel(Arc::clone(&intel));
        Self {
            dir,
            shipped,
            limits,
            slot,
            held: Mutex::new(Held {
                lists,
                intel,
                print,
            }),
        }
    }

    /// The lists, by id.
    pub fn rows(&self) -> Vec<ListRow> {
        let held = self.held();
        held.lists
            .iter()
            .map(|list| list.row(&held.intel))
            .collect()
    }

    /// How many entries there are, and the memory that they take in bytes.
    pub fn size(&self) -> (u64, usize) {
        let held = self.held();
        (held.intel.len(), held.intel.bytes())
    }

    /// The settings of a list.
    pub fn settings(&self, id: &str) -> Option<ListSettings> {
        let held = self.held();
        let list = held.lists.iter().find(|list| list.settings.id == id);
        list.map(|list| list.settings.clone())
    }

    /// A page of a list's entries, and what people wrote beside those that they added.
    pub fn entries(
        &self,
        id: &str,
        contains: &str,
        after: Option<(u8, u32)>,
        limit: usize,
    ) -> Option<(EntryPage, Vec<ByHand>)> {
        let held = self.held();
        let list = held.lists.iter().find(|list| list.settings.id == id)?;
        let (number, intel) = (list.number, Arc::clone(&held.intel));
        let by_hand = Arc::clone(&list.added);
        drop(held);
        let page = intel.entries(number, contains, after, limit);
        let wanted: HashSet<&str> = page.rows.iter().map(|row| row.value.as_str()).collect();
        let own = by_hand
            .iter()
            .filter(|own| wanted.contains(own.entry.value.as_str()));
        let own = own.cloned().collect();
        Some((page, own))
    }

    /// Makes an empty list.
    pub fn make(&self, settings: ListSettings) -> Result<std::result::Result<(), Refused>> {
        if !is_list_id(&settings.id) {
            return Ok(Err(Refused::BadId));
        }
        let mut held = self.held();
        if held
            .lists
            .iter()
            .any(|list| list.settings.id == settings.id)
        {
            return Ok(Err(Refused::Taken));
        }
        let number = held.lists.iter().map(|list| list.number).max();
        let number = number.map_or(Some(0), |number| number.checked_add(1));
        let Some(number) = number.filter(|_| held.lists.len() < self.limits.lists) else {
            return Ok(Err(Refused::Full));
        };
        self.write_settings(&settings)?;
        let intel = held.intel.with_settings(number, settings.clone());
        held.lists.push(List::new(number, settings));
        held.lists.sort_by(|a, b| a.settings.id.cmp(&b.settings.id));
        self.publish(held, intel);
        Ok(Ok(()))
    }

    /// Changes the settings of a list. Confidence and days hold for entries that come later, and
    /// for all when the tables are built anew.
    pub fn change(&self, settings: ListSettings) -> Result<std::result::Result<(), Refused>> {
        let mut held = self.held();
        let wanted = |list: &&mut List| list.settings.id == settings.id;
        let Some(list) = held.lists.iter_mut().find(wanted) else {
            return Ok(Err(Refused::NoList));
        };
        self.write_settings(&settings)?;
        list.settings = settings.clone();
        let number = list.number;
        let intel = held.intel.with_settings(number, settings);
        self.publish(held, intel);
        Ok(Ok(()))
    }

    /// Adds values, one a line, as somebody wrote them. They count from now on; what the list has
    /// already is replaced.
    pub fn add(
        &self,
        id: &str,
        text: &str,
        with: &Additions<'_>,
    ) -> Result<std::result::Result<Added, Refused>> {
        let mut held = self.held();
        let Some(place) = held.lists.iter().position(|list| list.settings.id == id) else {
            return Ok(Err(Refused::NoList));
        };
        let Some(list) = held.lists.get_mut(place) else {
            return Ok(Err(Refused::NoList));
        };
        let kind = with.kind.or(list.settings.kind);
        let added = by_hand::read_values(text, kind, with, &self.limits);
        let rows = list.with_added(&added.entries, with);
        let removed = list.with_unremoved(&added.entries);
        if rows.len() > self.limits.by_hand {
            return Ok(Err(Refused::Full));
        }
        self.write_by_hand(id, "added.csv", &rows)?;
        if removed.len() != list.removed.len() {
            self.write_by_hand(id, "removed.csv", &removed)?;
        }
        list.added = Arc::new(rows);
        list.removed = Arc::new(removed);
        list.changed = Some((with.who.to_owned(), with.now));
        let number = list.number;
        let intel = held.intel.with(number, &added.entries, with.now);
        self.publish(held, intel);
        Ok(Ok(added))
    }

    /// Takes entries out of a list; those of its files are named in `removed.csv` from then on.
    /// How many there were.
    pub fn remove(
        &self,
        id: &str,
        values: &[IntelEntry],
        who: &str,
        why: &str,
        now: Time,
    ) -> Result<std::result::Result<usize, Refused>> {
        let mut held = self.held();
        let Some(place) = held.lists.iter().position(|list| list.settings.id == id) else {
            return Ok(Err(Refused::NoList));
        };
        let before = Arc::clone(&held.intel);
        let Some(list) = held.lists.get_mut(place) else {
            return Ok(Err(Refused::NoList));
        };
        let (intel, taken) = before.without(list.number, values);
        if taken == 0 {
            return Ok(Ok(0));
        }
        let added = list.without_added(values);
        let removed = list.with_removed(values, who, why, now);
        if removed.len() > self.limits.by_hand {
            return Ok(Err(Refused::Full));
        }
        self.write_by_hand(id, "removed.csv", &removed)?;
        if added.len() != list.added.len() {
            self.write_by_hand(id, "added.csv", &added)?;
        }
        list.added = Arc::new(added);
        list.removed = Arc::new(removed);
        list.changed = Some((who.to_owned(), now));
        self.publish(held, intel);
        Ok(Ok(taken))
    }

    /// Says why a list's feed could not be fetched, or that it could.
    pub fn note_feed(&self, id: &str, problem: Option<String>) {
        let mut held = self.held();
        let list = held.lists.iter_mut().find(|list| list.settings.id == id);
        if let Some(list) = list {
            list.feed_problem = problem;
        }
    }

    /// The folder of a list, for a feed that writes there; made when it is not there.
    pub fn folder(&self, id: &str) -> Result<PathBuf> {
        let folder = self.dir.join(id);
        std::fs::create_dir_all(&folder).map_err(|error| Error::io("make", &folder, error))?;
        Ok(folder)
    }

    /// Builds the tables anew when the folder has changed or much was added: called now and then
    /// on a thread of its own, takes seconds for millions of entries, holds up nobody. The entries
    /// of each list that were not there before.
    pub fn refresh(&self) -> Vec<(String, Vec<IntelEntry>)> {
        let print = folder::print(&self.dir);
        let held = self.held();
        if held.print == print && held.intel.additions() < MANY_CHANGES {
            return Vec::new();
        }
        let before = folder::Before {
            intel: Arc::clone(&held.intel),
            lists: held.lists.clone(),
        };
        drop(held);
        let mut loaded = folder::load(&self.dir, &self.shipped, &self.limits, Some(&before));
        let new = std::mem::take(&mut loaded.new);
        let mut held = self.held();
        let (lists, intel) = catch_up::catch_up(loaded, &before, &held.lists);
        held.lists = lists;
        held.print = print;
        self.publish(held, intel);
        new
    }

    fn publish(&self, mut held: MutexGuard<'_, Held>, intel: Intel) {
        let intel = Arc::new(intel);
        held.intel = Arc::clone(&intel);
        self.slot.put_intel(intel);
    }

    fn write_settings(&self, settings: &ListSettings) -> Result<()> {
        let path = self.folder(&settings.id)?.join("list.yml");
        write_atomically(&path, settings.write().as_bytes())
    }

    fn write_by_hand(&self, id: &str, name: &str, rows: &[ByHand]) -> Result<()> {
        let path = self.folder(id)?.join(name);
        write_atomically(&path, by_hand::write(rows).as_bytes())
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What holds for values that somebody adds.
#[derive(Clone, Copy, Debug)]
pub struct Additions<'a> {
    /// What they are values of, where their form does not tell.
    pub kind: Option<EntryKind>,
    /// How sure the person is.
    pub confidence: Option<u8>,
    /// Until when they count.
    pub valid_until: Option<Time>,
    /// Why.
    pub comment: &'a str,
    /// Who.
    pub who: &'a str,
    /// When.
    pub now: Time,
}
