//! Partitions held for a backup: every file of one commit, open, so that merging may go on.
//!
//! The files of a segment never change; what changes is which segments a partition has. Under the lock
//! that keeps them from being removed, the list is read and each file opened: what is open can be
//! read to its end, whatever becomes of its name.

use std::collections::HashSet;
use std::fs::File;
use std::path::{Path, PathBuf};

use event::KindGroup;
use tantivy::Index;
use tantivy::directory::{Directory as _, META_LOCK};

use super::partition::{self, Meta};
use crate::error::{Error, Result};

/// A partition's last commit.
pub struct HeldPartition {
    /// What it covers.
    pub meta: Meta,
    /// Its files by name, open.
    pub files: Vec<(String, File)>,
    /// Its small files, which say what the others are, as they were.
    pub lists: Vec<(String, Vec<u8>)>,
}

/// The folders of the partitions that there are, relative to the index's own. Those that come later hold only
/// events that come later.
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

/// Names only: an index that is open elsewhere is not to be put in order from here.
fn committed_dirs(folder: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    if !folder.exists() {
        return Ok(names);
    }
    let entries = std::fs::read_dir(folder).map_err(|e| Error::io("list", folder, e))?;
    for entry in entries {
        let entry = entry.map_err(|e| Error::io("list", folder, e))?;
        let name = entry.file_name().into_string().unwrap_or_default();
        if partition::is_folder_name(&name) && entry.path().join("meta.json").exists() {
            names.push(name);
        }
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
    let index = Index::open_in_dir(dir)?;
    let _lock = index
        .directory()
        .acquire_lock(&META_LOCK)
        .map_err(tantivy::TantivyError::from)?;
    let Some(meta) = partition::meta_of(dir, &index)? else {
        return Ok(None);
    };
    let path = dir.join("meta.json");
    let list = std::fs::read(&path).map_err(|e| Error::io("read", &path, e))?;
    let ids = index.searchable_segment_ids()?;
    let ids: HashSet<String> = ids
        .iter()
        .map(tantivy::index::SegmentId::uuid_string)
        .collect();
    let mut files = Vec::new();
    let entries = std::fs::read_dir(dir).map_err(|e| Error::io("list", dir, e))?;
    for entry in entries {
        let entry = entry.map_err(|e| Error::io("list", dir, e))?;
        let name = entry.file_name().into_string().unwrap_or_default();
        let id = name.split('.').next().unwrap_or_default();
        if ids.contains(id) {
            let path = entry.path();
            let file = File::open(&path).map_err(|e| Error::io("open", &path, e))?;
            files.push((name, file));
        }
    }
    files.sort_by(|a, b| a.0.cmp(&b.0));
    let lists = vec![
        (".managed.json".to_owned(), managed(&files)),
        ("meta.json".to_owned(), list),
    ];
    Ok(Some(HeldPartition { meta, files, lists }))
}

/// The list of files that tantivy removes when no segment needs them any more.
fn managed(files: &[(String, File)]) -> Vec<u8> {
    let names = files.iter().map(|(name, _)| name.as_str());
    let names: Vec<&str> = names.chain(["meta.json"]).collect();
    let mut text = serde_json::to_vec(&names).unwrap_or_default();
    text.push(b'\n');
    text
}
