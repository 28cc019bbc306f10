//! How much an entity is to be worried about: a sum that a person can follow, from its alerts of the last seven days.
//!
//! points of an alert = weight of its level × how new it is × what it turned out to be ÷ how many newer alerts of the
//! same rule there are and one. The sum × what depends on the entity, up to 100, is the score. Whole numbers only, in
//! hundredths, so that any two machines say the same.

use std::collections::HashMap;
use std::time::Duration;

use event::Time;

use crate::rule::Level;
use crate::store::{Criticality, Verdict};

/// What is older says nothing.
pub const WINDOW_DAYS: u64 = 7;

const DAY_MICROS: u64 = 86_400_000_000;

/// An alert on the entity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signal {
    /// The alert.
    pub alert: String,
    /// Its rule.
    pub rule: String,
    /// How bad.
    pub level: Level,
    /// What it turned out to be.
    pub verdict: Option<Verdict>,
    /// The time of its latest event.
    pub last: Time,
}

/// What an alert adds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// The alert.
    pub signal: Signal,
    /// Points that the level alone gives.
    pub weight: u64,
    /// How new it is, in hundredths: 100 is now, 0 is seven days ago.
    pub freshness: u64,
    /// What it turned out to be, in hundredths: 150 an attack, 0 a false positive.
    pub verdict: u64,
    /// Its place among the alerts of its rule, the newest first.
    pub place: u64,
    /// Hundredths of points.
    pub points: u64,
}

/// How much an entity is to be worried about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Risk {
    /// 0 to 100.
    pub score: u64,
    /// What depends on the entity, in hundredths; 100 when nobody said.
    pub criticality: u64,
    /// Every alert that adds points, the most first.
    pub reasons: Vec<Reason>,
}

/// The risk of an entity at a moment.
pub fn risk(mut signals: Vec<Signal>, criticality: Option<Criticality>, now: Time) -> Risk {
    signals.sort_by(|a, b| (b.last, &b.alert).cmp(&(a.last, &a.alert)));
    let window = Duration::from_secs(WINDOW_DAYS * 86_400);
    let mut places: HashMap<String, u64> = HashMap::new();
    let mut reasons = Vec::new();
    for signal in signals {
        let verdict = verdict_factor(signal.verdict);
        let age = micros(now.since(signal.last).min(window));
        let left = WINDOW_DAYS * DAY_MICROS - age;
        // What turned out to be nothing does not make the next of its rule count less.
        if verdict == 0 || left == 0 {
            continue;
        }
        let place = places.entry(signal.rule.clone()).or_insert(0);
        *place += 1;
        let (weight, place) = (weight(signal.level), *place);
        let freshness = (100 * left).div_ceil(WINDOW_DAYS * DAY_MICROS);
        reasons.push(Reason {
            points: weight * freshness * verdict / 100 / place,
            signal,
            weight,
            freshness,
            verdict,
            place,
        });
    }
    reasons.sort_by_key(|reason| std::cmp::Reverse(reason.points));
    let criticality = criticality_factor(criticality);
    let sum: u64 = reasons.iter().map(|reason| reason.points).sum();
    let score = (sum * criticality).div_ceil(10_000).min(100);
    Risk {
        score,
        criticality,
        reasons,
    }
}

fn micros(span: Duration) -> u64 {
    u64::try_from(span.as_micros()).unwrap_or(u64::MAX)
}

/// Two critical alerts of two rules, or four high ones, make the whole.
fn weight(level: Level) -> u64 {
    match level {
        Level::Critical => 60,
        Level::High => 30,
        Level::Medium => 12,
        Level::Low => 4,
        Level::Informational => 1,
    }
}

fn verdict_factor(verdict: Option<Verdict>) -> u64 {
    match verdict {
        Some(Verdict::TruePositive) => 150,
        None | Some(Verdict::Undetermined) => 100,
        Some(Verdict::Benign | Verdict::FalsePositive) => 0,
    }
}

fn criticality_factor(criticality: Option<Criticality>) -> u64 {
    match criticality {
        Some(Criticality::Critical) => 150,
        Some(Criticality::High) => 125,
        None | Some(Criticality::Normal) => 100,
        Some(Criticality::Low) => 75,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_790_000_000_000_000;

    fn signal(
        alert: &str,
        rule: &str,
        level: Level,
        verdict: Option<Verdict>,
        days: i64,
    ) -> Signal {
        let day = i64::try_from(DAY_MICROS).unwrap();
        Signal {
            alert: alert.into(),
            rule: rule.into(),
            level,
            verdict,
            last: Time::from_micros(NOW - days * day),
        }
    }

    fn of(signals: &[Signal], criticality: Option<Criticality>) -> Risk {
        risk(signals.to_vec(), criticality, Time::from_micros(NOW))
    }

    #[test]
    fn what_was_nothing_adds_nothing() {
        let nothing = [
            signal("a", "r1", Level::Critical, Some(Verdict::FalsePositive), 0),
            signal("b", "r1", Level::Critical, Some(Verdict::Benign), 0),
            signal("c", "r1", Level::Critical, None, 7),
        ];
        assert_eq!(of(&nothing, Some(Criticality::Critical)).score, 0);
        assert_eq!(of(&[], None).score, 0);
        // Nor does it make the next of its rule count less.
        let mut open = nothing.to_vec();
        open.push(signal("d", "r1", Level::High, None, 0));
        assert_eq!(of(&open, None).score, 30);
    }

    #[test]
    fn the_sum_can_be_followed() {
        let signals = [
            signal("a", "r1", Level::High, None, 0),
            signal("b", "r1", Level::High, None, 0),
            signal("c", "r2", Level::Medium, Some(Verdict::TruePositive), 0),
        ];
        let found = of(&signals, Some(Criticality::High));
        let points: Vec<(&str, u64)> = found
            .reasons
            .iter()
            .map(|reason| (&*reason.signal.alert, reason.points))
            .collect();
        // 30, then half of 30 for the second of its rule, 12 and a half more for an attack.
        assert_eq!(points, [("b", 3_000), ("c", 1_800), ("a", 1_500)]);
        assert_eq!(found.score, 79, "63 × 1.25, rounded up");
    }

    #[test]
    fn it_wears_off_and_never_passes_a_hundred() {
        let score = |days| of(&[signal("a", "r", Level::Critical, None, days)], None).score;
        let scores: Vec<u64> = (0..8).map(score).collect();
        assert!(scores.is_sorted_by(|a, b| a > b), "{scores:?}");
        assert_eq!((scores[0], scores[7]), (60, 0));
        let many: Vec<Signal> = (0..50)
            .map(|n| signal(&n.to_string(), &format!("r{n}"), Level::Critical, None, 0))
            .collect();
        assert_eq!(of(&many, Some(Criticality::Critical)).score, 100);
    }
}
