//! A new program on trial. `haidang.pending` beside the program says so before the new one is in place, and goes last: a
//! box that loses its power in between, or an updater that is killed, is judged afterwards ([`settle`]).
//!
//! `haidang.before` is the program to go back to; it stays whole until the verdict is final.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use rustix::fs::{FlockOperation, flock};
use serde::{Deserialize, Serialize};

use super::pushed::Order;
use super::verdict::{Outcome, Verdict};
use super::{hash_of, remove};
use crate::edges::write_secret;

/// A service that dies at once has done so by then, and one that lives has written its status.
const SETTLING: Duration = Duration::from_secs(15);

/// How a program is judged.
pub(crate) struct Judge {
    /// The program.
    pub(crate) program: PathBuf,
    /// How long a new program may take to be well.
    pub(crate) patience: Duration,
    /// What `doctor` is called with beside its name.
    pub(crate) doctor: Vec<String>,
    /// Where the verdict on what the centre sent is left for the sensor.
    pub(crate) verdicts: PathBuf,
}

/// What is on trial.
#[derive(Serialize, Deserialize)]
pub(super) struct Pending {
    /// Its version.
    pub(super) version: String,
    /// SHA-256 of the new program: whether it is in place yet.
    pub(super) sha256: String,
    /// The services that ran, and are to run again.
    pub(super) services: Vec<String>,
    /// It has changed the layout of data: there is no way back.
    pub(super) no_way_back: bool,
    /// As what the centre sent it, if it did.
    pub(super) order: Option<Order>,
    /// Why it did not hold; from then on only the way back is left.
    pub(super) failed: Option<String>,
}

/// Ends a trial that was cut short, if there is one; what became of it.
///
/// # Errors
/// Another updater is at work, or the box cannot be brought into either state.
pub(crate) fn settle(judge: &Judge) -> Result<Option<Verdict>> {
    let _one = judge.alone()?;
    judge.settle()
}

impl Judge {
    /// One updater at a time: held until it is dropped.
    pub(super) fn alone(&self) -> Result<File> {
        let folder = self.program.parent().unwrap_or(Path::new("/"));
        let shown = folder.display();
        let held = File::open(folder).with_context(|| format!("cannot read {shown}"))?;
        flock(&held, FlockOperation::NonBlockingLockExclusive)
            .with_context(|| format!("another update is at work in {shown}; wait for its end"))?;
        Ok(held)
    }

    pub(super) fn settle(&self) -> Result<Option<Verdict>> {
        let path = self.beside("pending");
        if !path.exists() {
            // What was unpacked, if it was cut short so early.
            remove(&self.beside("new"))?;
            return Ok(None);
        }
        let read = std::fs::read(&path).map_err(anyhow::Error::from);
        let pending = read.and_then(|text| Ok(serde_json::from_slice::<Pending>(&text)?));
        let pending = pending.with_context(|| {
            format!(
                "cannot read {}; if {} answers doctor, remove that file, else copy {} over it first",
                path.display(),
                self.program.display(),
                self.beside("before").display()
            )
        })?;
        if pending.failed.is_none() && hash_of(&self.program)? != pending.sha256 {
            let reason = "it was cut short before the new program was in place";
            return self.end(&pending, Outcome::Refused, reason).map(Some);
        }
        self.judge(pending).map(Some)
    }

    /// The new program is in place: it stays, or the old one is put back.
    pub(super) fn judge(&self, mut pending: Pending) -> Result<Verdict> {
        if pending.failed.is_none() {
            let services = &pending.services;
            let well = restart(services).and_then(|()| self.become_well(services));
            fail::fail_point!("update_judged");
            match well {
                Ok(()) => return self.end(&pending, Outcome::Installed, ""),
                Err(reason) if pending.no_way_back => {
                    let reason = format!("the box is not well with it: {reason:#}");
                    return self.end(&pending, Outcome::Installed, &reason);
                }
                Err(reason) => pending.failed = Some(format!("{reason:#}")),
            }
            // From here a kill leaves only the way back.
            self.note(&pending)?;
            fail::fail_point!("update_failed");
        }
        self.put_back()?;
        fail::fail_point!("update_put_back");
        restart(&pending.services)
            .context("the old program is back, and its service does not start")?;
        let reason = pending.failed.clone().unwrap_or_default();
        let verdict = self.end(&pending, Outcome::RolledBack, &reason)?;
        remove(&self.beside("before"))?;
        Ok(verdict)
    }

    /// Writes down that a program is on trial.
    pub(super) fn note(&self, pending: &Pending) -> Result<()> {
        let path = self.beside("pending");
        write_secret(&path, &serde_json::to_string(pending)?)?;
        self.sync_folder()
    }

    /// The verdict is final.
    fn end(&self, pending: &Pending, outcome: Outcome, reason: &str) -> Result<Verdict> {
        let verdict = Verdict {
            id: pending.order.as_ref().map_or(0, |order| order.id),
            version: pending.version.clone(),
            outcome,
            reason: reason.to_owned(),
        };
        // One that was cut short before it was in place may be begun again.
        if pending.order.is_some() && outcome != Outcome::Refused {
            verdict.leave(&self.verdicts)?;
        }
        remove(&self.beside("new"))?;
        remove(&self.beside("pending"))?;
        self.sync_folder()?;
        Ok(verdict)
    }

    /// The old program in the place of the new; `before` stays.
    fn put_back(&self) -> Result<()> {
        let (before, next) = (self.beside("before"), self.beside("new"));
        let shown = before.display();
        std::fs::copy(&before, &next).with_context(|| format!("cannot copy {shown}"))?;
        self.replace(&next)
            .with_context(|| format!("cannot put {shown} back"))
    }

    /// A whole program, durable, in the place of the one that is there.
    pub(super) fn replace(&self, next: &Path) -> Result<()> {
        let shown = self.program.display();
        let file = File::open(next).and_then(|file| file.sync_all());
        file.with_context(|| format!("cannot write {}", next.display()))?;
        std::fs::rename(next, &self.program).with_context(|| format!("cannot replace {shown}"))?;
        self.sync_folder()
    }

    fn sync_folder(&self) -> Result<()> {
        let folder = self.program.parent().unwrap_or(Path::new("/"));
        let synced = File::open(folder).and_then(|folder| folder.sync_all());
        synced.with_context(|| format!("cannot write {}", folder.display()))
    }

    /// Waits until the services run and the doctor of the new program finds nothing that fails.
    fn become_well(&self, services: &[String]) -> Result<()> {
        let end = std::time::Instant::now() + self.patience;
        if !services.is_empty() {
            // What the old program said of itself must not speak for the new one.
            std::thread::sleep(SETTLING.min(self.patience));
        }
        loop {
            let dead = services.iter().find(|service| !is_active(service));
            let (well, text) = self.ask_doctor()?;
            if well && dead.is_none() {
                return Ok(());
            }
            ensure!(
                std::time::Instant::now() < end,
                "{} doctor says:\n{text}",
                dead.map_or(String::new(), |service| format!("{service} does not run;"))
            );
            std::thread::sleep(Duration::from_secs(2).min(self.patience));
        }
    }

    /// Whether the box is well with the program, and what its doctor says.
    pub(super) fn ask_doctor(&self) -> Result<(bool, String)> {
        let asked = Command::new(&self.program)
            .arg("doctor")
            .args(&self.doctor)
            .output();
        let asked =
            asked.with_context(|| format!("cannot run {} doctor", self.program.display()))?;
        let mut text = String::from_utf8_lossy(&asked.stdout).into_owned();
        text.push_str(&String::from_utf8_lossy(&asked.stderr));
        Ok((asked.status.success(), text.trim().to_owned()))
    }

    /// A file beside the program: haidang.WORD.
    pub(super) fn beside(&self, word: &str) -> PathBuf {
        let mut name = self.program.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{word}"));
        self.program.with_file_name(name)
    }
}

/// Whether the service manager says that a service runs.
pub(super) fn is_active(service: &str) -> bool {
    let asked = Command::new("systemctl")
        .args(["is-active", "--quiet", service])
        .status();
    asked.is_ok_and(|status| status.success())
}

/// Starts services again, also those that have failed meanwhile.
fn restart(services: &[String]) -> Result<()> {
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
