//! The folders of lists: which there are, what their files hold.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs::File;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use event::Time;

use super::by_hand::{self, ByHand};
use super::list::List;
use crate::detect::{Intel, IntelBuilder};
use crate::rule::intel::{self, Reading, Sink, is_list_id};
use crate::rule::{
    EntryKind, IntelEntry, IntelFormat, IntelLimits, ListSettings, Origin, RuleFile,
};

/// Files that are not entries of somebody's feed.
const OWN: [&str; 3] = ["list.yml", "added.csv", "removed.csv"];
/// New entries of one list that are told of: a hunt for more would never end.
const TOLD: usize = 100_000;

/// A file of a shipped list.
#[derive(Clone, Debug)]
pub struct ShippedFile {
    /// The list.
    pub list: String,
    /// Its name in the list's folder.
    pub name: String,
    /// What is in it.
    pub bytes: Vec<u8>,
}

/// Everything that the folders hold.
pub(super) struct Loaded {
    pub(super) lists: Vec<List>,
    pub(super) intel: Intel,
    pub(super) new: Vec<(String, Vec<IntelEntry>)>,
}

/// What was held before, to tell what is new.
pub(super) struct Before {
    pub(super) intel: Arc<Intel>,
    pub(super) lists: Vec<List>,
}

/// A hash of names, sizes and times below a folder: another one means that something changed.
/// What this program writes by hand changes it too; reading once more costs little.
pub(super) fn print(dir: &Path) -> u64 {
    let mut hasher = DefaultHasher::new();
    let mut paths = Vec::new();
    walk(dir, 0, &mut paths);
    for path in paths {
        let Ok(meta) = path.metadata() else { continue };
        let own = path
            .file_name()
            .is_some_and(|name| OWN.iter().skip(1).any(|own| name == *own));
        if !own {
            (path, meta.len(), meta.modified().ok()).hash(&mut hasher);
        }
    }
    hasher.finish()
}

/// The files below a folder in order; a MISP feed lies one level deeper.
fn walk(dir: &Path, depth: usize, paths: &mut Vec<PathBuf>) {
    const DEEPEST: usize = 2;
    const MOST: usize = 100_000;
    let Ok(listed) = std::fs::read_dir(dir) else {
        return;
    };
    let mut inner: Vec<PathBuf> = listed.filter_map(|each| Some(each.ok()?.path())).collect();
    inner.sort();
    for path in inner {
        if paths.len() >= MOST {
            return;
        }
        if path.is_dir() && depth < DEEPEST {
            walk(&path, depth + 1, paths);
        } else if path.is_file() {
            paths.push(path);
        }
    }
}

/// Reads all lists.
pub(super) fn load(
    dir: &Path,
    shipped: &[ShippedFile],
    limits: &IntelLimits,
    before: Option<&Before>,
) -> Loaded {
    let mut ids: BTreeSet<String> = shipped.iter().map(|file| file.list.clone()).collect();
    let inner = std::fs::read_dir(dir).into_iter().flatten();
    let local = inner.filter_map(|each| {
        let path = each.ok()?.path();
        let name = path.file_name()?.to_str()?.to_owned();
        path.is_dir().then_some(name)
    });
    ids.extend(local.filter(|id| is_list_id(id)));
    let numbered = (0_u16..).zip(ids.into_iter().take(limits.lists));
    let mut lists: Vec<List> = numbered
        .map(|(number, id)| read_settings(number, &id, dir, shipped))
        .collect();
    let settings = lists
        .iter()
        .map(|list| (list.number, list.settings.clone()));
    let mut reader = ListReader {
        builder: IntelBuilder::new(settings),
        limits,
        left: limits.entries,
        before,
        new: Vec::new(),
        not_hunted: 0,
    };
    let mut new = Vec::new();
    for list in &mut lists {
        reader.list(list, dir, shipped);
        let held = before.and_then(|before| before.list(&list.settings.id));
        list.feed_problem = held.and_then(|held| held.feed_problem.clone());
        let earlier = held.map_or(0, |held| held.not_hunted);
        list.not_hunted = earlier + std::mem::take(&mut reader.not_hunted);
        if !reader.new.is_empty() {
            new.push((list.settings.id.clone(), std::mem::take(&mut reader.new)));
        }
    }
    Loaded {
        lists,
        intel: reader.builder.finish(),
        new,
    }
}

fn read_settings(number: u16, id: &str, dir: &Path, shipped: &[ShippedFile]) -> List {
    let path = dir.join(id).join("list.yml");
    let embedded = |name: &str| {
        let file = shipped
            .iter()
            .find(|file| file.list == id && file.name == name)?;
        Some(String::from_utf8_lossy(&file.bytes).into_owned())
    };
    let text = std::fs::read_to_string(&path)
        .ok()
        .or_else(|| embedded("list.yml"));
    let mut list = List::new(number, ListSettings::new(id));
    list.shipped = shipped.iter().any(|file| file.list == id);
    if let Some(text) = text {
        let file = RuleFile {
            origin: Origin::Local,
            path: "list.yml".to_owned(),
            text,
        };
        let (settings, problems) = ListSettings::read(id, &file);
        list.settings = settings;
        for problem in problems {
            let line = problem.line.unwrap_or(0);
            list.reading.refuse("list.yml", line, problem.reason);
        }
    }
    list
}

struct ListReader<'a> {
    builder: IntelBuilder,
    limits: &'a IntelLimits,
    left: usize,
    before: Option<&'a Before>,
    new: Vec<IntelEntry>,
    /// New ones that `new` has no room for.
    not_hunted: u64,
}

impl ListReader<'_> {
    fn list(&mut self, list: &mut List, dir: &Path, shipped: &[ShippedFile]) {
        let folder = dir.join(&list.settings.id);
        self.by_hand(list, &folder);
        let removed = Arc::clone(&list.removed);
        let gone: HashSet<(EntryKind, &str)> = removed.iter().map(ByHand::key).collect();
        let mut local = Vec::new();
        walk(&folder, 1, &mut local);
        let is_local = |name: &str| folder.join(name).is_file();
        let id = list.settings.id.clone();
        for file in shipped.iter().filter(|file| file.list == id) {
            if !is_local(&file.name) && !OWN.contains(&file.name.as_str()) {
                self.file(list, &file.name, &file.bytes[..], Time::EPOCH, None, &gone);
            }
        }
        let feeds = MispFeeds::of(&local);
        for path in local.iter().take(self.limits.files) {
            let name = path.strip_prefix(&folder).unwrap_or(path);
            let name = name.to_string_lossy().into_owned();
            if OWN.contains(&name.as_str()) || name.ends_with(".new") {
                continue;
            }
            match feeds.part(path) {
                Part::Event => self.path(list, &name, path, Some(IntelFormat::Misp), &gone),
                Part::NoEntries => {}
                Part::NoFeed => self.path(list, &name, path, None, &gone),
            }
        }
        if local.len() > self.limits.files {
            let reason = format!("only the first {} files are read", self.limits.files);
            list.reading.refuse("", 0, reason);
        }
        for row in list.added.iter() {
            if !gone.contains(&row.key()) {
                let entry = IntelEntry {
                    valid_from: None,
                    ..row.entry.clone()
                };
                self.take(list.number, &list.settings, entry, row.at);
            }
        }
    }

    fn by_hand(&self, list: &mut List, folder: &Path) {
        let most = usize::try_from(self.limits.file_mib << 20).unwrap_or(usize::MAX);
        for name in ["added.csv", "removed.csv"] {
            let Ok(text) = std::fs::read_to_string(folder.join(name)) else {
                continue;
            };
            let text = text.get(..most.min(text.len())).unwrap_or_default();
            let (rows, problems) = by_hand::read(text, self.limits);
            for (line, reason) in problems {
                list.reading.refuse(name, line, reason);
            }
            let newest = rows.iter().max_by_key(|row| row.at);
            if let Some(row) = newest {
                list.note(row.at);
                let later = list.changed.as_ref().is_none_or(|(_, at)| *at < row.at);
                if later {
                    list.changed = Some((row.who.clone(), row.at));
                }
            }
            let rows = Arc::new(rows);
            if name == "added.csv" {
                list.added = rows;
            } else {
                list.removed = rows;
            }
        }
    }

    fn path(
        &mut self,
        list: &mut List,
        name: &str,
        path: &Path,
        format: Option<IntelFormat>,
        gone: &HashSet<(EntryKind, &str)>,
    ) {
        let opened = File::open(path).and_then(|file| Ok((file.metadata()?, file)));
        let (meta, file) = match opened {
            Ok(opened) => opened,
            Err(error) => {
                return list
                    .reading
                    .refuse(name, 0, format!("cannot be read: {error}"));
            }
        };
        if meta.len() > self.limits.file_mib << 20 {
            let most = self.limits.file_mib;
            let reason = format!("larger than {most} MiB (limits.intel.file_mib); split it");
            return list.reading.refuse(name, 0, reason);
        }
        let modified = meta.modified().ok();
        let since = modified.and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
        let read = Time::EPOCH.plus(since.unwrap_or_default());
        let bounded = file.take(self.limits.file_mib << 20);
        self.file(
            list,
            name,
            BufReader::with_capacity(1 << 16, bounded),
            read,
            format,
            gone,
        );
    }

    fn file(
        &mut self,
        list: &mut List,
        name: &str,
        reader: impl BufRead,
        read: Time,
        format: Option<IntelFormat>,
        gone: &HashSet<(EntryKind, &str)>,
    ) {
        let Some(format) = format.or_else(|| intel::format_of(name)) else {
            return;
        };
        let (number, settings, limits) = (list.number, list.settings.clone(), *self.limits);
        let mut take = |entry: IntelEntry| {
            gone.contains(&(entry.kind, entry.value.as_str()))
                || self.take(number, &settings, entry, read)
        };
        let mut sink = Sink {
            file: name.to_owned(),
            kind: settings.kind,
            limits,
            reading: Reading::default(),
            take: &mut take,
        };
        intel::read(format, reader, &mut sink);
        let reading = sink.reading;
        list.reading.join(reading);
        if read != Time::EPOCH {
            list.note(read);
        }
    }

    fn take(&mut self, number: u16, own: &ListSettings, entry: IntelEntry, read: Time) -> bool {
        let Some(left) = self.left.checked_sub(1) else {
            return false;
        };
        if !self.builder.add(number, &entry, read) {
            return false;
        }
        self.left = left;
        if let Some(before) = self.before
            && !before.holds(&own.id, &entry)
        {
            if self.new.len() < TOLD {
                self.new.push(entry);
            } else {
                self.not_hunted += 1;
            }
        }
        true
    }
}

impl Before {
    fn holds(&self, list: &str, entry: &IntelEntry) -> bool {
        let list = self.list(list);
        list.is_some_and(|list| self.intel.holds(list.number, entry.kind, &entry.value))
    }

    pub(super) fn list(&self, id: &str) -> Option<&List> {
        self.lists.iter().find(|list| list.settings.id == id)
    }
}

/// Folders that hold a MISP feed, with the events that their manifests name.
struct MispFeeds(BTreeMap<PathBuf, HashSet<String>>);

impl MispFeeds {
    fn of(paths: &[PathBuf]) -> Self {
        let manifests = paths.iter().filter(|path| path.ends_with("manifest.json"));
        let feeds = manifests.filter_map(|path| {
            let file = File::open(path).ok()?;
            let named = intel::manifest(BufReader::new(file.take(256 << 20)))?;
            Some((path.parent()?.to_owned(), named.into_iter().collect()))
        });
        Self(feeds.collect())
    }

    /// What a file is to the feed that it lies in.
    fn part(&self, path: &Path) -> Part {
        let named = path.parent().and_then(|folder| self.0.get(folder));
        let stem = path.file_stem().and_then(|stem| stem.to_str());
        match (named, stem) {
            (None, _) => Part::NoFeed,
            (Some(named), Some(stem)) if named.contains(stem) => Part::Event,
            _ => Part::NoEntries,
        }
    }
}

/// What a file is to a MISP feed.
enum Part {
    /// An event that the manifest names.
    Event,
    /// The manifest, `hashes.csv`, or what the manifest does not name.
    NoEntries,
    /// It lies in no feed.
    NoFeed,
}
