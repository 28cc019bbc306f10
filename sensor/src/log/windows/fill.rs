//! Core fields of a flat Windows record.

use event::{Core, CoreField};
use serde_json::{Map, Value};

use crate::log::address;

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

pub(super) fn fill(core: &mut Core, flat: &Map<String, Value>) {
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
