//! What people do with alerts, from outside: one, thousands, and back again.

use std::time::Duration;

use event::Time;

use super::tests::{all, fold, hit, store};
use super::*;
use crate::reader::{Reader, Role, Scope};
use crate::rule::Level;
use crate::triage::Triage;

const SECOND: i64 = 1_000_000;
const WITHIN: Duration = Duration::from_secs(600);

pub(super) fn at(seconds: i64) -> Time {
    Time::from_micros(seconds * SECOND)
}

fn person(name: &str, scope: Scope) -> Reader {
    Reader {
        user: name.into(),
        role: Role::Analyst,
        scope,
    }
}

pub(super) fn an() -> Reader {
    person("an", Scope::All)
}

pub(super) fn state(state: State) -> Work {
    Work {
        state: Some(state),
        verdict: (state == State::Closed).then_some(Verdict::Benign),
        ..Work::default()
    }
}

pub(super) fn to(name: &str, scope: Scope) -> Work {
    let name = name.to_owned();
    Work {
        assign: Assign::To { name, scope },
        ..Work::default()
    }
}

pub(super) fn do_one(
    store: &Store,
    reader: &Reader,
    row: &AlertRow,
    work: Work,
    now: Time,
) -> Changed {
    let version = row.version;
    let change = Change {
        work,
        version,
        key: None,
    };
    store.change_alert(reader, &row.id, &change, now).unwrap()
}

fn bulk(meant: Meant, work: Work, as_of: Option<Time>) -> Bulk {
    Bulk {
        meant,
        work,
        as_of,
        most: 10_000,
        key: None,
    }
}

fn do_many(store: &Store, reader: &Reader, bulk: &Bulk, now: Time) -> BulkDone {
    match store.change_alerts(reader, bulk, now).unwrap() {
        BulkChanged::Done(done) => done,
        other => panic!("{other:?}"),
    }
}

fn undo(store: &Store, reader: &Reader, batch: &str, now: Time) -> BulkDone {
    match store.undo_change(reader, batch, WITHIN, now).unwrap() {
        Undone::Done(done) => done,
        other => panic!("{other:?}"),
    }
}

/// As many alerts at x, and one at y; opened at the engine's moment 0.
fn some(store: &Store, count: u64) {
    let mut hits: Vec<_> = (0..count)
        .map(|n| hit(n + 1, 0, &n.to_string(), "x"))
        .collect();
    hits.push(hit(count + 1, 0, "foreign", "y"));
    fold(store, hits);
}

fn every() -> Meant {
    Meant::Filter(Box::default())
}

/// What people see of all alerts, without what every change moves.
fn shown(store: &Store) -> Vec<(String, State, Option<Verdict>, Option<String>)> {
    let rows = all(store).into_iter();
    rows.map(|row| (row.id, row.state, row.verdict, row.assignee))
        .collect()
}

#[test]
fn an_alert_is_handed_on_and_its_history_says_to_whom() {
    let (_dir, store) = store();
    some(&store, 1);
    let row = all(&store).into_iter().find(|row| row.site == "x").unwrap();
    let binh = to("binh", Scope::Sites(vec!["x".into()]));
    let Changed::Done(row, _) = do_one(&store, &an(), &row, binh, at(1)) else {
        panic!("binh sees x");
    };
    assert_eq!(row.assignee.as_deref(), Some("binh"));
    assert_eq!(row.state, State::New);
    let outside = to("chi", Scope::Sites(vec!["y".into()]));
    let refused = do_one(&store, &an(), &row, outside, at(2));
    assert!(matches!(refused, Changed::AssigneeOutside));
    let work = Work {
        assign: Assign::Nobody,
        ..Work::default()
    };
    assert!(matches!(
        do_one(&store, &an(), &row, work, at(3)),
        Changed::Done(..)
    ));
    let detail = store.alert(&an(), &row.id).unwrap().unwrap();
    let told: Vec<_> = detail
        .history
        .iter()
        .map(|entry| (&*entry.action, entry.assignee.as_deref()))
        .collect();
    assert_eq!(
        told,
        [("opened", None), ("assign", Some("binh")), ("assign", None)]
    );
    // Who is of another site changes nothing.
    let stranger = person("xa", Scope::Sites(vec!["y".into()]));
    let row = all(&store).into_iter().find(|row| row.site == "x").unwrap();
    let missing = do_one(&store, &stranger, &row, state(State::InWork), at(4));
    assert!(matches!(missing, Changed::Missing));
}

#[test]
fn lists_and_counts_know_who_holds_what() {
    let (_dir, store) = store();
    some(&store, 3);
    let rows = all(&store);
    do_one(&store, &an(), &rows[0], to("an", Scope::All), at(1));
    do_one(&store, &an(), &rows[1], to("binh", Scope::All), at(1));
    do_one(&store, &an(), &rows[1], state(State::Closed), at(1));
    let page = |held_by| {
        let filter = AlertFilter {
            held_by,
            ..AlertFilter::default()
        };
        store
            .alerts(&an(), &filter, Order::Newest, None, 50)
            .unwrap()
    };
    let held = |name: &str| Some(HeldBy::Person(name.to_owned()));
    let totals = [
        None,
        held("an"),
        held("binh"),
        held("chi"),
        Some(HeldBy::Nobody),
    ]
    .map(|held_by| page(held_by).total);
    assert_eq!(totals, [4, 1, 1, 0, 2]);
    // The version that was seen before the hand-over is stale: the close above was refused.
    assert_eq!(page(None).counts.closed, 0);
    let views = page(held("binh")).views;
    assert_eq!(
        (views.mine, views.unassigned),
        (1, 2),
        "whoever is asked for"
    );
}

#[test]
fn thousands_are_changed_at_once_and_put_back() {
    let (_dir, store) = store();
    some(&store, 2_300);
    let before = shown(&store);
    let own = person("an", Scope::Sites(vec!["x".into()]));
    let mut work = state(State::Closed);
    work.note = Some("bảo trì".into());
    work.assign = Assign::To {
        name: "an".into(),
        scope: own.scope.clone(),
    };
    let done = do_many(&store, &own, &bulk(every(), work, Some(at(5))), at(5));
    assert_eq!((done.changed, done.skipped_count), (2_300, 0));
    let page = store
        .alerts(&an(), &AlertFilter::default(), Order::Newest, None, 1)
        .unwrap();
    assert_eq!(
        (page.counts.closed, page.counts.new),
        (2_300, 1),
        "y is another's"
    );
    let (held, broken) = store.verify_audit().unwrap();
    assert_eq!((held, broken), (1, None), "one row for all of them");

    // Nobody else may take it back, and nobody later than agreed.
    let undone = store
        .undo_change(&an_other(), &done.batch, WITHIN, at(6))
        .unwrap();
    assert_eq!(undone, Undone::Missing);
    let late = store
        .undo_change(&own, &done.batch, WITHIN, at(606))
        .unwrap();
    assert_eq!(late, Undone::TooLate);

    for _ in 0..2 {
        let undone = undo(&store, &own, &done.batch, at(7));
        assert_eq!((undone.changed, undone.skipped_count), (2_300, 0));
    }
    assert_eq!(shown(&store), before);
}

fn an_other() -> Reader {
    person("binh", Scope::All)
}

#[test]
fn what_a_colleague_touched_stays_in_both_directions() {
    let (_dir, store) = store();
    some(&store, 4);
    let rows = all(&store);
    // After the list was read a colleague takes one.
    do_one(&store, &an_other(), &rows[0], state(State::InWork), at(20));
    let ids: Vec<String> = rows.iter().map(|row| row.id.clone()).collect();
    let mut asked = ids.clone();
    asked.push("khong-co".into());
    asked.push(ids[1].clone());
    let work = state(State::Acknowledged);
    let done = do_many(
        &store,
        &an(),
        &bulk(Meant::Ids(asked), work.clone(), Some(at(10))),
        at(30),
    );
    assert_eq!((done.changed, done.skipped_count), (4, 2));
    assert!(done.skipped.contains(&(ids[0].clone(), Skip::Conflict)));
    assert!(done.skipped.contains(&("khong-co".into(), Skip::NotFound)));
    // Asked again, they are so already.
    let again = do_many(
        &store,
        &an(),
        &bulk(Meant::Ids(ids.clone()), work, None),
        at(31),
    );
    assert_eq!((again.changed, again.skipped_count), (1, 4));
    undo(&store, &an(), &again.batch, at(32));
    // The colleague goes on with another; taking back leaves that as it is.
    let row = all(&store)
        .into_iter()
        .find(|row| row.id == ids[1])
        .unwrap();
    do_one(&store, &an_other(), &row, state(State::InWork), at(33));
    let undone = undo(&store, &an(), &done.batch, at(34));
    assert_eq!(
        (undone.changed, undone.skipped),
        (3, vec![(ids[1].clone(), Skip::Conflict)])
    );
    let states: Vec<State> = ids
        .iter()
        .map(|id| store.alert(&an(), id).unwrap().unwrap().row.state)
        .collect();
    assert_eq!(states[..2], [State::InWork, State::InWork]);
    assert!(states[2..].iter().all(|state| *state == State::New));
}

#[test]
fn what_came_later_than_the_list_is_not_meant() {
    let (_dir, store) = store();
    some(&store, 2);
    // Opened at minute 10.
    fold(&store, vec![hit(9, 10, "late", "x")]);
    let work = state(State::Acknowledged);
    let done = do_many(&store, &an(), &bulk(every(), work, Some(at(60))), at(700));
    assert_eq!(done.changed, 3);
    let late = all(&store)
        .into_iter()
        .find(|row| row.entities[0].value == "late");
    assert_eq!(late.map(|row| row.state), Some(State::New));
}

#[test]
fn too_many_are_refused_and_a_repeated_request_does_nothing_twice() {
    let (_dir, store) = store();
    some(&store, 5);
    let mut asked = bulk(every(), state(State::Acknowledged), Some(at(5)));
    asked.most = 5;
    let refused = store.change_alerts(&an(), &asked, at(5)).unwrap();
    assert_eq!(refused, BulkChanged::TooMany);
    assert!(all(&store).iter().all(|row| row.state == State::New));
    asked.most = 6;
    asked.key = Some("k".into());
    let first = do_many(&store, &an(), &asked, at(5));
    assert_eq!(first.changed, 6);
    assert_eq!(do_many(&store, &an(), &asked, at(6)), first);
    asked.work = state(State::InWork);
    let reused = store.change_alerts(&an(), &asked, at(7)).unwrap();
    assert_eq!(reused, BulkChanged::KeyReused);
    // Growth of an alert is nobody's touch.
    fold(&store, vec![hit(20, 1, "0", "x")]);
    assert_eq!(undo(&store, &an(), &first.batch, at(8)).changed, 6);
}

#[test]
fn one_after_the_other_is_taken_back_the_last_first() {
    let (_dir, store) = store();
    some(&store, 0);
    let before = shown(&store);
    let mut batches = Vec::new();
    for (n, work) in [
        state(State::Acknowledged),
        to("an", Scope::All),
        state(State::Closed),
    ]
    .into_iter()
    .enumerate()
    {
        let row = all(&store).remove(0);
        let now = at(i64::try_from(n).unwrap() + 1);
        let Changed::Done(_, batch) = do_one(&store, &an(), &row, work, now) else {
            panic!("nobody else is there");
        };
        batches.push(batch);
    }
    let early = undo(&store, &an(), &batches[0], at(9));
    assert_eq!(early.skipped_count, 1, "what was done since stands on it");
    for batch in batches.iter().rev() {
        assert_eq!(undo(&store, &an(), batch, at(10)).changed, 1);
    }
    assert_eq!(shown(&store), before);
}

fn times(store: &Store, from: i64, to: i64) -> Times {
    let triage = Triage::default();
    store
        .times(&an(), &triage, false, at(from), at(to))
        .unwrap()
}

#[test]
fn times_are_told_from_what_lasted() {
    let (_dir, store) = store();
    some(&store, 3);
    let rows = all(&store);
    // High: an answer is due after an hour.
    let Changed::Done(first, _) =
        do_one(&store, &an(), &rows[0], state(State::Acknowledged), at(60))
    else {
        panic!("done");
    };
    do_one(&store, &an(), &first, state(State::Closed), at(300));
    do_one(
        &store,
        &an_other(),
        &rows[1],
        state(State::Closed),
        at(3_601),
    );
    let Changed::Done(_, batch) = do_one(&store, &an(), &rows[2], state(State::Closed), at(20))
    else {
        panic!("done");
    };
    undo(&store, &an(), &batch, at(30));
    let told = times(&store, 0, 10_000);
    let all = told.all;
    assert_eq!(
        (all.acknowledge.count, all.resolve.count, all.late),
        (2, 2, 1)
    );
    assert_eq!(all.acknowledge.mean, Duration::from_micros(1_830_500_000));
    assert_eq!(
        (all.resolve.median, all.resolve.p90),
        (Duration::from_secs(300), Duration::from_secs(3_601))
    );
    assert_eq!(told.levels.len(), 1);
    assert_eq!(told.levels[0], (Level::High, all));
    let people: Vec<_> = told
        .people
        .iter()
        .map(|(name, of)| (&**name, of.late))
        .collect();
    assert_eq!(people, [("an", 0), ("binh", 1)]);
    let early = times(&store, 0, 100).all;
    assert_eq!((early.acknowledge.count, early.resolve.count), (1, 0));
    let stranger = person("xa", Scope::Sites(vec!["z".into()]));
    let none = store
        .times(&stranger, &Triage::default(), false, at(0), at(10_000))
        .unwrap();
    assert_eq!(none.all.acknowledge.count, 0);
    let exercise = store
        .times(&an(), &Triage::default(), true, at(0), at(10_000))
        .unwrap();
    assert_eq!(exercise.all.acknowledge.count, 0);
}

#[test]
fn only_new_alerts_that_nobody_answered_are_overdue() {
    let (_dir, store) = store();
    some(&store, 2);
    let row = all(&store).remove(0);
    do_one(&store, &an(), &row, state(State::Acknowledged), at(1));
    let overdue = |now: i64, states: &[State]| {
        let triage = Triage::default();
        let filter = AlertFilter {
            states: states.to_vec(),
            overdue: true,
            cutoffs: triage.sla.cutoffs(&triage.hours, at(now)),
            ..AlertFilter::default()
        };
        let page = store
            .alerts(&an(), &filter, Order::Severity, None, 10)
            .unwrap();
        assert_eq!(page.rows.len() as u64, page.total);
        (page.total, page.views.overdue)
    };
    assert_eq!(overdue(3_599, &[]), (0, 0));
    assert_eq!(overdue(3_600, &[]), (2, 2));
    assert_eq!(overdue(3_600, &[State::Acknowledged]), (0, 2));
}

#[test]
fn an_entity_shows_what_its_reader_may_see() {
    let (_dir, store) = store();
    fold(
        &store,
        vec![
            hit(1, 0, "10.0.0.1", "x"),
            hit(2, 5, "10.0.0.1", "y"),
            hit(3, 0, "10.0.0.2", "x"),
        ],
    );
    let of = |reader: &Reader, kind, exercise| {
        store
            .entity_alerts(reader, kind, "10.0.0.1", exercise, at(600))
            .unwrap()
    };
    let seen = of(&an(), EntityKind::Ip, false);
    assert_eq!(
        (seen.rows.len(), seen.signals.len(), seen.counts.new),
        (2, 2, 2)
    );
    assert_eq!((seen.first, seen.last), (Some(at(0)), Some(at(300))));
    let own = person("an", Scope::Sites(vec!["x".into()]));
    let cut = of(&own, EntityKind::Ip, false);
    assert_eq!((cut.rows.len(), cut.last), (1, Some(at(0))));
    assert!(
        of(&an(), EntityKind::Ip, true).rows.is_empty(),
        "no exercise"
    );
    assert!(
        of(&an(), EntityKind::Host, false).rows.is_empty(),
        "no host's name"
    );
    let late = store
        .entity_alerts(&an(), EntityKind::Ip, "10.0.0.1", false, at(9 * 86_400))
        .unwrap();
    assert_eq!((late.rows.len(), late.signals.len()), (2, 0));
}
