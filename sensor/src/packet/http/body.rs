//! Where a body ends (RFC 9112 §6.3): by its length, by its chunks, or with the connection.

/// The longest line between chunks.
const MAX_LINE: usize = 8 * 1024;

/// What is left of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Body {
    /// So many bytes.
    Length(u64),
    /// The line with a chunk's length comes next.
    ChunkLine,
    /// So many bytes of a chunk.
    Chunk(u64),
    /// The line break behind a chunk.
    ChunkEnd,
    /// Header lines behind the last chunk.
    Trailer,
    /// Everything until the connection ends.
    UntilClose,
}

/// What was made of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Step {
    /// Bytes used.
    pub(super) used: usize,
    /// Bytes of the body among them.
    pub(super) body: u64,
    /// Whether the body is whole.
    pub(super) done: bool,
    /// Whether a chunk's length could not be read.
    pub(super) bad_chunk: bool,
}

impl Body {
    /// Takes bytes until the body ends or more are needed.
    pub(super) fn take(&mut self, data: &[u8]) -> Step {
        let mut step = Step {
            used: 0,
            body: 0,
            done: false,
            bad_chunk: false,
        };
        loop {
            let rest = data.get(step.used..).unwrap_or_default();
            match *self {
                Self::UntilClose => {
                    step.used = data.len();
                    step.body += rest.len() as u64;
                    return step;
                }
                Self::Length(left) | Self::Chunk(left) => {
                    let taken = (rest.len() as u64).min(left);
                    step.used += usize::try_from(taken).unwrap_or(rest.len());
                    step.body += taken;
                    let left = left - taken;
                    if matches!(self, Self::Length(_)) {
                        *self = Self::Length(left);
                        step.done = left == 0;
                        return step;
                    }
                    *self = if left == 0 {
                        Self::ChunkEnd
                    } else {
                        Self::Chunk(left)
                    };
                    if left > 0 {
                        return step;
                    }
                }
                Self::ChunkLine | Self::ChunkEnd | Self::Trailer => {
                    if !self.line(rest, &mut step) {
                        return step;
                    }
                }
            }
        }
    }

    /// Reads a line between chunks. False when there is nothing more to do now.
    fn line(&mut self, rest: &[u8], step: &mut Step) -> bool {
        let Some(feed) = rest.iter().position(|byte| *byte == b'\n') else {
            if rest.len() > MAX_LINE {
                step.used += rest.len();
                step.bad_chunk = true;
                *self = Self::UntilClose;
            }
            return false;
        };
        step.used += feed + 1;
        let line = rest.get(..feed).unwrap_or_default().trim_ascii();
        match self {
            Self::ChunkLine => match chunk_length(line) {
                Some(0) => *self = Self::Trailer,
                Some(length) => *self = Self::Chunk(length),
                None => {
                    step.bad_chunk = true;
                    *self = Self::UntilClose;
                }
            },
            Self::Trailer if line.is_empty() => {
                step.done = true;
                return false;
            }
            Self::Trailer => {}
            _ => *self = Self::ChunkLine,
        }
        true
    }

    /// So many bytes are missing. Says whether the body goes on, has ended, or is lost.
    pub(super) fn skip(&mut self, length: u64) -> Skip {
        match self {
            Self::UntilClose => Skip::On,
            Self::Length(left) if length == *left => Skip::Done,
            Self::Length(left) | Self::Chunk(left) if length < *left => {
                *left -= length;
                Skip::On
            }
            _ => Skip::Lost,
        }
    }
}

/// What a gap does to a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Skip {
    On,
    Done,
    Lost,
}

fn chunk_length(line: &[u8]) -> Option<u64> {
    let digits = line.split(|byte| *byte == b';').next()?.trim_ascii();
    let text = std::str::from_utf8(digits).ok()?;
    if text.starts_with('+') {
        return None;
    }
    u64::from_str_radix(text, 16).ok()
}
