//! Access logs of web servers: Apache's `common`, `combined` and `vhost_combined`, Nginx's `combined`
//! (the same line with other escapes), and Nginx's variables as JSON.
//!
//! The record of a line has the names that Sigma's webserver rules use, those of W3C's extended log
//! format; the record of JSON stays under Nginx's names.

use std::borrow::Cow;

use event::{CoreField, Fields, Kind, Leaf, Time};
use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone};

use super::address;
use super::format::Parsed;
use super::ndjson::set;
use super::stamp::{Clock, month, time_of_day};
use crate::json::Json;

/// Bytes of `30/Nov/2026:14:05:01 +0700`.
const STAMP: usize = 26;

/// The parts of a line.
struct Parts<'a> {
    vhost: Option<(&'a str, &'a str)>,
    client: &'a str,
    ident: &'a str,
    user: &'a str,
    time: Time,
    request: &'a str,
    status: &'a str,
    bytes: &'a str,
    referer: Option<&'a str>,
    agent: Option<&'a str>,
    /// What stands behind the combined fields.
    rest: &'a str,
}

/// Reads a line; nothing when it is none of an access log.
pub fn parse_line(text: &str) -> Option<Parsed> {
    let parts = parts(text.trim_end())?;
    let mut parsed = Parsed::new(Kind::WebAccess);
    parsed.time = Some(parts.time);
    let request = said(parts.request);
    let http = request.as_deref().and_then(Request::read);
    let user = said(parts.user);
    let agent = parts.agent.and_then(said);
    let core = &mut parsed.core;
    if let Some(ip) = address::ip(parts.client) {
        core.set(CoreField::SourceIp, ip);
    }
    core.set_text(CoreField::UserName, user.as_deref());
    core.set_text(CoreField::UserAgentOriginal, agent.as_deref());
    if let Ok(status) = parts.status.parse::<u64>() {
        core.set(CoreField::HttpResponseStatusCode, status);
    }
    core.set_text(CoreField::UrlDomain, parts.vhost.map(|(host, _)| host));
    if let Some(http) = &http {
        core.set_text(CoreField::HttpRequestMethod, Some(http.method));
        if let Some(domain) = http.domain() {
            core.set_text(CoreField::UrlFull, Some(http.target));
            core.set_text(CoreField::UrlDomain, Some(domain));
        }
    }
    let mut json = Json::with_capacity(text.len() + 256);
    json.open();
    json.text("timestamp", &parts.time.to_string());
    let is_address = address::ip(parts.client).is_some();
    let client = if is_address { "c-ip" } else { "c-dns" };
    json.text(client, parts.client);
    optional(&mut json, "ident", said(parts.ident).as_deref());
    optional(&mut json, "cs-username", user.as_deref());
    match &http {
        Some(http) => http.write(&mut json),
        None => optional(&mut json, "request", request.as_deref()),
    }
    if let Some((host, port)) = parts.vhost {
        json.text("cs-host", host);
        json.text("s-port", port);
    }
    optional(&mut json, "sc-status", said(parts.status).as_deref());
    optional(&mut json, "sc-bytes", said(parts.bytes).as_deref());
    optional(
        &mut json,
        "cs-referer",
        parts.referer.and_then(said).as_deref(),
    );
    optional(&mut json, "cs-user-agent", agent.as_deref());
    optional(
        &mut json,
        "extra",
        Some(parts.rest).filter(|rest| !rest.is_empty()),
    );
    json.close();
    parsed.record = Some(json.into_bytes());
    Some(parsed)
}

fn optional(json: &mut Json, key: &str, value: Option<&str>) {
    if let Some(value) = value {
        json.text(key, value);
    }
}

/// Cuts a line at its time, which alone is certain: a user's name may hold spaces.
fn parts(text: &str) -> Option<Parts<'_>> {
    let (head, time, behind) = timed(text)?;
    let (first, others) = head.split_once(' ')?;
    let vhost = first
        .rsplit_once(':')
        .filter(|(host, port)| !host.is_empty() && is_number(port) && address::ip(first).is_none());
    let (client, others) = match vhost {
        Some(_) => others.split_once(' ')?,
        None => (first, others),
    };
    let (ident, user) = others.split_once(' ')?;
    let (request, behind) = quoted(behind)?;
    let (status, behind) = word(behind.strip_prefix(' ')?);
    let (bytes, behind) = word(behind.strip_prefix(' ')?);
    let is_count = |text: &str| text == "-" || is_number(text);
    if client.is_empty() || !is_count(status) || status.len() > 3 || !is_count(bytes) {
        return None;
    }
    let combined = || {
        let (referer, behind) = quoted(behind.strip_prefix(' ')?)?;
        let (agent, behind) = quoted(behind.strip_prefix(' ')?)?;
        Some((referer, agent, behind))
    };
    let (referer, agent, rest) = match combined() {
        Some((referer, agent, rest)) => (Some(referer), Some(agent), rest),
        None => (None, None, behind),
    };
    Some(Parts {
        vhost,
        client,
        ident,
        user,
        time,
        request,
        status,
        bytes,
        referer,
        agent,
        rest: rest.trim(),
    })
}

/// The first time in brackets before a quote: what stands before it, the time, and what follows.
fn timed(text: &str) -> Option<(&str, Time, &str)> {
    let mut from = 0;
    loop {
        let at = from + text.get(from..)?.find(" [")?;
        from = at + 2;
        let rest = text.get(from..)?;
        if let Some((stamp, behind)) = rest.split_at_checked(STAMP)
            && let Some(behind) = behind.strip_prefix("] ")
            && behind.starts_with('"')
            && let Some(time) = local(stamp)
        {
            return Some((text.get(..at)?, time, behind));
        }
    }
}

/// `30/Nov/2026:14:05:01 +0700`.
fn local(stamp: &str) -> Option<Time> {
    let (date, rest) = stamp.split_once(':')?;
    let (at, offset) = rest.split_once(' ')?;
    let mut parts = date.split('/');
    let mut next = || parts.next();
    let (day, name, year) = (next()?, next()?, next()?);
    if !is_number(day) || !is_number(year) || year.len() != 4 {
        return None;
    }
    let date = Date::new(year.parse().ok()?, month(name)?, day.parse().ok()?).ok()?;
    let (east, digits) = match offset.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    let (hours, minutes) = digits.split_at_checked(2)?;
    if !is_number(hours) || !is_number(minutes) || minutes.len() != 2 {
        return None;
    }
    let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
    let seconds = east * (hours * 3_600 + minutes * 60);
    let zone = TimeZone::fixed(Offset::from_seconds(seconds).ok()?);
    let stamp = zone.to_timestamp(date.to_datetime(time_of_day(at)?)).ok()?;
    Some(Time::from(stamp))
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn word(text: &str) -> (&str, &str) {
    let end = text.find(' ').unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

/// The text between quotes as it is written, and what follows it.
fn quoted(text: &str) -> Option<(&str, &str)> {
    let inside = text.strip_prefix('"')?;
    let mut escaped = false;
    let end = inside.bytes().position(|byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    })?;
    let (value, behind) = inside.split_at_checked(end)?;
    Some((value, behind.strip_prefix('"')?))
}

/// What a field says; `-` and nothing say nothing. Its escapes are undone when that gives text without
/// control characters, else it stays as written.
fn said(field: &str) -> Option<Cow<'_, str>> {
    if matches!(field, "" | "-" | "\"\"") {
        return None;
    }
    if !field.contains('\\') {
        return Some(Cow::Borrowed(field));
    }
    let undone = unescaped(field).filter(|text| !text.chars().any(char::is_control));
    Some(undone.map_or(Cow::Borrowed(field), Cow::Owned))
}

/// `\"`, `\\`, `\n`, `\t` and `\xhh`; nothing when another escape stands there.
fn unescaped(field: &str) -> Option<String> {
    let mut out = Vec::with_capacity(field.len());
    let mut bytes = field.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'\\' {
            out.push(byte);
            continue;
        }
        out.push(match bytes.next()? {
            b'n' => b'\n',
            b't' => b'\t',
            b'r' => b'\r',
            b'x' => digit(bytes.next()?)? << 4 | digit(bytes.next()?)?,
            other @ (b'"' | b'\\') => other,
            _ => return None,
        });
    }
    String::from_utf8(out).ok()
}

fn digit(byte: u8) -> Option<u8> {
    let value = char::from(byte).to_digit(16)?;
    u8::try_from(value).ok()
}

/// A request line of HTTP.
struct Request<'a> {
    method: &'a str,
    target: &'a str,
    version: Option<&'a str>,
}

impl<'a> Request<'a> {
    /// `GET /a HTTP/1.1`; a target may hold spaces, and HTTP/0.9 has no version.
    fn read(text: &'a str) -> Option<Self> {
        let (method, rest) = text.split_once(' ')?;
        let is_token =
            |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || b"-_".contains(&byte);
        if !method.starts_with(|first: char| first.is_ascii_uppercase())
            || method.len() > 32
            || !method.bytes().all(is_token)
        {
            return None;
        }
        let versioned = rest
            .rsplit_once(' ')
            .filter(|(_, version)| version.starts_with("HTTP/"));
        let (target, version) = match versioned {
            Some((target, version)) => (target, Some(version)),
            None => (rest, None),
        };
        let plain = version.is_some() || target.starts_with('/') || target.contains("://");
        (plain && !target.trim().is_empty()).then_some(Self {
            method,
            target,
            version,
        })
    }

    /// Scheme and authority come off; an authority alone (CONNECT) has no path.
    fn path(&self) -> Option<&'a str> {
        if self.target.starts_with('/') || self.target == "*" {
            return Some(self.target);
        }
        let (_, rest) = self.target.split_once("://")?;
        let start = rest.find(['/', '?']).unwrap_or(rest.len());
        rest.get(start..)
    }

    /// The host of the absolute form.
    fn domain(&self) -> Option<&'a str> {
        if self.target.starts_with('/') {
            return None;
        }
        let (_, rest) = self.target.split_once("://")?;
        let authority = rest.split(['/', '?']).next()?;
        let host = authority
            .rsplit_once('@')
            .map_or(authority, |(_, host)| host);
        let host = without_port(host);
        (!host.is_empty()).then_some(host)
    }

    fn write(&self, json: &mut Json) {
        json.text("cs-method", self.method);
        json.text("cs-uri", self.target);
        if let Some(path) = self.path() {
            let (stem, query) = path.split_once('?').unwrap_or((path, ""));
            json.text("cs-uri-stem", stem);
            optional(
                json,
                "cs-uri-query",
                Some(query).filter(|query| !query.is_empty()),
            );
        }
        optional(json, "cs-version", self.version);
    }
}

/// `cong.vn.example:443` without its port.
fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if is_number(port) && !name.ends_with(':') => name,
        _ => host,
    }
}

/// Where Nginx's variables hold what the core wants.
const PATHS: &[(&str, CoreField)] = &[
    ("remote_addr", CoreField::SourceIp),
    ("remote_user", CoreField::UserName),
    ("request_method", CoreField::HttpRequestMethod),
    ("status", CoreField::HttpResponseStatusCode),
    ("http_user_agent", CoreField::UserAgentOriginal),
];

/// Whether an object has the variables that tell Nginx's JSON.
pub(super) fn is_record(fields: &Fields) -> bool {
    let has = |path: &str| fields.at(path).next().is_some();
    has("remote_addr") && (has("request_uri") || has("request"))
}

/// Reads Nginx's variables.
pub(super) fn object(fields: &Fields, clock: &Clock) -> Parsed {
    let text = |path: &'static str| fields.at(path).find_map(Leaf::text);
    let mut parsed = Parsed::new(Kind::WebAccess);
    let stamp = || text("time_local").and_then(|stamp| local(&stamp));
    parsed.time = ["time_iso8601", "msec"]
        .into_iter()
        .find_map(|key| fields.at(key).find_map(|leaf| clock.leaf(leaf)))
        .or_else(stamp);
    for (path, field) in PATHS {
        let leaf = fields.at(path).next();
        if let Some(leaf) = leaf.filter(|leaf| *leaf != Leaf::Text("-")) {
            set(&mut parsed.core, *field, leaf);
        }
    }
    let core = &mut parsed.core;
    let host = text("http_host").or_else(|| text("host"));
    core.set_text(CoreField::UrlDomain, host.as_deref().map(without_port));
    let line = text("request");
    if let Some(request) = line.as_deref().and_then(Request::read) {
        core.set_text(CoreField::HttpRequestMethod, Some(request.method));
        if let Some(domain) = request.domain() {
            core.set_text(CoreField::UrlFull, Some(request.target));
            core.set_text(CoreField::UrlDomain, Some(domain));
        }
    }
    parsed
}
