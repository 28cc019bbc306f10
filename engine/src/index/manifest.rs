//! What the files of a sealed partition are: name, size and SHA-256 of each, written once nothing changes them any more.
//!
//! tantivy's own checksums are CRC32 and lie in the files that they are of: they find accidents. The manifest also finds
//! a file that is missing, one too many, and one that was exchanged for another whole one.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::partition::Meta;
use crate::error::{Error, Result};

/// The file that holds it.
pub(super) const NAME: &str = "manifest.json";
/// A manifest longer than this was not written here: a partition has some thirty segments of ten files.
const LONGEST: u64 = 1 << 20;

#[derive(Serialize, Deserialize)]
struct Manifest {
    /// The partition as it was sealed.
    partition: Meta,
    /// Its files, by name.
    files: BTreeMap<String, Entry>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Entry {
    bytes: u64,
    sha256: String,
}

/// Whether a partition has one.
pub(super) fn exists(dir: &Path) -> bool {
    dir.join(NAME).exists()
}

/// Writes it, in one step: half a manifest is none.
///
/// # Errors
/// A file cannot be read, or the manifest not written.
pub(super) fn write(dir: &Path, meta: &Meta) -> Result<()> {
    let manifest = Manifest {
        partition: meta.clone(),
        files: read_files(dir)?,
    };
    let text = serde_json::to_vec_pretty(&manifest).unwrap_or_default();
    let (path, next) = (dir.join(NAME), dir.join("manifest.tmp"));
    let written = File::create(&next)
        .and_then(|mut file| file.write_all(&text).and_then(|()| file.sync_all()))
        .and_then(|()| std::fs::rename(&next, &path))
        .and_then(|()| File::open(dir)?.sync_all());
    written.map_err(|e| Error::io("write", &path, e))
}

/// What of a partition is not as its manifest says; nothing where it has none yet.
///
/// # Errors
/// A file cannot be read.
pub(super) fn problems(dir: &Path) -> Result<Vec<String>> {
    let path = dir.join(NAME);
    if !path.exists() {
        return Ok(Vec::new());
    }
    let bytes = std::fs::metadata(&path).and_then(|about| {
        if about.len() > LONGEST {
            return Ok(Vec::new());
        }
        std::fs::read(&path)
    });
    let bytes = bytes.map_err(|e| Error::io("read", &path, e))?;
    let Ok(manifest) = serde_json::from_slice::<Manifest>(&bytes) else {
        return Ok(vec![format!("{} cannot be read", path.display())]);
    };
    let (said, found) = (manifest.files, read_files(dir)?);
    let mut problems = Vec::new();
    for (name, entry) in &said {
        match found.get(name) {
            None => problems.push(format!("{name} is missing, the manifest names it")),
            Some(held) if held != entry => {
                problems.push(format!("{name} is not the file of the manifest"));
            }
            Some(_) => {}
        }
    }
    let more = found.keys().filter(|name| !said.contains_key(*name));
    problems.extend(more.map(|name| format!("{name} is there, the manifest does not name it")));
    Ok(problems)
}

/// Every file of the partition; locks, and what is being written, are none of it.
fn read_files(dir: &Path) -> Result<BTreeMap<String, Entry>> {
    let listed = std::fs::read_dir(dir).map_err(|e| Error::io("list", dir, e))?;
    let mut files = BTreeMap::new();
    for entry in listed {
        let path = entry.map_err(|e| Error::io("list", dir, e))?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
            continue;
        };
        let passing = Path::new(name)
            .extension()
            .is_some_and(|end| end == "lock" || end == "tmp");
        if passing || name == NAME || !path.is_file() {
            continue;
        }
        let entry = read_file(&path).map_err(|e| Error::io("read", &path, e))?;
        files.insert(name.to_owned(), entry);
    }
    Ok(files)
}

fn read_file(path: &Path) -> std::io::Result<Entry> {
    let mut digest = Sha256::new();
    let (mut file, mut bytes) = (File::open(path)?, 0);
    let mut piece = vec![0; 1 << 20];
    loop {
        let read = file.read(&mut piece)?;
        let Some(read) = piece.get(..read).filter(|read| !read.is_empty()) else {
            break;
        };
        digest.update(read);
        bytes += read.len() as u64;
    }
    Ok(Entry {
        bytes,
        sha256: hex(&digest.finalize()),
    })
}

fn hex(digest: &[u8]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
