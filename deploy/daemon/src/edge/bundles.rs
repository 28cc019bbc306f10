//! The configuration that the centre sent: kept in `data_dir/bundle`, tried, then in force or put back.
//!
//! `trial.json` is being tried, `current.json` is in force, `state.json` says what became of the newest one. Each
//! is written beside and renamed; a kill leaves the old or the new. A trial that the sensor does not outlive is put
//! back at the third start.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use engine::store::Bundle;
use event::{Network, Networks};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::effective::Effective;
use super::grant::Grant;
use super::identity::{CA, Identity};
use crate::bundle::Signed;
use crate::config::{Config, overlay};
use crate::edges::write_secret;

/// A trial may be begun so often.
const STARTS: u32 = 2;

/// What became of the newest configuration that the centre sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Configured {
    /// The version in force; 0 while there is none.
    pub version: u64,
    /// Its digest.
    pub digest: String,
    /// The newest one that came, if it is not in force.
    pub newest: Option<Newest>,
    /// Keys that this program does not know and left out, each with its line.
    pub unknown: Vec<String>,
}

/// A configuration that came and is not in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Newest {
    /// Its version; 0 when it could not be read.
    pub version: u64,
    /// Its digest.
    pub digest: String,
    /// trial, refused or rolled_back.
    pub state: String,
    /// Why.
    pub reason: String,
}

/// What the centre sent, on disk.
#[derive(Clone, Debug)]
pub(super) struct Bundles {
    data_dir: PathBuf,
}

/// A configuration that is being tried.
#[derive(Serialize, Deserialize)]
struct Trial {
    signed: Signed,
    starts: u32,
}

/// What a sensor starts with.
#[derive(Debug)]
pub struct Plan {
    /// The box's own configuration, with what the centre sent over it.
    pub config: Config,
    /// Networks and their sites, as the centre knows them.
    pub networks: Networks,
    /// For which sites it may deliver.
    pub grant: Grant,
    /// Whether it is tried only.
    pub trial: bool,
}

impl Bundles {
    pub(super) fn new(data_dir: &Path) -> Self {
        let data_dir = data_dir.to_owned();
        Self { data_dir }
    }

    /// What became of it.
    pub(super) fn state(&self) -> Configured {
        self.read("state.json").unwrap_or_default()
    }

    /// What to start with: what is tried, else what is in force, else the box's own.
    pub(super) fn plan(&self, own: &Config) -> Result<Plan> {
        if let Some(trial) = self.read::<Trial>("trial.json") {
            match self.begin(own, trial) {
                Ok(plan) => return Ok(plan),
                Err(reason) => self.put_back(&format!("{reason:#}"))?,
            }
        }
        let mut state = self.state();
        if let Some(signed) = self.read::<Signed>("current.json") {
            match self.overlaid(own, &signed) {
                Ok((plan, unknown)) => {
                    if state.unknown != unknown {
                        state.unknown = unknown;
                        self.write("state.json", &state)?;
                    }
                    return Ok(plan);
                }
                // An older program, or a CA that is another since: the box's own file is what is left.
                Err(error) => tracing::error!(
                    error = format!("{error:#}"),
                    "the centre's configuration cannot be used; this box's own file is"
                ),
            }
        }
        Ok(self.bare(own))
    }

    /// The box's own configuration, with what was agreed on when it was enrolled.
    fn bare(&self, own: &Config) -> Plan {
        let identity = Identity::read(&self.data_dir).ok();
        Plan {
            config: own.clone(),
            networks: Networks::default(),
            grant: Grant::new(identity.and_then(|identity| identity.leaves)),
            trial: false,
        }
    }

    /// What is in force, without a trial; nothing is changed by looking.
    pub(super) fn in_force(&self, own: &Config) -> Result<Plan> {
        Identity::read(&self.data_dir)?;
        let signed = self.read::<Signed>("current.json");
        let overlaid = signed.and_then(|signed| self.overlaid(own, &signed).ok());
        Ok(overlaid.map_or_else(|| self.bare(own), |(plan, _)| plan))
    }

    fn begin(&self, own: &Config, trial: Trial) -> Result<Plan> {
        anyhow::ensure!(
            trial.starts < STARTS,
            "the sensor ended twice while it was tried"
        );
        let (plan, _) = self.overlaid(own, &trial.signed)?;
        let starts = trial.starts + 1;
        self.write("trial.json", &Trial { starts, ..trial })?;
        Ok(Plan {
            trial: true,
            ..plan
        })
    }

    /// Takes what the centre sent for a trial at the next start. What cannot be used is refused, and that is kept.
    pub(super) fn take(&self, own: &Config, signed: Signed) -> Result<bool> {
        let digest = signed.digest();
        let mut state = self.state();
        let opened = self.open(&signed);
        let version = opened.as_ref().map_or(0, |bundle| bundle.version);
        let checked = opened.and_then(|bundle| overlay(own, &bundle.config));
        let (word, reason) = match &checked {
            Ok(_) => ("trial", String::new()),
            Err(error) => ("refused", format!("{error:#}").trim().to_owned()),
        };
        state.newest = Some(Newest {
            version,
            digest,
            state: word.to_owned(),
            reason,
        });
        // The trial first: a state without it would be believed, and never be tried.
        if checked.is_ok() {
            self.write("trial.json", &Trial { signed, starts: 0 })?;
        }
        self.write("state.json", &state)?;
        Ok(checked.is_ok())
    }

    /// The sources that what is tried brought or changed: only these may speak against it.
    pub(super) fn brought(&self, own: &Config) -> Vec<String> {
        let of = |signed: Option<Signed>| {
            let plan = signed.and_then(|signed| self.overlaid(own, &signed).ok());
            plan.map_or_else(|| own.source.clone(), |(plan, _)| plan.config.source)
        };
        let before = of(self.read("current.json"));
        let trial = self.read::<Trial>("trial.json");
        let tried = of(trial.map(|trial| trial.signed)).into_iter();
        let new = tried.filter(|source| !before.contains(source));
        new.map(|source| source.id).collect()
    }

    /// The trial held: it is in force.
    pub(super) fn hold(&self, own: &Config) -> Result<()> {
        let Some(trial) = self.read::<Trial>("trial.json") else {
            return Ok(());
        };
        self.put_in_force(own, &trial.signed)?;
        self.end_trial()
    }

    /// What the centre sent is in force at once if it changes nothing of what runs; whether it does.
    pub(super) fn hold_if_same(
        &self,
        own: &Config,
        running: &Effective,
        signed: &Signed,
    ) -> Result<bool> {
        // One that cannot be used is not the same.
        let same = self
            .overlaid(own, signed)
            .is_ok_and(|(plan, _)| Effective::of(&plan) == *running);
        if same {
            self.put_in_force(own, signed)?;
        }
        Ok(same)
    }

    fn put_in_force(&self, own: &Config, signed: &Signed) -> Result<()> {
        let bundle = self.open(signed)?;
        let (_, unknown) = overlay(own, &bundle.config)?;
        self.write("current.json", signed)?;
        let state = Configured {
            version: bundle.version,
            digest: signed.digest(),
            newest: None,
            unknown,
        };
        self.write("state.json", &state)
    }

    /// The trial did not hold: the configuration before it is in force again.
    pub(super) fn put_back(&self, reason: &str) -> Result<()> {
        tracing::error!(reason, "the centre's new configuration was put back");
        let mut state = self.state();
        if let Some(newest) = &mut state.newest {
            newest.state = "rolled_back".to_owned();
            newest.reason = reason.to_owned();
        }
        self.write("state.json", &state)?;
        self.end_trial()
    }

    fn end_trial(&self) -> Result<()> {
        let path = self.path("trial.json");
        std::fs::remove_file(&path).with_context(|| format!("cannot remove {}", path.display()))
    }

    fn overlaid(&self, own: &Config, signed: &Signed) -> Result<(Plan, Vec<String>)> {
        let bundle = self.open(signed)?;
        let (config, unknown) = overlay(own, &bundle.config)?;
        let networks = bundle.networks.into_iter().filter_map(|(cidr, site)| {
            let cidr = cidr.parse().ok()?;
            let site = site.as_str().into();
            Some(Network { cidr, site })
        });
        let plan = Plan {
            config,
            networks: Networks::new(networks.collect()),
            grant: bundle
                .leaves
                .map_or_else(|| self.bare(own).grant, |leaves| Grant::new(Some(leaves))),
            trial: false,
        };
        Ok((plan, unknown))
    }

    fn open(&self, signed: &Signed) -> Result<Bundle> {
        let path = self.data_dir.join("tls").join(CA);
        let ca = CertificateDer::from_pem_file(&path)
            .with_context(|| format!("cannot read {}", path.display()))?;
        signed.open(&ca, &Identity::read(&self.data_dir)?.sensor)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.data_dir.join("bundle").join(name)
    }

    fn read<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        let text = std::fs::read_to_string(self.path(name)).ok()?;
        let read = serde_json::from_str(&text);
        read.inspect_err(|error| tracing::error!(%error, name, "a file of the bundle is damaged"))
            .ok()
    }

    fn write<T: Serialize>(&self, name: &str, value: &T) -> Result<()> {
        let path = self.path(name);
        std::fs::create_dir_all(self.data_dir.join("bundle")).context("cannot create bundle/")?;
        write_secret(&path, &serde_json::to_string(value)?)
    }
}

#[cfg(test)]
mod tests;
