//! Syslog lines as files hold them: RFC 5424, RFC 3164, and rsyslog's form with an RFC 3339 stamp.
//!
//! A stamp without a year gets the year that puts it closest before now plus one day; a stamp
//! without a zone is in the source's.

use event::{CoreField, Kind, Time};

use crate::json::Json;

use super::auth;
use super::format::Parsed;
use super::stamp::Clock;

/// The longest program name that is believed.
const MAX_NAME: usize = 96;

/// The parts of a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are RFC 5424's")]
pub struct Parts<'a> {
    pub priority: Option<u8>,
    pub hostname: Option<&'a str>,
    pub program: Option<&'a str>,
    pub pid: Option<&'a str>,
    pub message_id: Option<&'a str>,
    pub structured_data: Option<&'a str>,
    pub message: &'a str,
}

/// Reads a line with `now` for stamps without a year and UTC for stamps without a zone.
pub fn parse_line(text: &str, now: Time) -> Option<Parsed> {
    let clock = Clock {
        zone: jiff::tz::TimeZone::UTC,
        now,
    };
    parse(text, &clock)
}

pub(super) fn parse(text: &str, clock: &Clock) -> Option<Parsed> {
    let (priority, rest) = priority(text);
    let (time, parts) = match rest.strip_prefix("1 ").filter(|_| priority.is_some()) {
        Some(rest) => version_1(rest, clock)?,
        None => old(rest, clock)?,
    };
    let parts = Parts { priority, ..parts };
    let program = parts.program.unwrap_or_default();
    let kind = if auth::speaks(program) {
        Kind::LinuxAuth
    } else {
        Kind::Syslog
    };
    let mut parsed = Parsed::new(kind);
    parsed.time = time;
    let core = &mut parsed.core;
    core.set_text(CoreField::HostName, parts.hostname);
    core.set_text(CoreField::ProcessName, parts.program);
    if let Some(pid) = parts.pid.and_then(|pid| pid.parse::<u64>().ok()) {
        core.set(CoreField::ProcessPid, pid);
    }
    core.set_text(CoreField::Message, Some(parts.message));
    if kind == Kind::LinuxAuth {
        auth::read(core, program, parts.message);
    }
    parsed.record = Some(record(&parts, time));
    Some(parsed)
}

fn record(parts: &Parts<'_>, time: Option<Time>) -> Vec<u8> {
    let mut json = Json::with_capacity(parts.message.len() + 256);
    json.open();
    if let Some(time) = time {
        json.text("timestamp", &time.to_string());
    }
    if let Some(priority) = parts.priority {
        json.number("facility", u64::from(priority >> 3));
        json.number("severity", u64::from(priority & 7));
    }
    for (key, value) in [
        ("hostname", parts.hostname),
        ("program", parts.program),
        ("pid", parts.pid),
        ("msgid", parts.message_id),
        ("structured_data", parts.structured_data),
        ("message", Some(parts.message)),
    ] {
        if let Some(value) = value {
            json.text(key, value);
        }
    }
    json.close();
    json.into_bytes()
}

/// `<34>` and what follows; facility and severity in one number up to 191.
fn priority(text: &str) -> (Option<u8>, &str) {
    let read = || {
        let (digits, rest) = text.strip_prefix('<')?.split_once('>')?;
        let number = digits.parse::<u8>().ok().filter(|number| *number <= 191)?;
        Some((number, rest))
    };
    match read() {
        Some((number, rest)) => (Some(number), rest),
        None => (None, text),
    }
}

/// RFC 5424 §6, after the version.
fn version_1<'a>(rest: &'a str, clock: &Clock) -> Option<(Option<Time>, Parts<'a>)> {
    let mut words = rest.splitn(6, ' ');
    let mut next = || words.next();
    let (stamp, host, program) = (next()?, next()?, next()?);
    let (pid, id, rest) = (next()?, next()?, next()?);
    let (data, message) = structured(rest)?;
    let some = |word: &'a str| (word != "-").then_some(word);
    let time = some(stamp).and_then(|stamp| clock.text(stamp));
    if stamp != "-" && time.is_none() {
        return None;
    }
    let parts = Parts {
        priority: None,
        hostname: some(host),
        program: some(program),
        pid: some(pid),
        message_id: some(id),
        structured_data: data,
        message: message.trim_start_matches('\u{feff}'),
    };
    Some((time, parts))
}

/// Structured data and the message behind it.
fn structured(rest: &str) -> Option<(Option<&str>, &str)> {
    if let Some(message) = rest.strip_prefix('-') {
        return Some((None, message.strip_prefix(' ').unwrap_or(message)));
    }
    let (mut quoted, mut escaped, mut inside) = (false, false, false);
    for (place, byte) in rest.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' if inside => quoted = !quoted,
            b'[' if !quoted => inside = true,
            b']' if !quoted => inside = false,
            b' ' if !inside => {
                let (data, message) = rest.split_at_checked(place)?;
                return Some((Some(data), message.trim_start()));
            }
            _ if !inside => return None,
            _ => {}
        }
    }
    (!inside).then_some((Some(rest), ""))
}

/// RFC 3164 §4.1 and rsyslog's form: stamp, host, program, message.
fn old<'a>(rest: &'a str, clock: &Clock) -> Option<(Option<Time>, Parts<'a>)> {
    let (time, rest) = old_stamp(rest, clock)?;
    let (host, rest) = rest.split_once(' ')?;
    let rest = rest.trim_start();
    let tag_end = rest
        .find(|letter: char| !(letter.is_ascii_alphanumeric() || "-_./@()".contains(letter)))
        .unwrap_or(rest.len());
    let (program, after) = rest.split_at_checked(tag_end)?;
    let (pid, after) = match after
        .strip_prefix('[')
        .and_then(|rest| rest.split_once(']'))
    {
        Some((pid, after)) => (Some(pid), after),
        None => (None, after),
    };
    // A tag ends with a colon; without one there is no program, only a message.
    let tagged = !program.is_empty() && program.len() <= MAX_NAME;
    let parts = match after.strip_prefix(':').filter(|_| tagged) {
        Some(message) => Parts {
            hostname: Some(host),
            program: Some(program),
            pid,
            message: message.strip_prefix(' ').unwrap_or(message),
            ..Parts::default()
        },
        None => Parts {
            hostname: Some(host),
            message: rest,
            ..Parts::default()
        },
    };
    Some((Some(time), parts))
}

fn old_stamp<'a>(text: &'a str, clock: &Clock) -> Option<(Time, &'a str)> {
    if text.as_bytes().first()?.is_ascii_digit() {
        let (stamp, rest) = text.split_once(' ')?;
        let time = (stamp.contains('T') && stamp.contains(':'))
            .then(|| clock.text(stamp))
            .flatten()?;
        return Some((time, rest.trim_start()));
    }
    let (month, rest) = text.split_at_checked(3)?;
    let month = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
    .iter()
    .position(|name| *name == month)?;
    let (day, rest) = rest.trim_start().split_once(' ')?;
    let (clock_text, rest) = rest.trim_start().split_once(' ')?;
    let mut parts = clock_text.split(':');
    let mut part = || parts.next()?.parse::<i8>().ok();
    let (hour, minute) = (part()?, part()?);
    let second = parts.next()?.split('.').next()?.parse::<i8>().ok()?;
    let month = i8::try_from(month + 1).ok()?;
    let time = clock.yearless(month, day.parse().ok()?, hour, minute, second)?;
    Some((time, rest.trim_start()))
}
