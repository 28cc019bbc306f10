//! The folder of rules: which files there are, and whether something in it has changed.

use std::collections::BTreeMap;
use std::fs::File;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Read;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::kept::Kept;
use super::packs::licence_in;
use crate::error::{Error, Result};
use crate::rule::{Origin, Problem, RuleFile, Severity};

/// Deepest folder below a folder of rules.
pub(super) const MAX_DEPTH: usize = 16;
/// `O_NONBLOCK` of Linux (asm-generic/fcntl.h).
const NOT_WAITING: i32 = 0o4000;
/// Files whose times are looked at; SigmaHQ has under 5,000.
const MOST_FILES: usize = 200_000;

/// Files that were read, and those that could not be.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// In the order of their paths.
    pub files: Vec<RuleFile>,
    /// What could not be read; it costs only itself.
    pub problems: Vec<Problem>,
}

/// Everything of a data folder's `rules` that rules are made of.
#[derive(Clone, Debug, Default)]
pub(super) struct Disk {
    /// Rules and filters beside those of packs.
    pub(super) own: Vec<RuleFile>,
    /// The rules of each pack.
    pub(super) packs: BTreeMap<String, Vec<RuleFile>>,
    /// The licence of each pack's rules that name none.
    pub(super) licences: BTreeMap<String, String>,
    pub(super) mappings: Vec<RuleFile>,
    /// Lists of values for `expand`.
    pub(super) lists: Vec<RuleFile>,
    pub(super) off: Option<RuleFile>,
    /// What cannot be read.
    pub(super) problems: Vec<Problem>,
}

/// The YAML files at a path, or under it. Of a file longer than `most` bytes a byte more is read:
/// enough for the rules to refuse it by name. Fails when the path itself cannot be read.
pub fn rule_files(path: &Path, most: usize) -> Result<Found> {
    let mut found = Found::default();
    let metadata = std::fs::metadata(path).map_err(|error| Error::io("read", path, error))?;
    if metadata.is_dir() {
        let wanted = |path: &Path| path.extension().is_some_and(|e| e == "yml" || e == "yaml");
        collect(path, most, 0, &wanted, &mut found)?;
    } else {
        read(path, most, &mut found);
    }
    found.files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(found)
}

/// The lists of values of a folder, `*.txt`.
pub fn list_files(folder: &Path, most: usize) -> Result<Found> {
    let mut found = Found::default();
    let wanted = |path: &Path| path.extension().is_some_and(|ending| ending == "txt");
    collect(folder, most, MAX_DEPTH - 1, &wanted, &mut found)?;
    let fits = |file: &RuleFile| file.text.len() <= most;
    let (files, longer) = found.files.into_iter().partition(fits);
    found.files = files;
    found
        .problems
        .extend(longer.into_iter().map(|file: RuleFile| Problem {
            file: file.path,
            line: None,
            rule: None,
            reason: format!("larger than {most} bytes; split it"),
            severity: Severity::Error,
        }));
    found.files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(found)
}

fn collect(
    folder: &Path,
    most: usize,
    depth: usize,
    wanted: &dyn Fn(&Path) -> bool,
    found: &mut Found,
) -> Result<()> {
    for inner in entries(folder)? {
        if inner.is_dir() {
            if depth + 1 < MAX_DEPTH
                && let Err(error) = collect(&inner, most, depth + 1, wanted, found)
            {
                found.problems.push(unreadable(&inner, &error));
            }
        } else if wanted(&inner) {
            read(&inner, most, found);
        }
    }
    Ok(())
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let fail = |error| Error::io("read", folder, error);
    let listed = std::fs::read_dir(folder).map_err(fail)?;
    let inner = listed.map(|entry| entry.map(|entry| entry.path()).map_err(fail));
    inner.collect()
}

fn read(path: &Path, most: usize, found: &mut Found) {
    match file(path, most) {
        Ok(file) => found.files.push(file),
        Err(error) => found.problems.push(unreadable(path, &error)),
    }
}

/// A file, or a byte more than it may have.
pub(super) fn file(path: &Path, most: usize) -> Result<RuleFile> {
    Ok(RuleFile {
        origin: Origin::Local,
        path: path.display().to_string(),
        text: String::from_utf8_lossy(&bytes(path, most)?).into_owned(),
    })
}

/// The bytes of a file, or one more than it may have.
pub(super) fn bytes(path: &Path, most: usize) -> Result<Vec<u8>> {
    let fail = |error| Error::io("read", path, error);
    let mut bytes = Vec::new();
    let most = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    // A pipe would keep whoever opens it waiting for its other end.
    let opened = File::options()
        .read(true)
        .custom_flags(NOT_WAITING)
        .open(path)
        .map_err(fail)?;
    if !opened.metadata().map_err(fail)?.is_file() {
        let reason = std::io::Error::other("not a plain file");
        return Err(fail(reason));
    }
    opened.take(most).read_to_end(&mut bytes).map_err(fail)?;
    Ok(bytes)
}

/// The files below a folder that are wanted, in order.
pub(super) fn below(folder: &Path, wanted: &dyn Fn(&Path) -> bool) -> Result<Vec<PathBuf>> {
    // Fails for a folder that is none.
    entries(folder)?;
    let mut paths = Vec::new();
    walk(folder, 0, &mut paths);
    paths.retain(|path| wanted(path));
    Ok(paths)
}

fn unreadable(path: &Path, error: &Error) -> Problem {
    let reason = match error {
        Error::Io { source, .. } => format!("cannot be read: {source}"),
        other => other.to_string(),
    };
    Problem {
        file: path.display().to_string(),
        line: None,
        rule: None,
        reason,
        severity: Severity::Error,
    }
}

impl Disk {
    /// Reads what there is; a folder that is not there is empty. For what cannot be read its last good
    /// text stands in. Fails when a part of the folder itself cannot be read, or `off.yml`, and
    /// nothing stands in for it.
    pub(super) fn read(dir: &Path, most: usize, kept: &Kept) -> Result<Self> {
        let mut disk = Self::default();
        if is_folder(&dir.join("sigma"))? {
            disk.take(dir, rule_files(&dir.join("sigma"), most)?);
        }
        if is_folder(&dir.join("mapping"))? {
            disk.take(dir, rule_files(&dir.join("mapping"), most)?);
        }
        if is_folder(&dir.join("lists"))? {
            disk.take(dir, list_files(&dir.join("lists"), most)?);
        }
        let off = dir.join(OFF);
        let mut lost = None;
        if is_there(&off)? {
            match file(&off, most) {
                Ok(file) => disk.off = Some(file),
                Err(error) => {
                    disk.problems.push(unreadable(&off, &error));
                    lost = Some(error);
                }
            }
        }
        kept.stand_in(dir, &mut disk);
        let named = disk.packs.keys().filter_map(|pack| {
            let licence = licence_in(&dir.join("sigma/packs").join(pack), most)?;
            Some((pack.clone(), licence))
        });
        disk.licences = named.collect();
        match lost {
            Some(error) if disk.off.is_none() => Err(error),
            _ => Ok(disk),
        }
    }

    fn take(&mut self, dir: &Path, found: Found) {
        found.files.into_iter().for_each(|file| self.put(dir, file));
        self.problems.extend(found.problems);
    }

    /// Puts a file where it belongs by its path.
    pub(super) fn put(&mut self, dir: &Path, file: RuleFile) {
        let path = Path::new(&file.path);
        if path.starts_with(dir.join("mapping")) {
            self.mappings.push(file);
        } else if path.starts_with(dir.join("lists")) {
            self.lists.push(file);
        } else if path == dir.join(OFF) {
            self.off = Some(file);
        } else {
            match pack_of(&dir.join("sigma/packs"), path) {
                None => self.own.push(file),
                Some(pack) => self.packs.entry(pack).or_default().push(file),
            }
        }
    }

    /// Puts the files in the order of their paths: of two with one id the first is taken.
    pub(super) fn sort(&mut self) {
        let lists = [&mut self.own, &mut self.mappings, &mut self.lists];
        for files in lists.into_iter().chain(self.packs.values_mut()) {
            files.sort_by(|a, b| a.path.cmp(&b.path));
        }
    }

    /// Every file.
    pub(super) fn files_mut(&mut self) -> impl Iterator<Item = &mut RuleFile> {
        let own = self.own.iter_mut().chain(&mut self.mappings);
        let packs = self.packs.values_mut().flatten();
        own.chain(packs).chain(&mut self.lists).chain(&mut self.off)
    }

    /// Every file.
    pub(super) fn into_files(self) -> impl Iterator<Item = RuleFile> {
        let own = self.own.into_iter().chain(self.mappings);
        let packs = self.packs.into_values().flatten();
        own.chain(packs).chain(self.lists).chain(self.off)
    }
}

/// Where it stands what is off.
const OFF: &str = "off.yml";

/// Whether something is there. A path that may not be looked at is not one that is gone.
fn is_there(path: &Path) -> Result<bool> {
    path.try_exists()
        .map_err(|error| Error::io("read", path, error))
}

fn is_folder(path: &Path) -> Result<bool> {
    Ok(is_there(path)? && path.is_dir())
}

/// The pack whose folder a file lies in.
pub(super) fn pack_of(packs: &Path, file: &Path) -> Option<String> {
    let inner = file.strip_prefix(packs).ok()?;
    let first = inner.components().next()?.as_os_str().to_str()?;
    (inner.components().count() > 1).then(|| first.to_owned())
}

/// A hash of names, sizes and times of what rules are made of: another one means that something
/// changed.
pub(super) fn print(dir: &Path) -> u64 {
    let mut paths = Vec::new();
    for part in ["sigma", "mapping", "lists"] {
        walk(&dir.join(part), 0, &mut paths);
    }
    paths.extend(["off.yml", "packs.yml"].map(|name| dir.join(name)));
    hash(paths)
}

/// A hash of the packs: another one means that a comparison with them is old.
pub(super) fn print_of_packs(dir: &Path) -> u64 {
    let mut paths = Vec::new();
    walk(&dir.join("sigma/packs"), 0, &mut paths);
    hash(paths)
}

fn hash(paths: Vec<PathBuf>) -> u64 {
    let mut hasher = DefaultHasher::new();
    for path in paths {
        // What is there and cannot be looked at counts too: it may go, or become readable.
        let meta = path.metadata().ok();
        let seen = meta.map(|meta| {
            // The second time is that of a change of rights.
            (
                meta.len(),
                meta.modified().ok(),
                meta.ctime(),
                meta.ctime_nsec(),
            )
        });
        (path, seen).hash(&mut hasher);
    }
    hasher.finish()
}

fn walk(dir: &Path, depth: usize, paths: &mut Vec<PathBuf>) {
    let Ok(mut inner) = entries(dir) else { return };
    inner.sort();
    for path in inner {
        if paths.len() >= MOST_FILES {
            return;
        }
        if path.is_dir() {
            if depth < MAX_DEPTH {
                walk(&path, depth + 1, paths);
            }
        } else if path.extension().is_none_or(|ending| ending != "new") {
            paths.push(path);
        }
    }
}
