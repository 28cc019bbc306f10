//! Which format a line has when nothing is known of its source.
//!
//! The outermost format counts: what a syslog message carries is the syslog parser's affair. Texts are
//! told by their form, objects by keys that only one vocabulary has.

use event::{Fields, Limits as FieldLimits, Time};
use jiff::tz::TimeZone;

use super::stamp::Clock;
use super::syslog::{self, Carrier};
use super::windows::xml;
use super::{access, audit};
use crate::config::LogFormat;

/// Levels and leaves of a record that are looked at for core fields.
pub(super) const LOOK: FieldLimits = FieldLimits {
    depth: 12,
    paths: 500,
};

/// The format of a line. A line that begins as an object of JSON and is none is text.
pub fn detect(line: &str) -> LogFormat {
    let line = without_marks(line);
    if is_object(line) {
        let mut fields = Fields::default();
        fields.read(line.as_bytes(), LOOK);
        return match is_json(&fields, line) {
            true => object(&fields),
            false => LogFormat::Text,
        };
    }
    text(line)
}

/// A byte order mark, and zeros left by a lost write, are not part of a line.
pub(super) fn without_marks(line: &str) -> &str {
    line.trim_start_matches(['\u{feff}', '\0'])
}

/// Whether a line begins as an object.
pub(super) fn is_object(line: &str) -> bool {
    line.trim_start().starts_with('{')
}

/// Whether all of a line is JSON: the walk of its fields stops at its limits.
pub(super) fn is_json(fields: &Fields, line: &str) -> bool {
    match fields.partial() {
        None => true,
        Some("not valid JSON") => false,
        Some(_) => serde_json::from_str::<serde::de::IgnoredAny>(line).is_ok(),
    }
}

/// The format of a line that is no object.
pub(super) fn text(line: &str) -> LogFormat {
    // Whether a stamp can be read does not hang on where and when it is read.
    let clock = Clock {
        zone: TimeZone::UTC,
        now: Time::from_seconds(1_800_000_000, 0),
    };
    if audit::line(line).is_some() {
        LogFormat::Auditd
    } else if xml::begins(line) {
        LogFormat::Windows
    } else if access::parse_line(line).is_some() {
        LogFormat::WebAccess
    } else if syslog::parse(line, &clock, Carrier::File).is_some() {
        LogFormat::Syslog
    } else {
        LogFormat::Text
    }
}

/// The vocabulary of an object.
pub(super) fn object(fields: &Fields) -> LogFormat {
    let has = |path: &str| fields.at(path).next().is_some();
    if has("event_type") && has("timestamp") {
        LogFormat::Eve
    } else if has("_path") || (has("ts") && has("uid") && has("id.orig_h")) {
        LogFormat::Zeek
    } else if has("winlog")
        || has("Event.System")
        || (has("event_data") && has("event_id"))
        || (has("EventID") && (has("Channel") || has("SourceName") || has("Provider_Name")))
    {
        LogFormat::Windows
    } else if has("__REALTIME_TIMESTAMP") {
        LogFormat::Journal
    } else if access::is_record(fields) {
        LogFormat::WebAccess
    } else {
        LogFormat::Ndjson
    }
}
