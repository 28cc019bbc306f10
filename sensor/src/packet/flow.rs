//! A flow: everything between two endpoints until silence, and its record at the end.

use std::cell::OnceCell;

use event::{CoreField, CoreValue, Kind, Time};

use crate::config::Timeouts;
use crate::json::Json;

use super::app::App;
use super::decode::{Packet, Transport, flags};
use super::dissect::{Side, Sides};
use super::eve::{Eve, Identity, Moment};
use super::key::{Endpoint, Key};
use super::tcp::{Session, State};

/// Why a flow ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    Timeout,
    Forced,
    Shutdown,
    TcpReuse,
}

impl Reason {
    fn name(self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::Forced => "forced",
            Self::Shutdown => "shutdown",
            Self::TcpReuse => "tcp_reuse",
        }
    }
}

/// Which timeout applies: protocol and state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    TcpClosed,
    TcpNew,
    UdpNew,
    IcmpNew,
    OtherNew,
    TcpEstablished,
    UdpEstablished,
    IcmpEstablished,
    OtherEstablished,
}

impl Class {
    /// All classes, the most dispensable first.
    pub(crate) const ALL: [Self; 9] = [
        Self::TcpClosed,
        Self::TcpNew,
        Self::UdpNew,
        Self::IcmpNew,
        Self::OtherNew,
        Self::UdpEstablished,
        Self::IcmpEstablished,
        Self::OtherEstablished,
        Self::TcpEstablished,
    ];

    /// Seconds of silence after which a flow of this class ends.
    pub(crate) fn seconds(self, timeouts: &Timeouts) -> u32 {
        match self {
            Self::TcpClosed => timeouts.tcp_closed,
            Self::TcpNew => timeouts.tcp_new,
            Self::UdpNew => timeouts.udp_new,
            Self::IcmpNew => timeouts.icmp_new,
            Self::OtherNew => timeouts.other_new,
            Self::TcpEstablished => timeouts.tcp_established,
            Self::UdpEstablished => timeouts.udp_established,
            Self::IcmpEstablished => timeouts.icmp_established,
            Self::OtherEstablished => timeouts.other_established,
        }
    }

    fn state(self) -> &'static str {
        match self {
            Self::TcpClosed => "closed",
            Self::TcpNew | Self::UdpNew | Self::IcmpNew | Self::OtherNew => "new",
            _ => "established",
        }
    }
}

#[derive(Clone, Copy, Debug, Default)]
struct Count {
    packets: u64,
    bytes: u64,
}

/// One flow.
pub(crate) struct Flow {
    pub(crate) key: Key,
    pub(crate) identity: Identity,
    pub(crate) last: Time,
    pub(crate) tcp: Option<Box<Session>>,
    pub(crate) app: App,
    pub(crate) fragment_told: bool,
    start: Time,
    counts: Sides<Count>,
}

impl Flow {
    /// A flow that begins with this packet, whose sender is taken for the client; a SYN with ACK
    /// comes from the server.
    pub(crate) fn new(
        key: Key,
        id: u64,
        source: Endpoint,
        destination: Endpoint,
        packet: &Packet<'_>,
    ) -> Self {
        let answer = flags::SYN | flags::ACK;
        let (tcp, reversed) = match packet.transport {
            Transport::Tcp(tcp) => (true, tcp.flags & answer == answer),
            _ => (false, false),
        };
        let (client, server) = if reversed {
            (destination, source)
        } else {
            (source, destination)
        };
        Self {
            key,
            identity: Identity {
                id,
                client,
                server,
                protocol: packet.protocol,
                vlan: packet.vlan,
                icmp: Sides::default(),
                place: OnceCell::new(),
            },
            start: packet.time,
            last: packet.time,
            tcp: tcp.then(Box::default),
            app: App::default(),
            fragment_told: false,
            counts: Sides::default(),
        }
    }

    /// Which way a packet from `source` goes. A connection of a host to the same port of itself
    /// has one way only.
    pub(crate) fn side(&self, source: Endpoint) -> Side {
        if source == self.identity.client {
            Side::ToServer
        } else {
            Side::ToClient
        }
    }

    /// Counts a packet.
    pub(crate) fn count(&mut self, side: Side, packet: &Packet<'_>) {
        let count = self.counts.of_mut(side);
        count.packets += 1;
        count.bytes = count.bytes.saturating_add(u64::from(packet.length));
        self.last = self.last.max(packet.time);
        if let Transport::Icmp(icmp) = packet.transport {
            self.identity
                .icmp
                .of_mut(side)
                .get_or_insert((icmp.kind, icmp.code));
        }
    }

    /// Exchanges client and server.
    pub(crate) fn swap(&mut self) {
        self.identity.swap();
        self.counts.swap();
        self.app.swap();
        if let Some(tcp) = &mut self.tcp {
            tcp.swap();
        }
    }

    /// The class that decides its timeout.
    pub(crate) fn class(&self) -> Class {
        let both = self.counts.to_server.packets > 0 && self.counts.to_client.packets > 0;
        match (self.identity.protocol, &self.tcp) {
            (6, Some(tcp)) if tcp.state.is_closed() => Class::TcpClosed,
            (6, Some(tcp)) if tcp.state.is_established() => Class::TcpEstablished,
            (6, _) => Class::TcpNew,
            (17, _) if both => Class::UdpEstablished,
            (17, _) => Class::UdpNew,
            (1 | 58, _) if both => Class::IcmpEstablished,
            (1 | 58, _) => Class::IcmpNew,
            _ if both => Class::OtherEstablished,
            _ => Class::OtherNew,
        }
    }

    /// Bytes that wait in it.
    pub(crate) fn held(&self) -> usize {
        let streams = self.tcp.as_ref().map_or(0, |tcp| {
            tcp.halves.to_server.held() + tcp.halves.to_client.held()
        });
        streams + self.app.held()
    }

    /// Writes its record.
    pub(crate) fn record(&self, reason: Reason, now: Time, emergency: bool, eve: &mut Eve) {
        let moment = Moment {
            identity: &self.identity,
            time: now,
            number: None,
        };
        let protocol = self.app.name().map(|name| (name, eve.word(name)));
        eve.write(Kind::Flow, &moment, Side::ToServer, |json, core| {
            if let Some((name, word)) = protocol {
                json.text("app_proto", name);
                core.set(CoreField::NetworkProtocol, CoreValue::Text(word));
            }
            for (key, side) in [
                ("app_proto_ts", Side::ToServer),
                ("app_proto_tc", Side::ToClient),
            ] {
                if let Some(name) = self.app.odd_side(side) {
                    json.text(key, name);
                }
            }
            if let Some(name) = self.app.outer() {
                json.text("app_proto_orig", name);
            }
            self.body(json, reason, emergency);
            if self.identity.protocol == 6 {
                self.tcp_body(json);
            }
            core.set(CoreField::SourceBytes, self.counts.to_server.bytes);
            core.set(CoreField::SourcePackets, self.counts.to_server.packets);
            core.set(CoreField::DestinationBytes, self.counts.to_client.bytes);
            core.set(CoreField::DestinationPackets, self.counts.to_client.packets);
        });
    }

    fn body(&self, json: &mut Json, reason: Reason, emergency: bool) {
        let second = |time: Time| time.micros().div_euclid(1_000_000);
        let age = second(self.last).saturating_sub(second(self.start));
        json.open_at("flow");
        json.number("pkts_toserver", self.counts.to_server.packets);
        json.number("pkts_toclient", self.counts.to_client.packets);
        json.number("bytes_toserver", self.counts.to_server.bytes);
        json.number("bytes_toclient", self.counts.to_client.bytes);
        json.text("start", &self.start.eve());
        json.text("end", &self.last.eve());
        json.number("age", u64::try_from(age).unwrap_or(0));
        json.flag("emergency", emergency);
        json.text("state", self.class().state());
        json.text("reason", reason.name());
        json.bool("alerted", false);
        if self.app.written() > 0 {
            json.number("tx_cnt", u64::from(self.app.written()));
        }
        json.close();
    }

    fn tcp_body(&self, json: &mut Json) {
        let seen = self.tcp.as_ref().filter(|tcp| tcp.state != State::None);
        let sides = seen.map(|tcp| tcp.flags).unwrap_or_default();
        let all = sides.to_server | sides.to_client;
        json.open_at("tcp");
        json.text("tcp_flags", &format!("{all:02x}"));
        json.text("tcp_flags_ts", &format!("{:02x}", sides.to_server));
        json.text("tcp_flags_tc", &format!("{:02x}", sides.to_client));
        for (name, flag) in [
            ("syn", flags::SYN),
            ("fin", flags::FIN),
            ("rst", flags::RST),
            ("psh", flags::PSH),
            ("ack", flags::ACK),
            ("urg", flags::URG),
            ("ecn", flags::ECN),
            ("cwr", flags::CWR),
        ] {
            json.flag(name, all & flag != 0);
        }
        if let Some(tcp) = seen {
            json.text("state", tcp.state.name());
            json.flag("ts_gap", tcp.halves.to_server.gaps > 0);
            json.flag("tc_gap", tcp.halves.to_client.gaps > 0);
        }
        json.close();
    }
}
