//! The loop after a start that has to index again what was folded already.

use std::sync::mpsc::sync_channel;

use event::{Batch, Core, EventId, Kind, Lane, Record};

use super::*;
use crate::detect::{Engine, Intel};
use crate::journal::Floor;
use crate::query::{Query, QueryLimits};
use crate::reader::Scope;
use crate::rule::RuleSet;

const EVENTS: u64 = 1_000;
/// Nothing here takes longer.
const PATIENCE: Duration = Duration::from_secs(20);

fn event(number: u64) -> Event {
    Event {
        id: EventId::unnumbered(Lane::Second),
        time: Time::from_micros(1_000_000),
        seen: Time::from_micros(1_000_000),
        sensor: "s".into(),
        source: "f".into(),
        site: "x".into(),
        kind: Kind::Dns,
        exercise: false,
        core: Core::default(),
        record: Record::new(format!("{{\"n\":{number}}}").into_bytes()),
    }
}

/// A journal of a thousand frames, each with the place of its source.
fn fill(journal: &Journal) {
    for number in 1..=EVENTS {
        let (sender, receiver) = sync_channel(1);
        let batch = Batch {
            events: vec![event(number)],
            offsets: vec![SourceOffset {
                source: "f".into(),
                input: "a".into(),
                state: number.to_string().into(),
            }],
            ..Batch::default()
        };
        journal.append(batch, move |result| sender.send(result).unwrap());
        receiver.recv().unwrap().unwrap();
    }
}

fn parts(dir: &std::path::Path) -> Parts {
    let options = crate::journal::Options {
        segment_bytes: 1 << 20,
        group_bytes: 1 << 16,
        reserve_bytes: 0,
        queue: 8,
        clock: Arc::new(|| Time::from_micros(1_000_000)),
    };
    let journal = Journal::open(&dir.join("journal"), options, Floor::default()).unwrap();
    Parts {
        journal: Arc::new(journal),
        store: Arc::new(Store::open(&dir.join("store.db"), |_| {}).unwrap()),
        knowledge: KnowledgeSlot::new(Engine::compile(&RuleSet::default()), Intel::default()),
        networks: Arc::default(),
        index_dir: dir.join("index"),
        searcher: Searcher::default(),
        options: Options {
            checkpoint_every: Duration::ZERO,
            commit_every: Duration::from_millis(20),
            index: index::Options {
                writers: 2,
                heap: 15_000_000,
                partition_events: 1_000_000,
                partition_age: Duration::from_secs(86_400),
                backfill_idle: Duration::from_secs(600),
                commit_events: 100,
            },
            retention: index::Retention::default(),
            windows: WindowLimits::default(),
            assets: AssetLimits::default(),
        },
        status: Arc::default(),
    }
}

fn numbers(searcher: &Searcher) -> Vec<u64> {
    let mut found = Vec::new();
    let mut after = None;
    loop {
        let hits = searcher
            .search(&index::SearchRequest {
                query: Query::parse("kind:dns", &QueryLimits::default()).unwrap(),
                scope: Scope::All,
                from: None,
                to: None,
                after,
                limit: 200,
                deadline: Duration::from_secs(60),
            })
            .unwrap();
        found.extend(hits.events.iter().map(|hit| hit.position));
        after = hits.next;
        if after.is_none() {
            found.sort_unstable();
            return found;
        }
    }
}

/// The detector is ahead of the index, as after every crash; the loop is stopped while it indexes
/// again, and once more while it does so again.
#[test]
fn a_stop_while_it_indexes_again_loses_and_repeats_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let mut parts = parts(dir.path());
    fill(&parts.journal);
    let offset = SourceOffset {
        source: "f".into(),
        input: "a".into(),
        state: EVENTS.to_string().into(),
    };
    let checkpoint = Checkpoint {
        position: EVENTS,
        numbers: [0, EVENTS, 0],
        offsets: vec![offset.clone()],
        ..Checkpoint::default()
    };
    parts.store.checkpoint(&checkpoint).unwrap();
    for enough in [100, 400, EVENTS] {
        parts.searcher = Searcher::default();
        let stop = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| run(&parts, &stop));
            let started = Instant::now();
            while parts.searcher.events() < enough && started.elapsed() < PATIENCE {
                std::thread::sleep(Duration::from_millis(1));
            }
            stop.store(true, Ordering::Release);
        });
        let held = numbers(&parts.searcher);
        assert_eq!(held, (1..=held.len() as u64).collect::<Vec<_>>());
        let resume = parts.store.resume().unwrap();
        assert_eq!(resume.position, EVENTS);
        assert_eq!(resume.index_position, held.len() as u64);
        assert_eq!(
            resume.offsets,
            std::slice::from_ref(&offset),
            "a source never goes back"
        );
    }
    assert_eq!(numbers(&parts.searcher).len() as u64, EVENTS);
}

const CORRELATION: &str = "
title: Any event
id: 11111111-0000-4000-8000-000000000001
name: any
logsource: {product: all}
detection: {s: {n|exists: true}, condition: s}
---
title: Four of them
id: 11111111-0000-4000-8000-000000000002
correlation:
  type: event_count
  rules: [any]
  timespan: 1h
  condition: {gte: 4}
";

fn counting() -> Engine {
    let file = |path: &str, text: &str| crate::rule::RuleFile {
        origin: crate::rule::Origin::Local,
        path: path.to_owned(),
        text: text.to_owned(),
    };
    let mapping = "events: [{kinds: '*', logsources: {product: all}}]";
    let (rules, mappings) = (file("r.yml", CORRELATION), file("m.yml", mapping));
    let limits = crate::rule::RuleLimits::default();
    let (set, problems) = RuleSet::load(vec![rules], vec![mappings], &limits);
    assert!(problems.is_empty(), "{problems:?}");
    Engine::compile(&set)
}

/// New rules take over between two frames, and what the old ones counted counts on.
#[test]
fn rules_that_are_put_in_the_slot_go_on_with_the_windows_of_those_before() {
    let dir = tempfile::tempdir().unwrap();
    let parts = parts(dir.path());
    parts.knowledge.put_engine(counting());
    let stop = AtomicBool::new(false);
    let append = |number: u64| {
        let (sender, receiver) = sync_channel(1);
        let batch = Batch {
            events: vec![event(number)],
            offsets: Vec::new(),
            ..Batch::default()
        };
        parts
            .journal
            .append(batch, move |result| sender.send(result).unwrap());
        receiver.recv().unwrap().unwrap();
    };
    let wait = |examined: u64| {
        let started = Instant::now();
        while lock(&parts.status).position < examined && started.elapsed() < PATIENCE {
            std::thread::sleep(Duration::from_millis(1));
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(|| run(&parts, &stop));
        for number in 1..=3 {
            append(number);
        }
        wait(3);
        parts.knowledge.put_engine(counting());
        append(4);
        wait(4);
        stop.store(true, Ordering::Release);
    });
    let reader = crate::reader::Reader::local();
    let filter = crate::store::AlertFilter::default();
    let order = crate::store::Order::Newest;
    let page = parts
        .store
        .alerts(&reader, &filter, order, None, 10)
        .unwrap();
    assert_eq!(page.rows.len(), 1);
    assert_eq!(page.rows[0].count, 4);
}

/// What goes for its age is in the audit trail; what is younger stays, and so does the place in the journal.
#[test]
fn old_partitions_go_and_the_audit_trail_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let mut parts = parts(dir.path());
    parts.options.index.partition_events = 100;
    parts.options.retention.network.age = Duration::from_nanos(1);
    fill(&parts.journal);
    let last = Time::from_micros(1_000_000);
    {
        let mut pipeline = Pipeline::open(&parts).unwrap();
        while let Some(item) = pipeline.reader.next(Duration::ZERO).unwrap() {
            let Item::Frame(frame) = item else { continue };
            pipeline.take(frame).unwrap();
        }
        // An hour later by the engine's clock, which alone decides.
        pipeline.pending.now = last.plus(Duration::from_secs(3_600));
        pipeline.commit_index().unwrap();
        pipeline.checkpoint().unwrap();
    }
    let left = numbers(&parts.searcher);
    assert!(left.len() <= 100, "{} are left", left.len());
    let said = parts.store.audited("retention.drop").unwrap();
    assert_eq!(said, EVENTS / 100 - u64::from(!left.is_empty()));
    let resumed = Pipeline::open(&parts).unwrap();
    assert_eq!(resumed.read, EVENTS);
}
