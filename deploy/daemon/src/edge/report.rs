//! What an edge says of itself: a `sensor.status` every ten seconds, and a file for `haidang status`.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use event::Batch;
use sensor::Stop;
use sensor::uplink::send::{UplinkState, UplinkStatus};
use sensor::uplink::spool::Spool;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::sync::watch;

use super::bundles::{Bundles, Configured};
use super::sources::{Heard, SourceReport};
use super::updates::{Updated, updated};
use super::{Identity, VERSION};
use crate::config::{OWN_SOURCE, UpdateSection};
use crate::sources::{self, Starting};

/// The file in the data folder.
pub const REPORT: &str = "status.json";
const EVERY: Duration = Duration::from_secs(10);
/// The file is not written more often than this.
const PAUSE: Duration = Duration::from_secs(1);

/// How an edge is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// When it was written, RFC 3339.
    pub time: String,
    /// The sensor.
    pub sensor: String,
    /// The version of its program.
    pub version: String,
    /// The centre.
    pub centre: String,
    /// connecting, connected, broken or refused.
    pub uplink: String,
    /// Why it is broken or refused.
    pub reason: Option<String>,
    /// When the centre last acknowledged something.
    pub acknowledged: Option<String>,
    /// Bytes a second that leave.
    pub rate: u64,
    /// Events that the centre did not take because of their site; they were declared.
    #[serde(default)]
    pub foreign_events: u64,
    /// The sites that it refuses now.
    #[serde(default)]
    pub foreign_sites: Vec<String>,
    /// Whether the spool accepts: ok, full or failed.
    pub spool: String,
    /// The lanes of the spool.
    pub lanes: Vec<LaneReport>,
    /// When the certificate ends.
    pub certificate_expires: String,
    /// What the centre configured.
    #[serde(default)]
    pub configuration: Configured,
    /// The update that the centre offered.
    #[serde(default)]
    pub update: Updated,
    /// The sources.
    #[serde(default)]
    pub sources: Vec<SourceReport>,
}

/// How a lane is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LaneReport {
    /// 1, 2 or 3.
    pub lane: u8,
    /// Events that the centre does not have yet.
    pub waiting: u64,
    /// Bytes on disk.
    pub bytes: u64,
    /// Events let go since the start.
    pub dropped: u64,
    /// The last number given.
    pub last: u64,
}

/// Who speaks for an edge.
pub(super) struct Voice {
    pub(super) update: UpdateSection,
    pub(super) identity: Identity,
    pub(super) centre: String,
    pub(super) spool: Arc<Spool>,
    pub(super) uplink: watch::Receiver<UplinkStatus>,
    pub(super) site: String,
    pub(super) heard: Heard,
    pub(super) dir: PathBuf,
}

impl Voice {
    /// Speaks until it is told to stop.
    pub(super) async fn speak(self, starting: Starting) {
        let mut stop = Stop::new(starting.stopped.clone());
        let own = sources::own_source(&self.site);
        loop {
            let report = self.report((starting.context.clock)().to_string());
            self.write(&report);
            let said = json!({
                "event_type": "sensor.status", "source": OWN_SOURCE, "status": "running",
                "dropped": 0, "version": VERSION, "sensor": report.sensor,
                "uplink": { "state": report.uplink, "rate": report.rate, "reason": report.reason,
                    "acknowledged": report.acknowledged, "foreign_events": report.foreign_events,
                    "foreign_sites": report.foreign_sites },
                "spool": { "accepts": report.spool, "lanes": report.lanes },
                "certificate": { "expires": report.certificate_expires },
                "configuration": report.configuration, "update": report.update, "sources": brief(&report.sources),
            });
            let batch = Batch {
                events: vec![sources::status_event(&starting.context, &own, &said)],
                ..Batch::default()
            };
            tokio::select! {
                () = stop.wait() => return,
                sent = starting.out.send(batch) => if sent.is_err() { return },
            }
            tokio::select! {
                () = stop.wait() => return,
                () = tokio::time::sleep(EVERY) => {}
                () = self.tell_changes(&starting) => {}
            }
        }
    }

    /// Keeps the file true while the uplink changes its state: whoever looks at a box that was just started wants
    /// to know now.
    async fn tell_changes(&self, starting: &Starting) {
        let mut uplink = self.uplink.clone();
        loop {
            let known = self.uplink.borrow().state.clone();
            let changed = uplink.wait_for(|status| status.state != known).await;
            if changed.map(drop).is_err() {
                return std::future::pending().await;
            }
            self.write(&self.report((starting.context.clock)().to_string()));
            tokio::time::sleep(PAUSE).await;
        }
    }

    fn report(&self, time: String) -> Report {
        // The certificate may have been renewed since.
        let identity = Identity::read(&self.dir).unwrap_or_else(|_| self.identity.clone());
        let (spool, uplink) = (self.spool.status(), self.uplink.borrow().clone());
        let (word, reason) = match uplink.state {
            UplinkState::Connecting => ("connecting", None),
            UplinkState::Connected => ("connected", None),
            UplinkState::Broken(reason) => ("broken", Some(reason)),
            UplinkState::Refused(code, message) => ("refused", Some(format!("{code}: {message}"))),
        };
        let lanes = spool.lanes.iter().map(|(lane, own)| LaneReport {
            lane: lane.number(),
            waiting: own.last.saturating_sub(own.acknowledged),
            bytes: own.bytes,
            dropped: own.dropped,
            last: own.last,
        });
        Report {
            time,
            sensor: identity.sensor.clone(),
            version: VERSION.to_owned(),
            centre: self.centre.clone(),
            uplink: word.to_owned(),
            reason,
            acknowledged: uplink.acknowledged.map(|time| time.to_string()),
            rate: uplink.rate,
            foreign_events: uplink.foreign,
            foreign_sites: uplink.foreign_sites,
            spool: spool.accepts.name().to_owned(),
            lanes: lanes.collect(),
            certificate_expires: identity.expires().to_string(),
            configuration: Bundles::new(&self.dir).state(),
            update: updated(&self.dir, &self.update),
            sources: self.heard.all(),
        }
    }

    /// For `haidang status`, which looks just when the disk is full: then there is no room for a file beside, and what
    /// is there is written over.
    fn write(&self, report: &Report) {
        let (path, next) = (self.dir.join(REPORT), self.dir.join("status.next"));
        let text = serde_json::to_string_pretty(report).unwrap_or_default();
        let written = std::fs::write(&next, &text).and_then(|()| std::fs::rename(&next, &path));
        if let Err(error) = written.or_else(|_| write_over(&path, text.as_bytes())) {
            tracing::debug!(%error, "cannot write the status file");
        }
    }
}

fn write_over(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = std::fs::File::options().write(true).open(path)?;
    file.write_all(bytes)?;
    file.set_len(bytes.len() as u64)
}

/// The sources as the centre is told them: their own status it has from themselves.
fn brief(sources: &[SourceReport]) -> Vec<serde_json::Value> {
    let told = sources.iter();
    told.map(|source| json!({ "id": source.id, "kind": source.kind, "site": source.site }))
        .collect()
}
