//! An update that the sensor fetched and left in its data folder, put in force by root.
//!
//! The folder is the service's: what lies in it is a stranger's until its signature was checked. No link is followed,
//! nothing but a plain file is read, and nothing is written there; the name says only which rollout it is of.

use std::fs::File;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use rustix::fs::{AtFlags, Dir, Mode, OFlags, openat, unlinkat};
use serde::{Deserialize, Serialize};

use super::install::{Installing, install};
use super::trial::{Judge, settle};
use super::verdict::{Outcome, Verdict};

/// Where a sensor keeps updates in its data folder.
pub(crate) const FOLDER: &str = "update";

/// Which rollout of the centre an update is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Order {
    /// Its number.
    pub(crate) id: u64,
}

/// The file of a rollout that root is to install.
pub(crate) fn ready(data_dir: &Path, id: u64) -> PathBuf {
    data_dir.join(FOLDER).join(format!("ready-{id}.update"))
}

fn id_of(name: &[u8]) -> Option<u64> {
    let name = std::str::from_utf8(name).ok()?;
    let digits = name.strip_prefix("ready-")?.strip_suffix(".update")?;
    digits.parse().ok()
}

/// Installs what the sensor fetched, if there is something; says what became of it.
///
/// # Errors
/// Another updater is at work, or a verdict cannot be written.
pub(crate) fn install_ready(
    data_dir: &Path,
    certificate: &Path,
    judge: &Judge,
    no_restart: bool,
) -> Result<Option<Verdict>> {
    settle(judge)?;
    let path = data_dir.join(FOLDER);
    let Some((folder, names)) = listed(&path)? else {
        return Ok(None);
    };
    let numbered = names
        .into_iter()
        .filter_map(|name| Some((id_of(&name)?, name)));
    let Some((id, name)) = numbered.max() else {
        return Ok(None);
    };
    let name = std::ffi::OsStr::from_bytes(&name);
    let known = Verdict::last(&judge.verdicts).filter(|verdict| verdict.id == id);
    let verdict = match known {
        // It was killed between the verdict and here.
        Some(verdict) => verdict,
        None => {
            let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
            let opened = openat(&folder, name, flags, Mode::empty()).map_err(anyhow::Error::from);
            let installed = opened.and_then(|file| {
                install(Installing {
                    file: plain(File::from(file))?,
                    shown: path.join(name).display().to_string(),
                    certificate,
                    judge,
                    any_version: false,
                    no_way_back: false,
                    no_restart,
                    order: Some(Order { id }),
                })
            });
            installed.or_else(|error| refused(id, &error, judge))?
        }
    };
    unlinkat(&folder, name, AtFlags::empty()).context("cannot take the update away")?;
    Ok(Some(verdict))
}

/// Takes away what a sensor fetched on a box that takes no updates: systemd would start the updater for it for ever.
///
/// # Errors
/// A file cannot be taken away.
pub(crate) fn discard_ready(data_dir: &Path) -> Result<()> {
    let Some((folder, names)) = listed(&data_dir.join(FOLDER))? else {
        return Ok(());
    };
    for name in names {
        let name = std::ffi::OsStr::from_bytes(&name);
        unlinkat(&folder, name, AtFlags::empty()).context("cannot take the update away")?;
    }
    Ok(())
}

/// The folder and what in it `haidang-update.path` watches for; nothing when there is no such folder.
fn listed(path: &Path) -> Result<Option<(OwnedFd, Vec<Vec<u8>>)>> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let Ok(folder) = rustix::fs::open(path, flags, Mode::empty()) else {
        return Ok(None);
    };
    let listed = Dir::read_from(&folder).context("cannot read the updates of the sensor")?;
    let names = listed
        .filter_map(|entry| Some(entry.ok()?.file_name().to_bytes().to_owned()))
        .filter(|name| name.starts_with(b"ready-") && name.ends_with(b".update"))
        .collect();
    Ok(Some((folder, names)))
}

/// Nothing was changed; that is a verdict too.
fn refused(id: u64, error: &anyhow::Error, judge: &Judge) -> Result<Verdict> {
    let verdict = Verdict {
        id,
        version: String::new(),
        outcome: Outcome::Refused,
        reason: format!("{error:#}"),
    };
    verdict.leave(&judge.verdicts)?;
    Ok(verdict)
}

fn plain(file: File) -> Result<File> {
    let about = file.metadata().context("cannot read the update")?;
    ensure!(about.is_file(), "the update is no plain file");
    Ok(file)
}
