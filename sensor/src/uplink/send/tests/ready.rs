//! A body that is made ready while another is on its way is the body that would be built then, or is not used.

use super::super::lanes::{Lanes, Load};
use super::*;

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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_and_without_what_is_ready_the_same_bodies_leave() {
    let dir = tempfile::tempdir().unwrap();
    let spool = filled(dir.path()).await;
    let (mut eager, mut lazy) = (lanes(&spool), lanes(&spool));
    let (mut bodies, mut used) = (0, 0);
    loop {
        let (own, twin) = (
            next(&mut eager, &spool).await,
            next(&mut lazy, &spool).await,
        );
        let (Some(own), Some(twin)) = (&own, &twin) else {
            assert!(own.is_none() && twin.is_none());
            break;
        };
        assert_eq!((own.lane, &own.packed), (twin.lane, &twin.packed));
        bodies += 1;
        // Only the first of the two is asked again while its body is on its way.
        assert!(next(&mut eager, &spool).await.is_none());
        used += u32::from(eager.is_ready());
        landed(&mut eager, &spool, own);
        landed(&mut lazy, &spool, twin);
    }
    assert!(bodies > 3, "{bodies}");
    assert!(used > 1, "{used}");
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
    assert_eq!((again.lane, again.first), (first.lane, first.first));
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
