//! What all events of one source have in common, and the source's way of sending them.

use std::sync::Arc;

use event::{
    Batch, Core, Event, EventId, Kind, MAX_RECORD_BYTES, Networks, Record, SourceOffset, Text, Time,
};
use sha2::{Digest as _, Sha256};

use crate::config::{LINE_KEPT, SourceConfig};
use crate::error::Closed;
use crate::log;
use crate::out::{Gather, Out, Ticket};
use crate::unpack::Meter;

/// What a source is told by whoever starts it.
#[derive(Clone)]
pub struct Context {
    /// The name of this process (`[sensor] name`).
    pub sensor: Text,
    /// Which networks belong to which site.
    pub networks: Arc<Networks>,
    /// The clock: used for `seen`, for batching and for status, never for `time`.
    pub clock: Arc<dyn Fn() -> Time + Send + Sync>,
    /// Where the inputs stood when their events last became durable.
    pub offsets: Vec<SourceOffset>,
    /// Whether the whole data folder is an exercise.
    pub exercise: bool,
    /// Microseconds added to every time of the source: a replay that looks like now.
    pub shift: i64,
    /// Counts the bytes read of files, as they lie on disk.
    pub meter: Meter,
}

impl Context {
    /// No networks, nothing read before, no exercise, times as they are.
    pub fn new(sensor: &str, clock: Arc<dyn Fn() -> Time + Send + Sync>) -> Self {
        Self {
            sensor: sensor.into(),
            networks: Arc::default(),
            clock,
            offsets: Vec::new(),
            exercise: false,
            shift: 0,
            meter: Meter::default(),
        }
    }
}

/// An event before it knows where it comes from.
#[derive(Clone, Debug, PartialEq)]
pub struct Made {
    /// When it happened.
    pub time: Time,
    /// What happened.
    pub kind: Kind,
    /// Typed fields.
    pub core: Core,
    /// The source's own fields.
    pub record: Vec<u8>,
}

/// One source's identity, for its events.
#[derive(Clone)]
pub(crate) struct Origin {
    pub(crate) context: Context,
    pub(crate) source: Text,
    site: Text,
    exercise: bool,
}

impl Origin {
    pub(crate) fn new(source: &SourceConfig, context: Context) -> Self {
        Self {
            source: source.id.as_str().into(),
            site: source.site.as_str().into(),
            exercise: source.exercise || context.exercise,
            context,
        }
    }

    pub(crate) fn now(&self) -> Time {
        (self.context.clock)()
    }

    /// A time of the source, moved by the shift of a replay.
    pub(crate) fn shifted(&self, time: Time) -> Time {
        Time::from_micros(time.micros().saturating_add(self.context.shift))
    }

    /// The offset in which an input stood when its events last became durable.
    pub(crate) fn offset(&self, input: &str) -> Option<&str> {
        let mut offsets = self.context.offsets.iter();
        let held = offsets.find(|held| held.source == self.source && &*held.input == input)?;
        Some(&held.state)
    }

    /// The event. A record beyond the limit becomes `parse.failed`: declared, not kept whole.
    pub(crate) fn event(&self, made: Made, seen: Time) -> Event {
        let made = match made.is_too_long() {
            true => self.declared(&made),
            false => made,
        };
        Event {
            id: EventId::unnumbered(made.kind.lane()),
            time: made.time,
            seen,
            sensor: Text::clone(&self.context.sensor),
            source: Text::clone(&self.source),
            site: Text::clone(&self.site),
            kind: made.kind,
            exercise: self.exercise,
            core: made.core,
            record: Record::new(made.record),
        }
    }

    fn declared(&self, made: &Made) -> Made {
        let head = made.record.get(..LINE_KEPT).unwrap_or_default();
        let digest = Sha256::digest(&made.record);
        let sha256: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        log::failed(made.time, &self.source, "record too long", head, |json| {
            json.text("kind", made.kind.name());
            json.number("length", made.record.len() as u64);
            json.text("sha256", &sha256);
        })
    }
}

impl Made {
    pub(crate) fn is_too_long(&self) -> bool {
        self.record.len() > MAX_RECORD_BYTES
    }
}

/// Sends a source's events in batches, from a thread outside the runtime.
pub(crate) struct Sender {
    pub(crate) origin: Origin,
    out: Out,
    gather: Gather,
    last: Option<Ticket>,
}

impl Sender {
    pub(crate) fn new(origin: Origin, out: Out) -> Self {
        Self {
            origin,
            out,
            gather: Gather::default(),
            last: None,
        }
    }

    /// Another for the same source, with batches of its own.
    pub(crate) fn another(&self) -> Self {
        Self::new(self.origin.clone(), self.out.clone())
    }

    /// Adds an event, and sends the batch when it is full.
    pub(crate) fn push(&mut self, made: Made) -> Result<(), Closed> {
        self.hold(made);
        if self.is_full() {
            self.flush()?;
        }
        Ok(())
    }

    /// Adds an event. Whoever states offsets sends the full batch himself, offset first: an offset
    /// must travel with the events that it covers.
    pub(crate) fn hold(&mut self, made: Made) {
        let now = self.origin.now();
        let event = self.origin.event(made, now);
        self.gather.push(event, now);
    }

    pub(crate) fn is_full(&self) -> bool {
        self.gather.is_full()
    }

    /// Whether what is held has waited long enough.
    pub(crate) fn is_due(&self) -> bool {
        self.gather.is_due(self.origin.now())
    }

    pub(crate) fn cover(&mut self, offset: SourceOffset) {
        self.gather.cover(offset);
    }

    /// Sends what has waited long enough.
    pub(crate) fn tick(&mut self) -> Result<(), Closed> {
        if self.is_due() {
            self.flush()?;
        }
        Ok(())
    }

    pub(crate) fn flush(&mut self) -> Result<(), Closed> {
        match self.gather.take() {
            Some(batch) => self.send(batch),
            None => Ok(()),
        }
    }

    /// Sends what is left, and hands over the promise of all of it: batches become durable in order.
    pub(crate) fn ticket(mut self) -> Result<Option<Ticket>, Closed> {
        self.flush()?;
        Ok(self.last.take())
    }

    /// Sends what is left and waits until all of it is durable: batches become durable in order.
    pub(crate) fn finish(mut self) -> Result<(), Closed> {
        self.flush()?;
        match self.last.take() {
            Some(ticket) => ticket.durable_blocking(),
            None => Ok(()),
        }
    }

    fn send(&mut self, batch: Batch) -> Result<(), Closed> {
        self.last = Some(self.out.send_blocking(batch)?);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_beyond_the_limit_is_declared() {
        let source = serde_json::from_str(r#"{"id":"a","kind":"journal"}"#).unwrap();
        let context = Context::new("edge", Arc::new(|| Time::EPOCH));
        let origin = Origin::new(&source, context);
        let event = |length: usize| {
            let mut record = b"{\"a\":\"".to_vec();
            record.resize(length - 2, 1);
            record.extend_from_slice(b"\"}");
            let made = Made {
                time: Time::from_seconds(7, 0),
                kind: Kind::Json,
                core: Core::default(),
                record,
            };
            origin.event(made, Time::EPOCH)
        };
        assert_eq!(event(MAX_RECORD_BYTES).kind, Kind::Json);
        let event = event(MAX_RECORD_BYTES + 1);
        assert_eq!(
            (event.kind, event.time),
            (Kind::ParseFailed, Time::from_seconds(7, 0))
        );
        assert_eq!(event.id.lane, Kind::ParseFailed.lane());
        assert!(event.record.bytes().len() < MAX_RECORD_BYTES);
        let record: serde_json::Value = serde_json::from_slice(event.record.bytes()).unwrap();
        assert_eq!(record["length"], MAX_RECORD_BYTES + 1);
        assert_eq!(record["sha256"].as_str().unwrap().len(), 64);
        assert_eq!(record["raw"].as_str().unwrap().len(), LINE_KEPT);
    }
}
