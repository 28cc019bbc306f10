//! NetFlow version 5: a header of 24 bytes and up to thirty records of 48 (Cisco, tables B-3 and B-4).

use std::net::{IpAddr, Ipv4Addr};

use super::fields::since_start;
use super::record::{Flow, Kept};
use super::sequence::{Sequences, Stream};
use super::{Origin, Refused, Sink};
use crate::cursor::{Cursor, Short};

/// Bytes of a record.
const RECORD: usize = 48;
/// Records of a datagram.
const MOST: u16 = 30;

/// Reads a datagram.
pub(super) fn read(
    bytes: &[u8],
    origin: Origin,
    sequences: &mut Sequences,
    sink: &mut Sink<'_>,
) -> Result<(), Refused> {
    let mut cursor = Cursor::new(bytes);
    cursor.u16()?;
    let count = cursor.u16()?;
    let uptime = cursor.u32()?;
    let (seconds, nanos) = (cursor.u32()?, cursor.u32()?);
    let sequence = cursor.u32()?;
    let engine = cursor.u16()?;
    let sampling = cursor.u16()?;
    if !(1..=MOST).contains(&count) {
        return Err("a count of records that version 5 cannot have");
    }
    let export = i64::from(seconds) * 1_000_000 + i64::from(nanos / 1_000);
    let stream = Stream {
        peer: origin.peer,
        version: 5,
        domain: u32::from(engine),
    };
    sink.flows_missing(sequences.step(stream, sequence, Some(u32::from(count))));
    for _ in 0..count {
        let Ok(record) = cursor.take(RECORD) else {
            return Err("shorter than its count of records");
        };
        let mut flow = flow(record, export, uptime)?;
        // The counters stay as they are; who multiplies must know by what (two bits are the mode).
        if sampling & 0x3fff > 1 {
            flow.keep(None, 34, Kept::Number(u64::from(sampling & 0x3fff)));
        }
        sink.flow(&flow)?;
    }
    if cursor.is_empty() {
        Ok(())
    } else {
        Err("longer than its count of records")
    }
}

fn flow(record: &[u8], export: i64, uptime: u32) -> Result<Flow, Short> {
    let mut cursor = Cursor::new(record);
    let mut address = || -> Result<IpAddr, Short> {
        let bytes: [u8; 4] = cursor.array()?;
        Ok(IpAddr::V4(Ipv4Addr::from(bytes)))
    };
    let (source, destination, next_hop) = (address()?, address()?, address()?);
    let (input, output) = (cursor.u16()?, cursor.u16()?);
    let (packets, bytes) = (cursor.u32()?, cursor.u32()?);
    let (first, last) = (cursor.u32()?, cursor.u32()?);
    let (source_port, destination_port) = (cursor.u16()?, cursor.u16()?);
    cursor.u8()?;
    let (flags, protocol, service) = (cursor.u8()?, cursor.u8()?, cursor.u8()?);
    let (source_as, destination_as) = (cursor.u16()?, cursor.u16()?);
    let mut flow = Flow {
        source: Some(source),
        destination: Some(destination),
        source_port: Some(source_port),
        destination_port: Some(destination_port),
        protocol: Some(protocol),
        tcp_flags: Some(flags),
        bytes: Some(u64::from(bytes)),
        packets: Some(u64::from(packets)),
        start: Some(since_start(export, uptime, first)),
        end: Some(since_start(export, uptime, last)),
        export,
        ..Flow::default()
    };
    // Under the numbers that the same fields have in version 9 and IPFIX.
    for (id, number) in [
        (5, u64::from(service)),
        (10, u64::from(input)),
        (14, u64::from(output)),
        (16, u64::from(source_as)),
        (17, u64::from(destination_as)),
    ] {
        if number != 0 {
            flow.keep(None, id, Kept::Number(number));
        }
    }
    if let IpAddr::V4(hop) = next_hop
        && !hop.is_unspecified()
    {
        flow.keep(None, 15, Kept::Bytes(hop.to_string().into_bytes()));
    }
    Ok(flow)
}
