//! The centre's side of its edges: who may deliver, over what, and how they get there.
//!
//! [`ca`] issues certificates, [`tls`] asks for them, [`router`] answers, [`registry`] knows who is who.

mod ca;
mod registry;
mod router;
mod silence;
mod tls;

#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use engine::journal::Journal;
use engine::rule::Sites;
use engine::store::Store;
use rustls::ServerConfig;
use sensor::Out;
use sensor::uplink::receive::Receiver;
use tokio::sync::watch;
use tokio::task::JoinSet;

pub(crate) use ca::{Ca, fingerprint, write_secret};
use registry::Registry;
pub(crate) use router::EdgePeer;
use router::Edges;

use crate::config::{Config, EdgesSection, check_pushed};
use crate::intake::Offsets;
use crate::{Clock, listen};

/// What the edges' listener is made of.
pub(crate) struct Parts<'a> {
    pub(crate) config: &'a Config,
    pub(crate) dir: &'a Path,
    pub(crate) store: &'a Arc<Store>,
    pub(crate) journal: &'a Arc<Journal>,
    pub(crate) sites: &'a Arc<Sites>,
    pub(crate) offsets: &'a Offsets,
    pub(crate) out: Out,
    pub(crate) clock: &'a Clock,
    pub(crate) exercise: bool,
}

/// How often the listener's own certificate is looked at.
const LOOK: Duration = Duration::from_secs(3_600);

/// Starts to take what edges deliver, where the configuration says so; says where.
pub(crate) async fn start(
    parts: Parts<'_>,
    stopped: &watch::Receiver<bool>,
    tasks: &mut JoinSet<()>,
) -> Result<Option<(SocketAddr, web::EdgesInfo)>> {
    let Parts {
        config,
        dir,
        store,
        journal,
        sites,
        offsets,
        out,
        clock,
        exercise,
    } = parts;
    let section = &config.edges;
    let Some(address) = section.listen else {
        return Ok(None);
    };
    let ca = Ca::open(section, dir, clock()).context("cannot use the CA of the sensors")?;
    let ca = Arc::new(ca);
    let (give, acceptors) = watch::channel(tls::server_config(&ca, section, clock())?);
    let receiver = Receiver::new(
        out.clone(),
        section.wire(),
        &config.sensor.name,
        Arc::clone(clock),
        &offsets.all(),
    );
    let registry = Registry::new(store, sites, clock, exercise);
    registry
        .spread_networks()
        .context("cannot tell the sensors the networks")?;
    let edges = Edges {
        receiver: Arc::new(receiver),
        registry,
        ca: Arc::clone(&ca),
        out,
        journal: Arc::clone(journal),
        room: tokio::sync::Semaphore::new(section.bodies),
        body: section.wire().body,
        clock: Arc::clone(clock),
    };
    let listener = tokio::net::TcpListener::bind(address)
        .await
        .with_context(|| {
            format!("cannot listen on {address}; set edges.listen to a free address")
        })?;
    let bound = listener.local_addr().context("cannot read the address")?;
    let known = web::EdgesInfo {
        ca: hex(&fingerprint(ca.der())),
        url: url(&section.names, bound),
        check: check_pushed,
    };
    let (router, most) = (router::router(Arc::new(edges)), section.connections);
    let stop = stopped.clone();
    tasks.spawn(listen::serve_edges(listener, acceptors, router, most, stop));
    tasks.spawn(silence::watch(
        Arc::clone(store),
        Arc::clone(sites),
        Arc::clone(clock),
        exercise,
        stopped.clone(),
    ));
    let own = Listener {
        ca,
        section: section.clone(),
        clock: Arc::clone(clock),
    };
    tasks.spawn(own.keep_certificate(give, stopped.clone()));
    tracing::info!(address = %bound, "sensors may deliver");
    Ok(Some((bound, known)))
}

/// What the listener's certificate is made of.
struct Listener {
    ca: Arc<Ca>,
    section: EdgesSection,
    clock: Clock,
}

impl Listener {
    /// Makes the certificate anew, long before it ends.
    async fn keep_certificate(
        self,
        give: watch::Sender<Arc<ServerConfig>>,
        mut stop: watch::Receiver<bool>,
    ) {
        loop {
            tokio::select! {
                _ = stop.wait_for(|stop| *stop) => return,
                () = tokio::time::sleep(LOOK) => {}
            }
            match tls::server_config(&self.ca, &self.section, (self.clock)()) {
                Ok(fresh) => drop(give.send_replace(fresh)),
                Err(error) => {
                    tracing::error!(%error, "cannot renew the certificate of edges.listen");
                }
            }
        }
    }
}

/// The address under which sensors look for the centre, as far as it is known here.
fn url(names: &[String], bound: SocketAddr) -> String {
    let own = bound.ip().to_string();
    let name = names.first().map_or(own.as_str(), String::as_str);
    let name = if bound.ip().is_unspecified() && names.is_empty() {
        "CENTRE"
    } else {
        name
    };
    let bracketed = name.contains(':');
    let (open, close) = if bracketed { ("[", "]") } else { ("", "") };
    format!("https://{open}{name}{close}:{}", bound.port())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
