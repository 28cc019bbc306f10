//! The next generation format: typed blocks; sections with several interfaces, each with its own
//! link type and time resolution (draft-ietf-opsawg-pcapng).

use std::io::Read;

use event::Time;

use super::{Fault, Found, MAX_INTERFACES, MAX_PACKET, Window, size, u16_at, u32_at};

const SECTION: u32 = 0x0a0d_0d0a;
const INTERFACE: u32 = 1;
const OBSOLETE_PACKET: u32 = 2;
const SIMPLE_PACKET: u32 = 3;
const ENHANCED_PACKET: u32 = 6;
/// Type and length before a block's body, the length again after it.
const FRAME: usize = 12;
/// The longest block of another type that is skipped in one piece.
const MAX_BLOCK: usize = 16 << 20;

/// What an interface block says.
#[derive(Clone, Copy, Debug)]
pub(super) struct Interface {
    link: u16,
    snaplen: u32,
    /// Time units in a second.
    units: u64,
    /// Seconds added to every time stamp.
    offset: i64,
}

pub(super) fn is_section(head: &[u8]) -> bool {
    head.first_chunk::<4>() == Some(&[0x0a, 0x0d, 0x0d, 0x0a])
}

/// Walks over blocks until one holds a packet.
pub(super) fn find<R: Read>(
    input: &mut Window<R>,
    big_endian: &mut bool,
    interfaces: &mut Vec<Interface>,
) -> Result<Option<Found>, Fault> {
    while input.fill_or_end(FRAME)? {
        if is_section(input.held()) {
            *big_endian = order(input.held()).ok_or(Fault::Malformed)?;
            interfaces.clear();
        }
        let kind = u32_at(input.held(), 0, *big_endian).ok_or(Fault::Cut)?;
        let length = u32_at(input.held(), 4, *big_endian).ok_or(Fault::Cut)?;
        let length = usize::try_from(length).map_err(|_| Fault::Malformed)?;
        if !(FRAME..=MAX_BLOCK).contains(&length) || length % 4 != 0 {
            return Err(Fault::Malformed);
        }
        if !input.fill(length) {
            return Err(input.shortage());
        }
        let after = u32_at(input.held(), length - 4, *big_endian).ok_or(Fault::Cut)?;
        if usize::try_from(after) != Ok(length) {
            return Err(Fault::Malformed);
        }
        let body = input.held().get(8..length - 4).ok_or(Fault::Cut)?;
        let found = match kind {
            INTERFACE if interfaces.len() < MAX_INTERFACES => {
                interfaces.push(interface(body, *big_endian).ok_or(Fault::Malformed)?);
                None
            }
            ENHANCED_PACKET => enhanced(body, *big_endian, interfaces)?,
            OBSOLETE_PACKET => obsolete(body, *big_endian, interfaces)?,
            SIMPLE_PACKET => simple(body, *big_endian, interfaces)?,
            SECTION => None,
            _ => None,
        };
        match found {
            Some(found) => {
                let skip = 8 + found.skip;
                let tail = (length - skip)
                    .checked_sub(found.length)
                    .ok_or(Fault::Malformed)?;
                return Ok(Some(Found {
                    skip,
                    tail,
                    ..found
                }));
            }
            None => input.skip(length),
        }
    }
    Ok(None)
}

/// The byte-order magic of a section header: whether it is big endian.
fn order(section: &[u8]) -> Option<bool> {
    match section.get(8..)?.first_chunk::<4>()? {
        [0x1a, 0x2b, 0x3c, 0x4d] => Some(true),
        [0x4d, 0x3c, 0x2b, 0x1a] => Some(false),
        _ => None,
    }
}

fn interface(body: &[u8], big_endian: bool) -> Option<Interface> {
    let mut interface = Interface {
        link: u16_at(body, 0, big_endian)?,
        snaplen: u32_at(body, 4, big_endian)?,
        units: 1_000_000,
        offset: 0,
    };
    let mut options = body.get(8..)?;
    while let (Some(code), Some(length)) = (
        u16_at(options, 0, big_endian),
        u16_at(options, 2, big_endian),
    ) {
        if code == 0 {
            break;
        }
        let length = usize::from(length);
        let value = options.get(4..4 + length)?;
        match code {
            9 => interface.units = units(*value.first()?)?,
            14 => interface.offset = offset(value, big_endian)?,
            _ => {}
        }
        options = options.get(4 + length.next_multiple_of(4)..)?;
    }
    Some(interface)
}

/// `if_tsresol`: a negative power of ten, or of two when the top bit is set.
fn units(resolution: u8) -> Option<u64> {
    let power = u32::from(resolution & 0x7f);
    if resolution & 0x80 == 0 {
        10_u64.checked_pow(power)
    } else {
        2_u64.checked_pow(power)
    }
}

fn offset(value: &[u8], big_endian: bool) -> Option<i64> {
    let value = *value.first_chunk::<8>()?;
    Some(if big_endian {
        i64::from_be_bytes(value)
    } else {
        i64::from_le_bytes(value)
    })
}

impl Interface {
    fn time(&self, high: u32, low: u32) -> Time {
        let stamp = (u64::from(high) << 32) | u64::from(low);
        let seconds = i64::try_from(stamp / self.units).unwrap_or(i64::MAX);
        let rest = u128::from(stamp % self.units) * 1_000_000 / u128::from(self.units);
        Time::from_seconds(
            seconds.saturating_add(self.offset),
            u32::try_from(rest).unwrap_or(0),
        )
    }
}

fn enhanced(body: &[u8], big: bool, known: &[Interface]) -> Result<Option<Found>, Fault> {
    let field = |at| u32_at(body, at, big).ok_or(Fault::Malformed);
    packet(
        field(0)?,
        field(4)?,
        field(8)?,
        field(12)?,
        field(16)?,
        known,
    )
}

fn obsolete(body: &[u8], big: bool, known: &[Interface]) -> Result<Option<Found>, Fault> {
    let field = |at| u32_at(body, at, big).ok_or(Fault::Malformed);
    let interface = u16_at(body, 0, big).ok_or(Fault::Malformed)?;
    packet(
        u32::from(interface),
        field(4)?,
        field(8)?,
        field(12)?,
        field(16)?,
        known,
    )
}

fn packet(
    interface: u32,
    high: u32,
    low: u32,
    kept: u32,
    wire_length: u32,
    known: &[Interface],
) -> Result<Option<Found>, Fault> {
    let interface = usize::try_from(interface)
        .ok()
        .and_then(|place| known.get(place))
        .ok_or(Fault::Malformed)?;
    Ok(Some(Found {
        time: interface.time(high, low),
        link: interface.link,
        wire_length,
        skip: 20,
        length: size(kept)?,
        tail: 0,
    }))
}

/// A simple packet has no time stamp: it gets the epoch, and its interface is the first.
fn simple(body: &[u8], big: bool, known: &[Interface]) -> Result<Option<Found>, Fault> {
    let interface = known.first().ok_or(Fault::Malformed)?;
    let wire_length = u32_at(body, 0, big).ok_or(Fault::Malformed)?;
    let mut kept = usize::try_from(wire_length).map_err(|_| Fault::Malformed)?;
    if interface.snaplen > 0 {
        kept = kept.min(usize::try_from(interface.snaplen).unwrap_or(MAX_PACKET));
    }
    Ok(Some(Found {
        time: Time::EPOCH,
        link: interface.link,
        wire_length,
        skip: 4,
        length: kept.min(body.len().saturating_sub(4)),
        tail: 0,
    }))
}
