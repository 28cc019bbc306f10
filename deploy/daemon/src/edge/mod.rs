//! An edge: sources → spool → uplink. Composed here, and taken down from the sources; composed anew when the
//! centre sends another configuration ([`bundles`]).
//!
//! What an edge may call itself and where it delivers was agreed on when it was enrolled
//! ([`identity`]); its certificate is renewed while it runs.

mod bundles;
mod effective;
mod follow;
mod grant;
mod identity;
mod report;
mod sources;
mod updates;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use jiff::tz::TimeZone;
use sensor::uplink::send::{Pace, Uplink, UplinkStatus};
use sensor::uplink::spool::{Spool, SpoolError};
use sensor::{Parcel, Stop};
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinHandle, JoinSet};

pub use bundles::{Configured, Newest, Plan};
pub use follow::Turn;
pub use grant::Grant;
pub(crate) use grant::in_force;
pub(crate) use identity::client_config;
pub use identity::{Identity, enrol};
pub use report::{LaneReport, REPORT, Report};
pub use sources::SourceReport;
pub use updates::Updated;

use bundles::Bundles;
use effective::Effective;
use sources::Heard;

use crate::config::{Config, UplinkSection};
use crate::intake::Offsets;
use crate::parts::thread;
use crate::sources::Starting;
use crate::{Clock, DataDir, metrics};

/// The version of this program.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
/// A stopping edge waits so long for what it still holds to leave.
const PARTING: Duration = Duration::from_secs(3);
/// How often the certificate is looked at.
const LOOK: Duration = Duration::from_secs(3_600);
/// Where the spool lies in the data folder.
pub(crate) const SPOOL: &str = "spool";

/// What an edge starts with.
pub struct Start<'a> {
    /// The configuration of the box.
    pub own: &'a Config,
    /// The configuration to start with.
    pub plan: Plan,
    /// The data folder.
    pub data_dir: &'a DataDir,
    /// The clock.
    pub clock: Clock,
}

/// A running edge.
pub struct Running {
    /// What it keeps.
    pub spool: Arc<Spool>,
    /// How its uplink is.
    pub uplink: watch::Receiver<UplinkStatus>,
    turns: mpsc::Receiver<Turn>,
    stop: watch::Sender<bool>,
    stop_uplink: watch::Sender<bool>,
    tasks: JoinSet<()>,
    sending: JoinHandle<()>,
    intake: std::thread::JoinHandle<()>,
}

/// What to start with: what the centre sent, tried or in force, over the box's own configuration.
///
/// # Errors
/// The folder cannot be written.
pub fn plan(own: &Config, data_dir: &DataDir) -> Result<Plan> {
    Bundles::new(data_dir.path()).plan(own)
}

/// Puts the configuration before the one that was tried in force again.
///
/// # Errors
/// The folder cannot be written.
pub fn put_back(data_dir: &DataDir, reason: &str) -> Result<()> {
    Bundles::new(data_dir.path()).put_back(reason)
}

/// Starts an edge. It runs until [`Running::stop`].
pub fn start(start: Start<'_>) -> Result<Running> {
    let (own, plan, data_dir, clock) = (start.own, start.plan, start.data_dir, start.clock);
    let (effective, trial) = (Effective::of(&plan), plan.trial);
    let config = plan.config;
    let identity = Identity::read(data_dir.path())?;
    let centre = config.uplink.centre.as_ref();
    let centre = centre.unwrap_or(&identity.centre).clone();
    let spool = Spool::open(&data_dir.path().join(SPOOL), config.spool.options())
        .context("cannot open the spool")?;
    let spool = Arc::new(spool);
    let offsets = Offsets::default();
    offsets.note(&spool.offsets());
    let (out, parcels) = sensor::channel(config.spool.queue);
    let heard = Heard::new(&config.source);
    let own_intake = Intake {
        spool: Arc::clone(&spool),
        offsets: offsets.clone(),
        heard: heard.clone(),
    };
    let intake = thread("intake", move || own_intake.run(parcels))?;
    let (stop, stopped) = watch::channel(false);
    let mut tasks = JoinSet::new();
    let starting = Starting {
        context: sensor::Context {
            exercise: data_dir.is_exercise(),
            networks: Arc::new(plan.networks),
            ..sensor::Context::new(&identity.sensor, Arc::clone(&clock))
        },
        offsets,
        out,
        stopped: stopped.clone(),
    };
    plan.grant.start_sources(&config, &starting, &mut tasks);

    let dir = data_dir.path().to_owned();
    let line = Line {
        spool: Arc::clone(&spool),
        centre: centre.clone(),
        dir: dir.clone(),
        clock,
        section: config.uplink.clone(),
    };
    let (sending, stop_uplink, uplink) = line.start(&stopped, &mut tasks)?;
    let told = (dir.clone(), &starting);
    metrics::edge(&config.metrics, &spool, &uplink, told, &mut tasks);
    let voice = report::Voice {
        update: own.update.clone(),
        identity,
        centre,
        spool: Arc::clone(&spool),
        uplink: uplink.clone(),
        site: plan.grant.own_site(&config.source),
        heard,
        dir,
    };
    let rate = rate_of(config.uplink.clone(), Arc::clone(&starting.context.clock));
    let turns = follow(own, (trial, effective, rate), &voice, &stopped, &mut tasks);
    tasks.spawn(voice.speak(starting));
    Ok(Running {
        spool,
        uplink,
        turns,
        stop,
        stop_uplink,
        tasks,
        sending,
        intake,
    })
}

/// Starts to follow what the centre wants of this edge; says when the edge is to be composed anew.
fn follow(
    own: &Config,
    (trial, running, rate): (bool, Effective, updates::Rate),
    voice: &report::Voice,
    stopped: &watch::Receiver<bool>,
    tasks: &mut JoinSet<()>,
) -> mpsc::Receiver<Turn> {
    let (turn, turns) = mpsc::channel(1);
    let follower = follow::Follower {
        own: own.clone(),
        dir: voice.dir.clone(),
        centre: voice.centre.clone(),
        uplink: voice.uplink.clone(),
        heard: voice.heard.clone(),
        trial,
        running,
        turns: turn,
    };
    tasks.spawn(follower.run(stopped.clone()));
    let fetcher = updates::Fetcher {
        dir: voice.dir.clone(),
        centre: voice.centre.clone(),
        section: own.update.clone(),
        uplink: voice.uplink.clone(),
        spool: Arc::clone(&voice.spool),
        rate,
    };
    tasks.spawn(fetcher.run(stopped.clone()));
    turns
}

/// What an edge delivers with.
struct Line {
    spool: Arc<Spool>,
    centre: String,
    dir: PathBuf,
    clock: Clock,
    section: UplinkSection,
}

impl Line {
    /// Starts to deliver, and to keep the certificate: the sender, how it is stopped, how it is.
    fn start(
        self,
        stopped: &watch::Receiver<bool>,
        tasks: &mut JoinSet<()>,
    ) -> Result<(
        JoinHandle<()>,
        watch::Sender<bool>,
        watch::Receiver<UplinkStatus>,
    )> {
        let (status, uplink) = watch::channel(UplinkStatus::default());
        let (renewed, tls) = watch::channel(client_config(&self.dir)?);
        let sender = Uplink {
            spool: self.spool,
            centre: self.centre.clone(),
            tls,
            version: VERSION,
            clock: Arc::clone(&self.clock),
            line: self.section.line(),
            pace: pace(self.section, Arc::clone(&self.clock)),
            status,
        };
        let (stop, ordered) = watch::channel(false);
        let sending = tokio::spawn(sender.run(Stop::new(ordered)));
        let stopped = stopped.clone();
        tasks.spawn(keep_certificate(
            self.dir,
            self.centre,
            self.clock,
            renewed,
            stopped,
        ));
        Ok((sending, stop, uplink))
    }
}

impl Running {
    /// Waits until the edge is to be composed anew.
    pub async fn turn(&mut self) -> Turn {
        match self.turns.recv().await {
            Some(turn) => turn,
            None => std::future::pending().await,
        }
    }

    /// Stops from the sources down: what was sent is in the spool, and most of it with the centre.
    pub async fn stop(mut self) -> Result<()> {
        self.stop.send_replace(true);
        while let Some(ended) = self.tasks.join_next().await {
            ended.context("a task failed")?;
        }
        let intake = tokio::task::spawn_blocking(move || self.intake.join().is_ok());
        let ended = intake.await.context("stopping failed")?;
        let mut moved = self.spool.moved();
        let parted = async { while !is_delivered(&self.spool) && moved.changed().await.is_ok() {} };
        if tokio::time::timeout(PARTING, parted).await.is_err() {
            tracing::info!("some events wait in the spool; they leave at the next start");
        }
        self.stop_uplink.send_replace(true);
        self.sending.await.context("the uplink failed")?;
        self.spool.close();
        if !ended {
            bail!("a thread panicked; the log has the cause");
        }
        Ok(())
    }
}

fn is_delivered(spool: &Spool) -> bool {
    let status = spool.status();
    let mut lanes = status.lanes.iter();
    lanes.all(|(_, lane)| lane.acknowledged >= lane.last)
}

/// From the sources to the spool, on a thread of its own until every source is gone.
struct Intake {
    spool: Arc<Spool>,
    offsets: Offsets,
    heard: Heard,
}

impl Intake {
    fn run(self, mut parcels: mpsc::Receiver<Parcel>) {
        while let Some(Parcel { batch, durable }) = parcels.blocking_recv() {
            self.offsets.note(&batch.offsets);
            self.heard.note(&batch);
            self.spool
                .append(batch, move |kept: Result<(), SpoolError>| {
                    // A refused batch answers nobody: its ticket says that it is lost.
                    if kept.is_ok() && durable.send(()).is_err() {
                        tracing::trace!("a source did not wait for its ticket");
                    }
                });
        }
    }
}

/// The pace of the configuration, by this machine's clock and zone.
fn pace(uplink: UplinkSection, clock: Clock) -> Pace {
    Pace::new(rate_of(uplink, clock))
}

fn rate_of(uplink: UplinkSection, clock: Clock) -> updates::Rate {
    let zone = TimeZone::system();
    Box::new(move || {
        let now = jiff::Timestamp::from_microsecond(clock().micros()).unwrap_or_default();
        let time = zone.to_datetime(now).time();
        let minute = i32::from(time.hour()) * 60 + i32::from(time.minute());
        uplink.bytes_per_second(u32::try_from(minute).unwrap_or(0))
    })
}

/// Asks for a new certificate when two thirds of the old one's life are over.
async fn keep_certificate(
    dir: PathBuf,
    centre: String,
    clock: Clock,
    renewed: watch::Sender<Arc<rustls::ClientConfig>>,
    mut stop: watch::Receiver<bool>,
) {
    loop {
        match renew_if_due(&dir, &centre, &clock).await {
            Ok(None) => {}
            Ok(Some(config)) => {
                renewed.send_replace(config);
                tracing::info!("the certificate was renewed");
            }
            Err(error) => {
                tracing::error!(
                    error = format!("{error:#}"),
                    "the certificate could not be renewed"
                );
            }
        }
        tokio::select! {
            _ = stop.wait_for(|stop| *stop) => return,
            () = tokio::time::sleep(LOOK) => {}
        }
    }
}

async fn renew_if_due(
    dir: &Path,
    centre: &str,
    clock: &Clock,
) -> Result<Option<Arc<rustls::ClientConfig>>> {
    let identity = Identity::read(dir)?;
    if !identity.is_due(clock()) {
        return Ok(None);
    }
    identity::renew(dir, centre, clock()).await?;
    Ok(Some(client_config(dir)?))
}
