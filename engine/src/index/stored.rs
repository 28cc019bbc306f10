//! The stored document: the whole event with its place, so that a partition can rebuild itself.

use event::{Event, EventId, Instance, Lane, Time};

/// An event with its place in the journal.
#[derive(Clone, Debug, PartialEq)]
pub struct Journaled {
    /// Its position.
    pub position: u64,
    /// When the centre received it.
    pub received: Time,
    /// The event.
    pub event: Event,
}

impl Journaled {
    /// The bytes that index and store keep.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        bytes.extend_from_slice(&self.position.to_le_bytes());
        bytes.extend_from_slice(&self.received.micros().to_le_bytes());
        bytes.extend_from_slice(&self.event.id.instance.0.to_le_bytes());
        bytes.push(self.event.id.lane.number());
        bytes.extend_from_slice(&self.event.id.number.to_le_bytes());
        bytes.extend_from_slice(&event::encode_events(std::slice::from_ref(&self.event)));
        bytes
    }

    /// Reads what [`Journaled::encode`] wrote; none when it is something else.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let (position, rest) = bytes.split_first_chunk::<8>()?;
        let (received, rest) = rest.split_first_chunk::<8>()?;
        let (instance, rest) = rest.split_first_chunk::<8>()?;
        let (lane, rest) = rest.split_first()?;
        let (number, rest) = rest.split_first_chunk::<8>()?;
        let id = EventId {
            instance: Instance(u64::from_le_bytes(*instance)),
            lane: Lane::from_number(*lane)?,
            number: u64::from_le_bytes(*number),
        };
        let event = event::decode_events(rest, Some(id)).ok()?.pop()?;
        Some(Self {
            position: u64::from_le_bytes(*position),
            received: Time::from_micros(i64::from_le_bytes(*received)),
            event,
        })
    }
}
