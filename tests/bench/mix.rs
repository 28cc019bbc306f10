//! The load: lines of the demo's background with other addresses, names, numbers and times, so that
//! an index meets as many different terms as it would in a province. The same seed makes the same
//! values; only times follow the clock.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context, Result};
use event::Time;

/// A small generator; the seed is printed.
pub struct Seeded(u64);

impl Seeded {
    /// A generator that gives the same numbers for the same seed.
    pub fn new(seed: u64) -> Self {
        Self(seed | 1)
    }

    /// The next number below `limit`.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit.max(1)
    }
}

/// The three files that a mix is written to, with their share of it in percent.
pub const FILES: [(&str, &str, u64); 3] = [
    ("eve.json", "eve", 70),
    ("windows.ndjson", "winlogbeat", 20),
    ("auth.log", "syslog", 10),
];

/// A part of a line: as it is, or made anew for each event.
enum Part {
    Text(String),
    Time,
    /// `2026-11-23 02:00:19.388`, as Sysmon writes it.
    SpacedTime,
    /// An address of a computer of the province.
    Client,
    /// One of the names below a domain, few of them often.
    Label,
    /// A computer of the commune.
    Computer,
    Number(u64),
    Hex(usize),
}

/// Makes lines.
pub struct Mix {
    seeded: Seeded,
    /// The templates of each of [`FILES`].
    templates: Vec<Vec<Vec<Part>>>,
}

impl Mix {
    /// Reads the templates from the demo's background.
    pub fn load(demo: &Path, seed: u64) -> Result<Self> {
        let mut templates = Vec::new();
        for file in ["eve.json", "windows.ndjson", "auth.log"] {
            let path = demo.join(format!("background-{file}"));
            let text = std::fs::read_to_string(&path)
                .with_context(|| format!("cannot read {}", path.display()))?;
            let cut = if file == "auth.log" { syslog } else { json };
            templates.push(text.lines().map(cut).collect());
        }
        let seeded = Seeded::new(seed);
        Ok(Self { seeded, templates })
    }

    /// Appends an event to the text of its file; says which one that is.
    pub fn add(&mut self, texts: &mut [String; FILES.len()], now: Time) -> usize {
        let mut drawn = self.seeded.below(100);
        let mut place = 0;
        for (number, (_, _, share)) in FILES.iter().enumerate() {
            place = number;
            if drawn < *share {
                break;
            }
            drawn -= share;
        }
        if let Some(text) = texts.get_mut(place) {
            self.line(place, text, now);
            text.push('\n');
        }
        place
    }

    /// Appends a line of one of [`FILES`], without its end.
    pub fn line(&mut self, place: usize, text: &mut String, now: Time) {
        let lines = self.templates.get(place).map_or(&[][..], Vec::as_slice);
        let drawn = usize::try_from(self.seeded.below(lines.len() as u64)).unwrap_or(0);
        for part in lines.get(drawn).map_or(&[][..], Vec::as_slice) {
            part.write(&mut self.seeded, now, text);
        }
    }
}

impl Part {
    fn write(&self, seeded: &mut Seeded, now: Time, out: &mut String) {
        let written = match self {
            Self::Text(text) => out.write_str(text),
            Self::Time => write!(out, "{now}"),
            Self::SpacedTime => {
                let time = now.to_string().replace('T', " ");
                out.write_str(time.get(..23).unwrap_or(&time))
            }
            Self::Client => write!(out, "10.60.{}.{}", seeded.below(250), 3 + seeded.below(250)),
            Self::Label => {
                // A few names often, most of them hardly ever.
                let limit = seeded.below(20_000);
                write!(out, "w{}", seeded.below(limit))
            }
            Self::Computer => write!(out, "{:03}", seeded.below(800)),
            Self::Number(limit) => write!(out, "{}", 1_025 + seeded.below(*limit)),
            Self::Hex(digits) => {
                (0..*digits).try_for_each(|_| write!(out, "{:x}", seeded.below(16)))
            }
        };
        // A string takes everything.
        written.unwrap_or_default();
    }
}

/// Cuts a line of JSON at the values that vary.
fn json(line: &str) -> Vec<Part> {
    let (mut parts, mut text) = (Vec::new(), String::new());
    let mut rest = line;
    while let Some((before, after)) = rest.split_once("\":") {
        let key = before.rsplit('"').next().unwrap_or_default();
        text.push_str(before);
        text.push_str("\":");
        let quoted = after.starts_with('"');
        let value = after.strip_prefix('"').unwrap_or(after);
        let end = if quoted {
            value.find('"')
        } else {
            value.find([',', '}'])
        };
        let (value, tail) = value.split_at_checked(end.unwrap_or(0)).unwrap_or_default();
        if quoted {
            text.push('"');
        }
        vary(key, value, &mut text, &mut parts);
        rest = tail;
    }
    text.push_str(rest);
    parts.push(Part::Text(text));
    parts
}

fn vary(key: &str, value: &str, text: &mut String, parts: &mut Vec<Part>) {
    let mut part = |part, text: &mut String| {
        parts.push(Part::Text(std::mem::take(text)));
        parts.push(part);
    };
    match key {
        "timestamp" | "@timestamp" | "start" | "end" => part(Part::Time, text),
        "UtcTime" | "CreationUtcTime" => part(Part::SpacedTime, text),
        "src_ip" | "dest_ip" | "SourceIp" | "IpAddress"
            if value.starts_with("10.60.") && value != "10.60.20.2" =>
        {
            part(Part::Client, text);
        }
        "src_port" | "dest_port" | "SourcePort" | "IpPort" if value.len() == 5 => {
            part(Part::Number(64_000), text);
        }
        "flow_id" => part(Part::Number(1 << 50), text),
        "record_id" | "length" | "bytes_toserver" | "bytes_toclient" => {
            part(Part::Number(1 << 20), text);
        }
        "id" | "ProcessId" | "pid" => part(Part::Number(60_000), text),
        "NewProcessId" | "TargetLogonId" | "SubjectLogonId" if value.len() > 5 => {
            text.push_str("0x");
            part(Part::Hex(6), text);
        }
        "community_id" => {
            text.push_str("1:");
            part(Part::Hex(27), text);
            text.push('=');
        }
        "ProcessGuid" | "ParentProcessGuid" => {
            text.push('{');
            part(Part::Hex(32), text);
            text.push('}');
        }
        "rrname" | "hostname" | "sni" | "QueryName" => {
            part(Part::Label, text);
            text.push('.');
            text.push_str(value);
        }
        "url" | "TargetFilename" => {
            text.push_str(value);
            text.push_str("?so=");
            part(Part::Number(5_000), text);
        }
        _ if value.starts_with("XBM-PC") => {
            text.push_str("XBM-PC");
            part(Part::Computer, text);
            text.push_str(value.get(8..).unwrap_or_default());
        }
        _ => text.push_str(value),
    }
}

/// Cuts a line of syslog at its time and at every number in it that is long enough.
fn syslog(line: &str) -> Vec<Part> {
    let rest = line.split_once(' ').map_or(line, |(_, rest)| rest);
    let (mut parts, mut text) = (vec![Part::Time], String::from(" "));
    for piece in rest.split_inclusive([' ', ':', ']', '[']) {
        let digits = piece.trim_end_matches([' ', ':', ']', '[']);
        let is_number = digits.len() > 3 && digits.bytes().all(|byte| byte.is_ascii_digit());
        let is_address = digits.starts_with("10.60.");
        if is_number || is_address {
            parts.push(Part::Text(std::mem::take(&mut text)));
            let made = if is_address {
                Part::Client
            } else {
                Part::Number(60_000)
            };
            parts.push(made);
            text.push_str(piece.get(digits.len()..).unwrap_or_default());
        } else {
            text.push_str(piece);
        }
    }
    parts.push(Part::Text(text));
    parts
}
