//! Frames between child and serve on a stream socket.
//!
//! Layout, little-endian: length of what follows the checksum `u32`, CRC32C of it `u32`, type
//! `u8`, payload. Types: 1 batch (length of the events `u32`, the events as `event::encode_events`
//! writes them, then for each offset three texts: source, input, state, each with a `u32` length),
//! 2 acknowledged (batches made durable so far, `u64`), 3 stop, 4 hello (JSON). A frame is at most
//! 8 MiB.

use event::{Batch, SourceOffset, Text, decode_events, encode_events};

/// The longest frame: a batch holds at most 1 MiB of records and one record more, and the rest is
/// envelopes, core fields and offsets.
pub const MAX_FRAME: usize = 8 << 20;
/// Length and checksum.
const HEADER: usize = 8;

const BATCH: u8 = 1;
const ACKNOWLEDGED: u8 = 2;
const STOP: u8 = 3;
const HELLO: u8 = 4;

/// What one side says to the other.
#[derive(Clone, Debug, PartialEq)]
pub enum Frame {
    /// Child to serve: events to make durable.
    Batch(Batch),
    /// Serve to child: so many batches are durable since the beginning.
    Acknowledged(u64),
    /// Serve to child: end.
    Stop,
    /// Serve to child: the configuration, JSON.
    Hello(String),
}

/// Why bytes are no frame. The link cannot be used any further: lengths lead from frame to frame.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// The length is beyond the limit, or nothing.
    #[error("a frame of {0} bytes is beyond the limit")]
    Length(usize),
    /// The checksum does not agree.
    #[error("a frame's checksum does not agree")]
    Checksum,
    /// The payload is not what its type asks for.
    #[error("a malformed {0} frame")]
    Malformed(&'static str),
    /// The events of a batch cannot be read.
    #[error("a batch that cannot be read: {0}")]
    Events(String),
}

impl Frame {
    /// Writes the frame.
    ///
    /// # Errors
    /// A frame beyond the limit.
    pub fn encode(&self) -> Result<Vec<u8>, FrameError> {
        let mut body = Vec::new();
        match self {
            Self::Batch(batch) => {
                body.push(BATCH);
                put(&mut body, &encode_events(&batch.events));
                for offset in &batch.offsets {
                    for text in [&offset.source, &offset.input, &offset.state] {
                        put(&mut body, text.as_bytes());
                    }
                }
            }
            Self::Acknowledged(count) => {
                body.push(ACKNOWLEDGED);
                body.extend_from_slice(&count.to_le_bytes());
            }
            Self::Stop => body.push(STOP),
            Self::Hello(json) => {
                body.push(HELLO);
                body.extend_from_slice(json.as_bytes());
            }
        }
        let length = u32::try_from(body.len())
            .ok()
            .filter(|_| body.len() <= MAX_FRAME)
            .ok_or(FrameError::Length(body.len()))?;
        let mut frame = Vec::with_capacity(body.len() + HEADER);
        frame.extend_from_slice(&length.to_le_bytes());
        frame.extend_from_slice(&crc32c::crc32c(&body).to_le_bytes());
        frame.extend_from_slice(&body);
        Ok(frame)
    }

    /// Reads the first frame of `bytes` and how many bytes it takes; none when it is not whole yet.
    ///
    /// # Errors
    /// Bytes that are no frame.
    pub fn decode(bytes: &[u8]) -> Result<Option<(Self, usize)>, FrameError> {
        let Some((length, checksum)) = header(bytes) else {
            return Ok(None);
        };
        if length == 0 || length > MAX_FRAME {
            return Err(FrameError::Length(length));
        }
        let Some(body) = bytes.get(HEADER..HEADER + length) else {
            return Ok(None);
        };
        if crc32c::crc32c(body) != checksum {
            return Err(FrameError::Checksum);
        }
        let (kind, payload) = body.split_first().ok_or(FrameError::Length(0))?;
        let frame = match *kind {
            BATCH => Self::Batch(batch(payload)?),
            ACKNOWLEDGED => {
                let count = payload
                    .try_into()
                    .map_err(|_| FrameError::Malformed("acknowledged"))?;
                Self::Acknowledged(u64::from_le_bytes(count))
            }
            STOP if payload.is_empty() => Self::Stop,
            HELLO => Self::Hello(
                std::str::from_utf8(payload)
                    .map_err(|_| FrameError::Malformed("hello"))?
                    .to_owned(),
            ),
            _ => return Err(FrameError::Malformed("unknown")),
        };
        Ok(Some((frame, HEADER + length)))
    }
}

fn header(bytes: &[u8]) -> Option<(usize, u32)> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let (checksum, _) = rest.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    Some((length, u32::from_le_bytes(*checksum)))
}

fn put(out: &mut Vec<u8>, bytes: &[u8]) {
    // A part beyond 4 GiB is beyond the frame's limit too, which is checked at the end.
    let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(bytes);
}

fn part<'a>(bytes: &mut &'a [u8]) -> Result<&'a [u8], FrameError> {
    const FAULT: FrameError = FrameError::Malformed("batch");
    let (length, rest) = bytes.split_first_chunk::<4>().ok_or(FAULT)?;
    let length = usize::try_from(u32::from_le_bytes(*length)).map_err(|_| FAULT)?;
    let (part, rest) = rest.split_at_checked(length).ok_or(FAULT)?;
    *bytes = rest;
    Ok(part)
}

fn batch(mut payload: &[u8]) -> Result<Batch, FrameError> {
    let events = part(&mut payload)?;
    let events =
        decode_events(events, None).map_err(|error| FrameError::Events(error.to_string()))?;
    let mut offsets = Vec::new();
    while !payload.is_empty() {
        let mut text = || -> Result<Text, FrameError> {
            let text = std::str::from_utf8(part(&mut payload)?)
                .map_err(|_| FrameError::Malformed("batch"))?;
            Ok(text.into())
        };
        offsets.push(SourceOffset {
            source: text()?,
            input: text()?,
            state: text()?,
        });
    }
    Ok(Batch {
        events,
        offsets,
        ..Batch::default()
    })
}
