//! Installs an update: the new program in the place of the old, which stays beside it until `doctor` says that the box
//! is well; if it is not, the old one is put back.

use std::fs::File;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use engine::rollout::is_newer;

use super::pushed::Order;
use super::trial::{Judge, Pending, is_active};
use super::verdict::Verdict;
use super::{Manifest, open, remove};
use crate::data_dir::VERSION as LAYOUT;

/// The services of the packages.
const SERVICES: [&str; 2] = ["haidang.service", "haidang-sensor.service"];

/// What is installed where.
pub(crate) struct Installing<'a> {
    /// The update file.
    pub(crate) file: File,
    /// What it is called.
    pub(crate) shown: String,
    /// The certificate of whoever publishes.
    pub(crate) certificate: &'a std::path::Path,
    /// What is replaced, and how it is judged.
    pub(crate) judge: &'a Judge,
    /// An older or the same version may come too.
    pub(crate) any_version: bool,
    /// It may change the layout of data, after which there is no way back.
    pub(crate) no_way_back: bool,
    /// Services are not started again.
    pub(crate) no_restart: bool,
    /// As what the centre sent it, if it did.
    pub(crate) order: Option<Order>,
}

/// Installs it; gives what became of it. The program before stays as `haidang.before`.
///
/// # Errors
/// A file that is not signed or not for this box, a program that does not run here, a box that is not well already:
/// nothing was changed.
pub(crate) fn install(own: Installing<'_>) -> Result<Verdict> {
    let judge = own.judge;
    let _one = judge.alone()?;
    // One that was cut short is judged first.
    judge.settle()?;
    let next = judge.beside("new");
    let opened = open(&own.file, &own.shown, own.certificate, &next);
    let checked = opened.and_then(|manifest| own.check(&manifest).map(|()| manifest));
    let manifest = match checked {
        Ok(manifest) => manifest,
        Err(error) => {
            remove(&next)?;
            return Err(error);
        }
    };
    let before = judge.beside("before");
    std::fs::copy(&judge.program, &before)
        .and_then(|_| File::open(&before)?.sync_all())
        .with_context(|| format!("cannot keep the old program as {}", before.display()))?;
    fail::fail_point!("update_kept");
    let pending = Pending {
        services: own.running_services(),
        no_way_back: own.no_way_back && manifest.layout != LAYOUT,
        version: manifest.version,
        sha256: manifest.sha256,
        order: own.order,
        failed: None,
    };
    judge.note(&pending)?;
    fail::fail_point!("update_noted");
    judge.replace(&next)?;
    fail::fail_point!("update_replaced");
    judge.judge(pending)
}

impl Installing<'_> {
    /// Before anything is changed.
    fn check(&self, manifest: &Manifest) -> Result<()> {
        let version = crate::edge::VERSION;
        ensure!(
            self.any_version || is_newer(&manifest.version, version),
            "version {} is not newer than {version}, which is here; --any-version takes it all the same",
            manifest.version
        );
        ensure!(
            self.no_way_back || manifest.layout == LAYOUT,
            "this update changes the layout of data from {LAYOUT} to {}, after which the program of now cannot read \
             it: take a backup first (haidang backup FOLDER), then add --no-way-back",
            manifest.layout
        );
        let said = Command::new(self.judge.beside("new"))
            .arg("--version")
            .output();
        let said = said.context("the new program does not run on this machine")?;
        ensure!(
            said.status.success() && said.stdout.starts_with(b"haidang "),
            "the new program is none of haidang, or does not run on this machine: {}",
            String::from_utf8_lossy(&said.stderr).trim()
        );
        let version = super::version_in(&said.stdout);
        ensure!(
            version.as_deref() == Some(&*manifest.version),
            "the update says version {}, its program {}; ask for one that was made of this program",
            manifest.version,
            version.as_deref().unwrap_or("nothing"),
        );
        // What is wrong already would be blamed on the update.
        let (well, text) = self.judge.ask_doctor()?;
        ensure!(
            well,
            "this box is not well before the update; mend that first, or no update can be judged:\n{text}"
        );
        Ok(())
    }

    /// The services that run now: those that are to run afterwards, with the new program or the old.
    fn running_services(&self) -> Vec<String> {
        let all = SERVICES.into_iter().filter(|_| !self.no_restart);
        all.filter(|service| is_active(service))
            .map(str::to_owned)
            .collect()
    }
}
