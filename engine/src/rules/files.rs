//! The folder of rules: which files there are, and whether something in it has changed.

use std::collections::BTreeMap;
use std::fs::File;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::rule::{Origin, Problem, RuleFile, Severity};

/// Deepest folder below a folder of rules.
pub(super) const MAX_DEPTH: usize = 16;
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
    pub(super) mappings: Vec<RuleFile>,
    /// Lists of values for `expand`.
    pub(super) lists: Vec<RuleFile>,
    pub(super) off: Option<RuleFile>,
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
    let opened = File::open(path).map_err(fail)?;
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
    /// Reads what there is; a folder that is not there is empty.
    pub(super) fn read(dir: &Path, most: usize) -> Result<Self> {
        let mut disk = Self::default();
        let packs = dir.join("sigma/packs");
        let under = |part: &str| {
            let path = dir.join(part);
            if path.is_dir() {
                rule_files(&path, most)
            } else {
                Ok(Found::default())
            }
        };
        let rules = under("sigma")?;
        for file in rules.files {
            match pack_of(&packs, Path::new(&file.path)) {
                None => disk.own.push(file),
                Some(pack) => disk.packs.entry(pack).or_default().push(file),
            }
        }
        let mappings = under("mapping")?;
        disk.mappings = mappings.files;
        disk.problems.extend(rules.problems);
        disk.problems.extend(mappings.problems);
        let lists = dir.join("lists");
        if lists.is_dir() {
            let lists = list_files(&lists, most)?;
            disk.lists = lists.files;
            disk.problems.extend(lists.problems);
        }
        let off = dir.join("off.yml");
        if off.exists() {
            disk.off = Some(file(&off, most)?);
        }
        Ok(disk)
    }
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
    let mut hasher = DefaultHasher::new();
    for path in paths {
        if let Ok(meta) = path.metadata() {
            (path, meta.len(), meta.modified().ok()).hash(&mut hasher);
        }
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
