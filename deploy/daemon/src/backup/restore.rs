//! Puts a backup where no data is. Until the last file is there and right, the folder says that it is not
//! all there, and no centre starts on it; cut short, it goes on where it stood.

use std::fs::File;
use std::os::unix::fs::{MetadataExt as _, chown};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use rustix::fs::{FlockOperation, flock};
use serde_json::json;

use super::copier::{self, Copier, Pace};
use super::manifest::{Entry, Manifest};
use super::{RESTORED, RESTORING};

/// What is asked for.
pub(crate) struct Restoring<'a> {
    /// The backup.
    pub(crate) backup: &'a Path,
    /// The data folder to be.
    pub(crate) target: &'a Path,
    /// How fast.
    pub(crate) pace: Pace,
}

/// What was put back.
#[derive(Clone, Debug)]
pub(crate) struct Restored {
    /// Files.
    pub(crate) files: usize,
    /// Their bytes.
    pub(crate) bytes: u64,
    /// When the backup was made.
    pub(crate) made: String,
    /// Where the configuration lies that was saved with it.
    pub(crate) config: Option<PathBuf>,
    /// How long it took.
    pub(crate) seconds: f64,
}

/// Damaged files that are named; who has more needs another backup in any case.
const NAMED: usize = 20;

/// Puts a backup into a folder that is empty or not there.
///
/// # Errors
/// The folder holds something, there is no room, or files of the backup are damaged: these are named.
pub(crate) fn restore(restoring: &Restoring<'_>) -> Result<Restored> {
    let manifest = Manifest::read(restoring.backup, crate::data_dir::VERSION)?;
    let target = restoring.target;
    let _lock = begin(target, &manifest)?;
    let way_out = "make room, or name a folder on another disk with --data-dir";
    let held: u64 = manifest
        .files
        .iter()
        .map(|entry| already(target, entry))
        .sum();
    let missing = manifest.bytes().saturating_sub(held);
    copier::check_room(target, missing, restoring.pace, way_out)?;
    let mut copier = Copier::new(restoring.pace, manifest.bytes());
    let mut damaged = Vec::new();
    for entry in &manifest.files {
        if let Some(inside) = entry.path.strip_prefix("data/") {
            put(
                &mut copier,
                restoring.backup,
                &target.join(inside),
                entry,
                &mut damaged,
            )?;
        }
    }
    if !damaged.is_empty() {
        let shown = damaged.len().min(NAMED);
        let named = damaged.get(..shown).unwrap_or_default().join("; ");
        bail!(
            "the backup is damaged, nothing was put in force: {named} ({} in all). Fetch these files \
             again from where the backup was copied to, or use another backup",
            damaged.len()
        );
    }
    let seconds = copier.seconds();
    drop(copier);
    end(target, &manifest)?;
    let config = restoring.backup.join("config.toml");
    Ok(Restored {
        files: manifest.files.len(),
        bytes: manifest.bytes(),
        made: manifest.made,
        config: config.exists().then_some(config),
        seconds,
    })
}

/// Marks the folder as not all there. What an earlier try with the same backup put there is kept.
fn begin(target: &Path, manifest: &Manifest) -> Result<File> {
    copier::make_folder(target)?;
    let mark = target.join(RESTORING);
    let is_ours = mark.exists();
    let held = contents(target)?;
    if let Some(name) = held.first().filter(|_| !is_ours) {
        bail!(
            "{} is not empty: it holds {name}; name an empty folder with --data-dir, or move it away",
            target.display()
        );
    }
    let path = target.join("lock");
    let lock = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path);
    let lock = lock.with_context(|| format!("cannot write {}", path.display()))?;
    if flock(&lock, FlockOperation::NonBlockingLockExclusive).is_err() {
        bail!(
            "{} is held by another haidang; wait for it",
            target.display()
        );
    }
    let said = std::fs::read_to_string(&mark).unwrap_or_default();
    if is_ours && said.trim() != manifest.checksum {
        // Another backup: what is there of it is not wanted.
        for name in held
            .iter()
            .filter(|name| *name != "lock" && *name != RESTORING)
        {
            let path = target.join(name);
            let removed = if path.is_dir() {
                std::fs::remove_dir_all(&path)
            } else {
                std::fs::remove_file(&path)
            };
            removed.with_context(|| format!("cannot remove {}", path.display()))?;
        }
    }
    copier::write_whole(&mark, manifest.checksum.as_bytes())?;
    Ok(lock)
}

/// What a folder holds, but for what file systems put into their roots.
fn contents(folder: &Path) -> Result<Vec<String>> {
    let context = || format!("cannot list {}", folder.display());
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(context)? {
        let name = entry.with_context(context)?.file_name();
        names.push(name.to_string_lossy().into_owned());
    }
    names.retain(|name| name != "lost+found");
    names.sort();
    Ok(names)
}

/// How many bytes of a file an earlier try put there.
fn already(target: &Path, entry: &Entry) -> u64 {
    let inside = entry.path.strip_prefix("data/").unwrap_or(&entry.path);
    let found = target.join(inside).metadata();
    found.map_or(0, |found| found.len().min(entry.bytes))
}

fn put(
    copier: &mut Copier,
    backup: &Path,
    to: &Path,
    entry: &Entry,
    damaged: &mut Vec<String>,
) -> Result<()> {
    if to.metadata().is_ok_and(|found| found.len() == entry.bytes)
        && copier.look(to)?.sha256 == entry.sha256
    {
        return Ok(());
    }
    let from = backup.join(&entry.path);
    let Ok(mut file) = File::open(&from) else {
        damaged.push(format!("{} is missing", entry.path));
        return Ok(());
    };
    let copied = copier.copy(&mut file, to, u64::MAX);
    let copied = copied.with_context(|| format!("cannot copy {}", from.display()))?;
    if copied.bytes != entry.bytes {
        let (found, said) = (copied.bytes, entry.bytes);
        damaged.push(format!("{} has {found} bytes and had {said}", entry.path));
    } else if copied.sha256 != entry.sha256 {
        damaged.push(format!("{} has another checksum", entry.path));
    }
    Ok(())
}

/// The folder is whole: says so, and gives everything to whom the folder belongs.
fn end(target: &Path, manifest: &Manifest) -> Result<()> {
    let restored = json!({
        "made": manifest.made, "haidang": manifest.haidang, "position": manifest.position,
    });
    copier::write_whole(&target.join(RESTORED), restored.to_string().as_bytes())?;
    give_to_owner(target)?;
    copier::sync(target)?;
    let mark = target.join(RESTORING);
    std::fs::remove_file(&mark).with_context(|| format!("cannot remove {}", mark.display()))?;
    copier::sync(target)
}

/// Root restores into the folder of the service's user: that one must be able to use it.
fn give_to_owner(target: &Path) -> Result<()> {
    if !rustix::process::geteuid().is_root() {
        return Ok(());
    }
    let context = || format!("cannot give {} to its owner", target.display());
    let owner = target.metadata().with_context(context)?;
    let (user, group) = (Some(owner.uid()), Some(owner.gid()));
    let mut waiting = vec![target.to_owned()];
    while let Some(folder) = waiting.pop() {
        for entry in std::fs::read_dir(&folder).with_context(context)? {
            let path = entry.with_context(context)?.path();
            std::os::unix::fs::lchown(&path, user, group).with_context(context)?;
            if path.symlink_metadata().with_context(context)?.is_dir() {
                waiting.push(path);
            }
        }
    }
    chown(target, user, group).with_context(context)
}
