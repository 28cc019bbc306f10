//! Limits of the inputs that agents send to over HTTP: `[limits.http]`.

use serde::{Deserialize, Serialize};

use super::{BadLimit, not_zero};

/// Bytes of a body as it comes: Logstash sends up to 20 MB before it compresses, others less.
pub const BODY_BYTES: usize = 24 << 20;
/// Bytes that a body may unpack to: what Logstash and the OpenTelemetry collector send at the most.
pub const UNPACKED_BYTES: usize = 32 << 20;
/// Bytes of the records that one body may become: a resource of OTLP is repeated in each of its
/// records, so that a small body could fill a disk.
pub const RECORD_BYTES: usize = 64 << 20;
/// Events of one body: five times the largest batch that agents send by default.
pub const ITEMS: usize = 50_000;
/// Levels of a value of OTLP: half again as many as the index holds.
pub const DEPTH: usize = 32;
/// Bytes of bodies that all senders of a source hold together, packed and unpacked.
pub const HELD_BYTES: usize = 128 << 20;
/// Bodies that are made into events at once: it is work of the processor, of which an edge has two.
pub const BODIES: usize = 2;
/// Bytes of the head of a request: agents send less than one.
pub const HEAD_BYTES: usize = 16 << 10;
/// Seconds for the head of a request, and until a connection on which none comes is closed.
pub const HEAD_SECS: u64 = 30;
/// Seconds without a byte after which a body is given up.
pub const SILENCE_SECS: u64 = 10;
/// Bytes a second of a body on average, once the silence has passed: a tenth of the slowest line that a
/// district has.
pub const RATE: u64 = 2_048;
/// Seconds until a sender is told to come again when the journal or spool does not take its events.
pub const ANSWER_SECS: u64 = 30;

/// Limits of agents' inputs: `[limits.http]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct HttpLimits {
    /// Bytes of a body as it comes ([`BODY_BYTES`]).
    pub body_bytes: usize,
    /// Bytes that it unpacks to ([`UNPACKED_BYTES`]).
    pub unpacked_bytes: usize,
    /// Bytes of the records that it becomes ([`RECORD_BYTES`]).
    pub record_bytes: usize,
    /// Events of a body ([`ITEMS`]).
    pub items: usize,
    /// Levels of a value of OTLP ([`DEPTH`]); not more than that.
    pub depth: usize,
    /// Bytes of bodies held by a source ([`HELD_BYTES`]).
    pub held_bytes: usize,
    /// Bodies made into events at once ([`BODIES`]).
    pub bodies: usize,
    /// Bytes of a head ([`HEAD_BYTES`]); at least 8,192.
    pub head_bytes: usize,
    /// Seconds for a head ([`HEAD_SECS`]).
    pub head_secs: u64,
    /// Seconds of silence in a body ([`SILENCE_SECS`]).
    pub silence_secs: u64,
    /// Bytes a second of a body ([`RATE`]).
    pub rate: u64,
    /// Seconds until an answer ([`ANSWER_SECS`]).
    pub answer_secs: u64,
}

impl Default for HttpLimits {
    fn default() -> Self {
        Self {
            body_bytes: BODY_BYTES,
            unpacked_bytes: UNPACKED_BYTES,
            record_bytes: RECORD_BYTES,
            items: ITEMS,
            depth: DEPTH,
            held_bytes: HELD_BYTES,
            bodies: BODIES,
            head_bytes: HEAD_BYTES,
            head_secs: HEAD_SECS,
            silence_secs: SILENCE_SECS,
            rate: RATE,
            answer_secs: ANSWER_SECS,
        }
    }
}

impl HttpLimits {
    pub(super) fn check(&self) -> Result<(), BadLimit> {
        not_zero([
            ("http.body_bytes", self.body_bytes == 0),
            ("http.unpacked_bytes", self.unpacked_bytes == 0),
            ("http.record_bytes", self.record_bytes == 0),
            ("http.items", self.items == 0),
            ("http.depth", self.depth == 0),
            ("http.held_bytes", self.held_bytes == 0),
            ("http.bodies", self.bodies == 0),
            ("http.head_secs", self.head_secs == 0),
            ("http.silence_secs", self.silence_secs == 0),
            ("http.rate", self.rate == 0),
            ("http.answer_secs", self.answer_secs == 0),
        ])?;
        let between = [
            ("http.depth", self.depth, 1, DEPTH),
            // The least that hyper works with.
            ("http.head_bytes", self.head_bytes, 8_192, 1 << 20),
        ];
        match between
            .into_iter()
            .find(|(_, value, least, most)| !(*least..=*most).contains(value))
        {
            Some((key, value, least, most)) => Err(BadLimit::Outside(key, value, least, most)),
            None => Ok(()),
        }
    }
}
