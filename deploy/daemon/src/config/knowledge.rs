//! `[rules]` and `[intel]`.

use std::path::PathBuf;

use engine::intel::HuntOptions;
use engine::rules::TrialOptions;
use serde::Deserialize;

/// `[rules]`
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RulesSection {
    /// The folder of rules is looked at every so many seconds, and what has expired goes out of force.
    pub refresh_seconds: u64,
    /// At most so many exceptions are made.
    pub exceptions: usize,
    /// The trial of an import on the past.
    pub trial: TrialOptions,
}

impl Default for RulesSection {
    fn default() -> Self {
        Self {
            refresh_seconds: 30,
            exceptions: 500,
            trial: TrialOptions::default(),
        }
    }
}

/// `[intel]`
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct IntelSection {
    /// The folders of lists are looked at every so many seconds.
    pub refresh_seconds: u64,
    /// The hunt in the past.
    pub hunt: HuntOptions,
    /// Feeds that are fetched.
    pub taxii: Vec<TaxiiSection>,
}

impl Default for IntelSection {
    fn default() -> Self {
        Self {
            refresh_seconds: 30,
            hunt: HuntOptions::default(),
            taxii: Vec::new(),
        }
    }
}

/// `[[intel.taxii]]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaxiiSection {
    /// The list that it fills; made when there is none.
    pub list: String,
    /// The collection: `https://host/api-root/collections/id/`.
    pub url: String,
    /// Who asks.
    pub user: Option<String>,
    /// The file with the password, on its first line.
    pub password_file: Option<PathBuf>,
    /// A CA in PEM that is trusted beside the system's.
    pub ca_file: Option<PathBuf>,
    /// Minutes between two fetches.
    #[serde(default = "hour")]
    pub every_minutes: u64,
}

fn hour() -> u64 {
    60
}
