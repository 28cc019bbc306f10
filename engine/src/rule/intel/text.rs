//! Plain text: one value a line, comments behind `#` or `;`; also hosts files (`0.0.0.0 name`) and
//! the domain lines of filter lists (`||name^`).

use std::io::BufRead;

use super::sink::{Said, Sink};

/// Reads the lines of a text.
pub(super) fn read(reader: impl BufRead, sink: &mut Sink<'_>) {
    lines(reader, sink, |number, line, sink| {
        let Some((value, comment)) = value_of(line) else {
            return;
        };
        let said = Said {
            comment: comment.map(str::to_owned),
            ..Said::default()
        };
        sink.offer(number, value, None, &said);
    });
}

/// The value of a line and the comment behind it; none on empty lines and comments.
fn value_of(line: &str) -> Option<(&str, Option<&str>)> {
    let line = line.trim_start_matches('\u{feff}').trim();
    if line.is_empty() || line.starts_with(['#', ';', '!']) || line.starts_with("//") {
        return None;
    }
    // A fragment belongs to a URL; a comment stands behind a blank.
    let behind = |mark: &str| line.find(mark).map(|at| line.split_at(at));
    let (value, comment) = match behind(" #").or_else(|| behind("\t#")) {
        Some((value, comment)) => {
            let comment = comment.trim_start_matches([' ', '\t', '#']).trim();
            (value.trim(), Some(comment).filter(|text| !text.is_empty()))
        }
        None => (line, None),
    };
    if let Some(name) = value.strip_prefix("||") {
        return Some((name.split(['^', '$']).next().unwrap_or_default(), comment));
    }
    let mut words = value.split_whitespace();
    let (first, second) = (words.next()?, words.next());
    let hosts = matches!(first, "0.0.0.0" | "127.0.0.1" | "::" | "::1");
    match second {
        Some(name) if hosts => Some((name, comment)),
        _ => Some((value, comment)),
    }
}

/// Calls `each` with every line and its number; one that is too long is refused and left out.
pub(super) fn lines(
    mut reader: impl BufRead,
    sink: &mut Sink<'_>,
    mut each: impl FnMut(u32, &str, &mut Sink<'_>),
) {
    let most = sink.limits.line_bytes;
    let mut line = Vec::new();
    for number in 1_u32.. {
        line.clear();
        match line_into(&mut reader, most, &mut line) {
            Ok(0) => return,
            Err(error) => return sink.refuse(number, format!("cannot be read on: {error}")),
            Ok(length) if length > most => {
                sink.refuse(number, format!("the line is longer than {most} bytes"));
            }
            Ok(_) => each(number, &String::from_utf8_lossy(&line), sink),
        }
    }
}

/// Reads a line, keeping at most `most` bytes of it; how long it is, 0 at the end.
fn line_into(reader: &mut impl BufRead, most: usize, line: &mut Vec<u8>) -> std::io::Result<usize> {
    let mut length = 0_usize;
    loop {
        let held = reader.fill_buf()?;
        if held.is_empty() {
            return Ok(length);
        }
        let end = held.iter().position(|byte| *byte == b'\n');
        let part = held.get(..end.unwrap_or(held.len())).unwrap_or_default();
        let room = most.saturating_sub(line.len()).min(part.len());
        line.extend_from_slice(part.get(..room).unwrap_or_default());
        let used = part.len() + usize::from(end.is_some());
        length += used;
        reader.consume(used);
        if end.is_some() {
            return Ok(length);
        }
    }
}
