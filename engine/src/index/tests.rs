//! The index from outside: it finds what the query's slow twin finds, once, after any restart.

#[path = "older_tests.rs"]
mod older;
#[path = "retain_tests.rs"]
mod retain;
#[path = "shape_tests.rs"]
mod shapes;
#[path = "twin_tests.rs"]
mod twin;

use event::{Core, CoreField, Event, EventId, Instance, Kind, Lane, Record, View};

use super::*;
use crate::query::{Query, QueryLimits};
use crate::reader::Scope;

const DAY: i64 = 86_400_000_000;

fn options() -> Options {
    Options {
        writers: 6,
        heap: 15_000_000,
        partition_events: 1_000,
        partition_age: Duration::from_secs(86_400),
        backfill_idle: Duration::from_secs(600),
        commit_events: 20_000,
    }
}

fn journaled(position: u64, time: i64, received: i64, kind: Kind, record: &str) -> Journaled {
    let mut core = Core::default();
    core.set(
        CoreField::SourceIp,
        std::net::IpAddr::from([10, 60, 0, u8::try_from(position % 200).unwrap()]),
    );
    core.set(CoreField::DestinationPort, position % 7);
    let event = Event {
        id: EventId {
            instance: Instance(1),
            lane: Lane::Second,
            number: position,
        },
        time: Time::from_micros(time),
        seen: Time::from_micros(received),
        sensor: "s".into(),
        source: "f".into(),
        site: if position.is_multiple_of(2) {
            "even".into()
        } else {
            "odd".into()
        },
        kind,
        exercise: false,
        core,
        record: Record::new(record.as_bytes().to_vec()),
    };
    Journaled {
        position,
        received: Time::from_micros(received),
        event,
    }
}

fn open(dir: &Path, options: Options) -> (Index, Searcher) {
    let searcher = Searcher::default();
    (Index::open(dir, options, &searcher).unwrap(), searcher)
}

fn add(index: &mut Index, journaled: &Journaled) {
    index
        .add(journaled, &Leaves::of(&journaled.event.record))
        .unwrap();
}

fn request(query: &str, limit: usize) -> SearchRequest {
    SearchRequest {
        query: Query::parse(query, &QueryLimits::default()).unwrap(),
        scope: Scope::All,
        from: None,
        to: None,
        after: None,
        limit,
        deadline: Duration::from_secs(60),
    }
}

fn positions(hits: &Hits) -> Vec<u64> {
    hits.events.iter().map(|hit| hit.position).collect()
}

/// What the slow twin finds: each event looked at by itself, the last first.
fn scanned(all: &[Journaled], query: &str) -> Vec<u64> {
    let query = Query::parse(query, &QueryLimits::default()).unwrap();
    let matches = |held: &&Journaled| {
        let fields = Leaves::of(&held.event.record);
        query.matches(View {
            event: &held.event,
            fields: &fields,
        })
    };
    all.iter()
        .rev()
        .filter(matches)
        .map(|held| held.position)
        .collect()
}

#[test]
fn finds_newest_first_page_by_page_across_partitions() {
    let dir = tempfile::tempdir().unwrap();
    let (mut index, searcher) = open(
        dir.path(),
        Options {
            partition_events: 10,
            ..options()
        },
    );
    for position in 1..=45 {
        let time = 1_000 + i64::try_from(position).unwrap() / 2;
        add(
            &mut index,
            &journaled(position, time, 2_000, Kind::Dns, r#"{"a":"x"}"#),
        );
    }
    index.commit(45, Time::EPOCH).unwrap();
    assert_eq!(searcher.partitions().len(), 5);
    let mut asked = request("a:x", 10);
    let mut seen = Vec::new();
    loop {
        let hits = searcher.search(&asked).unwrap();
        assert_eq!((hits.total, hits.total_capped), (45, false));
        seen.extend(positions(&hits));
        asked.after = hits.next;
        if asked.after.is_none() {
            break;
        }
    }
    assert_eq!(seen, (1..=45).rev().collect::<Vec<_>>());
}

#[test]
fn a_scope_is_never_left() {
    let dir = tempfile::tempdir().unwrap();
    let (mut index, searcher) = open(dir.path(), options());
    for position in 1..=10 {
        // A hostile record names a site of its own; it stays a record path.
        add(
            &mut index,
            &journaled(position, 1, 1, Kind::Dns, r#"{"site":"even","x":"y"}"#),
        );
    }
    index.commit(10, Time::EPOCH).unwrap();
    let scope = Scope::Sites(vec!["odd".into()]);
    for query in [
        "*",
        "site:even OR site:odd",
        "NOT site:odd",
        "record.site:even",
        "y",
    ] {
        let hits = searcher
            .search(&SearchRequest {
                scope: scope.clone(),
                ..request(query, 50)
            })
            .unwrap();
        assert!(
            hits.events.iter().all(|hit| &*hit.event.site == "odd"),
            "{query}"
        );
    }
    let id = EventId {
        instance: Instance(1),
        lane: Lane::Second,
        number: 2,
    };
    assert!(searcher.find(&id, &scope).unwrap().is_none());
    assert_eq!(
        searcher
            .find(&id, &Scope::All)
            .unwrap()
            .map(|hit| hit.position),
        Some(2)
    );
}

#[test]
fn a_restart_adds_nothing_twice_and_forgets_nothing_committed() {
    let dir = tempfile::tempdir().unwrap();
    let all: Vec<Journaled> = (1..=30)
        .map(|position| {
            let kind = if position % 3 == 0 {
                Kind::Flow
            } else {
                Kind::Dns
            };
            journaled(position, 5, 5, kind, "{}")
        })
        .collect();
    for upto in [0, 7, 19, 30] {
        let (mut index, _) = open(dir.path(), options());
        all.iter().for_each(|event| add(&mut index, event));
        drop(index);
        let (mut index, searcher) = open(dir.path(), options());
        all.iter()
            .take(upto)
            .for_each(|event| add(&mut index, event));
        index.commit(upto as u64, Time::EPOCH).unwrap();
        assert_eq!(searcher.events(), upto as u64);
    }
}

#[test]
fn old_events_beside_live_ones_reopen_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let (mut index, searcher) = open(dir.path(), options());
    let now = 100 * DAY;
    add(&mut index, &journaled(1, now, now, Kind::Dns, "{}"));
    add(
        &mut index,
        &journaled(2, now - 30 * DAY, now + 1, Kind::Dns, "{}"),
    );
    add(&mut index, &journaled(3, now + 1, now + 1, Kind::Dns, "{}"));
    index.commit(3, Time::from_micros(now)).unwrap();
    let mut ranges: Vec<_> = searcher
        .partitions()
        .iter()
        .map(|m| (m.backfill, m.first, m.last))
        .collect();
    ranges.sort_unstable();
    assert_eq!(ranges, [(false, 1, 3), (true, 2, 2)]);
    let later = now + 700 * 1_000_000;
    index.commit(3, Time::from_micros(later)).unwrap();
    let sealed: Vec<bool> = searcher
        .partitions()
        .iter()
        .filter(|m| m.sealed)
        .map(|m| m.backfill)
        .collect();
    assert_eq!(
        sealed,
        [true],
        "idle backfill closes, the day's partition stays open"
    );
}

#[test]
fn a_further_writer_waits_for_the_idlest_to_close() {
    let dir = tempfile::tempdir().unwrap();
    let (mut index, searcher) = open(
        dir.path(),
        Options {
            writers: 2,
            ..options()
        },
    );
    for (position, kind) in [Kind::Dns, Kind::Flow, Kind::Syslog, Kind::Dns]
        .into_iter()
        .enumerate()
    {
        add(
            &mut index,
            &journaled(position as u64 + 1, 5, 5, kind, "{}"),
        );
    }
    index.commit(4, Time::EPOCH).unwrap();
    assert_eq!(searcher.events(), 4);
    assert_eq!(index.open.len(), 2);
}

#[test]
fn a_partition_rebuilds_itself_and_damage_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let (mut index, _) = open(dir.path(), options());
    for position in 1..=5 {
        add(
            &mut index,
            &journaled(position, 5, 5, Kind::Dns, r#"{"a":"b c"}"#),
        );
    }
    index.commit(5, Time::EPOCH).unwrap();
    drop(index);
    let reports = verify(dir.path(), u64::MAX).unwrap();
    assert_eq!((reports.len(), reports[0].events), (1, 5));
    assert!(reports[0].problems.is_empty(), "{reports:?}");
    assert_eq!(rebuild(&reports[0].dir, &options()).unwrap().events, 5);
    let (index, searcher) = open(dir.path(), options());
    assert_eq!(
        searcher
            .search(&request("\"b c\"", 9))
            .unwrap()
            .events
            .len(),
        5
    );
    drop(index);
    let victim = std::fs::read_dir(&reports[0].dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| {
            path.extension()
                .is_some_and(|extension| extension == "store")
        })
        .unwrap();
    let mut bytes = std::fs::read(&victim).unwrap();
    bytes[3] ^= 0xff;
    std::fs::write(&victim, bytes).unwrap();
    assert!(!verify(dir.path(), u64::MAX).unwrap()[0].problems.is_empty());
}

#[test]
fn a_partition_of_an_older_schema_is_built_anew_when_it_is_opened() {
    let dir = tempfile::tempdir().unwrap();
    let first = journaled(1, 5, 5, Kind::Dns, r#"{"a":"10.60.0.7"}"#);
    let made = Open::create(dir.path(), KindGroup::Network, false, &first, 15 << 20).unwrap();
    let (folder, mut meta) = (made.dir.clone(), made.meta.clone());
    drop(made);
    // Fields of other names in another order, as version 2 had them.
    std::fs::remove_dir_all(&folder).unwrap();
    std::fs::create_dir_all(&folder).unwrap();
    let mut schema = tantivy::schema::Schema::builder();
    let stored = schema.add_bytes_field("event", tantivy::schema::STORED);
    schema.add_text_field("record_terms", tantivy::schema::STRING);
    let index = tantivy::Index::create_in_dir(&folder, schema.build()).unwrap();
    let mut writer: tantivy::IndexWriter = index.writer_with_num_threads(1, 15 << 20).unwrap();
    let mut document = tantivy::TantivyDocument::default();
    document.add_bytes(stored, &first.encode());
    writer.add_document(document).unwrap();
    (meta.schema, meta.events, meta.covered) = (2, 1, 1);
    (meta.min_time, meta.max_time) = (first.event.time.micros(), first.event.time.micros());
    let mut prepared = writer.prepare_commit().unwrap();
    prepared.set_payload(&serde_json::to_string(&meta).unwrap());
    prepared.commit().unwrap();
    drop(writer);

    assert!(verify(dir.path(), u64::MAX).unwrap()[0].problems[0].contains("verify --rebuild"));
    let (index, searcher) = open(dir.path(), options());
    assert!(index.quarantined().is_empty());
    let hits = searcher.search(&request("a:10.60.0.0/16", 9)).unwrap();
    assert_eq!(positions(&hits), [1]);
    assert!(verify(dir.path(), u64::MAX).unwrap()[0].problems.is_empty());
}

#[test]
fn a_rebuilding_that_was_cut_short_leaves_every_event_once() {
    let dir = tempfile::tempdir().unwrap();
    let (mut index, _) = open(dir.path(), options());
    for position in 1..=5 {
        add(&mut index, &journaled(position, 1, 1, Kind::Dns, "{}"));
    }
    index.commit(5, Time::EPOCH).unwrap();
    drop(index);
    let whole = verify(dir.path(), u64::MAX).unwrap().remove(0).dir;
    let copy = |to: &Path| {
        std::fs::create_dir(to).unwrap();
        for entry in std::fs::read_dir(&whole).unwrap() {
            let from = entry.unwrap().path();
            std::fs::copy(&from, to.join(from.file_name().unwrap())).unwrap();
        }
    };
    let (old, work) = (whole.with_extension("old"), whole.with_extension("rebuild"));
    // Before the new one took the place of the old, and after.
    copy(&work);
    std::fs::rename(&whole, &old).unwrap();
    assert_eq!(open(dir.path(), options()).1.events(), 5);
    copy(&old);
    assert_eq!(open(dir.path(), options()).1.events(), 5);
    assert!(!old.exists() && !work.exists() && whole.exists());
}

#[test]
fn a_search_that_may_take_no_longer_says_what_it_left_out() {
    let dir = tempfile::tempdir().unwrap();
    let (mut index, searcher) = open(dir.path(), options());
    for position in 1..=5 {
        add(&mut index, &journaled(position, 1, 1, Kind::Dns, "{}"));
    }
    index.commit(5, Time::EPOCH).unwrap();
    let mut asked = request("kind:dns", 9);
    assert_eq!(searcher.search(&asked).unwrap().partial, None);
    asked.deadline = Duration::ZERO;
    let hits = searcher.search(&asked).unwrap();
    assert_eq!(hits.partial, Some(Partial::Deadline));
    assert!(hits.total_capped);
}

/// Wide networks are asked of other terms than narrow ones: every width, against the slow twin.
#[test]
fn networks_of_every_width_find_what_they_hold() {
    let dir = tempfile::tempdir().unwrap();
    let (mut index, searcher) = open(dir.path(), options());
    let addresses = [
        "10.60.7.0",
        "10.60.7.1",
        "10.60.7.127",
        "10.60.7.128",
        "10.60.7.255",
        "10.60.8.0",
        "10.61.7.1",
        "11.60.7.1",
        "0.0.0.0",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:10.60.7.1",
        "2001:db8:1:2::",
        "2001:db8:1:2::7",
        "2001:db8:1:2:ffff:ffff:ffff:ffff",
        "2001:db8:1:3::",
        "2001:db8:2::1",
        "fe80::1",
        "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
    ];
    let all: Vec<Journaled> = (1..)
        .zip(addresses)
        .map(|(place, address)| {
            journaled(
                place,
                10,
                10,
                Kind::Dns,
                &format!("{{\"a\":\"{address}\"}}"),
            )
        })
        .collect();
    all.iter().for_each(|event| add(&mut index, event));
    index.commit(all.len() as u64, Time::EPOCH).unwrap();
    let narrow = (0..=32).flat_map(|bits| ["10.60.7.1", "0.0.0.0"].map(|ip| (ip, bits)));
    let wide = (0..=128)
        .flat_map(|bits| ["2001:db8:1:2::7", "::", "::ffff:10.60.7.1"].map(|ip| (ip, bits)));
    for (ip, bits) in narrow.chain(wide) {
        let network: ipnet::IpNet = format!("{ip}/{bits}").parse().unwrap();
        let text = format!("a:{}", network.trunc());
        let query = Query::parse(&text, &QueryLimits::default()).unwrap();
        let mut expected = Vec::new();
        for held in all.iter().rev() {
            let fields = Leaves::of(&held.event.record);
            if query.matches(View {
                event: &held.event,
                fields: &fields,
            }) {
                expected.push(held.position);
            }
        }
        let found = positions(&searcher.search(&request(&text, 50)).unwrap());
        assert_eq!(found, expected, "{text}");
    }
}
