//! When an answer to an alert is due: minutes by level, counted while people work. Nothing is stored: what is due
//! follows from when the alert was opened, so that another agreement counts at once, for all alerts.

use event::Time;
use serde::{Deserialize, Deserializer};

use super::hours::{Hours, MINUTE};
use crate::rule::Level;

/// A year: longer than this is no answer.
const MAX_MINUTES: u64 = 525_600;

/// `[triage.sla]`: minutes until a new alert must be acknowledged; 0: no answer is due.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sla {
    /// Of critical alerts.
    pub critical: u64,
    /// Of high ones.
    pub high: u64,
    /// Of medium ones.
    pub medium: u64,
    /// Of low ones.
    pub low: u64,
    /// Of informational ones.
    pub informational: u64,
    /// Levels whose minutes pass also while nobody works.
    #[serde(deserialize_with = "levels")]
    pub around_the_clock: Vec<Level>,
}

impl Default for Sla {
    fn default() -> Self {
        Self {
            critical: 15,
            high: 60,
            medium: 240,
            low: 1_440,
            informational: 0,
            around_the_clock: vec![Level::Critical, Level::High],
        }
    }
}

fn levels<'de, D: Deserializer<'de>>(given: D) -> Result<Vec<Level>, D::Error> {
    let words = Vec::<String>::deserialize(given)?;
    let read = |word: &String| {
        let unknown = || format!("there is no level {word:?}; write critical, high, medium or low");
        Level::from_name(word).ok_or_else(|| serde::de::Error::custom(unknown()))
    };
    words.iter().map(read).collect()
}

impl Sla {
    /// The microseconds of a level; none: no answer is due.
    fn span(&self, level: Level) -> Option<i64> {
        let minutes = match level {
            Level::Critical => self.critical,
            Level::High => self.high,
            Level::Medium => self.medium,
            Level::Low => self.low,
            Level::Informational => self.informational,
        };
        let minutes = i64::try_from(minutes.min(MAX_MINUTES)).unwrap_or(0);
        (minutes > 0).then_some(minutes * MINUTE)
    }

    fn is_always(&self, hours: &Hours, level: Level) -> bool {
        hours.is_always() || self.around_the_clock.contains(&level)
    }

    /// When an answer to an alert is due that was opened then.
    pub fn due(&self, hours: &Hours, level: Level, opened: Time) -> Option<Time> {
        let span = self.span(level)?;
        if self.is_always(hours, level) {
            return Some(Time::from_micros(opened.micros().saturating_add(span)));
        }
        hours.after(opened, span)
    }

    /// For each level the last moment at which an alert was opened to which an answer is due now.
    pub fn cutoffs(&self, hours: &Hours, now: Time) -> Vec<(Level, Time)> {
        let cutoff = |level: &Level| {
            let span = self.span(*level)?;
            let moment = if self.is_always(hours, *level) {
                Time::from_micros(now.micros().saturating_sub(span))
            } else {
                hours.before(now, span)?
            };
            Some((*level, moment))
        };
        Level::ALL.iter().filter_map(cutoff).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> Time {
        Time::parse(&format!("{text}:00+07:00")).unwrap()
    }

    const WEEK: [&str; 7] = [
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
    ];

    fn hours(days: &[&str], spans: &[String], holidays: &[&str]) -> Hours {
        let mut object = serde_json::Map::new();
        for day in days {
            object.insert((*day).to_owned(), spans.into());
        }
        object.insert("holidays".to_owned(), holidays.into());
        serde_json::from_value(object.into()).unwrap()
    }

    fn office() -> Hours {
        let spans = ["07:30-11:30".to_owned(), "13:00-17:00".to_owned()];
        hours(&WEEK[..5], &spans, &["2026-09-02"])
    }

    #[test]
    fn minutes_pass_while_people_work() {
        let (sla, hours) = (Sla::default(), office());
        let due = |level, opened| sla.due(&hours, level, at(opened)).unwrap();
        // Friday afternoon to Monday morning.
        assert_eq!(
            due(Level::Medium, "2026-08-28T15:00"),
            at("2026-08-31T09:30")
        );
        // The eve of a day off.
        assert_eq!(
            due(Level::Medium, "2026-09-01T16:30"),
            at("2026-09-03T11:00")
        );
        // Critical waits for nobody.
        assert_eq!(
            due(Level::Critical, "2026-08-29T03:00"),
            at("2026-08-29T03:15")
        );
        assert_eq!(
            sla.due(&hours, Level::Informational, at("2026-08-28T15:00")),
            None
        );
        let always = sla.due(&Hours::default(), Level::Medium, at("2026-08-28T23:00"));
        assert_eq!(always, Some(at("2026-08-29T03:00")));
    }

    #[test]
    fn what_are_no_hours_is_named() {
        for (text, named) in [
            (r#"{"monday": ["9-11"]}"#, "9-11"),
            (r#"{"monday": ["11:00-09:00"]}"#, "11:00-09:00"),
            (
                r#"{"monday": ["08:00-12:00", "11:00-13:00"]}"#,
                "11:00-13:00",
            ),
            (r#"{"monday": ["08:00-24:30"]}"#, "08:00-24:30"),
            (r#"{"holidays": ["2/9/2026"]}"#, "2/9/2026"),
        ] {
            let error = serde_json::from_str::<Hours>(text).unwrap_err().to_string();
            assert!(error.contains(named), "{error}");
        }
        assert!(serde_json::from_str::<Sla>(r#"{"around_the_clock": ["hot"]}"#).is_err());
    }

    #[test]
    fn hours_that_never_come_make_nothing_due() {
        // A year of minutes in a minute a week.
        let hours = hours(&WEEK[..1], &["08:00-08:01".to_owned()], &[]);
        let sla = Sla {
            low: 525_600,
            ..Sla::default()
        };
        assert_eq!(sla.due(&hours, Level::Low, at("2026-08-28T15:00")), None);
        assert!(
            sla.cutoffs(&hours, at("2026-08-28T15:00"))
                .iter()
                .all(|(level, _)| *level != Level::Low)
        );
    }

    /// Counts minute by minute.
    fn slow_due(hours: &[(i64, i64)], opened: i64, minutes: i64) -> i64 {
        let (mut at, mut rest) = (opened, minutes);
        while rest > 0 {
            let of_day = (at + 420).rem_euclid(1_440);
            if hours
                .iter()
                .any(|(from, to)| (*from..*to).contains(&of_day))
            {
                rest -= 1;
            }
            at += 1;
        }
        at
    }

    proptest! {
        #[test]
        fn due_and_cutoff_say_the_same_as_counting(
            first in 0_i64..600, length in 20_i64..120, pause in 1_i64..300, second in 1_i64..400,
            opened in 0_i64..20_000, minutes in 1_i64..2_000, later in 0_i64..30_000,
        ) {
            let spans = [(first, first + length), (first + length + pause, first + length + pause + second)];
            let text = |(from, to): (i64, i64)| format!("{:02}:{:02}-{:02}:{:02}", from / 60, from % 60, to / 60, to % 60);
            let hours = hours(&WEEK, &spans.map(text), &[]);
            let sla = Sla { medium: u64::try_from(minutes).unwrap(), ..Sla::default() };
            let opened_at = Time::from_micros(opened * MINUTE);
            let due = sla.due(&hours, Level::Medium, opened_at).unwrap();
            prop_assert_eq!(due.micros() / MINUTE, slow_due(&spans, opened, minutes));
            let now = Time::from_micros((opened + later) * MINUTE);
            let cutoffs = sla.cutoffs(&hours, now);
            let (_, cutoff) = cutoffs.iter().find(|(level, _)| *level == Level::Medium).unwrap();
            prop_assert_eq!(due <= now, opened_at <= *cutoff);
        }
    }
}
