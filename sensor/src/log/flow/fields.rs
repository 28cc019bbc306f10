//! Fields of records: IANA's information elements, which NetFlow 9 shares, into a flow.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::record::{Flow, Kept};
use super::template::Field;

/// The enterprise under which elements are those of the other direction (RFC 5103 §6.1).
const REVERSE: u32 = 29_305;

/// Clocks that the times of a record count from, in microseconds since 1970.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Clocks {
    /// When the export was sent.
    pub(super) export: i64,
    /// The exporter's uptime then, in milliseconds: NetFlow's header has it.
    pub(super) uptime: Option<u32>,
}

/// Times of a record as they stand; what they count from may stand behind them.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Times {
    start: Option<i64>,
    end: Option<i64>,
    /// Milliseconds since the exporter's start.
    up: (Option<u32>, Option<u32>),
    /// The exporter's start.
    boot: Option<i64>,
}

impl Times {
    /// Start and end in microseconds, as far as they are known.
    pub(super) fn resolve(&self, clocks: Clocks) -> (Option<i64>, Option<i64>) {
        let from = |up: Option<u32>| -> Option<i64> {
            let up = up?;
            if let Some(boot) = self.boot {
                return Some(boot.saturating_add(i64::from(up) * 1_000));
            }
            Some(since_start(clocks.export, clocks.uptime?, up))
        };
        (
            self.start.or_else(|| from(self.up.0)),
            self.end.or_else(|| from(self.up.1)),
        )
    }
}

/// A time counted in milliseconds since the exporter's start, whose clock may have wrapped in between:
/// the difference is a signed number of 32 bits.
pub(super) fn since_start(export: i64, uptime: u32, up: u32) -> i64 {
    let difference = up.wrapping_sub(uptime).cast_signed();
    export.saturating_add(i64::from(difference) * 1_000)
}

/// Takes a field into a flow; what has no place there is kept under its number.
pub(super) fn take(field: Field, bytes: &[u8], clocks: Clocks, flow: &mut Flow, times: &mut Times) {
    let number = number(bytes);
    let taken = match field.enterprise {
        None => {
            number.is_some_and(|number| known(field.id, number, flow))
                || number.is_some_and(|number| timed(field.id, number, clocks, times))
                || address(field.id, bytes, flow)
        }
        Some(REVERSE) => number.is_some_and(|number| reverse(field.id, number, flow)),
        Some(_) => false,
    };
    if !taken {
        let value = match number {
            Some(number) => Kept::Number(number),
            None => Kept::Bytes(bytes.to_vec()),
        };
        flow.keep(field.enterprise, field.id, value);
    }
}

/// A whole number of one to eight bytes; exporters shorten them (RFC 7011 §6.2).
fn number(bytes: &[u8]) -> Option<u64> {
    if bytes.is_empty() || bytes.len() > 8 {
        return None;
    }
    Some(
        bytes
            .iter()
            .fold(0, |sum, byte| sum << 8 | u64::from(*byte)),
    )
}

fn known(id: u16, number: u64, flow: &mut Flow) -> bool {
    let byte = u8::try_from(number).ok();
    let port = u16::try_from(number).ok();
    match id {
        1 | 85 => flow.bytes = Some(number),
        2 | 86 => flow.packets = Some(number),
        4 if byte.is_some() => flow.protocol = byte,
        6 => flow.tcp_flags = Some(byte.unwrap_or(number.to_le_bytes()[0])),
        7 if port.is_some() => flow.source_port = port,
        11 if port.is_some() => flow.destination_port = port,
        // Type × 256 + code.
        32 | 139 if port.is_some() => flow.icmp = port,
        176 | 178 if byte.is_some() => {
            let code = flow.icmp.unwrap_or(0) & 0xff;
            flow.icmp = byte.map(|kind| u16::from(kind) << 8 | code);
        }
        177 | 179 if byte.is_some() => {
            let kind = flow.icmp.unwrap_or(0) & 0xff00;
            flow.icmp = byte.map(|code| kind | u16::from(code));
        }
        _ => return false,
    }
    true
}

fn reverse(id: u16, number: u64, flow: &mut Flow) -> bool {
    match id {
        1 | 85 => flow.reverse_bytes = Some(number),
        2 | 86 => flow.reverse_packets = Some(number),
        _ => return false,
    }
    true
}

fn timed(id: u16, number: u64, clocks: Clocks, times: &mut Times) -> bool {
    let scaled = |factor: u64| i64::try_from(number.saturating_mul(factor)).unwrap_or(i64::MAX);
    let ago = || clocks.export.saturating_sub(scaled(1));
    let up = u32::try_from(number).ok();
    match id {
        21 if up.is_some() => times.up.1 = up,
        22 if up.is_some() => times.up.0 = up,
        150 => times.start = Some(scaled(1_000_000)),
        151 => times.end = Some(scaled(1_000_000)),
        152 => times.start = Some(scaled(1_000)),
        153 => times.end = Some(scaled(1_000)),
        154 | 156 => times.start = Some(ntp(number)),
        155 | 157 => times.end = Some(ntp(number)),
        158 => times.start = Some(ago()),
        159 => times.end = Some(ago()),
        160 => times.boot = Some(scaled(1_000)),
        _ => return false,
    }
    true
}

/// NTP's 64 bits: seconds from 1900, and the fraction of one.
fn ntp(number: u64) -> i64 {
    const TO_1970: i64 = 2_208_988_800;
    let seconds = i64::try_from(number >> 32).unwrap_or(0) - TO_1970;
    let fraction = (number & 0xffff_ffff) * 1_000_000;
    // The nearest microsecond: a fraction of 32 bits is exact for few.
    let micros = (fraction + (1 << 31)) >> 32;
    seconds * 1_000_000 + i64::try_from(micros).unwrap_or(0)
}

fn address(id: u16, bytes: &[u8], flow: &mut Flow) -> bool {
    let ip = match (id, bytes.len()) {
        (8 | 12, 4) => bytes
            .first_chunk()
            .map(|bytes: &[u8; 4]| IpAddr::V4(Ipv4Addr::from(*bytes))),
        (27 | 28, 16) => bytes
            .first_chunk()
            .map(|bytes: &[u8; 16]| IpAddr::V6(Ipv6Addr::from(*bytes))),
        _ => None,
    };
    if ip.is_some() && matches!(id, 8 | 27) {
        flow.source = ip;
    } else if ip.is_some() {
        flow.destination = ip;
    }
    ip.is_some()
}
