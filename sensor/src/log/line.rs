//! Bytes to lines, with a limit. A line that is too long is told with its first bytes, its length
//! and its hash, and never held whole.

use sha2::{Digest as _, Sha256};

/// A line, without its line break, or a message, without its frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line<'a> {
    /// A whole line.
    Whole(&'a [u8]),
    /// The beginning of a message of which its sender owes the rest.
    Cut(&'a [u8]),
    /// A line beyond the limit.
    TooLong {
        /// Its first bytes.
        head: &'a [u8],
        /// Its length.
        length: u64,
        /// The SHA-256 of all of it, in hex.
        sha256: String,
    },
}

impl<'a> Line<'a> {
    /// All that is held of it.
    pub fn head(&self) -> &'a [u8] {
        match self {
            Self::Whole(bytes) | Self::Cut(bytes) | Self::TooLong { head: bytes, .. } => bytes,
        }
    }
}

/// A line that grows: kept up to a limit, beyond it hashed and counted.
#[derive(Debug)]
pub(super) struct Growing {
    limit: usize,
    kept_of_long: usize,
    bytes: Vec<u8>,
    /// Once it has passed the limit: its length so far, and the hash of it.
    long: Option<(u64, Sha256)>,
}

impl Growing {
    pub(super) fn new(limit: usize, kept_of_long: usize) -> Self {
        Self {
            limit,
            kept_of_long: kept_of_long.min(limit),
            bytes: Vec::new(),
            long: None,
        }
    }

    fn is_empty(&self) -> bool {
        self.bytes.is_empty() && self.long.is_none()
    }

    pub(super) fn hold(&mut self, data: &[u8]) {
        if let Some((length, hash)) = &mut self.long {
            *length += data.len() as u64;
            hash.update(data);
            return;
        }
        self.bytes.extend_from_slice(data);
        if self.bytes.len() > self.limit {
            let mut hash = Sha256::new();
            hash.update(&self.bytes);
            self.long = Some((self.bytes.len() as u64, hash));
            self.bytes.truncate(self.kept_of_long);
            self.bytes.shrink_to_fit();
        }
    }

    /// It is whole: `each` gets it, and the next begins.
    pub(super) fn end<R>(&mut self, each: impl FnOnce(Line<'_>) -> R) -> R {
        let held = std::mem::take(&mut self.bytes);
        match self.long.take() {
            None => each(Line::Whole(&held)),
            Some((length, hash)) => {
                let digest = hash.finalize();
                let sha256 = digest.iter().map(|byte| format!("{byte:02x}")).collect();
                each(Line::TooLong {
                    head: &held,
                    length,
                    sha256,
                })
            }
        }
    }
}

/// Cuts bytes into lines. Empty lines are skipped.
#[derive(Debug)]
pub(crate) struct Splitter {
    /// The beginning of a line that is not whole yet.
    partial: Growing,
}

impl Splitter {
    pub(crate) fn new(limit: usize, kept_of_long: usize) -> Self {
        Self {
            partial: Growing::new(limit, kept_of_long),
        }
    }

    /// Takes bytes; `each` gets every line that is whole now, with the number of bytes from the
    /// end of the line before to the end of this one. Returns what `each` returned last that was
    /// not ok.
    pub(crate) fn push<E>(
        &mut self,
        mut data: &[u8],
        each: &mut dyn FnMut(Line<'_>, u64) -> Result<(), E>,
    ) -> Result<(), E> {
        while let Some(place) = data.iter().position(|byte| *byte == b'\n') {
            let (head, rest) = data.split_at_checked(place).unwrap_or((data, &[]));
            data = rest.get(1..).unwrap_or_default();
            if self.partial.is_empty() && head.len() <= self.partial.limit {
                each(Line::Whole(strip(head)), head.len() as u64 + 1)?;
            } else {
                self.partial.hold(head);
                self.end(1, each)?;
            }
        }
        self.partial.hold(data);
        Ok(())
    }

    /// The input is over: what is held is the last line.
    pub(crate) fn finish<E>(
        &mut self,
        each: &mut dyn FnMut(Line<'_>, u64) -> Result<(), E>,
    ) -> Result<(), E> {
        if self.partial.is_empty() {
            return Ok(());
        }
        self.end(0, each)
    }

    fn end<E>(
        &mut self,
        line_break: u64,
        each: &mut dyn FnMut(Line<'_>, u64) -> Result<(), E>,
    ) -> Result<(), E> {
        self.partial.end(|line| match line {
            Line::Whole(held) => each(Line::Whole(strip(held)), held.len() as u64 + line_break),
            Line::TooLong { length, .. } => each(line, length + line_break),
            Line::Cut(held) => each(line, held.len() as u64 + line_break),
        })
    }
}

fn strip(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn split(pieces: &[&[u8]], limit: usize) -> (Vec<String>, u64) {
        let mut splitter = Splitter::new(limit, 3);
        let (mut lines, mut bytes) = (Vec::new(), 0);
        let mut each = |line: Line<'_>, length| {
            bytes += length;
            lines.push(match line {
                Line::Whole(line) => String::from_utf8_lossy(line).into_owned(),
                Line::TooLong { head, length, .. } => {
                    format!("{}…{length}", String::from_utf8_lossy(head))
                }
                Line::Cut(_) => unreachable!("lines have no counts"),
            });
            Ok::<(), ()>(())
        };
        for piece in pieces {
            splitter.push(piece, &mut each).unwrap();
        }
        splitter.finish(&mut each).unwrap();
        (lines, bytes)
    }

    #[test]
    fn cuts_at_line_breaks_and_tells_what_is_too_long() {
        let (lines, bytes) = split(&[b"one\r\ntw", b"o\nmuch too long\n\nlast"], 8);
        assert_eq!(lines, ["one", "two", "muc…13", "", "last"]);
        assert_eq!(bytes, 28);
    }

    proptest! {
        #[test]
        fn any_cut_gives_the_same_lines(text in "[ab\n]{0,60}", cut in any::<prop::sample::Index>()) {
            let bytes = text.as_bytes();
            let cut = cut.index(bytes.len() + 1);
            prop_assert_eq!(split(&[bytes], 8), split(&[&bytes[..cut], &bytes[cut..]], 8));
        }
    }
}
