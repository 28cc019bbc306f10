//! What became of an update that the centre sent: written by root, read by the sensor, which tells the centre.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

/// The file in `update.verdicts`.
const FILE: &str = "verdict.json";

/// How an update ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outcome {
    /// It is in place.
    Installed,
    /// Nothing was changed.
    Refused,
    /// The box was not well with it: the program before is back.
    RolledBack,
}

impl Outcome {
    /// Its word.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Installed => "installed",
            Self::Refused => "refused",
            Self::RolledBack => "rolled_back",
        }
    }
}

/// What became of an update.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Verdict {
    /// The rollout that brought it; 0 of one that was installed by hand.
    pub(crate) id: u64,
    /// Its version; empty when the file could not be read.
    pub(crate) version: String,
    /// How it ended.
    pub(crate) outcome: Outcome,
    /// Why, where it did not end well.
    pub(crate) reason: String,
}

impl Verdict {
    /// The last one.
    pub(crate) fn last(folder: &Path) -> Option<Self> {
        let text = std::fs::read(folder.join(FILE)).ok()?;
        let read = serde_json::from_slice(&text);
        read.inspect_err(|error| tracing::warn!(%error, "the verdict on an update is damaged"))
            .ok()
    }

    /// Leaves it for the sensor to read.
    pub(super) fn leave(&self, folder: &Path) -> Result<()> {
        let (path, next) = (folder.join(FILE), folder.join("verdict.next"));
        let context = || format!("cannot write {}", path.display());
        std::fs::create_dir_all(folder).with_context(context)?;
        // The sensor's user reads it: it holds no secret.
        let mut file = std::fs::File::options()
            .create(true)
            .truncate(true)
            .write(true)
            .mode(0o644)
            .open(&next)
            .with_context(context)?;
        file.write_all(&serde_json::to_vec(self)?)
            .with_context(context)?;
        file.sync_all().with_context(context)?;
        std::fs::rename(&next, &path).with_context(context)
    }
}
