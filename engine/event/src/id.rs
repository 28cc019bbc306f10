//! Who an event is: instance, lane, number (DESIGN §2).
//!
//! The one writer that makes an event durable gives the number; it never changes afterwards.

use std::fmt;
use std::ops::{Index, IndexMut};
use std::str::FromStr;

/// A data folder's own random number, drawn when the folder is created.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instance(pub u64);

impl fmt::Display for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// What leaves an edge first when the line is thin. It comes from the kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Lane {
    /// Status, anomalies, foreign alerts, integrity: never dropped while anything else can be.
    First = 1,
    /// Protocol records and host logs.
    Second = 2,
    /// Flows and statistics: the first to go.
    Third = 3,
}

impl Lane {
    /// All lanes, the most urgent first.
    pub const ALL: [Self; 3] = [Self::First, Self::Second, Self::Third];

    /// The lane with this number.
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|lane| lane.number() == number)
    }

    /// 1, 2 or 3.
    pub fn number(self) -> u8 {
        self as u8
    }
}

/// One of a thing for each lane.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PerLane<T>(pub [T; 3]);

impl<T> PerLane<T> {
    /// Each with its lane, the most urgent first.
    pub fn iter(&self) -> impl Iterator<Item = (Lane, &T)> {
        Lane::ALL.into_iter().zip(&self.0)
    }
}

impl<T> Index<Lane> for PerLane<T> {
    type Output = T;

    fn index(&self, lane: Lane) -> &T {
        let [first, second, third] = &self.0;
        match lane {
            Lane::First => first,
            Lane::Second => second,
            Lane::Third => third,
        }
    }
}

impl<T> IndexMut<Lane> for PerLane<T> {
    fn index_mut(&mut self, lane: Lane) -> &mut T {
        let [first, second, third] = &mut self.0;
        match lane {
            Lane::First => first,
            Lane::Second => second,
            Lane::Third => third,
        }
    }
}

/// Instance, lane and number: unique for ever, and the key by which a re-sent event is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventId {
    /// The data folder that made the event durable first.
    pub instance: Instance,
    /// The lane it went in.
    pub lane: Lane,
    /// Contiguous from 1 within instance and lane; 0 while nobody has made the event durable.
    pub number: u64,
}

impl EventId {
    /// An event that no writer has numbered yet.
    pub fn unnumbered(lane: Lane) -> Self {
        Self {
            instance: Instance(0),
            lane,
            number: 0,
        }
    }
}

/// `00c0ffee00c0ffee-2-17`.
impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}-{}-{}",
            self.instance,
            self.lane.number(),
            self.number
        )
    }
}

/// What was wrong with the text of an event id.
#[derive(Debug, thiserror::Error)]
#[error("not an event id: expected sixteen hex digits, a lane and a number, joined by hyphens")]
pub struct BadEventId;

impl FromStr for EventId {
    type Err = BadEventId;

    fn from_str(text: &str) -> Result<Self, BadEventId> {
        let mut parts = text.splitn(3, '-');
        let mut next = || parts.next().ok_or(BadEventId);
        let (instance, lane, number) = (next()?, next()?, next()?);
        if instance.len() != 16 {
            return Err(BadEventId);
        }
        let instance = u64::from_str_radix(instance, 16).map_err(|_| BadEventId)?;
        let lane = lane
            .parse()
            .ok()
            .and_then(Lane::from_number)
            .ok_or(BadEventId)?;
        let number = number.parse().map_err(|_| BadEventId)?;
        Ok(Self {
            instance: Instance(instance),
            lane,
            number,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes() {
        let id = EventId {
            instance: Instance(0xc0ffee),
            lane: Lane::Second,
            number: 17,
        };
        assert_eq!(id.to_string(), "0000000000c0ffee-2-17");
        assert_eq!(id.to_string().parse::<EventId>().ok(), Some(id));
    }

    #[test]
    fn refuses_what_is_no_id() {
        for text in [
            "",
            "x",
            "0000000000c0ffee-4-1",
            "0000000000c0ffee-2",
            "c0ffee-2-17",
            "-2-17",
        ] {
            assert!(text.parse::<EventId>().is_err(), "{text}");
        }
    }
}
