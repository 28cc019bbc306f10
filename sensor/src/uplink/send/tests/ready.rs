//! What is made ready while a body is on its way is what comes next, or is not used.

use event::Event;

use super::super::lanes::{Lanes, Load};
use super::*;
use crate::uplink::wire::{self, WireFrame};

/// Lanes whose centre has nothing and takes everything.
fn lanes(spool: &Spool) -> Lanes {
    let mut lanes = Lanes::new(spool);
    lanes.acknowledged(spool, &Load::greeting(), &PerLane::default(), u64::MAX);
    lanes
}

async fn next(lanes: &mut Lanes, spool: &Arc<Spool>) -> Option<Load> {
    lanes.next_load(spool, false).await.unwrap()
}

/// The centre has taken a load.
fn landed(lanes: &mut Lanes, spool: &Spool, load: &Load) {
    lanes.came_back(load, Duration::from_secs(100));
    let mut marks = PerLane::default();
    marks[load.lane.unwrap()] = load.last();
    lanes.acknowledged(spool, load, &marks, u64::MAX);
}

async fn filled(dir: &std::path::Path) -> Arc<Spool> {
    let spool = open_spool(dir);
    for round in 0..300 {
        put(&spool, vec![event(Kind::Flow, round); 300]).await;
    }
    spool
}

/// Delivers everything: the frames that left, and how often a body was ready. `eager`: the lanes are asked again
/// while a body is on its way, as they are in life; the slow twin is not.
async fn delivered_by(spool: &Arc<Spool>, eager: bool) -> (Vec<Event>, u32) {
    let (mut lanes, mut events, mut ready) = (lanes(spool), Vec::new(), 0);
    while let Some(load) = next(&mut lanes, spool).await {
        if eager {
            assert!(next(&mut lanes, spool).await.is_none());
            ready += u32::from(lanes.is_ready());
        }
        let frames = wire::read(&load.packed, spool.instance(), WireLimits::default()).unwrap();
        for frame in frames {
            match frame {
                WireFrame::Events { events: own, .. } => events.extend(own),
                WireFrame::Gap { gap, .. } => panic!("{gap:?}"),
            }
        }
        landed(&mut lanes, spool, &load);
    }
    (events, ready)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_and_without_what_is_ready_the_same_events_leave_in_their_order() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (eager, ready) = delivered_by(&filled(one.path()).await, true).await;
    let (lazy, never) = delivered_by(&filled(other.path()).await, false).await;
    assert!(ready > 1 && never == 0, "{ready} {never}");
    assert_eq!((eager.len(), lazy.len()), (90_000, 90_000));
    for (number, (own, twin)) in (1..).zip(eager.iter().zip(&lazy)) {
        assert_eq!((own.id.number, twin.id.number), (number, number));
        assert_eq!(own.record, twin.record);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_ready_is_left_when_the_centre_goes_on_elsewhere() {
    let dir = tempfile::tempdir().unwrap();
    let spool = filled(dir.path()).await;
    let mut lanes = lanes(&spool);
    let first = next(&mut lanes, &spool).await.unwrap();
    assert!(next(&mut lanes, &spool).await.is_none());
    assert!(lanes.is_ready());
    lanes.came_back(&first, Duration::from_secs(100));
    lanes.expected(&spool, Lane::Third, 1);
    let again = next(&mut lanes, &spool).await.unwrap();
    assert_eq!((first.first(), again.first()), (1, 1));
    assert!(!lanes.is_ready());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_ready_goes_with_its_connection() {
    let dir = tempfile::tempdir().unwrap();
    let spool = filled(dir.path()).await;
    let mut lanes = lanes(&spool);
    assert!(next(&mut lanes, &spool).await.is_some());
    assert!(next(&mut lanes, &spool).await.is_none());
    assert!(lanes.is_ready());
    lanes.forget_flights();
    assert!(!lanes.is_ready());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn less_than_what_is_on_its_way_is_not_made_ready() {
    let dir = tempfile::tempdir().unwrap();
    let spool = open_spool(dir.path());
    put(&spool, vec![event(Kind::Dns, 1); 20]).await;
    let mut lanes = lanes(&spool);
    assert!(next(&mut lanes, &spool).await.is_some());
    put(&spool, vec![event(Kind::Dns, 2); 3]).await;
    assert!(next(&mut lanes, &spool).await.is_none());
    assert!(!lanes.is_ready());
}
