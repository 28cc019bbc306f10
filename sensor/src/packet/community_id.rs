//! Community ID version 1: one name for a connection across tools (github.com/corelight/
//! community-id-spec). SHA-1 and base64 are the specification's choice.

use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest as _, Sha1};

const ICMP: u8 = 1;
const ICMPV6: u8 = 58;

/// The id of a connection, with seed 0. For ICMP the ports are type and code of the first message.
pub fn community_id(source: (IpAddr, u16), destination: (IpAddr, u16), protocol: u8) -> String {
    let (mut from, mut to) = (source, destination);
    let mut ordered = (octets(from.0), from.1) <= (octets(to.0), to.1);
    if protocol == ICMP || protocol == ICMPV6 {
        if let Some(reply) = counterpart(protocol, from.1) {
            to.1 = reply;
            ordered = (octets(from.0), from.1) <= (octets(to.0), to.1);
        } else {
            // A message without an answer has one direction, which the id keeps.
            ordered = true;
        }
    }
    if !ordered {
        std::mem::swap(&mut from, &mut to);
    }
    let mut hash = Sha1::new();
    hash.update([0, 0]);
    for ip in [from.0, to.0] {
        match ip {
            IpAddr::V4(ip) => hash.update(ip.octets()),
            IpAddr::V6(ip) => hash.update(ip.octets()),
        }
    }
    hash.update([protocol, 0]);
    hash.update(from.1.to_be_bytes());
    hash.update(to.1.to_be_bytes());
    format!("1:{}", STANDARD.encode(hash.finalize()))
}

/// Addresses compare by their bytes; both ends are of one family.
fn octets(ip: IpAddr) -> [u8; 16] {
    match ip {
        IpAddr::V4(ip) => {
            let mut bytes = [0; 16];
            for (place, octet) in bytes.iter_mut().zip(ip.octets()) {
                *place = octet;
            }
            bytes
        }
        IpAddr::V6(ip) => ip.octets(),
    }
}

/// The type that answers an ICMP type, or that it answers.
pub(crate) fn counterpart(protocol: u8, kind: u16) -> Option<u16> {
    const FOUR: &[(u16, u16)] = &[(8, 0), (13, 14), (15, 16), (17, 18), (10, 9)];
    const SIX: &[(u16, u16)] = &[
        (128, 129),
        (133, 134),
        (135, 136),
        (130, 131),
        (139, 140),
        (144, 145),
    ];
    let pairs = if protocol == ICMP { FOUR } else { SIX };
    pairs.iter().find_map(|(ask, answer)| {
        if *ask == kind {
            Some(*answer)
        } else if *answer == kind {
            Some(*ask)
        } else {
            None
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_published_vectors_in_both_directions() {
        for (a, ap, b, bp, protocol, expected) in [
            (
                "128.232.110.120",
                34_855,
                "66.35.250.204",
                80,
                6,
                "1:LQU9qZlK+B5F3KDmev6m5PMibrg=",
            ),
            (
                "192.168.1.52",
                54_585,
                "8.8.8.8",
                53,
                17,
                "1:d/FP5EW3wiY1vCndhwleRRKHowQ=",
            ),
            (
                "192.168.0.89",
                8,
                "192.168.0.1",
                0,
                1,
                "1:X0snYXpgwiv9TZtqg64sgzUn6Dk=",
            ),
        ] {
            let (a, b) = ((a.parse().unwrap(), ap), (b.parse().unwrap(), bp));
            assert_eq!(community_id(a, b, protocol), expected);
            assert_eq!(community_id(b, a, protocol), expected);
        }
    }
}
