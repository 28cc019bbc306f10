//! Known-bad values as compiled: which entries of all lists an event meets.
//!
//! A large table that is built off the hot path, and a small one beside it for what was added
//! since; both immutable, so a change is a new [`Intel`] that shares the large one. What was taken
//! out of the large table stands in a set that is asked only when something was found.
//!
//! Memory: an IPv4 entry takes 25 bytes, an IPv6 one 37, any other 27.5 and its value (a domain about
//! 20, a hash 16 to 32, a URL about 60). Five million entries, two in five of them addresses, take
//! about 180 MB; [`Intel::bytes`] says it exactly.

mod arena;
mod examine;
mod fields;
mod list;
mod meta;
mod nets;
mod page;
mod table;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use event::{Time, View};

pub use list::IntelList;
pub use page::{EntryPage, EntryRow};

use super::Detection;
use crate::rule::{EntryKind, IntelEntry, ListSettings, RuleInfo};
use examine::Examined;
use fields::{Look, Paths};
use table::{Table, TableBuilder};

/// An event holds a known-bad value.
#[derive(Clone, Debug)]
pub struct IntelMatch {
    /// The number of the list.
    pub list: u16,
    /// The rule that stands for the list.
    pub rule: Arc<RuleInfo>,
    /// The field.
    pub field: String,
    /// Its value, at most 512 characters.
    pub value: String,
    /// What the entry is a value of.
    pub kind: EntryKind,
    /// The entry.
    pub entry: String,
    /// How sure its source is, 0 to 100.
    pub confidence: u8,
    /// Who says so.
    pub source: Arc<str>,
    /// Until when it counts.
    pub valid_until: Option<Time>,
}

/// An entry's identity: list, kind, canonical value.
type Key = (u16, EntryKind, String);

/// The entries of all lists. Immutable: a change makes a new one.
#[derive(Clone, Debug, Default)]
pub struct Intel {
    lists: Arc<BTreeMap<u16, IntelList>>,
    base: Arc<Table>,
    /// Added since the base was built.
    added: Arc<Table>,
    /// What was added, to build the next one.
    additions: Arc<Vec<(u16, IntelEntry, Time)>>,
    /// Of the base, and not there any more.
    removed: Arc<HashSet<Key>>,
    paths: Arc<Paths>,
}

/// Collects entries one by one.
#[derive(Debug)]
pub struct IntelBuilder {
    lists: BTreeMap<u16, IntelList>,
    table: TableBuilder,
}

impl IntelBuilder {
    /// Begins with the lists, by number.
    pub fn new(lists: impl IntoIterator<Item = (u16, ListSettings)>) -> Self {
        let lists = lists.into_iter();
        Self {
            lists: lists
                .map(|(number, own)| (number, IntelList::new(own)))
                .collect(),
            table: TableBuilder::default(),
        }
    }

    /// Adds an entry to a list; `read` is when its file was written, from when on entries without
    /// dates count their days. False: no such list, no canonical form, or no room (4 GiB).
    pub fn add(&mut self, list: u16, entry: &IntelEntry, read: Time) -> bool {
        let Some(own) = self.lists.get(&list) else {
            return false;
        };
        self.table.add(list, &own.settings, entry, read)
    }

    /// Makes the tables: seconds for millions of entries.
    pub fn finish(self) -> Intel {
        Intel {
            lists: Arc::new(self.lists),
            base: Arc::new(self.table.finish()),
            ..Intel::default()
        }
    }
}

impl Intel {
    /// Builds from entries that are all there, by the number of their list.
    pub fn build(
        lists: impl IntoIterator<Item = (u16, ListSettings)>,
        entries: impl IntoIterator<Item = (u16, IntelEntry)>,
    ) -> Self {
        let mut builder = IntelBuilder::new(lists);
        for (list, entry) in entries {
            builder.add(list, &entry, Time::EPOCH);
        }
        builder.finish()
    }

    /// Adds what an event holds of known-bad values, each entry once, at most 20. `now` is the
    /// moment at which entries must count. Costs no allocation when nothing is found.
    pub fn examine(&self, view: View<'_>, now: Time, matches: &mut Vec<IntelMatch>) {
        if self.base.is_empty() && self.added.is_empty() {
            return;
        }
        let now = meta::seconds(now);
        let intel = self;
        Examined {
            intel,
            now,
            matches,
        }
        .event(view);
    }

    /// Adds the detections of an event: one for each list, as if the list were a rule.
    pub fn detect(
        &self,
        view: View<'_>,
        now: Time,
        matches: &mut Vec<IntelMatch>,
        detections: &mut Vec<Detection>,
    ) {
        matches.clear();
        self.examine(view, now, matches);
        if !matches.is_empty() {
            detections.extend(detections_of(matches));
        }
    }

    /// This with further entries, which take the place of equal ones. Costs what all additions
    /// since the base was built cost: build anew when [`Intel::additions`] is large.
    #[must_use]
    pub fn with(&self, list: u16, entries: &[IntelEntry], read: Time) -> Self {
        let mut additions = Vec::clone(&self.additions);
        let mut removed = HashSet::clone(&self.removed);
        let keys: HashSet<(EntryKind, &str)> = keys(entries);
        additions.retain(|(own, entry, _)| {
            *own != list || !keys.contains(&(entry.kind, entry.value.as_str()))
        });
        for entry in entries {
            if self.in_base(list, entry.kind, &entry.value) {
                removed.insert((list, entry.kind, entry.value.clone()));
            }
            additions.push((list, entry.clone(), read));
        }
        self.changed(additions, removed)
    }

    /// This without some entries of a list; how many of them there were.
    #[must_use]
    pub fn without(&self, list: u16, entries: &[IntelEntry]) -> (Self, usize) {
        let mut removed = HashSet::clone(&self.removed);
        let (mut additions, before) = (Vec::clone(&self.additions), removed.len());
        let keys: HashSet<(EntryKind, &str)> = keys(entries);
        additions.retain(|(own, entry, _)| {
            *own != list || !keys.contains(&(entry.kind, entry.value.as_str()))
        });
        let taken = self.additions.len() - additions.len();
        for entry in entries {
            if self.in_base(list, entry.kind, &entry.value) {
                removed.insert((list, entry.kind, entry.value.clone()));
            }
        }
        let taken = taken + removed.len() - before;
        (self.changed(additions, removed), taken)
    }

    /// This with other settings of a list, or with a new, empty one.
    #[must_use]
    pub fn with_settings(&self, list: u16, settings: ListSettings) -> Self {
        let mut lists = BTreeMap::clone(&self.lists);
        lists.insert(list, IntelList::new(settings));
        Self {
            lists: Arc::new(lists),
            ..self.clone()
        }
    }

    fn changed(&self, additions: Vec<(u16, IntelEntry, Time)>, removed: HashSet<Key>) -> Self {
        let mut table = TableBuilder::default();
        for (list, entry, read) in &additions {
            if let Some(own) = self.lists.get(list) {
                table.add(*list, &own.settings, entry, *read);
            }
        }
        Self {
            added: Arc::new(table.finish()),
            additions: Arc::new(additions),
            removed: Arc::new(removed),
            ..self.clone()
        }
    }

    /// Entries that were added or taken out since the base was built.
    pub fn additions(&self) -> usize {
        self.additions.len() + self.removed.len()
    }

    /// The lists by number.
    pub fn lists(&self) -> impl Iterator<Item = (u16, &IntelList)> {
        self.lists.iter().map(|(number, list)| (*number, list))
    }

    /// How many entries of a kind a list has.
    pub fn count(&self, list: u16, kind: EntryKind) -> u64 {
        let held = |table: &Table| table.counts.get(&(list, kind)).copied().unwrap_or(0);
        let removed = self.removed.iter();
        let removed = removed
            .filter(|(own, of, _)| (*own, *of) == (list, kind))
            .count();
        let removed = u64::try_from(removed).unwrap_or(u64::MAX);
        (held(&self.base) + held(&self.added)).saturating_sub(removed)
    }

    /// How many entries there are.
    pub fn len(&self) -> u64 {
        let removed = u64::try_from(self.removed.len()).unwrap_or(u64::MAX);
        (self.base.len() + self.added.len()).saturating_sub(removed)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Memory of the tables, in bytes.
    pub fn bytes(&self) -> usize {
        self.base.bytes() + self.added.bytes()
    }

    /// Whether a list has an entry.
    pub fn holds(&self, list: u16, kind: EntryKind, value: &str) -> bool {
        page::holds(&self.added, list, kind, value)
            || (self.in_base(list, kind, value) && !self.is_removed(list, kind, value))
    }

    fn tables(&self) -> [(&Table, bool); 2] {
        [(&self.base, true), (&self.added, false)]
    }

    fn enabled(&self, list: u16) -> Option<&IntelList> {
        self.lists.get(&list).filter(|list| list.settings.enabled)
    }

    fn is_removed(&self, list: u16, kind: EntryKind, value: &str) -> bool {
        !self.removed.is_empty() && self.removed.contains(&(list, kind, value.to_owned()))
    }

    fn in_base(&self, list: u16, kind: EntryKind, value: &str) -> bool {
        page::holds(&self.base, list, kind, value)
    }
}

fn keys(entries: &[IntelEntry]) -> HashSet<(EntryKind, &str)> {
    let keys = entries.iter();
    keys.map(|entry| (entry.kind, entry.value.as_str()))
        .collect()
}

/// The detections that matches make: one for each list, with its fields and what its entries say.
pub fn detections_of(matches: &[IntelMatch]) -> impl Iterator<Item = Detection> {
    let firsts = matches.iter().enumerate();
    let firsts = firsts.filter(|(place, one)| {
        let earlier = matches.get(..*place).unwrap_or_default();
        earlier.iter().all(|other| other.list != one.list)
    });
    firsts.map(|(_, first)| {
        let own: Vec<&IntelMatch> = matches
            .iter()
            .filter(|one| one.list == first.list)
            .collect();
        let mut matched: Vec<(String, String)> = Vec::new();
        for one in own.iter().take(5) {
            matched.push((one.field.clone(), one.value.clone()));
        }
        let join = |text: fn(&IntelMatch) -> String| {
            let mut texts: Vec<String> = own.iter().take(5).map(|one| text(one)).collect();
            texts.dedup();
            texts.join(", ")
        };
        matched.push(("intel.entry".to_owned(), join(|one| one.entry.clone())));
        matched.push((
            "intel.source".to_owned(),
            join(|one| one.source.to_string()),
        ));
        matched.push((
            "intel.confidence".to_owned(),
            join(|one| one.confidence.to_string()),
        ));
        Detection {
            rule: Arc::clone(&first.rule),
            matched,
            alerts: true,
        }
    })
}

/// The names under which a value of a kind may stand in the index.
pub fn indexed_names(kind: EntryKind) -> Vec<&'static str> {
    match kind {
        EntryKind::Address | EntryKind::Network => fields::names(&[Look::Ip, Look::Name]),
        EntryKind::Domain => fields::names(&[Look::Name]),
        EntryKind::Url => fields::names(&[Look::Url]),
        EntryKind::Email => fields::names(&[Look::Email]),
        EntryKind::Md5 | EntryKind::Sha1 | EntryKind::Sha256 => {
            fields::names(&[Look::Hash, Look::Hashes])
        }
        EntryKind::Ja3 => fields::names(&[Look::Ja3]),
        EntryKind::Ja4 => fields::names(&[Look::Ja4]),
    }
}
