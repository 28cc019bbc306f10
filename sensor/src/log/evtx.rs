//! Windows event log files, through the crate `evtx`: each record becomes the same flat form as
//! events that came as JSON.

use std::io::{Read, Seek, SeekFrom};
use std::panic::AssertUnwindSafe;

use evtx::{EvtxParser, ParserSettings};
use serde_json::Value;

use super::format::Parsed;
use super::stamp::Clock;
use super::windows;

/// The first bytes of an event log file.
pub(crate) const MAGIC: &[u8] = b"ElfFile\0";
/// Bytes of the header, behind which the chunks begin.
const HEADER: u64 = 4_096;
/// Bytes of a chunk.
const CHUNK: u64 = 64 * 1024;
/// The first bytes of a chunk.
const CHUNK_MAGIC: &[u8] = b"ElfChnk\0";
/// Bytes of one record's JSON: the limit of a record.
const MAX_RECORD: usize = 1 << 20;

/// One record of a file, or why it could not be read.
pub(crate) type Entry = Result<(u64, Parsed), String>;

/// Reads the records of an event log, as many as can be read; `each` gets each event, or the
/// reason why a record has none.
///
/// # Errors
/// The reason why the file as a whole cannot be read.
pub fn read<R: Read + Seek>(
    input: R,
    each: &mut dyn FnMut(Result<Parsed, String>),
) -> Result<(), String> {
    let clock = Clock {
        zone: jiff::tz::TimeZone::UTC,
        now: event::Time::EPOCH,
    };
    records(input, &clock, &mut |entry| {
        each(entry.map(|(_, parsed)| parsed));
        true
    })
}

/// The same with record numbers; `each` returns false to stop.
pub(crate) fn records<R: Read + Seek>(
    input: R,
    clock: &Clock,
    each: &mut dyn FnMut(Entry) -> bool,
) -> Result<(), String> {
    // The file is a stranger's and the parser is not ours: a panic in it costs the file, not us.
    let walk = AssertUnwindSafe(|| walk(input, clock, each));
    std::panic::catch_unwind(walk).unwrap_or_else(|_| Err("the reader gave up".to_owned()))
}

fn walk<R: Read + Seek>(
    mut input: R,
    clock: &Clock,
    each: &mut dyn FnMut(Entry) -> bool,
) -> Result<(), String> {
    let is_cut = check(&mut input)?;
    let settings = ParserSettings::new().num_threads(1).indent(false);
    let mut parser = EvtxParser::from_read_seek(input)
        .map_err(|error| error.to_string())?
        .with_configuration(settings);
    for record in parser.records_json_value() {
        let entry = match record {
            Ok(record) => entry(record.event_record_id, record.data, clock),
            Err(error) => Err(error.to_string()),
        };
        if !each(entry) {
            return Ok(());
        }
    }
    if is_cut {
        return Err("it ends inside a chunk: its last records are missing".to_owned());
    }
    Ok(())
}

/// The crate takes what is no whole chunk for the end of the file, and says nothing. Returns
/// whether the file ends inside a chunk.
fn check<R: Read + Seek>(input: &mut R) -> Result<bool, String> {
    let failed = |error: std::io::Error| error.to_string();
    let mut chunk = Vec::new();
    input.seek(SeekFrom::Start(HEADER)).map_err(failed)?;
    input.take(CHUNK).read_to_end(&mut chunk).map_err(failed)?;
    let length = input.seek(SeekFrom::End(0)).map_err(failed)?;
    input.rewind().map_err(failed)?;
    // Windows makes room for chunks before it writes them.
    if chunk.is_empty() || !(chunk.starts_with(CHUNK_MAGIC) || chunk.iter().all(|byte| *byte == 0))
    {
        return Err("there is no chunk of records behind the header".to_owned());
    }
    Ok(!length.saturating_sub(HEADER).is_multiple_of(CHUNK))
}

fn entry(id: u64, data: Value, clock: &Clock) -> Entry {
    let Value::Object(source) = data else {
        return Err("a record that is no object".to_owned());
    };
    let parsed = windows::event_of(windows::flatten(source), clock);
    let length = parsed.record.as_ref().map_or(0, Vec::len);
    if length == 0 || length > MAX_RECORD {
        return Err("a record beyond the limit".to_owned());
    }
    Ok((id, parsed))
}
