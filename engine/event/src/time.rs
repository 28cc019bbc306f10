//! A moment, in microseconds since 1970 UTC: the precision that EVE writes and the API shows.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;

/// A moment in UTC with microsecond precision. The range is the years 0 to 9999.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(i64);

impl Time {
    /// 1970-01-01T00:00:00Z.
    pub const EPOCH: Self = Self(0);

    /// The year 0, and the last moment that every time zone can still write.
    const RANGE: (i64, i64) = (-62_167_219_200_000_000, 253_402_207_199_999_999);

    /// A moment from microseconds since the epoch; clamped to the years 0 to 9999.
    pub fn from_micros(micros: i64) -> Self {
        Self(micros.clamp(Self::RANGE.0, Self::RANGE.1))
    }

    /// A moment from whole seconds and microseconds since the epoch (a capture's time stamp).
    pub fn from_seconds(seconds: i64, micros: u32) -> Self {
        Self::from_micros(
            seconds
                .saturating_mul(1_000_000)
                .saturating_add(i64::from(micros)),
        )
    }

    /// Microseconds since the epoch.
    pub fn micros(self) -> i64 {
        self.0
    }

    /// Reads an RFC 3339 time stamp, also with the offset form `+0000` that EVE writes.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > 64 {
            return None;
        }
        let parsed = text.parse::<Timestamp>().or_else(|_| {
            jiff::fmt::strtime::parse("%Y-%m-%dT%H:%M:%S%.f%z", text)
                .and_then(|broken| broken.to_timestamp())
        });
        parsed.ok().map(Self::from)
    }

    /// This moment plus a duration, stopping at the end of the year 9999.
    #[must_use]
    pub fn plus(self, span: Duration) -> Self {
        Self::from_micros(self.0.saturating_add(micros_of(span)))
    }

    /// This moment minus a duration, stopping at the year 0.
    #[must_use]
    pub fn minus(self, span: Duration) -> Self {
        Self::from_micros(self.0.saturating_sub(micros_of(span)))
    }

    /// How long `self` is after `earlier`; zero when it is not.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// The number of the UTC day, counted from the epoch.
    pub fn day(self) -> i64 {
        self.0.div_euclid(86_400_000_000)
    }

    /// Writes the form that EVE uses: `2026-11-22T20:05:31.000000+0000`.
    pub fn eve(self) -> String {
        format!("{}+0000", self.to_string().trim_end_matches('Z'))
    }
}

fn micros_of(span: Duration) -> i64 {
    i64::try_from(span.as_micros()).unwrap_or(i64::MAX)
}

impl From<Timestamp> for Time {
    fn from(stamp: Timestamp) -> Self {
        Self::from_micros(stamp.as_microsecond())
    }
}

/// RFC 3339 in UTC with six decimals: `2026-11-22T20:05:31.000000Z`.
impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Timestamp::from_microsecond(self.0) {
            Ok(stamp) => write!(f, "{stamp:.6}"),
            Err(_) => write!(f, "{}us", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes() {
        for text in ["2026-11-22T20:05:31.000000Z", "1969-12-31T23:59:59.999999Z"] {
            assert_eq!(
                Time::parse(text).map(|time| time.to_string()).as_deref(),
                Some(text)
            );
        }
    }

    #[test]
    fn reads_the_offset_forms_of_eve_and_rfc_3339() {
        let eve = Time::parse("2026-11-22T20:05:31.250000+0700");
        let rfc = Time::parse("2026-11-22T13:05:31.25Z");
        assert!(eve.is_some());
        assert_eq!(eve, rfc);
        assert_eq!(
            rfc.map(Time::eve).as_deref(),
            Some("2026-11-22T13:05:31.250000+0000")
        );
    }

    #[test]
    fn stays_within_what_can_be_written() {
        let far = Time::from_micros(i64::MAX);
        assert_eq!(far.to_string(), "9999-12-30T21:59:59.999999Z");
        assert_eq!(far.plus(Duration::MAX), far);
        assert_eq!(Time::parse("not a time"), None);
    }
}
