//! IPv4 with options (RFC 791) and IPv6 with extension headers (RFC 8200 §4).

use std::net::IpAddr;

use crate::cursor::Cursor;

use super::{State, Step, checksum, transport};

/// IPv6 extension headers walked in one packet.
const MAX_EXTENSIONS: usize = 16;

/// The addresses and what is between them.
#[derive(Clone, Copy)]
pub(super) struct Addressed {
    pub(super) source: IpAddr,
    pub(super) destination: IpAddr,
    pub(super) protocol: u8,
    pub(super) fragment: bool,
    pub(super) cut: bool,
    pub(super) checksum_ok: bool,
}

pub(super) fn v4<'a>(state: &mut State<'a>, bytes: &'a [u8]) -> Step {
    const SHORT: &str = "ipv4.pkt_too_small";
    let fixed = bytes.first_chunk::<20>().ok_or(SHORT)?;
    let [first, _, l1, l2, _, _, f1, f2, _, protocol, _, _, rest @ ..] = *fixed;
    let [s1, s2, s3, s4, d1, d2, d3, d4] = rest;
    if first >> 4 != 4 {
        return Err("ipv4.wrong_ip_version");
    }
    let header = usize::from(first & 15) * 4;
    let total = usize::from(u16::from_be_bytes([l1, l2]));
    if header < 20 {
        return Err("ipv4.hlen_too_small");
    }
    // A total length of zero is what a network card that splits segments itself leaves behind.
    let total = if total == 0 { bytes.len() } else { total };
    if total < header {
        return Err("ipv4.iplen_smaller_than_hlen");
    }
    let source = IpAddr::from([s1, s2, s3, s4]);
    let destination = IpAddr::from([d1, d2, d3, d4]);
    state.done.addresses = Some((source, destination, protocol));
    let cut = total > bytes.len();
    if cut && !is_snapped(state) {
        return Err("ipv4.trunc_pkt");
    }
    let packet = bytes.get(..total.min(bytes.len())).ok_or(SHORT)?;
    let (head, payload) = packet.split_at_checked(header).ok_or(SHORT)?;
    if let Some(options) = head.get(20..) {
        v4_options(state, options);
    }
    let addressed = Addressed {
        source,
        destination,
        protocol,
        // More fragments, or an offset: the packet is a piece.
        fragment: u16::from_be_bytes([f1, f2]) & 0x3fff != 0,
        cut,
        checksum_ok: !state.checksums || checksum::header(head),
    };
    transport::decode(state, addressed, payload)
}

/// Whether the capture kept less of the frame than was on the wire.
fn is_snapped(state: &State<'_>) -> bool {
    let kept = u32::try_from(state.frame.bytes.len()).unwrap_or(u32::MAX);
    state.frame.wire_length > kept
}

fn v4_options(state: &mut State<'_>, options: &[u8]) {
    let mut cursor = Cursor::new(options);
    while let Ok(kind) = cursor.u8() {
        match kind {
            0 => return,
            1 => {}
            _ => {
                let length = cursor.u8().map(usize::from).unwrap_or(0);
                if length < 2 || cursor.take(length - 2).is_err() {
                    state.done.events.push("ipv4.opt_invalid_len");
                    return;
                }
            }
        }
    }
}

pub(super) fn v6<'a>(state: &mut State<'a>, bytes: &'a [u8]) -> Step {
    const SHORT: &str = "ipv6.pkt_too_small";
    let mut cursor = Cursor::new(bytes);
    let first = cursor.u32().map_err(|_| SHORT)?;
    if first >> 28 != 6 {
        return Err("ipv6.wrong_ip_version");
    }
    let length = usize::from(cursor.u16().map_err(|_| SHORT)?);
    let next = cursor.u8().map_err(|_| SHORT)?;
    cursor.u8().map_err(|_| SHORT)?;
    let source = IpAddr::from(cursor.array::<16>().map_err(|_| SHORT)?);
    let destination = IpAddr::from(cursor.array::<16>().map_err(|_| SHORT)?);
    state.done.addresses = Some((source, destination, next));
    let body = cursor.rest();
    // As in IPv4, zero stands for an offloaded or jumbo length.
    let length = if length == 0 { body.len() } else { length };
    let cut = length > body.len();
    if cut && !is_snapped(state) {
        return Err("ipv6.trunc_pkt");
    }
    let body = body.get(..length.min(body.len())).ok_or(SHORT)?;
    let addressed = Addressed {
        source,
        destination,
        protocol: next,
        fragment: false,
        cut,
        checksum_ok: true,
    };
    v6_extensions(state, addressed, body)
}

fn v6_extensions<'a>(state: &mut State<'a>, mut ip: Addressed, body: &'a [u8]) -> Step {
    const SHORT: &str = "ipv6.trunc_exthdr";
    let mut cursor = Cursor::new(body);
    for _ in 0..MAX_EXTENSIONS {
        match ip.protocol {
            // Hop-by-hop, routing, destination options: the length counts eight bytes, less one.
            0 | 43 | 60 => {
                let kind = ip.protocol;
                ip.protocol = cursor.u8().map_err(|_| SHORT)?;
                let length = usize::from(cursor.u8().map_err(|_| SHORT)?) * 8 + 6;
                let header = cursor.take(length).map_err(|_| SHORT)?;
                if kind == 43 && header.first() == Some(&0) {
                    state.done.events.push("ipv6.rh_type_0");
                }
            }
            44 => {
                ip.protocol = cursor.u8().map_err(|_| SHORT)?;
                cursor.u8().map_err(|_| SHORT)?;
                let place = cursor.u16().map_err(|_| SHORT)?;
                cursor.u32().map_err(|_| SHORT)?;
                if place & 0xfff9 == 0 {
                    state.done.events.push("ipv6.exthdr_useless_fh");
                } else {
                    ip.fragment = true;
                    return transport::decode(state, ip, cursor.rest());
                }
            }
            // Authentication: the length counts four bytes, less two.
            51 => {
                ip.protocol = cursor.u8().map_err(|_| SHORT)?;
                let length = (usize::from(cursor.u8().map_err(|_| SHORT)?) + 2) * 4;
                let rest = length.checked_sub(2).ok_or(SHORT)?;
                cursor.take(rest).map_err(|_| SHORT)?;
            }
            59 => {
                if !cursor.is_empty() {
                    state.done.events.push("ipv6.data_after_none_header");
                }
                return transport::decode(state, ip, &[]);
            }
            _ => return transport::decode(state, ip, cursor.rest()),
        }
    }
    Err("too_many_layers")
}
