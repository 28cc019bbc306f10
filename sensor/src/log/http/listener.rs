//! The listener of a source: who is let in, over what, and what it says of itself.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ipnet::IpNet;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use super::Reader;
use super::body::Room;
use super::serve;
use super::tokens::Tokens;
use crate::config::{AgentConfig, HttpLimits, Limits, Protocol};
use crate::error::{Error, Result};
use crate::json::Json;
use crate::log::counts::{self, Counts};
use crate::log::format::Lines;
use crate::log::listen::{cannot, tls};
use crate::origin::{Made, Sender};
use crate::out::Ticket;
use crate::run::Stop;
use crate::status::Status;

/// How often it is looked at whether a source must speak.
const ROUND: Duration = Duration::from_secs(1);
/// A handshake of TLS has this long.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// What is under way when it is time to stop has this long.
const PARTING: Duration = Duration::from_secs(5);

/// What all connections of a source share.
pub(super) struct Shared {
    pub(super) protocol: Protocol,
    pub(super) tokens: Tokens,
    pub(super) limits: HttpLimits,
    pub(super) reader: Reader,
    pub(super) room: Room,
    pub(super) places: Arc<Semaphore>,
    allow: Option<Vec<IpNet>>,
    sender: Sender,
    counts: Mutex<Counts>,
    requests: AtomicU64,
    refused: AtomicU64,
    open: AtomicU64,
}

impl Shared {
    /// Whether a sender is one that the source takes; one that is not is counted.
    fn admits(&self, from: SocketAddr) -> bool {
        let from = from.ip().to_canonical();
        let known = |allow: &Vec<IpNet>| allow.iter().any(|network| network.contains(&from));
        let admitted = self.allow.as_ref().is_none_or(known);
        if !admitted {
            self.refuse();
        }
        admitted
    }

    pub(super) fn refuse(&self) {
        self.refused.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn note_request(&self) {
        self.requests.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn now(&self) -> event::Time {
        self.sender.origin.now()
    }

    /// Hands events over, on a thread outside the runtime. The ticket is that of the last batch; batches
    /// become durable in order.
    pub(super) fn give(&self, made: Vec<Made>, seen: event::Time) -> Result<Option<Ticket>> {
        let mut sender = self.sender.another();
        let mut own = Counts::default();
        let mut one = Vec::with_capacity(1);
        for made in made {
            one.push(made);
            counts::give(&mut one, seen, &mut sender, &mut own);
            if sender.is_full() {
                sender.flush()?;
            }
        }
        let ticket = sender.ticket()?;
        self.counts
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .join(own);
        Ok(ticket)
    }

    fn write(&self, json: &mut Json) {
        let counts = *self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.write(json);
        json.number("requests", self.requests.load(Ordering::Relaxed));
        json.number("connections", self.open.load(Ordering::Relaxed));
        json.number("refused", self.refused.load(Ordering::Relaxed));
    }
}

/// Listens until told to stop.
pub(crate) async fn run(
    config: &AgentConfig,
    limits: &Limits,
    lines: Lines,
    sender: Sender,
    mut stop: Stop,
) -> Result<()> {
    let tokens = Tokens::read(&config.token_file);
    let tls = match &config.tls {
        None => None,
        Some((certificate, key)) => {
            let config = tls::server_config(config.listen, certificate, key)?;
            Some(TlsAcceptor::from(config))
        }
    };
    let shared = Arc::new(Shared {
        protocol: config.protocol,
        tokens: tokens.map_err(|reason| cannot(config.listen, reason))?,
        limits: limits.http.clone(),
        reader: Reader::new(lines, limits),
        room: Room::new(limits.http.held_bytes),
        places: Arc::new(Semaphore::new(limits.http.bodies)),
        allow: config.allow.clone(),
        sender: sender.another(),
        counts: Mutex::default(),
        requests: AtomicU64::new(0),
        refused: AtomicU64::new(0),
        open: AtomicU64::new(0),
    });
    let failed = |reason: std::io::Error| cannot(config.listen, reason);
    let listener = TcpListener::bind(config.listen).await.map_err(failed)?;
    config.tell(listener.local_addr().map_err(failed)?);
    let door = Door {
        listener,
        tls,
        shared: Arc::clone(&shared),
        room: Arc::new(Semaphore::new(config.connections)),
    };
    let speaking = tokio::task::spawn_blocking({
        let (shared, stop) = (Arc::clone(&shared), stop.clone());
        move || speak(&shared, sender, &stop)
    });
    let mut open = JoinSet::new();
    door.take(&mut open, &mut stop).await;
    drop(door);
    let ended = async { while open.join_next().await.is_some() {} };
    drop(tokio::time::timeout(PARTING, ended).await);
    open.shutdown().await;
    let sender = speaking.await.map_err(|_| Error::Worker)??;
    let said = move || -> Result<()> {
        let (mut sender, now) = (sender, shared.now());
        let made = Status::new(now).made("ended", &sender.origin, |json| shared.write(json));
        sender.push(made)?;
        Ok(sender.finish()?)
    };
    tokio::task::spawn_blocking(said)
        .await
        .map_err(|_| Error::Worker)?
}

/// Says how the source is, when it is time, until it is time to stop.
fn speak(shared: &Shared, mut sender: Sender, stop: &Stop) -> Result<Sender> {
    let mut status = Status::new(sender.origin.now());
    while !stop.is_set() {
        std::thread::sleep(ROUND / 10);
        if status.is_due(sender.origin.now()) {
            let made = status.made("running", &sender.origin, |json| shared.write(json));
            sender.push(made)?;
            sender.flush()?;
        }
    }
    Ok(sender)
}

/// Where connections come in.
struct Door {
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    shared: Arc<Shared>,
    room: Arc<Semaphore>,
}

impl Door {
    async fn take(&self, open: &mut JoinSet<()>, stop: &mut Stop) {
        loop {
            let accepted = tokio::select! {
                accepted = self.listener.accept() => accepted,
                () = stop.wait() => return,
            };
            while open.try_join_next().is_some() {}
            let (stream, from) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Out of descriptors, or the peer was gone before it was taken.
                    tracing::warn!(%error, "a connection could not be taken");
                    tokio::time::sleep(ROUND / 10).await;
                    continue;
                }
            };
            if !self.shared.admits(from) {
                continue;
            }
            match Arc::clone(&self.room).try_acquire_owned() {
                Ok(place) => {
                    let (shared, tls) = (Arc::clone(&self.shared), self.tls.clone());
                    open.spawn(connection(shared, stream, from, tls, stop.clone(), place));
                }
                Err(_) => {
                    self.shared.refuse();
                    tracing::warn!(%from, "refused a connection: the source's connections are in use");
                }
            }
        }
    }
}

async fn connection(
    shared: Arc<Shared>,
    stream: TcpStream,
    from: SocketAddr,
    tls: Option<TlsAcceptor>,
    stop: Stop,
    place: OwnedSemaphorePermit,
) {
    shared.open.fetch_add(1, Ordering::Relaxed);
    // Answers are small and waited for.
    stream.set_nodelay(true).unwrap_or_default();
    match tls {
        None => serve::connection(&shared, stream, from, stop).await,
        Some(tls) => match tokio::time::timeout(HANDSHAKE, tls.accept(stream)).await {
            Ok(Ok(stream)) => serve::connection(&shared, stream, from, stop).await,
            Ok(Err(error)) => tracing::debug!(%from, %error, "no TLS handshake"),
            Err(_) => tracing::debug!(%from, "no TLS handshake in time"),
        },
    }
    shared.open.fetch_sub(1, Ordering::Relaxed);
    drop(place);
}
