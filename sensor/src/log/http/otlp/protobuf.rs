//! The binary form: protobuf's wire format, read by hand and written as JSON at once. Numbers of fields
//! are those of `opentelemetry/proto/{collector/logs,logs,common,resource}/v1`; unknown ones are passed
//! over.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{Bad, Common, Pairs, Record, Sink, TOO_DEEP, double, malformed, scope};
use crate::json::Json;

const CUT: Bad = malformed("the body ends inside a field");
const WIRE: Bad = malformed("a field has a type of the wire that it does not have");
const UTF8: Bad = malformed("a text is not UTF-8");

/// The value of a field.
#[derive(Clone, Copy, Debug)]
enum Value<'a> {
    Varint(u64),
    Fixed64(u64),
    Bytes(&'a [u8]),
    Fixed32,
}

impl<'a> Value<'a> {
    fn bytes(self) -> Result<&'a [u8], Bad> {
        match self {
            Self::Bytes(bytes) => Ok(bytes),
            _ => Err(WIRE),
        }
    }

    fn text(self) -> Result<&'a str, Bad> {
        std::str::from_utf8(self.bytes()?).map_err(|_| UTF8)
    }

    fn varint(self) -> Result<u64, Bad> {
        match self {
            Self::Varint(number) => Ok(number),
            _ => Err(WIRE),
        }
    }

    fn fixed64(self) -> Result<u64, Bad> {
        match self {
            Self::Fixed64(number) => Ok(number),
            _ => Err(WIRE),
        }
    }
}

/// The fields of a message, one after the other.
struct Message<'a>(&'a [u8]);

impl<'a> Message<'a> {
    fn next(&mut self) -> Result<Option<(u64, Value<'a>)>, Bad> {
        if self.0.is_empty() {
            return Ok(None);
        }
        let tag = self.varint()?;
        let number = tag >> 3;
        if number == 0 || number > 0x1fff_ffff {
            return Err(malformed("a field has a number that none has"));
        }
        let value = match tag & 7 {
            0 => Value::Varint(self.varint()?),
            1 => Value::Fixed64(u64::from_le_bytes(*self.first()?)),
            2 => {
                let length = usize::try_from(self.varint()?).map_err(|_| CUT)?;
                let (bytes, rest) = self.0.split_at_checked(length).ok_or(CUT)?;
                self.0 = rest;
                Value::Bytes(bytes)
            }
            5 => {
                self.first::<4>()?;
                Value::Fixed32
            }
            // Groups are not used by OTLP, 6 and 7 by nobody.
            _ => return Err(WIRE),
        };
        Ok(Some((number, value)))
    }

    fn first<const N: usize>(&mut self) -> Result<&'a [u8; N], Bad> {
        let (first, rest) = self.0.split_first_chunk::<N>().ok_or(CUT)?;
        self.0 = rest;
        Ok(first)
    }

    fn varint(&mut self) -> Result<u64, Bad> {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let [byte] = *self.first::<1>()?;
            let part = u64::from(byte & 0x7f);
            if shift == 63 && part > 1 {
                break;
            }
            number |= part << shift;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(malformed("a number has more than 64 bits"))
    }
}

/// Reads an `ExportLogsServiceRequest`.
pub(super) fn read(body: &[u8], sink: &mut Sink<'_>) -> Result<(), Bad> {
    let mut request = Message(body);
    while let Some((number, value)) = request.next()? {
        if number == 1 {
            resource_logs(value.bytes()?, sink)?;
        }
    }
    Ok(())
}

fn resource_logs(bytes: &[u8], sink: &mut Sink<'_>) -> Result<(), Bad> {
    let mut common = Common::default();
    let mut fields = Message(bytes);
    while let Some((number, value)) = fields.next()? {
        if number == 1 {
            resource(value.bytes()?, sink.limits.depth, &mut common)?;
        }
    }
    let mut fields = Message(bytes);
    while let Some((number, value)) = fields.next()? {
        if number == 2 {
            scope_logs(value.bytes()?, &mut common, sink)?;
        }
    }
    Ok(())
}

fn resource(bytes: &[u8], depth: usize, common: &mut Common) -> Result<(), Bad> {
    let mut pairs = Pairs::default();
    let mut fields = Message(bytes);
    while let Some((number, value)) = fields.next()? {
        if number == 1 {
            let (key, any) = key_value(value.bytes()?)?;
            pairs.add(key, |json| any_value(any, depth, json))?;
            if key == "host.name" {
                common.host = text_of(any)?.map(str::to_owned);
            }
        }
    }
    common.resource = pairs.end();
    Ok(())
}

fn scope_logs(bytes: &[u8], common: &mut Common, sink: &mut Sink<'_>) -> Result<(), Bad> {
    common.scope.clear();
    let mut fields = Message(bytes);
    while let Some((number, value)) = fields.next()? {
        if number == 1 {
            common.scope = scope_of(value.bytes()?, sink.limits.depth)?;
        }
    }
    let mut fields = Message(bytes);
    while let Some((number, value)) = fields.next()? {
        if number == 2 {
            let record = log_record(value.bytes()?, sink.limits.depth)?;
            sink.take(common, &record)?;
        }
    }
    Ok(())
}

fn scope_of(bytes: &[u8], depth: usize) -> Result<Vec<u8>, Bad> {
    let (mut name, mut version, mut pairs) = ("", "", Pairs::default());
    let mut fields = Message(bytes);
    while let Some((number, value)) = fields.next()? {
        match number {
            1 => name = value.text()?,
            2 => version = value.text()?,
            3 => {
                let (key, any) = key_value(value.bytes()?)?;
                pairs.add(key, |json| any_value(any, depth, json))?;
            }
            _ => {}
        }
    }
    Ok(scope(name, version, &pairs.end()))
}

fn log_record(bytes: &[u8], depth: usize) -> Result<Record, Bad> {
    let mut record = Record::default();
    let mut pairs = Pairs::default();
    let mut fields = Message(bytes);
    while let Some((number, value)) = fields.next()? {
        match number {
            1 => record.time = value.fixed64()?,
            2 => record.severity_number = severity(value.varint()?),
            3 => value.text()?.clone_into(&mut record.severity_text),
            5 => {
                let any = value.bytes()?;
                let mut json = Json::default();
                any_value(any, depth, &mut json)?;
                record.body = json.into_bytes();
                record.message = text_of(any)?.map(str::to_owned);
            }
            6 => {
                let (key, any) = key_value(value.bytes()?)?;
                pairs.add(key, |json| any_value(any, depth, json))?;
            }
            9 => record.trace_id = id(value.bytes()?),
            10 => record.span_id = id(value.bytes()?),
            11 => record.observed = value.fixed64()?,
            12 => value.text()?.clone_into(&mut record.event_name),
            _ => {}
        }
    }
    record.attributes = pairs.end();
    Ok(record)
}

/// An enum is an `int32`, of which the upper bits are lost.
fn severity(number: u64) -> i32 {
    let [a, b, c, d, ..] = number.to_le_bytes();
    i32::from_le_bytes([a, b, c, d])
}

/// An id in hex; all zeros are none.
fn id(bytes: &[u8]) -> String {
    if bytes.iter().all(|byte| *byte == 0) {
        return String::new();
    }
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A `KeyValue`: its key, and its value still as a message.
fn key_value(bytes: &[u8]) -> Result<(&str, &[u8]), Bad> {
    let (mut key, mut any) = ("", &[][..]);
    let mut fields = Message(bytes);
    while let Some((number, value)) = fields.next()? {
        match number {
            1 => key = value.text()?,
            2 => any = value.bytes()?,
            _ => {}
        }
    }
    Ok((key, any))
}

/// The field of an `AnyValue` that counts: the last of them.
fn chosen(bytes: &[u8]) -> Result<Option<(u64, Value<'_>)>, Bad> {
    let mut chosen = None;
    let mut fields = Message(bytes);
    while let Some((number, value)) = fields.next()? {
        if (1..=7).contains(&number) {
            chosen = Some((number, value));
        }
    }
    Ok(chosen)
}

/// The text of an `AnyValue` that is one.
fn text_of(bytes: &[u8]) -> Result<Option<&str>, Bad> {
    match chosen(bytes)? {
        Some((1, value)) => value.text().map(Some),
        _ => Ok(None),
    }
}

/// Writes an `AnyValue`, at most `depth` levels of it.
fn any_value(bytes: &[u8], depth: usize, json: &mut Json) -> Result<(), Bad> {
    let depth = depth.checked_sub(1).ok_or(TOO_DEEP)?;
    let Some((number, value)) = chosen(bytes)? else {
        json.raw(b"null");
        return Ok(());
    };
    match number {
        1 => json.text_value(value.text()?),
        2 => json.raw(if value.varint()? == 0 {
            b"false"
        } else {
            b"true"
        }),
        3 => {
            let number = i64::from_le_bytes(value.varint()?.to_le_bytes());
            json.raw(number.to_string().as_bytes());
        }
        4 => double(json, f64::from_bits(value.fixed64()?)),
        5 => {
            json.list();
            let mut values = Message(value.bytes()?);
            while let Some((number, value)) = values.next()? {
                if number == 1 {
                    any_value(value.bytes()?, depth, json)?;
                }
            }
            json.end_list();
        }
        6 => {
            json.open();
            let mut values = Message(value.bytes()?);
            while let Some((number, value)) = values.next()? {
                if number == 1 {
                    let (key, any) = key_value(value.bytes()?)?;
                    json.any_key(key);
                    any_value(any, depth, json)?;
                }
            }
            json.close();
        }
        _ => json.text_value(&STANDARD.encode(value.bytes()?)),
    }
    Ok(())
}
