//! What the handlers work with.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use engine::index::Searcher;
use engine::intel::IntelLists;
use engine::journal::Journal;
use engine::query::QueryLimits;
use engine::rollout::{Published, Rollouts};
use engine::rule::Sites;
use engine::rules::{Rulebook, TrialOptions};
use engine::store::{AssetLimits, Store};
use engine::triage::Triage;
use event::{Text, Time};
use tokio::sync::{Semaphore, watch};

use crate::auth::Attempts;
use crate::refusals::Refusals;

/// How the API behaves; every field is a key under `[web]`.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// A session ends when it was not used for this long.
    pub session_idle: Duration,
    /// A session ends after this long in any case.
    pub session_age: Duration,
    /// The largest request body, in bytes.
    pub body_bytes: usize,
    /// A search stops after this long and says so.
    pub search_deadline: Duration,
    /// At most this many live streams.
    pub live_streams: usize,
    /// At most this many of one person.
    pub live_streams_each: usize,
    /// What a query may ask for.
    pub query: QueryLimits,
    /// The largest archive of rules, in bytes.
    pub import_bytes: usize,
    /// The largest update file, in bytes.
    pub update_bytes: usize,
    /// How an import is tried on the past.
    pub trial: TrialOptions,
    /// How many assets there may be, and how much a CSV of them holds.
    pub assets: AssetLimits,
}

/// A configured source, as the board of sources shows it.
#[derive(Clone, Debug)]
pub struct SourceInfo {
    /// Its id.
    pub id: String,
    /// capture, interface, file, journal …
    pub kind: String,
    /// The site that its events belong to.
    pub site: String,
    /// Whether it is an exercise.
    pub exercise: bool,
    /// It is late when nothing came for this long, stale after four times as long.
    pub expect_every: Duration,
}

/// How sensors find this centre.
#[derive(Clone)]
pub struct EdgesInfo {
    /// SHA-256 of the CA's certificate, hexadecimal: what a token ends with.
    pub ca: String,
    /// `https://host:port`, as far as the configuration tells.
    pub url: String,
    /// What sensors are refused now.
    pub refusals: Arc<Refusals>,
    /// What a configuration for a sensor would be there, or why it would be none.
    pub check: fn(&str) -> Result<CheckedConfig, String>,
    /// Updates of the sensors' program.
    pub rollouts: Arc<Rollouts>,
    /// Whether a file is an update that may be published, or why not.
    pub check_update: CheckUpdate,
    /// One file is published at a time.
    pub publishing: Arc<Mutex<()>>,
}

/// Looks at an update file.
pub type CheckUpdate = Arc<dyn Fn(&std::path::Path) -> Result<Published, String> + Send + Sync>;

/// A configuration for a sensor, read as a sensor of this version would.
#[derive(Clone, Debug)]
pub struct CheckedConfig {
    /// The sites of its sources.
    pub sites: Vec<String>,
    /// Keys that it does not know, each with its line.
    pub unknown: Vec<String>,
}

/// A file of rules or sites that could not be used.
#[derive(Clone, Debug)]
pub struct RuleProblem {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: Option<u32>,
    /// What is wrong, and the way out.
    pub reason: String,
}

/// Everything the handlers share.
pub struct App {
    /// Alerts, people, audit.
    pub store: Arc<Store>,
    /// For how it is.
    pub journal: Arc<Journal>,
    /// Events.
    pub searcher: Searcher,
    /// How the pipeline is.
    pub pipeline: Arc<Mutex<engine::pipeline::Status>>,
    /// The site tree.
    pub sites: Arc<Sites>,
    /// The rules.
    pub rules: Arc<Rulebook>,
    /// Files of sites that could not be used.
    pub problems: Vec<RuleProblem>,
    /// Intel lists.
    pub intel: Arc<IntelLists>,
    /// The name of the centre as a sensor.
    pub sensor: String,
    /// The configured sources.
    pub sources: Vec<SourceInfo>,
    /// How sensors find this centre; none while it takes none.
    pub edges: Option<EdgesInfo>,
    /// The daemon's clock.
    pub clock: Arc<dyn Fn() -> Time + Send + Sync>,
    /// Since when it runs.
    pub started: Time,
    /// Whether the whole data folder is an exercise.
    pub exercise: bool,
    /// The data folder, for its room.
    pub data_dir: PathBuf,
    /// The newest announcement.
    pub announced: watch::Receiver<i64>,
    /// How the API behaves.
    pub options: Options,
    /// How alerts are worked.
    pub triage: Triage,
    /// What is kept between requests.
    pub memory: Memory,
}

/// What the handlers keep between requests, for themselves.
pub struct Memory {
    /// Problems that are seen, and since when.
    pub(crate) seen: Mutex<HashMap<(String, String), Time>>,
    pub(crate) attempts: Mutex<Attempts>,
    pub(crate) hashing: Semaphore,
    /// The live streams of each person.
    seats: Mutex<HashMap<Text, usize>>,
}

impl Memory {
    /// Nothing has happened yet.
    pub fn new() -> Self {
        /// Two passwords are checked at once: each takes 19 MiB and most of a core.
        const HASHING: usize = 2;
        Self {
            seen: Mutex::default(),
            attempts: Mutex::new(Attempts::default()),
            hashing: Semaphore::new(HASHING),
            seats: Mutex::default(),
        }
    }

    pub(crate) fn seats(&self) -> MutexGuard<'_, HashMap<Text, usize>> {
        self.seats.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Memory {
    fn default() -> Self {
        Self::new()
    }
}

impl App {
    /// What time it is.
    pub(crate) fn now(&self) -> Time {
        (self.clock)()
    }
}
