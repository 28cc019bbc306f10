//! What makes packets belong to one flow: addresses, ports, protocol and VLAN tags, the same for
//! both directions.

use std::hash::{BuildHasher, Hasher};
use std::net::IpAddr;

use super::community_id::counterpart;
use super::decode::{Icmp, Packet, Quoted, Transport, Vlan};

/// An address and a port; for ICMP the type stands in the port's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Endpoint {
    pub(crate) ip: IpAddr,
    pub(crate) port: u16,
}

/// A flow's key: the smaller endpoint first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    low: Endpoint,
    high: Endpoint,
    protocol: u8,
    vlan: Vlan,
}

impl Key {
    fn new(source: Endpoint, destination: Endpoint, protocol: u8, vlan: Vlan) -> Self {
        let (low, high) = if source <= destination {
            (source, destination)
        } else {
            (destination, source)
        };
        Self {
            low,
            high,
            protocol,
            vlan,
        }
    }

    /// The key of a packet, with its endpoints: source, destination.
    pub(crate) fn of(packet: &Packet<'_>) -> (Self, Endpoint, Endpoint) {
        let (from, to) = match packet.transport {
            Transport::Tcp(tcp) => (tcp.source_port, tcp.destination_port),
            Transport::Udp(from, to) => (from, to),
            Transport::Icmp(icmp) => icmp_ports(packet.protocol, icmp),
            Transport::Other => (0, 0),
        };
        let source = Endpoint {
            ip: packet.source,
            port: from,
        };
        let destination = Endpoint {
            ip: packet.destination,
            port: to,
        };
        let key = Self::new(source, destination, packet.protocol, packet.vlan);
        (key, source, destination)
    }

    /// The key of the flow that an ICMP error speaks of.
    pub(crate) fn quoted(quoted: &Quoted, vlan: Vlan) -> Self {
        let source = Endpoint {
            ip: quoted.source,
            port: quoted.source_port,
        };
        let destination = Endpoint {
            ip: quoted.destination,
            port: quoted.destination_port,
        };
        Self::new(source, destination, quoted.protocol, vlan)
    }
}

/// A question's type as source port, its answer's as destination port, so that both meet.
fn icmp_ports(protocol: u8, icmp: Icmp) -> (u16, u16) {
    let kind = u16::from(icmp.kind);
    (kind, counterpart(protocol, kind).unwrap_or(kind))
}

/// A keyed hash for the flow table: strangers choose the addresses, so the key is secret.
#[derive(Clone, Debug)]
pub(crate) struct KeyHash(u64);

impl KeyHash {
    /// A hash with the process's own randomness.
    pub(crate) fn new() -> Self {
        Self(std::hash::RandomState::new().hash_one(0_u8) | 1)
    }
}

impl BuildHasher for KeyHash {
    type Hasher = KeyHasher;

    fn build_hasher(&self) -> KeyHasher {
        KeyHasher {
            state: self.0,
            secret: self.0,
        }
    }
}

/// Multiply and fold: each word is mixed with the secret into 128 bits, whose halves meet.
#[derive(Clone, Debug)]
pub(crate) struct KeyHasher {
    state: u64,
    secret: u64,
}

impl KeyHasher {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "both halves of the product are used"
    )]
    fn mix(&mut self, word: u64) {
        let product =
            u128::from(self.state ^ word) * u128::from(self.secret ^ 0x9e37_79b9_7f4a_7c15);
        self.state = (product as u64) ^ ((product >> 64) as u64) ^ word.rotate_left(29);
    }
}

impl Hasher for KeyHasher {
    fn finish(&self) -> u64 {
        let mut last = self.clone();
        last.mix(0x2545_f491_4f6c_dd1d);
        last.state
    }

    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            for (place, byte) in word.iter_mut().zip(chunk) {
                *place = *byte;
            }
            self.mix(u64::from_le_bytes(word));
        }
    }

    fn write_u8(&mut self, value: u8) {
        self.mix(u64::from(value));
    }

    fn write_u16(&mut self, value: u16) {
        self.mix(u64::from(value));
    }

    fn write_u64(&mut self, value: u64) {
        self.mix(value);
    }

    fn write_usize(&mut self, value: usize) {
        self.mix(value as u64);
    }

    fn write_isize(&mut self, value: isize) {
        self.write(&value.to_le_bytes());
    }
}
