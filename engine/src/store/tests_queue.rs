//! The queue beside its slow twin: whatever index answers, the same alerts in the same order.

use std::sync::Arc;

use proptest::prelude::*;

use super::tests::{all, fold, hit, rule, store};
use super::tests_triage::{an, at, do_one, state, to};
use super::*;
use crate::reader::Scope;
use crate::rule::Level;

/// The queue by hand: every alert looked at.
fn slow(rows: &[AlertRow], filter: &AlertFilter) -> Vec<String> {
    let meant = rows.iter().filter(|row| {
        (filter.states.is_empty() || filter.states.contains(&row.state))
            && (filter.levels.is_empty() || filter.levels.contains(&row.level))
            && (filter.sites.is_empty() || filter.sites.contains(&row.site))
            && filter
                .rule
                .as_ref()
                .is_none_or(|rule| row.rule["id"] == **rule)
            && filter
                .entity
                .as_ref()
                .is_none_or(|value| row.entities[0].value == *value)
            && match &filter.held_by {
                None => true,
                Some(HeldBy::Nobody) => row.assignee.is_none(),
                Some(HeldBy::Person(name)) => row.assignee.as_ref() == Some(name),
            }
            && (!filter.overdue
                || row.state == State::New
                    && filter
                        .cutoffs
                        .iter()
                        .any(|(level, until)| *level == row.level && row.opened <= *until))
    });
    meant.map(|row| row.id.clone()).collect()
}

fn filters() -> impl Strategy<Value = AlertFilter> {
    let states = prop::sample::subsequence(State::ALL.to_vec(), 0..=4);
    let levels = prop::sample::subsequence(Level::ALL.to_vec(), 0..=5);
    let sites = prop::sample::subsequence(vec!["x", "y", "z", "u", "v", "w"], 0..=6);
    let held_by = prop_oneof![
        Just(None),
        Just(None),
        Just(Some(HeldBy::Nobody)),
        Just(Some(HeldBy::Person("an".into())))
    ];
    let some = |word: &'static str| prop_oneof![3 => Just(None), 1 => Just(Some(word.to_owned()))];
    (
        states,
        levels,
        sites,
        held_by,
        some("r1"),
        some("0"),
        any::<bool>(),
    )
        .prop_map(
            |(states, levels, sites, held_by, rule, entity, overdue)| AlertFilter {
                states,
                levels,
                sites: sites.into_iter().map(str::to_owned).collect(),
                held_by,
                rule,
                entity,
                overdue,
                cutoffs: vec![(Level::High, at(1_200)), (Level::Low, at(900))],
                ..AlertFilter::default()
            },
        )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    /// Whatever index answers: the same alerts in the same order as looking at each, page by page.
    #[test]
    fn the_queue_answers_as_looking_at_every_alert(
        alerts in prop::collection::vec((0..40_i64, 0..4_usize, 0..5_usize, 0..4_usize, 0..3_usize), 1..40),
        asked in prop::collection::vec(filters(), 4),
    ) {
        let (_dir, store) = store();
        let sites = ["x", "y", "z", "u"];
        for (number, (minute, site, level, ..)) in (1..).zip(&alerts) {
            let mut made = hit(number, *minute, &number.to_string(), sites[*site]);
            let info = Arc::unwrap_or_clone(rule());
            made.rule = Arc::new(crate::rule::RuleInfo { level: Level::ALL[*level], ..info });
            fold(&store, vec![made]);
        }
        for (row, (.., state_of, holder)) in all(&store).iter().zip(&alerts) {
            let mut work = state(State::ALL[*state_of]);
            work.assign = match holder {
                0 => Assign::Stays,
                1 => to("an", Scope::All).assign,
                _ => to("binh", Scope::All).assign,
            };
            do_one(&store, &an(), row, work, at(0));
        }
        let rows = all(&store);
        for filter in asked {
            for order in Order::ALL {
                let mut expected = slow(&rows, &filter);
                let place = |id: &String| {
                    let row = rows.iter().find(|row| row.id == *id).unwrap();
                    let level = if *order == Order::Severity { row.level as i64 } else { 0 };
                    (level, row.last, row.id.clone())
                };
                expected.sort_by_key(place);
                if *order != Order::Oldest {
                    expected.reverse();
                }
                let (mut found, mut cursor) = (Vec::new(), None);
                loop {
                    let page = store.alerts(&an(), &filter, *order, cursor.as_ref(), 7).unwrap();
                    prop_assert_eq!(page.total, expected.len() as u64);
                    found.extend(page.rows.into_iter().map(|row| row.id));
                    cursor = page.next;
                    if cursor.is_none() {
                        break;
                    }
                }
                prop_assert_eq!(&found, &expected, "{:?} {:?}", order, filter);
            }
        }
    }
}
