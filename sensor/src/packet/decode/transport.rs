//! TCP (RFC 9293 §3.1), UDP (RFC 768), ICMP (RFC 792) and ICMPv6 (RFC 4443).

use std::net::IpAddr;

use crate::cursor::{Cursor, Short};
use crate::packet::community_id::counterpart;

use super::ip::Addressed;
use super::{Packet, State, Step, checksum};

/// TCP's flags.
pub mod flags {
    #![expect(missing_docs, reason = "the names are TCP's own")]
    pub const FIN: u8 = 0x01;
    pub const SYN: u8 = 0x02;
    pub const RST: u8 = 0x04;
    pub const PSH: u8 = 0x08;
    pub const ACK: u8 = 0x10;
    pub const URG: u8 = 0x20;
    pub const ECN: u8 = 0x40;
    pub const CWR: u8 = 0x80;
}

/// A TCP header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are TCP's own")]
pub struct Tcp {
    pub source_port: u16,
    pub destination_port: u16,
    pub sequence: u32,
    pub acknowledgement: u32,
    pub flags: u8,
    pub window: u16,
}

/// The packet that an ICMP error quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Quoted {
    pub source: IpAddr,
    pub destination: IpAddr,
    pub protocol: u8,
    pub source_port: u16,
    pub destination_port: u16,
}

/// An ICMP or ICMPv6 header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Icmp {
    /// Type.
    pub kind: u8,
    /// Code.
    pub code: u8,
    /// What an error quotes.
    pub quoted: Option<Quoted>,
}

/// What an IP packet carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// TCP.
    Tcp(Tcp),
    /// UDP: source and destination port.
    Udp(u16, u16),
    /// ICMP or ICMPv6.
    Icmp(Icmp),
    /// Anything else, and fragments.
    Other,
}

pub(super) fn decode<'a>(state: &mut State<'a>, ip: Addressed, bytes: &'a [u8]) -> Step {
    let (transport, payload) = match ip.protocol {
        _ if ip.fragment => (Transport::Other, bytes),
        6 => tcp(state, ip.cut, bytes)?,
        17 => udp(ip.cut, bytes)?,
        1 | 58 => icmp(ip, bytes)?,
        _ => (Transport::Other, bytes),
    };
    let segment_ok = ip.fragment || ip.cut || !state.checksums || is_intact(ip, bytes, payload);
    state.done.packet = Some(Packet {
        time: state.frame.time,
        number: state.number,
        length: u32::try_from(state.frame.bytes.len()).unwrap_or(u32::MAX),
        vlan: state.done.vlan,
        source: ip.source,
        destination: ip.destination,
        protocol: ip.protocol,
        transport,
        fragment: ip.fragment,
        cut: ip.cut,
        checksum_ok: ip.checksum_ok && segment_ok,
        payload,
    });
    Ok(())
}

fn is_intact(ip: Addressed, bytes: &[u8], payload: &[u8]) -> bool {
    match ip.protocol {
        // A UDP checksum of zero says that there is none (RFC 768); IPv6 does not allow it, and
        // tunnels use it all the same (RFC 6935).
        17 if bytes.get(6..8) == Some(&[0, 0]) => true,
        17 => bytes
            .get(..payload.len() + 8)
            .is_some_and(|bytes| checksum::segment(ip.source, ip.destination, 17, bytes)),
        6 | 58 => checksum::segment(ip.source, ip.destination, ip.protocol, bytes),
        1 => checksum::header(bytes),
        _ => true,
    }
}

fn tcp<'a>(
    state: &mut State<'a>,
    cut: bool,
    bytes: &'a [u8],
) -> Result<(Transport, &'a [u8]), &'static str> {
    const SHORT: &str = "tcp.pkt_too_small";
    let fixed = bytes.first_chunk::<20>().ok_or(SHORT)?;
    let [
        a,
        b,
        c,
        d,
        s1,
        s2,
        s3,
        s4,
        k1,
        k2,
        k3,
        k4,
        offset,
        flags,
        w1,
        w2,
        ..,
    ] = *fixed;
    let header = usize::from(offset >> 4) * 4;
    if header < 20 {
        return Err("tcp.hlen_too_small");
    }
    let tcp = Tcp {
        source_port: u16::from_be_bytes([a, b]),
        destination_port: u16::from_be_bytes([c, d]),
        sequence: u32::from_be_bytes([s1, s2, s3, s4]),
        acknowledgement: u32::from_be_bytes([k1, k2, k3, k4]),
        flags,
        window: u16::from_be_bytes([w1, w2]),
    };
    match bytes.split_at_checked(header) {
        Some((head, payload)) => {
            if let Some(options) = head.get(20..) {
                tcp_options(state, options);
            }
            Ok((Transport::Tcp(tcp), payload))
        }
        None if cut => Ok((Transport::Tcp(tcp), &[])),
        None => Err("tcp.hlen_too_small"),
    }
}

fn tcp_options(state: &mut State<'_>, options: &[u8]) {
    let mut cursor = Cursor::new(options);
    while let Ok(kind) = cursor.u8() {
        match kind {
            0 => return,
            1 => {}
            _ => {
                let length = cursor.u8().map(usize::from).unwrap_or(0);
                if length < 2 || cursor.take(length - 2).is_err() {
                    state.done.events.push("tcp.opt_invalid_len");
                    return;
                }
            }
        }
    }
}

fn udp(cut: bool, bytes: &[u8]) -> Result<(Transport, &[u8]), &'static str> {
    const SHORT: &str = "udp.pkt_too_small";
    let fixed = bytes.first_chunk::<8>().ok_or(SHORT)?;
    let [a, b, c, d, l1, l2, ..] = *fixed;
    let length = usize::from(u16::from_be_bytes([l1, l2]));
    // Zero is a jumbogram (RFC 2675) or a length left to the network card.
    let length = if length == 0 { bytes.len() } else { length };
    if length < 8 {
        return Err("udp.len_invalid");
    }
    if length > bytes.len() && !cut {
        return Err(SHORT);
    }
    let payload = bytes.get(8..length.min(bytes.len())).ok_or(SHORT)?;
    let ports = Transport::Udp(u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
    Ok((ports, payload))
}

fn icmp(ip: Addressed, bytes: &[u8]) -> Result<(Transport, &[u8]), &'static str> {
    let six = ip.protocol == 58;
    let short = if six {
        "icmpv6.pkt_too_small"
    } else {
        "icmpv4.pkt_too_small"
    };
    let mut cursor = Cursor::new(bytes);
    let kind = cursor.u8().map_err(|_| short)?;
    let code = cursor.u8().map_err(|_| short)?;
    cursor.take(2).map_err(|_| short)?;
    let payload = cursor.rest();
    let quotes = if six {
        (1..=4).contains(&kind)
    } else {
        matches!(kind, 3 | 4 | 5 | 11 | 12)
    };
    let quoted = if quotes {
        payload.get(4..).and_then(|bytes| quoted(bytes, six).ok())
    } else {
        None
    };
    let icmp = Icmp { kind, code, quoted };
    Ok((Transport::Icmp(icmp), payload))
}

fn quoted(bytes: &[u8], six: bool) -> Result<Quoted, Short> {
    let mut cursor = Cursor::new(bytes);
    let (protocol, source, destination) = if six {
        cursor.take(6)?;
        let protocol = cursor.u8()?;
        cursor.u8()?;
        let (from, to) = (cursor.array::<16>()?, cursor.array::<16>()?);
        (protocol, IpAddr::from(from), IpAddr::from(to))
    } else {
        let header = usize::from(cursor.u8()? & 15) * 4;
        cursor.take(8)?;
        let protocol = cursor.u8()?;
        cursor.take(2)?;
        let (from, to) = (cursor.array::<4>()?, cursor.array::<4>()?);
        cursor.take(header.checked_sub(20).ok_or(Short)?)?;
        (protocol, IpAddr::from(from), IpAddr::from(to))
    };
    let ports = match protocol {
        6 | 17 => (cursor.u16()?, cursor.u16()?),
        1 | 58 => {
            let kind = u16::from(cursor.u8()?);
            (kind, counterpart(protocol, kind).unwrap_or(kind))
        }
        _ => (0, 0),
    };
    Ok(Quoted {
        source,
        destination,
        protocol,
        source_port: ports.0,
        destination_port: ports.1,
    })
}
