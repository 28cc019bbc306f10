//! The internet checksum (RFC 1071).

use std::net::IpAddr;

/// The sum of 16-bit words, not yet folded.
fn sum(bytes: &[u8]) -> u64 {
    let mut words = bytes.chunks_exact(4);
    let mut total = 0_u64;
    for word in words.by_ref() {
        if let Some(word) = word.first_chunk::<4>() {
            total += u64::from(u32::from_be_bytes(*word));
        }
    }
    let mut last = [0; 4];
    for (place, byte) in last.iter_mut().zip(words.remainder()) {
        *place = *byte;
    }
    total + u64::from(u32::from_be_bytes(last))
}

/// Whether the folded sum is all ones, as it is when the checksum is right.
fn is_right(mut total: u64) -> bool {
    while total > 0xffff {
        total = (total & 0xffff) + (total >> 16);
    }
    total == 0xffff
}

/// Whether a header's own checksum is right.
pub(super) fn header(bytes: &[u8]) -> bool {
    is_right(sum(bytes))
}

/// Whether the checksum of a transport segment is right: with the pseudo header of RFC 9293 §3.1
/// and RFC 8200 §8.1.
pub(super) fn segment(source: IpAddr, destination: IpAddr, protocol: u8, segment: &[u8]) -> bool {
    let addresses = match (source, destination) {
        (IpAddr::V4(a), IpAddr::V4(b)) => sum(&a.octets()) + sum(&b.octets()),
        (IpAddr::V6(a), IpAddr::V6(b)) => sum(&a.octets()) + sum(&b.octets()),
        _ => return false,
    };
    is_right(addresses + u64::from(protocol) + segment.len() as u64 + sum(segment))
}
