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
        entities: None,
        window: Duration::from_secs(60),
        province: false,
        origin: Origin::Shipped,
        file: "t.yml".into(),
        source: String::new(),
        correlation,
        rules: vec![],
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
        assert!(windows.entries <= 50);
    }
    let kept: usize = windows.groups.values().map(Vec::len).sum();
    assert_eq!(kept, windows.entries);
    assert_eq!(windows.counters().evicted, 200 - windows.entries as u64);
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

/// The positions in any matching window, from the full list.
fn naive(events: &[(u64, i64, String)], at_least: usize) -> BTreeSet<u64> {
    let mut found = BTreeSet::new();
    for (_, end, group) in events {
        let inside: Vec<u64> = events
            .iter()
            .filter(|(_, second, held)| held == group && *second > end - W && second <= end)
            .map(|(position, ..)| *position)
            .collect();
        if inside.len() >= at_least {
            found.extend(inside);
        }
    }
    found
}

proptest! {
    #[test]
    fn any_order_within_the_lateness_reports_what_the_full_list_holds(
        events in prop::collection::vec((0..400_i64, "[ab]"), 1..60),
        at_least in 1..6_usize,
    ) {
        let events: Vec<(u64, i64, String)> =
            events.into_iter().zip(1..).map(|((second, group), n)| (n, second, group)).collect();
        let mut windows = windows(&correlation(at_least, false), 1_000);
        let mut found = Vec::new();
        for (position, second, group) in &events {
            found.extend(reported(&observe(&mut windows, *position, *second, group, "", "f")));
        }
        let once: BTreeSet<u64> = found.iter().copied().collect();
        prop_assert_eq!(once.len(), found.len(), "reported twice");
        prop_assert_eq!(once, naive(&events, at_least));
    }
}
