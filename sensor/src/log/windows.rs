//! Windows events of every wrapping as one flat record: the names of System and EventData, without
//! blanks, attributes joined by `_` (DESIGN §2, Record).
//!
//! Read are Winlogbeat (6 to 8), NXLog's flat JSON, and the `Event.System/EventData` form that
//! evtx_dump and our own EVTX reader write. Numbers stay numbers where the source had numbers.

use event::{Core, CoreField, Kind};
use serde_json::{Map, Value};

use super::address;
use super::format::Parsed;
use super::stamp::Clock;

/// Keys that hold an event's time, the surest first.
const TIMES: &[&str] = &[
    "TimeCreated_SystemTime",
    "@timestamp",
    "EventTime",
    "TimeCreated",
    "UtcTime",
    "EventReceivedTime",
];

/// Reads an event of any of the forms.
///
/// # Errors
/// A line that is not a JSON object.
pub fn parse_line(text: &str) -> Result<Parsed, &'static str> {
    let clock = Clock {
        zone: jiff::tz::TimeZone::UTC,
        now: event::Time::EPOCH,
    };
    parse(text, &clock)
}

pub(super) fn parse(text: &str, clock: &Clock) -> Result<Parsed, &'static str> {
    let source: Map<String, Value> = serde_json::from_str(text).map_err(|_| "not valid JSON")?;
    Ok(event_of(flatten(source), clock))
}

/// Makes an event of a flat record.
pub(super) fn event_of(flat: Map<String, Value>, clock: &Clock) -> Parsed {
    let mut parsed = Parsed::new(kind_of(&flat));
    parsed.time = TIMES
        .iter()
        .find_map(|key| flat.get(*key).and_then(|value| time(value, clock)));
    fill(&mut parsed.core, &flat);
    parsed.record = serde_json::to_vec(&flat).ok();
    parsed
}

fn time(value: &Value, clock: &Clock) -> Option<event::Time> {
    match value {
        Value::String(text) => clock.text(text),
        Value::Number(number) => clock.text(&number.to_string()),
        _ => None,
    }
}

/// Takes the wrappers off.
pub(super) fn flatten(mut source: Map<String, Value>) -> Map<String, Value> {
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
/// name that it spells so.
fn nxlog(flat: &mut Map<String, Value>) {
    if let Some(own) = flat.remove("EventTypeOrignal") {
        flat.insert("EventType".to_owned(), own);
    }
}

/// `Event.System`, `Event.EventData` and `Event.UserData`.
fn event_xml(mut event: Map<String, Value>, flat: &mut Map<String, Value>) {
    if let Some(Value::Object(system)) = event.remove("System") {
        for (key, value) in system {
            element(flat, &key, value);
        }
    }
    if let Some(Value::Object(data)) = event.remove("EventData") {
        for (key, value) in data {
            if key != "#attributes" {
                element(flat, &key, value);
            }
        }
    }
    // UserData holds one element of the provider's own, whose children are the fields.
    if let Some(Value::Object(data)) = event.remove("UserData") {
        for (_, inner) in data {
            if let Value::Object(inner) = inner {
                for (key, value) in inner {
                    if key != "#attributes" {
                        element(flat, &key, value);
                    }
                }
            }
        }
    }
}

/// An XML element: text, or attributes and text.
fn element(flat: &mut Map<String, Value>, key: &str, value: Value) {
    let Value::Object(mut parts) = value else {
        return put(flat, key, value);
    };
    let attributes = parts.remove("#attributes");
    let text = parts.remove("#text");
    if attributes.is_none() && text.is_none() && !parts.is_empty() {
        return put(flat, key, Value::Object(parts));
    }
    if let Some(Value::Object(attributes)) = attributes {
        for (name, value) in attributes {
            put(flat, &format!("{key}_{name}"), value);
        }
    }
    if let Some(text) = text {
        put(flat, key, text);
    }
}

/// The `winlog` object of Winlogbeat 7 and 8, or the top of version 6.
fn winlogbeat(mut winlog: Map<String, Value>, flat: &mut Map<String, Value>) {
    for data in ["event_data", "user_data"] {
        if let Some(Value::Object(data)) = winlog.remove(data) {
            for (key, value) in data {
                put(flat, &key, value);
            }
        }
    }
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

/// The kind by channel, else by provider; letters' case does not matter.
fn kind_of(flat: &Map<String, Value>) -> Kind {
    let text = |key: &str| match flat.get(key) {
        Some(Value::String(text)) => text.to_ascii_lowercase(),
        _ => String::new(),
    };
    match &*text("Channel") {
        "security" => return Kind::WindowsSecurity,
        "system" => return Kind::WindowsSystem,
        "microsoft-windows-sysmon/operational" => return Kind::WindowsSysmon,
        "microsoft-windows-powershell/operational"
        | "powershellcore/operational"
        | "windows powershell" => return Kind::WindowsPowershell,
        "" => {}
        _ => return Kind::WindowsOther,
    }
    for key in ["Provider_Name", "SourceName"] {
        match &*text(key) {
            "microsoft-windows-sysmon" => return Kind::WindowsSysmon,
            "microsoft-windows-security-auditing" => return Kind::WindowsSecurity,
            "microsoft-windows-powershell" | "powershell" => return Kind::WindowsPowershell,
            _ => {}
        }
    }
    Kind::WindowsOther
}

/// Text of a field, as long as it says something.
fn text<'a>(flat: &'a Map<String, Value>, keys: &[&str]) -> Option<&'a str> {
    keys.iter().find_map(|key| match flat.get(*key) {
        Some(Value::String(text)) if !matches!(text.trim(), "" | "-") => Some(text.trim()),
        _ => None,
    })
}

/// A whole number: JSON's, decimal text, or hex text such as `0x1a4`.
fn whole(flat: &Map<String, Value>, keys: &[&str]) -> Option<u64> {
    keys.iter().find_map(|key| match flat.get(*key) {
        Some(Value::Number(number)) => number.as_u64(),
        Some(Value::String(text)) => match text.trim().strip_prefix("0x") {
            Some(digits) => u64::from_str_radix(digits, 16).ok(),
            None => text.trim().parse().ok(),
        },
        _ => None,
    })
}

fn fill(core: &mut Core, flat: &Map<String, Value>) {
    let id = whole(flat, &["EventID"]).unwrap_or(0);
    core.set_text(
        CoreField::HostName,
        text(flat, &["Computer", "Hostname", "host.name"]),
    );
    user(core, flat, id);
    process(core, flat);
    for (field, keys) in [
        (
            CoreField::SourceIp,
            &["SourceIp", "IpAddress", "SourceAddress", "ClientAddress"][..],
        ),
        (
            CoreField::DestinationIp,
            &["DestinationIp", "DestAddress", "DestinationAddress"][..],
        ),
    ] {
        if let Some(ip) = text(flat, keys).and_then(address::ip) {
            core.set(field, ip);
        }
    }
    for (field, keys) in [
        (CoreField::SourcePort, &["SourcePort", "IpPort"][..]),
        (
            CoreField::DestinationPort,
            &["DestinationPort", "DestPort"][..],
        ),
    ] {
        if let Some(port) = whole(flat, keys) {
            core.set(field, port);
        }
    }
    let path = text(flat, &["TargetFilename", "ObjectName", "ImageLoaded"]);
    core.set_text(CoreField::FilePath, path);
    core.set_text(CoreField::FileName, path.and_then(base_name));
    if let Some(hashes) = text(flat, &["Hashes", "Hash"]) {
        hashes_of(core, hashes);
    }
    core.set_text(CoreField::DnsQuestionName, text(flat, &["QueryName"]));
    core.set_text(CoreField::Message, text(flat, &["Message"]));
    let (action, outcome) = meaning(core, id, flat);
    core.set_text(CoreField::EventAction, action);
    core.set_text(CoreField::EventOutcome, outcome);
}

fn user(core: &mut Core, flat: &Map<String, Value>, id: u64) {
    let target = text(flat, &["TargetUserName", "TargetUser"]);
    // Whoever logs on is the event's user; elsewhere the target is somebody else.
    let logon = matches!(id, 4624 | 4625 | 4634 | 4647 | 4768 | 4769 | 4771 | 4776);
    let (name, domain) = if logon {
        (target, text(flat, &["TargetDomainName"]))
    } else {
        let name = text(flat, &["SubjectUserName", "User", "AccountName"]);
        core.set_text(CoreField::UserTargetName, target);
        (name, text(flat, &["SubjectDomainName", "Domain"]))
    };
    let Some(name) = name else {
        return;
    };
    let (domain, name) = match name.split_once('\\') {
        Some((domain, name)) => (Some(domain), name),
        None => (domain, name),
    };
    core.set_text(CoreField::UserName, Some(name));
    core.set_text(CoreField::UserDomain, domain);
}

fn process(core: &mut Core, flat: &Map<String, Value>) {
    let image = text(
        flat,
        &[
            "NewProcessName",
            "Image",
            "SourceImage",
            "ProcessName",
            "Application",
        ],
    );
    core.set_text(CoreField::ProcessExecutable, image);
    core.set_text(CoreField::ProcessName, image.and_then(base_name));
    core.set_text(
        CoreField::ProcessCommandLine,
        text(flat, &["CommandLine", "ProcessCommandLine"]),
    );
    if let Some(pid) = whole(flat, &["NewProcessId", "ProcessId", "ProcessID"]) {
        core.set(CoreField::ProcessPid, pid);
    }
    core.set_text(
        CoreField::ProcessParentExecutable,
        text(flat, &["ParentImage", "ParentProcessName"]),
    );
}

fn base_name(path: &str) -> Option<&str> {
    path.rsplit(['\\', '/']).next()
}

/// Sysmon's `SHA1=…,MD5=…,SHA256=…`.
fn hashes_of(core: &mut Core, hashes: &str) {
    for part in hashes.split(',') {
        let Some((kind, value)) = part.split_once('=') else {
            continue;
        };
        let field = match kind.trim().to_ascii_uppercase().as_str() {
            "MD5" => CoreField::FileHashMd5,
            "SHA1" => CoreField::FileHashSha1,
            "SHA256" => CoreField::FileHashSha256,
            _ => continue,
        };
        let value = value.trim().to_ascii_lowercase();
        core.set_text(field, Some(&value));
    }
}

/// Action and outcome of the few events that everybody asks for.
fn meaning(
    core: &Core,
    id: u64,
    flat: &Map<String, Value>,
) -> (Option<&'static str>, Option<&'static str>) {
    let sysmon = text(flat, &["Channel", "Provider_Name", "SourceName"])
        .is_some_and(|channel| channel.to_ascii_lowercase().contains("sysmon"));
    if sysmon {
        let action = match id {
            1 => "process_created",
            3 => "network_connection",
            5 => "process_ended",
            11 => "file_created",
            22 => "dns_query",
            _ => return (None, None),
        };
        return (Some(action), None);
    }
    // The ids below are those of the Security log.
    if core.first(CoreField::HostName).is_none() && id == 0 {
        return (None, None);
    }
    match id {
        4624 => (Some("logon"), Some("success")),
        4625 => (Some("logon"), Some("failure")),
        4634 | 4647 => (Some("logoff"), Some("success")),
        4688 => (Some("process_created"), None),
        4720 => (Some("user_created"), None),
        4726 => (Some("user_deleted"), None),
        1102 => (Some("log_cleared"), None),
        7045 => (Some("service_installed"), None),
        _ => (None, None),
    }
}
