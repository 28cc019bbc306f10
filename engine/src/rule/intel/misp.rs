//! A MISP feed: a folder with `manifest.json`, which names the events, and `<uuid>.json` of each.
//!
//! Attributes count when they are meant for detection (`to_ids`). `hashes.csv` holds MD5s of the
//! *values*, by which MISP finds out whether it knows one; they are no file hashes and not read.

use std::collections::BTreeMap;
use std::io::BufRead;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use super::EntryKind;
use super::csv::moment;
use super::sink::{Said, Sink};

#[derive(Deserialize)]
struct File {
    #[serde(rename = "Event")]
    event: Event,
}

#[derive(Deserialize)]
struct Event {
    #[serde(default)]
    info: String,
    #[serde(rename = "Orgc", default)]
    organisation: Option<Organisation>,
    #[serde(rename = "Attribute", default)]
    attributes: Vec<Value>,
    #[serde(rename = "Object", default)]
    objects: Vec<Object>,
}

#[derive(Deserialize)]
struct Organisation {
    #[serde(default)]
    name: String,
}

#[derive(Deserialize)]
struct Object {
    #[serde(rename = "Attribute", default)]
    attributes: Vec<Value>,
}

/// The events that a manifest names, by UUID; none when it is no manifest.
pub fn manifest(reader: impl BufRead) -> Option<Vec<String>> {
    let read: BTreeMap<String, IgnoredAny> = serde_json::from_reader(reader).ok()?;
    let hex = |byte: u8| byte.is_ascii_hexdigit() || byte == b'-';
    let uuids = read.into_keys();
    Some(
        uuids
            .filter(|uuid| uuid.len() == 36 && uuid.bytes().all(hex))
            .collect(),
    )
}

/// Reads an event of a feed.
pub(super) fn read(reader: impl BufRead, sink: &mut Sink<'_>) {
    let file: File = match serde_json::from_reader(reader) {
        Ok(file) => file,
        Err(error) => return sink.refuse(line_of(&error), format!("no MISP event: {error}")),
    };
    let event = file.event;
    let organisation = event.organisation.map(|own| own.name);
    let said = Said {
        source: organisation.filter(|name| !name.is_empty()),
        comment: Some(event.info).filter(|info| !info.is_empty()),
        ..Said::default()
    };
    let objects = event.objects.into_iter().flat_map(|own| own.attributes);
    for attribute in event.attributes.into_iter().chain(objects) {
        read_attribute(&attribute, &said, sink);
    }
}

fn line_of(error: &serde_json::Error) -> u32 {
    u32::try_from(error.line()).unwrap_or(u32::MAX)
}

fn read_attribute(attribute: &Value, event: &Said, sink: &mut Sink<'_>) {
    let text = |key: &str| attribute.get(key).and_then(Value::as_str);
    let (Some(kind), Some(value)) = (text("type"), text("value")) else {
        return sink.refuse(0, "an attribute without type or value".to_owned());
    };
    let meant = attribute.get("to_ids").is_some_and(is_true);
    if !meant {
        return sink.pass("MISP attribute that is not meant for detection (to_ids)");
    }
    let number = |key: &str| match attribute.get(key) {
        Some(Value::Number(number)) => number.as_i64().map(|number| number.to_string()),
        Some(Value::String(text)) => Some(text.clone()),
        _ => None,
    };
    let comment = text("comment").filter(|comment| !comment.is_empty());
    let said = Said {
        valid_from: number("timestamp").as_deref().and_then(moment),
        comment: comment.map(str::to_owned).or_else(|| event.comment.clone()),
        ..event.clone()
    };
    let parts = parts_of(kind, value);
    if parts.is_empty() {
        return sink.pass(&format!(
            "MISP type {}",
            kind.chars().take(40).collect::<String>()
        ));
    }
    for (kind, value) in parts {
        sink.offer(0, value, Some(kind), &said);
    }
}

fn is_true(value: &Value) -> bool {
    match value {
        Value::Bool(value) => *value,
        Value::Number(number) => number.as_i64() == Some(1),
        Value::String(text) => matches!(text.as_str(), "1" | "true"),
        _ => false,
    }
}

/// Whether attributes of a type are read.
pub fn is_attribute_read(kind: &str) -> bool {
    !parts_of(kind, "|").is_empty()
}

/// The values of an attribute by the kind that its type says; composites hold two around a `|`.
fn parts_of<'a>(kind: &str, value: &'a str) -> Vec<(EntryKind, &'a str)> {
    let one = |kind| vec![(kind, value)];
    let (before, behind) = value.split_once('|').unwrap_or((value, ""));
    match kind {
        "ip-src" | "ip-dst" => one(EntryKind::Address),
        "domain" | "hostname" => one(EntryKind::Domain),
        "url" => one(EntryKind::Url),
        "email" | "email-src" | "email-dst" | "email-reply-to" => one(EntryKind::Email),
        "md5" => one(EntryKind::Md5),
        "sha1" => one(EntryKind::Sha1),
        "sha256" => one(EntryKind::Sha256),
        "ja3-fingerprint-md5" => one(EntryKind::Ja3),
        "ja4-fingerprint" | "ja4" => one(EntryKind::Ja4),
        "ip-src|port" | "ip-dst|port" => vec![(EntryKind::Address, before)],
        "hostname|port" => vec![(EntryKind::Domain, before)],
        "domain|ip" => vec![(EntryKind::Domain, before), (EntryKind::Address, behind)],
        "filename|md5" | "malware-sample" => vec![(EntryKind::Md5, behind)],
        "filename|sha1" => vec![(EntryKind::Sha1, behind)],
        "filename|sha256" => vec![(EntryKind::Sha256, behind)],
        _ => Vec::new(),
    }
}
