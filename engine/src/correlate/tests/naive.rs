//! The slow twin: what a correlation says, evaluated over the full list of events in the order of
//! their times.

use std::collections::{BTreeMap, BTreeSet};

const INNER: i64 = 60;
const OUTER: i64 = 100;
pub(super) const MICROS: i64 = 1_000_000;

/// An event of the property.
#[derive(Clone, Debug)]
pub(super) struct Plain {
    pub(super) position: u64,
    pub(super) second: i64,
    /// Which of the rules a, b and c it meets.
    pub(super) rules: [bool; 3],
    pub(super) group: &'static str,
    pub(super) value: &'static str,
    pub(super) number: i64,
    pub(super) source: &'static str,
    /// It arrives so much later.
    pub(super) jitter: i64,
}

impl Plain {
    /// Its number, in tenths.
    fn tenths(&self) -> i64 {
        self.number * 10 + if self.number < 0 { -5 } else { 5 }
    }

    pub(super) fn record(&self) -> String {
        let met = ["a", "b", "c"]
            .into_iter()
            .zip(self.rules)
            .filter(|(_, met)| *met);
        let rules: Vec<String> = met.map(|(rule, _)| format!("{rule:?}")).collect();
        format!(
            r#""r":[{}],"g":"{}","v":"{}","n":{}.5"#,
            rules.join(","),
            self.group,
            self.value,
            self.number
        )
    }
}

/// An event in a naive window, and which of the members it is.
type Seen<'a> = (&'a Plain, Vec<bool>);

type Holds = Box<dyn Fn(&[&Seen<'_>]) -> bool>;
/// A window that holds: its group, its end, its events.
type Window<'a> = (String, i64, Vec<&'a Plain>);

/// What a correlation says, in the simplest words.
pub(super) struct Naive {
    pub(super) body: String,
    pub(super) early: bool,
    pub(super) span: i64,
    /// Rules, or the correlation before it.
    members: Vec<Of>,
    /// What takes no part.
    part: fn(&Plain) -> bool,
    grouped: bool,
    holds: Holds,
}

#[derive(Clone, Copy)]
enum Of {
    Rule(usize),
    Inner,
}

fn any_met(window: &[&Seen<'_>], member: usize) -> bool {
    window.iter().any(|(_, met)| met[member])
}

fn numbers(window: &[&Seen<'_>]) -> Vec<i64> {
    let mut numbers: Vec<i64> = window.iter().map(|(plain, _)| plain.tenths()).collect();
    numbers.sort_unstable();
    numbers
}

fn in_order(window: &[&Seen<'_>]) -> bool {
    let times = |member: usize| {
        let met = window.iter().filter(move |(_, met)| met[member]);
        met.map(|(plain, _)| plain.second)
    };
    times(0).any(|first| {
        times(1).any(|second| second >= first && times(2).any(|third| third >= second))
    })
}

fn naive(
    kind: &str,
    condition: &str,
    early: bool,
    holds: impl Fn(&[&Seen<'_>]) -> bool + 'static,
) -> Naive {
    Naive {
        body: format!(
            "type: {kind}\nrules: [a, b, c]\ngroup-by: [g]\ntimespan: {INNER}s\n{condition}"
        ),
        early,
        span: INNER,
        members: vec![Of::Rule(0), Of::Rule(1), Of::Rule(2)],
        part: |_| true,
        grouped: true,
        holds: Box::new(holds),
    }
}

fn distinct(window: &[&Seen<'_>]) -> usize {
    window
        .iter()
        .map(|(plain, _)| plain.value)
        .collect::<BTreeSet<_>>()
        .len()
}

fn members(window: &[&Seen<'_>]) -> usize {
    (0..3).filter(|member| any_met(window, *member)).count()
}

/// Every type, with every way of deciding.
pub(super) fn simple(n: usize) -> Vec<Naive> {
    counts(n).into_iter().chain(amounts(n)).collect()
}

/// What counts events, values or rules.
fn counts(n: usize) -> Vec<Naive> {
    let of = |text: &str| text.replace("_N", &n.to_string());
    vec![
        naive("event_count", &of("condition: {gte: _N}"), true, move |w| {
            w.len() >= n
        }),
        naive(
            "event_count",
            &of("condition: {lte: _N}"),
            false,
            move |w| w.len() <= n,
        ),
        naive("event_count", &of("condition: {eq: _N}"), false, move |w| {
            w.len() == n
        }),
        naive(
            "event_count",
            &of("condition: {neq: _N}"),
            false,
            move |w| w.len() != n,
        ),
        naive(
            "event_count",
            &of("condition: {gt: 1, lte: 9}"),
            false,
            |w| (2..=9).contains(&w.len()),
        ),
        naive(
            "value_count",
            &of("condition: {field: v, gte: _N}"),
            true,
            move |w| distinct(w) >= n,
        ),
        naive(
            "value_count",
            &of("condition: {field: v, lt: _N, gt: 0}").replace("lt: 1,", "lte: 1,"),
            false,
            move |w| distinct(w) < n.max(2),
        ),
        naive("temporal", "", true, |w| members(w) == 3),
        naive("temporal", "condition: {gte: 2}", true, |w| members(w) >= 2),
        naive("temporal", "condition: {lt: 2}", false, |w| members(w) < 2),
        naive("temporal", "condition: a and (b or c)", true, |w| {
            any_met(w, 0) && (any_met(w, 1) || any_met(w, 2))
        }),
        naive("temporal", "condition: a and (b or not c)", false, |w| {
            any_met(w, 0) && (any_met(w, 1) || !any_met(w, 2))
        }),
        naive("temporal_ordered", "", true, in_order),
    ]
}

/// What compares numbers.
fn amounts(n: usize) -> Vec<Naive> {
    let wide = i64::try_from(n).unwrap() * 30;
    let of = |text: &str| {
        text.replace("_N", &n.to_string())
            .replace("_W", &(wide / 10).to_string())
    };
    let sum = |window: &[&Seen<'_>]| numbers(window).iter().sum::<i64>();
    vec![
        Naive {
            part: |plain| plain.number >= 0,
            ..naive(
                "value_sum",
                &of("condition: {field: n, gte: _W}"),
                true,
                move |w| sum(w) >= wide,
            )
        },
        Naive {
            part: |plain| plain.number >= 0,
            ..naive(
                "value_sum",
                &of("condition: {field: n, lt: _W}"),
                false,
                move |w| sum(w) < wide,
            )
        },
        naive(
            "value_avg",
            &of("condition: {field: n, gt: _N}"),
            false,
            move |w| sum(w) > i64::try_from(n * 10 * w.len()).unwrap(),
        ),
        naive(
            "value_percentile",
            &of("condition: {field: n, percentile: 80, gte: _N}"),
            false,
            move |w| {
                let sorted = numbers(w);
                // The smallest that 80 of 100 do not exceed.
                let found = sorted.iter().find(|found| {
                    let below = sorted.iter().filter(|number| number <= found).count();
                    below * 100 >= 80 * sorted.len()
                });
                *found.unwrap() >= i64::try_from(n * 10).unwrap()
            },
        ),
        naive(
            "value_median",
            &of("condition: {field: n, lte: _N}"),
            false,
            move |w| {
                let sorted = numbers(w);
                sorted[(sorted.len() - 1) / 2] <= i64::try_from(n * 10).unwrap()
            },
        ),
    ]
}

/// Outer correlations; `many` is the one before it.
pub(super) fn outer(n: usize) -> Vec<Naive> {
    let chained = |body: &str, early, members, grouped, holds: Holds| Naive {
        body: format!("{body}\ntimespan: {OUTER}s").replace("_N", &n.to_string()),
        early,
        span: OUTER,
        members,
        part: |_| true,
        grouped,
        holds,
    };
    let both = || vec![Of::Inner, Of::Rule(1)];
    let before = |window: &[&Seen<'_>]| {
        let firsts = window
            .iter()
            .filter(|(_, met)| met[0])
            .map(|(plain, _)| plain.second);
        let first = firsts.min();
        window
            .iter()
            .any(|(plain, met)| met[1] && first.is_some_and(|first| first <= plain.second))
    };
    vec![
        chained(
            "type: temporal_ordered\nrules: [many, b]\ngroup-by: [g]",
            true,
            both(),
            true,
            Box::new(before),
        ),
        chained(
            "type: event_count\nrules: [many]\ngroup-by: [g]\ncondition: {gte: _N}",
            true,
            vec![Of::Inner],
            true,
            Box::new(move |w| w.len() >= n),
        ),
        chained(
            "type: event_count\nrules: [many, b]\ngroup-by: [g]\ncondition: {lte: _N}",
            false,
            both(),
            true,
            Box::new(move |w| w.len() <= n),
        ),
        chained(
            "type: temporal\ngroup-by: [g]\nrules: [many, b]\ncondition: b and not many",
            false,
            both(),
            true,
            Box::new(|w| any_met(w, 1) && !any_met(w, 0)),
        ),
        chained(
            "type: value_count\nrules: [many]\ncondition: {field: g, gte: 2}",
            true,
            vec![Of::Inner],
            false,
            Box::new(|w| {
                w.iter()
                    .map(|(plain, _)| plain.group)
                    .collect::<BTreeSet<_>>()
                    .len()
                    >= 2
            }),
        ),
    ]
}

/// An episode: first and last end in microseconds, and the positions in its windows.
pub(super) type Episode = (i64, i64, BTreeSet<u64>);
pub(super) type Episodes = BTreeMap<String, Vec<Episode>>;

/// The windows that hold, of the full list, as end and events; and the events that outer
/// correlations hear of.
pub(super) fn windows_of<'a>(
    naive: &Naive,
    events: &'a [Plain],
    inner: &BTreeSet<u64>,
) -> (Vec<Window<'a>>, BTreeSet<u64>) {
    let seen = events
        .iter()
        .filter(|plain| (naive.part)(plain))
        .filter_map(|plain| {
            let met = naive.members.iter().map(|member| match member {
                Of::Rule(place) => plain.rules[*place],
                Of::Inner => inner.contains(&plain.position),
            });
            let met: Vec<bool> = met.collect();
            met.contains(&true).then_some((plain, met))
        });
    let mut groups: BTreeMap<&str, Vec<Seen<'_>>> = BTreeMap::new();
    for each in seen {
        groups
            .entry(if naive.grouped { each.0.group } else { "" })
            .or_default()
            .push(each);
    }
    let (mut found, mut heard) = (Vec::new(), BTreeSet::new());
    for (group, mut entries) in groups {
        entries.sort_by_key(|(plain, _)| (plain.second, plain.position));
        let mut behind = i64::MIN;
        for (first, _) in &entries {
            let window: Vec<&Seen<'_>> = if naive.early {
                let inside = |second| second > first.second - naive.span && second <= first.second;
                entries
                    .iter()
                    .filter(|(plain, _)| inside(plain.second))
                    .collect()
            } else {
                if first.second < behind {
                    continue;
                }
                behind = first.second + naive.span;
                let inside = |second| second >= first.second && second < behind;
                entries
                    .iter()
                    .filter(|(plain, _)| inside(plain.second))
                    .collect()
            };
            if !(naive.holds)(&window) {
                continue;
            }
            let end = if naive.early {
                first.second * MICROS
            } else {
                behind * MICROS - 1
            };
            let last = if naive.early {
                first
            } else {
                &window.last().unwrap().0
            };
            heard.insert(last.position);
            found.push((
                group.to_owned(),
                end,
                window.iter().map(|(plain, _)| *plain).collect(),
            ));
        }
    }
    (found, heard)
}

pub(super) fn expected(naive: &Naive, events: &[Plain], inner: &BTreeSet<u64>) -> Episodes {
    let (mut windows, _) = windows_of(naive, events, inner);
    windows.sort_by_key(|(group, end, _)| (group.clone(), *end));
    let mut episodes = Episodes::new();
    for (group, end, inside) in windows {
        let ids: BTreeSet<u64> = inside.iter().map(|plain| plain.position).collect();
        let list = episodes.entry(group).or_default();
        match list.last_mut() {
            Some(last) if end - last.1 < naive.span * MICROS => {
                last.1 = end;
                last.2.extend(ids);
            }
            _ => list.push((end, end, ids)),
        }
    }
    episodes
}
