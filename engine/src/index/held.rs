//! Partitions held for a backup: every file of one commit, open, so that merging may go on.
//!
//! The files of a segment never change; what changes is which segments a partition has. Under the lock
//! that keeps them from being removed, the list is read and each file opened: what is open can be
//! read to its end, whatever becomes of its name.

use std::collections::HashSet;
use std::fs::File;
use std::path::{Path, PathBuf};

use event::KindGroup;
use serde::Deserialize;
use tantivy::directory::{Directory as _, META_LOCK, MmapDirectory};

use super::partition::{self, Meta};
use crate::disk;
use crate::error::{Error, Result};

/// Tantivy's list of the segments of the last commit.
const LIST: &str = "meta.json";

/// A partition's last commit.
pub struct HeldPartition {
    /// What it covers.
    pub meta: Meta,
    /// Its files by name, open.
    pub files: Vec<(String, File)>,
    /// Its small files, which say what the others are, as they were.
    pub lists: Vec<(String, Vec<u8>)>,
}

/// The folders of the partitions that there are, relative to the index's own. Those that come later
/// hold only events that come later.
///
/// # Errors
/// A folder cannot be listed.
pub fn partitions(dir: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for group in KindGroup::ALL {
        let dirs = committed_dirs(&dir.join(group.name()))?;
        found.extend(
            dirs.into_iter()
                .map(|name| Path::new(group.name()).join(name)),
        );
    }
    Ok(found)
}

/// The folders of partitions of which a rebuilding could not read everything, relative to the index's own.
/// Nobody writes to them.
///
/// # Errors
/// A folder cannot be listed.
pub fn damaged(dir: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for group in KindGroup::ALL {
        let names = dirs(&dir.join(group.name()))?.into_iter();
        let damaged = names.filter(|name| {
            let stem = name.strip_suffix(".damaged");
            stem.is_some_and(partition::is_folder_name)
        });
        found.extend(damaged.map(|name| Path::new(group.name()).join(name)));
    }
    Ok(found)
}

/// Names only: an index that is open elsewhere is not to be put in order from here.
fn committed_dirs(folder: &Path) -> Result<Vec<String>> {
    let mut names = dirs(folder)?;
    names.retain(|name| partition::is_folder_name(name) && folder.join(name).join(LIST).exists());
    Ok(names)
}

fn dirs(folder: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    if !folder.exists() {
        return Ok(names);
    }
    let entries = std::fs::read_dir(folder).map_err(|e| Error::io("list", folder, e))?;
    for entry in entries {
        let entry = entry.map_err(|e| Error::io("list", folder, e))?;
        names.push(entry.file_name().into_string().unwrap_or_default());
    }
    names.sort();
    Ok(names)
}

/// Holds a partition as its last commit left it; none when it has never been committed: its events
/// are read again from the journal.
///
/// # Errors
/// A file of it is missing or cannot be opened.
pub fn hold(dir: &Path) -> Result<Option<HeldPartition>> {
    let directory = MmapDirectory::open(dir).map_err(tantivy::TantivyError::from)?;
    let _lock = directory
        .acquire_lock(&META_LOCK)
        .map_err(tantivy::TantivyError::from)?;
    let lock = dir.join(META_LOCK.filepath.as_path());
    disk::give_to_owner(&lock).map_err(|e| Error::io("give to its owner", &lock, e))?;
    // IMPORTANT: read once. The lock keeps files from being removed, not the list from being replaced.
    let path = dir.join(LIST);
    let list = std::fs::read(&path).map_err(|e| Error::io("read", &path, e))?;
    let format = |problem: String| Error::Format {
        path: path.clone(),
        problem: format!("{problem}; run haidang verify --rebuild"),
    };
    let commit: Commit = serde_json::from_slice(&list).map_err(|e| format(e.to_string()))?;
    let Some(payload) = &commit.payload else {
        return Ok(None);
    };
    let meta: Meta = serde_json::from_str(payload).map_err(|e| format(e.to_string()))?;
    let files = open_segments(dir, &commit)?;
    let lists = vec![
        (".managed.json".to_owned(), managed(&files)),
        (LIST.to_owned(), list),
    ];
    Ok(Some(HeldPartition { meta, files, lists }))
}

/// What of tantivy's list is of interest here.
#[derive(Deserialize)]
struct Commit {
    segments: Vec<CommitSegment>,
    payload: Option<String>,
}

#[derive(Deserialize)]
struct CommitSegment {
    segment_id: String,
}

/// Every file of the segments of a commit, open. They begin with the segment's id, without its dashes.
fn open_segments(dir: &Path, commit: &Commit) -> Result<Vec<(String, File)>> {
    let ids = commit.segments.iter();
    let ids: HashSet<String> = ids.map(|one| one.segment_id.replace('-', "")).collect();
    let (mut files, mut met) = (Vec::new(), HashSet::new());
    let entries = std::fs::read_dir(dir).map_err(|e| Error::io("list", dir, e))?;
    for entry in entries {
        let entry = entry.map_err(|e| Error::io("list", dir, e))?;
        let name = entry.file_name().into_string().unwrap_or_default();
        let id = name.split('.').next().unwrap_or_default();
        if ids.contains(id) {
            met.insert(id.to_owned());
            let path = entry.path();
            let file = File::open(&path).map_err(|e| Error::io("open", &path, e))?;
            files.push((name, file));
        }
    }
    if met != ids {
        return Err(Error::Format {
            path: dir.to_owned(),
            problem: "files of a segment are missing; run haidang verify --rebuild".to_owned(),
        });
    }
    files.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(files)
}

/// The list of files that tantivy removes when no segment needs them any more.
fn managed(files: &[(String, File)]) -> Vec<u8> {
    let names = files.iter().map(|(name, _)| name.as_str());
    let names: Vec<&str> = names.chain([LIST]).collect();
    let mut text = serde_json::to_vec(&names).unwrap_or_default();
    text.push(b'\n');
    text
}
