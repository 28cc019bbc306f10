//! Events of a site that the centre refuses leave the lane as a declared gap; what stands beside them is delivered.

use event::Event;

use super::super::foreign::{Foreign, count, push};
use super::*;
use crate::uplink::spool::{Gap, GapReason, Piece};

fn of_site(site: &str, mark: u64) -> Event {
    Event {
        site: site.into(),
        ..event(Kind::Dns, mark)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_site_does_not_block_its_lane() {
    let dir = tempfile::tempdir().unwrap();
    let certificates = certificates();
    let spool = open_spool(dir.path());
    for round in 0..5 {
        let site = |n| ["x", "elsewhere", "", "elsewhere", "nowhere"][n];
        let events = (0..5).map(|n| of_site(site(n), round * 5 + n as u64));
        put(&spool, events.collect()).await;
    }
    for round in 0..5 {
        put(&spool, vec![of_site("nowhere", 100 + round); 3]).await;
    }
    let held = Arc::new(Mutex::new(Held::default()));
    let centre = Centre::start(&certificates, Arc::clone(&held)).await;
    let edge = Edge::start(&spool, centre.address, &certificates);
    until("the lane goes on", || delivered(&spool)).await;
    let status = edge.status.borrow().clone();
    assert_eq!(status.state, UplinkState::Connected);
    assert_eq!(status.foreign, 3 * 5 + 15);
    let mut sites = status.foreign_sites;
    sites.sort();
    assert_eq!(sites, ["elsewhere", "nowhere"]);
    edge.end().await;
    let held = held.lock().unwrap();
    assert_eq!((held.events.len(), held.declared, held.twice), (10, 30, 0));
    assert_eq!(centre.connections.load(Ordering::Relaxed), 1);
}

#[test]
fn a_piece_is_cut_at_what_is_refused() {
    let mut foreign = Foreign::default();
    assert!(foreign.is_empty() && !foreign.note("") && foreign.note("b"));
    assert!(!foreign.note("b"), "it was left out already");
    let piece = |sites: &[&str], first| Piece::Events {
        first,
        count: sites.len() as u64,
        payload: event::encode_events(
            &sites
                .iter()
                .map(|site| of_site(site, 1))
                .collect::<Vec<_>>(),
        ),
    };
    let whole = piece(&["a", ""], 7);
    assert_eq!(
        foreign.parts(Lane::Second, whole.clone()),
        [whole],
        "nothing is refused"
    );
    let gap = |first, last| {
        Piece::Gap(Gap {
            first,
            last,
            reason: GapReason::ForeignSite,
        })
    };
    let mut pieces = Vec::new();
    for given in [piece(&["b", "a", "b"], 7), piece(&["b"], 10)] {
        let parts = foreign.parts(Lane::Second, given);
        parts.into_iter().for_each(|part| push(&mut pieces, part));
    }
    assert_eq!(pieces, [gap(7, 7), piece(&["a"], 8), gap(9, 10)]);
    assert_eq!(count(&pieces), 3);
    assert!(foreign.forget() && !foreign.forget());
}
