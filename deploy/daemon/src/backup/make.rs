//! Makes a backup. The order is what makes it one moment: the journal is held, so that nothing of it goes; then the
//! store, then the index, then the journal. Each is at least as new as the one before, and the journal has
//! what the younger ones lack: after a restore the centre examines it as after any other stop.

use std::fs::File;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use engine::journal::Hold;
use engine::{index, store};
use event::Time;
use rustix::fs::{FlockOperation, flock};

use super::copier::{self, Copier, Pace};
use super::manifest::{self, Entry, Manifest};
use super::{IN_PROGRESS, RESTORED};
use crate::data_dir::{DataDir, VERSION};

/// What is asked for.
pub(crate) struct Making<'a> {
    /// The data folder.
    pub(crate) data: &'a Path,
    /// The folder that the backup becomes.
    pub(crate) target: &'a Path,
    /// The configuration file, if there is one.
    pub(crate) config: Option<PathBuf>,
    /// How fast.
    pub(crate) pace: Pace,
    /// When it begins.
    pub(crate) now: Time,
}

/// What was made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Made {
    /// Files.
    pub(crate) files: usize,
    /// Their bytes.
    pub(crate) bytes: u64,
    /// Events up to this position were examined.
    pub(crate) position: u64,
    /// How long it took.
    pub(crate) seconds: f64,
}

/// What belongs to the process or the machine, or is copied in a way of its own.
const LEFT_OUT: [&str; 6] = [
    "lock",
    "control.sock",
    "journal",
    "index",
    "spool",
    RESTORED,
];

/// Makes a backup of a data folder, in use or not. It is there whole under its name, or not at all.
///
/// # Errors
/// The target is there, has no room or cannot be written to; a file of the folder cannot be read.
pub(crate) fn make(making: &Making<'_>) -> Result<Made> {
    let layout = DataDir::version(making.data)?;
    if layout > VERSION {
        bail!(
            "{} has layout {layout}, this haidang knows {VERSION}; use the newer program",
            making.data.display()
        );
    }
    let bytes = size_of(making.data)?;
    let work = begin(making, bytes)?;
    let mut backup = Backup {
        data: making.data,
        folder: &work.folder,
        copier: Copier::new(making.pace, bytes),
        files: Vec::new(),
    };
    let hold = Hold::take(&making.data.join("journal")).context("cannot hold the journal")?;
    backup.databases()?;
    let (position, indexed) = store::positions(&work.folder.join("data/store.db"))?;
    backup.index()?;
    backup.journal(&hold)?;
    drop(hold);
    backup.others()?;
    if let Some(config) = &making.config {
        backup.file(config, "config.toml")?;
    }
    let Backup { copier, files, .. } = backup;
    let made = Made {
        files: files.len(),
        bytes: copier.done(),
        position,
        seconds: copier.seconds(),
    };
    let manifest = Manifest::new(layout, making.now.to_string(), (position, indexed), files);
    work.end(making.target, &manifest)?;
    Ok(made)
}

/// The folder in which a backup grows.
struct Work {
    folder: PathBuf,
    mark: PathBuf,
    _lock: File,
}

/// Makes the folder in which the backup grows, and takes away what an earlier try left there.
fn begin(making: &Making<'_>, bytes: u64) -> Result<Work> {
    let (target, data) = (making.target, making.data);
    if target.exists() {
        bail!(
            "{} is there already; name a new folder, or remove it",
            target.display()
        );
    }
    let Some(name) = target.file_name() else {
        bail!(
            "{} is no name for a folder; name a new one",
            target.display()
        );
    };
    let parent = match target.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let real = |path: &Path| path.canonicalize();
    let (real_parent, real_data) = (
        real(parent).with_context(|| format!("cannot use {}; make it first", parent.display()))?,
        real(data).with_context(|| format!("cannot use {}", data.display()))?,
    );
    if real_parent.starts_with(&real_data) {
        bail!(
            "{} is in the data folder itself; name a folder elsewhere",
            target.display()
        );
    }
    let way_out = "name a folder on another disk";
    copier::check_room(&real_parent, bytes, making.pace, way_out)?;
    let mut partial = name.to_owned();
    partial.push(".partial");
    let folder = parent.join(partial);
    let mark = folder.join(IN_PROGRESS);
    if folder.exists() && !mark.exists() {
        bail!(
            "{} is in the way and is no backup that was cut short; remove it",
            folder.display()
        );
    }
    copier::make_folder(&folder)?;
    let lock = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&mark);
    let lock = lock.with_context(|| format!("cannot write {}", mark.display()))?;
    if flock(&lock, FlockOperation::NonBlockingLockExclusive).is_err() {
        bail!(
            "another backup is being written to {}; wait for it",
            folder.display()
        );
    }
    let old = folder.join("data");
    if old.exists() {
        std::fs::remove_dir_all(&old)
            .with_context(|| format!("cannot remove {}", old.display()))?;
    }
    Ok(Work {
        folder,
        mark,
        _lock: lock,
    })
}

impl Work {
    /// Puts the list beside the files and gives the folder its name.
    fn end(self, target: &Path, manifest: &Manifest) -> Result<()> {
        copier::sync(&self.folder)?;
        let text = serde_json::to_vec_pretty(manifest).context("cannot write the list")?;
        copier::write_whole(&self.folder.join(manifest::NAME), &text)?;
        std::fs::remove_file(&self.mark)
            .and_then(|()| std::fs::rename(&self.folder, target))
            .with_context(|| format!("cannot name the backup {}", target.display()))?;
        copier::sync(target)
    }
}

struct Backup<'a> {
    data: &'a Path,
    folder: &'a Path,
    copier: Copier,
    files: Vec<Entry>,
}

impl Backup<'_> {
    /// Every database of the folder, each as one transaction sees it.
    fn databases(&mut self) -> Result<()> {
        for path in entries(self.data)? {
            let name = name_of(&path);
            if !name.ends_with(".db") {
                continue;
            }
            let to = self.folder.join("data").join(&name);
            copier::make_folder_of(&to)?;
            store::copy(&path, &to).with_context(|| format!("cannot copy {}", path.display()))?;
            std::fs::set_permissions(&to, std::fs::Permissions::from_mode(0o600))
                .with_context(|| format!("cannot close {} to others", to.display()))?;
            let copied = self.copier.look(&to)?;
            self.note(format!("data/{name}"), copied);
        }
        if !self.folder.join("data/store.db").exists() {
            bail!(
                "{} has no store.db: it is no data folder of a centre, and only a centre is backed up",
                self.data.display()
            );
        }
        Ok(())
    }

    /// The last commit of each partition that there is now.
    fn index(&mut self) -> Result<()> {
        let root = self.data.join("index");
        for partition in index::held::partitions(&root).context("cannot list the index")? {
            let dir = root.join(&partition);
            let held = match index::held::hold(&dir) {
                Ok(Some(held)) => held,
                Ok(None) => continue,
                // Its time came since it was listed.
                Err(_) if !dir.exists() => continue,
                // Set aside already, and no reason to save nothing else: as it is, for a rebuilding.
                Err(error) => {
                    tracing::warn!(partition = %dir.display(), %error, "saved as it is, though damaged");
                    self.tree(&dir)?;
                    continue;
                }
            };
            let place = format!("data/index/{}", partition.display());
            for (name, mut file) in held.files {
                self.put(&mut file, format!("{place}/{name}"), u64::MAX)?;
            }
            for (name, bytes) in held.lists {
                self.put(&mut bytes.as_slice(), format!("{place}/{name}"), u64::MAX)?;
            }
        }
        for damaged in index::held::damaged(&root).context("cannot list the index")? {
            self.tree(&root.join(damaged))?;
        }
        Ok(())
    }

    fn journal(&mut self, hold: &Hold) -> Result<()> {
        for held in hold.segments().context("cannot read the journal")? {
            let mut file = open(&held.path)?;
            let name = format!("data/journal/{}", name_of(&held.path));
            self.put(&mut file, name, held.bytes)?;
        }
        let instance = self.data.join("journal/instance");
        self.file(&instance, "data/journal/instance")
    }

    /// Everything else: rules, certificates and keys, marks, and what later versions keep.
    fn others(&mut self) -> Result<()> {
        const DATABASE: [&str; 3] = [".db", ".db-wal", ".db-shm"];
        for path in entries(self.data)? {
            let name = name_of(&path);
            let is_database = DATABASE.iter().any(|end| name.ends_with(end));
            if !LEFT_OUT.contains(&name.as_str()) && !is_database {
                self.tree(&path)?;
            }
        }
        Ok(())
    }

    /// A file, or a folder and all in it.
    fn tree(&mut self, path: &Path) -> Result<()> {
        let mut waiting = vec![path.to_owned()];
        while let Some(path) = waiting.pop() {
            let Ok(found) = path.symlink_metadata() else {
                continue;
            };
            let is_file = path.metadata().is_ok_and(|found| found.is_file());
            if found.is_dir() {
                waiting.extend(entries(&path)?);
            } else if is_file {
                let inside = path.strip_prefix(self.data).unwrap_or(&path);
                let inside = format!("data/{}", inside.display());
                self.file(&path, &inside)?;
            } else {
                tracing::warn!(path = %path.display(), "not saved: neither a file nor a folder");
            }
        }
        Ok(())
    }

    /// A small file that others replace whole: one that has just gone is not part of the backup.
    fn file(&mut self, path: &Path, name: &str) -> Result<()> {
        match File::open(path) {
            Ok(mut file) => self.put(&mut file, name.to_owned(), u64::MAX),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
        }
    }

    fn put(&mut self, from: &mut impl std::io::Read, name: String, most: u64) -> Result<()> {
        let to = self.folder.join(&name);
        let copied = self.copier.copy(from, &to, most);
        let copied = copied.with_context(|| format!("cannot copy {name}"))?;
        self.note(name, copied);
        Ok(())
    }

    fn note(&mut self, path: String, copied: copier::Copied) {
        let copier::Copied { bytes, sha256 } = copied;
        self.files.push(Entry {
            path,
            bytes,
            sha256,
        });
    }
}

fn open(path: &Path) -> Result<File> {
    File::open(path).with_context(|| format!("cannot read {}", path.display()))
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let context = || format!("cannot list {}", folder.display());
    let entries = std::fs::read_dir(folder).with_context(context)?;
    let mut paths = Vec::new();
    for entry in entries {
        paths.push(entry.with_context(context)?.path());
    }
    paths.sort();
    Ok(paths)
}

fn name_of(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

/// About how many bytes a folder has: what goes or comes meanwhile is not counted.
fn size_of(data: &Path) -> Result<u64> {
    let (mut bytes, mut waiting) = (0, entries(data)?);
    while let Some(path) = waiting.pop() {
        let Ok(found) = path.symlink_metadata() else {
            continue;
        };
        if found.is_dir() {
            waiting.extend(entries(&path).unwrap_or_default());
        } else {
            bytes += found.len();
        }
    }
    Ok(bytes)
}
