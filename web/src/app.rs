//! What the handlers work with.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use engine::index::{AggregateLimits, Searcher};
use engine::intel::IntelLists;
use engine::journal::Journal;
use engine::query::QueryLimits;
use engine::rollout::{Published, Rollouts};
use engine::rule::Sites;
use engine::rules::{Rulebook, TrialOptions};
use engine::store::{AssetLimits, CaseLimits, Store};
use engine::triage::Triage;
use event::{Text, Time};
use serde::Deserialize;
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
    /// What an aggregation may ask for.
    pub aggregate: AggregateLimits,
    /// How much an export holds.
    pub export: ExportLimits,
    /// The largest archive of rules, in bytes.
    pub import_bytes: usize,
    /// The largest update file, in bytes.
    pub update_bytes: usize,
    /// How an import is tried on the past.
    pub trial: TrialOptions,
    /// How many assets there may be, and how much a CSV of them holds.
    pub assets: AssetLimits,
    /// How much cases hold.
    pub cases: CaseLimits,
}

/// Exports of events; every field is a key under `[limits.export]`.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ExportLimits {
    /// The most events of one; where it is cut its last line says so.
    pub events: u64,
    /// Exports at once: each keeps a thread and a processor busy.
    pub at_once: usize,
    /// One whose receiver takes nothing for so long is broken off, in seconds.
    pub stall_seconds: u64,
}

impl Default for ExportLimits {
    fn default() -> Self {
        Self {
            events: 1_000_000,
            at_once: 2,
            stall_seconds: 60,
        }
    }
}

/// Places for what may be done a few times at once.
#[derive(Clone, Debug, Default)]
pub(crate) struct Places(Arc<AtomicUsize>);

/// One of them, given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Place(Arc<AtomicUsize>);

impl Places {
    /// Takes a place, if fewer than `most` are taken.
    pub(crate) fn take(&self, most: usize) -> Option<Place> {
        let fits = |taken: usize| (taken < most).then(|| taken + 1);
        let taken = self
            .0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits);
        taken.is_ok().then(|| Place(Arc::clone(&self.0)))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
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
    /// Pieces of evidence that are being received.
    pub(crate) uploads: Arc<AtomicUsize>,
    pub(crate) aggregating: Places,
    pub(crate) exporting: Places,
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
            uploads: Arc::default(),
            aggregating: Places::default(),
            exporting: Places::default(),
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
