//! Windows against a naive recomputation from the full list, in any order of arrival.

use std::collections::BTreeSet;

use event::{Core, EventId, Fields, Instance, Kind, Lane, Record};
use proptest::prelude::*;

use super::*;
use crate::rule::{Member, Origin, RuleInfo};

const W: i64 = 60;

fn info(id: &str, correlation: bool) -> Arc<RuleInfo> {
    Arc::new(RuleInfo {
        id: id.into(),
        title: id.into(),
        level: crate::rule::Level::High,
        author: None,
        license: None,
        tags: vec![],
        description: None,
        references: vec![],
        falsepositives: vec![],
        status: None,
        vietnamese: None,
        entities: None,
        window: Duration::from_secs(60),
        province: false,
        origin: Origin::Shipped,
        file: "t.yml".into(),
        source: String::new(),
        correlation,
        rules: vec![],
        group: vec![],
    })
}

fn correlation(at_least: usize, distinct: bool) -> Arc<Correlation> {
    let values = if distinct {
        vec![vec!["v".to_owned()]]
    } else {
        vec![]
    };
    Arc::new(Correlation {
        info: info("c", true),
        members: vec![Member {
            rule: "base".into(),
            group: vec![vec!["g".to_owned()]],
            values,
        }],
        group_by: vec!["g".to_owned()],
        at_least,
        distinct,
        span: Duration::from_secs(60),
    })
}

fn windows(correlation: &Arc<Correlation>, entries: usize) -> Windows {
    let limits = WindowLimits {
        entries,
        lateness: Duration::from_secs(600),
    };
    Windows::new(std::slice::from_ref(correlation), limits)
}

/// One event: its second, group and value; `source` has a clock of its own.
fn observe(
    windows: &mut Windows,
    position: u64,
    second: i64,
    group: &str,
    value: &str,
    source: &str,
) -> Vec<Hit> {
    let time = Time::from_micros(second * 1_000_000);
    let event = Arc::new(Event {
        id: EventId {
            instance: Instance(1),
            lane: Lane::Second,
            number: position,
        },
        time,
        seen: time,
        sensor: "s".into(),
        source: source.into(),
        site: "x".into(),
        kind: Kind::Dns,
        exercise: false,
        core: Core::default(),
        record: Record::new(format!(r#"{{"g":"{group}","v":"{value}"}}"#).into_bytes()),
    });
    let fields = Fields::of(&event.record);
    let view = View {
        event: &event,
        fields: &fields,
    };
    let detection = Detection {
        rule: info("base", false),
        matched: vec![],
        alerts: false,
    };
    let mut hits = Vec::new();
    windows.observe(&event, position, time, &[detection], view, &mut hits);
    hits
}

fn reported(hits: &[Hit]) -> Vec<u64> {
    hits.iter()
        .flat_map(|hit| hit.events.iter().map(|event| event.position))
        .collect()
}

#[test]
fn it_fires_as_soon_as_it_holds_and_reports_each_event_once() {
    let mut windows = windows(&correlation(3, false), 1_000);
    assert!(observe(&mut windows, 1, 0, "a", "", "f").is_empty());
    assert!(observe(&mut windows, 2, 59, "a", "", "f").is_empty());
    assert!(
        observe(&mut windows, 3, 60, "a", "", "f").is_empty(),
        "the first is out: (0, 60]"
    );
    assert!(
        observe(&mut windows, 4, 60, "b", "", "f").is_empty(),
        "another group"
    );
    assert_eq!(
        reported(&observe(&mut windows, 5, 61, "a", "", "f")),
        [2, 3, 5]
    );
    assert_eq!(reported(&observe(&mut windows, 6, 62, "a", "", "f")), [6]);
}

#[test]
fn different_values_are_counted_where_values_are_asked_for() {
    let mut windows = windows(&correlation(3, true), 1_000);
    for position in 1..=5 {
        assert!(observe(&mut windows, position, 1, "a", "same", "f").is_empty());
    }
    observe(&mut windows, 6, 2, "a", "other", "f");
    assert_eq!(observe(&mut windows, 7, 3, "a", "third", "f").len(), 1);
}

#[test]
fn an_event_too_far_behind_its_own_source_is_counted_and_left_out() {
    let mut windows = windows(&correlation(2, false), 1_000);
    observe(&mut windows, 1, 10_000, "a", "", "fast");
    observe(&mut windows, 2, 100, "a", "", "slow");
    assert_eq!(windows.counters().late, 0, "each source has its own time");
    observe(&mut windows, 3, 9_000, "a", "", "fast");
    assert_eq!(windows.counters().late, 1);
}

#[test]
fn a_source_that_lags_keeps_its_entries_however_far_another_is_ahead() {
    let mut windows = windows(&correlation(3, false), 1_000);
    observe(&mut windows, 1, 50_000, "a", "", "ahead");
    observe(&mut windows, 2, 100, "a", "", "behind");
    observe(&mut windows, 3, 50_001, "a", "", "ahead");
    observe(&mut windows, 4, 101, "a", "", "behind");
    assert_eq!(
        reported(&observe(&mut windows, 5, 102, "a", "", "behind")),
        [2, 4, 5]
    );
    assert_eq!(
        reported(&observe(&mut windows, 6, 50_002, "a", "", "ahead")),
        [1, 3, 6]
    );
}

#[test]
fn a_group_goes_when_its_sources_have_passed_it() {
    let mut windows = windows(&correlation(3, false), 1_000);
    observe(&mut windows, 1, 0, "a", "", "f");
    observe(&mut windows, 2, 660, "b", "", "f");
    observe(&mut windows, 3, 661, "b", "", "f");
    assert_eq!(windows.weight, 3, "the lateness is not over");
    observe(&mut windows, 4, 721, "b", "", "f");
    assert_eq!(windows.weight, 3, "a's entry is gone");
    assert_eq!(windows.counters().evicted, 0);
}

#[test]
fn at_the_limit_the_stalest_groups_go_and_are_counted() {
    let mut windows = windows(&correlation(100, false), 50);
    for position in 1..=200_u64 {
        let second = i64::try_from(position).unwrap();
        observe(
            &mut windows,
            position,
            second,
            &format!("g{position}"),
            "",
            "f",
        );
        assert!(windows.weight <= 50);
    }
    let groups = windows
        .correlations
        .iter()
        .flat_map(|state| state.groups.values());
    let kept: usize = groups.map(Group::weight).sum();
    assert_eq!(kept, windows.weight);
    assert_eq!(windows.counters().evicted, 200 - kept as u64);
}

#[test]
fn what_was_checkpointed_comes_back_and_forgets_and_repeats_nothing() {
    let correlation = correlation(3, false);
    let mut before = windows(&correlation, 1_000);
    observe(&mut before, 1, 0, "a", "", "f");
    observe(&mut before, 2, 1, "a", "", "f");
    let mut after = windows(&correlation, 1_000);
    for change in before.take_changes() {
        if let WindowChange::Added(entry) = change {
            after.restore(&entry);
        }
    }
    assert_eq!(
        reported(&observe(&mut after, 3, 2, "a", "", "f")),
        [1, 2, 3]
    );
}

/// An event of the property: its second, group, value and source.
type Plain = (i64, String, String, String);

/// The positions in any matching window, from the full list.
fn naive(events: &[(u64, Plain)], at_least: usize, distinct: bool) -> BTreeSet<u64> {
    let mut found = BTreeSet::new();
    for (_, (end, group, ..)) in events {
        let inside = || {
            events.iter().filter(|(_, (second, held, ..))| {
                held == group && *second > end - W && second <= end
            })
        };
        let values: BTreeSet<&str> = inside().map(|(_, (_, _, value, _))| &**value).collect();
        let count = if distinct {
            values.len()
        } else {
            inside().count()
        };
        if count >= at_least {
            found.extend(inside().map(|(position, _)| *position));
        }
    }
    found
}

/// Episodes: the ends of matching windows, joined when they are less than a window apart.
fn episodes(mut spans: Vec<(i64, i64)>) -> Vec<(i64, i64)> {
    spans.sort_unstable();
    let mut joined: Vec<(i64, i64)> = Vec::new();
    for (from, to) in spans {
        match joined.last_mut() {
            Some(last) if from - last.1 < W => last.1 = last.1.max(to),
            _ => joined.push((from, to)),
        }
    }
    joined
}

/// A group and its episodes.
type Episodes = (String, Vec<(i64, i64)>);

fn replay(
    events: &[(u64, Plain)],
    at_least: usize,
    distinct: bool,
    restart_every: usize,
) -> (Vec<u64>, Vec<Episodes>) {
    let correlation = correlation(at_least, distinct);
    let mut state = windows(&correlation, 10_000);
    let mut kept: Vec<WindowEntry> = Vec::new();
    let (mut found, mut spans) = (Vec::new(), std::collections::BTreeMap::new());
    for (number, (position, (second, group, value, source))) in events.iter().enumerate() {
        for hit in observe(&mut state, *position, *second, group, value, source) {
            let span = (hit.from.micros() / 1_000_000, hit.to.micros() / 1_000_000);
            found.extend(reported(std::slice::from_ref(&hit)));
            let key = hit.entities[0].value.clone();
            spans.entry(key).or_insert_with(Vec::new).push(span);
        }
        for change in state.take_changes() {
            match change {
                WindowChange::Added(entry) => kept.push(entry),
                WindowChange::Reported { position, .. } => {
                    let entry = kept.iter_mut().find(|entry| entry.position == position);
                    entry.unwrap().reported = true;
                }
                WindowChange::Removed { position, .. } => {
                    kept.retain(|entry| entry.position != position);
                }
            }
        }
        if number % restart_every == restart_every - 1 {
            state = windows(&correlation, 10_000);
            kept.iter().for_each(|entry| state.restore(entry));
            assert!(state.take_changes().is_empty());
        }
    }
    let spans = spans
        .into_iter()
        .map(|(group, spans)| (group, episodes(spans)));
    (found, spans.collect())
}

proptest! {
    #[test]
    fn any_order_within_each_sources_lateness_reports_what_the_full_list_holds(
        events in prop::collection::vec((0..400_i64, "[ab]", "[vwxyz]", "[fg]"), 1..80),
        at_least in 1..6_usize,
        distinct: bool,
        restart_every in 1..40_usize,
        // One source replays what is older than the other's limit of lateness.
        behind in prop::sample::select(vec![0_i64, 300, 700, 5_000, 100_000]),
        seed: u64,
    ) {
        let mut events: Vec<(u64, Plain)> = (1..).zip(events).collect();
        for (_, (second, _, _, source)) in &mut events {
            *second += if source == "g" { 0 } else { behind };
        }
        let expected = naive(&events, at_least, distinct);
        let (found, spans) = replay(&events, at_least, distinct, restart_every);
        let once: BTreeSet<u64> = found.iter().copied().collect();
        prop_assert_eq!(once.len(), found.len(), "reported twice");
        prop_assert_eq!(&once, &expected);
        // Another order: the same events, and the same episodes of each group.
        events.sort_by_key(|(position, _)| position.wrapping_mul(seed | 1).rotate_left(17));
        let (again, others) = replay(&events, at_least, distinct, usize::MAX);
        prop_assert_eq!(again.iter().copied().collect::<BTreeSet<u64>>(), expected);
        prop_assert_eq!(others, spans);
    }
}

#[test]
fn an_event_counts_once_and_takes_part_only_with_its_group() {
    let mut windows = windows(&correlation(2, false), 1_000);
    assert!(observe(&mut windows, 1, 1, "a", "", "f").is_empty());
    assert!(
        observe(&mut windows, 1, 1, "a", "", "f").is_empty(),
        "the same event again"
    );
    let mut changed = correlation(2, false);
    Arc::get_mut(&mut changed).unwrap().members[0].group = vec![vec!["missing".to_owned()]];
    let mut lacking = self::windows(&changed, 1_000);
    for position in 1..=5 {
        assert!(observe(&mut lacking, position, 1, "a", "", "f").is_empty());
    }
    assert!(lacking.take_changes().is_empty());
}

#[test]
fn an_entry_that_no_rule_of_today_wants_is_removed() {
    let mut before = windows(&correlation(3, false), 1_000);
    observe(&mut before, 1, 0, "a", "", "f");
    let [WindowChange::Added(entry)] = &before.take_changes()[..] else {
        panic!("one entry")
    };
    let mut other_field = correlation(3, false);
    Arc::get_mut(&mut other_field).unwrap().group_by = vec!["h".to_owned()];
    let mut garbage = entry.clone();
    garbage.event = vec![1, 2, 3];
    for (now, entry) in [
        (Windows::new(&[], WindowLimits::default()), entry),
        (windows(&other_field, 10), entry),
        (windows(&correlation(3, true), 10), entry),
        (windows(&correlation(3, false), 10), &garbage),
    ] {
        let mut now = now;
        now.restore(entry);
        let changes = now.take_changes();
        assert!(
            matches!(changes[..], [WindowChange::Removed { position: 1, .. }]),
            "{changes:?}"
        );
    }
}

#[test]
fn one_flood_keeps_its_newest_and_leaves_the_others_alone() {
    let mut windows = windows(&correlation(3, false), 100);
    observe(&mut windows, 1, 0, "quiet", "", "f");
    observe(&mut windows, 2, 1, "quiet", "", "f");
    for position in 3..=300_u64 {
        observe(&mut windows, position, 2, "loud", "", "f");
    }
    assert!(windows.counters().evicted > 200);
    assert_eq!(
        reported(&observe(&mut windows, 301, 3, "quiet", "", "f")),
        [1, 2, 301]
    );
}

#[test]
fn a_flood_in_one_group_stays_quick() {
    for (distinct, at_least, values) in [(false, 10, 1), (true, 40, 1), (true, 40, 65_000)] {
        let mut windows = windows(&correlation(at_least, distinct), 100_000);
        let started = std::time::Instant::now();
        for position in 1..=20_000_u64 {
            let second = i64::try_from(position / 1_000).unwrap();
            let value = (position % values).to_string();
            observe(&mut windows, position, second, "a", &value, "f");
            windows.take_changes();
        }
        println!("{:.0} events/s", 20_000.0 / started.elapsed().as_secs_f64());
    }
}
