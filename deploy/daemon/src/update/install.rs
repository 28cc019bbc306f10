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

/// A service that dies at once has done so by then, and one that lives has written its status.
const SETTLING: Duration = Duration::from_secs(15);

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
    let opened = open(own.file, own.certificate, &next);
    let checked = opened.and_then(|manifest| check(own, &manifest, &next).map(|()| manifest));
    let manifest = match checked {
        Ok(manifest) => manifest,
        Err(error) => {
            remove(&next)?;
            return Err(error);
        }
    };
    let services = own.running_services();
    std::fs::copy(&own.program, &before)
        .with_context(|| format!("cannot keep the old program as {}", before.display()))?;
    std::fs::rename(&next, &own.program)
        .with_context(|| format!("cannot replace {}", own.program.display()))?;
    let well = restart(&services).and_then(|()| become_well(own, &services));
    let Err(reason) = well else {
        return Ok(manifest);
    };
    if own.no_way_back && manifest.layout != LAYOUT {
        bail!("the update is installed, and the box is not well: {reason:#}");
    }
    std::fs::rename(&before, &own.program)
        .with_context(|| format!("cannot put {} back", before.display()))?;
    restart(&services).context("the old program is back, and its service does not start")?;
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
        said.status.success() && said.stdout.starts_with(b"haidang "),
        "the new program is none of haidang, or does not run on this machine: {}",
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

/// Waits until the services run and the doctor of the new program finds nothing that fails.
fn become_well(own: &Installing<'_>, services: &[&str]) -> Result<()> {
    let end = std::time::Instant::now() + own.patience;
    if !services.is_empty() {
        // What the old program said of itself must not speak for the new one.
        std::thread::sleep(SETTLING.min(own.patience));
    }
    loop {
        let dead = services.iter().find(|service| !is_active(service));
        let (well, text) = ask_doctor(&own.program, own)?;
        if well && dead.is_none() {
            return Ok(());
        }
        ensure!(
            std::time::Instant::now() < end,
            "{} doctor says:\n{text}",
            dead.map_or(String::new(), |service| format!("{service} does not run;"))
        );
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

impl Installing<'_> {
    /// The services that run now: those that are to run afterwards, with the new program or the old.
    fn running_services(&self) -> Vec<&'static str> {
        let all = SERVICES.into_iter().filter(|_| !self.no_restart);
        all.filter(|service| is_active(service)).collect()
    }
}

fn is_active(service: &str) -> bool {
    let asked = Command::new("systemctl")
        .args(["is-active", "--quiet", service])
        .status();
    asked.is_ok_and(|status| status.success())
}

/// Starts services again, also those that have failed meanwhile.
fn restart(services: &[&str]) -> Result<()> {
    if services.is_empty() {
        return Ok(());
    }
    let done = Command::new("systemctl")
        .arg("restart")
        .args(services)
        .output();
    let done = done.context("cannot call systemctl")?;
    ensure!(
        done.status.success(),
        "systemctl: {}",
        String::from_utf8_lossy(&done.stderr).trim()
    );
    Ok(())
}

/// The numbers of a version.
pub(super) fn numbers(version: &str) -> Option<Vec<u64>> {
    version.split('.').map(|part| part.parse().ok()).collect()
}

/// Whether a version of numbers and points is newer than another.
fn is_newer(version: &str, than: &str) -> bool {
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
    if !path.exists() {
        return Ok(());
    }
    std::fs::remove_file(path).with_context(|| format!("cannot remove {}", path.display()))
}
