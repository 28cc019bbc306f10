//! What a protocol must be able to do to be read: recognise itself, take bytes in order, hand over
//! what is complete. The flow table holds many of them alike; this is the one trait.

use event::{Core, Kind};

use crate::config::PacketConfig;
use crate::json::Json;

use super::eve::{Eve, Moment};
use super::{dns, http, tls};

/// Which way bytes go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// From the client.
    ToServer,
    /// From the server.
    ToClient,
}

impl Side {
    pub(crate) fn other(self) -> Self {
        match self {
            Self::ToServer => Self::ToClient,
            Self::ToClient => Self::ToServer,
        }
    }
}

/// Two of a kind, one for each side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sides<T> {
    pub(crate) to_server: T,
    pub(crate) to_client: T,
}

impl<T> Sides<T> {
    pub(crate) fn of(&self, side: Side) -> &T {
        match side {
            Side::ToServer => &self.to_server,
            Side::ToClient => &self.to_client,
        }
    }

    pub(crate) fn of_mut(&mut self, side: Side) -> &mut T {
        match side {
            Side::ToServer => &mut self.to_server,
            Side::ToClient => &mut self.to_client,
        }
    }

    pub(crate) fn swap(&mut self) {
        std::mem::swap(&mut self.to_server, &mut self.to_client);
    }
}

/// The protocols that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    Dns,
    Http,
    Tls,
}

impl Protocol {
    /// EVE's name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Dns => "dns",
            Self::Http => "http",
            Self::Tls => "tls",
        }
    }
}

/// Whether the first bytes of a side are a protocol's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Probe {
    /// They are, and come from this side.
    Certain(Side),
    /// More bytes will tell.
    Unsure,
    /// They are not.
    NotForUs,
}

/// What a dissector made of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Parsed {
    /// It has used so many and wants the rest again with more.
    Used(usize),
    /// Nothing more of this side matters.
    Done,
    /// After so many bytes both sides begin to speak another protocol (a tunnel).
    Tunnel(usize),
}

/// A protocol's reader for one flow.
pub(crate) trait Dissect: Send {
    /// Takes bytes of one side, in order. What is not used is offered again, with more behind it.
    fn parse(&mut self, side: Side, data: &[u8]) -> Parsed;

    /// So many bytes of a side are missing. Says whether the side can still be read.
    fn gap(&mut self, side: Side, length: u64) -> bool;

    /// A side has sent all it had to send; `left` is what was never used.
    fn end(&mut self, _side: Side, _left: &[u8]) {}

    /// Bytes that it keeps.
    fn held(&self) -> usize {
        0
    }

    /// Hands over what is complete; everything when the flow is over.
    fn drain(&mut self, over: bool, records: &mut Records<'_, '_>);
}

/// Where a dissector's records and anomalies go.
pub(crate) struct Records<'a, 'b> {
    pub(crate) eve: &'a mut Eve,
    pub(crate) moment: &'a Moment<'b>,
    pub(crate) protocol: Protocol,
    pub(crate) count: &'a mut u32,
    pub(crate) limit: u32,
}

impl Records<'_, '_> {
    /// Writes one record of the protocol, unless the flow has had its share.
    pub(crate) fn write(
        &mut self,
        kind: Kind,
        side: Side,
        write: impl FnOnce(&mut Json, &mut Core),
    ) {
        if *self.count >= self.limit {
            self.eve.counters.transactions_over_limit += 1;
            return;
        }
        *self.count += 1;
        self.eve.write(kind, self.moment, side, write);
    }

    /// Reports a message that breaks the protocol's rules.
    pub(crate) fn anomaly(&mut self, side: Side, name: &'static str) {
        self.eve.applayer_anomaly(
            self.moment,
            side,
            self.protocol.name(),
            name,
            "proto_parser",
        );
    }
}

/// A protocol's entry in the table.
pub(crate) struct Known {
    pub(crate) protocol: Protocol,
    pub(crate) tcp: bool,
    pub(crate) udp: bool,
    pub(crate) probe: fn(Hint, &[u8]) -> Probe,
    pub(crate) start: fn(&PacketConfig, bool) -> Box<dyn Dissect>,
}

/// What is known besides the bytes when a protocol is probed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hint {
    pub(crate) stream: bool,
    pub(crate) source_port: u16,
    pub(crate) destination_port: u16,
}

/// All protocols, the cheapest probe first.
pub(crate) const KNOWN: &[Known] = &[
    Known {
        protocol: Protocol::Tls,
        tcp: true,
        udp: false,
        probe: tls::probe,
        start: tls::start,
    },
    Known {
        protocol: Protocol::Http,
        tcp: true,
        udp: false,
        probe: http::probe,
        start: http::start,
    },
    Known {
        protocol: Protocol::Dns,
        tcp: true,
        udp: true,
        probe: dns::probe,
        start: dns::start,
    },
];
