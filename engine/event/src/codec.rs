//! Events as bytes: the payload of a journal frame and of a batch between sensor and centre.
//!
//! Layout, little-endian, `n` an unsigned LEB128 number: version `u8`; `n` names, each `n` bytes
//! of UTF-8; `n` events, each: time `i64`, seen `i64` (microseconds), sensor, source, site and
//! kind (`n` index into the names), exercise `u8`, `n` core values (name index, tag `u8`, value),
//! record (`n` bytes). Names of kinds and core fields travel as text, so that the tables may grow.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};

use crate::core_field::{Core, CoreField, CoreValue};
use crate::event::{Event, Text};
use crate::id::{EventId, Lane};
use crate::kind::Kind;
use crate::record::Record;
use crate::time::Time;

const VERSION: u8 = 1;

/// Why a payload could not be read.
#[derive(Debug, thiserror::Error)]
pub enum CodecError {
    /// The payload ends inside a value.
    #[error("the payload ends inside a value")]
    Truncated,
    /// A value is not what its place asks for.
    #[error("the payload holds a malformed {0}")]
    Malformed(&'static str),
    /// The payload was written by a newer program.
    #[error("payload version {0} is not known; use a newer haidang")]
    Version(u8),
}

/// Writes events one after another. Their ids are not in the payload: the frame names the first
/// number and the rest follow.
pub fn encode_events(events: &[Event]) -> Vec<u8> {
    let mut names = Names::default();
    let mut body = Vec::with_capacity(
        events
            .iter()
            .map(|event| event.record.bytes().len() + 160)
            .sum(),
    );
    for event in events {
        encode_event(event, &mut names, &mut body);
    }
    let mut out = Vec::with_capacity(body.len() + 512);
    out.push(VERSION);
    put_number(&mut out, names.order.len() as u64);
    for name in &names.order {
        put_bytes(&mut out, name.as_bytes());
    }
    put_number(&mut out, events.len() as u64);
    out.extend_from_slice(&body);
    out
}

/// Reads a payload. `first` is the id of the first event (the rest follow it); without it each
/// event is unnumbered in the lane of its kind.
pub fn decode_events(payload: &[u8], first: Option<EventId>) -> Result<Vec<Event>, CodecError> {
    let mut cursor = Cursor(payload);
    let version = cursor.byte()?;
    if version != VERSION {
        return Err(CodecError::Version(version));
    }
    let mut names: Vec<Text> = Vec::new();
    for _ in 0..cursor.count()? {
        names.push(cursor.text()?.into());
    }
    let count = cursor.count()?;
    let mut events = Vec::with_capacity(count.min(4_096));
    for place in 0..count {
        let mut event = decode_event(&mut cursor, &names, first.map(|first| first.lane))?;
        if let Some(first) = first {
            let number = first.number.saturating_add(place as u64);
            event.id = EventId { number, ..first };
        }
        events.push(event);
    }
    if cursor.0.is_empty() {
        Ok(events)
    } else {
        Err(CodecError::Malformed("end"))
    }
}

#[derive(Default)]
struct Names {
    order: Vec<Text>,
    places: HashMap<Text, u64>,
}

impl Names {
    fn place(&mut self, name: &str) -> u64 {
        if let Some(place) = self.places.get(name) {
            return *place;
        }
        let (place, name) = (self.order.len() as u64, Text::from(name));
        self.order.push(Text::clone(&name));
        self.places.insert(name, place);
        place
    }
}

fn encode_event(event: &Event, names: &mut Names, out: &mut Vec<u8>) {
    out.extend_from_slice(&event.time.micros().to_le_bytes());
    out.extend_from_slice(&event.seen.micros().to_le_bytes());
    for name in [
        &*event.sensor,
        &*event.source,
        &*event.site,
        event.kind.name(),
    ] {
        put_number(out, names.place(name));
    }
    out.push(u8::from(event.exercise));
    put_number(out, event.core.len() as u64);
    for (field, value) in event.core.iter() {
        put_number(out, names.place(field.name()));
        match value {
            CoreValue::Ip(IpAddr::V4(ip)) => {
                out.push(4);
                out.extend_from_slice(&ip.octets());
            }
            CoreValue::Ip(IpAddr::V6(ip)) => {
                out.push(6);
                out.extend_from_slice(&ip.octets());
            }
            CoreValue::Number(number) => {
                out.push(1);
                put_number(out, *number);
            }
            CoreValue::Text(text) => {
                out.push(2);
                put_bytes(out, text.as_bytes());
            }
        }
    }
    put_bytes(out, event.record.bytes());
}

/// What an event of a newer program is whose kind this one does not know: it keeps its lane and its record.
fn unknown_in(lane: Lane) -> Kind {
    match lane {
        Lane::First => Kind::ParseFailed,
        Lane::Second => Kind::Json,
        Lane::Third => Kind::Stats,
    }
}

fn decode_event(
    cursor: &mut Cursor<'_>,
    names: &[Text],
    lane: Option<Lane>,
) -> Result<Event, CodecError> {
    let time = Time::from_micros(cursor.i64()?);
    let seen = Time::from_micros(cursor.i64()?);
    let sensor = cursor.name(names)?;
    let source = cursor.name(names)?;
    let site = cursor.name(names)?;
    let kind = Kind::from_name(&cursor.name(names)?).or_else(|| lane.map(unknown_in));
    let kind = kind.ok_or(CodecError::Malformed("kind"))?;
    let exercise = cursor.byte()? != 0;
    let mut core = Core::default();
    for _ in 0..cursor.count()? {
        let name = cursor.name(names)?;
        let value = decode_value(cursor)?;
        // A newer program has a field more; the record has what it was made of.
        let Some(field) = CoreField::from_name(&name) else {
            continue;
        };
        if field.kind() != kind_of(&value) {
            return Err(CodecError::Malformed("core value"));
        }
        core.add(field, value);
    }
    let record = Record::new(cursor.bytes()?.to_vec());
    let id = EventId::unnumbered(kind.lane());
    Ok(Event {
        id,
        time,
        seen,
        sensor,
        source,
        site,
        kind,
        exercise,
        core,
        record,
    })
}

fn decode_value(cursor: &mut Cursor<'_>) -> Result<CoreValue, CodecError> {
    Ok(match cursor.byte()? {
        1 => CoreValue::Number(cursor.number()?),
        2 => CoreValue::Text(cursor.text()?.into()),
        4 => CoreValue::Ip(IpAddr::from(*cursor.array::<4>()?)),
        6 => CoreValue::Ip(IpAddr::V6(Ipv6Addr::from(*cursor.array::<16>()?))),
        _ => return Err(CodecError::Malformed("core value")),
    })
}

fn kind_of(value: &CoreValue) -> crate::CoreType {
    match value {
        CoreValue::Ip(_) => crate::CoreType::Ip,
        CoreValue::Number(_) => crate::CoreType::Number,
        CoreValue::Text(_) => crate::CoreType::Text,
    }
}

#[expect(clippy::cast_possible_truncation, reason = "seven bits at a time")]
fn put_number(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_number(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// A checked reader: every read shortens what is left or fails.
struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    fn byte(&mut self) -> Result<u8, CodecError> {
        let (first, rest) = self.0.split_first().ok_or(CodecError::Truncated)?;
        self.0 = rest;
        Ok(*first)
    }

    fn array<const N: usize>(&mut self) -> Result<&'a [u8; N], CodecError> {
        let (head, rest) = self
            .0
            .split_first_chunk::<N>()
            .ok_or(CodecError::Truncated)?;
        self.0 = rest;
        Ok(head)
    }

    fn i64(&mut self) -> Result<i64, CodecError> {
        Ok(i64::from_le_bytes(*self.array::<8>()?))
    }

    fn number(&mut self) -> Result<u64, CodecError> {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(CodecError::Malformed("number"))
    }

    /// A count of things that each take at least one byte, so never more than what is left.
    fn count(&mut self) -> Result<usize, CodecError> {
        let count = usize::try_from(self.number()?).map_err(|_| CodecError::Malformed("count"))?;
        if count > self.0.len() {
            Err(CodecError::Truncated)
        } else {
            Ok(count)
        }
    }

    fn bytes(&mut self) -> Result<&'a [u8], CodecError> {
        let length = self.count()?;
        let (head, rest) = self
            .0
            .split_at_checked(length)
            .ok_or(CodecError::Truncated)?;
        self.0 = rest;
        Ok(head)
    }

    fn text(&mut self) -> Result<&'a str, CodecError> {
        std::str::from_utf8(self.bytes()?).map_err(|_| CodecError::Malformed("text"))
    }

    fn name(&mut self, names: &[Text]) -> Result<Text, CodecError> {
        let place = usize::try_from(self.number()?).map_err(|_| CodecError::Malformed("name"))?;
        names
            .get(place)
            .map(Text::clone)
            .ok_or(CodecError::Malformed("name"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::id::Instance;

    fn event(time: i64, message: &str) -> Event {
        let mut core = Core::default();
        core.set(CoreField::SourceIp, IpAddr::from([203, 0, 113, 9]));
        core.set(CoreField::DestinationIp, IpAddr::V6(Ipv6Addr::LOCALHOST));
        core.set(CoreField::DestinationPort, 65_535_u16);
        core.set(CoreField::Message, message);
        Event {
            id: EventId::unnumbered(Lane::Second),
            time: Time::from_micros(time),
            seen: Time::from_micros(time + 1),
            sensor: "sensor-1".into(),
            source: "eth0".into(),
            site: "so-tttt".into(),
            kind: Kind::Dns,
            exercise: true,
            core,
            record: Record::new(b"{\"a\":1}".to_vec()),
        }
    }

    proptest! {
        #[test]
        fn reads_what_it_writes(times in prop::collection::vec(any::<i32>(), 0..20), text in ".{0,40}") {
            let events: Vec<Event> = times.iter().map(|time| event(i64::from(*time), &text)).collect();
            prop_assert_eq!(decode_events(&encode_events(&events), None).unwrap(), events);
        }

        #[test]
        fn never_panics_on_hostile_bytes(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let mut payload = vec![VERSION];
            payload.extend(bytes);
            drop(decode_events(&payload, None));
        }
    }

    #[test]
    fn numbers_follow_the_first() {
        let payload = encode_events(&[event(1, "a"), event(2, "b")]);
        let first = EventId {
            instance: Instance(7),
            lane: Lane::Second,
            number: 41,
        };
        let numbers: Vec<u64> = decode_events(&payload, Some(first))
            .unwrap()
            .iter()
            .map(|event| event.id.number)
            .collect();
        assert_eq!(numbers, [41, 42]);
    }

    #[test]
    fn every_cut_is_an_error() {
        let payload = encode_events(&[event(1, "a")]);
        for end in 0..payload.len() {
            assert!(
                decode_events(&payload[..end], None).is_err(),
                "cut at {end}"
            );
        }
    }
}
