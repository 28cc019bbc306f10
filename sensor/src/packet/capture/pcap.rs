//! The classic format: a header of 24 bytes, then a header of 16 bytes before each packet
//! (draft-ietf-opsawg-pcap).

use std::io::Read;

use event::Time;

use super::{Fault, Format, Found, Window, size, u32_at};

const FILE_HEADER: usize = 24;
const PACKET_HEADER: usize = 16;
/// Longer packets than the header allows are believed up to here, as libpcap does: some writers
/// state less than they keep.
const SNAPLEN: u32 = 262_144;

/// Byte order and resolution from the magic number: (big endian, nanoseconds).
pub(super) fn order(head: &[u8]) -> Option<(bool, bool)> {
    Some(match head.first_chunk::<4>()? {
        [0xa1, 0xb2, 0xc3, 0xd4] => (true, false),
        [0xd4, 0xc3, 0xb2, 0xa1] => (false, false),
        [0xa1, 0xb2, 0x3c, 0x4d] => (true, true),
        [0x4d, 0x3c, 0xb2, 0xa1] => (false, true),
        _ => return None,
    })
}

pub(super) fn header<R: Read>(input: &mut Window<R>) -> Option<Format> {
    let (big_endian, nanoseconds) = order(input.held())?;
    if !input.fill(FILE_HEADER) {
        return None;
    }
    // The upper bits hold the length of a frame check sequence; the link type is the lower half.
    let link = u32_at(input.held(), 20, big_endian)? & 0xffff;
    let snaplen = u32_at(input.held(), 16, big_endian)?;
    input.skip(FILE_HEADER);
    Some(Format::Pcap {
        big_endian,
        nanoseconds,
        longest: snaplen.max(SNAPLEN),
        link: u16::try_from(link).ok()?,
    })
}

pub(super) fn find<R: Read>(
    input: &mut Window<R>,
    big_endian: bool,
    nanoseconds: bool,
    longest: u32,
    link: u16,
) -> Result<Option<Found>, Fault> {
    if !input.fill_or_end(PACKET_HEADER)? {
        return Ok(None);
    }
    let field = |at| u32_at(input.held(), at, big_endian).ok_or(Fault::Cut);
    let (seconds, fraction) = (field(0)?, field(4)?);
    if field(8)? > longest {
        return Err(Fault::Malformed);
    }
    let (length, wire_length) = (size(field(8)?)?, field(12)?);
    if !input.fill(PACKET_HEADER + length) {
        return Err(input.shortage());
    }
    let micros = if nanoseconds {
        fraction / 1_000
    } else {
        fraction
    };
    Ok(Some(Found {
        time: Time::from_seconds(i64::from(seconds), micros),
        link,
        wire_length,
        skip: PACKET_HEADER,
        length,
        tail: 0,
    }))
}
