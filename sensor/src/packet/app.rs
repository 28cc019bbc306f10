//! From bytes in order to a protocol's reader: recognises the protocol of a flow by its first
//! bytes and keeps what a reader has not used yet.

use crate::config::PacketConfig;

use super::dissect::{Dissect, Hint, KNOWN, Known, Parsed, Probe, Protocol, Records, Side, Sides};
use super::eve::{Eve, Moment};

/// First bytes of a side that may wait for recognition.
const PROBE_BYTES: usize = 4 * 1024;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Detected {
    #[default]
    Unknown,
    Known,
    Failed,
}

/// The protocol of one flow.
#[derive(Default)]
pub(crate) struct App {
    detected: Sides<Detected>,
    kept: Sides<Vec<u8>>,
    done: Sides<bool>,
    protocol: Option<Protocol>,
    /// What the flow spoke before a tunnel.
    outer: Option<Protocol>,
    reader: Option<(Protocol, Box<dyn Dissect>)>,
    written: u32,
}

/// What became of offered bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Offered {
    /// More is welcome.
    Taken,
    /// Nothing more of this side matters.
    Enough,
    /// The bytes are the server's: exchange the sides and offer again.
    Swap,
}

/// What a reader needs around it.
pub(crate) struct Around<'a, 'b> {
    pub(crate) eve: &'a mut Eve,
    pub(crate) config: &'a PacketConfig,
    pub(crate) moment: Moment<'b>,
}

impl App {
    /// The name in `app_proto`, once it is decided.
    pub(crate) fn name(&self) -> Option<&'static str> {
        match self.protocol {
            Some(protocol) => Some(protocol.name()),
            None if self.is_hopeless() => Some("failed"),
            None => None,
        }
    }

    /// The name in `app_proto_orig`.
    pub(crate) fn outer(&self) -> Option<&'static str> {
        self.outer.map(Protocol::name)
    }

    /// The name of a side that differs from the flow's.
    pub(crate) fn odd_side(&self, side: Side) -> Option<&'static str> {
        let failed = *self.detected.of(side) == Detected::Failed;
        (failed && !self.is_hopeless()).then_some("failed")
    }

    pub(crate) fn written(&self) -> u32 {
        self.written
    }

    pub(crate) fn held(&self) -> usize {
        let reader = self.reader.as_ref().map_or(0, |(_, reader)| reader.held());
        self.kept.to_server.len() + self.kept.to_client.len() + reader
    }

    /// Whether both sides were looked at in vain.
    fn is_hopeless(&self) -> bool {
        self.protocol.is_none()
            && self.detected.to_server == Detected::Failed
            && self.detected.to_client == Detected::Failed
    }

    pub(crate) fn swap(&mut self) {
        self.detected.swap();
        self.kept.swap();
        self.done.swap();
    }

    /// Frees what it holds and reads no further.
    pub(crate) fn give_up(&mut self) {
        self.kept = Sides::default();
        self.reader = None;
        self.done = Sides {
            to_server: true,
            to_client: true,
        };
    }

    /// Takes the next bytes of a side of a stream.
    pub(crate) fn stream(&mut self, around: Around<'_, '_>, side: Side, data: &[u8]) -> Offered {
        if *self.done.of(side) {
            return Offered::Enough;
        }
        let mut waiting = std::mem::take(self.kept.of_mut(side));
        if waiting.is_empty() {
            let (offered, used) = self.offer(around, side, data, true);
            if let (Offered::Taken, Some(rest)) = (offered, data.get(used..)) {
                *self.kept.of_mut(side) = rest.to_vec();
            }
            return offered;
        }
        let before = waiting.len();
        waiting.extend_from_slice(data);
        let (offered, used) = self.offer(around, side, &waiting, true);
        match offered {
            Offered::Taken => drop(waiting.drain(..used.min(waiting.len()))),
            Offered::Swap => waiting.truncate(before),
            Offered::Enough => waiting = Vec::new(),
        }
        *self.kept.of_mut(side) = waiting;
        offered
    }

    /// Takes a datagram.
    pub(crate) fn datagram(&mut self, around: Around<'_, '_>, side: Side, data: &[u8]) -> Offered {
        if data.is_empty() || *self.done.of(side) {
            return Offered::Enough;
        }
        self.offer(around, side, data, false).0
    }

    /// A side has sent all it had to send.
    pub(crate) fn end(&mut self, around: Around<'_, '_>, side: Side) {
        if let Some((_, reader)) = &mut self.reader {
            let left = std::mem::take(self.kept.of_mut(side));
            reader.end(side, &left);
            self.drain(around, false);
        }
    }

    /// So many bytes of a side are missing.
    pub(crate) fn gap(&mut self, around: Around<'_, '_>, side: Side, length: u64) {
        self.kept.of_mut(side).clear();
        match &mut self.reader {
            Some((_, reader)) => {
                if !reader.gap(side, length) {
                    *self.done.of_mut(side) = true;
                }
                self.drain(around, false);
            }
            None => {
                *self.detected.of_mut(side) = Detected::Failed;
                *self.done.of_mut(side) = true;
            }
        }
    }

    /// The flow is over: what is known is written.
    pub(crate) fn finish(&mut self, around: Around<'_, '_>) {
        if let Some((_, reader)) = &mut self.reader {
            for side in [Side::ToServer, Side::ToClient] {
                let left = std::mem::take(self.kept.of_mut(side));
                reader.end(side, &left);
            }
        }
        self.drain(around, true);
    }

    /// Recognises the protocol if need be, and reads. Returns the bytes used.
    fn offer(
        &mut self,
        around: Around<'_, '_>,
        side: Side,
        data: &[u8],
        stream: bool,
    ) -> (Offered, usize) {
        if self.reader.is_none() {
            match self.detect(&around, side, data, stream) {
                Probe::Certain(from) if from == side => {}
                Probe::Certain(_) => return (Offered::Swap, 0),
                Probe::Unsure => return (Offered::Taken, 0),
                Probe::NotForUs => {
                    *self.done.of_mut(side) = true;
                    return (Offered::Enough, 0);
                }
            }
        }
        self.read(around, side, data)
    }

    fn detect(&mut self, around: &Around<'_, '_>, side: Side, data: &[u8], stream: bool) -> Probe {
        let identity = around.moment.identity;
        let (from, to) = match side {
            Side::ToServer => (identity.client, identity.server),
            Side::ToClient => (identity.server, identity.client),
        };
        let hint = Hint {
            stream,
            source_port: from.port,
            destination_port: to.port,
        };
        let mut unsure = false;
        let carried = |known: &&Known| if stream { known.tcp } else { known.udp };
        for known in KNOWN.iter().filter(carried) {
            match (known.probe)(hint, data) {
                Probe::Certain(from) => {
                    let other = *self.detected.of(side.other());
                    // The other side has spoken already, in another tongue: no exchange.
                    if from != side && other != Detected::Unknown {
                        continue;
                    }
                    if from == side {
                        let reader = (known.start)(around.config, stream);
                        self.protocol = Some(known.protocol);
                        self.reader = Some((known.protocol, reader));
                        *self.detected.of_mut(side) = Detected::Known;
                    }
                    return Probe::Certain(from);
                }
                Probe::Unsure => unsure = true,
                Probe::NotForUs => {}
            }
        }
        if unsure && data.len() < PROBE_BYTES {
            return Probe::Unsure;
        }
        *self.detected.of_mut(side) = Detected::Failed;
        Probe::NotForUs
    }

    fn read(&mut self, around: Around<'_, '_>, side: Side, input: &[u8]) -> (Offered, usize) {
        let Some((protocol, reader)) = &mut self.reader else {
            return (Offered::Enough, 0);
        };
        let name = protocol.name();
        let (mut offered, mut used) = (Offered::Taken, 0);
        match reader.parse(side, input) {
            Parsed::Used(count) => used = count,
            Parsed::Done => offered = Offered::Enough,
            Parsed::Tunnel(count) => return self.tunnel(around, side, input, count),
        }
        let rest = input.len().saturating_sub(used);
        if offered == Offered::Taken && rest > around.config.message_bytes {
            around.eve.counters.messages_over_limit += 1;
            let moment = &around.moment;
            (around.eve).applayer_anomaly(moment, side, name, "MESSAGE_TOO_LONG", "parser");
            offered = Offered::Enough;
        }
        if offered == Offered::Enough {
            *self.done.of_mut(side) = true;
        }
        self.drain(around, false);
        (offered, used)
    }

    /// Another protocol begins: it is recognised like the first, once.
    fn tunnel(
        &mut self,
        around: Around<'_, '_>,
        side: Side,
        input: &[u8],
        used: usize,
    ) -> (Offered, usize) {
        let Around {
            eve,
            config,
            moment,
        } = around;
        let outer = Around {
            eve: &mut *eve,
            config,
            moment,
        };
        self.drain(outer, true);
        self.reader = None;
        self.done = Sides::default();
        if self.outer.is_some() {
            self.give_up();
            return (Offered::Enough, used);
        }
        self.outer = self.protocol.take();
        self.detected = Sides::default();
        *self.kept.of_mut(side.other()) = Vec::new();
        let rest = input.get(used..).unwrap_or_default();
        if rest.is_empty() {
            return (Offered::Taken, used);
        }
        let around = Around {
            eve,
            config,
            moment,
        };
        let (offered, more) = self.offer(around, side, rest, true);
        (offered, used + more)
    }

    fn drain(&mut self, around: Around<'_, '_>, over: bool) {
        if let Some((protocol, reader)) = &mut self.reader {
            let mut records = Records {
                eve: around.eve,
                moment: &around.moment,
                protocol: *protocol,
                count: &mut self.written,
                limit: around.config.transactions,
            };
            reader.drain(over, &mut records);
        }
    }
}
