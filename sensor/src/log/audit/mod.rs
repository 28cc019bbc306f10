//! Records of the Linux audit system, as auditd writes them, as audispd and the kernel send them
//! through syslog, raw and enriched.
//!
//! One event has many records of one (node, time, serial): [`join`] gathers them, [`event`] lays their
//! fields flat. A field that several records bear holds the different values in their order, each once.

mod fields;
mod join;
mod syscall;
mod types;

use std::borrow::Cow;

use event::{CoreField, Kind, Time};

use self::fields::Flat;
use crate::json::Json;

use super::address;
use super::format::Parsed;

pub(crate) use self::join::{Ended, Joiner};

/// One record: what identifies its event, its type, and its fields as they stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line<'a> {
    pub(super) node: Option<&'a str>,
    pub(super) kind: Cow<'a, str>,
    pub(super) time: Time,
    pub(super) serial: u64,
    pub(super) body: &'a str,
    /// All of it, to be read again.
    pub(super) text: &'a str,
}

/// Reads `[node=N ]type=T msg=audit(S.mmm:serial): …`, and the kernel's `type=1400 audit(…): …`.
pub(super) fn line(text: &str) -> Option<Line<'_>> {
    let (node, rest) = match text.strip_prefix("node=") {
        Some(rest) => {
            let (node, rest) = rest.split_once(' ')?;
            (Some(node).filter(|node| !node.is_empty()), rest)
        }
        None => (None, text),
    };
    let (kind, rest) = rest.strip_prefix("type=")?.split_once(' ')?;
    let stamp = rest.strip_prefix("msg=").unwrap_or(rest);
    let (stamp, body) = stamp.strip_prefix("audit(")?.split_once(')')?;
    let (time, serial) = stamp.split_once(':')?;
    let (seconds, millis) = time.split_once('.')?;
    if kind.is_empty() {
        return None;
    }
    let seconds = i64::try_from(digits(seconds, 12)?).ok()?;
    let millis = u32::try_from(digits(millis, 3)?).ok()?;
    Some(Line {
        node,
        kind: types::name(kind),
        time: Time::from_seconds(seconds, millis * 1_000),
        serial: digits(serial, 20)?,
        body: body.strip_prefix(':')?.trim_start(),
        text,
    })
}

fn digits(text: &str, most: usize) -> Option<u64> {
    let digital =
        !text.is_empty() && text.len() <= most && text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|_| digital)
}

/// The event of a record that stands alone.
pub(super) fn alone(line: &Line<'_>, host: Option<&str>) -> Parsed {
    event(std::slice::from_ref(line), host)
}

/// The event of all its records. `host` is whoever sent them, where they name no node.
pub(super) fn event(lines: &[Line<'_>], host: Option<&str>) -> Parsed {
    let mut flat = Flat::default();
    for line in lines {
        flat.add("type", Some(line.kind.to_string()));
        flat.record(&line.kind, line.body);
    }
    let command = flat.finish();
    name_syscall(&mut flat);
    let mut parsed = Parsed::new(Kind::LinuxAudit);
    let first = lines.first();
    parsed.time = first.map(|line| line.time);
    let node = first.and_then(|line| line.node);
    let core = &mut parsed.core;
    core.set_text(CoreField::HostName, node.or(host));
    for (field, key) in [
        (CoreField::ProcessName, "comm"),
        (CoreField::ProcessExecutable, "exe"),
        (CoreField::UserName, "acct"),
    ] {
        core.set_text(field, flat.text(key));
    }
    if let Some(pid) = flat.text("pid").and_then(|pid| pid.parse::<u64>().ok()) {
        core.set(CoreField::ProcessPid, pid);
    }
    let command = command.as_deref().or_else(|| flat.text("proctitle"));
    core.set_text(CoreField::ProcessCommandLine, command);
    if let Some(ip) = flat.text("addr").and_then(address::ip) {
        core.set(CoreField::SourceIp, ip);
    }
    core.set_text(CoreField::EventOutcome, outcome(&flat));
    let mut json = Json::with_capacity(1_024);
    json.open();
    flat.write(&mut json);
    if let Some(node) = node {
        json.text("node", node);
    }
    json.number("serial", first.map_or(0, |line| line.serial));
    json.close();
    parsed.record = Some(json.into_bytes());
    parsed
}

/// Whether it worked: what user space says of its own doing, else what the kernel says of the call.
fn outcome(flat: &Flat) -> Option<&'static str> {
    let said = flat.text("res").or_else(|| flat.text("success"))?;
    match said {
        "success" | "yes" | "1" => Some("success"),
        "failed" | "failure" | "no" | "0" => Some("failure"),
        _ => None,
    }
}

/// Rules ask for the name that auditd adds when it enriches; without it the number and the machine
/// say the same.
fn name_syscall(flat: &mut Flat) {
    if flat.text("SYSCALL").is_some() {
        return;
    }
    let (Some(arch), Some(number)) = (flat.text("arch"), flat.text("syscall")) else {
        return;
    };
    let number = number.parse().ok();
    if let Some(name) = number.and_then(|number| syscall::name(arch, number)) {
        flat.add("SYSCALL", Some(name.to_owned()));
    }
}
