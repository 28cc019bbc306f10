//! Lateness, room and restarts.

use super::*;

fn counting(at_least: usize) -> String {
    let body = format!(
        "type: event_count\nrules: [a]\ngroup-by: [g]\ntimespan: 60s\ncondition: {{gte: {at_least}}}"
    );
    document("x", &body)
}

fn distinct(at_least: usize) -> String {
    let counted = format!("{{field: v, gte: {at_least}}}");
    counting(0)
        .replace("event_count", "value_count")
        .replace("{gte: 0}", &counted)
}

fn of(group: &str) -> String {
    format!(r#""r":"a","g":"{group}""#)
}

#[test]
fn it_fires_as_soon_as_it_holds_and_reports_each_event_once() {
    let mut lab = Lab::new(&counting(3));
    assert!(lab.feed(1, 0, &of("a")).is_empty());
    assert!(lab.feed(2, 59, &of("a")).is_empty());
    assert!(
        lab.feed(3, 60, &of("a")).is_empty(),
        "the first is out: (0, 60]"
    );
    assert!(lab.feed(4, 60, &of("b")).is_empty(), "another group");
    assert_eq!(positions(&lab.feed(5, 61, &of("a"))), [2, 3, 5]);
    assert_eq!(positions(&lab.feed(6, 62, &of("a"))), [6]);
    assert!(lab.feed(6, 62, &of("a")).is_empty(), "the same event again");
}

#[test]
fn an_event_too_far_behind_its_own_source_is_counted_and_left_out() {
    let mut lab = Lab::new(&counting(2));
    lab.feed_from(1, 10_000, &of("a"), "fast");
    lab.feed_from(2, 100, &of("a"), "slow");
    assert_eq!(
        lab.windows.counters().late,
        0,
        "each source has its own time"
    );
    lab.restart();
    lab.feed_from(3, 9_000, &of("a"), "fast");
    assert_eq!(
        lab.windows.counters().late,
        1,
        "a restart knows where it stood"
    );
}

#[test]
fn a_source_that_lags_keeps_its_entries_however_far_another_is_ahead() {
    let mut lab = Lab::new(&counting(3));
    lab.feed_from(1, 50_000, &of("a"), "ahead");
    lab.feed_from(2, 100, &of("a"), "behind");
    lab.feed_from(3, 50_001, &of("a"), "ahead");
    lab.feed_from(4, 101, &of("a"), "behind");
    assert_eq!(
        positions(&lab.feed_from(5, 102, &of("a"), "behind")),
        [2, 4, 5]
    );
    assert_eq!(
        positions(&lab.feed_from(6, 50_002, &of("a"), "ahead")),
        [1, 3, 6]
    );
}

#[test]
fn a_clock_that_is_wrong_makes_nothing_late() {
    let mut lab = Lab::new(&counting(2));
    lab.feed(1, 0, &of("a"));
    let event = Arc::new(event(2, 90_000, &of("a"), "f"));
    let fields = Fields::of(&event.record);
    let view = View {
        event: &event,
        fields: &fields,
    };
    let mut detections = Vec::new();
    lab.engine.examine(view, &mut detections);
    lab.windows
        .observe(&event, 2, at(1), &detections, view, &mut Vec::new());
    assert_eq!(positions(&lab.feed(3, 2, &of("a"))), [1, 3]);
    assert_eq!(lab.windows.counters().late, 0);
}

#[test]
fn a_group_goes_when_its_sources_have_passed_it() {
    let mut lab = Lab::new(&counting(3));
    lab.feed(1, 0, &of("a"));
    lab.feed(2, 660, &of("b"));
    lab.feed(3, 661, &of("b"));
    assert_eq!(lab.windows.weight, 3, "the lateness is not over");
    lab.feed(4, 721, &of("b"));
    assert_eq!(lab.windows.weight, 3, "a's entry is gone");
    assert_eq!(lab.windows.counters().evicted, 0);
    lab.checkpoint();
    assert_eq!(lab.entries.len(), 3);
}

#[test]
fn at_the_limit_the_stalest_groups_go_and_are_counted() {
    for documents in [counting(100), counting(0).replace("{gte: 0}", "{lt: 100}")] {
        let mut lab = Lab::with(&documents, limits(50));
        for position in 1..=200_u64 {
            lab.feed(
                position,
                i64::try_from(position).unwrap(),
                &of(&format!("g{position}")),
            );
            assert!(lab.windows.weight <= 50);
        }
        let states = lab.windows.correlations.iter();
        let groups = states.flat_map(|state| state.groups.values());
        let kept: usize = groups.map(group::Group::weight).sum();
        assert_eq!(kept, lab.windows.weight);
        assert_eq!(lab.windows.counters().evicted, 200 - kept as u64);
    }
}

#[test]
fn one_flood_keeps_its_newest_and_leaves_the_others_alone() {
    let mut lab = Lab::with(&counting(3), limits(100));
    lab.feed(1, 0, &of("quiet"));
    lab.feed(2, 1, &of("quiet"));
    for position in 3..=300_u64 {
        lab.feed(position, 2, &of("loud"));
    }
    assert!(lab.windows.counters().evicted > 200);
    assert_eq!(positions(&lab.feed(301, 3, &of("quiet"))), [1, 2, 301]);
}

#[test]
fn what_was_reported_keeps_no_record_here_or_in_the_store() {
    let mut lab = Lab::new(&counting(3));
    let large = format!(r#"{},"pad":"{}""#, of("a"), "x".repeat(40_000));
    for position in 1..=2 {
        lab.feed(position, 0, &large);
    }
    assert_eq!(lab.windows.weight, 20);
    for position in 3..=50 {
        assert!(!lab.feed(position, 1, &large).is_empty());
    }
    assert_eq!(lab.windows.weight, 50);
    lab.checkpoint();
    assert!(
        lab.entries
            .values()
            .all(|entry| entry.reported && entry.event.is_empty())
    );
    lab.restart();
    assert_eq!(lab.windows.weight, 50);
    assert_eq!(positions(&lab.feed(51, 2, &large)), [51]);
}

#[test]
fn an_entry_that_no_rule_of_today_wants_is_removed() {
    let mut before = Lab::new(&counting(3));
    before.feed(1, 0, &of("a"));
    before.checkpoint();
    let entry = before.entries.values().next().unwrap().clone();
    let mut garbage = entry.clone();
    garbage.event = vec![1, 2, 3];
    let mut empty = entry.clone();
    empty.event = vec![];
    for (documents, entry) in [
        (String::new(), &entry),
        (counting(3).replace("[g]", "[h]"), &entry),
        (distinct(3), &entry),
        (counting(3), &garbage),
        (counting(3), &empty),
    ] {
        let mut now = Windows::new(engine(&documents).correlations(), limits(10));
        now.restore(entry);
        let changes = now.take_changes();
        assert!(
            matches!(changes[..], [WindowChange::Removed { position: 1, .. }]),
            "{changes:?}"
        );
    }
}

#[test]
fn an_entry_of_an_older_store_tells_its_source() {
    let mut before = Lab::new(&counting(2));
    before.feed(1, 0, &of("a"));
    before.checkpoint();
    let mut entry = before.entries.values().next().unwrap().clone();
    (entry.source, entry.received, entry.members) = (String::new(), Time::EPOCH, 0);
    let mut lab = Lab::new(&counting(2));
    lab.windows.restore(&entry);
    assert_eq!(positions(&lab.feed(2, 1, &of("a"))), [1, 2]);
}

#[test]
fn a_flood_in_one_group_stays_quick() {
    // Of two sources, in step and half a minute apart: then every second event is late.
    for (documents, values) in [
        (counting(10), 1),
        (distinct(40), 1),
        (distinct(40), 65_000),
        (counting(0).replace("{gte: 0}", "{lt: 10}"), 1),
    ] {
        for apart in [0, 30] {
            let mut lab = Lab::with(&documents, limits(100_000));
            let started = std::time::Instant::now();
            for position in 1..=20_000_u64 {
                let (source, behind) = if position % 2 == 0 {
                    ("f", 0)
                } else {
                    ("g", apart)
                };
                let second = i64::try_from(position / 1_000).unwrap() - behind;
                let record = format!(r#"{},"v":{}"#, of("a"), position % values);
                lab.feed_from(position, second, &record, source);
                lab.windows.take_changes();
            }
            let rate = 20_000.0 / started.elapsed().as_secs_f64();
            println!("{rate:.0} events/s, {apart} s apart");
        }
    }
}
