//! The older syslog as it is really written: RFC 3164, rsyslog's forms with an RFC 3339 stamp, and the
//! stamps of Cisco's devices.
//!
//! A stamp without a year is in the latest year in which the date exists and lies at most a day after
//! now; one without a zone, or with a name of a zone other than UTC, is in the source's.

use event::Time;
use jiff::civil::Date;

use super::{MAX_NAME, Parts};
use crate::log::address;
use crate::log::stamp::{Clock, month, time_of_day};

/// Reads what stands behind the priority; nothing without a time.
pub(super) fn parts<'a>(text: &'a str, clock: &Clock) -> Option<Parts<'a>> {
    if let Some((time, rest)) = stamp(text, clock) {
        return Some(headed(time, rest));
    }
    cisco(text, clock)
}

/// Host, tag and message behind a stamp (§4.1.2, §4.1.3).
fn headed(time: Time, rest: &str) -> Parts<'_> {
    let parts = Parts {
        time: Some(time),
        ..Parts::default()
    };
    // ASA without `logging device-id`: no host, and the mnemonic at once.
    if let Some(message) = mnemonic(rest) {
        return Parts { message, ..parts };
    }
    let Some((host, behind)) = rest.split_once(' ') else {
        return tagged(rest, parts);
    };
    // A word that ends with a colon is the tag of a message that was sent without a host.
    if host.ends_with(':') && address::ip(host).is_none() {
        return tagged(rest, parts);
    }
    let parts = Parts {
        hostname: (!host.is_empty()).then_some(host),
        ..parts
    };
    match mnemonic(behind) {
        Some(message) => Parts { message, ..parts },
        None => tagged(behind.trim_start(), parts),
    }
}

/// A message of a Cisco begins with its mnemonic, perhaps behind a colon: `: %ASA-6-302013: …`.
fn mnemonic(text: &str) -> Option<&str> {
    let message = text.trim_start().trim_start_matches(':').trim_start();
    message.starts_with('%').then_some(message)
}

/// `program[pid]: message`; without the colon there is no program, only a message.
fn tagged<'a>(text: &'a str, parts: Parts<'a>) -> Parts<'a> {
    let plain = Parts {
        message: text,
        ..parts.clone()
    };
    let end = text.find(|letter: char| !is_name(letter));
    let Some((program, after)) = text.split_at_checked(end.unwrap_or(text.len())) else {
        return plain;
    };
    let (process, after) = match after
        .strip_prefix('[')
        .and_then(|rest| rest.split_once(']'))
    {
        Some((process, after)) => (Some(process), after),
        None => (None, after),
    };
    let believed = !program.is_empty() && program.len() <= MAX_NAME;
    match after.trim_start().strip_prefix(':').filter(|_| believed) {
        Some(message) => Parts {
            program: Some(program),
            process: process.filter(|process| !process.is_empty()),
            message: message.strip_prefix(' ').unwrap_or(message),
            ..parts
        },
        None => plain,
    }
}

fn is_name(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || "-_./@()".contains(letter)
}

/// `45: host: *Mar  1 18:46:11.123 UTC: %SYS-5-CONFIG_I: …`: a number, perhaps the device's name, and
/// a mark that the clock is not set (`*`) or has lost its server (`.`).
fn cisco<'a>(text: &'a str, clock: &Clock) -> Option<Parts<'a>> {
    let (sequence, rest) = text.split_once(": ")?;
    if sequence.is_empty() || !sequence.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let marked = |text: &'a str| {
        let text = text.trim_start();
        stamp(text.strip_prefix(['*', '.']).unwrap_or(text), clock)
    };
    let (hostname, (time, rest)) = match marked(rest) {
        Some(found) => (None, found),
        None => {
            let (host, rest) = rest.split_once(": ")?;
            let believed = host.len() <= 255 && !host.contains(' ');
            (Some(host).filter(|_| believed), marked(rest)?)
        }
    };
    Some(Parts {
        time: Some(time),
        hostname,
        sequence: Some(sequence),
        message: mnemonic(rest).unwrap_or(rest),
        ..Parts::default()
    })
}

/// A stamp and what follows it.
fn stamp<'a>(text: &'a str, clock: &Clock) -> Option<(Time, &'a str)> {
    if text.as_bytes().first()?.is_ascii_digit() {
        let (stamp, rest) = text.split_once(' ')?;
        let dated = stamp.contains('T') && stamp.contains(':');
        let time = dated.then(|| clock.text(stamp)).flatten()?;
        return Some((time, rest.trim_start()));
    }
    let (name, rest) = text.split_at_checked(3)?;
    let month = month(name)?;
    let (day, rest) = word(rest.strip_prefix(' ')?)?;
    let day = day.parse().ok()?;
    let (next, after) = word(rest)?;
    // `service timestamps … year`: the year stands before or behind nothing else than the day.
    let (year, at, rest) = match next.parse::<i16>() {
        Ok(year) if next.len() == 4 => {
            let (at, rest) = word(after)?;
            (Some(year), at, rest)
        }
        _ => (None, next, after),
    };
    let (at, closed) = match at.strip_suffix(':') {
        Some(at) => (at, true),
        None => (at, false),
    };
    let at = time_of_day(at)?;
    let (utc, rest) = if closed { (false, rest) } else { zone(rest) };
    let time = match year {
        Some(year) => {
            let local = Date::new(year, month, day).ok()?.to_datetime(at);
            if utc {
                let stamp = jiff::tz::TimeZone::UTC.to_timestamp(local).ok()?;
                Time::from(stamp)
            } else {
                clock.civil(local)?
            }
        }
        None if utc => clock.yearless_utc(month, day, at)?,
        None => clock.yearless(month, day, at)?,
    };
    Some((time, rest))
}

/// The next word, and what follows it.
fn word(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_start_matches(' ');
    if text.is_empty() {
        return None;
    }
    let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
    Some((word, rest.trim_start_matches(' ')))
}

/// The name of a zone and a colon before a mnemonic, as Cisco's devices write it: whether it is UTC.
fn zone(rest: &str) -> (bool, &str) {
    let Some((name, behind)) = rest.split_once(':') else {
        return (false, rest);
    };
    let named = (1..=5).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_uppercase());
    if !named || !behind.trim_start().starts_with('%') {
        return (false, rest);
    }
    (matches!(name, "UTC" | "GMT" | "Z"), behind.trim_start())
}
