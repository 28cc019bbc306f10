//! Starts the sources, and speaks for the centre itself every ten seconds.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Result, bail};
use engine::pipeline;
use engine::rule::Sites;
use event::{Batch, Core, Event, EventId, Kind, Networks, Record};
use sensor::{Out, SourceConfig, SourceKind, Stop};
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::Clock;
use crate::config::{Config, OWN_SOURCE};
use crate::intake::Offsets;

/// The centre's own voice: the engine's now moves with it when nothing else does.
const STATUS_EVERY: Duration = Duration::from_secs(10);
/// A source that failed is started again after this long.
const RESTART: Duration = Duration::from_secs(10);

/// A source, and how it is started.
pub struct Source {
    /// What is configured.
    pub config: SourceConfig,
    /// Microseconds added to its times: a replay that looks like now.
    pub shift: i64,
    /// Whether an interface is opened in this process (demo) and not in a child (serve).
    pub in_process: bool,
}

impl Source {
    /// A configured source, started as `serve` does.
    pub fn configured(config: SourceConfig) -> Self {
        Self {
            config,
            shift: 0,
            in_process: false,
        }
    }

    /// The source as the board of sources shows it.
    pub(crate) fn info(&self, config: &Config, exercise: bool) -> web::SourceInfo {
        web::SourceInfo {
            id: self.config.id.clone(),
            kind: self.config.kind.name().to_owned(),
            site: self.config.site.clone(),
            exercise: self.config.exercise || exercise,
            expect_every: Duration::from_secs(60 * config.web.source_silence_minutes),
        }
    }
}

/// Refuses a source whose events nobody of a site could see.
pub(crate) fn check_sites(sources: &[Source], sites: &Sites) -> Result<()> {
    let unknown = sources.iter().map(|source| &source.config);
    let mut unknown = unknown.filter(|own| !own.site.is_empty() && !sites.has_leaf(&own.site));
    match unknown.next() {
        None => Ok(()),
        Some(SourceConfig { id, site, .. }) => bail!(
            "the source {id} belongs to the site {site}, which is no site (a leaf) of rules/sites; \
             add it there or correct the source"
        ),
    }
}

/// What every source is started with, and started again.
#[derive(Clone)]
pub(crate) struct Starting {
    pub(crate) context: sensor::Context,
    pub(crate) offsets: Offsets,
    pub(crate) out: Out,
    pub(crate) stopped: watch::Receiver<bool>,
}

/// What is the same for all sources.
pub(crate) fn context(
    config: &Config,
    networks: &Arc<Networks>,
    clock: &Clock,
    exercise: bool,
) -> sensor::Context {
    sensor::Context {
        networks: Arc::clone(networks),
        exercise,
        ..sensor::Context::new(&config.sensor.name, Arc::clone(clock))
    }
}

/// Starts every source as a task that ends when its input does or it is told to stop.
pub(crate) fn spawn(
    sources: Vec<Source>,
    config: &Config,
    starting: &Starting,
    tasks: &mut JoinSet<()>,
) {
    let limits = Arc::new(config.limits.of_inputs());
    for source in sources {
        let starting = Starting {
            context: sensor::Context {
                shift: source.shift,
                ..starting.context.clone()
            },
            ..starting.clone()
        };
        tasks.spawn(keep_running(source, Arc::clone(&limits), starting));
    }
}

/// Runs a source; one that fails is named in the log and by an event, and tried again.
async fn keep_running(source: Source, limits: Arc<sensor::Limits>, starting: Starting) {
    let Starting {
        context,
        offsets,
        out,
        stopped,
    } = starting;
    let mut stop = Stop::new(stopped);
    loop {
        let is_child = matches!(source.config.kind, SourceKind::Interface(_)) && !source.in_process;
        let (config, limits) = (source.config.clone(), limits.clone());
        let life = sensor::Context {
            offsets: offsets.all(),
            ..context.clone()
        };
        let ended = if is_child {
            crate::child::supervise(config, limits, life, out.clone(), stop.clone()).await
        } else {
            sensor::run(config, limits, life, out.clone(), stop.clone()).await
        };
        let Err(error) = ended else { return };
        if stop.is_set() {
            return;
        }
        tracing::error!(source = source.config.id, %error, "a source failed; it will be tried again");
        let said = json!({
            "event_type": "sensor.status", "status": "failed", "source": source.config.id,
            "reason": error.to_string(),
        });
        let event = status_event(&context, &source.config, &said);
        let batch = Batch {
            events: vec![event],
            offsets: Vec::new(),
            ..Batch::default()
        };
        if out.send(batch).await.is_err() {
            return;
        }
        tokio::select! {
            () = stop.wait() => return,
            () = tokio::time::sleep(RESTART) => {}
        }
    }
}

/// Sends the centre's own status: nobody else may be speaking.
pub(crate) fn spawn_own_status(
    starting: Starting,
    status: Arc<Mutex<pipeline::Status>>,
    tasks: &mut JoinSet<()>,
) {
    let Starting {
        context,
        out,
        stopped,
        ..
    } = starting;
    let mut stop = Stop::new(stopped);
    let own = own_source("");
    tasks.spawn(async move {
        loop {
            tokio::select! {
                () = stop.wait() => return,
                () = tokio::time::sleep(STATUS_EVERY) => {}
            }
            let (windows, partial) = {
                let status = status.lock().unwrap_or_else(PoisonError::into_inner);
                (status.windows, status.partial)
            };
            let said = json!({
                "event_type": "sensor.status", "status": "running", "sensor": &*context.sensor,
                "late_events": windows.late, "evicted_events": windows.evicted,
                "partial_events": partial,
            });
            let batch = Batch {
                events: vec![status_event(&context, &own, &said)],
                offsets: Vec::new(),
                ..Batch::default()
            };
            if out.send(batch).await.is_err() {
                return;
            }
        }
    });
}

/// The source under which a process speaks of itself.
pub(crate) fn own_source(site: &str) -> SourceConfig {
    SourceConfig {
        id: OWN_SOURCE.to_owned(),
        kind: SourceKind::Journal,
        site: site.to_owned(),
        exercise: false,
        zone: None,
    }
}

/// What this process says of a source.
pub(crate) fn status_event(
    context: &sensor::Context,
    source: &SourceConfig,
    said: &Value,
) -> Event {
    let now = (context.clock)();
    Event {
        id: EventId::unnumbered(Kind::SensorStatus.lane()),
        time: now,
        seen: now,
        sensor: context.sensor.clone(),
        source: source.id.as_str().into(),
        site: source.site.as_str().into(),
        kind: Kind::SensorStatus,
        exercise: context.exercise || source.exercise,
        core: Core::default(),
        record: Record::new(said.to_string().into_bytes()),
    }
}
