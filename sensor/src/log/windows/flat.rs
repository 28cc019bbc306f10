//! Wrappers of Windows events: off, so that what is left are the names of System and EventData.

use serde_json::{Map, Value};

/// Takes the wrappers off.
pub(in crate::log) fn flatten(mut source: Map<String, Value>) -> Map<String, Value> {
    let mut flat = Map::new();
    if let Some(Value::Object(event)) = source.remove("Event") {
        event_xml(event, &mut flat);
    } else if let Some(Value::Object(winlog)) = source.remove("winlog") {
        winlogbeat(winlog, &mut flat);
        beat_common(&mut source, &mut flat);
    } else if source.contains_key("event_data") || source.contains_key("log_name") {
        let time = source.remove("@timestamp");
        winlogbeat(source, &mut flat);
        if let Some(time) = time {
            flat.insert("@timestamp".into(), time);
        }
    } else {
        for (key, value) in source {
            put(&mut flat, &key, value);
        }
        nxlog(&mut flat);
    }
    flat
}

/// NXLog has an EventType of its own (INFO, AUDIT_FAILURE) and keeps the event's beside it, under a
/// name that it spells so. What it calls otherwise in System gets the name that System has.
fn nxlog(flat: &mut Map<String, Value>) {
    if let Some(own) = flat.remove("EventTypeOrignal") {
        flat.insert("EventType".to_owned(), own);
    }
    for (theirs, ours) in [
        ("Hostname", "Computer"),
        ("SourceName", "Provider_Name"),
        ("ProviderGuid", "Provider_Guid"),
        ("RecordNumber", "EventRecordID"),
        ("ExecutionProcessID", "Execution_ProcessID"),
    ] {
        if flat.contains_key("EventID")
            && !flat.contains_key(ours)
            && let Some(value) = flat.remove(theirs)
        {
            flat.insert(ours.to_owned(), value);
        }
    }
}

/// What System says of the event; what a program puts into its data under these names must not pass
/// for it.
const IDENTITY: [&str; 6] = [
    "EventID",
    "Channel",
    "Computer",
    "Provider_Name",
    "EventRecordID",
    "TimeCreated_SystemTime",
];

/// `Event.System`, `Event.EventData` and `Event.UserData`.
fn event_xml(mut event: Map<String, Value>, flat: &mut Map<String, Value>) {
    if let Some(Value::Object(system)) = event.remove("System") {
        for (key, value) in system {
            element(flat, &key, value);
        }
    }
    for key in ["EventID", "EventRecordID"] {
        if let Some(value) = flat.get_mut(key) {
            *value = numeric(value.take());
        }
    }
    let mut data = Map::new();
    if let Some(Value::Object(parts)) = event.remove("EventData") {
        for (key, value) in parts {
            match &*key {
                "#attributes" | "#text" => {}
                "Data" => named(&mut data, value),
                _ if key.starts_with('@') => {}
                _ => element(&mut data, &key, value),
            }
        }
    }
    // UserData holds one element of the provider's own, whose children are the fields.
    if let Some(Value::Object(parts)) = event.remove("UserData") {
        for inner in parts.into_iter().filter_map(|(_, inner)| match inner {
            Value::Object(inner) => Some(inner),
            _ => None,
        }) {
            let fields = inner
                .into_iter()
                .filter(|(key, _)| key != "#attributes" && !key.starts_with('@'));
            fields.for_each(|(key, value)| element(&mut data, &key, value));
        }
    }
    under(flat, data);
    if let Some(Value::Object(mut rendered)) = event.remove("RenderingInfo")
        && let Some(message) = rendered.remove("Message")
    {
        flat.entry("Message").or_insert(message);
    }
}

/// Puts an event's data beside what System says.
fn under(flat: &mut Map<String, Value>, data: Map<String, Value>) {
    for (key, value) in data {
        if IDENTITY.contains(&&*key) {
            flat.insert(format!("EventData_{key}"), value);
        } else {
            flat.insert(key, value);
        }
    }
}

/// `Data` elements: with a name a field each, without one an array.
fn named(data: &mut Map<String, Value>, value: Value) {
    let mut plain = Vec::new();
    let items = match value {
        Value::Array(items) => items,
        other => return named_one(data, other),
    };
    for item in items {
        match item {
            Value::Object(_) => named_one(data, item),
            other => plain.push(other),
        }
    }
    if !plain.is_empty() {
        data.insert("Data".to_owned(), Value::Array(plain));
    }
}

fn named_one(data: &mut Map<String, Value>, value: Value) {
    let Value::Object(mut parts) = value else {
        return put(data, "Data", value);
    };
    let attributes = parts.get("#attributes");
    let name = match parts.get("@Name").or_else(|| attributes?.get("Name")) {
        Some(Value::String(name)) => name.clone(),
        _ => return element(data, "Data", Value::Object(parts)),
    };
    let text = parts.remove("#text").unwrap_or(Value::Null);
    let name: String = name.chars().filter(|letter| *letter != ' ').collect();
    match data.get_mut(&name) {
        Some(Value::Array(values)) => values.push(text),
        Some(held) => *held = Value::Array(vec![held.take(), text]),
        None => drop(data.insert(name, text)),
    }
}

/// An XML element: text, or attributes and text.
fn element(flat: &mut Map<String, Value>, key: &str, value: Value) {
    let Value::Object(mut parts) = value else {
        return put(flat, key, value);
    };
    let mut attributes = Vec::new();
    if let Some(Value::Object(held)) = parts.remove("#attributes") {
        attributes.extend(held);
    }
    let text = parts.remove("#text");
    let (marked, others): (Map<_, _>, Map<_, _>) =
        parts.into_iter().partition(|(key, _)| key.starts_with('@'));
    attributes.extend(
        marked
            .into_iter()
            .map(|(key, value)| (key.trim_start_matches('@').to_owned(), value))
            .filter(|(key, _)| key != "xmlns"),
    );
    if attributes.is_empty() && text.is_none() && !others.is_empty() {
        return put(flat, key, Value::Object(others));
    }
    for (name, value) in attributes {
        put(flat, &format!("{key}_{name}"), value);
    }
    if let Some(text) = text.filter(|text| !text.is_null()) {
        put(flat, key, text);
    }
}

/// The `winlog` object of Winlogbeat 7 and 8, or the top of version 6.
fn winlogbeat(mut winlog: Map<String, Value>, flat: &mut Map<String, Value>) {
    let mut data = Map::new();
    for part in ["event_data", "user_data"] {
        if let Some(Value::Object(part)) = winlog.remove(part) {
            for (key, value) in part {
                put(&mut data, &key, value);
            }
        }
    }
    under(flat, data);
    for (theirs, ours) in [
        ("channel", "Channel"),
        ("log_name", "Channel"),
        ("event_id", "EventID"),
        ("provider_name", "Provider_Name"),
        ("source_name", "Provider_Name"),
        ("provider_guid", "Provider_Guid"),
        ("computer_name", "Computer"),
        ("record_id", "EventRecordID"),
        ("record_number", "EventRecordID"),
        ("task", "Task"),
        ("opcode", "Opcode"),
        ("level", "Level"),
        ("version", "Version"),
        ("message", "Message"),
        ("activity_id", "Correlation_ActivityID"),
        ("time_created", "TimeCreated_SystemTime"),
    ] {
        if let Some(value) = winlog.remove(theirs)
            && !flat.contains_key(ours)
        {
            let value = if matches!(ours, "EventID" | "EventRecordID") {
                numeric(value)
            } else {
                value
            };
            flat.insert(ours.to_owned(), value);
        }
    }
    if let Some(Value::Object(process)) = winlog.remove("process") {
        if let Some(pid) = process.get("pid") {
            flat.insert("Execution_ProcessID".into(), pid.clone());
        }
        if let Some(thread) = process.get("thread").and_then(|thread| thread.get("id")) {
            flat.insert("Execution_ThreadID".into(), thread.clone());
        }
    }
    if let Some(Value::String(identifier)) =
        winlog.get("user").and_then(|user| user.get("identifier"))
    {
        let identifier = Value::String(identifier.clone());
        flat.insert("Security_UserID".into(), identifier);
    }
}

/// What Beats put beside `winlog`.
fn beat_common(source: &mut Map<String, Value>, flat: &mut Map<String, Value>) {
    for (theirs, ours) in [("@timestamp", "@timestamp"), ("message", "Message")] {
        if let Some(value) = source.remove(theirs) {
            flat.entry(ours).or_insert(value);
        }
    }
    if !flat.contains_key("Computer")
        && let Some(Value::String(name)) = source.get("host").and_then(|host| host.get("name"))
    {
        flat.insert("Computer".into(), Value::String(name.clone()));
    }
}

/// Winlogbeat writes event ids as text in some versions.
fn numeric(value: Value) -> Value {
    match &value {
        Value::String(text) => text.parse::<u64>().map_or(value, Value::from),
        _ => value,
    }
}

fn put(flat: &mut Map<String, Value>, key: &str, value: Value) {
    let key: String = key.chars().filter(|letter| *letter != ' ').collect();
    flat.insert(key, value);
}
