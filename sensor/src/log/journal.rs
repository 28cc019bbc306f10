//! Entries of the systemd journal as JSON, from files and from this host's own journal.
//!
//! The host's journal is read through `journalctl`, which alone knows every version of its format
//! and its compression; the cursor of the last entry is the offset.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

use event::{CoreField, Fields, Kind, Leaf, SourceOffset, Time};

use crate::config::LogConfig;
use crate::error::{Error, Result};
use crate::origin::Sender;
use crate::run::Stop;
use crate::status::Status;

use super::auth;
use super::counts::{self, Counts};
use super::format::{Lines, Parsed};
use super::line::Splitter;

/// The one input of a journal source.
const INPUT: &str = "journal";
/// Pieces of output that may wait between the reader's thread and ours.
const WAITING: usize = 64;
/// How long to wait for output before looking at clock and orders.
const ROUND: Duration = Duration::from_millis(100);

/// Where the journal keeps what the core wants.
const PATHS: &[(&str, CoreField)] = &[
    ("_HOSTNAME", CoreField::HostName),
    ("_COMM", CoreField::ProcessName),
    ("_EXE", CoreField::ProcessExecutable),
    ("_CMDLINE", CoreField::ProcessCommandLine),
    ("_PID", CoreField::ProcessPid),
    ("SYSLOG_PID", CoreField::ProcessPid),
    ("MESSAGE", CoreField::Message),
];

/// All fields that are read.
const READ: &[&str] = &[
    "SYSLOG_IDENTIFIER",
    "_SOURCE_REALTIME_TIMESTAMP",
    "__REALTIME_TIMESTAMP",
    "_HOSTNAME",
    "_COMM",
    "_EXE",
    "_CMDLINE",
    "_PID",
    "SYSLOG_PID",
    "MESSAGE",
];

/// Reads an entry.
pub(super) fn parse(fields: &Fields, entry: &str) -> Parsed {
    let unusual = unusual(fields, entry);
    let text = |path: &'static str| {
        let given = unusual.get(path).and_then(Given::text);
        given.or_else(|| fields.at(path).find_map(Leaf::text))
    };
    let program = text("SYSLOG_IDENTIFIER").unwrap_or_default();
    let auth = auth::speaks(&program);
    let mut parsed = Parsed::new(if auth {
        Kind::LinuxAuth
    } else {
        Kind::LinuxJournal
    });
    parsed.time = text("_SOURCE_REALTIME_TIMESTAMP")
        .or_else(|| text("__REALTIME_TIMESTAMP"))
        .and_then(|micros| micros.parse().ok())
        .map(Time::from_micros);
    for (path, field) in PATHS {
        if parsed.core.first(*field).is_none()
            && let Some(text) = text(path)
        {
            super::ndjson::set(&mut parsed.core, *field, Leaf::Text(&text));
        }
    }
    parsed.core.set_text(CoreField::ProcessName, Some(&program));
    if let (true, Some(message)) = (auth, text("MESSAGE")) {
        auth::read(&mut parsed.core, &program, &message);
    }
    parsed
}

/// What journald gives for a field: text, or its bytes where it is none, or several of these.
#[derive(serde::Deserialize)]
#[serde(untagged)]
enum Given {
    Text(String),
    Bytes(Vec<u8>),
    Several(Vec<One>),
    Other(serde::de::IgnoredAny),
}

#[derive(serde::Deserialize)]
#[serde(untagged)]
enum One {
    Text(String),
    Bytes(Vec<u8>),
    Other(serde::de::IgnoredAny),
}

impl Given {
    /// As text; what is none in it is marked.
    fn text(&self) -> Option<Cow<'_, str>> {
        let several = match self {
            Self::Text(text) => return Some(text.into()),
            Self::Bytes(bytes) => return Some(String::from_utf8_lossy(bytes)),
            Self::Several(several) => several,
            Self::Other(_) => return None,
        };
        several.iter().find_map(|one| match one {
            One::Text(text) => Some(text.into()),
            One::Bytes(bytes) => Some(String::from_utf8_lossy(bytes)),
            One::Other(_) => None,
        })
    }
}

/// The fields of an entry in which something is not simply text: a message with a control character comes as an array of
/// its bytes, and as many leaves. Whoever can write one into a log must not hide by it, nor what stands behind it.
fn unusual(fields: &Fields, entry: &str) -> HashMap<String, Given> {
    let is_text = |leaf: Leaf<'_>| matches!(leaf, Leaf::Text(_) | Leaf::Null);
    let is_usual =
        fields.partial().is_none() && READ.iter().all(|path| fields.at(path).all(is_text));
    if is_usual {
        return HashMap::new();
    }
    let read = serde_json::from_str::<HashMap<String, Given>>(entry);
    read.unwrap_or_default()
}

/// Follows this host's journal until told to stop.
pub(crate) fn run(
    limits: &LogConfig,
    mut lines: Lines,
    mut sender: Sender,
    stop: &Stop,
) -> Result<()> {
    let cursor = sender.origin.offset(INPUT).and_then(cursor_of);
    let mut child = start(cursor.as_deref())?;
    let output = child.stdout.take().ok_or(Error::Worker)?;
    let (give, take) = sync_channel(WAITING);
    let reader = std::thread::spawn(move || forward(output, &give));
    let result = follow(limits, &mut lines, &mut sender, stop, &take);
    drop(take);
    // It may have ended by itself, and then there is nothing to end.
    child.kill().unwrap_or_default();
    let ended = child.wait();
    drop(reader.join());
    let finished = sender.finish();
    result?;
    finished?;
    match ended {
        Ok(status) if !stop.is_set() && !status.success() => Err(Error::Program {
            program: "journalctl".to_owned(),
            reason: status.to_string(),
        }),
        _ => Ok(()),
    }
}

fn start(cursor: Option<&str>) -> Result<Child> {
    let mut command = Command::new("journalctl");
    command.args(["--output=json", "--follow", "--no-pager", "--all"]);
    match cursor {
        Some(cursor) => command.arg(format!("--after-cursor={cursor}")),
        None => command.arg("--lines=0"),
    };
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| Error::Program {
            program: "journalctl".to_owned(),
            reason: error.to_string(),
        })
}

fn forward(mut output: impl Read, give: &SyncSender<Vec<u8>>) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(read) = output.read(&mut buffer) {
        let piece = buffer.get(..read).unwrap_or_default().to_vec();
        if piece.is_empty() || give.send(piece).is_err() {
            return;
        }
    }
}

fn follow(
    limits: &LogConfig,
    lines: &mut Lines,
    sender: &mut Sender,
    stop: &Stop,
    take: &Receiver<Vec<u8>>,
) -> Result<()> {
    let mut splitter = Splitter::new(limits.line_bytes, limits.line_kept);
    let mut status = Status::new(sender.origin.now());
    let mut count = Counts::default();
    while !stop.is_set() {
        match take.recv_timeout(ROUND) {
            Ok(piece) => splitter.push(&piece, &mut |line, _| {
                let seen = sender.origin.now();
                let made = lines.event(&line, INPUT, seen);
                let cursor = serde_json::from_slice::<Cursor>(&made.record).ok();
                count.add(&made);
                sender.hold(counts::shifted(made, &sender.origin, seen));
                if let Some(cursor) = cursor {
                    sender.cover(offset(&sender.origin.source, &cursor.cursor));
                }
                if sender.is_full() {
                    sender.flush()?;
                }
                Ok::<(), Error>(())
            })?,
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
        if status.is_due(sender.origin.now()) {
            let made = status.made("running", &sender.origin, |json| count.write(json));
            sender.push(made)?;
        }
        sender.tick()?;
    }
    let made = status.made("ended", &sender.origin, |json| count.write(json));
    sender.push(made)?;
    Ok(())
}

#[derive(serde::Deserialize)]
struct Cursor {
    #[serde(rename = "__CURSOR")]
    cursor: String,
}

#[derive(serde::Deserialize, serde::Serialize)]
struct State {
    cursor: String,
}

fn cursor_of(state: &str) -> Option<String> {
    let state: State = serde_json::from_str(state).ok()?;
    Some(state.cursor)
}

fn offset(source: &event::Text, cursor: &str) -> SourceOffset {
    let state = State {
        cursor: cursor.to_owned(),
    };
    SourceOffset {
        source: event::Text::clone(source),
        input: INPUT.into(),
        state: serde_json::to_string(&state).unwrap_or_default().into(),
    }
}
