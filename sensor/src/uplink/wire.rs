//! What an edge sends to the centre: the body of `POST /v1/batches`, before zstd.
//!
//! Frames one after the other, little-endian: magic `HDB1`, length of the body `u32`, CRC32C of the
//! body `u32`; body: type `u8` (1 events, 2 gap), lane `u8`, first number `u64`, then of events count
//! `u32` and the events as [`event::encode_events`] writes them, of a gap last number `u64` and the
//! reason in words. Numbers of a lane are contiguous from frame to frame.

use std::io::Read as _;

use event::{Event, EventId, Instance, Lane, decode_events};

use super::spool::{Gap, GapReason, Piece};

const MAGIC: [u8; 4] = *b"HDB1";
/// Magic, length and checksum.
const HEAD: usize = 12;
const EVENTS: u8 = 1;
const GAP: u8 = 2;

/// What a body may be; the centre refuses more, an edge sends less.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WireLimits {
    /// Compressed bytes.
    pub body: usize,
    /// Bytes it may unpack to.
    pub unpacked: usize,
    /// Events.
    pub events: u64,
}

impl Default for WireLimits {
    fn default() -> Self {
        Self {
            body: 2 << 20,
            unpacked: 16 << 20,
            events: 20_000,
        }
    }
}

/// Why a body is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// It is not zstd, or broken.
    #[error("the body is not whole zstd: {0}")]
    Compression(String),
    /// It unpacks to more than allowed.
    #[error("the body unpacks to more than {0} bytes")]
    Unpacked(usize),
    /// It holds more events than allowed.
    #[error("the body holds more than {0} events")]
    Events(u64),
    /// A frame is none.
    #[error("frame {0}: {1}")]
    Frame(usize, String),
}

/// A frame as the centre reads it.
#[derive(Clone, Debug, PartialEq)]
pub enum WireFrame {
    /// Events of one lane with their numbers.
    Events {
        /// Who the first is.
        first: EventId,
        /// They.
        events: Vec<Event>,
    },
    /// Numbers that nobody will send.
    Gap {
        /// Whose.
        lane: Lane,
        /// Which, and why.
        gap: Gap,
    },
}

impl WireFrame {
    /// The lane.
    pub fn lane(&self) -> Lane {
        match self {
            Self::Events { first, .. } => first.lane,
            Self::Gap { lane, .. } => *lane,
        }
    }

    /// The first number.
    pub fn first(&self) -> u64 {
        match self {
            Self::Events { first, .. } => first.number,
            Self::Gap { gap, .. } => gap.first,
        }
    }

    /// The last number.
    pub fn last(&self) -> u64 {
        match self {
            Self::Events { first, events } => {
                let count = events.len() as u64;
                first.number.saturating_add(count).saturating_sub(1)
            }
            Self::Gap { gap, .. } => gap.last,
        }
    }
}

/// Adds a piece of a lane to a body.
pub fn put(lane: Lane, piece: &Piece, out: &mut Vec<u8>) {
    let mut body = Vec::new();
    match piece {
        Piece::Events {
            first,
            count,
            payload,
        } => {
            body.extend_from_slice(&[EVENTS, lane.number()]);
            body.extend_from_slice(&first.to_le_bytes());
            body.extend_from_slice(&u32::try_from(*count).unwrap_or(u32::MAX).to_le_bytes());
            body.extend_from_slice(payload);
        }
        Piece::Gap(gap) => {
            body.extend_from_slice(&[GAP, lane.number()]);
            body.extend_from_slice(&gap.first.to_le_bytes());
            body.extend_from_slice(&gap.last.to_le_bytes());
            body.extend_from_slice(gap.reason.name().as_bytes());
        }
    }
    out.extend_from_slice(&MAGIC);
    out.extend_from_slice(&u32::try_from(body.len()).unwrap_or(u32::MAX).to_le_bytes());
    out.extend_from_slice(&crc32c::crc32c(&body).to_le_bytes());
    out.extend_from_slice(&body);
}

/// Compresses a body. Level 3 of zstd: on a thin line it halves what the pure-Rust encoder sends.
///
/// # Errors
/// No memory.
pub fn pack(body: &[u8]) -> std::io::Result<Vec<u8>> {
    const LEVEL: i32 = 3;
    zstd::bulk::compress(body, LEVEL)
}

/// Reads a compressed body of one instance.
///
/// # Errors
/// Anything that is not whole and within the limits; nothing of such a body is taken.
pub fn read(
    packed: &[u8],
    instance: Instance,
    limits: WireLimits,
) -> Result<Vec<WireFrame>, WireError> {
    frames(&unpack(packed, limits.unpacked)?, instance, limits)
}

/// Reads the frames of an unpacked body.
///
/// # Errors
/// As [`read`].
pub fn frames(
    body: &[u8],
    instance: Instance,
    limits: WireLimits,
) -> Result<Vec<WireFrame>, WireError> {
    let (mut rest, mut frames, mut events) = (body, Vec::new(), 0_u64);
    while !rest.is_empty() {
        let place = frames.len();
        let fault = |reason: &str| WireError::Frame(place, reason.to_owned());
        let (body, behind) = cut(rest).map_err(fault)?;
        let frame = frame(body, instance).map_err(|reason| fault(&reason))?;
        if let WireFrame::Events { events: held, .. } = &frame {
            events += held.len() as u64;
        }
        if events > limits.events {
            return Err(WireError::Events(limits.events));
        }
        frames.push(frame);
        rest = behind;
    }
    Ok(frames)
}

/// Unpacks zstd up to a limit, without C: the bytes are a stranger's until they have been read.
fn unpack(packed: &[u8], most: usize) -> Result<Vec<u8>, WireError> {
    let mut body = Vec::new();
    if packed.is_empty() {
        return Ok(body);
    }
    let broken = |reason: &dyn std::fmt::Display| WireError::Compression(reason.to_string());
    let mut rest = packed;
    let decoder = ruzstd::decoding::StreamingDecoder::new(&mut rest).map_err(|e| broken(&e))?;
    let limit = u64::try_from(most).unwrap_or(u64::MAX);
    let mut limited = decoder.take(limit.saturating_add(1));
    limited.read_to_end(&mut body).map_err(|e| broken(&e))?;
    if body.len() > most {
        return Err(WireError::Unpacked(most));
    }
    drop(limited);
    if !rest.is_empty() {
        return Err(broken(&"something stands behind its frame"));
    }
    Ok(body)
}

/// The body of the first frame, and what follows.
fn cut(bytes: &[u8]) -> Result<(&[u8], &[u8]), &'static str> {
    let (head, rest) = bytes.split_first_chunk::<HEAD>().ok_or("cut short")?;
    let (magic, head) = head.split_first_chunk::<4>().ok_or("cut short")?;
    let (length, checksum) = head.split_first_chunk::<4>().ok_or("cut short")?;
    if *magic != MAGIC {
        return Err("no frame; a newer sensor needs a newer centre");
    }
    let length = usize::try_from(u32::from_le_bytes(*length)).map_err(|_| "too long")?;
    let (body, behind) = rest.split_at_checked(length).ok_or("cut short")?;
    let checksum = checksum.first_chunk::<4>().ok_or("cut short")?;
    if crc32c::crc32c(body) != u32::from_le_bytes(*checksum) {
        return Err("the checksum does not agree");
    }
    Ok((body, behind))
}

fn frame(body: &[u8], instance: Instance) -> Result<WireFrame, String> {
    const SHORT: &str = "cut short";
    let ([kind, lane], rest) = body.split_first_chunk::<2>().ok_or(SHORT)?;
    let lane = Lane::from_number(*lane).ok_or("no such lane")?;
    let (first, rest) = rest.split_first_chunk::<8>().ok_or(SHORT)?;
    let first = u64::from_le_bytes(*first);
    if first == 0 {
        return Err("numbers begin at 1".to_owned());
    }
    match *kind {
        EVENTS => {
            let (count, payload) = rest.split_first_chunk::<4>().ok_or(SHORT)?;
            let count = u64::from(u32::from_le_bytes(*count));
            let first = EventId {
                instance,
                lane,
                number: first,
            };
            let events = decode_events(payload, Some(first)).map_err(|error| error.to_string())?;
            if events.is_empty() || events.len() as u64 != count {
                return Err("another number of events than announced".to_owned());
            }
            if first.number.checked_add(count).is_none() {
                return Err("the numbers pass the largest".to_owned());
            }
            if let Some(stray) = events.iter().find(|event| event.kind.lane() != lane) {
                let (kind, number) = (stray.kind.name(), lane.number());
                return Err(format!("{kind} does not belong to lane {number}"));
            }
            Ok(WireFrame::Events { first, events })
        }
        GAP => {
            let (last, reason) = rest.split_first_chunk::<8>().ok_or(SHORT)?;
            let last = u64::from_le_bytes(*last);
            let reason = std::str::from_utf8(reason).map_err(|_| "a reason that is no text")?;
            // A newer sensor may have another reason: the numbers are gone all the same.
            let reason = GapReason::from_name(reason).unwrap_or(GapReason::Unknown);
            if last < first || last == u64::MAX {
                return Err("a gap that ends before it begins".to_owned());
            }
            let gap = Gap {
                first,
                last,
                reason,
            };
            Ok(WireFrame::Gap { lane, gap })
        }
        _ => Err("no such type of frame; a newer sensor needs a newer centre".to_owned()),
    }
}
