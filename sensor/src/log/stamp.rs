//! Time stamps of logs: with a zone, without one, without a year, as numbers.

use event::{Leaf, Time};
use jiff::Timestamp;
use jiff::civil::DateTime;
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
        text.parse::<f64>()
            .ok()
            .filter(|number| *number > 1e8)
            .and_then(number)
    }

    /// A leaf of a record: text, or seconds, milli-, micro- or nanoseconds since the epoch.
    pub(crate) fn leaf(&self, leaf: Leaf<'_>) -> Option<Time> {
        match leaf {
            Leaf::Text(text) => self.text(text),
            other => other.number().and_then(number),
        }
    }

    /// A local time of the source's zone.
    pub(crate) fn civil(&self, local: DateTime) -> Option<Time> {
        let stamp = self.zone.to_timestamp(local).ok()?;
        Some(Time::from(stamp))
    }

    /// A local time without a year (RFC 3164): the year that puts it closest before now plus one
    /// day, so that a sender whose clock is a little ahead does not lose a year.
    pub(crate) fn yearless(
        &self,
        month: i8,
        day: i8,
        hour: i8,
        minute: i8,
        second: i8,
    ) -> Option<Time> {
        let limit = self.now.plus(std::time::Duration::from_hours(24));
        let now = Timestamp::from_microsecond(self.now.micros()).ok()?;
        let year = self.zone.to_datetime(now).year();
        // Eight years back there is a 29 February even across a century.
        (-1..=8).find_map(|back| {
            let year = year.checked_sub(back)?;
            let local = DateTime::new(year, month, day, hour, minute, second.min(59), 0).ok()?;
            self.civil(local).filter(|time| *time <= limit)
        })
    }
}

/// Seconds, milliseconds, microseconds or nanoseconds, told by their size: until the year 5138 a
/// count of seconds has at most eleven digits.
fn number(number: f64) -> Option<Time> {
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
        let year = |month, day| clock.yearless(month, day, 12, 0, 0).unwrap().to_string();
        assert!(year(12, 31).starts_with("2025-12-31"));
        assert!(year(1, 1).starts_with("2026-01-01"));
        assert!(year(1, 3).starts_with("2025-01-03"));
        assert!(year(2, 29).starts_with("2024-02-29"));
        assert_eq!(clock.yearless(2, 30, 0, 0, 0), None);
    }
}
