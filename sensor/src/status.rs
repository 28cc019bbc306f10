//! What a source says of itself: `sensor.status` events, regularly while it lives and at its end.

use event::{Core, Kind, Time};

use crate::json::Json;
use crate::origin::{Made, Origin};

/// How often a living source speaks, in microseconds.
const EVERY: u64 = 10_000_000;

/// When to speak next, and what was lost since it was spoken last.
#[derive(Debug)]
pub(crate) struct Status {
    last: Time,
    lost: u64,
}

impl Status {
    pub(crate) fn new(now: Time) -> Self {
        Self { last: now, lost: 0 }
    }

    /// Adds to what the next status declares as `dropped`.
    pub(crate) fn lose(&mut self, count: u64) {
        self.lost = self.lost.saturating_add(count);
    }

    /// Whether it is time to speak; if so, the next time counts from now.
    pub(crate) fn is_due(&mut self, now: Time) -> bool {
        let due = now.since(self.last).as_micros() >= u128::from(EVERY);
        if due {
            self.last = now;
        }
        due
    }

    /// A status event, with what was lost since the one before and what `write` adds.
    pub(crate) fn made(
        &mut self,
        status: &str,
        origin: &Origin,
        write: impl FnOnce(&mut Json),
    ) -> Made {
        let lost = std::mem::take(&mut self.lost);
        made(status, &origin.source, origin.now(), lost, write)
    }
}

/// A status event of a source. `dropped` is what was lost since its last status: readers add up.
pub(crate) fn made(
    status: &str,
    source: &str,
    now: Time,
    dropped: u64,
    write: impl FnOnce(&mut Json),
) -> Made {
    let mut json = Json::with_capacity(512);
    json.open();
    json.text("timestamp", &now.eve());
    json.text("event_type", "sensor.status");
    json.text("source", source);
    json.text("status", status);
    json.number("dropped", dropped);
    write(&mut json);
    json.close();
    Made {
        time: now,
        kind: Kind::SensorStatus,
        core: Core::default(),
        record: json.into_bytes(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::origin::Context;

    #[test]
    fn what_was_lost_is_told_once() {
        let source = serde_json::from_str(r#"{"id":"a","kind":"journal"}"#).unwrap();
        let context = Context::new("edge", Arc::new(|| Time::EPOCH));
        let origin = Origin::new(&source, context);
        let mut status = Status::new(Time::EPOCH);
        status.lose(3);
        status.lose(4);
        let mut told = || {
            let made = status.made("running", &origin, |_| {});
            let record: serde_json::Value = serde_json::from_slice(&made.record).unwrap();
            record["dropped"].as_u64().unwrap()
        };
        assert_eq!((told(), told()), (7, 0));
    }
}
