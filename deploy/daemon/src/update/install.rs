//! Installs an update: the new program in the place of the old, which stays beside it until `doctor` says that the box
//! is well; if it is not, the old one is put back.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use super::{Manifest, open};
use crate::data_dir::VERSION as LAYOUT;

/// The services of the packages.
const SERVICES: [&str; 2] = ["haidang.service", "haidang-sensor.service"];

/// What is installed where.
pub(crate) struct Installing<'a> {
    /// The update file.
    pub(crate) file: &'a Path,
    /// The certificate of whoever publishes.
    pub(crate) certificate: &'a Path,
    /// The program to replace.
    pub(crate) program: PathBuf,
    /// An older or the same version may come too.
    pub(crate) any_version: bool,
    /// It may change the layout of data, after which there is no way back.
    pub(crate) no_way_back: bool,
    /// Services are not started again.
    pub(crate) no_restart: bool,
    /// How long the new program may take to be well.
    pub(crate) patience: Duration,
    /// What `doctor` is called with beside its name.
    pub(crate) doctor: Vec<String>,
}

/// Installs it; gives what it is. The program before stays as `haidang.before`.
///
/// # Errors
/// A file that is not signed or not for this box, a program that does not run here, a box that is not well with
/// it: then the program before is back.
pub(crate) fn install(own: &Installing<'_>) -> Result<Manifest> {
    let (next, before) = (beside(&own.program, "next"), beside(&own.program, "before"));
    let manifest = open(own.file, own.certificate, &next)?;
    let checked = check(own, &manifest, &next);
    if let Err(error) = checked {
        remove(&next)?;
        return Err(error);
    }
    std::fs::copy(&own.program, &before)
        .with_context(|| format!("cannot keep the old program as {}", before.display()))?;
    std::fs::rename(&next, &own.program)
        .with_context(|| format!("cannot replace {}", own.program.display()))?;
    let well = restart(own).and_then(|()| become_well(own));
    let Err(reason) = well else {
        return Ok(manifest);
    };
    if own.no_way_back && manifest.layout != LAYOUT {
        bail!("the update is installed, and the box is not well: {reason:#}");
    }
    std::fs::rename(&before, &own.program)
        .with_context(|| format!("cannot put {} back", before.display()))?;
    restart(own).context("the old program is back, and its service does not start")?;
    bail!(
        "the update to {} was put back, the old program is in its place: {reason:#}",
        manifest.version
    );
}

/// Before anything is changed.
fn check(own: &Installing<'_>, manifest: &Manifest, next: &Path) -> Result<()> {
    let version = crate::edge::VERSION;
    ensure!(
        own.any_version || is_newer(&manifest.version, version),
        "version {} is not newer than {version}, which is here; --any-version takes it all the same",
        manifest.version
    );
    ensure!(
        own.no_way_back || manifest.layout == LAYOUT,
        "this update changes the layout of data from {LAYOUT} to {}, after which the program of now cannot read \
         it: take a backup first (haidang backup FOLDER), then add --no-way-back",
        manifest.layout
    );
    let said = Command::new(next).arg("--version").output();
    let said = said.context("the new program does not run on this machine")?;
    ensure!(
        said.status.success(),
        "the new program does not run on this machine: {}",
        String::from_utf8_lossy(&said.stderr).trim()
    );
    // What is wrong already would be blamed on the update.
    let (well, text) = ask_doctor(&own.program, own)?;
    ensure!(
        well,
        "this box is not well before the update; mend that first, or no update can be judged:\n{text}"
    );
    Ok(())
}

/// Waits until the doctor of the new program finds nothing that fails.
fn become_well(own: &Installing<'_>) -> Result<()> {
    let end = std::time::Instant::now() + own.patience;
    loop {
        let (well, text) = ask_doctor(&own.program, own)?;
        if well {
            return Ok(());
        }
        ensure!(std::time::Instant::now() < end, "doctor says:\n{text}");
        std::thread::sleep(Duration::from_secs(2).min(own.patience));
    }
}

fn ask_doctor(program: &Path, own: &Installing<'_>) -> Result<(bool, String)> {
    let asked = Command::new(program)
        .arg("doctor")
        .args(&own.doctor)
        .output();
    let asked = asked.with_context(|| format!("cannot run {} doctor", program.display()))?;
    let mut text = String::from_utf8_lossy(&asked.stdout).into_owned();
    text.push_str(&String::from_utf8_lossy(&asked.stderr));
    Ok((asked.status.success(), text.trim().to_owned()))
}

/// Starts the services again that run.
fn restart(own: &Installing<'_>) -> Result<()> {
    if own.no_restart {
        return Ok(());
    }
    let done = Command::new("systemctl")
        .arg("try-restart")
        .args(SERVICES)
        .output();
    match done {
        Ok(done) if !done.status.success() => bail!(
            "systemctl: {}",
            String::from_utf8_lossy(&done.stderr).trim()
        ),
        Ok(_) => Ok(()),
        Err(error) => Err(error).context("cannot call systemctl; use --no-restart without it"),
    }
}

/// Whether a version of numbers and points is newer than another.
fn is_newer(version: &str, than: &str) -> bool {
    let numbers = |text: &str| -> Option<Vec<u64>> {
        text.split('.').map(|part| part.parse().ok()).collect()
    };
    match (numbers(version), numbers(than)) {
        (Some(version), Some(than)) => version > than,
        _ => false,
    }
}

fn beside(program: &Path, word: &str) -> PathBuf {
    let mut name = program.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{word}"));
    program.with_file_name(name)
}

fn remove(path: &Path) -> Result<()> {
    std::fs::remove_file(path).with_context(|| format!("cannot remove {}", path.display()))
}
