//! Lines to events: the closed list of formats, and telling them apart.

use std::sync::Arc;

use event::{Core, Fields, Kind, Limits as FieldLimits, Networks, Time};
use jiff::tz::TimeZone;

use crate::config::LogFormat;
use crate::json::Json;
use crate::origin::Made;

use super::line::Line;
use super::stamp::Clock;
use super::{address, eve, journal, ndjson, syslog, windows};

/// Levels and leaves of a record that are looked at for core fields.
const LOOK: FieldLimits = FieldLimits {
    depth: 12,
    paths: 500,
};

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

/// Reads the lines of one source.
#[derive(Clone)]
pub struct Lines {
    format: LogFormat,
    networks: Arc<Networks>,
    clock: Clock,
    fields: Fields,
}

impl Lines {
    /// A reader of one format. `zone` is that of stamps without one.
    pub fn new(format: LogFormat, networks: Arc<Networks>, zone: TimeZone) -> Self {
        Self {
            format,
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

    /// Makes an event of a line. `seen` is the sensor's now; `input` names the file in failures.
    pub(crate) fn event(&mut self, line: &Line<'_>, input: &str, seen: Time) -> Made {
        match line {
            Line::Whole(line) => self.whole(line, input, seen),
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

    /// Makes an event of a whole line.
    pub fn whole(&mut self, line: &[u8], input: &str, seen: Time) -> Made {
        self.clock.now = seen;
        let Ok(text) = std::str::from_utf8(line) else {
            return failed(seen, input, "not UTF-8", line, |_| {});
        };
        let is_left = |c: char| c != '\u{feff}' && c != '\0' && !c.is_whitespace();
        if !text.contains(is_left) {
            let reason = "nothing but NUL bytes";
            return failed(seen, input, reason, b"", |json| {
                json.number("length", line.len() as u64);
            });
        }
        // A byte order mark, and zeros left by a lost write, are not part of a line.
        let text = text.trim_start_matches(['\u{feff}', '\0']);
        match self.parse(text) {
            Ok(parsed) => self.made(parsed, text, seen),
            Err(reason) => failed(seen, input, reason, line, |_| {}),
        }
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

    fn parse(&mut self, text: &str) -> Result<Parsed, &'static str> {
        let object = text.trim_start().starts_with('{');
        match self.format {
            LogFormat::Syslog => syslog::parse(text, &self.clock).ok_or("not a syslog line"),
            LogFormat::Text => Ok(plain(text)),
            LogFormat::Auto if !object => {
                Ok(syslog::parse(text, &self.clock).unwrap_or_else(|| plain(text)))
            }
            LogFormat::Evtx => Err("an EVTX file has no lines"),
            _ if !object => Err("not a JSON object"),
            format => self.object(text, format),
        }
    }

    fn object(&mut self, text: &str, format: LogFormat) -> Result<Parsed, &'static str> {
        self.fields.read(text.as_bytes(), LOOK);
        if self.fields.partial() == Some("not valid JSON") {
            return Err("not valid JSON");
        }
        // The walk stops at its limits; that the rest is JSON too must be known all the same.
        if self.fields.partial().is_some()
            && serde_json::from_str::<serde::de::IgnoredAny>(text).is_err()
        {
            return Err("not valid JSON");
        }
        let format = match format {
            LogFormat::Auto | LogFormat::Ndjson => self.recognise(),
            other => other,
        };
        match format {
            LogFormat::Eve => eve::parse(&self.fields, text, &self.clock),
            LogFormat::Winlogbeat => windows::parse(text, &self.clock),
            LogFormat::Journal => Ok(journal::parse(&self.fields, &self.clock)),
            _ => Ok(ndjson::parse(&self.fields, &self.clock)),
        }
    }

    /// Tells JSON vocabularies apart by keys that only one of them has.
    fn recognise(&self) -> LogFormat {
        let has = |path: &str| self.fields.at(path).next().is_some();
        if has("event_type") && has("timestamp") {
            LogFormat::Eve
        } else if has("winlog")
            || has("Event.System")
            || (has("event_data") && has("event_id"))
            || (has("EventID") && (has("Channel") || has("SourceName") || has("Provider_Name")))
        {
            LogFormat::Winlogbeat
        } else if has("__REALTIME_TIMESTAMP") {
            LogFormat::Journal
        } else {
            LogFormat::Ndjson
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
fn mark_unstamped(record: &mut Vec<u8>) {
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
