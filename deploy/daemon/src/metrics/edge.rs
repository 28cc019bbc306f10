//! The figures of an edge.

use std::path::PathBuf;
use std::sync::Arc;

use event::Time;
use sensor::Out;
use sensor::uplink::send::{UplinkState, UplinkStatus};
use sensor::uplink::spool::{Accepts, Spool};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::centre::seconds_left;
use super::page::Page;
use super::process;
use super::table::{Figure, Told};
use crate::Clock;
use crate::config::MetricsSection;
use crate::edge::Identity;
use crate::sources::Starting;

/// What the figures are read from.
struct Sight {
    spool: Arc<Spool>,
    uplink: watch::Receiver<UplinkStatus>,
    out: Out,
    clock: Clock,
    started: Time,
    dir: PathBuf,
}

/// Tells the figures of an edge until it stops.
pub(crate) fn start(
    section: &MetricsSection,
    spool: &Arc<Spool>,
    uplink: &watch::Receiver<UplinkStatus>,
    (dir, starting): (PathBuf, &Starting),
    tasks: &mut JoinSet<()>,
) {
    let clock = Arc::clone(&starting.context.clock);
    let sight = Sight {
        spool: Arc::clone(spool),
        uplink: uplink.clone(),
        out: starting.out.clone(),
        started: clock(),
        clock,
        dir,
    };
    let read = Box::new(move || sight.page());
    super::serve(section, read, &starting.stopped, tasks);
}

impl Sight {
    fn page(&self) -> Page {
        let mut page = Page::of(Told::Edge);
        process::put(&mut page, "edge", self.started, &self.dir, &self.out);
        self.put_spool(&mut page);
        self.put_uplink(&mut page);
        // It may have been renewed since.
        if let Ok(identity) = Identity::read(&self.dir) {
            let left = seconds_left(identity.expires(), (self.clock)());
            page.with(Figure::CertificateExpires, &["sensor"], left);
        }
        page
    }

    fn put_spool(&self, page: &mut Page) {
        let status = self.spool.status();
        let state = match status.accepts {
            Accepts::Ok => "ok",
            Accepts::Full => "full",
            Accepts::Failed => "failed",
        };
        page.state(Figure::SpoolState, &["ok", "full", "failed"], state);
        for (lane, own) in status.lanes.iter() {
            let number = lane.number().to_string();
            let lane = [number.as_str()];
            page.with(Figure::SpoolLast, &lane, own.last);
            let waiting = own.last.saturating_sub(own.acknowledged);
            page.with(Figure::SpoolWaiting, &lane, waiting);
            page.with(Figure::SpoolBytes, &lane, own.bytes);
            page.with(Figure::SpoolDropped, &lane, own.dropped);
        }
    }

    fn put_uplink(&self, page: &mut Page) {
        const STATES: [&str; 4] = ["connecting", "connected", "broken", "refused"];
        let status = self.uplink.borrow().clone();
        let state = match status.state {
            UplinkState::Connecting => "connecting",
            UplinkState::Connected => "connected",
            UplinkState::Broken(_) => "broken",
            UplinkState::Refused(..) => "refused",
        };
        page.state(Figure::UplinkState, &STATES, state);
        page.put(Figure::UplinkBodies, status.bodies);
        page.put(Figure::UplinkBytes, status.bytes);
        page.put(Figure::UplinkRate, status.rate);
        page.put(Figure::UplinkBroken, status.broken);
        page.put(Figure::UplinkRefused, status.refused);
        if let Some(time) = status.acknowledged {
            page.put(Figure::UplinkAcknowledged, time);
        }
    }
}
