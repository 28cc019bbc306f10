//! The one way to start a source: the kinds of input are a closed list and one `match`.

use std::sync::Arc;

use jiff::tz::TimeZone;
use tokio::sync::watch;

use crate::config::{Limits, LogFormat, SourceConfig, SourceKind};
use crate::error::{Error, Result};
use crate::log::{self, Lines};
use crate::origin::{Context, Origin, Sender};
use crate::out::Out;
use crate::packet;

/// The order to stop: a value that turns true, or whose sender is gone.
#[derive(Clone, Debug)]
pub struct Stop(watch::Receiver<bool>);

impl Stop {
    /// Listens to a sender.
    pub fn new(receiver: watch::Receiver<bool>) -> Self {
        Self(receiver)
    }

    /// Whether to stop now.
    pub fn is_set(&self) -> bool {
        *self.0.borrow() || self.0.has_changed().is_err()
    }

    /// Waits for the order.
    pub async fn wait(&mut self) {
        // An error says that the sender is gone, which is the order too.
        drop(self.0.wait_for(|stop| *stop).await);
    }
}

/// Runs a source until its input ends or it is told to stop. What it has sent is durable then.
///
/// # Errors
/// What an operator can mend: a file that cannot be read, an interface that cannot be opened, a
/// receiver that is gone. Bad input is never an error: it becomes an event.
pub async fn run(
    source: SourceConfig,
    limits: Arc<Limits>,
    context: Context,
    out: Out,
    stop: Stop,
) -> Result<()> {
    limits.check()?;
    let zone = zone(source.zone.as_deref())?;
    let networks = Arc::clone(&context.networks);
    let sender = Sender::new(Origin::new(&source, context), out);
    if let SourceKind::Agent(config) = &source.kind {
        let lines = Lines::new(LogFormat::Auto, networks, zone);
        return log::run_agents(config, &limits, lines, sender, stop).await;
    }
    // On this thread, not on the worker: privileges are dropped here, and the worker inherits none.
    let live = match &source.kind {
        SourceKind::Interface(config) => Some(packet::open_live(config)?),
        _ => None,
    };
    let work = move || match &source.kind {
        SourceKind::Capture(config) => packet::source::run(config, &limits, sender, &stop),
        SourceKind::Interface(config) => match live {
            Some(live) => packet::run_live(live, config, &limits.packet, sender, &stop),
            None => Ok(()),
        },
        SourceKind::File(config) => {
            let lines = Lines::new(config.format, networks, zone);
            log::source::run(config, &limits, lines, sender, &stop)
        }
        SourceKind::Listen(config) => {
            let lines = Lines::new(config.format, Arc::clone(&networks), zone);
            log::run_listener(config, &limits, lines, networks, sender, &stop)
        }
        SourceKind::Agent(_) => Ok(()),
        SourceKind::Journal => {
            let lines = Lines::new(LogFormat::Journal, networks, zone);
            log::run_journal(&limits.log, lines, sender, &stop)
        }
    };
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|_| Error::Worker)?
}

fn zone(name: Option<&str>) -> Result<TimeZone> {
    match name {
        None => Ok(TimeZone::UTC),
        Some(name) => TimeZone::get(name).map_err(|_| Error::Zone(name.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_zones_that_the_manual_names_are_known_where_the_system_has_them() {
        assert!(zone(None).is_ok());
        assert!(zone(Some("Mars/Dome")).is_err());
        if std::path::Path::new("/usr/share/zoneinfo/Asia/Ho_Chi_Minh").exists() {
            assert!(zone(Some("Asia/Ho_Chi_Minh")).is_ok());
        }
    }
}
