//! A frame taken apart: link layer, VLAN tags, IP, transport. Checked slices all the way down.
//!
//! What breaks a protocol's rules is named in Suricata's words (`decoder.ipv4.trunc_pkt`) and never
//! an error. Fragments are told apart and left: putting them together is not done here.

mod checksum;
mod ip;
mod link;
mod transport;

use std::net::IpAddr;

use event::Time;

use crate::packet::capture::Frame;

pub use transport::{Icmp, Quoted, Tcp, Transport, flags};

/// Anomalies kept of one packet: more than that says nothing new.
const MAX_EVENTS: usize = 4;

/// VLAN ids, the outermost first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Vlan {
    ids: [u16; 3],
    count: u8,
}

impl Vlan {
    /// The ids that are there.
    pub fn ids(&self) -> &[u16] {
        self.ids.get(..usize::from(self.count)).unwrap_or_default()
    }

    /// Adds an inner tag; false when there are three already.
    fn push(&mut self, id: u16) -> bool {
        let Some(place) = self.ids.get_mut(usize::from(self.count)) else {
            return false;
        };
        *place = id;
        self.count += 1;
        true
    }
}

/// An IP packet.
#[derive(Clone, Copy, Debug)]
pub struct Packet<'a> {
    /// When it was captured.
    pub time: Time,
    /// Its place in the capture, from 1.
    pub number: u64,
    /// Bytes of the whole frame as it was kept: what flows count.
    pub length: u32,
    /// VLAN tags.
    pub vlan: Vlan,
    /// The sender.
    pub source: IpAddr,
    /// The receiver.
    pub destination: IpAddr,
    /// IP protocol number.
    pub protocol: u8,
    /// What the packet carries.
    pub transport: Transport,
    /// Whether it is a piece of a larger packet; `transport` is then [`Transport::Other`].
    pub fragment: bool,
    /// Whether the capture kept less than was on the wire.
    pub cut: bool,
    /// Whether all checksums that were looked at are right.
    pub checksum_ok: bool,
    /// What the transport carries.
    pub payload: &'a [u8],
}

/// What became of a frame.
#[derive(Debug, Default)]
pub struct Decoded<'a> {
    /// The packet, when there is one that can be followed.
    pub packet: Option<Packet<'a>>,
    /// What was wrong, in Suricata's words without the prefix `decoder.`.
    pub events: Events,
    /// The addresses, as far as they were read, for anomalies without a packet.
    pub addresses: Option<(IpAddr, IpAddr, u8)>,
    /// VLAN tags read so far.
    pub vlan: Vlan,
}

/// A few names of decode events.
#[derive(Clone, Copy, Debug, Default)]
pub struct Events {
    names: [&'static str; MAX_EVENTS],
    count: usize,
}

impl Events {
    /// The names in the order in which they arose.
    pub fn names(&self) -> &[&'static str] {
        self.names.get(..self.count).unwrap_or_default()
    }

    fn push(&mut self, name: &'static str) {
        if let Some(place) = self.names.get_mut(self.count) {
            *place = name;
            self.count += 1;
        }
    }
}

/// Takes a frame apart. `number` is its place in the capture; `checksums` says whether to verify.
pub fn decode<'a>(frame: &Frame<'a>, number: u64, checksums: bool) -> Decoded<'a> {
    let mut state = State {
        frame: *frame,
        number,
        checksums,
        done: Decoded::default(),
    };
    if let Err(name) = link::decode(&mut state, frame.link, frame.bytes) {
        state.done.events.push(name);
    }
    state.done
}

/// What the layers hand on to each other.
struct State<'a> {
    frame: Frame<'a>,
    number: u64,
    checksums: bool,
    done: Decoded<'a>,
}

/// A layer either goes on (or quietly ends the way), or names what was wrong.
type Step = Result<(), &'static str>;

#[cfg(test)]
mod tests;
