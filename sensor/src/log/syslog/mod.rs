//! Syslog: priority, the two forms of the header, and what both become.
//!
//! RFC 5424 is in [`rfc5424`], the older form as it is really written in [`rfc3164`], the frames of a
//! connection in [`framing`]. What the audit system sends through syslog is handed on as its record.

pub mod framing;
mod rfc3164;
mod rfc5424;

use event::{CoreField, Kind, Time};

use crate::json::Json;

use super::format::{Parsed, Read};
use super::stamp::Clock;
use super::{audit, auth};

/// The longest program name that is believed.
const MAX_NAME: usize = 96;
/// Facility user, severity notice: what RFC 3164 §4.3.3 assumes where no priority was sent.
const ASSUMED: u8 = 13;

/// How a line came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carrier {
    /// In a file: without priority and time it is no syslog line.
    File,
    /// Sent to a listener: whatever was sent is a message.
    Listener,
}

/// The parts of a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Parts<'a> {
    pub(super) time: Option<Time>,
    pub(super) hostname: Option<&'a str>,
    pub(super) program: Option<&'a str>,
    /// The process as it was sent: a number, or RFC 5424's name of one.
    pub(super) process: Option<&'a str>,
    pub(super) message_id: Option<&'a str>,
    /// The structured data as JSON.
    pub(super) structured_data: Option<Vec<u8>>,
    /// The number that Cisco's devices put before their time.
    pub(super) sequence: Option<&'a str>,
    pub(super) message: &'a str,
}

/// Reads a line with `now` for stamps without a year and UTC for stamps without a zone. An audit
/// record is read as the only one of its event.
pub fn parse_line(text: &str, carrier: Carrier, now: Time) -> Option<Parsed> {
    let clock = Clock {
        zone: jiff::tz::TimeZone::UTC,
        now,
    };
    Some(match parse(text, &clock, carrier)? {
        Read::Event(parsed) => parsed,
        Read::Audit(record, host) => audit::alone(&record, host),
    })
}

pub(super) fn parse<'a>(text: &'a str, clock: &Clock, carrier: Carrier) -> Option<Read<'a>> {
    let (priority, rest) = priority(text);
    let parts = match rest.strip_prefix("1 ").filter(|_| priority.is_some()) {
        Some(rest) => rfc5424::parts(rest, clock),
        None => None,
    };
    let parts = parts.or_else(|| rfc3164::parts(rest, clock));
    let (priority, parts) = match (priority, parts, carrier) {
        (None, None, Carrier::File) => return None,
        (None, Some(parts), Carrier::File) => (None, parts),
        // §4.3.2 and §4.3.3: without a header that can be read all of it is content.
        (priority, parts, _) => {
            let content = Parts {
                message: rest,
                ..Parts::default()
            };
            (Some(priority.unwrap_or(ASSUMED)), parts.unwrap_or(content))
        }
    };
    if let Some(record) = audited(&parts) {
        return Some(Read::Audit(record, parts.hostname));
    }
    Some(Read::Event(event(priority, &parts)))
}

fn event(priority: Option<u8>, parts: &Parts<'_>) -> Parsed {
    let program = parts.program.unwrap_or_default();
    let kind = if auth::speaks(program) {
        Kind::LinuxAuth
    } else {
        Kind::Syslog
    };
    let mut parsed = Parsed::new(kind);
    parsed.time = parts.time;
    let core = &mut parsed.core;
    core.set_text(CoreField::HostName, parts.hostname);
    core.set_text(CoreField::ProcessName, parts.program);
    if let Some(pid) = parts.process.and_then(pid) {
        core.set(CoreField::ProcessPid, u64::from(pid));
    }
    core.set_text(CoreField::Message, Some(parts.message));
    if kind == Kind::LinuxAuth {
        auth::read(core, program, parts.message);
    }
    parsed.record = Some(record(priority, parts));
    parsed
}

/// The number of a process; systems count them in 32 bits.
fn pid(text: &str) -> Option<u32> {
    text.parse().ok()
}

fn record(priority: Option<u8>, parts: &Parts<'_>) -> Vec<u8> {
    let mut json = Json::with_capacity(parts.message.len() + 256);
    json.open();
    if let Some(time) = parts.time {
        json.text("timestamp", &time.to_string());
    }
    if let Some(priority) = priority {
        json.number("facility", u64::from(priority >> 3));
        json.number("severity", u64::from(priority & 7));
    }
    let is_number = parts.process.and_then(pid).is_some();
    let process = if is_number { "pid" } else { "procid" };
    for (key, value) in [
        ("hostname", parts.hostname),
        ("program", parts.program),
        (process, parts.process),
        ("msgid", parts.message_id),
        ("sequence", parts.sequence),
    ] {
        if let Some(value) = value {
            json.text(key, value);
        }
    }
    if let Some(data) = &parts.structured_data {
        json.key("structured_data");
        json.raw(data);
    }
    if !parts.message.is_empty() {
        json.text("message", parts.message);
    }
    json.close();
    json.into_bytes()
}

/// `<34>` and what follows; facility and severity in one number up to 191, without leading zeros.
fn priority(text: &str) -> (Option<u8>, &str) {
    let read = || {
        let (digits, rest) = text.strip_prefix('<')?.split_once('>')?;
        let digital = digits.bytes().all(|byte| byte.is_ascii_digit());
        let plain = digits.len() == 1 || !digits.starts_with('0');
        let number = digits.parse::<u8>().ok().filter(|number| *number <= 191)?;
        (digital && plain).then_some((number, rest))
    };
    match read() {
        Some((number, rest)) => (Some(number), rest),
        None => (None, text),
    }
}

/// The audit record that a message carries: audispd and its plugin `syslog` send them, and the kernel
/// does where no auditd runs.
fn audited<'a>(parts: &Parts<'a>) -> Option<audit::Line<'a>> {
    let message = match parts.program? {
        "audispd" | "audisp-syslog" | "auditd" | "audit" => parts.message,
        "kernel" => {
            let stamped = parts.message.strip_prefix('[');
            let message = stamped.and_then(|rest| rest.split_once("] "));
            message
                .map_or(parts.message, |(_, message)| message)
                .strip_prefix("audit: ")?
        }
        _ => return None,
    };
    audit::line(message.trim_start())
}
