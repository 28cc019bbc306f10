//! Lines to events: the closed list of formats, and telling them apart.

use std::sync::Arc;

use event::{Core, Fields, Kind, Networks, Time};
use jiff::tz::TimeZone;

use crate::config::LogFormat;
use crate::json::Json;
use crate::origin::Made;

use super::around::{Around, Wrapped};
use super::line::Line;
use super::stamp::Clock;
use super::stream::Stream;
use super::syslog::Carrier;
use super::windows::xml;
use super::{access, address, audit, detect, eve, journal, ndjson, syslog, windows, zeek};

/// What a parser made of a line.
#[derive(Clone, Debug, PartialEq)]
pub struct Parsed {
    /// When it happened, if the line says so.
    pub time: Option<Time>,
    /// What happened.
    pub kind: Kind,
    /// Typed fields.
    pub core: Core,
    /// The record, when it is not the line itself.
    pub record: Option<Vec<u8>>,
}

impl Parsed {
    /// A line that is its own record.
    pub(crate) fn new(kind: Kind) -> Self {
        Self {
            time: None,
            kind,
            core: Core::default(),
            record: None,
        }
    }
}

/// What a line holds.
pub(super) enum Read<'a> {
    /// An event.
    Event(Parsed),
    /// A record of an event of the audit system, and who sent it where that was said.
    Audit(audit::Line<'a>, Option<&'a str>),
}

/// Reads the lines of one source.
#[derive(Clone)]
pub struct Lines {
    format: LogFormat,
    carrier: Carrier,
    networks: Arc<Networks>,
    clock: Clock,
    fields: Fields,
}

impl Lines {
    /// A reader of one format. `zone` is that of stamps without one.
    pub fn new(format: LogFormat, networks: Arc<Networks>, zone: TimeZone) -> Self {
        Self {
            format,
            carrier: Carrier::File,
            networks,
            clock: Clock {
                zone,
                now: Time::EPOCH,
            },
            fields: Fields::default(),
        }
    }

    /// A reader that knows no networks and takes stamps without a zone for UTC.
    pub fn utc(format: LogFormat) -> Self {
        Self::new(format, Arc::default(), TimeZone::UTC)
    }

    /// The same for a listener, to which whatever is sent is a message.
    #[must_use]
    pub fn listener(self) -> Self {
        Self {
            carrier: Carrier::Listener,
            ..self
        }
    }

    /// Takes a line of a stream; the events that are whole now go to `out`. `seen` is the sensor's now.
    pub fn take(&mut self, stream: &mut Stream, line: &Line<'_>, seen: Time, out: &mut Vec<Made>) {
        let bytes = match line {
            Line::Whole(bytes) => *bytes,
            other => return out.push(self.event(other, &stream.input, seen)),
        };
        let text = match self.text(bytes, &stream.input, seen) {
            Ok(text) => text,
            Err(made) => return out.push(*made),
        };
        match self.parse(text, &stream.log) {
            Ok(Read::Event(parsed)) => out.push(self.made(parsed, text, seen)),
            Ok(Read::Audit(record, host)) => {
                let ended = stream.joiner.take(&record, host, text, seen);
                self.joined(ended, seen, out);
            }
            Err(reason) => out.push(failed(seen, &stream.input, reason, bytes, |_| {})),
        }
    }

    /// Reads a text that a wrapper carried, and adds what the wrapper knows and the text does not say.
    pub(super) fn wrapped(
        &mut self,
        stream: &mut Stream,
        text: &str,
        around: Around<'_>,
        seen: Time,
        out: &mut Vec<Made>,
    ) -> Wrapped {
        self.clock.now = seen;
        let text = detect::without_marks(text);
        match self.parse(text, around.log) {
            Ok(Read::Event(mut parsed)) => {
                around.complete(&mut parsed);
                Wrapped::Event(self.made(parsed, text, seen))
            }
            Ok(Read::Audit(record, host)) => {
                let ended = stream
                    .joiner
                    .take(&record, host.or(around.host), text, seen);
                self.joined(ended, seen, out);
                Wrapped::Held
            }
            Err(reason) => Wrapped::Refused(reason),
        }
    }

    /// Events of a stream that have been open for too long.
    pub fn expire(&mut self, stream: &mut Stream, seen: Time, out: &mut Vec<Made>) {
        let ended = stream.joiner.expire(seen);
        self.joined(ended, seen, out);
    }

    /// The stream is over: what is open is an event as it is.
    pub fn finish(&mut self, stream: &mut Stream, seen: Time, out: &mut Vec<Made>) {
        let ended = stream.joiner.finish();
        self.joined(ended, seen, out);
    }

    fn joined(&self, ended: Vec<audit::Ended>, seen: Time, out: &mut Vec<Made>) {
        for event in ended {
            let lines = event.records.iter().filter_map(|text| audit::line(text));
            let lines: Vec<audit::Line<'_>> = lines.collect();
            let parsed = audit::event(&lines, event.host.as_deref());
            out.push(self.made(parsed, "", seen));
        }
    }

    /// Makes an event of a line that stands alone. `seen` is the sensor's now; `input` names the file in
    /// failures.
    pub(crate) fn event(&mut self, line: &Line<'_>, input: &str, seen: Time) -> Made {
        match line {
            Line::Whole(line) => self.whole(line, input, seen),
            Line::Cut(head) => {
                let reason = "the connection ended inside a counted message";
                failed(seen, input, reason, head, |_| {})
            }
            Line::TooLong {
                head,
                length,
                sha256,
            } => failed(seen, input, "line too long", head, |json| {
                json.number("length", *length);
                json.text("sha256", sha256);
            }),
        }
    }

    /// Makes an event of a whole line that stands alone.
    pub fn whole(&mut self, line: &[u8], input: &str, seen: Time) -> Made {
        let text = match self.text(line, input, seen) {
            Ok(text) => text,
            Err(made) => return *made,
        };
        match self.parse(text, "") {
            Ok(Read::Event(parsed)) => self.made(parsed, text, seen),
            Ok(Read::Audit(record, host)) => self.made(audit::alone(&record, host), text, seen),
            Err(reason) => failed(seen, input, reason, line, |_| {}),
        }
    }

    /// The text of a line, or the failure that it has none.
    fn text<'l>(&mut self, line: &'l [u8], input: &str, seen: Time) -> Result<&'l str, Box<Made>> {
        self.clock.now = seen;
        let Ok(text) = std::str::from_utf8(line) else {
            return Err(Box::new(failed(seen, input, "not UTF-8", line, |_| {})));
        };
        let is_left = |c: char| c != '\u{feff}' && c != '\0' && !c.is_whitespace();
        if !text.contains(is_left) {
            let reason = "nothing but NUL bytes";
            let length = |json: &mut Json| json.number("length", line.len() as u64);
            return Err(Box::new(failed(seen, input, reason, b"", length)));
        }
        Ok(detect::without_marks(text))
    }

    /// The time zone and now of this source.
    pub(crate) fn clock(&self) -> &Clock {
        &self.clock
    }

    pub(crate) fn set_now(&mut self, now: Time) {
        self.clock.now = now;
    }

    /// Finishes an event whose record is known.
    pub(crate) fn made(&self, mut parsed: Parsed, text: &str, seen: Time) -> Made {
        address::place(&mut parsed.core, &self.networks);
        let mut record = parsed
            .record
            .unwrap_or_else(|| text.trim().as_bytes().to_vec());
        if parsed.time.is_none() {
            mark_unstamped(&mut record);
        }
        Made {
            time: parsed.time.unwrap_or(seen),
            kind: parsed.kind,
            core: parsed.core,
            record,
        }
    }

    /// Reads a line. `log` is what the file's name says of a log of Zeek.
    fn parse<'t>(&mut self, text: &'t str, log: &str) -> Result<Read<'t>, &'static str> {
        if detect::is_object(text) && self.format.has_objects() {
            return self.object(text, log).map(Read::Event);
        }
        match self.format {
            LogFormat::Syslog => self.syslog(text).ok_or("not a syslog line"),
            LogFormat::Auditd => self.audit(text).ok_or("not an audit record"),
            LogFormat::WebAccess => access::parse_line(text)
                .map(Read::Event)
                .ok_or("not a line of an access log"),
            LogFormat::Text => Ok(Read::Event(plain(text))),
            LogFormat::Windows if xml::begins(text) => {
                windows::parse(text, &self.clock).map(Read::Event)
            }
            LogFormat::Auto => self.any(text),
            LogFormat::Evtx => Err("an EVTX file has no lines"),
            LogFormat::Ndjson
            | LogFormat::Eve
            | LogFormat::Zeek
            | LogFormat::Windows
            | LogFormat::Journal => Err("not a JSON object"),
        }
    }

    /// A text of any format, as [`detect::text`] tells them apart.
    fn any<'t>(&self, text: &'t str) -> Result<Read<'t>, &'static str> {
        if let Some(record) = audit::line(text) {
            return Ok(Read::Audit(record, None));
        }
        if xml::begins(text) {
            return windows::parse(text, &self.clock).map(Read::Event);
        }
        let access = access::parse_line(text).map(Read::Event);
        let read = access.or_else(|| self.syslog(text));
        Ok(read.unwrap_or_else(|| Read::Event(plain(text))))
    }

    fn syslog<'t>(&self, text: &'t str) -> Option<Read<'t>> {
        syslog::parse(text, &self.clock, self.carrier)
    }

    /// An audit record as auditd writes it, or as syslog carries it.
    fn audit<'t>(&self, text: &'t str) -> Option<Read<'t>> {
        if let Some(record) = audit::line(text) {
            return Some(Read::Audit(record, None));
        }
        let carried = self.syslog(text)?;
        matches!(carried, Read::Audit(..)).then_some(carried)
    }

    fn object(&mut self, text: &str, log: &str) -> Result<Parsed, &'static str> {
        self.fields.read(text.as_bytes(), detect::LOOK);
        if !detect::is_json(&self.fields, text) {
            return Err("not valid JSON");
        }
        let format = match self.format {
            LogFormat::Auto | LogFormat::Ndjson => detect::object(&self.fields),
            other => other,
        };
        match format {
            LogFormat::Eve => eve::parse(&self.fields, text, &self.clock),
            LogFormat::Zeek => Ok(zeek::parse(&self.fields, text, &self.clock, log)),
            LogFormat::Windows => windows::parse(text, &self.clock),
            LogFormat::Journal => Ok(journal::parse(&self.fields, text)),
            LogFormat::WebAccess if access::is_record(&self.fields) => {
                Ok(access::object(&self.fields, &self.clock))
            }
            LogFormat::WebAccess => Err("no remote_addr beside request_uri or request"),
            _ => Ok(ndjson::parse(&self.fields, &self.clock)),
        }
    }
}

/// A line of no known form.
fn plain(text: &str) -> Parsed {
    let mut parsed = Parsed::new(Kind::Text);
    let mut json = Json::with_capacity(text.len() + 32);
    json.open();
    json.text("message", text);
    json.close();
    parsed.record = Some(json.into_bytes());
    (parsed.core).set_text(event::CoreField::Message, Some(text));
    parsed
}

/// A line or record that its parser refused, with the raw bytes.
pub(crate) fn failed(
    seen: Time,
    input: &str,
    reason: &str,
    raw: &[u8],
    write: impl FnOnce(&mut Json),
) -> Made {
    let mut json = Json::with_capacity(raw.len() + 256);
    json.open();
    json.text("event_type", "parse.failed");
    json.text("reason", reason);
    json.text("input", input);
    // Escapes can make text longer: a record stays below its limit all the same.
    let kept = raw.get(..raw.len().min(150 * 1024)).unwrap_or(raw);
    json.text("raw", &String::from_utf8_lossy(kept));
    if kept.len() < raw.len() {
        json.number("raw_bytes", raw.len() as u64);
    }
    write(&mut json);
    json.close();
    Made {
        time: seen,
        kind: Kind::ParseFailed,
        core: Core::default(),
        record: json.into_bytes(),
    }
}

/// Marks a record whose event has the sensor's time because the source gave none.
pub(super) fn mark_unstamped(record: &mut Vec<u8>) {
    let Some(end) = record.iter().rposition(|byte| *byte == b'}') else {
        return;
    };
    record.truncate(end);
    let empty = record.trim_ascii_end().last() == Some(&b'{');
    if !empty {
        record.push(b',');
    }
    record.extend_from_slice(b"\"haidang\":{\"time\":\"seen\"}}");
}
