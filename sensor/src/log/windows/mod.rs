//! Windows events of every wrapping as one flat record: the names of System and EventData, without
//! blanks, attributes joined by `_` (DESIGN §2, Record).
//!
//! Read are Winlogbeat (6 to 8), NXLog's flat JSON, the `Event.System/EventData` form that evtx_dump, our
//! own EVTX reader and others make of XML, and XML. Numbers stay numbers where the source had numbers.

mod fill;
mod flat;
pub(super) mod xml;

use event::Kind;
use serde_json::{Map, Value};

pub(super) use self::flat::flatten;

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
/// A line that is neither a JSON object nor an event in XML.
pub fn parse_line(text: &str) -> Result<Parsed, &'static str> {
    let clock = Clock {
        zone: jiff::tz::TimeZone::UTC,
        now: event::Time::EPOCH,
    };
    parse(text, &clock)
}

pub(super) fn parse(text: &str, clock: &Clock) -> Result<Parsed, &'static str> {
    let source: Map<String, Value> = if xml::begins(text) {
        xml::parse(text)?
    } else {
        serde_json::from_str(text).map_err(|_| "not valid JSON")?
    };
    Ok(event_of(flatten(source), clock))
}

/// Makes an event of a flat record.
pub(super) fn event_of(flat: Map<String, Value>, clock: &Clock) -> Parsed {
    let mut parsed = Parsed::new(kind_of(&flat));
    parsed.time = TIMES
        .iter()
        .find_map(|key| flat.get(*key).and_then(|value| time(value, clock)));
    fill::fill(&mut parsed.core, &flat);
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
