//! What a source says of itself: `sensor.status` events, regularly while it lives and at its end.

use event::{Core, Kind, Time};

use crate::json::Json;
use crate::origin::{Made, Origin};

/// How often a living source speaks, in microseconds.
const EVERY: u64 = 10_000_000;

/// When to speak next.
#[derive(Debug)]
pub(crate) struct Status {
    last: Time,
}

impl Status {
    pub(crate) fn new(now: Time) -> Self {
        Self { last: now }
    }

    /// Whether it is time to speak; if so, the next time counts from now.
    pub(crate) fn is_due(&mut self, now: Time) -> bool {
        let due = now.since(self.last).as_micros() >= u128::from(EVERY);
        if due {
            self.last = now;
        }
        due
    }

    /// A status event, with what `write` adds.
    pub(crate) fn made(
        &self,
        status: &str,
        origin: &Origin,
        write: impl FnOnce(&mut Json),
    ) -> Made {
        made(status, &origin.source, origin.now(), write)
    }
}

/// A status event of a source.
pub(crate) fn made(status: &str, source: &str, now: Time, write: impl FnOnce(&mut Json)) -> Made {
    let mut json = Json::with_capacity(512);
    json.open();
    json.text("timestamp", &now.eve());
    json.text("event_type", "sensor.status");
    json.text("source", source);
    json.text("status", status);
    write(&mut json);
    json.close();
    Made {
        time: now,
        kind: Kind::SensorStatus,
        core: Core::default(),
        record: json.into_bytes(),
    }
}
