//! What is known of an entry beside its value, in 16 bytes or less.

use event::Time;

/// Seconds after which a moment cannot be told from for ever (the year 2106).
const FOR_EVER: u32 = u32::MAX;

/// What is known of an entry beside its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Meta {
    /// The number of the list.
    pub(super) list: u16,
    /// The number of the source's name.
    pub(super) source: u16,
    pub(super) confidence: u8,
    /// Seconds since 1970, rounded up: from when on it counts.
    pub(super) from: u32,
    /// Seconds since 1970, rounded down: until when.
    pub(super) until: u32,
}

impl Meta {
    pub(super) fn bytes(self) -> [u8; 13] {
        let [l0, l1] = self.list.to_le_bytes();
        let [s0, s1] = self.source.to_le_bytes();
        let [f0, f1, f2, f3] = self.from.to_le_bytes();
        let [u0, u1, u2, u3] = self.until.to_le_bytes();
        [
            l0,
            l1,
            s0,
            s1,
            self.confidence,
            f0,
            f1,
            f2,
            f3,
            u0,
            u1,
            u2,
            u3,
        ]
    }

    pub(super) fn of(bytes: &[u8; 13]) -> Self {
        let [l0, l1, s0, s1, confidence, f0, f1, f2, f3, u0, u1, u2, u3] = *bytes;
        Self {
            list: u16::from_le_bytes([l0, l1]),
            source: u16::from_le_bytes([s0, s1]),
            confidence,
            from: u32::from_le_bytes([f0, f1, f2, f3]),
            until: u32::from_le_bytes([u0, u1, u2, u3]),
        }
    }

    /// Whether it counts at a moment.
    pub(super) fn counts(self, now: u32) -> bool {
        self.from <= now && (now < self.until || self.until == FOR_EVER)
    }
}

/// A moment from which on something counts.
pub(super) fn begin(time: Option<Time>) -> u32 {
    let seconds = time.map_or(0, |time| {
        time.micros().div_euclid(1_000_000) + i64::from(time.micros() % 1_000_000 != 0)
    });
    u32::try_from(seconds.clamp(0, i64::from(FOR_EVER))).unwrap_or(0)
}

/// A moment at which something ends.
pub(super) fn end(time: Option<Time>) -> u32 {
    let seconds = time.map_or(i64::from(FOR_EVER), |time| {
        time.micros()
            .div_euclid(1_000_000)
            .clamp(0, i64::from(FOR_EVER) - 1)
    });
    u32::try_from(seconds).unwrap_or(FOR_EVER)
}

/// A moment to look at.
pub(super) fn seconds(time: Time) -> u32 {
    let seconds = time.micros().div_euclid(1_000_000);
    u32::try_from(seconds.clamp(0, i64::from(FOR_EVER) - 1)).unwrap_or(0)
}

/// The moment that was kept, if there is one.
pub(super) fn time(seconds: u32, none: u32) -> Option<Time> {
    (seconds != none).then(|| Time::from_seconds(i64::from(seconds), 0))
}

/// What stands for no begin, and for no end.
pub(super) const NONE: (u32, u32) = (0, FOR_EVER);
