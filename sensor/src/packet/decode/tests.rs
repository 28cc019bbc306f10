//! Packets made by hand, cut at every byte.

use event::Time;
use proptest::prelude::*;

use super::*;

/// Ethernet, 802.1Q 5, IPv4 10.0.0.1 → 10.0.0.2, UDP 1024 → 53, payload `hi`, then padding.
pub(crate) const TAGGED: &[u8] = &[
    2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x81, 0, 0, 5, 8, 0, // Ethernet and tag
    0x45, 0, 0, 30, 0, 0, 0x40, 0, 64, 17, 0x26, 0xcd, 10, 0, 0, 1, 10, 0, 0, 2, // IPv4
    4, 0, 0, 53, 0, 10, 0x7f, 0x39, b'h', b'i', 0, 0, 0,
];

fn frame(link: u16, bytes: &[u8]) -> Frame<'_> {
    Frame {
        time: Time::from_seconds(1, 0),
        link,
        wire_length: u32::try_from(bytes.len()).unwrap(),
        bytes,
    }
}

#[test]
fn reads_a_tagged_frame_and_leaves_its_padding() {
    let decoded = decode(&frame(1, TAGGED), 7, true);
    let packet = decoded.packet.unwrap();
    assert_eq!(packet.vlan.ids(), [5]);
    assert_eq!(packet.transport, Transport::Udp(1024, 53));
    assert_eq!((packet.payload, packet.number), (&b"hi"[..], 7));
    assert!(packet.checksum_ok);
    assert!(decoded.events.names().is_empty());
}

#[test]
fn a_wrong_checksum_is_seen_and_can_be_ignored() {
    let mut bytes = TAGGED.to_vec();
    bytes[46] = b'H';
    assert!(
        !decode(&frame(1, &bytes), 1, true)
            .packet
            .unwrap()
            .checksum_ok
    );
    assert!(
        decode(&frame(1, &bytes), 1, false)
            .packet
            .unwrap()
            .checksum_ok
    );
}

#[test]
fn names_what_is_wrong() {
    for (at, value, name) in [
        (18, 0x65, "ipv4.wrong_ip_version"),
        (18, 0x44, "ipv4.hlen_too_small"),
        (21, 10, "ipv4.iplen_smaller_than_hlen"),
        (21, 200, "ipv4.trunc_pkt"),
        (43, 7, "udp.len_invalid"),
        (43, 99, "udp.pkt_too_small"),
    ] {
        let mut bytes = TAGGED.to_vec();
        bytes[at] = value;
        let decoded = decode(&frame(1, &bytes), 1, false);
        assert_eq!(decoded.events.names(), [name], "byte {at}");
        assert!(decoded.packet.is_none());
    }
}

#[test]
fn a_packet_cut_by_the_capture_is_still_counted() {
    let mut cut = frame(1, &TAGGED[..47]);
    cut.wire_length = 60;
    let packet = decode(&cut, 1, true).packet.unwrap();
    assert!(packet.cut);
    assert_eq!(packet.payload, b"h");
}

#[test]
fn every_cut_of_every_link_type_is_harmless() {
    for link in [0, 1, 12, 101, 108, 113, 228, 229, 276, 999] {
        for start in [0, 14, 18] {
            for end in start..TAGGED.len() {
                decode(&frame(link, &TAGGED[start..end]), 1, true);
            }
        }
    }
}

#[test]
fn walks_ipv6_extensions_and_tells_fragments() {
    let mut bytes = vec![0x60, 0, 0, 0, 0, 24, 0, 64];
    bytes.extend([0; 15]);
    bytes.push(1);
    bytes.extend([0; 15]);
    bytes.push(2);
    bytes.extend([44, 0, 1, 4, 0, 0, 0, 0]); // hop by hop
    bytes.extend([17, 0, 0, 1, 0, 0, 0, 9]); // fragment, more to come
    bytes.extend([4, 0, 0, 53, 0, 8, 0, 0]);
    let packet = decode(&frame(101, &bytes), 1, true).packet.unwrap();
    assert!(packet.fragment);
    assert_eq!((packet.protocol, packet.transport), (17, Transport::Other));
}

proptest! {
    #[test]
    fn hostile_bytes_are_harmless(
        link in prop::sample::select(vec![0_u16, 1, 101, 113, 228, 229, 276]),
        bytes in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        decode(&frame(link, &bytes), 1, true);
    }
}
