//! The figures of a centre.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use engine::index::Searcher;
use engine::journal::{self, Journal};
use engine::pipeline;
use engine::reader::Reader;
use engine::rules::Rulebook;
use engine::store::{Sensor, SourceState, Store};
use event::Time;
use sensor::Out;
use tokio::task::JoinSet;

use super::page::Page;
use super::process;
use super::table::{Figure, Told};
use crate::Clock;
use crate::config::Config;
use crate::parts::Parts;
use crate::sources::Starting;

/// What happened at the sensors' listener since the start.
#[derive(Debug, Default)]
pub(crate) struct EdgeCounts {
    connections: AtomicU64,
    bodies: AtomicU64,
    bytes: AtomicU64,
    refusals: Mutex<BTreeMap<&'static str, u64>>,
}

/// A connection of a sensor, counted while it is there.
pub(crate) struct Connected(Arc<EdgeCounts>);

impl EdgeCounts {
    /// Counts a connection until what is returned goes.
    pub(crate) fn connected(self: &Arc<Self>) -> Connected {
        self.connections.fetch_add(1, Ordering::Relaxed);
        Connected(Arc::clone(self))
    }

    /// Counts a body that was taken.
    pub(crate) fn took(&self, bytes: usize) {
        self.bodies.fetch_add(1, Ordering::Relaxed);
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Counts a refusal; codes are a closed list.
    pub(crate) fn refused(&self, code: &'static str) {
        let mut refusals = self.refusals.lock().unwrap_or_else(PoisonError::into_inner);
        *refusals.entry(code).or_default() += 1;
    }

    fn put(&self, page: &mut Page) {
        page.put(
            Figure::EdgeConnections,
            self.connections.load(Ordering::Relaxed),
        );
        page.put(Figure::EdgeBodies, self.bodies.load(Ordering::Relaxed));
        page.put(Figure::EdgeBytes, self.bytes.load(Ordering::Relaxed));
        let refusals = self.refusals.lock().unwrap_or_else(PoisonError::into_inner);
        for (code, count) in &*refusals {
            page.with(Figure::EdgeRefusals, &[*code], *count);
        }
    }
}

impl Drop for Connected {
    fn drop(&mut self) {
        self.0.connections.fetch_sub(1, Ordering::Relaxed);
    }
}

/// What the figures are read from.
struct Sight {
    store: Arc<Store>,
    journal: Arc<Journal>,
    searcher: Searcher,
    status: Arc<Mutex<pipeline::Status>>,
    rules: Arc<Rulebook>,
    edges: Arc<EdgeCounts>,
    out: Out,
    clock: Clock,
    started: Time,
    dir: PathBuf,
    certificates: Vec<(&'static str, PathBuf)>,
    sources: usize,
    has_edges: bool,
}

/// Tells the figures of a centre until it stops.
pub(crate) fn start(
    core: &Parts,
    config: &Config,
    dir: &Path,
    starting: &Starting,
    tasks: &mut JoinSet<()>,
) {
    let clock = Arc::clone(&starting.context.clock);
    let own = |name: &str| dir.join("tls").join(name);
    let console = config.web.certificate.clone();
    let ca = config.edges.ca_certificate.clone();
    let sight = Sight {
        store: Arc::clone(&core.store),
        journal: Arc::clone(&core.journal),
        searcher: core.searcher.clone(),
        status: Arc::clone(&core.status),
        rules: Arc::clone(&core.rules),
        edges: Arc::clone(&core.edge_counts),
        out: starting.out.clone(),
        started: clock(),
        clock,
        dir: dir.to_owned(),
        certificates: vec![
            ("console", console.unwrap_or_else(|| own("console.crt"))),
            ("sensors_ca", ca.unwrap_or_else(|| own("sensors-ca.crt"))),
        ],
        sources: config.metrics.sources,
        has_edges: config.edges.listen.is_some(),
    };
    let read = Box::new(move || sight.page());
    super::serve(&config.metrics, read, &starting.stopped, tasks);
}

impl Sight {
    fn page(&self) -> Page {
        let mut page = Page::of(Told::Centre);
        process::put(&mut page, "centre", self.started, &self.dir, &self.out);
        self.put_journal(&mut page);
        self.put_pipeline(&mut page);
        let now = (self.clock)();
        for (name, path) in &self.certificates {
            if let Some(left) = certificate_left(path, now) {
                page.with(Figure::CertificateExpires, &[*name], left);
            }
        }
        // What the store does not tell now is left out of the page, and missed there.
        if let Err(error) = self.put_store(&mut page, now) {
            tracing::warn!(%error, "some figures could not be read");
        }
        page
    }

    fn put_journal(&self, page: &mut Page) {
        let status = self.journal.status();
        page.put(Figure::JournalPosition, status.durable);
        page.put(Figure::JournalBytes, status.appended_bytes);
        page.put(Figure::JournalSyncs, status.syncs);
        let state = match status.state {
            journal::State::Ok => "ok",
            journal::State::Full => "full",
            journal::State::Failed => "failed",
        };
        page.state(Figure::JournalState, &["ok", "full", "failed"], state);
        page.put(Figure::JournalReceived, status.received);
        let lost = status.corrupt.iter().map(|lost| lost.last - lost.first + 1);
        page.put(Figure::JournalCorrupt, lost.sum::<u64>());
        page.put(Figure::JournalTorn, status.torn_bytes);
    }

    fn put_pipeline(&self, page: &mut Page) {
        let durable = self.journal.status().durable;
        let status = {
            let held = self.status.lock();
            held.unwrap_or_else(PoisonError::into_inner).clone()
        };
        page.put(Figure::IndexPosition, status.index_position);
        page.put(
            Figure::IndexLag,
            durable.saturating_sub(status.index_position),
        );
        page.put(Figure::IndexEvents, self.searcher.events());
        page.put(Figure::IndexPartitions, self.searcher.partitions().len());
        page.put(Figure::IndexPartial, status.partial);
        page.put(Figure::IndexQuarantined, status.quarantined.len());
        page.put(Figure::PipelineStalled, u64::from(status.stalled.is_some()));
        page.put(Figure::DetectorPosition, status.position);
        page.put(Figure::DetectorLag, durable.saturating_sub(status.position));
        page.put(Figure::DetectorExamined, status.examined);
        page.put(Figure::DetectorLate, status.windows.late);
        page.put(Figure::DetectorEvicted, status.windows.evicted);
        page.put(Figure::SourcesFailing, status.failing.len());
        let book = self.rules.current();
        page.put(Figure::Rules, book.rows().len());
        page.put(Figure::RuleProblems, book.problems().len());
    }

    fn put_store(&self, page: &mut Page, now: Time) -> engine::Result<()> {
        let counts = self.store.counted()?;
        let alerts = counts.alerts;
        for (state, count) in [
            ("new", alerts.new),
            ("acknowledged", alerts.acknowledged),
            ("in_work", alerts.in_work),
            ("closed", alerts.closed),
        ] {
            page.with(Figure::Alerts, &[state], count);
        }
        page.put(Figure::FeedSequence, counts.feed);
        put_sources(page, &self.store.sources(&Reader::local())?, self.sources);
        if self.has_edges {
            self.edges.put(page);
            put_sensors(page, &self.store.sensors()?, now, self.sources);
        }
        Ok(())
    }
}

/// The sources with the most events by name, the others added up: so many series and no more.
fn put_sources(page: &mut Page, sources: &[SourceState], most: usize) {
    const OTHERS: [&str; 2] = ["_others", "_others"];
    let mut sorted: Vec<&SourceState> = sources.iter().collect();
    sorted.sort_by_key(|source| std::cmp::Reverse(source.events));
    page.put(Figure::SourcesLeftOut, sorted.len().saturating_sub(most));
    for (place, source) in sorted.into_iter().enumerate() {
        let named = [source.sensor.as_str(), source.source.as_str()];
        let labels = if place < most { named } else { OTHERS };
        page.with(Figure::SourceEvents, &labels, source.events);
        page.with(Figure::SourceFailed, &labels, source.parse_failed);
        page.with(Figure::SourceDropped, &labels, source.dropped);
        if let Some(received) = source.last_received.filter(|_| place < most) {
            page.with(Figure::SourceReceived, &labels, received);
        }
    }
}

fn put_sensors(page: &mut Page, sensors: &[Sensor], now: Time, most: usize) {
    let (revoked, current): (Vec<_>, Vec<_>) =
        sensors.iter().partition(|sensor| sensor.revoked.is_some());
    page.with(Figure::Sensors, &["current"], current.len());
    page.with(Figure::Sensors, &["revoked"], revoked.len());
    for sensor in current.into_iter().take(most) {
        let name = [sensor.name.as_str()];
        if let Some(seen) = sensor.last_seen {
            page.with(Figure::SensorSeen, &name, seen);
            #[expect(
                clippy::cast_precision_loss,
                reason = "milliseconds of a skew are small"
            )]
            let skew = sensor.said.skew_ms as f64 / 1e3;
            page.with(Figure::SensorSkew, &name, skew);
        }
        if let Some(held) = &sensor.certificate {
            let left = seconds_left(held.expires, now);
            page.with(Figure::SensorCertificate, &name, left);
        }
    }
}

/// Seconds until a certificate in a PEM file ends; none when there is none.
fn certificate_left(path: &Path, now: Time) -> Option<f64> {
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject as _;
    let der = CertificateDer::from_pem_file(path).ok()?;
    let ends = sensor::packet::tls::certificate_ends(&der)?;
    Some(seconds_left(ends, now))
}

/// Below 0 when it has ended.
pub(super) fn seconds_left(ends: Time, now: Time) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "microseconds fit until 2255")]
    let micros = ends.micros().saturating_sub(now.micros()) as f64;
    micros / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_beyond_the_limit_are_added_up() {
        let source = |name: &str, events: u64| SourceState {
            sensor: "xa-1".to_owned(),
            source: name.to_owned(),
            events,
            last_received: Some(Time::EPOCH),
            ..SourceState::default()
        };
        let sources = [source("a", 1), source("b", 20), source("c", 3)];
        let mut page = Page::of(Told::Centre);
        put_sources(&mut page, &sources, 1);
        let text = page.text();
        assert!(
            text.contains("source_events_total{sensor=\"xa-1\",source=\"b\"} 20\n"),
            "{text}"
        );
        assert!(
            text.contains("source_events_total{sensor=\"_others\",source=\"_others\"} 4\n"),
            "{text}"
        );
        assert!(text.contains("haidang_sources_left_out 2\n"), "{text}");
    }
}
