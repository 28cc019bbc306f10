//! JSON lines of a vocabulary that we do not know: kept as they are, with the time and the core
//! fields that their keys give away.

use event::{CoreField, CoreType, Fields, Kind, Leaf};

use super::address;
use super::format::Parsed;
use super::stamp::Clock;

/// Keys that hold the time of an event, the likeliest first.
const TIMES: &[&str] = &[
    "@timestamp",
    "timestamp",
    "time",
    "ts",
    "eventTime",
    "EventTime",
    "event_time",
    "datetime",
    "date",
    "_time",
    "created_at",
    "createdAt",
    // Microsoft 365, Okta, Kubernetes, Azure, OpenCanary, Bitbucket.
    "CreationTime",
    "published",
    "requestReceivedTimestamp",
    "stageTimestamp",
    "TimeGenerated",
    "createdDateTime",
    "utc_time",
    "local_time",
    "timestamp.epochSecond",
];

/// Names that others use for core fields.
const ALIASES: &[(&str, CoreField)] = &[
    ("src_ip", CoreField::SourceIp),
    ("srcip", CoreField::SourceIp),
    ("client_ip", CoreField::SourceIp),
    ("remote_addr", CoreField::SourceIp),
    ("src_port", CoreField::SourcePort),
    ("srcport", CoreField::SourcePort),
    ("dest_ip", CoreField::DestinationIp),
    ("dst_ip", CoreField::DestinationIp),
    ("dstip", CoreField::DestinationIp),
    ("dest_port", CoreField::DestinationPort),
    ("dst_port", CoreField::DestinationPort),
    ("dstport", CoreField::DestinationPort),
    ("hostname", CoreField::HostName),
    ("host", CoreField::HostName),
    ("user", CoreField::UserName),
    ("username", CoreField::UserName),
    ("msg", CoreField::Message),
];

/// Reads time and core fields of a JSON line.
pub(super) fn parse(fields: &Fields, clock: &Clock) -> Parsed {
    let mut parsed = Parsed::new(Kind::Json);
    parsed.time = TIMES
        .iter()
        .find_map(|key| fields.at(key).find_map(|leaf| clock.leaf(leaf)))
        .or_else(|| fields.at("msg").find_map(Leaf::text).and_then(audited));
    for (path, leaf) in fields.iter() {
        if let Some(field) = CoreField::from_name(path) {
            set(&mut parsed.core, field, leaf);
        }
    }
    for (alias, field) in ALIASES {
        if parsed.core.first(*field).is_none()
            && let Some(leaf) = fields.at(alias).next()
        {
            set(&mut parsed.core, *field, leaf);
        }
    }
    parsed
}

/// The time in auditd's `audit(1704067200.000:1)`.
fn audited(text: std::borrow::Cow<'_, str>) -> Option<event::Time> {
    let (stamp, _) = text.strip_prefix("audit(")?.split_once(':')?;
    let (seconds, millis) = stamp.split_once('.')?;
    let millis = millis
        .parse::<u32>()
        .ok()
        .filter(|millis| *millis < 1_000)?;
    Some(event::Time::from_seconds(
        seconds.parse().ok()?,
        millis * 1_000,
    ))
}

/// Sets a core field from a leaf whose value fits.
pub(super) fn set(core: &mut event::Core, field: CoreField, leaf: Leaf<'_>) {
    match field.kind() {
        CoreType::Ip => {
            if let Leaf::Text(text) = leaf
                && let Some(ip) = address::ip(text)
            {
                core.set(field, ip);
            }
        }
        CoreType::Number => {
            let number = match leaf {
                Leaf::Int(number) => u64::try_from(number).ok(),
                Leaf::Unsigned(number) => Some(number),
                Leaf::Text(text) => text.trim().parse().ok(),
                _ => None,
            };
            if let Some(number) = number {
                core.set(field, number);
            }
        }
        CoreType::Text => {
            if let Some(text) = leaf.text() {
                core.set_text(field, Some(&text));
            }
        }
    }
}
