//! The data folder: one folder, owned by one process, of one version.

use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use rustix::fs::{FlockOperation, Mode, flock};

use crate::backup::RESTORING;

/// Grows when the layout on disk changes; a newer folder is refused. 2: the store of version 5 has
/// a fleet and incidents. 3: the index has schema 3; its partitions are built anew when they are opened.
/// 4: schema 4, likewise; the store of version 7.
pub(crate) const VERSION: u32 = 4;

/// A data folder that this process holds.
pub struct DataDir {
    path: PathBuf,
    _lock: File,
}

impl DataDir {
    /// Takes the folder, making it if it is not there, and upgrades an older one. Fails when another
    /// process holds it.
    pub fn take(path: &Path) -> Result<Self> {
        let data_dir = Self::hold(path)?;
        data_dir.check_version()?;
        Ok(data_dir)
    }

    /// Takes the folder as it is, of whatever version.
    fn hold(path: &Path) -> Result<Self> {
        std::fs::create_dir_all(path)
            .with_context(|| format!("cannot create the data folder {}", path.display()))?;
        rustix::fs::chmod(path, Mode::RWXU)
            .with_context(|| format!("cannot close {} to others", path.display()))?;
        let lock_path = path.join("lock");
        let lock = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&lock_path)
            .with_context(|| format!("cannot open {}", lock_path.display()))?;
        if flock(&lock, FlockOperation::NonBlockingLockExclusive).is_err() {
            bail!(
                "{} is held by another haidang; stop it, or name another folder with --data-dir",
                path.display()
            );
        }
        if path.join(RESTORING).exists() {
            bail!(
                "{} is not all there: a restore was cut short; run haidang restore again",
                path.display()
            );
        }
        Ok(Self {
            path: path.to_owned(),
            _lock: lock,
        })
    }

    /// Takes a folder that is a data folder already.
    pub fn take_existing(path: &Path) -> Result<Self> {
        Self::must_exist(path)?;
        Self::take(path)
    }

    /// The same without upgrading it: to copy it before a newer program is tried.
    pub(crate) fn hold_existing(path: &Path) -> Result<Self> {
        Self::must_exist(path)?;
        Self::hold(path)
    }

    /// The layout that a folder has.
    pub(crate) fn version(path: &Path) -> Result<u32> {
        let path = path.join("VERSION");
        let text = std::fs::read_to_string(&path)
            .with_context(|| format!("cannot read {}", path.display()))?;
        let read = text.trim().parse();
        read.with_context(|| format!("{} is not a number", path.display()))
    }

    fn must_exist(path: &Path) -> Result<()> {
        if !path.join("VERSION").exists() {
            bail!(
                "{} is no data folder of haidang; name one with --data-dir",
                path.display()
            );
        }
        Ok(())
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether everything in the folder is an exercise: `demo` made it.
    pub fn is_exercise(&self) -> bool {
        self.path.join("EXERCISE").exists()
    }

    /// Marks the folder as an exercise for good.
    pub fn mark_exercise(&self) -> Result<()> {
        let path = self.path.join("EXERCISE");
        std::fs::write(
            &path,
            "made by haidang demo; every event in it is an exercise\n",
        )
        .with_context(|| format!("cannot write {}", path.display()))
    }

    /// An older folder is called a newer one before anything in it is changed: a program that cannot
    /// read what is half changed must not try. What there is to change each part knows itself, and
    /// does in one transaction.
    fn check_version(&self) -> Result<()> {
        let path = self.path.join("VERSION");
        match std::fs::read_to_string(&path) {
            Ok(text) => match text.trim().parse::<u32>() {
                Ok(VERSION) => Ok(()),
                Ok(found) if found < VERSION => {
                    tracing::info!(found, now = VERSION, "this data folder is upgraded");
                    self.write_version(&path)
                }
                Ok(found) => bail!(
                    "{} has layout {found}, this haidang knows {VERSION}; use the newer program",
                    self.path.display()
                ),
                Err(_) => bail!(
                    "{} is not a number; restore it from a backup",
                    path.display()
                ),
            },
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => self.write_version(&path),
            Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
        }
    }

    /// Whole or not at all, whatever happens meanwhile.
    fn write_version(&self, path: &Path) -> Result<()> {
        let next = self.path.join("VERSION.next");
        let written = (|| {
            std::fs::write(&next, format!("{VERSION}\n"))?;
            File::open(&next)?.sync_all()?;
            std::fs::rename(&next, path)?;
            File::open(&self.path)?.sync_all()
        })();
        written.with_context(|| format!("cannot write {}", path.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_held_or_newer_folder_is_refused_with_a_sentence() {
        let dir = tempfile::tempdir().unwrap();
        let held = DataDir::take(dir.path()).unwrap();
        let refused = |dir: &Path| DataDir::take(dir).err().unwrap().to_string();
        assert!(refused(dir.path()).contains("held by another haidang"));
        drop(held);
        drop(DataDir::take(dir.path()).unwrap());
        std::fs::write(dir.path().join("VERSION"), "99\n").unwrap();
        assert!(refused(dir.path()).contains("use the newer program"));
        std::fs::write(dir.path().join("VERSION"), "1\n").unwrap();
        drop(DataDir::take(dir.path()).unwrap());
        let version = std::fs::read_to_string(dir.path().join("VERSION"));
        assert_eq!(version.unwrap(), format!("{VERSION}\n"));
        let nothing = dir.path().join("nothing");
        let error = DataDir::take_existing(&nothing).err().unwrap();
        assert!(error.to_string().contains("is no data folder of haidang"));
        assert!(!nothing.exists());
    }
}
