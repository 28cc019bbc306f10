//! When people work: hours of each weekday, and days off. Days are those of Vietnam, UTC+7 without summer time.

use event::Time;
use serde::Deserialize;

pub(super) const MINUTE: i64 = 60_000_000;
const DAY: i64 = 1_440 * MINUTE;
const ZONE: i64 = 7 * 60 * MINUTE;
/// Further than this nothing is looked for: a year of minutes has passed after three years of eight-hour days.
const MAX_DAYS: i64 = 1_500;

/// `[triage.hours]`. No hours at all: around the clock.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Hours {
    monday: Weekday,
    tuesday: Weekday,
    wednesday: Weekday,
    thursday: Weekday,
    friday: Weekday,
    saturday: Weekday,
    sunday: Weekday,
    /// Days on which nobody works.
    holidays: Vec<Date>,
}

/// The hours of a weekday in order, as microseconds of the day.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(try_from = "Vec<String>")]
struct Weekday(Vec<(i64, i64)>);

/// A day, counted from 1970-01-01.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
struct Date(i64);

/// What is wrong with hours or a day.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadHours {
    /// No hours.
    #[error("{0:?} are no hours; write 07:30-11:30, the end after the beginning, at most 24:00")]
    Span(String),
    /// Two of a day overlap.
    #[error("{0:?} overlaps the hours before it; join them")]
    Overlap(String),
    /// No date.
    #[error("{0:?} is no date; write 2026-09-02")]
    Date(String),
}

impl TryFrom<Vec<String>> for Weekday {
    type Error = BadHours;

    fn try_from(texts: Vec<String>) -> Result<Self, BadHours> {
        let mut spans = Vec::new();
        for text in &texts {
            let span = read_span(text).ok_or_else(|| BadHours::Span(text.clone()))?;
            spans.push((span, text));
        }
        spans.sort_unstable();
        for pair in spans.windows(2) {
            if let [(earlier, _), (later, text)] = pair
                && later.0 < earlier.1
            {
                return Err(BadHours::Overlap((*text).clone()));
            }
        }
        Ok(Self(spans.into_iter().map(|(span, _)| span).collect()))
    }
}

impl TryFrom<String> for Date {
    type Error = BadHours;

    fn try_from(text: String) -> Result<Self, BadHours> {
        let is_date = text.len() == 10 && text.chars().all(|c| c.is_ascii_digit() || c == '-');
        let midnight = Time::parse(&format!("{text}T00:00:00Z")).filter(|_| is_date);
        match midnight {
            Some(midnight) => Ok(Self(midnight.micros().div_euclid(DAY))),
            None => Err(BadHours::Date(text)),
        }
    }
}

fn read_span(text: &str) -> Option<(i64, i64)> {
    let (from, to) = text.split_once('-')?;
    let (from, to) = (read_clock(from.trim())?, read_clock(to.trim())?);
    (from < to).then_some((from, to))
}

/// Microseconds of the day of `07:30`.
fn read_clock(text: &str) -> Option<i64> {
    let (hour, minute) = text.split_once(':')?;
    if hour.len() != 2 || minute.len() != 2 {
        return None;
    }
    let (hour, minute): (i64, i64) = (hour.parse().ok()?, minute.parse().ok()?);
    let at = hour * 60 + minute;
    let is_clock = (0..60).contains(&minute) && (0..=1_440).contains(&at);
    is_clock.then_some(at * MINUTE)
}

impl Hours {
    /// Whether people work around the clock.
    pub(super) fn is_always(&self) -> bool {
        self.week().iter().all(|weekday| weekday.0.is_empty())
    }

    fn week(&self) -> [&Weekday; 7] {
        [
            &self.monday,
            &self.tuesday,
            &self.wednesday,
            &self.thursday,
            &self.friday,
            &self.saturday,
            &self.sunday,
        ]
    }

    /// The hours of a day, in local microseconds since 1970.
    fn spans(&self, day: i64) -> impl DoubleEndedIterator<Item = (i64, i64)> {
        // 1970-01-01 was a Thursday.
        let weekday = usize::try_from((day + 3).rem_euclid(7)).unwrap_or(0);
        let held = self.week().get(weekday).copied();
        let held = held.filter(|_| !self.holidays.contains(&Date(day)));
        let held = held.map_or(&[][..], |weekday| weekday.0.as_slice());
        held.iter()
            .map(move |(from, to)| (day * DAY + from, day * DAY + to))
    }

    /// The first moment at which people have worked for `span` microseconds since `start`; none: not in years.
    pub(super) fn after(&self, start: Time, span: i64) -> Option<Time> {
        let start = start.micros() + ZONE;
        let first = start.div_euclid(DAY);
        let mut rest = span;
        for day in first..first + MAX_DAYS {
            for (from, to) in self.spans(day) {
                let from = from.max(start);
                if to - from >= rest {
                    return Some(Time::from_micros(from + rest - ZONE));
                }
                rest -= (to - from).max(0);
            }
        }
        None
    }

    /// The last moment since which people have worked for `span` microseconds until `end`; none: not in years.
    pub(super) fn before(&self, end: Time, span: i64) -> Option<Time> {
        let end = end.micros() + ZONE;
        let last = end.div_euclid(DAY);
        let mut rest = span;
        for day in (last - MAX_DAYS..=last).rev() {
            for (from, to) in self.spans(day).rev() {
                let to = to.min(end);
                if to - from >= rest {
                    return Some(Time::from_micros(to - rest - ZONE));
                }
                rest -= (to - from).max(0);
            }
        }
        None
    }
}
