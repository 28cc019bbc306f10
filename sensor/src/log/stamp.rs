//! Time stamps of logs: with a zone, without one, without a year, as numbers.

use event::{Leaf, Time};
use jiff::Timestamp;
use jiff::civil::{self, DateTime};
use jiff::tz::TimeZone;

/// How time stamps of one source are read.
#[derive(Clone, Debug)]
pub(crate) struct Clock {
    /// The zone of stamps that carry none.
    pub(crate) zone: TimeZone,
    /// The sensor's now, for stamps without a year.
    pub(crate) now: Time,
}

impl Clock {
    /// RFC 3339 and its relatives; without a zone it is the source's.
    pub(crate) fn text(&self, text: &str) -> Option<Time> {
        let text = text.trim();
        if let Some(time) = Time::parse(text) {
            return Some(time);
        }
        if text.len() > 40 {
            return None;
        }
        if let Ok(local) = text.parse::<DateTime>() {
            return self.civil(local);
        }
        // Small numbers in a text are no times: a year, a count.
        let number = text.parse::<f64>().ok().filter(|number| *number > 1e8)?;
        decimal(text).or_else(|| rounded(number))
    }

    /// A leaf of a record: text, or seconds, milli-, micro- or nanoseconds since the epoch.
    pub(crate) fn leaf(&self, leaf: Leaf<'_>) -> Option<Time> {
        match leaf {
            Leaf::Text(text) => self.text(text),
            other => {
                let text = other.text()?;
                decimal(&text).or_else(|| other.number().and_then(rounded))
            }
        }
    }

    /// A local time of the source's zone.
    pub(crate) fn civil(&self, local: DateTime) -> Option<Time> {
        let stamp = self.zone.to_timestamp(local).ok()?;
        Some(Time::from(stamp))
    }

    /// A local time without a year (RFC 3164): the latest year in which the date exists and lies at
    /// most a day after now, so that a sender whose clock is a little ahead does not lose a year.
    pub(crate) fn yearless(&self, month: i8, day: i8, at: civil::Time) -> Option<Time> {
        self.latest(month, day, at, &self.zone)
    }

    /// The same for a stamp that names UTC as its zone.
    pub(crate) fn yearless_utc(&self, month: i8, day: i8, at: civil::Time) -> Option<Time> {
        self.latest(month, day, at, &TimeZone::UTC)
    }

    fn latest(&self, month: i8, day: i8, at: civil::Time, zone: &TimeZone) -> Option<Time> {
        let limit = self.now.plus(std::time::Duration::from_hours(24));
        let now = Timestamp::from_microsecond(self.now.micros()).ok()?;
        let year = zone.to_datetime(now).year();
        // Eight years back there is a 29 February even across a century.
        (-1..=8).find_map(|back| {
            let date = civil::Date::new(year.checked_sub(back)?, month, day).ok()?;
            let stamp = zone.to_timestamp(date.to_datetime(at)).ok()?;
            Some(Time::from(stamp)).filter(|time| *time <= limit)
        })
    }
}

/// The names of the months in logs.
const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// The number of a month from its name.
pub(crate) fn month(name: &str) -> Option<i8> {
    let place = MONTHS.iter().position(|month| *month == name)?;
    i8::try_from(place + 1).ok()
}

/// `14:05:01`, with a fraction behind `.` or `,`; a second of 60 is read as 59.
pub(crate) fn time_of_day(text: &str) -> Option<civil::Time> {
    let mut parts = text.splitn(3, ':');
    let mut next = || parts.next();
    let (hour, minute, second) = (next()?, next()?, next()?);
    let (second, fraction) = match second.split_once(['.', ',']) {
        Some((second, fraction)) => (second, nanos(fraction)?),
        None => (second, 0),
    };
    let part = |text: &str| -> Option<i8> {
        let two = text.len() <= 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse().ok().filter(|_| two)
    };
    let second = part(second).filter(|second| *second <= 60)?;
    civil::Time::new(part(hour)?, part(minute)?, second.min(59), fraction).ok()
}

/// The digits behind a decimal point as billionths; further ones are cut.
fn nanos(digits: &str) -> Option<i32> {
    let digital = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let kept: String = digits.chars().take(9).collect();
    format!("{kept:0<9}").parse().ok().filter(|_| digital)
}

/// A count since the epoch as decimal text, cut to microseconds: no digit is lost in a float.
pub(crate) fn decimal(text: &str) -> Option<Time> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    let (whole, fraction) = match digits.split_once('.') {
        Some((whole, fraction)) => (whole, nanos(fraction)?),
        None => (digits, 0),
    };
    if whole.len() > 20 || !whole.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let whole: i128 = whole.parse().ok()?;
    let billionths = whole * 1_000_000_000 + i128::from(fraction);
    let micros = match whole {
        ..SECONDS => billionths / 1_000,
        SECONDS..MILLIS => billionths / 1_000_000,
        MILLIS..MICROS => whole,
        MICROS..NANOS => whole / 1_000,
        _ => return None,
    };
    let micros = i64::try_from(if negative { -micros } else { micros }).ok()?;
    Some(Time::from_micros(micros))
}

/// Up to where a count is one of seconds, milliseconds, microseconds or nanoseconds: until the year
/// 5138 a count of seconds has at most eleven digits.
const SECONDS: i128 = 100_000_000_000;
const MILLIS: i128 = 100_000_000_000_000;
const MICROS: i128 = 100_000_000_000_000_000;
const NANOS: i128 = 100_000_000_000_000_000_000;

/// The same for a number with an exponent.
fn rounded(number: f64) -> Option<Time> {
    let micros = match number.abs() {
        0.0..1e11 => number * 1e6,
        1e11..1e14 => number * 1e3,
        1e14..1e17 => number,
        1e17..1e20 => number / 1e3,
        _ => return None,
    };
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a float saturates, and the range was checked"
    )]
    Some(Time::from_micros(micros.round() as i64))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clock(now: &str) -> Clock {
        Clock {
            zone: TimeZone::fixed(jiff::tz::offset(7)),
            now: Time::parse(now).unwrap(),
        }
    }

    #[test]
    fn reads_stamps_of_many_forms() {
        let clock = clock("2026-11-24T00:00:00Z");
        for text in [
            "2026-11-23T10:00:00Z",
            "2026-11-23T17:00:00+07:00",
            "2026-11-23T17:00:00.000+0700",
            "2026-11-23 17:00:00",
            "2026-11-23T17:00:00",
            "1795428000",
            "1795428000.000",
            "1795428000000",
            "1795428000000000",
        ] {
            let time = clock.text(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(time.to_string(), "2026-11-23T10:00:00.000000Z", "{text}");
        }
        assert_eq!(clock.text("12"), None);
        assert_eq!(clock.text("yesterday"), None);
    }

    #[test]
    fn the_year_is_the_one_closest_before_tomorrow() {
        let clock = clock("2026-01-01T00:00:00Z");
        let noon = civil::Time::constant(12, 0, 0, 0);
        let year = |month, day| clock.yearless(month, day, noon).unwrap().to_string();
        assert!(year(12, 31).starts_with("2025-12-31"));
        assert!(year(1, 1).starts_with("2026-01-01"));
        assert!(year(1, 3).starts_with("2025-01-03"));
        assert!(year(2, 29).starts_with("2024-02-29"));
        assert_eq!(clock.yearless(2, 30, noon), None);
    }

    #[test]
    fn no_digit_of_a_count_is_lost() {
        for (text, expected) in [
            ("1796022301.123456", "2026-11-30T07:05:01.123456Z"),
            ("1796022306.9999999", "2026-11-30T07:05:06.999999Z"),
            ("1796022301", "2026-11-30T07:05:01.000000Z"),
            ("1796022301123.5", "2026-11-30T07:05:01.123500Z"),
            ("-1.5", "1969-12-31T23:59:58.500000Z"),
        ] {
            assert_eq!(decimal(text).unwrap().to_string(), expected, "{text}");
        }
        for text in ["", ".", "1.", "x", "1e9", "999999999999999999999"] {
            assert_eq!(decimal(text), None, "{text}");
        }
        assert!(time_of_day("23:59:60.25").is_some());
        assert_eq!(time_of_day("25:00:00"), None);
        assert_eq!(time_of_day("1:2"), None);
    }
}
