//! Journal, store and pipeline: the parts that decide and remember, made and joined.

use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context, Result};
use engine::detect::{Engine, Intel};
use engine::evidence::Evidence;
use engine::index::Searcher;
use engine::intel::IntelLists;
use engine::journal::{Floor, Item, Journal};
use engine::knowledge::KnowledgeSlot;
use engine::pipeline;
use engine::rule::{RuleSet, Sites};
use engine::rules::Rulebook;
use engine::store::Store;
use event::Networks;
use tokio::sync::watch;

use crate::config::Config;
use crate::intake::Offsets;
use crate::metrics::EdgeCounts;
use crate::{Clock, DataDir, backup, intel, rules, shipped};

/// By how much the pipeline is nicer: of a core that both want it gets a quarter.
const GIVES_WAY: i32 = 5;

/// Journal, store and pipeline: what decides and remembers.
pub(crate) struct Parts {
    pub(crate) store: Arc<Store>,
    pub(crate) journal: Arc<Journal>,
    pub(crate) searcher: Searcher,
    pub(crate) status: Arc<Mutex<pipeline::Status>>,
    pub(crate) offsets: Offsets,
    pub(crate) edge_counts: Arc<EdgeCounts>,
    /// Those of the files of sites and of confirmed assets, as they were at the start.
    pub(crate) networks: Arc<Networks>,
    pub(crate) rules: Arc<Rulebook>,
    intel: Arc<IntelLists>,
    announced: watch::Receiver<i64>,
    pub(crate) pipeline: JoinHandle<()>,
    pub(crate) pipeline_stop: Arc<AtomicBool>,
}

pub(crate) fn start(config: &Config, dir: &DataDir, sites: &Sites, clock: &Clock) -> Result<Parts> {
    let (exercise, dir) = (dir.is_exercise(), dir.path());
    let (announce, announced) = watch::channel(0);
    let store = Store::open(&dir.join("store.db"), move |seq| {
        announce.send_replace(seq);
    });
    let store = Arc::new(store.context("cannot open the store")?);
    let restored = backup::settle(dir, &store, clock())?;
    clear_evidence(dir)?;
    let networks = store.networks(sites, exercise, clock());
    let networks = Arc::new(networks.context("cannot read the networks of assets")?);
    let resume = store.resume().context("cannot read where to go on")?;
    let journal = open_journal(config, dir, clock, resume.floor())?;
    if let Some(restored) = restored {
        restored.declare(&journal, &config.sensor.name, exercise, clock());
    }
    // Before the pipeline moves on and cuts what is read here.
    let offsets = Offsets::default();
    offsets.note(&resume.offsets);
    note_newer(&journal, &offsets, resume.position)?;
    let (searcher, status) = (Searcher::default(), Arc::default());
    let known = Known::open(config, dir, clock)?;
    let parts = pipeline::Parts {
        journal: Arc::clone(&journal),
        store: Arc::clone(&store),
        knowledge: known.slot,
        networks: Arc::clone(&networks),
        index_dir: dir.join("index"),
        searcher: searcher.clone(),
        options: config.pipeline(),
        status: Arc::clone(&status),
    };
    let pipeline_stop = Arc::new(AtomicBool::new(false));
    let work = intel::Work {
        lists: Arc::clone(&known.intel),
        store: Arc::clone(&store),
        searcher: searcher.clone(),
        clock: Arc::clone(clock),
        section: config.intel.clone(),
        limits: config.limits.intel,
    };
    let stop = Arc::clone(&pipeline_stop);
    let intel = thread("intel", move || intel::run(&work, &stop))?;
    let (book, seconds) = (Arc::clone(&known.rules), config.rules.refresh_seconds);
    let (own, stop) = (Arc::clone(clock), Arc::clone(&pipeline_stop));
    let rules = thread("rules", move || rules::run(&book, seconds, &own, &stop))?;
    let stop = Arc::clone(&pipeline_stop);
    let pipeline = thread("pipeline", move || {
        give_way();
        pipeline::run(&parts, &stop);
        // All end on the same word; who waits for one waits for all.
        if intel.join().is_err() || rules.join().is_err() {
            tracing::error!("the thread of intel lists or of rules panicked");
        }
    })?;
    Ok(Parts {
        store,
        journal,
        searcher,
        status,
        offsets,
        edge_counts: Arc::default(),
        networks,
        rules: known.rules,
        intel: known.intel,
        announced,
        pipeline,
        pipeline_stop,
    })
}

/// What was being brought in when the centre stopped is gone at its sender's end too.
fn clear_evidence(dir: &Path) -> Result<()> {
    let evidence = Evidence::new(dir.join("evidence"));
    evidence.clear().context("cannot clear the evidence")
}

fn open_journal(config: &Config, dir: &Path, clock: &Clock, floor: Floor) -> Result<Arc<Journal>> {
    let options = config.journal(Arc::clone(clock));
    let journal = Journal::open(&dir.join("journal"), options, floor);
    Ok(Arc::new(journal.context("cannot open the journal")?))
}

/// What events are examined with, and who changes it.
struct Known {
    slot: KnowledgeSlot,
    rules: Arc<Rulebook>,
    intel: Arc<IntelLists>,
}

impl Known {
    fn open(config: &Config, dir: &Path, clock: &Clock) -> Result<Self> {
        let slot = KnowledgeSlot::new(Engine::compile(&RuleSet::default()), Intel::default());
        let rules = Rulebook::open(
            dir.join("rules"),
            shipped::rulebook(),
            config.rulebook_limits(),
            slot.clone(),
            clock(),
        );
        let intel = IntelLists::open(
            dir.join("rules/intel"),
            shipped::intel(),
            config.limits.intel,
            slot.clone(),
        );
        Ok(Self {
            slot,
            rules: Arc::new(rules.context("cannot read the rules")?),
            intel: Arc::new(intel),
        })
    }
}

/// Where the sources stand: offsets travel in the frames of the events that they cover, so frames
/// behind the last checkpoint know better than the checkpoint does.
fn note_newer(journal: &Journal, offsets: &Offsets, checkpoint: u64) -> Result<()> {
    let mut reader = journal.reader(checkpoint + 1);
    while let Some(item) = reader
        .next(Duration::ZERO)
        .context("cannot read the journal")?
    {
        if let Item::Frame(frame) = item {
            offsets.note(&frame.offsets);
        }
    }
    Ok(())
}

/// What comes in, as the API shows it.
pub(crate) struct Inputs {
    pub(crate) sources: Vec<web::SourceInfo>,
    pub(crate) edges: Option<web::EdgesInfo>,
}

/// What the handlers of the API share.
pub(crate) fn make_app(
    config: &Config,
    data_dir: &DataDir,
    parts: &Parts,
    sites: Arc<Sites>,
    problems: Vec<web::RuleProblem>,
    inputs: Inputs,
    clock: Clock,
) -> web::App {
    web::App {
        store: Arc::clone(&parts.store),
        journal: Arc::clone(&parts.journal),
        searcher: parts.searcher.clone(),
        pipeline: Arc::clone(&parts.status),
        sites,
        rules: Arc::clone(&parts.rules),
        problems,
        intel: Arc::clone(&parts.intel),
        sensor: config.sensor.name.clone(),
        sources: inputs.sources,
        edges: inputs.edges,
        started: clock(),
        clock,
        exercise: data_dir.is_exercise(),
        data_dir: data_dir.path().to_owned(),
        announced: parts.announced.clone(),
        memory: web::Memory::new(),
        options: config.web(),
        triage: config.triage.clone(),
    }
}

/// Lets what takes events in go before this thread and those that it starts (the index's): what is not durable
/// yet can be lost at its sender, what is durable only waits.
fn give_way() {
    let own = rustix::process::getpriority_process(None).unwrap_or(0);
    if let Err(errno) = rustix::process::setpriority_process(None, own + GIVES_WAY) {
        tracing::debug!(%errno, "the pipeline has the priority of everything else");
    }
}

/// Starts a named thread.
pub(crate) fn thread(name: &str, work: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>> {
    let builder = std::thread::Builder::new().name(name.to_owned());
    builder
        .spawn(work)
        .with_context(|| format!("cannot start the thread {name}"))
}
