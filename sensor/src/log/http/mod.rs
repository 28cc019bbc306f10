//! Sources that other agents send to over HTTP: Elasticsearch's `_bulk`, Splunk's HEC, OTLP logs.
//!
//! A request goes [`serve`] (who may) → [`body`] (how much) → [`bulk`], [`hec`] or [`otlp`] (what it is) →
//! events, and is answered when they are durable. Its senders number nothing: one that had no answer sends
//! again, and then an event is there twice. What is wrapped goes through the detector of lines.

mod answer;
mod body;
pub mod bulk;
pub mod hec;
mod listener;
pub mod otlp;
mod serve;
mod tokens;

use event::{Fields, Time};

pub use answer::Answer;
pub(crate) use listener::run;

use super::around::{Around, Wrapped};
use super::format::Lines;
use super::stream::Stream;
use crate::config::{HttpLimits, Limits, LogConfig};
use crate::origin::Made;

/// Makes events of bodies.
#[derive(Clone)]
pub struct Reader {
    lines: Lines,
    fields: Fields,
    log: LogConfig,
    limits: HttpLimits,
}

/// What a body became, and what its sender is told once the events are durable.
#[derive(Debug)]
pub struct Taken {
    /// The events, in the order of the body.
    pub made: Vec<Made>,
    /// The answer.
    pub answer: Answer,
}

impl Taken {
    /// Nothing was taken.
    fn nothing(answer: Answer) -> Self {
        let made = Vec::new();
        Self { made, answer }
    }
}

impl Reader {
    /// A reader of bodies, whose wrapped lines are read by `lines`.
    pub fn new(lines: Lines, limits: &Limits) -> Self {
        Self {
            lines,
            fields: Fields::default(),
            log: limits.log.clone(),
            limits: limits.http.clone(),
        }
    }

    fn stream(&self) -> Stream {
        Stream::new("http", &self.log)
    }
}

/// The events of a body, as long as they keep the limits.
struct Output {
    made: Vec<Made>,
    counted: usize,
    bytes: usize,
    most: usize,
}

impl Output {
    fn new(limits: &HttpLimits) -> Self {
        Self {
            made: Vec::new(),
            counted: 0,
            bytes: 0,
            most: limits.record_bytes,
        }
    }

    /// Whether the events are more than the limit lets through.
    fn is_over(&mut self) -> bool {
        let fresh = self.made.get(self.counted..).unwrap_or_default();
        let fresh: usize = fresh.iter().map(|made| made.record.len()).sum();
        self.bytes = self.bytes.saturating_add(fresh);
        self.counted = self.made.len();
        self.bytes > self.most
    }
}

/// A record with one more member; `json` is the value as JSON.
fn beside(record: &mut Vec<u8>, name: &str, json: &str) {
    let Some(end) = record.iter().rposition(|byte| *byte == b'}') else {
        return;
    };
    record.truncate(end);
    let empty = record.trim_ascii_end().last() == Some(&b'{');
    let comma = if empty { "" } else { "," };
    record.extend_from_slice(format!("{comma}\"{name}\":{json}}}").as_bytes());
}

/// A text that may be an object on many lines, on one.
fn on_one_line(text: &str) -> std::borrow::Cow<'_, str> {
    let spread = text.trim_start().starts_with('{') && text.contains(['\n', '\r']);
    let object = || {
        let mut elements = super::elements(&[text.as_bytes()], usize::MAX);
        let element = elements.pop().filter(|_| elements.is_empty())?;
        String::from_utf8(element).ok()
    };
    match spread.then(object).flatten() {
        Some(line) => line.into(),
        None => text.into(),
    }
}

/// Reads a line that stands for itself, as `around` completes it.
fn line(
    lines: &mut Lines,
    stream: &mut Stream,
    text: &str,
    around: Around<'_>,
    seen: Time,
    out: &mut Vec<Made>,
) {
    match lines.wrapped(stream, text, around, seen, out) {
        Wrapped::Event(made) => out.push(made),
        Wrapped::Held => {}
        Wrapped::Refused(reason) => {
            out.push(super::failed(seen, "http", reason, text.as_bytes(), |_| {}));
        }
    }
}
