//! What a log source has done, and how its events are handed over.

use event::{Kind, Time};

use crate::json::Json;
use crate::origin::{Made, Origin, Sender};

/// What a log source has done.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    events: u64,
    bytes: u64,
    parse_failed: u64,
    pub(crate) unreadable: u64,
}

impl Counts {
    pub(crate) fn add(&mut self, made: &Made) {
        self.events += 1;
        self.bytes += made.record.len() as u64;
        self.parse_failed += u64::from(made.kind == Kind::ParseFailed || made.is_too_long());
    }

    pub(crate) fn join(&mut self, other: Self) {
        self.events += other.events;
        self.bytes += other.bytes;
        self.parse_failed += other.parse_failed;
        self.unreadable += other.unreadable;
    }

    pub(crate) fn write(&self, json: &mut Json) {
        json.number("events", self.events);
        json.number("bytes", self.bytes);
        json.number("parse_failed", self.parse_failed);
        json.number("unreadable", self.unreadable);
    }
}

/// Moves an event's time by the shift of a replay, unless the time is the sensor's own.
pub(crate) fn shifted(mut made: Made, origin: &Origin, seen: Time) -> Made {
    if made.time != seen {
        made.time = origin.shifted(made.time);
    }
    made
}

/// Hands events over, counted and moved by the shift of a replay.
pub(crate) fn give(made: &mut Vec<Made>, seen: Time, sender: &mut Sender, counts: &mut Counts) {
    for made in made.drain(..) {
        counts.add(&made);
        sender.hold(shifted(made, &sender.origin, seen));
    }
}
