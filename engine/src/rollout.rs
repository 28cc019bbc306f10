//! A rollout: an update of the sensors' program that a person published, offered to them a few at a time, stopped when
//! one of them fails.
//!
//! One file and one record of it lie in a folder, each written beside and renamed. There is one rollout at a time: the
//! newest. What became of it on a sensor the sensor says itself, in its version and its `sensor.status`.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use event::Time;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// The record.
const RECORD: &str = "rollout.json";

/// An update that was published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rollout {
    /// From 1, one more for each that is published or taken up again.
    pub id: u64,
    /// What is rolled out.
    pub update: Published,
    /// To whom.
    pub to: Recipients,
    /// So many sensors have it on trial at once.
    pub at_once: u32,
    /// Who published it.
    pub who: String,
    /// When, RFC 3339.
    pub made: String,
    /// Whether it goes on.
    pub state: RolloutState,
    /// Why it stopped.
    pub reason: String,
    /// The sensors that it was offered to.
    pub sensors: BTreeMap<String, Step>,
    /// Since when those that have not said how it ended have it, microseconds.
    #[serde(default)]
    pub since: BTreeMap<String, i64>,
}

/// An update file, as the publisher signed it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Published {
    /// The version of its program.
    pub version: String,
    /// The machines that it runs on.
    pub target: String,
    /// Bytes of the file.
    pub size: u64,
    /// SHA-256 of the file, hexadecimal.
    pub sha256: String,
}

/// To whom an update goes; who is in neither list gets none, but when both are empty it goes to all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recipients {
    /// Sensors by name.
    pub sensors: Vec<String>,
    /// Sensors that deliver for one of these sites.
    pub sites: Vec<String>,
}

/// Whether a rollout goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RolloutState {
    /// Sensors are offered it.
    Running,
    /// Nobody is offered it: one failed, or a person said so.
    Stopped,
}

impl RolloutState {
    /// Its word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Stopped => "stopped",
        }
    }
}

/// How far a sensor is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// It is told of it, and has not said how it ended.
    Offered,
    /// It runs that version.
    Done,
    /// It refused it, or put it back.
    Failed,
}

impl Step {
    /// Its word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Offered => "offered",
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }
}

/// What a sensor said of itself, as far as a rollout asks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SaidOfUpdate {
    /// The version of its program.
    pub version: String,
    /// Whether it takes updates from its centre.
    pub pushed: bool,
    /// The rollout that it speaks of.
    pub id: u64,
    /// installed, refused, rolled_back, or how far it is.
    pub state: String,
    /// Why.
    pub reason: String,
}

/// What a sensor is told: which update to fetch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// The rollout.
    pub id: u64,
    /// The version that it brings.
    pub version: String,
    /// Bytes of the file.
    pub size: u64,
    /// SHA-256 of the file, hexadecimal.
    pub sha256: String,
}

/// The rollouts of a centre.
#[derive(Debug)]
pub struct Rollouts {
    folder: PathBuf,
    held: Mutex<Option<Rollout>>,
}

impl Rollouts {
    /// Reads the folder. A record that cannot be read stops every rollout and is said.
    ///
    /// # Errors
    /// None: a folder that is not there is one without a rollout.
    pub fn open(folder: &Path) -> Self {
        let text = std::fs::read(folder.join(RECORD)).ok();
        let read = text.map(|text| serde_json::from_slice::<Rollout>(&text));
        let held = read.and_then(|read| {
            read.inspect_err(|error| {
                tracing::error!(%error, "the record of the rollout is damaged; publish the update again");
            })
            .ok()
        });
        Self {
            folder: folder.to_owned(),
            held: Mutex::new(held),
        }
    }

    /// The newest rollout.
    pub fn newest(&self) -> Option<Rollout> {
        self.held().clone()
    }

    /// Keeps an update file that may be published; says where it lies, to be looked at.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn receive(&self, file: &[u8]) -> Result<PathBuf> {
        std::fs::create_dir_all(&self.folder).map_err(failed("make", &self.folder))?;
        let path = self.incoming();
        let mut written = std::fs::File::create(&path).map_err(failed("write", &path))?;
        written.write_all(file).map_err(failed("write", &path))?;
        written.sync_all().map_err(failed("write", &path))?;
        Ok(path)
    }

    fn incoming(&self) -> PathBuf {
        self.folder.join("incoming.update")
    }

    /// The file of a rollout, if that is the newest.
    pub fn file(&self, id: u64) -> Option<PathBuf> {
        let held = self.held();
        let own = held.as_ref().filter(|own| own.id == id)?;
        Some(self.folder.join(format!("{}.update", own.update.sha256)))
    }

    /// Publishes what [`Self::receive`] kept; gives the rollout, which takes the place of the one before.
    ///
    /// # Errors
    /// The folder cannot be written; then the one before goes on.
    pub fn publish(
        &self,
        update: Published,
        (to, at_once): (Recipients, u32),
        who: &str,
        now: Time,
    ) -> Result<Rollout> {
        let mut held = self.held();
        let next = Rollout {
            // A centre put back from a backup gives no number that a sensor has seen with another file.
            id: held
                .as_ref()
                .map_or(1, |own| own.id + 1)
                .max(u64::try_from(now.micros() / 1_000_000).unwrap_or(0)),
            to,
            at_once: at_once.max(1),
            who: who.to_owned(),
            made: now.to_string(),
            state: RolloutState::Running,
            reason: String::new(),
            sensors: BTreeMap::new(),
            since: BTreeMap::new(),
            update,
        };
        let file = self.folder.join(format!("{}.update", next.update.sha256));
        std::fs::rename(self.incoming(), &file).map_err(failed("write", &file))?;
        self.write(&next)?;
        if let Some(before) = held.replace(next.clone()) {
            let old = self.folder.join(format!("{}.update", before.update.sha256));
            if old != file {
                // What stays behind takes room and does no harm.
                drop(std::fs::remove_file(old));
            }
        }
        Ok(next)
    }

    /// Stops the newest rollout, or takes it up again: then those that failed are offered it anew. None when it is
    /// another by now.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn turn(&self, id: u64, state: RolloutState) -> Result<Option<Rollout>> {
        let mut held = self.held();
        let Some(mut next) = held.clone().filter(|own| own.id == id) else {
            return Ok(None);
        };
        next.reason = String::new();
        if state == RolloutState::Running && next.state == RolloutState::Stopped {
            // A new number: a sensor that failed remembers the old one.
            next.id += 1;
            next.sensors.retain(|_, step| *step == Step::Done);
            next.since.clear();
        }
        next.state = state;
        self.write(&next)?;
        *held = Some(next.clone());
        Ok(Some(next))
    }

    /// What a sensor that speaks is offered, if something. `sites` are those that it delivers for; `said` tells what a
    /// sensor said last. A sensor that has not said within `patience` how it ended has failed.
    pub fn offer<E>(
        &self,
        (sensor, sites): (&str, &[String]),
        (now, patience): (Time, Duration),
        said: impl Fn(&str) -> std::result::Result<SaidOfUpdate, E>,
    ) -> std::result::Result<Option<Offer>, E> {
        let mut held = self.held();
        let Some(own) = held.as_mut() else {
            return Ok(None);
        };
        if own.state != RolloutState::Running || !own.to.has(sensor, sites) {
            return Ok(None);
        }
        let before = own.clone();
        own.look((now, patience), &said)?;
        let is_free = !own.sensors.contains_key(sensor) && own.state == RolloutState::Running;
        if is_free && own.on_trial() < own.at_once as usize {
            let speaker = said(sensor)?;
            if !is_newer(&own.update.version, &speaker.version) {
                own.sensors.insert(sensor.to_owned(), Step::Done);
            } else if speaker.pushed {
                own.sensors.insert(sensor.to_owned(), Step::Offered);
                own.since.insert(sensor.to_owned(), now.micros());
            }
        }
        let is_offered =
            own.state == RolloutState::Running && own.sensors.get(sensor) == Some(&Step::Offered);
        let offer = is_offered.then(|| Offer {
            id: own.id,
            version: own.update.version.clone(),
            size: own.update.size,
            sha256: own.update.sha256.clone(),
        });
        if *own != before
            && let Err(error) = self.write(own)
        {
            // What cannot be kept is not said: the next start would not know whom it was offered to.
            tracing::error!(%error, "cannot keep the record of the rollout");
            *own = before;
            return Ok(None);
        }
        Ok(offer)
    }

    fn write(&self, rollout: &Rollout) -> Result<()> {
        let (path, next) = (self.folder.join(RECORD), self.folder.join("rollout.next"));
        let text = serde_json::to_vec_pretty(rollout).map_err(std::io::Error::from);
        let written = text.and_then(|text| {
            let mut file = std::fs::File::create(&next)?;
            file.write_all(&text)?;
            file.sync_all()?;
            std::fs::rename(&next, &path)
        });
        written.map_err(failed("write", &path))
    }

    fn held(&self) -> std::sync::MutexGuard<'_, Option<Rollout>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Rollout {
    /// Takes up what the sensors that have it on trial said since.
    fn look<E>(
        &mut self,
        (now, patience): (Time, Duration),
        said: impl Fn(&str) -> std::result::Result<SaidOfUpdate, E>,
    ) -> std::result::Result<(), E> {
        let (id, version) = (self.id, self.update.version.clone());
        for (name, step) in &mut self.sensors {
            if *step != Step::Offered {
                continue;
            }
            let own = said(name)?;
            let has_failed = own.id == id && matches!(&*own.state, "refused" | "rolled_back");
            if has_failed {
                *step = Step::Failed;
                self.state = RolloutState::Stopped;
                self.reason = format!("{name}: {}", own.reason);
            } else if !is_newer(&version, &own.version) {
                *step = Step::Done;
            } else {
                let since = *self.since.entry(name.clone()).or_insert(now.micros());
                if now.since(Time::from_micros(since)) > patience {
                    *step = Step::Failed;
                    self.state = RolloutState::Stopped;
                    let hours = patience.as_secs() / 3_600;
                    self.reason = format!(
                        "{name}: it has not said within {hours} hours that it runs the version"
                    );
                }
            }
        }
        Ok(())
    }

    fn on_trial(&self) -> usize {
        let steps = self.sensors.values();
        steps.filter(|step| **step == Step::Offered).count()
    }
}

impl Recipients {
    /// Whether a sensor that delivers for these sites is among them.
    pub fn has(&self, sensor: &str, sites: &[String]) -> bool {
        let all = self.sensors.is_empty() && self.sites.is_empty();
        all || self.sensors.iter().any(|own| own == sensor)
            || sites.iter().any(|site| self.sites.contains(site))
    }
}

fn failed(action: &'static str, path: &Path) -> impl Fn(std::io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::Io {
        action,
        path: path.clone(),
        source,
    }
}

/// The numbers of a version: `0.4.0`.
pub fn numbers(version: &str) -> Option<Vec<u64>> {
    version.split('.').map(|part| part.parse().ok()).collect()
}

/// Whether a version of numbers and points is newer than another; one that is none is older than every one that is.
pub fn is_newer(version: &str, than: &str) -> bool {
    match (numbers(version), numbers(than)) {
        (Some(version), Some(than)) => version > than,
        (version, _) => version.is_some(),
    }
}

#[cfg(test)]
mod tests;
