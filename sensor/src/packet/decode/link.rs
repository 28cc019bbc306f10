//! Link layers: Ethernet with VLAN tags, Linux cooked captures, raw IP, null and loop.

use crate::cursor::Cursor;

use super::{State, Step, ip};

const IPV4: u16 = 0x0800;
const IPV6: u16 = 0x86dd;

/// Link types of tcpdump.org that are read.
pub(super) fn decode<'a>(state: &mut State<'a>, link: u16, bytes: &'a [u8]) -> Step {
    match link {
        1 => ethernet(state, bytes),
        0 | 108 => null(state, bytes, link == 108),
        12 | 14 | 101 => raw(state, bytes),
        228 => ip::v4(state, bytes),
        229 => ip::v6(state, bytes),
        113 => sll(state, bytes),
        276 => sll2(state, bytes),
        _ => Ok(()),
    }
}

fn ethernet<'a>(state: &mut State<'a>, bytes: &'a [u8]) -> Step {
    const SHORT: &str = "ethernet.pkt_too_small";
    let mut cursor = Cursor::new(bytes);
    cursor.take(12).map_err(|_| SHORT)?;
    let kind = cursor.u16().map_err(|_| SHORT)?;
    network(state, kind, cursor.rest())
}

/// What an EtherType announces, through VLAN tags.
fn network<'a>(state: &mut State<'a>, mut kind: u16, bytes: &'a [u8]) -> Step {
    const SHORT: &str = "vlan.header_too_small";
    let mut cursor = Cursor::new(bytes);
    while matches!(kind, 0x8100 | 0x88a8 | 0x9100) {
        let tag = cursor.u16().map_err(|_| SHORT)?;
        kind = cursor.u16().map_err(|_| SHORT)?;
        if !state.done.vlan.push(tag & 0x0fff) {
            return Err("vlan.too_many_layers");
        }
    }
    match kind {
        IPV4 => ip::v4(state, cursor.rest()),
        IPV6 => ip::v6(state, cursor.rest()),
        _ => Ok(()),
    }
}

/// An address family of four bytes: in the byte order of the capturing host, or of the network.
fn null<'a>(state: &mut State<'a>, bytes: &'a [u8], network_order: bool) -> Step {
    let mut cursor = Cursor::new(bytes);
    let family = cursor.array::<4>().map_err(|_| "ltnull.pkt_too_small")?;
    let big = u32::from_be_bytes(family);
    let family = if network_order || big < 0x1_0000 {
        big
    } else {
        u32::from_le_bytes(family)
    };
    match family {
        2 => ip::v4(state, cursor.rest()),
        10 | 24 | 28 | 30 => ip::v6(state, cursor.rest()),
        _ => Err("ltnull.unsupported_type"),
    }
}

fn raw<'a>(state: &mut State<'a>, bytes: &'a [u8]) -> Step {
    match bytes.first().map(|first| first >> 4) {
        Some(4) => ip::v4(state, bytes),
        Some(6) => ip::v6(state, bytes),
        _ => Err("ipraw.invalid_ip_version"),
    }
}

fn sll<'a>(state: &mut State<'a>, bytes: &'a [u8]) -> Step {
    let mut cursor = Cursor::new(bytes);
    cursor.take(14).map_err(|_| "sll.pkt_too_small")?;
    let kind = cursor.u16().map_err(|_| "sll.pkt_too_small")?;
    network(state, kind, cursor.rest())
}

fn sll2<'a>(state: &mut State<'a>, bytes: &'a [u8]) -> Step {
    let mut cursor = Cursor::new(bytes);
    let kind = cursor.u16().map_err(|_| "sll2.pkt_too_small")?;
    cursor.take(18).map_err(|_| "sll2.pkt_too_small")?;
    network(state, kind, cursor.rest())
}
