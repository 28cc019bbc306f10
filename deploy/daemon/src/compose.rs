//! The composition root: every part is made here, once, and joined to its neighbours.
//!
//! sources → intake → journal → pipeline (engine, index, store) → API → console; and back down in
//! the order that loses nothing.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use anyhow::{Context, Result};
use engine::index::Searcher;
use engine::journal::Journal;
use engine::pipeline;
use engine::store::Store;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::config::Config;
use crate::parts::{self, Inputs, thread};
use crate::sources::Source;
use crate::{Clock, DataDir, control, edges, intake, knowledge, listen, sources, tls};

/// A running centre.
pub struct Running {
    /// Where the console is served.
    pub address: SocketAddr,
    /// Whether it is served over TLS.
    pub tls: bool,
    /// Where sensors deliver.
    pub edges: Option<SocketAddr>,
    /// Alerts, people, audit.
    pub store: Arc<Store>,
    /// Where events become durable.
    pub journal: Arc<Journal>,
    /// Events.
    pub searcher: Searcher,
    /// How the pipeline is.
    pub status: Arc<Mutex<pipeline::Status>>,
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
    intake: JoinHandle<()>,
    pipeline: JoinHandle<()>,
    pipeline_stop: Arc<AtomicBool>,
    data_dir: DataDir,
}

/// What differs between `serve`, `demo` and the tests.
pub struct Start {
    /// The configuration.
    pub config: Config,
    /// The data folder, taken.
    pub data_dir: DataDir,
    /// The clock.
    pub clock: Clock,
    /// The sources, in place of the configuration's.
    pub sources: Vec<Source>,
    /// The sites.
    pub knowledge: knowledge::Knowledge,
}

/// Starts a centre. It runs until [`Running::stop`].
pub async fn start(start: Start) -> Result<Running> {
    let Start {
        config,
        data_dir,
        clock,
        sources,
        knowledge,
    } = start;
    let knowledge::Knowledge { sites, problems } = knowledge;
    sources::check_sites(&sources, &sites)?;
    let sites = Arc::new(sites);
    let exercise = data_dir.is_exercise();
    let core = parts::start(&config, &data_dir, &sites, &clock)?;

    let (stop, stopped) = watch::channel(false);
    let mut tasks = JoinSet::new();
    let (out, parcels) = sensor::channel(config.journal.queue);
    let journal = Arc::clone(&core.journal);
    let offsets = core.offsets.clone();
    let intake = thread("intake", move || intake::run(&journal, &offsets, parcels))?;
    let infos = sources.iter().map(|own| own.info(&config, exercise));
    let infos = infos.collect();
    let starting = sources::Starting {
        context: sources::context(&config, &core.networks, &clock, exercise),
        offsets: core.offsets.clone(),
        out,
        stopped: stopped.clone(),
    };
    sources::spawn(sources, &config, &starting, &mut tasks);
    let edges = edges::Parts {
        config: &config,
        dir: data_dir.path(),
        store: &core.store,
        journal: &core.journal,
        sites: &sites,
        offsets: &core.offsets,
        out: starting.out.clone(),
        clock: &clock,
        exercise,
    };
    let edges = edges::start(edges, &stopped, &mut tasks).await?;
    sources::spawn_own_status(starting, Arc::clone(&core.status), &mut tasks);

    let (edges, known) = edges.unzip();
    let inputs = Inputs {
        sources: infos,
        edges: known,
    };
    let app = parts::make_app(&config, &data_dir, &core, sites, problems, inputs, clock);
    let router = web::router(Arc::new(app));
    let (address, tls) =
        start_listeners(&config, data_dir.path(), router, &stopped, &mut tasks).await?;
    Ok(Running {
        address,
        tls,
        edges,
        store: core.store,
        journal: core.journal,
        searcher: core.searcher,
        status: core.status,
        stop,
        tasks,
        intake,
        pipeline: core.pipeline,
        pipeline_stop: core.pipeline_stop,
        data_dir,
    })
}

/// The console's listener, plain on loopback and TLS elsewhere, and the control socket.
async fn start_listeners(
    config: &Config,
    dir: &Path,
    router: axum::Router,
    stopped: &watch::Receiver<bool>,
    tasks: &mut JoinSet<()>,
) -> Result<(SocketAddr, bool)> {
    let listener = listen::bind(config.web.listen).await?;
    let address = listener.local_addr().context("cannot read the address")?;
    let acceptor = if address.ip().is_loopback() {
        None
    } else {
        Some(tls::server_config(&config.web, dir)?.into())
    };
    let tls = acceptor.is_some();
    let control = listen::bind_control(&control::path(dir))?;
    tasks.spawn(listen::serve_control(
        control,
        router.clone(),
        stopped.clone(),
    ));
    let connections = config.web.connections;
    tasks.spawn(listen::serve(
        listener,
        acceptor,
        router,
        connections,
        stopped.clone(),
    ));
    Ok((address, tls))
}

impl Running {
    /// The address as a person opens it.
    pub fn url(&self) -> String {
        let scheme = if self.tls { "https" } else { "http" };
        if self.address.ip().is_unspecified() {
            return format!("{scheme}://localhost:{}", self.address.port());
        }
        format!("{scheme}://{}", self.address)
    }

    /// The data folder.
    pub fn data_dir(&self) -> &Path {
        self.data_dir.path()
    }

    /// Stops from the sources down: what was sent is durable, what is durable is examined.
    pub async fn stop(mut self) -> Result<()> {
        self.stop.send_replace(true);
        while let Some(ended) = self.tasks.join_next().await {
            ended.context("a task failed")?;
        }
        let ended = tokio::task::spawn_blocking(move || {
            let intake = self.intake.join();
            self.pipeline_stop.store(true, Ordering::Release);
            let pipeline = self.pipeline.join();
            self.journal.close();
            (intake.is_ok() && pipeline.is_ok()).then_some(self.data_dir)
        });
        let data_dir = ended.await.context("stopping failed")?;
        let data_dir = data_dir.context("a thread panicked; the log has the cause")?;
        let socket = control::path(data_dir.path());
        std::fs::remove_file(&socket).with_context(|| format!("cannot remove {}", socket.display()))
    }
}
