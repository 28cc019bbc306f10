//! The uplink whole, in one process: a spool, a line that breaks, a receiver; nothing is lost, nothing
//! comes twice.

mod foreign;
mod line;
mod ready;
mod skew;

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use event::{Instance, Kind, Lane, PerLane, SourceOffset, decode_events};

use super::*;
use crate::out::Parcel;
use crate::uplink::receive::{Admission, Receiver, Refusal};
use crate::uplink::wire::WireLimits;

use line::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_line_that_breaks_loses_nothing_and_brings_nothing_twice() {
    let dir = tempfile::tempdir().unwrap();
    let certificates = certificates();
    let held = Arc::new(Mutex::new(Held::default()));
    let centre = Centre::start(&certificates, Arc::clone(&held)).await;
    let seed = 20_261_130;
    println!("seed {seed}");
    let cuts = Arc::new(AtomicU64::new(6));
    let line = relay(centre.address, seed, Arc::clone(&cuts)).await;
    let spool = open_spool(dir.path());
    let edge = Edge::start(&spool, line, &certificates);
    let kinds = [Kind::Dns, Kind::Flow, Kind::Dns, Kind::Anomaly];
    for round in 0..60_u64 {
        let events = (0..50).map(|n| {
            let kind = kinds[usize::try_from(n % 4).unwrap()];
            event(kind, round * 50 + n)
        });
        put(&spool, events.collect()).await;
    }
    until("all is acknowledged", || delivered(&spool)).await;
    assert_eq!(edge.status.borrow().state, UplinkState::Connected);
    edge.end().await;
    let held = centre.held.lock().unwrap();
    assert_eq!(
        (held.events.len(), held.twice, held.declared),
        (3_000, 0, 0)
    );
    let marks: std::collections::BTreeSet<u64> = held.events.values().copied().collect();
    assert_eq!(marks.len(), 3_000, "each event once");
    assert_eq!(
        cuts.load(Ordering::Relaxed),
        0,
        "the line was cut as often as it was to be"
    );
    drop(centre.tasks);
}

/// A stopping edge delivers what it holds when nobody renews its certificate any more.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edge_whose_certificate_nobody_renews_delivers_over_one_connection() {
    let dir = tempfile::tempdir().unwrap();
    let certificates = certificates();
    let held = Arc::new(Mutex::new(Held::default()));
    let centre = Centre::start(&certificates, Arc::clone(&held)).await;
    let spool = open_spool(dir.path());
    let mut edge = Edge::start(&spool, centre.address, &certificates);
    drop(edge.renews.take());
    for round in 0..40 {
        put(&spool, vec![event(Kind::Dns, round)]).await;
    }
    until("all is acknowledged", || delivered(&spool)).await;
    edge.end().await;
    assert_eq!(centre.connections.load(Ordering::Relaxed), 1);
    assert_eq!(held.lock().unwrap().events.len(), 40);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waited_leaves_the_most_urgent_first() {
    let dir = tempfile::tempdir().unwrap();
    let certificates = certificates();
    let spool = open_spool(dir.path());
    for round in 0..40 {
        let kinds = [Kind::Flow, Kind::Dns, Kind::Anomaly];
        let events = kinds.map(|kind| (0..160).map(move |_| event(kind, round)));
        put(&spool, events.into_iter().flatten().collect()).await;
    }
    let held = Arc::new(Mutex::new(Held::default()));
    let centre = Centre::start(&certificates, Arc::clone(&held)).await;
    let edge = Edge::start(&spool, centre.address, &certificates);
    until("all is acknowledged", || delivered(&spool)).await;
    edge.end().await;
    let held = held.lock().unwrap();
    let order = &held.first_lanes;
    let last = |lane| order.iter().rposition(|own| *own == lane).unwrap();
    let first = |lane| order.iter().position(|own| *own == lane).unwrap();
    // More than one body of each lane; the last body of a lane may still be on its way when the next lane begins.
    let frames = |lane| order.iter().filter(|own| **own == lane).count();
    assert!(frames(Lane::First) >= 4, "{order:?}");
    assert!(first(Lane::Second) > first(Lane::First));
    assert!(last(Lane::First) < last(Lane::Second), "{order:?}");
    assert!(last(Lane::Second) < last(Lane::Third), "{order:?}");
    assert_eq!(held.events.len(), 19_200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_centre_put_back_from_a_backup_is_told_what_is_gone() {
    let dir = tempfile::tempdir().unwrap();
    let certificates = certificates();
    let spool = open_spool(dir.path());
    let old = Arc::new(Mutex::new(Held::default()));
    let centre = Centre::start(&certificates, Arc::clone(&old)).await;
    let edge = Edge::start(&spool, centre.address, &certificates);
    let many = |count| (0..count).map(|n| event(Kind::Dns, n)).collect::<Vec<_>>();
    put(&spool, many(30)).await;
    until("the first 30", || delivered(&spool)).await;
    let backup = old.lock().unwrap().offsets.clone();
    // Segments of 32 KiB: the first is full and goes, the second stays open.
    for count in [90, 20] {
        put(&spool, many(count)).await;
        until("more", || delivered(&spool)).await;
    }
    put(&spool, many(1)).await;
    until("one more", || delivered(&spool)).await;
    until("the first segment is gone", || {
        spool.oldest(Lane::Second) > 30
    })
    .await;
    let oldest = spool.oldest(Lane::Second);
    edge.end().await;
    drop(centre);
    // The centre of the backup has 30 of the 50; the spool has let go of its first segment.
    let held = Arc::new(Mutex::new(Held {
        offsets: backup,
        ..Held::default()
    }));
    let centre = Centre::start(&certificates, Arc::clone(&held)).await;
    let edge = Edge::start(&spool, centre.address, &certificates);
    put(&spool, many(5)).await;
    until("5 more", || delivered(&spool)).await;
    edge.end().await;
    drop(centre);
    let held = held.lock().unwrap();
    assert_eq!(held.declared, oldest - 31, "from 31 to what is still there");
    let numbers: Vec<u64> = held.events.keys().map(|(_, _, number)| *number).collect();
    assert_eq!(numbers, (oldest..=146).collect::<Vec<_>>());
    assert_eq!(held.twice, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_spool_put_back_from_a_backup_goes_on_behind_what_the_centre_has() {
    let dir = tempfile::tempdir().unwrap();
    let certificates = certificates();
    let held = Arc::new(Mutex::new(Held::default()));
    let centre = Centre::start(&certificates, Arc::clone(&held)).await;
    let spool = open_spool(dir.path());
    let instance = spool.instance();
    put(&spool, vec![event(Kind::Dns, 1)]).await;
    let ahead = SourceOffset {
        source: crate::uplink::receive::UPLINK.into(),
        input: format!("{instance}-2").into(),
        state: "40".into(),
    };
    drop(centre);
    let key = (ahead.source.to_string(), ahead.input.to_string());
    held.lock().unwrap().offsets.insert(key, ahead);
    let centre = Centre::start(&certificates, Arc::clone(&held)).await;
    let edge = Edge::start(&spool, centre.address, &certificates);
    until("the old number is taken for delivered", || {
        delivered(&spool)
    })
    .await;
    put(&spool, vec![event(Kind::Dns, 2)]).await;
    until("the new one is delivered", || delivered(&spool)).await;
    edge.end().await;
    drop(centre);
    let held = held.lock().unwrap();
    let numbers: Vec<u64> = held.events.keys().map(|(_, _, number)| *number).collect();
    assert_eq!(numbers, [41]);
}

#[tokio::test]
async fn what_is_not_the_sensors_to_send_is_refused_and_leaves_no_trace() {
    let (out, mut parcels) = crate::channel(8);
    let receiver = Receiver::new(out, WireLimits::default(), "centre", clock(), &[]);
    let receiver = Arc::new(receiver);
    let admission = |sensor: &str, site: &str| {
        Arc::new(Admission {
            sensor: sensor.into(),
            sites: [site.into()].into(),
        })
    };
    let body = |first: u64| {
        let payload = event::encode_events(&[event(Kind::Dns, 1)]);
        let piece = crate::uplink::spool::Piece::Events {
            first,
            count: 1,
            payload,
        };
        let mut body = Vec::new();
        crate::uplink::wire::put(Lane::Second, &piece, &mut body);
        crate::uplink::wire::pack(&body).unwrap()
    };
    let said = |taken: Result<PerLane<u64>, Refusal>| taken.unwrap_err().to_string();
    let own = Instance(7);
    let taken = receiver.take(admission("edge-2", "x"), own, body(1)).await;
    assert!(said(taken).contains("edge-1"));
    let taken = receiver.take(admission("edge-1", "y"), own, body(1)).await;
    assert!(said(taken).contains("no part in the site x"));
    let taken = receiver.take(admission("edge-1", "x"), own, body(5)).await;
    let (lane, expected, first) = (Lane::Second, 1, 5);
    assert_eq!(
        taken,
        Err(Refusal::Hole {
            lane,
            expected,
            first
        })
    );
    let taken = receiver
        .take(
            admission("edge-1", "x"),
            own,
            b"\x28\xb5\x2f\xfd????".to_vec(),
        )
        .await;
    assert!(said(taken).contains("zstd"));
    let bomb = crate::uplink::wire::pack(&vec![0; 64 << 20]).unwrap();
    assert!(bomb.len() < 10_000);
    let taken = receiver.take(admission("edge-1", "x"), own, bomb).await;
    assert!(said(taken).contains("unpacks to more than"));
    assert!(parcels.try_recv().is_err(), "nothing was handed on");
    // An honest body is taken once, whole or again.
    let keep = tokio::spawn(async move {
        let mut events = 0;
        while let Some(Parcel { batch, durable }) = parcels.recv().await {
            events += decode_events(&event::encode_events(&batch.events), None)
                .unwrap()
                .len();
            durable.send(()).unwrap();
        }
        events
    });
    for _ in 0..3 {
        let taken = receiver.take(admission("edge-1", "x"), own, body(1)).await;
        assert_eq!(taken.unwrap(), PerLane([0, 1, 0]));
    }
    drop(receiver);
    assert_eq!(keep.await.unwrap(), 1);
}
