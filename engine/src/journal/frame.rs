//! A frame: one batch as it stands in the journal.
//!
//! Layout, little-endian: magic `u32`, length of the body `u32`, CRC32C of the body `u32`; body:
//! first position `u64`, received `i64` (microseconds), instance `u64`, lane `u8`, first number
//! `u64`, count `u32`, offsets `u16` × (source, input, state: each length `u32` + UTF-8), events as
//! [`event::encode_events`] writes them.

use event::{Event, EventId, Instance, Lane, SourceOffset, Time};

/// Starts every frame; searched for after a corrupt one.
pub(super) const MAGIC: [u8; 4] = *b"HDJ1";
/// Magic, length and checksum.
pub(super) const HEAD_BYTES: usize = 12;
/// A longer body is not a body: batches end at 1 MiB of records.
pub(super) const MAX_BODY_BYTES: usize = 16 << 20;

/// One batch of one lane, as read back.
#[derive(Clone, Debug, PartialEq)]
pub struct Frame {
    /// Position of the first event; the others follow.
    pub first: u64,
    /// The centre's clock when the frame was written; never going backwards.
    pub received: Time,
    /// The data folder that numbered the events.
    pub instance: Instance,
    /// Their lane.
    pub lane: Lane,
    /// Where the sources stand once this frame is durable.
    pub offsets: Vec<SourceOffset>,
    /// The events.
    pub events: Vec<Event>,
}

impl Frame {
    /// Reads a whole body whose checksum holds; none when it was written by something else.
    pub fn decode(body: &[u8]) -> Option<Self> {
        let (header, mut rest) = header_and_rest(body)?;
        let offset_count = u16::from_le_bytes(*take::<2>(&mut rest)?);
        let mut offsets = Vec::new();
        for _ in 0..offset_count {
            let (source, input) = (text(&mut rest)?, text(&mut rest)?);
            offsets.push(SourceOffset {
                source,
                input,
                state: text(&mut rest)?,
            });
        }
        let events = event::decode_events(rest, Some(header.id)).ok()?;
        if events.len() as u64 != header.count {
            return None;
        }
        let EventId { instance, lane, .. } = header.id;
        let Header {
            first, received, ..
        } = header;
        Some(Self {
            first,
            received,
            instance,
            lane,
            offsets,
            events,
        })
    }

    /// Position after the last event; a frame that only moves offsets has no event.
    pub fn next(&self) -> u64 {
        self.first.saturating_add(self.events.len() as u64)
    }
}

/// What is known of a frame without decoding its events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) first: u64,
    pub(super) received: Time,
    pub(super) id: EventId,
    pub(super) count: u64,
}

impl Header {
    /// Position after the last event.
    pub(super) fn next(&self) -> u64 {
        self.first.saturating_add(self.count)
    }
}

/// Appends a frame to a buffer. A batch never outgrows `u32`: it ends at 1 MiB of records.
pub(super) fn encode(
    header: &Header,
    offsets: &[SourceOffset],
    events: &[Event],
    out: &mut Vec<u8>,
) {
    let mut body = Vec::with_capacity(1024);
    body.extend_from_slice(&header.first.to_le_bytes());
    body.extend_from_slice(&header.received.micros().to_le_bytes());
    body.extend_from_slice(&header.id.instance.0.to_le_bytes());
    body.push(header.id.lane.number());
    body.extend_from_slice(&header.id.number.to_le_bytes());
    body.extend_from_slice(&length(events.len()).to_le_bytes());
    let offset_count = u16::try_from(offsets.len()).unwrap_or(u16::MAX);
    body.extend_from_slice(&offset_count.to_le_bytes());
    for offset in offsets.iter().take(usize::from(offset_count)) {
        for text in [&offset.source, &offset.input, &offset.state] {
            body.extend_from_slice(&length(text.len()).to_le_bytes());
            body.extend_from_slice(text.as_bytes());
        }
    }
    body.extend_from_slice(&event::encode_events(events));
    out.extend_from_slice(&MAGIC);
    out.extend_from_slice(&length(body.len()).to_le_bytes());
    out.extend_from_slice(&crc32c::crc32c(&body).to_le_bytes());
    out.extend_from_slice(&body);
}

fn length(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// The length of the body that a frame's head announces; none when it is no head.
pub(super) fn body_length(head: &[u8; HEAD_BYTES]) -> Option<usize> {
    let (magic, rest) = head.split_first_chunk::<4>()?;
    let (length, _) = rest.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    (*magic == MAGIC && length <= MAX_BODY_BYTES).then_some(length)
}

/// Whether a body is the one that its head was written for.
pub(super) fn is_whole(head: &[u8; HEAD_BYTES], body: &[u8]) -> bool {
    head.last_chunk::<4>()
        .is_some_and(|sum| u32::from_le_bytes(*sum) == crc32c::crc32c(body))
}

/// Reads what stands before the events.
pub(super) fn decode_header(body: &[u8]) -> Option<Header> {
    header_and_rest(body).map(|(header, _)| header)
}

fn header_and_rest(body: &[u8]) -> Option<(Header, &[u8])> {
    let mut rest = body;
    let first = u64::from_le_bytes(*take::<8>(&mut rest)?);
    let received = Time::from_micros(i64::from_le_bytes(*take::<8>(&mut rest)?));
    let instance = Instance(u64::from_le_bytes(*take::<8>(&mut rest)?));
    let [lane] = *take::<1>(&mut rest)?;
    let lane = Lane::from_number(lane)?;
    let number = u64::from_le_bytes(*take::<8>(&mut rest)?);
    let count = u64::from(u32::from_le_bytes(*take::<4>(&mut rest)?));
    Some((
        Header {
            first,
            received,
            id: EventId {
                instance,
                lane,
                number,
            },
            count,
        },
        rest,
    ))
}

fn take<'a, const N: usize>(rest: &mut &'a [u8]) -> Option<&'a [u8; N]> {
    let (head, tail) = rest.split_first_chunk::<N>()?;
    *rest = tail;
    Some(head)
}

fn text(rest: &mut &[u8]) -> Option<event::Text> {
    let length = usize::try_from(u32::from_le_bytes(*take::<4>(rest)?)).ok()?;
    let (head, tail) = rest.split_at_checked(length)?;
    *rest = tail;
    std::str::from_utf8(head).ok().map(Into::into)
}
