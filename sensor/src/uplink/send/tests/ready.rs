//! What leaves while other bodies are on their way: in which order, how many, and what becomes of the rest when the
//! centre refuses one of them.

use std::sync::atomic::Ordering;

use event::Event;

use super::super::lanes::{Lanes, Load};
use super::*;
use crate::uplink::wire::{self, WireFrame};

/// Lanes whose centre has nothing and takes everything; so many bodies of the lowest may be on their way.
async fn lanes(spool: &Arc<Spool>, most: usize) -> Lanes {
    let mut lanes = Lanes::new(spool, most, Duration::from_secs(2));
    let greeting = lanes.next_load(spool, true).await.unwrap().unwrap();
    lanes.acknowledged(spool, &greeting, &PerLane::default(), u64::MAX);
    lanes
}

async fn next(lanes: &mut Lanes, spool: &Arc<Spool>) -> Option<Load> {
    lanes.next_load(spool, false).await.unwrap()
}

/// A load that goes next, and leaves.
async fn leaves(lanes: &mut Lanes, spool: &Arc<Spool>) -> Load {
    let load = next(lanes, spool).await.unwrap();
    load.left.store(true, Ordering::Relaxed);
    load
}

/// The centre has taken a load.
fn landed(lanes: &mut Lanes, spool: &Spool, load: &Load) {
    lanes.came_back(load, Duration::from_secs(100));
    let mut marks = PerLane::default();
    marks[load.lane.unwrap()] = load.last();
    lanes.acknowledged(spool, load, &marks, u64::MAX);
}

/// The centre has refused a load.
fn refused(lanes: &mut Lanes, spool: &Spool, load: &Load, expected: u64) {
    lanes.came_back(load, Duration::from_secs(1));
    lanes.hole(spool, load, load.lane.unwrap(), expected);
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
    let (mut lanes, mut events, mut ready) = (lanes(spool, 1).await, Vec::new(), 0);
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
    let mut lanes = lanes(&spool, 4).await;
    let first = next(&mut lanes, &spool).await.unwrap();
    assert!(next(&mut lanes, &spool).await.is_none());
    assert!(lanes.is_ready());
    refused(&mut lanes, &spool, &first, 1);
    let again = next(&mut lanes, &spool).await.unwrap();
    assert_eq!((first.first(), again.first()), (1, 1));
    assert!(!lanes.is_ready());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_ready_goes_with_its_connection() {
    let dir = tempfile::tempdir().unwrap();
    let spool = filled(dir.path()).await;
    let mut lanes = lanes(&spool, 4).await;
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
    let mut lanes = lanes(&spool, 4).await;
    assert!(next(&mut lanes, &spool).await.is_some());
    put(&spool, vec![event(Kind::Dns, 2); 3]).await;
    assert!(next(&mut lanes, &spool).await.is_none());
    assert!(!lanes.is_ready());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bodies_leave_one_behind_the_other_up_to_the_limit() {
    let dir = tempfile::tempdir().unwrap();
    let spool = filled(dir.path()).await;
    let mut lanes = lanes(&spool, 3).await;
    let first = next(&mut lanes, &spool).await.unwrap();
    assert!(next(&mut lanes, &spool).await.is_none(), "one leaves");
    first.left.store(true, Ordering::Relaxed);
    let second = leaves(&mut lanes, &spool).await;
    let third = leaves(&mut lanes, &spool).await;
    assert_eq!(
        (second.first(), third.first()),
        (first.last() + 1, second.last() + 1)
    );
    assert!(
        next(&mut lanes, &spool).await.is_none(),
        "three are on their way"
    );
    // What is more urgent has a place of its own.
    put(&spool, vec![event(Kind::Anomaly, 1); 3]).await;
    let urgent = leaves(&mut lanes, &spool).await;
    assert_eq!(urgent.lane, Some(Lane::First));
    landed(&mut lanes, &spool, &first);
    assert!(
        next(&mut lanes, &spool).await.is_none(),
        "the urgent one counts"
    );
    landed(&mut lanes, &spool, &urgent);
    let fourth = leaves(&mut lanes, &spool).await;
    assert_eq!(fourth.first(), third.last() + 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_urgent_body_overtakes_one_that_leaves() {
    let dir = tempfile::tempdir().unwrap();
    let spool = filled(dir.path()).await;
    let mut lanes = lanes(&spool, 4).await;
    let flows = next(&mut lanes, &spool).await.unwrap();
    put(&spool, vec![event(Kind::Anomaly, 1); 3]).await;
    let urgent = next(&mut lanes, &spool).await.unwrap();
    assert_eq!(
        (flows.lane, urgent.lane),
        (Some(Lane::Third), Some(Lane::First))
    );
    flows.left.store(true, Ordering::Relaxed);
    assert!(
        next(&mut lanes, &spool).await.is_none(),
        "the urgent one leaves first"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_quiet_lane_what_comes_meanwhile_waits_and_holds_up_nobody() {
    let dir = tempfile::tempdir().unwrap();
    let spool = filled(dir.path()).await;
    let mut lanes = lanes(&spool, 4).await;
    put(&spool, vec![event(Kind::Dns, 1); 3]).await;
    let first = leaves(&mut lanes, &spool).await;
    put(&spool, vec![event(Kind::Dns, 2); 3]).await;
    let flows = leaves(&mut lanes, &spool).await;
    assert_eq!(
        (first.lane, flows.lane),
        (Some(Lane::Second), Some(Lane::Third))
    );
    landed(&mut lanes, &spool, &first);
    assert_eq!(leaves(&mut lanes, &spool).await.first(), 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_the_first_of_several_is_refused_all_are_sent_again() {
    let dir = tempfile::tempdir().unwrap();
    let spool = filled(dir.path()).await;
    let mut lanes = lanes(&spool, 4).await;
    let sent = [
        leaves(&mut lanes, &spool).await,
        leaves(&mut lanes, &spool).await,
        leaves(&mut lanes, &spool).await,
    ];
    refused(&mut lanes, &spool, &sent[0], 1);
    let again = leaves(&mut lanes, &spool).await;
    assert_eq!(again.first(), 1);
    // The others' refusals only follow from the first: what leaves again is not begun a third time.
    refused(&mut lanes, &spool, &sent[1], 1);
    let behind = leaves(&mut lanes, &spool).await;
    assert_eq!(behind.first(), again.last() + 1);
    refused(&mut lanes, &spool, &sent[2], 1);
    landed(&mut lanes, &spool, &again);
    landed(&mut lanes, &spool, &behind);
    assert_eq!(leaves(&mut lanes, &spool).await.first(), behind.last() + 1);
    let acknowledged = || spool.status().lanes[Lane::Third].acknowledged;
    until("both are acknowledged", || acknowledged() == behind.last()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_break_what_was_not_acknowledged_leaves_again() {
    let dir = tempfile::tempdir().unwrap();
    let spool = filled(dir.path()).await;
    let mut lanes = lanes(&spool, 4).await;
    let first = leaves(&mut lanes, &spool).await;
    let second = leaves(&mut lanes, &spool).await;
    drop(leaves(&mut lanes, &spool).await);
    // Answers may overtake each other; an older one takes nothing back.
    landed(&mut lanes, &spool, &second);
    landed(&mut lanes, &spool, &first);
    lanes.forget_flights();
    let greeting = lanes.next_load(&spool, true).await.unwrap().unwrap();
    assert!(greeting.lane.is_none());
    let mut marks = PerLane::default();
    marks[Lane::Third] = second.last();
    lanes.acknowledged(&spool, &greeting, &marks, u64::MAX);
    assert_eq!(leaves(&mut lanes, &spool).await.first(), second.last() + 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_hardly_shrinks_is_cut_to_what_the_centre_takes() {
    let dir = tempfile::tempdir().unwrap();
    let spool = open_spool(dir.path());
    for round in 0..40 {
        let mut noise = vec![0; 90_000];
        getrandom::fill(&mut noise).unwrap();
        let noise: String = noise
            .iter()
            .map(|byte| char::from(b'#' + byte % 64))
            .collect();
        let record = format!(
            "{{\"mark\":{round},\"noise\":\"{}\"}}",
            noise.replace('\\', "~")
        );
        let record = event::Record::new(record.into_bytes());
        put(
            &spool,
            vec![
                Event {
                    record,
                    ..event(Kind::Dns, round)
                };
                1
            ],
        )
        .await;
    }
    let mut lanes = lanes(&spool, 4).await;
    let mut held = 0;
    for _ in 0..20 {
        let Some(load) = next(&mut lanes, &spool).await else {
            break;
        };
        load.left.store(true, Ordering::Relaxed);
        assert!(load.packed.len() <= 1 << 20, "{}", load.packed.len());
        held = load.last();
        // A line that is fast asks for large bodies.
        lanes.came_back(&load, Duration::from_millis(1));
        let mut marks = PerLane::default();
        marks[Lane::Second] = load.last();
        lanes.acknowledged(&spool, &load, &marks, u64::MAX);
    }
    assert_eq!(held, 40);
}
