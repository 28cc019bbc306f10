//! Splunk's HTTP Event Collector: objects one after the other, or lines. The first that is no event ends
//! a request; what stood before it is kept, and the answer says where it ended.

use std::borrow::Cow;

use event::Time;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::super::around::{Around, Wrapped};
use super::super::failed;
use super::super::format::Lines;
use super::super::line::{Line, Splitter};
use super::super::stamp::decimal;
use super::super::stream::Stream;
use super::answer::Answer;
use super::{Output, Reader, Taken, beside, line, on_one_line};
use crate::Made;

/// Where a body was sent to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// `/services/collector/event`
    Event,
    /// `/services/collector/raw`, with the host and time of the query.
    Raw {
        /// The host of all lines.
        host: Option<String>,
        /// Their time.
        time: Option<Time>,
    },
}

/// Why an object is no event: Splunk's words and code.
#[derive(Clone, Copy)]
struct Bad(&'static str, u64);

const NO_DATA: Bad = Bad("No data", 5);
const INVALID: Bad = Bad("Invalid data format", 6);
const NO_EVENT: Bad = Bad("Event field is required", 12);
const BLANK: Bad = Bad("Event field cannot be blank", 13);
const FIELDS: Bad = Bad("Error in handling indexed fields", 15);

/// What is around an event; what only Splunk sorts by (`index`, `sourcetype`) is passed over.
#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    time: Option<&'a RawValue>,
    #[serde(borrow)]
    host: Option<&'a RawValue>,
    #[serde(borrow)]
    event: Option<&'a RawValue>,
    #[serde(borrow)]
    fields: Option<&'a RawValue>,
}

/// Makes events of a body.
pub fn take(body: &[u8], ask: &Ask, reader: &mut Reader, seen: Time) -> Taken {
    let blank = |byte: &u8| byte.is_ascii_whitespace();
    if body.iter().all(blank) {
        return Taken::nothing(Answer::splunk(400, NO_DATA.0, NO_DATA.1, None));
    }
    let mut output = Output::new(&reader.limits);
    let mut stream = reader.stream();
    let ended = match ask {
        Ask::Event => events(body, reader, &mut stream, seen, &mut output),
        Ask::Raw { host, time } => {
            let around = Around {
                time: *time,
                host: host.as_deref(),
                rules: true,
                ..Around::default()
            };
            raw(body, around, reader, &mut stream, seen, &mut output)
        }
    };
    reader.lines.finish(&mut stream, seen, &mut output.made);
    let answer = match ended {
        Ok(()) => Answer::splunk(200, "Success", 0, None),
        Err((Bad(text, code), number)) => {
            let status = if code == TOO_LARGE.1 { 413 } else { 400 };
            Answer::splunk(status, text, code, Some(number))
        }
    };
    Taken {
        made: output.made,
        answer,
    }
}

/// What passes a limit is refused as a bad object is: what stood before it is kept.
const TOO_LARGE: Bad = Bad("Request entity too large", 27);

fn events(
    body: &[u8],
    reader: &mut Reader,
    stream: &mut Stream,
    seen: Time,
    output: &mut Output,
) -> Result<(), (Bad, usize)> {
    let (mut rest, whole) = match std::str::from_utf8(body) {
        Ok(text) => (text, true),
        Err(fault) => {
            let valid = body.get(..fault.valid_up_to()).unwrap_or_default();
            (std::str::from_utf8(valid).unwrap_or_default(), false)
        }
    };
    let mut number = 0;
    loop {
        rest = rest.trim_ascii_start();
        if rest.is_empty() {
            return if whole {
                Ok(())
            } else {
                Err((INVALID, number))
            };
        }
        if number >= reader.limits.items || output.is_over() {
            return Err((TOO_LARGE, number));
        }
        let mut objects = serde_json::Deserializer::from_str(rest).into_iter::<Envelope<'_>>();
        let envelope = match objects.next() {
            Some(Ok(envelope)) if rest.starts_with('{') => envelope,
            _ => return Err((INVALID, number)),
        };
        let used = objects.byte_offset();
        event(&envelope, &mut reader.lines, stream, seen, &mut output.made)
            .map_err(|bad| (bad, number))?;
        rest = rest.get(used..).unwrap_or_default();
        number += 1;
    }
}

fn event(
    envelope: &Envelope<'_>,
    lines: &mut Lines,
    stream: &mut Stream,
    seen: Time,
    out: &mut Vec<Made>,
) -> Result<(), Bad> {
    let raw = envelope.event.ok_or(NO_EVENT)?.get();
    let fields = envelope.fields.map(fields_of).transpose()?.flatten();
    let text: Cow<'_, str> = match raw.starts_with('"') {
        true => serde_json::from_str::<String>(raw)
            .map_err(|_| INVALID)?
            .into(),
        false => on_one_line(raw),
    };
    if text.trim().is_empty() {
        return Err(BLANK);
    }
    let host = envelope.host.and_then(plain);
    let around = Around {
        time: envelope
            .time
            .and_then(plain)
            .and_then(|text| decimal(text.trim())),
        host: host.as_deref().filter(|host| !host.is_empty()),
        log: "",
        rules: true,
    };
    let mut made = match lines.wrapped(stream, &text, around, seen, out) {
        Wrapped::Event(made) => made,
        Wrapped::Held => return Ok(()),
        Wrapped::Refused(reason) => failed(seen, "http", reason, text.as_bytes(), |_| {}),
    };
    if let Some(fields) = fields {
        let taken = serde_json::from_slice::<Named>(&made.record).is_ok_and(|own| own.fields);
        let name = if taken { "splunk_fields" } else { "fields" };
        beside(&mut made.record, name, &on_one_line(fields));
    }
    out.push(made);
    Ok(())
}

/// Whether a record has members of this name already.
struct Named {
    fields: bool,
}

impl<'de> Deserialize<'de> for Named {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Look {
            fields: Option<serde::de::IgnoredAny>,
        }
        let look = Look::deserialize(deserializer)?;
        Ok(Self {
            fields: look.fields.is_some(),
        })
    }
}

/// Text or a number as text.
fn plain(raw: &RawValue) -> Option<String> {
    let raw = raw.get();
    match raw.as_bytes().first()? {
        b'"' => serde_json::from_str(raw).ok(),
        b'-' | b'0'..=b'9' => Some(raw.to_owned()),
        _ => None,
    }
}

/// Fields are plain values and lists of them. None when there are none.
fn fields_of(raw: &RawValue) -> Result<Option<&str>, Bad> {
    let nested = |value: &serde_json::Value| value.is_array() || value.is_object();
    let fields: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(raw.get()).map_err(|_| FIELDS)?;
    for value in fields.values() {
        let bad = match value {
            serde_json::Value::Array(values) => values.iter().any(nested),
            other => nested(other),
        };
        if bad {
            return Err(FIELDS);
        }
    }
    Ok((!fields.is_empty()).then_some(raw.get()))
}

fn raw(
    body: &[u8],
    around: Around<'_>,
    reader: &mut Reader,
    stream: &mut Stream,
    seen: Time,
    output: &mut Output,
) -> Result<(), (Bad, usize)> {
    let mut number = 0;
    let mut splitter = Splitter::new(reader.log.line_bytes, reader.log.line_kept);
    let (items, lines) = (reader.limits.items, &mut reader.lines);
    let mut each = |found: Line<'_>, _| {
        let text = match &found {
            Line::Whole(bytes) if bytes.trim_ascii().is_empty() => return Ok(()),
            Line::Whole(bytes) => std::str::from_utf8(bytes).ok(),
            _ => None,
        };
        if number >= items || output.is_over() {
            return Err((TOO_LARGE, number));
        }
        match text {
            Some(text) if text.contains(|letter| letter != '\0') => {
                line(lines, stream, text, around, seen, &mut output.made);
            }
            // Too long, or no text: declared.
            _ => output.made.push(lines.event(&found, "http", seen)),
        }
        number += 1;
        Ok(())
    };
    splitter.push(body, &mut each)?;
    splitter.finish(&mut each)
}

/// What Splunk answers beside events: whether it lives, and that nothing is acknowledged later.
pub(super) fn handshake(method: &str, path: &str) -> Option<Answer> {
    match (method, path) {
        ("GET", "/services/collector/health" | "/services/collector/health/1.0") => {
            Some(Answer::splunk(200, "HEC is healthy", 17, None))
        }
        _ => None,
    }
}
