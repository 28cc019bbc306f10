//! Any batching, any interleaving of sources within the lateness, any restarts: the same episodes as
//! a naive evaluation of the full list in the order of its times.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::naive::{Episode, Episodes, MICROS, Plain, expected, outer, simple, windows_of};
use super::*;

/// Folds hits as the store does.
fn fold(episodes: &mut Episodes, hits: &[Hit], span: i64) {
    for hit in hits.iter().filter(|hit| &*hit.rule.id == "id-last") {
        let group = hit
            .entities
            .first()
            .map(|entity| entity.value.clone())
            .unwrap_or_default();
        let ids: Vec<u64> = hit.events.iter().map(|event| event.position).collect();
        let mut joined: Episode = (hit.from.micros(), hit.to.micros(), BTreeSet::new());
        for id in ids {
            assert!(joined.2.insert(id), "twice in one hit");
        }
        let list = episodes.entry(group).or_default();
        let near = |held: &mut Episode| {
            held.1 > hit.from.micros() - span * MICROS && held.0 < hit.to.micros() + span * MICROS
        };
        for held in list.extract_if(.., near) {
            joined.0 = joined.0.min(held.0);
            joined.1 = joined.1.max(held.1);
            for id in held.2 {
                assert!(joined.2.insert(id), "reported twice");
            }
        }
        list.push(joined);
        list.sort();
    }
}

/// What the windows report of the events in their order of arrival.
fn replay(
    documents: &str,
    span: i64,
    events: &[Plain],
    advance_every: usize,
    restart_every: usize,
) -> Episodes {
    let mut lab = Lab::with(documents, limits(100_000));
    let mut episodes = Episodes::new();
    let mut arrivals: Vec<&Plain> = events.iter().collect();
    arrivals.sort_by_key(|plain| plain.second + plain.jitter);
    for (number, plain) in (1..).zip(arrivals) {
        let hits = lab.feed_from(plain.position, plain.second, &plain.record(), plain.source);
        fold(&mut episodes, &hits, span);
        if number % advance_every == 0 {
            let hits = lab.advance(0);
            fold(&mut episodes, &hits, span);
        }
        if number % restart_every == 0 {
            lab.restart();
        }
    }
    let end = lab.advance(100_000);
    fold(&mut episodes, &end, span);
    assert!(lab.finish().is_empty(), "all sources have passed");
    assert_eq!(lab.windows.counters(), WindowCounters::default());
    episodes
}

fn plain() -> impl Strategy<Value = Plain> {
    let rules = prop::sample::select(vec![
        [true, false, false],
        [false, true, false],
        [false, false, true],
        [true, true, false],
        [false, true, true],
        [true, true, true],
    ]);
    // Bursts now and then, ties often.
    let second = (0..6_i64, 0..90_i64).prop_map(|(burst, within)| burst * 170 + within);
    let group = prop::sample::select(vec!["x", "y"]);
    let value = prop::sample::select(vec!["p", "q", "r", "s"]);
    let source = prop::sample::select(vec!["f", "g", "h"]);
    (rules, second, group, value, -3..12_i64, source, 0..600_i64).prop_map(
        |(rules, second, group, value, number, source, jitter)| Plain {
            position: 0,
            second,
            rules,
            group,
            value,
            number,
            source,
            jitter,
        },
    )
}

fn numbered(mut events: Vec<Plain>) -> Vec<Plain> {
    for (position, plain) in (1..).zip(&mut events) {
        plain.position = position;
    }
    events
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_order_gives_the_episodes_of_the_full_list(
        events in prop::collection::vec(plain(), 1..70),
        kind in 0..18_usize,
        n in 1..6_usize,
        advance_every in 1..20_usize,
        restart_every in prop::sample::select(vec![1_usize, 3, 7, 1_000]),
    ) {
        let events = numbered(events);
        let naive = &simple(n)[kind];
        let documents = document("last", &naive.body);
        let expected = expected(naive, &events, &BTreeSet::new());
        let found = replay(&documents, naive.span, &events, advance_every, restart_every);
        prop_assert_eq!(found, expected, "{}", naive.body);
    }

    /// What fires as soon as it holds does so also for a source that replays what is older than the
    /// other's limit of lateness.
    #[test]
    fn a_source_that_lags_loses_nothing(
        events in prop::collection::vec(plain(), 1..70),
        kind in 0..18_usize,
        n in 1..6_usize,
        behind in prop::sample::select(vec![5_000_i64, 100_000]),
        restart_every in prop::sample::select(vec![1_usize, 7, 1_000]),
    ) {
        let mut events = numbered(events);
        for plain in events.iter_mut().filter(|plain| plain.source != "g") {
            plain.second += behind;
            plain.jitter -= behind;
        }
        let early: Vec<_> = simple(n).into_iter().filter(|naive| naive.early).collect();
        let naive = &early[kind % early.len()];
        let documents = document("last", &naive.body);
        let expected = expected(naive, &events, &BTreeSet::new());
        let found = replay(&documents, naive.span, &events, 3, restart_every);
        prop_assert_eq!(found, expected, "{}", naive.body);
    }

    #[test]
    fn chains_give_the_episodes_of_the_full_list(
        events in prop::collection::vec(plain(), 1..70),
        inner in 0..18_usize,
        kind in 0..5_usize,
        n in 1..4_usize,
        advance_every in 1..20_usize,
        restart_every in prop::sample::select(vec![1_usize, 3, 7, 1_000]),
    ) {
        let events = numbered(events);
        let inner = &simple(n)[inner];
        let naive = &outer(n)[kind];
        let documents =
            format!("{}{}", document("last", &naive.body), document("many", &inner.body));
        let (_, heard) = windows_of(inner, &events, &BTreeSet::new());
        let expected = expected(naive, &events, &heard);
        let found = replay(&documents, naive.span, &events, advance_every, restart_every);
        prop_assert_eq!(found, expected, "{}\n{}", inner.body, naive.body);
    }
}
