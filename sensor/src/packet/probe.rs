//! What a short look at an interface shows, for `haidang doctor`: is there traffic of others, in both
//! directions, under which VLAN tags? A mirror port that is set up wrongly shows none, or half.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;

use super::capture::Frame;
use super::decode::{Transport, decode};

/// Connections and VLAN tags that are kept in mind.
const CONNECTIONS: usize = 4_096;
const VLANS: usize = 64;
/// LINKTYPE_ETHERNET.
const ETHERNET: u16 = 1;

/// What was seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// Packets.
    pub packets: u64,
    /// Their bytes on the wire.
    pub bytes: u64,
    /// Packets from or to this machine itself.
    pub own: u64,
    /// Packets to a group or to everybody: every port of a switch shows these.
    pub group: u64,
    /// Packets among others: what a mirror port is for.
    pub others: u64,
    /// Packets with each VLAN tag, the outermost.
    pub vlans: BTreeMap<u16, u64>,
    /// Packets that the kernel dropped while it was looked.
    pub dropped: u64,
    connections: HashMap<(IpAddr, u16, IpAddr, u16), (bool, bool)>,
}

impl Seen {
    /// Looks at a frame. `own`: the hardware address of the interface.
    pub fn frame(&mut self, frame: &Frame<'_>, own: Option<[u8; 6]>) {
        self.packets += 1;
        self.bytes += u64::from(frame.wire_length);
        let ends = (frame.link == ETHERNET)
            .then(|| frame.bytes.split_first_chunk::<6>())
            .flatten();
        let ends = ends.and_then(|(to, rest)| Some((*to, *rest.first_chunk::<6>()?)));
        match ends {
            // The lowest bit of the first byte: to a group (IEEE 802.3, 3.2.3).
            Some((to, _)) if to[0] & 1 == 1 => self.group += 1,
            Some((to, from)) if own.is_some_and(|own| own == to || own == from) => self.own += 1,
            _ => self.others += 1,
        }
        let decoded = decode(frame, self.packets, false);
        if let Some(tag) = decoded.vlan.ids().first()
            && (self.vlans.len() < VLANS || self.vlans.contains_key(tag))
        {
            *self.vlans.entry(*tag).or_default() += 1;
        }
        if let Some(packet) = decoded.packet
            && let Transport::Tcp(tcp) = packet.transport
        {
            let here = (packet.source, tcp.source_port);
            let there = (packet.destination, tcp.destination_port);
            self.connection(here, there);
        }
    }

    fn connection(&mut self, from: (IpAddr, u16), to: (IpAddr, u16)) {
        let (low, high) = if from <= to { (from, to) } else { (to, from) };
        let key = (low.0, low.1, high.0, high.1);
        if self.connections.len() >= CONNECTIONS && !self.connections.contains_key(&key) {
            return;
        }
        let ways = self.connections.entry(key).or_default();
        if from == low {
            ways.0 = true;
        } else {
            ways.1 = true;
        }
    }

    /// TCP connections of which both directions were seen, and those of which one was.
    pub fn directions(&self) -> (usize, usize) {
        let both = self.connections.values();
        let both = both.filter(|ways| ways.0 && ways.1).count();
        (both, self.connections.len() - both)
    }
}

#[cfg(test)]
mod tests {
    use event::Time;

    use super::*;

    const OWN: [u8; 6] = [2, 0, 0, 0, 0, 9];

    /// An Ethernet frame with a TCP segment, tagged or not.
    fn tcp(to: u8, from: u8, vlan: Option<u16>) -> Vec<u8> {
        let mut bytes = vec![2, 0, 0, 0, 0, to, 2, 0, 0, 0, 0, from];
        if let Some(id) = vlan {
            bytes.extend([0x81, 0x00]);
            bytes.extend(id.to_be_bytes());
        }
        bytes.extend([0x08, 0x00]);
        bytes.extend([
            0x45, 0, 0, 40, 0, 1, 0, 0, 64, 6, 0, 0, 10, 0, 0, from, 10, 0, 0, to,
        ]);
        let ports = [u16::from(from) + 1_000, u16::from(to) + 1_000];
        bytes.extend(ports.iter().flat_map(|port| port.to_be_bytes()));
        bytes.extend([0, 0, 0, 1, 0, 0, 0, 1, 0x50, 0x10, 1, 0, 0, 0, 0, 0]);
        bytes
    }

    fn seen(frames: &[Vec<u8>]) -> Seen {
        let mut seen = Seen::default();
        for bytes in frames {
            let frame = Frame {
                time: Time::EPOCH,
                link: ETHERNET,
                wire_length: 54,
                bytes,
            };
            seen.frame(&frame, Some(OWN));
        }
        seen
    }

    #[test]
    fn a_mirror_port_shows_others_in_both_directions() {
        let both = seen(&[tcp(1, 2, Some(7)), tcp(2, 1, Some(7)), tcp(3, 4, None)]);
        assert_eq!((both.others, both.own, both.group), (3, 0, 0));
        assert_eq!(both.directions(), (1, 1));
        assert_eq!(both.vlans, BTreeMap::from([(7, 2)]));
        assert_eq!(both.bytes, 162);
    }

    #[test]
    fn a_plain_port_shows_itself_and_what_is_for_everybody() {
        let mut to_all = tcp(1, 2, None);
        to_all[..6].fill(0xff);
        let plain = seen(&[to_all, tcp(9, 2, None), tcp(2, 9, None)]);
        assert_eq!((plain.others, plain.own, plain.group), (0, 2, 1));
    }

    #[test]
    fn what_is_cut_or_is_no_ethernet_is_counted_all_the_same() {
        let mut seen = seen(&[Vec::new(), vec![1, 2, 3], vec![0xff; 14]]);
        let frame = Frame {
            time: Time::EPOCH,
            link: 101,
            wire_length: 3,
            bytes: &[0x45, 0, 0],
        };
        seen.frame(&frame, None);
        assert_eq!((seen.packets, seen.others, seen.group), (4, 3, 1));
    }
}
