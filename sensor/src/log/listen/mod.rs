//! Sources that are sent to: syslog over UDP, TCP and TLS, flow exports over UDP.
//!
//! Plain protocols have no secret to know a sender by, so each source says whom it takes (`allow`).
//! One thread accepts, one reads each connection; who is slow, or floods, holds up its own
//! connection only, and a full queue behind makes every sender wait. What the kernel threw away
//! before it was read is declared.

mod drops;
mod tcp;
pub(super) mod tls;
mod udp;

#[cfg(test)]
mod tests;

use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use event::{Networks, Time};
use ipnet::IpNet;

use super::counts::{self, Counts};
use super::flow::Flows;
use super::format::Lines;
use crate::config::{Limits, ListenConfig, Spoken, Transport};
use crate::error::{Error, Result};
use crate::json::Json;
use crate::origin::{Made, Sender};
use crate::run::Stop;
use crate::status::Status;

/// How long to wait for bytes before looking at clock and orders.
const ROUND: Duration = Duration::from_millis(100);

/// What the threads of one source share.
pub(super) struct Shared {
    allow: Vec<IpNet>,
    counts: Mutex<Counts>,
    refused: AtomicU64,
    pub(super) open: AtomicU64,
}

impl Shared {
    fn new(config: &ListenConfig) -> Self {
        Self {
            allow: config.allow.clone(),
            counts: Mutex::default(),
            refused: AtomicU64::new(0),
            open: AtomicU64::new(0),
        }
    }

    /// Whether a sender is one that the source takes; one that is not is counted.
    pub(super) fn admits(&self, from: IpAddr) -> bool {
        let from = from.to_canonical();
        let known = self.allow.iter().any(|network| network.contains(&from));
        if !known {
            self.refuse();
        }
        known
    }

    pub(super) fn refuse(&self) {
        self.refused.fetch_add(1, Ordering::Relaxed);
    }

    /// Hands events over and counts them.
    pub(super) fn give(&self, made: &mut Vec<Made>, seen: Time, sender: &mut Sender) -> Result<()> {
        let mut own = Counts::default();
        counts::give(made, seen, sender, &mut own);
        self.counts
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .join(own);
        if sender.is_full() {
            sender.flush()?;
        }
        Ok(())
    }

    pub(super) fn write(&self, json: &mut Json) {
        let counts = *self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.write(json);
        json.number("connections", self.open.load(Ordering::Relaxed));
        json.number("refused", self.refused.load(Ordering::Relaxed));
    }
}

/// Listens until told to stop.
pub(crate) fn run(
    config: &ListenConfig,
    limits: &Limits,
    lines: Lines,
    networks: Arc<Networks>,
    sender: Sender,
    stop: &Stop,
) -> Result<()> {
    let shared = Arc::new(Shared::new(config));
    match (config.spoken, config.transport) {
        (Spoken::Flow, _) => {
            let flows = Flows::new(&limits.flow, networks);
            udp::run(
                config,
                udp::Reader::Flows(Box::new(flows)),
                &shared,
                sender,
                stop,
            )
        }
        (Spoken::Syslog, Transport::Udp) => {
            let reader = udp::Reader::lines(lines.listener(), &limits.log);
            udp::run(config, reader, &shared, sender, stop)
        }
        (Spoken::Syslog, Transport::Tcp | Transport::Tls) => {
            tcp::run(config, &limits.log, lines.listener(), &shared, sender, stop)
        }
    }
}

/// The error of an address that cannot be listened on.
pub(super) fn cannot(address: SocketAddr, reason: impl std::fmt::Display) -> Error {
    Error::Listen {
        address,
        reason: reason.to_string(),
    }
}

/// Says how a source is, when it is time.
fn speak(status: &mut Status, sender: &mut Sender, write: impl FnOnce(&mut Json)) -> Result<()> {
    if status.is_due(sender.origin.now()) {
        let made = status.made("running", &sender.origin, write);
        sender.push(made)?;
    }
    sender.tick()?;
    Ok(())
}
