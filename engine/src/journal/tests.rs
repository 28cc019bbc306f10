//! The journal from outside: what is acknowledged is there, in order, once, after any accident.

use std::os::unix::fs::FileExt;
use std::sync::mpsc::sync_channel;

use event::{Core, Event, EventId, Kind, Lane, Record, SourceOffset};

use super::*;

fn options() -> Options {
    Options {
        segment_bytes: 4_096,
        group_bytes: 1 << 16,
        reserve_bytes: 0,
        queue: 8,
        clock: Arc::new(|| Time::from_micros(1_000)),
    }
}

fn event(number: u64, kind: Kind) -> Event {
    Event {
        id: EventId::unnumbered(kind.lane()),
        time: Time::from_micros(7),
        seen: Time::from_micros(8),
        sensor: "s".into(),
        source: "f".into(),
        site: "x".into(),
        kind,
        exercise: false,
        core: Core::default(),
        record: Record::new(format!("{{\"n\":{number}}}").into_bytes()),
    }
}

fn open(dir: &Path) -> Journal {
    Journal::open(dir, options(), Floor::default()).unwrap()
}

fn append(journal: &Journal, events: Vec<Event>) -> Result<Appended> {
    let (sender, receiver) = sync_channel(1);
    let offset = SourceOffset {
        source: "f".into(),
        input: "a".into(),
        state: "1".into(),
    };
    let batch = Batch {
        events,
        offsets: vec![offset],
        ..Batch::default()
    };
    journal.append(batch, move |result| sender.send(result).unwrap());
    receiver.recv().unwrap()
}

fn read_all(journal: &Journal, from: u64) -> (Vec<u64>, Vec<Corrupt>) {
    let mut reader = journal.reader(from);
    let (mut positions, mut corrupt) = (Vec::new(), Vec::new());
    while let Some(item) = reader.next(Duration::from_millis(5)).unwrap() {
        match item {
            Item::Frame(frame) => positions.extend(frame.first..frame.next()),
            Item::Corrupt(lost) => corrupt.push(lost),
        }
    }
    (positions, corrupt)
}

#[test]
fn the_numbers_of_an_edge_stay_as_they_are_and_the_own_go_on() {
    let dir = tempfile::tempdir().unwrap();
    let foreign = EventId {
        instance: Instance(77),
        lane: Lane::Third,
        number: 500,
    };
    let own = |journal: &Journal| append(journal, vec![event(1, Kind::Flow)]).unwrap().first;
    let journal = open(dir.path());
    assert_eq!(own(&journal), 1);
    let (sender, receiver) = sync_channel(1);
    let batch = Batch {
        events: vec![event(1, Kind::Flow), event(2, Kind::Flow)],
        first: Some(foreign),
        ..Batch::default()
    };
    journal.append(batch, move |result| sender.send(result).unwrap());
    assert_eq!(receiver.recv().unwrap().unwrap().first, 2);
    drop(journal);
    let journal = open(dir.path());
    assert_eq!(own(&journal), 4);
    let mut reader = journal.reader(1);
    let mut ids = Vec::new();
    while let Some(Item::Frame(frame)) = reader.next(Duration::from_millis(5)).unwrap() {
        ids.extend(
            frame
                .events
                .iter()
                .map(|event| (event.id.instance, event.id.number)),
        );
    }
    let this = journal.instance();
    assert_eq!(
        ids,
        [
            (this, 1),
            (Instance(77), 500),
            (Instance(77), 501),
            (this, 2)
        ]
    );
}

#[test]
fn a_batch_comes_back_by_lane_with_positions_numbers_and_offsets() {
    let dir = tempfile::tempdir().unwrap();
    let journal = open(dir.path());
    let batch = vec![
        event(1, Kind::Flow),
        event(2, Kind::Dns),
        event(3, Kind::Flow),
    ];
    assert_eq!(
        append(&journal, batch).unwrap(),
        Appended {
            first: 1,
            events: 3
        }
    );
    let mut reader = journal.reader(1);
    let mut frames = Vec::new();
    while let Some(Item::Frame(frame)) = reader.next(Duration::ZERO).unwrap() {
        frames.push(frame);
    }
    let lanes: Vec<Lane> = frames.iter().map(|frame| frame.lane).collect();
    assert_eq!(lanes, [Lane::Second, Lane::Third]);
    assert!(frames[0].offsets.is_empty());
    assert_eq!(frames[1].offsets.len(), 1);
    let numbers: Vec<u64> = frames[1]
        .events
        .iter()
        .map(|event| event.id.number)
        .collect();
    assert_eq!(numbers, [1, 2]);
    assert_eq!(frames[1].first, 2);
}

#[test]
fn reopening_again_and_again_loses_and_repeats_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let mut instance = None;
    for round in 0..20_u64 {
        let journal = open(dir.path());
        assert_eq!(
            *instance.get_or_insert(journal.instance()),
            journal.instance()
        );
        for place in 0..7 {
            let appended = append(&journal, vec![event(place, Kind::Dns)]).unwrap();
            assert_eq!(appended.first, round * 7 + place + 1);
        }
    }
    let journal = open(dir.path());
    let (positions, corrupt) = read_all(&journal, 1);
    assert_eq!(positions, (1..=140).collect::<Vec<_>>());
    assert!(corrupt.is_empty());
    assert!(
        Segment::list(dir.path()).unwrap().len() > 2,
        "segments roll"
    );
}

#[test]
fn a_torn_tail_is_taken_off_at_every_length() {
    let source = tempfile::tempdir().unwrap();
    let journal = open(source.path());
    append(&journal, vec![event(1, Kind::Dns)]).unwrap();
    append(&journal, vec![event(2, Kind::Dns)]).unwrap();
    journal.close();
    let segment = Segment::list(source.path()).unwrap().remove(0);
    let whole = std::fs::read(&segment.path).unwrap();
    let head = usize::try_from(segment::FILE_HEAD_BYTES).unwrap();
    let first_end = head + (whole.len() - head) / 2;
    for end in first_end..whole.len() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(
            dir.path().join(segment.path.file_name().unwrap()),
            &whole[..end],
        )
        .unwrap();
        let journal = open(dir.path());
        assert_eq!(
            append(&journal, vec![event(9, Kind::Dns)]).unwrap().first,
            2,
            "cut at {end}"
        );
        assert_eq!(read_all(&journal, 1).0, [1, 2]);
        assert_eq!(journal.status().torn_bytes, (end - first_end) as u64);
    }
}

#[test]
fn a_corrupt_frame_is_reported_and_costs_only_itself() {
    let dir = tempfile::tempdir().unwrap();
    let journal = open(dir.path());
    for number in 0..5 {
        append(
            &journal,
            vec![event(number, Kind::Dns), event(number, Kind::Dns)],
        )
        .unwrap();
    }
    journal.close();
    let segment = Segment::list(dir.path()).unwrap().remove(0);
    let file = File::options()
        .read(true)
        .write(true)
        .open(&segment.path)
        .unwrap();
    let length = file.metadata().unwrap().len();
    let frame_bytes = (length - segment::FILE_HEAD_BYTES) / 5;
    let place = segment::FILE_HEAD_BYTES + 2 * frame_bytes + 40;
    let mut byte = [0];
    file.read_exact_at(&mut byte, place).unwrap();
    file.write_all_at(&[byte[0] ^ 0x10], place).unwrap();
    let journal = open(dir.path());
    let lost = Corrupt { first: 5, last: 6 };
    assert_eq!(
        read_all(&journal, 1),
        (vec![1, 2, 3, 4, 7, 8, 9, 10], vec![lost])
    );
    assert_eq!(journal.status().corrupt, [lost]);
    journal.close();
    let verified = verify(dir.path()).unwrap();
    assert_eq!((verified.events, verified.corrupt), (8, vec![lost]));
}

#[test]
fn a_damaged_head_costs_no_frame_and_gives_no_position_again() {
    for bit in [0, 100, 447] {
        let dir = tempfile::tempdir().unwrap();
        let journal = open(dir.path());
        for number in 0..5 {
            append(&journal, vec![event(number, Kind::Dns)]).unwrap();
        }
        journal.close();
        let segment = Segment::list(dir.path()).unwrap().remove(0);
        let mut bytes = std::fs::read(&segment.path).unwrap();
        bytes[bit / 8] ^= 1 << (bit % 8);
        std::fs::write(&segment.path, &bytes).unwrap();
        assert_eq!(verify(dir.path()).unwrap().damaged_heads, [segment.path]);
        let journal = open(dir.path());
        let appended = append(&journal, vec![event(9, Kind::Dns)]).unwrap();
        assert_eq!(appended.first, 6);
        let mut reader = journal.reader(6);
        let Some(Item::Frame(frame)) = reader.next(Duration::ZERO).unwrap() else {
            panic!("a frame")
        };
        assert_eq!(frame.events[0].id.number, 6);
        assert_eq!(read_all(&journal, 1), ((1..=6).collect(), vec![]));
    }
}

#[test]
fn a_lost_tail_never_gives_a_position_or_number_again() {
    let dir = tempfile::tempdir().unwrap();
    let floor = Floor {
        position: 41,
        numbers: [0, 17, 0],
    };
    let journal = Journal::open(dir.path(), options(), floor).unwrap();
    assert_eq!(
        append(&journal, vec![event(1, Kind::Dns)]).unwrap().first,
        42
    );
    let mut reader = journal.reader(42);
    let Some(Item::Frame(frame)) = reader.next(Duration::ZERO).unwrap() else {
        panic!("a frame")
    };
    assert_eq!(frame.events[0].id.number, 18);
}

#[test]
fn a_cut_removes_only_whole_segments_below_the_position() {
    let dir = tempfile::tempdir().unwrap();
    let journal = open(dir.path());
    for number in 0..100 {
        append(&journal, vec![event(number, Kind::Dns)]).unwrap();
    }
    let before = Segment::list(dir.path()).unwrap();
    let upto = before[2].first - 1;
    journal.cut(upto - 1).unwrap();
    assert_eq!(Segment::list(dir.path()).unwrap().len(), before.len() - 1);
    journal.cut(upto).unwrap();
    assert_eq!(Segment::list(dir.path()).unwrap().len(), before.len() - 2);
    assert_eq!(read_all(&journal, upto + 1).0.len() as u64, 100 - upto);
    journal.cut(u64::MAX).unwrap();
    assert_eq!(
        append(&journal, vec![event(1, Kind::Dns)]).unwrap().first,
        101
    );
}

#[test]
fn a_reserve_that_is_not_there_stops_acknowledging_and_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let options = Options {
        reserve_bytes: u64::MAX,
        ..options()
    };
    let journal = Journal::open(dir.path(), options, Floor::default()).unwrap();
    let (sender, receiver) = sync_channel(1);
    let batch = Batch {
        events: vec![event(1, Kind::Dns)],
        offsets: vec![],
        ..Batch::default()
    };
    journal.append(batch, move |result| sender.send(result).unwrap());
    while journal.status().state == State::Ok {
        std::thread::yield_now();
    }
    assert_eq!(journal.status().durable, 0);
    journal.close();
    assert!(matches!(receiver.recv().unwrap(), Err(Error::Closing)));
}
