//! The store from outside: one episode is one alert, whatever the order; people win over growth.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use event::{Core, Entity, Event, EventId, Instance, Kind, Lane, Record, Time};
use proptest::prelude::*;

use super::*;
use crate::correlate::{Hit, HitEvent};
use crate::reader::{Reader, Role, Scope};
use crate::rule::{Level, Origin, RuleInfo};

const MINUTE: i64 = 60_000_000;

pub(super) fn store() -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(&dir.path().join("store.db"), |_| {}).unwrap();
    (dir, store)
}

pub(super) fn rule() -> Arc<RuleInfo> {
    Arc::new(RuleInfo {
        id: "r1".into(),
        title: "A rule".into(),
        level: Level::High,
        author: Some("haidang project".into()),
        license: None,
        tags: vec![],
        description: None,
        references: vec![],
        falsepositives: vec![],
        status: None,
        vietnamese: None,
        entities: None,
        window: Duration::from_secs(3_600),
        province: false,
        origin: Origin::Shipped,
        file: "r1.yml".into(),
        source: "title: A rule".into(),
        correlation: false,
        rules: vec![],
        group: vec![],
    })
}

pub(super) fn hit(position: u64, minute: i64, entity: &str, site: &str) -> Hit {
    let time = Time::from_micros(minute * MINUTE);
    let event = Arc::new(Event {
        id: EventId {
            instance: Instance(1),
            lane: Lane::Second,
            number: position,
        },
        time,
        seen: time,
        sensor: "s".into(),
        source: "f".into(),
        site: site.into(),
        kind: Kind::Dns,
        exercise: false,
        core: Core::default(),
        record: Record::new(b"{}".to_vec()),
    });
    Hit {
        rule: rule(),
        site: site.into(),
        exercise: false,
        backfill: false,
        entities: vec![Entity {
            field: "source.ip".into(),
            value: entity.into(),
        }],
        from: time,
        to: time,
        events: vec![HitEvent {
            event,
            position,
            matched: vec![("a".into(), "b".into())],
        }],
    }
}

pub(super) fn fold(store: &Store, hits: Vec<Hit>) {
    let now = Time::from_micros(hits.iter().map(|hit| hit.to.micros()).max().unwrap_or(0));
    store
        .checkpoint(&Checkpoint {
            hits,
            now,
            ..Checkpoint::default()
        })
        .unwrap();
}

pub(super) fn all(store: &Store) -> Vec<AlertRow> {
    let filter = AlertFilter::default();
    store
        .alerts(&Reader::local(), &filter, Order::Oldest, None, 200)
        .unwrap()
        .rows
}

fn change(store: &Store, row: &AlertRow, state: State, verdict: Option<Verdict>) -> Changed {
    let change = Change {
        work: Work {
            state: Some(state),
            verdict,
            note: Some("why".into()),
            ..Work::default()
        },
        version: row.version,
        key: None,
    };
    store
        .change_alert(&Reader::local(), &row.id, &change, Time::EPOCH)
        .unwrap()
}

#[test]
fn matches_closer_than_the_window_are_one_alert() {
    let (_dir, store) = store();
    fold(
        &store,
        vec![
            hit(1, 0, "a", "x"),
            hit(2, 59, "a", "x"),
            hit(3, 59, "b", "x"),
        ],
    );
    fold(&store, vec![hit(4, 118, "a", "x"), hit(5, 178, "a", "x")]);
    let counts: Vec<u64> = all(&store).iter().map(|row| row.count).collect();
    assert_eq!(
        counts,
        [1, 3, 1],
        "b, then the first episode of a, then the second"
    );
}

#[test]
fn late_evidence_joins_two_episodes_into_the_older() {
    let (_dir, store) = store();
    fold(&store, vec![hit(1, 0, "a", "x")]);
    fold(&store, vec![hit(2, 100, "a", "x")]);
    let oldest = all(&store)[0].id.clone();
    fold(&store, vec![hit(3, 50, "a", "x")]);
    let rows = all(&store);
    assert_eq!((rows.len(), rows[0].count, &rows[0].id), (1, 3, &oldest));
    let detail = store.alert(&Reader::local(), &oldest).unwrap().unwrap();
    assert_eq!(detail.evidence.len(), 3);
}

#[test]
fn episodes_that_people_have_touched_link_instead() {
    let (_dir, store) = store();
    fold(&store, vec![hit(1, 0, "a", "x")]);
    fold(&store, vec![hit(2, 100, "a", "x")]);
    for row in all(&store) {
        assert!(matches!(
            change(&store, &row, State::InWork, None),
            Changed::Done(..)
        ));
    }
    fold(&store, vec![hit(3, 50, "a", "x")]);
    let rows = all(&store);
    assert_eq!(rows.len(), 2);
    assert_eq!(rows[1].previous.as_ref().map(|p| &p.0), Some(&rows[0].id));
}

#[test]
fn a_closed_alert_never_grows_and_the_next_shows_its_verdict() {
    let (_dir, store) = store();
    fold(&store, vec![hit(1, 0, "a", "x")]);
    let row = all(&store).remove(0);
    change(&store, &row, State::Closed, Some(Verdict::Benign));
    fold(&store, vec![hit(2, 1, "a", "x")]);
    let rows = all(&store);
    assert_eq!(rows.iter().map(|row| row.count).collect::<Vec<_>>(), [1, 1]);
    assert_eq!(rows[1].previous, Some((row.id, Some(Verdict::Benign))));
}

#[test]
fn growth_is_no_conflict_and_a_colleague_is() {
    let (_dir, store) = store();
    fold(&store, vec![hit(1, 0, "a", "x")]);
    let seen = all(&store).remove(0);
    fold(&store, vec![hit(2, 1, "a", "x")]);
    assert!(matches!(
        change(&store, &seen, State::Acknowledged, None),
        Changed::Done(..)
    ));
    assert!(matches!(
        change(&store, &seen, State::Closed, None),
        Changed::Conflict(_)
    ));
}

#[test]
fn a_repeated_request_changes_nothing_and_a_reused_key_is_refused() {
    let (_dir, store) = store();
    fold(&store, vec![hit(1, 0, "a", "x")]);
    let row = all(&store).remove(0);
    let ask = |version, state, key: &str| {
        let work = Work {
            state: Some(state),
            ..Work::default()
        };
        let key = Some(key.into());
        let change = Change { work, version, key };
        let changed = store.change_alert(&Reader::local(), &row.id, &change, Time::EPOCH);
        changed.unwrap()
    };
    let unseen = ask(row.version + 7, State::InWork, "k0");
    assert!(matches!(unseen, Changed::Conflict(_)), "no such version");
    for _ in 0..2 {
        let Changed::Done(done, _) = ask(row.version, State::InWork, "k1") else {
            panic!("repeating is no conflict")
        };
        assert_eq!((done.state, done.version), (State::InWork, row.version + 1));
    }
    let reused = ask(row.version, State::Acknowledged, "k1");
    assert!(matches!(reused, Changed::KeyReused));
    let other = ask(row.version, State::Acknowledged, "k2");
    assert!(matches!(other, Changed::Conflict(_)));
}

#[test]
fn only_the_first_and_last_twenty_are_copied_and_all_are_counted() {
    let (_dir, store) = store();
    fold(
        &store,
        (0..100)
            .map(|n| hit(n + 1, i64::try_from(n).unwrap() / 4, "a", "x"))
            .collect(),
    );
    let row = all(&store).remove(0);
    let evidence = store
        .alert(&Reader::local(), &row.id)
        .unwrap()
        .unwrap()
        .evidence;
    let positions: Vec<u64> = evidence.iter().map(|copy| copy.event.position).collect();
    assert_eq!(row.count, 100);
    assert_eq!(positions, (1..=20).chain(81..=100).collect::<Vec<_>>());
}

#[test]
fn a_reader_of_one_site_never_sees_the_other() {
    let (_dir, store) = store();
    fold(
        &store,
        vec![hit(1, 0, "a", "x"), hit(2, 0, "a", "y"), hit(3, 0, "a", "")],
    );
    let scope = Scope::Sites(vec!["y".into()]);
    let reader = Reader {
        user: "v".into(),
        role: Role::Viewer,
        scope,
    };
    let page = store
        .alerts(&reader, &AlertFilter::default(), Order::Newest, None, 10)
        .unwrap();
    assert_eq!(
        page.rows.iter().map(|row| &*row.site).collect::<Vec<_>>(),
        ["y"]
    );
    assert_eq!((page.total, page.counts.new), (1, 1));
    for row in all(&store) {
        assert_eq!(
            store.alert(&reader, &row.id).unwrap().is_some(),
            row.site == "y"
        );
    }
    let (told, place) = store.announcements(&reader, 0, 100).unwrap().unwrap();
    assert!(told.iter().all(|told| told.site == "y") && told.len() == 1);
    // A page of foreign announcements only is a page, and the next begins behind it.
    let (mut after, mut met) = (0, Vec::new());
    while after < place {
        let (page, looked) = store.announcements(&reader, after, 1).unwrap().unwrap();
        assert!(looked > after);
        met.extend(page);
        after = looked;
    }
    assert_eq!(met, told);
    let nobody = Reader {
        scope: Scope::Sites(vec![]),
        ..reader
    };
    let page = store
        .alerts(&nobody, &AlertFilter::default(), Order::Newest, None, 10)
        .unwrap();
    assert!(page.rows.is_empty());
}

#[test]
fn pages_hold_every_alert_once_in_every_order() {
    let (_dir, store) = store();
    fold(
        &store,
        (0..23)
            .map(|n| hit(n + 1, i64::try_from(n).unwrap() % 5, &n.to_string(), "x"))
            .collect(),
    );
    for order in Order::ALL {
        let (mut seen, mut cursor) = (Vec::new(), None);
        loop {
            let filter = AlertFilter::default();
            let page = store
                .alerts(&Reader::local(), &filter, *order, cursor.as_ref(), 5)
                .unwrap();
            seen.extend(page.rows.into_iter().map(|row| row.id));
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), 23, "{order:?}");
    }
}

#[test]
fn a_change_in_the_past_of_the_audit_trail_shows() {
    let (dir, store) = store();
    for number in 0..5 {
        store
            .audit(
                Time::EPOCH,
                "an",
                "test.did",
                &number.to_string(),
                &serde_json::json!({}),
            )
            .unwrap();
    }
    assert_eq!(store.verify_audit().unwrap(), (5, None));
    let raw = Connection::open(dir.path().join("store.db")).unwrap();
    raw.execute("UPDATE audit SET who = 'binh' WHERE seq = 3", [])
        .unwrap();
    assert_eq!(
        store.verify_audit().unwrap(),
        (2, Some(AuditBreak { seq: 3 }))
    );
    raw.execute("DELETE FROM audit WHERE seq = 3", []).unwrap();
    assert_eq!(
        store.verify_audit().unwrap(),
        (2, Some(AuditBreak { seq: 4 }))
    );
}

#[test]
fn windows_come_back_as_they_were_kept_also_from_the_version_before() {
    let (dir, store) = store();
    let entry = |position: u64| WindowEntry {
        rule: "r".into(),
        group: "g".into(),
        position,
        time: Time::from_micros(5),
        value: Some("v".into()),
        reported: false,
        matched: r#"[["a","b"]]"#.into(),
        event: vec![1],
        members: 1 << 62,
        source: "s".into(),
        received: Time::from_micros(6),
    };
    let clock = WindowClock {
        source: "s".into(),
        backfill: true,
        newest: Time::from_micros(7),
        received: Time::from_micros(8),
    };
    let reported = |position, keeps| WindowChange::Reported {
        rule: "r".into(),
        group: "g".into(),
        position,
        keeps,
    };
    let removed = WindowChange::Removed {
        rule: "r".into(),
        group: "g".into(),
        position: 4,
    };
    let mut windows: Vec<WindowChange> = (1..=4).map(|n| WindowChange::Added(entry(n))).collect();
    windows.extend([reported(2, true), reported(3, false), removed]);
    windows.push(WindowChange::Clock(clock.clone()));
    let checkpoint = Checkpoint {
        windows,
        ..Checkpoint::default()
    };
    store.checkpoint(&checkpoint).unwrap();
    let resume = store.resume().unwrap();
    let let_go = WindowEntry {
        reported: true,
        matched: "[]".into(),
        event: vec![],
        ..entry(3)
    };
    let kept = WindowEntry {
        reported: true,
        ..entry(2)
    };
    assert_eq!(resume.windows, [entry(1), kept, let_go]);
    assert_eq!(resume.clocks, [clock]);
    let before = include_str!("back_to_2.sql");
    drop(store);
    let path = dir.path().join("store.db");
    Connection::open(&path)
        .unwrap()
        .execute_batch(before)
        .unwrap();
    let resume = Store::open(&path, |_| {}).unwrap().resume().unwrap();
    assert_eq!((resume.windows.len(), resume.clocks.len()), (3, 0));
    assert_eq!(resume.windows[0].source, "");
}

#[test]
fn a_hit_without_events_only_widens_its_episode() {
    let (_dir, store) = store();
    let empty = |minute| Hit {
        events: vec![],
        ..hit(9, minute, "a", "x")
    };
    fold(&store, vec![empty(0)]);
    assert!(all(&store).is_empty());
    fold(
        &store,
        vec![hit(1, 0, "a", "x"), empty(50), hit(2, 100, "a", "x")],
    );
    let rows = all(&store);
    assert_eq!((rows.len(), rows[0].count), (1, 2));
}

#[test]
fn a_newer_file_is_refused_with_a_sentence() {
    let (dir, store) = store();
    drop(store);
    let path = dir.path().join("store.db");
    let raw = Connection::open(&path).unwrap();
    raw.pragma_update(None, "user_version", SCHEMA_VERSION + 1)
        .unwrap();
    let refused = Store::open(&path, |_| {})
        .err()
        .map(|error| error.to_string());
    assert!(refused.is_some_and(|text| text.ends_with("written by a newer haidang; use that one")));
}

/// The episodes by hand: sort the times of each entity and cut where the gap is a window or more.
fn expected(hits: &[(u64, i64, String)]) -> BTreeMap<String, Vec<u64>> {
    let mut by_entity: BTreeMap<&str, Vec<i64>> = BTreeMap::new();
    for (_, minute, entity) in hits {
        by_entity.entry(entity).or_default().push(*minute);
    }
    let mut episodes = BTreeMap::new();
    for (entity, mut minutes) in by_entity {
        minutes.sort_unstable();
        let mut counts = vec![1];
        for pair in minutes.windows(2) {
            if pair[1] - pair[0] < 60 {
                *counts.last_mut().unwrap() += 1
            } else {
                counts.push(1)
            }
        }
        counts.sort_unstable();
        episodes.insert(entity.to_owned(), counts);
    }
    episodes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn any_order_and_any_batching_give_the_same_episodes(
        hits in prop::collection::vec((0..400_i64, "[ab]"), 1..30),
        cuts in prop::collection::vec(1..6_usize, 30),
    ) {
        let (_dir, store) = store();
        let hits: Vec<(u64, i64, String)> =
            hits.into_iter().zip(1..).map(|((minute, entity), n)| (n, minute, entity)).collect();
        let mut rest = hits.as_slice();
        for cut in cuts {
            let (batch, tail) = rest.split_at(cut.min(rest.len()));
            rest = tail;
            fold(&store, batch.iter().map(|(n, minute, entity)| hit(*n, *minute, entity, "x")).collect());
        }
        let mut found: BTreeMap<String, Vec<u64>> = BTreeMap::new();
        for row in all(&store) {
            found.entry(row.entities[0].value.clone()).or_default().push(row.count);
        }
        found.values_mut().for_each(|counts| counts.sort_unstable());
        prop_assert_eq!(found, expected(&hits));
    }
}
