//! The spool from outside: what is promised comes back in order, once, or is declared, after any
//! accident.

use std::collections::BTreeMap;
use std::sync::mpsc::sync_channel;

use event::{Core, Event, EventId, Kind, Record, Time, decode_events};
use proptest::prelude::*;

use super::*;

const OPTIONS: SpoolOptions = SpoolOptions {
    bytes: 1 << 20,
    segment_bytes: 2_000,
    group_bytes: 1 << 16,
    reserve_bytes: 0,
    queue: 8,
};

fn event(kind: Kind, mark: u64) -> Event {
    Event {
        id: EventId::unnumbered(kind.lane()),
        time: Time::from_micros(1),
        seen: Time::from_micros(2),
        sensor: "edge".into(),
        source: "a".into(),
        site: "x".into(),
        kind,
        exercise: false,
        core: Core::default(),
        record: Record::new(format!("{{\"mark\":{mark}}}").into_bytes()),
    }
}

fn kind_of(lane: Lane) -> Kind {
    match lane {
        Lane::First => Kind::Anomaly,
        Lane::Second => Kind::Dns,
        Lane::Third => Kind::Flow,
    }
}

fn open(dir: &Path, options: SpoolOptions) -> Spool {
    Spool::open(dir, options).unwrap()
}

fn put(spool: &Spool, events: Vec<Event>, state: &str) {
    let (give, take) = sync_channel(1);
    let offset = SourceOffset {
        source: "a".into(),
        input: "f".into(),
        state: state.into(),
    };
    let batch = Batch {
        events,
        offsets: vec![offset],
        first: None,
    };
    spool.append(batch, move |result| give.send(result).unwrap());
    take.recv().unwrap().unwrap();
}

/// All that a lane holds from a number on: marks by number, and gaps.
fn read(spool: &Spool, lane: Lane, from: u64) -> (BTreeMap<u64, u64>, Vec<Gap>) {
    let (mut marks, mut gaps) = (BTreeMap::new(), Vec::new());
    let mut number = from;
    while let Some(piece) = spool.next(lane, number).unwrap() {
        number = piece.next();
        match piece {
            Piece::Gap(gap) => gaps.push(gap),
            Piece::Events {
                first,
                count,
                payload,
            } => {
                let instance = spool.instance();
                let id = EventId {
                    instance,
                    lane,
                    number: first,
                };
                let events = decode_events(&payload, Some(id)).unwrap();
                assert_eq!(events.len() as u64, count);
                for event in events {
                    let record: serde_json::Value =
                        serde_json::from_slice(event.record.bytes()).unwrap();
                    let held = marks.insert(event.id.number, record["mark"].as_u64().unwrap());
                    assert_eq!(held, None, "a number twice");
                }
            }
        }
    }
    (marks, gaps)
}

/// The writer has taken all orders before this one.
fn settle(spool: &Spool) {
    let (give, take) = sync_channel(1);
    spool.append(Batch::default(), move |result| give.send(result).unwrap());
    take.recv().unwrap().unwrap();
}

#[test]
fn lanes_are_numbered_each_and_come_back_after_a_restart_with_the_offsets() {
    let dir = tempfile::tempdir().unwrap();
    let spool = open(dir.path(), OPTIONS);
    let instance = spool.instance();
    put(
        &spool,
        vec![
            event(Kind::Flow, 1),
            event(Kind::Dns, 2),
            event(Kind::Flow, 3),
        ],
        "10",
    );
    put(&spool, vec![event(Kind::Anomaly, 4)], "20");
    drop(spool);
    let spool = open(dir.path(), OPTIONS);
    assert_eq!(spool.instance(), instance);
    assert_eq!(&*spool.offsets()[0].state, "20");
    put(&spool, vec![event(Kind::Flow, 5)], "30");
    let (flows, gaps) = read(&spool, Lane::Third, 1);
    assert_eq!(flows, [(1, 1), (2, 3), (3, 5)].into());
    assert_eq!(gaps, []);
    assert_eq!(read(&spool, Lane::Third, 3).0, [(3, 5)].into());
    assert_eq!(read(&spool, Lane::First, 1).0, [(1, 4)].into());
    assert_eq!(spool.next(Lane::Second, 2).unwrap(), None);
}

#[test]
fn what_is_delivered_goes_and_is_not_read_again() {
    let dir = tempfile::tempdir().unwrap();
    let spool = open(dir.path(), OPTIONS);
    for mark in 0..100 {
        put(&spool, vec![event(Kind::Dns, mark)], "");
    }
    let full = spool.status().lanes[Lane::Second];
    spool.acknowledge(Lane::Second, 90);
    settle(&spool);
    let left = spool.status().lanes[Lane::Second];
    assert_eq!((full.last, left.last, left.acknowledged), (100, 100, 90));
    assert!(left.bytes < full.bytes / 2, "{left:?} of {full:?}");
    drop(spool);
    let spool = open(dir.path(), OPTIONS);
    let (marks, gaps) = read(&spool, Lane::Second, 91);
    assert_eq!((marks.len(), gaps.len()), (10, 0));
    spool.acknowledge(Lane::Second, 5_000);
    settle(&spool);
    assert_eq!(
        spool.status().lanes[Lane::Second].acknowledged,
        100,
        "no further than was given"
    );
}

#[test]
fn a_full_spool_lets_go_of_the_oldest_of_the_lowest_lane_and_declares_it() {
    let dir = tempfile::tempdir().unwrap();
    let options = SpoolOptions {
        bytes: 12_000,
        ..OPTIONS
    };
    let spool = open(dir.path(), options);
    for mark in 0..30 {
        put(&spool, vec![event(Kind::Anomaly, mark)], "");
        put(&spool, vec![event(Kind::Dns, mark)], "");
    }
    for mark in 0..200 {
        put(&spool, vec![event(Kind::Flow, mark)], "");
    }
    let check = |spool: &Spool| {
        let (flows, gaps) = read(spool, Lane::Third, 1);
        assert_eq!(gaps.len(), 1, "{gaps:?}");
        assert_eq!((gaps[0].first, gaps[0].reason), (1, GapReason::SpoolFull));
        assert_eq!(
            flows.len() as u64 + gaps[0].last,
            200,
            "every number is an event or declared"
        );
        assert_eq!(
            flows.first_key_value(),
            Some((&(gaps[0].last + 1), &gaps[0].last))
        );
        for lane in [Lane::First, Lane::Second] {
            assert_eq!(
                read(spool, lane, 1).0.len(),
                30,
                "nothing of a higher lane went"
            );
        }
        gaps[0].last
    };
    let lost = check(&spool);
    let status = spool.status();
    assert_eq!(status.lanes[Lane::Third].dropped, lost);
    let bytes: u64 = status.lanes.iter().map(|(_, lane)| lane.bytes).sum();
    assert!(bytes <= options.bytes, "{bytes}");
    drop(spool);
    let spool = open(dir.path(), options);
    assert_eq!(check(&spool), lost);
    // With nothing left below, the next lane gives.
    for mark in 0..300 {
        put(&spool, vec![event(Kind::Anomaly, mark)], "");
    }
    let (alerts, gaps) = read(&spool, Lane::First, 1);
    let declared: u64 = gaps.iter().map(|gap| gap.last + 1 - gap.first).sum();
    assert_eq!(alerts.len() as u64 + declared, 330);
    assert_eq!(read(&spool, Lane::Second, 1).0.len(), 0);
}

#[test]
fn a_damaged_frame_costs_its_own_numbers() {
    let dir = tempfile::tempdir().unwrap();
    let options = SpoolOptions {
        segment_bytes: 1 << 20,
        ..OPTIONS
    };
    let spool = open(dir.path(), options);
    for mark in 0..10 {
        put(
            &spool,
            vec![event(Kind::Dns, mark), event(Kind::Dns, mark)],
            "",
        );
    }
    drop(spool);
    let path = dir.path().join("2/00000000000000000001.segment");
    let mut bytes = std::fs::read(&path).unwrap();
    let frame = bytes.len() / 10;
    bytes[frame * 4 + 30] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    let spool = open(dir.path(), options);
    let (marks, gaps) = read(&spool, Lane::Second, 1);
    let reason = GapReason::Damaged;
    assert_eq!(
        gaps,
        [Gap {
            first: 9,
            last: 20,
            reason
        }],
        "recovered to the last whole frame"
    );
    assert_eq!(marks.len(), 8);
    put(&spool, vec![event(Kind::Dns, 77)], "");
    assert_eq!(read(&spool, Lane::Second, 21).0, [(21, 77)].into());
}

#[test]
fn a_spool_that_is_older_than_the_centre_gives_no_number_twice() {
    let dir = tempfile::tempdir().unwrap();
    let spool = open(dir.path(), OPTIONS);
    put(&spool, vec![event(Kind::Dns, 1), event(Kind::Dns, 2)], "");
    spool.skip(Lane::Second, 50);
    settle(&spool);
    put(&spool, vec![event(Kind::Dns, 3)], "");
    let check = |spool: &Spool| {
        assert_eq!(
            read(spool, Lane::Second, 51),
            ([(51, 3)].into(), Vec::new())
        );
        let lane = spool.status().lanes[Lane::Second];
        assert_eq!((lane.last, lane.acknowledged), (51, 50));
    };
    check(&spool);
    assert_eq!(spool.status().lanes[Lane::Second].dropped, 2);
    drop(spool);
    check(&open(dir.path(), OPTIONS));
}

#[test]
fn a_ledger_that_says_nothing_stops_the_start_and_a_torn_one_does_not() {
    let dir = tempfile::tempdir().unwrap();
    let spool = open(dir.path(), OPTIONS);
    put(&spool, vec![event(Kind::Dns, 1)], "1");
    put(&spool, vec![event(Kind::Dns, 2)], "2");
    drop(spool);
    let path = dir.path().join("ledger");
    let whole = std::fs::read(&path).unwrap();
    std::fs::write(&path, &whole[..whole.len() - 3]).unwrap();
    let spool = open(dir.path(), OPTIONS);
    assert_eq!(
        read(&spool, Lane::Second, 1).0,
        [(1, 1)].into(),
        "what was not promised is gone"
    );
    assert_eq!(&*spool.offsets()[0].state, "1");
    drop(spool);
    std::fs::write(&path, b"nonsense").unwrap();
    assert!(matches!(
        Spool::open(dir.path(), OPTIONS),
        Err(SpoolError::Damaged(_))
    ));
}

#[derive(Clone, Debug)]
enum Step {
    Put(Vec<u8>),
    Acknowledge(u8, u64),
    Restart,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => proptest::collection::vec(1..4_u8, 1..12).prop_map(Step::Put),
        3 => (1..4_u8, 0..60_u64).prop_map(|(lane, more)| Step::Acknowledge(lane, more)),
        1 => Just(Step::Restart),
    ];
    proptest::collection::vec(step, 1..40)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Against a plain list: each number of a lane is its event, or declared, and in order.
    #[test]
    fn every_number_is_its_event_or_declared(steps in steps(), bytes in 3_000..9_000_u64) {
        let dir = tempfile::tempdir().unwrap();
        let options = SpoolOptions { bytes, segment_bytes: 700, ..OPTIONS };
        let mut spool = open(dir.path(), options);
        let mut model: PerLane<Vec<u64>> = PerLane::default();
        let mut acknowledged: PerLane<u64> = PerLane::default();
        let mut mark = 0;
        for step in steps {
            match step {
                Step::Put(lanes) => {
                    let mut events = Vec::new();
                    for lane in lanes {
                        let lane = Lane::from_number(lane).unwrap();
                        mark += 1;
                        model[lane].push(mark);
                        events.push(event(kind_of(lane), mark));
                    }
                    put(&spool, events, &mark.to_string());
                }
                Step::Acknowledge(lane, more) => {
                    let lane = Lane::from_number(lane).unwrap();
                    let upto = (acknowledged[lane] + more).min(model[lane].len() as u64);
                    acknowledged[lane] = upto;
                    spool.acknowledge(lane, upto);
                    settle(&spool);
                }
                Step::Restart => {
                    drop(spool);
                    spool = open(dir.path(), options);
                }
            }
        }
        for lane in Lane::ALL {
            let from = acknowledged[lane] + 1;
            let (marks, gaps) = read(&spool, lane, from);
            let mut seen = 0;
            for number in from..=model[lane].len() as u64 {
                let declared = gaps.iter().any(|gap| (gap.first..=gap.last).contains(&number));
                let index = usize::try_from(number - 1).unwrap();
                match marks.get(&number) {
                    Some(mark) => prop_assert_eq!(*mark, model[lane][index]),
                    None => prop_assert!(declared, "number {} of {:?} is neither", number, lane),
                }
                seen += u64::from(marks.contains_key(&number));
            }
            // A number within a frame brings the whole frame.
            let held = marks.range(from..).count() as u64;
            prop_assert_eq!(seen, held, "nothing beyond what was put");
            prop_assert!(gaps.iter().all(|gap| gap.reason == GapReason::SpoolFull));
        }
    }
}
