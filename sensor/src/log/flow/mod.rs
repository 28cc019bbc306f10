//! Flow exports to events of kind `netflow`: NetFlow 5 and 9, IPFIX. Datagrams or messages in, events
//! out; sockets are the caller's.
//!
//! Version 5 has one layout ([`v5`]); 9 and IPFIX announce theirs in templates, which belong to an
//! exporter and its domain ([`template`]) and are believed within limits. What cannot be read is a
//! `parse.failed` and never an error; what never came is told by the sequence numbers and counted.

mod fields;
mod ipfix;
mod record;
mod sequence;
mod template;
mod v5;
mod v9;

use std::net::SocketAddr;
use std::sync::Arc;

use event::{Networks, Time};

use self::record::Flow;
use self::sequence::Sequences;
use self::template::Templates;
use crate::config::FlowConfig;
use crate::cursor::Short;
use crate::log::address;
use crate::log::format::failed;
use crate::origin::Made;

/// Bytes of an export that its failure shows, in hex.
const SHOWN: usize = 512;

/// How exports come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// Datagrams: templates are sent again and again, and are forgotten when they are not.
    Udp,
    /// A connection: templates hold as long as it does, and may be withdrawn (RFC 7011 §8.1).
    Tcp,
}

/// What exporters sent and did not send.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FlowCounts {
    /// Datagrams or messages.
    pub exports: u64,
    /// Flows that became events.
    pub flows: u64,
    /// Templates that were taken, changed or withdrawn.
    pub templates: u64,
    /// Records of options, which are no flows.
    pub options: u64,
    /// Exports without a set.
    pub empty: u64,
    /// Sets, or whole exports, that could not be read.
    pub failed: u64,
    /// Gaps in the sequence.
    pub gaps: u64,
    /// Flows that are missing in them: version 5 counts flows, IPFIX its data records.
    pub missing_flows: u64,
    /// Exports that are missing in them: version 9 counts those.
    pub missing_exports: u64,
}

/// Where an export comes from, and when.
#[derive(Clone, Copy, Debug)]
struct Origin {
    peer: SocketAddr,
    transport: Transport,
    seen: Time,
}

/// Reads the exports of all peers.
pub struct Flows {
    limits: FlowConfig,
    networks: Arc<Networks>,
    templates: Templates,
    sequences: Sequences,
    counts: FlowCounts,
}

/// Where the events of one export go.
struct Sink<'a> {
    counts: &'a mut FlowCounts,
    networks: &'a Networks,
    input: String,
    seen: Time,
    /// Records that may still be taken from this export.
    room: usize,
    out: &'a mut Vec<Made>,
}

/// Why a set or an export cannot be read.
type Refused = &'static str;

impl From<Short> for &'static str {
    fn from(_: Short) -> Self {
        "ends inside a field"
    }
}

impl Flows {
    /// A reader without templates.
    pub fn new(limits: &FlowConfig, networks: Arc<Networks>) -> Self {
        Self {
            limits: limits.clone(),
            networks,
            templates: Templates::new(limits),
            sequences: Sequences::new(limits.domains),
            counts: FlowCounts::default(),
        }
    }

    /// What was read and what was missing since the beginning.
    pub fn counts(&self) -> FlowCounts {
        self.counts
    }

    /// Takes a datagram, or a message of a connection; its events go to `out`.
    pub fn take(
        &mut self,
        peer: SocketAddr,
        transport: Transport,
        bytes: &[u8],
        seen: Time,
        out: &mut Vec<Made>,
    ) {
        self.counts.exports += 1;
        let origin = Origin {
            peer,
            transport,
            seen,
        };
        let mut sink = Sink {
            counts: &mut self.counts,
            networks: &self.networks,
            input: peer.to_string(),
            seen,
            room: self.limits.records,
            out,
        };
        let (templates, sequences) = (&mut self.templates, &mut self.sequences);
        let read = match bytes.first_chunk::<2>() {
            Some([0, 5]) => v5::read(bytes, origin, sequences, &mut sink),
            Some([0, 9]) => v9::read(bytes, origin, templates, sequences, &mut sink),
            Some([0, 10]) => ipfix::read(bytes, origin, templates, sequences, &mut sink),
            Some(_) => Err("neither NetFlow 5 or 9 nor IPFIX"),
            None => Err("too short for a version"),
        };
        if let Err(reason) = read {
            sink.failed(reason, bytes);
        }
    }

    /// A connection has ended: its templates are forgotten.
    pub fn close(&mut self, peer: SocketAddr) {
        self.templates.close(peer);
        self.sequences.close(peer);
    }
}

impl Sink<'_> {
    /// A flow becomes an event, as long as there is room.
    fn flow(&mut self, flow: &Flow) -> Result<(), Refused> {
        self.room = self
            .room
            .checked_sub(1)
            .ok_or("more records than limits.flow.records")?;
        self.counts.flows += 1;
        let mut made = flow.made();
        address::place(&mut made.core, self.networks);
        self.out.push(made);
        Ok(())
    }

    /// What could not be read, in hex.
    fn failed(&mut self, reason: &str, bytes: &[u8]) {
        self.counts.failed += 1;
        let shown = bytes.get(..bytes.len().min(SHOWN)).unwrap_or(bytes);
        let raw = record::hex(shown);
        let made = failed(self.seen, &self.input, reason, raw.as_bytes(), |json| {
            json.number("length", bytes.len() as u64);
        });
        self.out.push(made);
    }

    /// Flows that an exporter numbered and that did not come.
    fn flows_missing(&mut self, missing: Option<u64>) {
        self.counts.gaps += u64::from(missing.is_some());
        let own = &mut self.counts.missing_flows;
        *own = own.saturating_add(missing.unwrap_or(0));
    }

    /// Exports that an exporter numbered and that did not come.
    fn exports_missing(&mut self, missing: Option<u64>) {
        self.counts.gaps += u64::from(missing.is_some());
        let own = &mut self.counts.missing_exports;
        *own = own.saturating_add(missing.unwrap_or(0));
    }
}
