//! The centre's side of its edges: who may deliver, over what, and how they get there.
//!
//! [`ca`] issues certificates, [`tls`] asks for them, [`router`] answers, [`registry`] knows who is who.

mod ca;
mod instance;
mod places;
mod registry;
mod router;
mod silence;
mod tls;
mod updates;

#[cfg(test)]
pub(crate) mod tests;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use engine::rollout::Rollouts;
use engine::rule::Sites;
use rustls::ServerConfig;
use sensor::Out;
use sensor::uplink::receive::Receiver;
use tokio::sync::watch;
use tokio::task::JoinSet;

pub(crate) use ca::{Ca, fingerprint, write_secret};
use registry::Registry;
pub(crate) use router::EdgePeer;
use router::{Edges, Patience};

use crate::config::{Config, EdgesSection, check_pushed};
use crate::{Clock, listen, parts as core};

/// What the edges' listener is made of.
pub(crate) struct Parts<'a> {
    pub(crate) config: &'a Config,
    pub(crate) dir: &'a Path,
    pub(crate) core: &'a core::Parts,
    pub(crate) sites: &'a Arc<Sites>,
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
        core,
        sites,
        clock,
        exercise,
        ..
    } = parts;
    let section = &config.edges;
    let Some(address) = section.listen else {
        return Ok(None);
    };
    let ca = Ca::open(section, dir, clock()).context("cannot use the CA of the sensors")?;
    let ca = Arc::new(ca);
    let (give, acceptors) = watch::channel(tls::server_config(&ca, section, clock())?);
    let edges = parts.shared(&ca);
    edges
        .registry
        .spread_networks()
        .context("cannot tell the sensors the networks")?;
    let listener = tokio::net::TcpListener::bind(address)
        .await
        .with_context(|| {
            format!("cannot listen on {address}; set edges.listen to a free address")
        })?;
    let bound = listener.local_addr().context("cannot read the address")?;
    let known = web::EdgesInfo {
        ca: crate::hex(&fingerprint(ca.der())),
        url: url(&section.names, bound),
        check: check_pushed,
        rollouts: Arc::clone(&edges.rollouts),
        check_update: updates::publishable(config.update.certificate.clone()),
        publishing: Arc::default(),
        refusals: edges.registry.refusals(),
    };
    let most = (section.connections, section.sensor_bodies);
    let router = router::router(Arc::new(edges));
    let (stop, counts) = (stopped.clone(), Arc::clone(&core.edge_counts));
    tasks.spawn(listen::serve_edges(
        listener,
        acceptors,
        router,
        (most, counts),
        stop,
    ));
    tasks.spawn(silence::watch(
        Arc::clone(&core.store),
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

impl Parts<'_> {
    /// What the handlers share.
    fn shared(&self, ca: &Arc<Ca>) -> Edges {
        let (core, section) = (self.core, &self.config.edges);
        let receiver = Receiver::new(
            self.out.clone(),
            section.wire(),
            &self.config.sensor.name,
            Arc::clone(self.clock),
            &core.offsets.all(),
        );
        let registry = Registry::new(
            Arc::clone(&core.store),
            Arc::clone(self.sites),
            Arc::clone(self.clock),
            Arc::clone(&core.edge_counts),
            self.exercise,
        );
        Edges {
            receiver: Arc::new(receiver),
            registry,
            rollouts: Arc::new(Rollouts::open(&self.dir.join("updates"))),
            ca: Arc::clone(ca),
            out: self.out.clone(),
            journal: Arc::clone(&core.journal),
            room: tokio::sync::Semaphore::new(section.bodies),
            places: places::Places::new(section.sensor_bodies),
            instances: section.sensor_instances,
            offered: Duration::from_secs(self.config.update.offered_hours.saturating_mul(3_600)),
            order: Duration::from_secs(section.order_seconds),
            patience: Patience {
                piece: Duration::from_secs(section.piece_seconds),
                body: Duration::from_secs(section.body_seconds),
            },
            body: section.wire().body,
            clock: Arc::clone(self.clock),
        }
    }
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
