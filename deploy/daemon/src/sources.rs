//! Starts the sources, and speaks for the centre itself every ten seconds.

use std::sync::Arc;
use std::time::Duration;

use event::{Batch, Core, Event, EventId, Kind, Record};
use sensor::{Out, SourceConfig, SourceKind, Stop};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::config::Config;

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

/// Starts every source as a task that ends when its input does or `stopped` says so.
pub(crate) fn spawn(
    sources: Vec<Source>,
    config: &Config,
    context: &sensor::Context,
    out: &Out,
    stopped: &watch::Receiver<bool>,
    tasks: &mut JoinSet<()>,
) {
    let limits = Arc::new(config.limits.clone());
    for source in sources {
        let context = sensor::Context {
            shift: source.shift,
            ..context.clone()
        };
        let (limits, out) = (Arc::clone(&limits), out.clone());
        tasks.spawn(keep_running(source, limits, context, out, stopped.clone()));
    }
}

/// Runs a source; one that fails is named, and tried again.
async fn keep_running(
    source: Source,
    limits: Arc<sensor::Limits>,
    context: sensor::Context,
    out: Out,
    stopped: watch::Receiver<bool>,
) {
    let mut stop = Stop::new(stopped);
    loop {
        let is_child = matches!(source.config.kind, SourceKind::Interface(_)) && !source.in_process;
        let (config, limits, context) = (source.config.clone(), limits.clone(), context.clone());
        let ended = if is_child {
            crate::child::supervise(config, limits, context, out.clone(), stop.clone()).await
        } else {
            sensor::run(config, limits, context, out.clone(), stop.clone()).await
        };
        let Err(error) = ended else { return };
        if stop.is_set() {
            return;
        }
        tracing::error!(source = source.config.id, %error, "a source failed; it will be tried again");
        tokio::select! {
            () = stop.wait() => return,
            () = tokio::time::sleep(RESTART) => {}
        }
    }
}

/// Sends the centre's own status: nobody else may be speaking.
pub(crate) fn spawn_own_status(
    config: &Config,
    context: sensor::Context,
    out: Out,
    stopped: &watch::Receiver<bool>,
    tasks: &mut JoinSet<()>,
) {
    let mut stop = Stop::new(stopped.clone());
    let name = config.sensor.name.clone();
    tasks.spawn(async move {
        loop {
            tokio::select! {
                () = stop.wait() => return,
                () = tokio::time::sleep(STATUS_EVERY) => {}
            }
            let now = (context.clock)();
            let record = serde_json::json!({
                "event_type": "sensor.status", "status": "running", "sensor": name,
            });
            let event = Event {
                id: EventId::unnumbered(Kind::SensorStatus.lane()),
                time: now,
                seen: now,
                sensor: name.as_str().into(),
                source: "haidang".into(),
                site: "".into(),
                kind: Kind::SensorStatus,
                exercise: context.exercise,
                core: Core::default(),
                record: Record::new(record.to_string().into_bytes()),
            };
            let batch = Batch {
                events: vec![event],
                offsets: Vec::new(),
            };
            if out.send(batch).await.is_err() {
                return;
            }
        }
    });
}
