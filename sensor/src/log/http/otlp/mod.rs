//! OTLP's log records, as protobuf or JSON: what both become. A body that does not parse is refused as a
//! whole. Wrappers come off: a list of key and value is an object, an AnyValue the plain value.

mod json;
mod protobuf;

use event::{Core, CoreField, Fields, Kind, Time};

use super::super::detect;
use super::super::ndjson::set;
use super::answer::{Answer, JSON, PROTOBUF};
use super::{Output, Reader, Taken};
use crate::Made;
use crate::config::HttpLimits;
use crate::json::Json;
use crate::log::format::mark_unstamped;

/// Why a body is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Bad {
    status: u16,
    reason: &'static str,
}

const fn malformed(reason: &'static str) -> Bad {
    Bad {
        status: 400,
        reason,
    }
}

const TOO_MANY: Bad = Bad {
    status: 413,
    reason: "more records than limits.http allow",
};
const TOO_DEEP: Bad = malformed("a value is nested deeper than limits.http.depth");

/// What many records have in common; both are JSON, empty when there is none.
#[derive(Clone, Debug, Default)]
struct Common {
    resource: Vec<u8>,
    host: Option<String>,
    scope: Vec<u8>,
}

/// A log record; values are JSON already.
#[derive(Clone, Debug, Default)]
struct Record {
    time: u64,
    observed: u64,
    severity_number: i32,
    severity_text: String,
    event_name: String,
    /// The body as JSON; empty: none.
    body: Vec<u8>,
    /// The body when it is text.
    message: Option<String>,
    /// An object; empty: none.
    attributes: Vec<u8>,
    trace_id: String,
    span_id: String,
}

/// Takes records as they are read.
struct Sink<'a> {
    fields: &'a mut Fields,
    limits: &'a HttpLimits,
    seen: Time,
    output: Output,
}

/// Makes events of a body.
pub fn take(body: &[u8], is_json: bool, reader: &mut Reader, seen: Time) -> Taken {
    let mut sink = Sink {
        output: Output::new(&reader.limits),
        fields: &mut reader.fields,
        limits: &reader.limits,
        seen,
    };
    let read = match is_json {
        true => json::read(body, &mut sink),
        false => protobuf::read(body, &mut sink),
    };
    match read {
        Err(bad) => Taken::nothing(Answer::otlp(bad.status, is_json, bad.reason)),
        Ok(()) => Taken {
            made: sink.output.made,
            answer: success(is_json),
        },
    }
}

/// A response without a field: everything was taken.
fn success(is_json: bool) -> Answer {
    match is_json {
        true => Answer {
            status: 200,
            kind: JSON,
            body: b"{}".to_vec(),
        },
        false => Answer {
            status: 200,
            kind: PROTOBUF,
            body: Vec::new(),
        },
    }
}

impl Sink<'_> {
    fn take(&mut self, common: &Common, record: &Record) -> Result<(), Bad> {
        if self.output.made.len() >= self.limits.items {
            return Err(TOO_MANY);
        }
        let nanos = [record.time, record.observed]
            .into_iter()
            .find(|nanos| *nanos > 0);
        let time = nanos.and_then(|nanos| i64::try_from(nanos / 1_000).ok());
        let mut bytes = written(common, record);
        if time.is_none() {
            mark_unstamped(&mut bytes);
        }
        let made = Made {
            time: time.map_or(self.seen, Time::from_micros),
            kind: Kind::OtelLog,
            core: self.core(common, record),
            record: bytes,
        };
        self.output.made.push(made);
        match self.output.is_over() {
            true => Err(TOO_MANY),
            false => Ok(()),
        }
    }

    /// Core fields: OpenTelemetry shares many names of attributes with ECS.
    fn core(&mut self, common: &Common, record: &Record) -> Core {
        let mut core = Core::default();
        if !record.attributes.is_empty() {
            self.fields.read(&record.attributes, detect::LOOK);
            for (path, leaf) in self.fields.iter() {
                if let Some(field) = CoreField::from_name(path) {
                    set(&mut core, field, leaf);
                }
            }
        }
        if common.host.is_some() {
            core.remove(CoreField::HostName);
            core.set_text(CoreField::HostName, common.host.as_deref());
        }
        let message = record.message.as_deref().filter(|text| !text.is_empty());
        if message.is_some() {
            core.remove(CoreField::Message);
            core.set_text(CoreField::Message, message);
        }
        core
    }
}

fn written(common: &Common, record: &Record) -> Vec<u8> {
    let length = common.resource.len() + record.body.len() + record.attributes.len();
    let mut json = Json::with_capacity(length + 256);
    json.open();
    if !common.resource.is_empty() {
        json.open_at("resource");
        json.key("attributes");
        json.raw(&common.resource);
        json.close();
    }
    if !common.scope.is_empty() {
        json.key("scope");
        json.raw(&common.scope);
    }
    if record.severity_number != 0 {
        json.key("severityNumber");
        json.raw(record.severity_number.to_string().as_bytes());
    }
    let texts = [
        ("severityText", &record.severity_text),
        ("eventName", &record.event_name),
    ];
    for (key, text) in texts.into_iter().filter(|(_, text)| !text.is_empty()) {
        json.text(key, text);
    }
    json.key("body");
    json.raw(if record.body.is_empty() {
        b"null"
    } else {
        &record.body
    });
    if !record.attributes.is_empty() {
        json.key("attributes");
        json.raw(&record.attributes);
    }
    let ids = [("traceId", &record.trace_id), ("spanId", &record.span_id)];
    for (key, id) in ids.into_iter().filter(|(_, id)| !id.is_empty()) {
        json.text(key, id);
    }
    json.close();
    json.into_bytes()
}

/// A scope as JSON; empty when it says nothing.
fn scope(name: &str, version: &str, attributes: &[u8]) -> Vec<u8> {
    if name.is_empty() && version.is_empty() && attributes.is_empty() {
        return Vec::new();
    }
    let mut json = Json::default();
    json.open();
    for (key, text) in [("name", name), ("version", version)] {
        if !text.is_empty() {
            json.text(key, text);
        }
    }
    if !attributes.is_empty() {
        json.key("attributes");
        json.raw(attributes);
    }
    json.close();
    json.into_bytes()
}

/// A number as JSON has it; what it has not is text.
fn double(json: &mut Json, number: f64) {
    match serde_json::Number::from_f64(number) {
        Some(number) => json.raw(number.to_string().as_bytes()),
        None => json.text_value(&number.to_string()),
    }
}

/// An object of key and value being written; empty when nothing was.
#[derive(Default)]
struct Pairs(Json);

impl Pairs {
    fn add(
        &mut self,
        key: &str,
        value: impl FnOnce(&mut Json) -> Result<(), Bad>,
    ) -> Result<(), Bad> {
        if self.0.len() == 0 {
            self.0.open();
        }
        self.0.any_key(key);
        value(&mut self.0)
    }

    fn end(mut self) -> Vec<u8> {
        if self.0.len() > 0 {
            self.0.close();
        }
        self.0.into_bytes()
    }
}
