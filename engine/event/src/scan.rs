//! One pass over a record's JSON bytes that fills [`Fields`]: no tree, no recursion, nothing copied
//! twice. What it does is defined by its slow twin in the tests, which reads through `serde_json`.
//!
//! The text of the record is copied into the arena once; a path or a value without an escape is a
//! range of it, what has escapes or stands in an object below the top is made in a buffer that is
//! appended at the end.

use crate::record::{Fields, Held, Limits, MAX_PATH_BYTES, Span};

/// The bytes are not JSON (RFC 8259).
pub(crate) struct Malformed;

type Result<T> = std::result::Result<T, Malformed>;

/// An object or array that is open.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame {
    path: Span,
    is_object: bool,
    /// It has a member already, so that a comma must come.
    begun: bool,
    /// Its members are read, not only passed over.
    reading: bool,
}

/// Fills `fields`, which the caller has emptied, from a text.
pub(crate) fn scan(text: &str, limits: Limits, fields: &mut Fields) -> Result<()> {
    let mut stack = std::mem::take(&mut fields.stack);
    let mut made = std::mem::take(&mut fields.made);
    stack.clear();
    made.clear();
    // What stands in the arena is told by 32 bits; nothing that long comes this far.
    if u32::try_from(text.len()).is_err() {
        return Err(Malformed);
    }
    let scan = Scan {
        bytes: text.as_bytes(),
        at: 0,
        // Records are written without white space but blanks, so this is hardly ever so.
        has_control: has_control(text.as_bytes()),
        limits,
        stack: &mut stack,
        made: &mut made,
        fields,
    };
    let scanned = scan.document();
    fields.arena.push_str(text);
    // Whole characters went in, so this is text.
    match std::str::from_utf8(&made) {
        Ok(made) => fields.arena.push_str(made),
        Err(_) => fields.leaves.clear(),
    }
    (fields.stack, fields.made) = (stack, made);
    scanned
}

struct Scan<'a> {
    bytes: &'a [u8],
    at: usize,
    has_control: bool,
    limits: Limits,
    stack: &'a mut Vec<Frame>,
    /// What comes behind the text of the record in the arena.
    made: &'a mut Vec<u8>,
    fields: &'a mut Fields,
}

impl Scan<'_> {
    fn document(mut self) -> Result<()> {
        self.blank();
        self.value(Some(Span::default()))?;
        while let Some(frame) = self.stack.last_mut() {
            let (is_object, begun, reading) = (frame.is_object, frame.begun, frame.reading);
            frame.begun = true;
            let path = frame.path;
            self.blank();
            if self.peek() == Some(if is_object { b'}' } else { b']' }) {
                self.at += 1;
                self.stack.pop();
                continue;
            }
            if begun {
                self.expect(b',')?;
                self.blank();
            }
            let path = if is_object {
                let key = self.key(path, reading)?;
                self.blank();
                self.expect(b':')?;
                self.blank();
                key
            } else {
                reading.then_some(path)
            };
            self.value(path)?;
        }
        self.blank();
        if self.at == self.bytes.len() {
            Ok(())
        } else {
            Err(Malformed)
        }
    }

    /// Reads a value; without a path it is only passed over.
    fn value(&mut self, path: Option<Span>) -> Result<()> {
        let held = match self.peek().ok_or(Malformed)? {
            b'"' => {
                self.at += 1;
                let before = self.made.len();
                let text = self.string()?;
                if path.is_none() {
                    self.made.truncate(before);
                }
                Held::Text(text)
            }
            b'{' => {
                self.enter(path, true);
                return Ok(());
            }
            b'[' => {
                self.enter(path, false);
                return Ok(());
            }
            b't' => self.word("true", Held::Bool(true))?,
            b'f' => self.word("false", Held::Bool(false))?,
            b'n' => self.word("null", Held::Null)?,
            _ => self.number()?,
        };
        if let Some(path) = path {
            self.keep(path, held);
        }
        Ok(())
    }

    fn keep(&mut self, path: Span, held: Held) {
        if self.fields.leaves.len() >= self.limits.paths {
            self.fields.partial = Some("more leaves than are read");
        } else {
            self.fields.leaves.push((path, held));
        }
    }

    /// Opens a container: it is a leaf itself, and within the limits its members are read.
    fn enter(&mut self, path: Option<Span>, is_object: bool) {
        self.at += 1;
        let depth = self.stack.len();
        let room = depth < self.limits.depth;
        if let Some(path) = path {
            if depth > 0 {
                self.keep(path, Held::Container);
            }
            if !room {
                self.fields.partial = Some("nested deeper than is read");
            }
        }
        let reading = path.is_some() && room && self.fields.leaves.len() < self.limits.paths;
        self.stack.push(Frame {
            path: path.unwrap_or_default(),
            is_object,
            begun: false,
            reading,
        });
    }

    /// Reads a key; the path of its value, none when that is not read.
    fn key(&mut self, parent: Span, reading: bool) -> Result<Option<Span>> {
        self.expect(b'"')?;
        let before = self.made.len();
        let key = self.string()?;
        if !reading {
            self.made.truncate(before);
            return Ok(None);
        }
        if parent.is_empty() {
            return Ok(Some(key));
        }
        if parent.len() + 1 + key.len() > MAX_PATH_BYTES {
            self.fields.partial = Some("a longer path than is read");
            return Ok(None);
        }
        let start = self.made.len();
        self.copy(parent);
        self.made.push(b'.');
        self.copy(key);
        Ok(Some(self.made_since(start)))
    }

    /// Appends what stands in a range of the arena to be.
    fn copy(&mut self, span: Span) {
        let range = span.range();
        match range.start.checked_sub(self.bytes.len()) {
            Some(start) => self.made.extend_from_within(start..start + range.len()),
            None => self
                .made
                .extend_from_slice(self.bytes.get(range).unwrap_or_default()),
        }
    }

    fn made_since(&self, start: usize) -> Span {
        Span::new(self.bytes.len() + start, self.bytes.len() + self.made.len())
    }

    /// Reads a string behind its opening quote; where its text stands in the arena.
    fn string(&mut self) -> Result<Span> {
        let start = self.at;
        let stop = next_stop(self.bytes, start).ok_or(Malformed)?;
        if self.bytes.get(stop) == Some(&b'"') {
            self.check(start, stop)?;
            self.at = stop + 1;
            return Ok(Span::new(start, stop));
        }
        let made = self.made.len();
        let run = self.bytes.get(start..stop).unwrap_or_default();
        self.made.extend_from_slice(run);
        self.at = stop;
        // Half a letter of a string that has no end must not cost what was read before it.
        let decoded = self.decode();
        self.made.truncate(*decoded.as_ref().unwrap_or(&made));
        decoded?;
        self.check(start, self.at)?;
        Ok(self.made_since(made))
    }

    /// Appends the rest of a string, of which some was appended, up to its closing quote; how long
    /// `made` is then. Eight bytes are copied at once, of which those before a backslash or quote
    /// count: that is quicker than to copy so many.
    fn decode(&mut self) -> Result<usize> {
        /// By so many bytes the buffer grows.
        const ROOM: usize = 256;
        let mut length = self.made.len();
        loop {
            if self.made.len() < length + 8 {
                self.made.resize(length + ROOM, 0);
            }
            let rest = self.bytes.get(self.at..).unwrap_or_default();
            let chunk = rest.first_chunk::<8>().copied();
            let chunk = chunk.unwrap_or_else(|| ended(rest));
            if let Some(room) = self.made.get_mut(length..length + 8) {
                room.copy_from_slice(&chunk);
            }
            let unstopped = unstopped(u64::from_le_bytes(chunk));
            length += unstopped;
            self.at += unstopped;
            if unstopped == 8 {
                continue;
            }
            if self.peek().ok_or(Malformed)? == b'"' {
                self.at += 1;
                return Ok(length);
            }
            let escape = self.bytes.get(self.at + 1).ok_or(Malformed)?;
            self.at += 2;
            let mut buffer = [0; 4];
            let bytes = match simple(*escape) {
                Some(byte) => {
                    if let Some(room) = self.made.get_mut(length) {
                        *room = byte;
                    }
                    length += 1;
                    continue;
                }
                None if *escape == b'u' => self.unicode()?.encode_utf8(&mut buffer).as_bytes(),
                None => return Err(Malformed),
            };
            if let Some(room) = self.made.get_mut(length..length + bytes.len()) {
                room.copy_from_slice(bytes);
            }
            length += bytes.len();
        }
    }

    /// A run of a string must not have control characters.
    fn check(&self, from: usize, to: usize) -> Result<()> {
        if self.has_control {
            let run = self.bytes.get(from..to).unwrap_or_default();
            if run.iter().any(|byte| *byte < 0x20) {
                return Err(Malformed);
            }
        }
        Ok(())
    }

    /// Four hexadecimal digits, or two times four that make a pair.
    fn unicode(&mut self) -> Result<char> {
        let high = self.four_digits()?;
        if !(0xd800..0xdc00).contains(&high) {
            return char::from_u32(high).ok_or(Malformed);
        }
        self.expect(b'\\')?;
        self.expect(b'u')?;
        let low = self.four_digits()?;
        if !(0xdc00..0xe000).contains(&low) {
            return Err(Malformed);
        }
        char::from_u32(0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00)).ok_or(Malformed)
    }

    fn four_digits(&mut self) -> Result<u32> {
        let digits = self.bytes.get(self.at..).and_then(<[u8]>::first_chunk::<4>);
        self.at += 4;
        digits.ok_or(Malformed)?.iter().try_fold(0, |number, byte| {
            let digit = char::from(*byte).to_digit(16).ok_or(Malformed)?;
            Ok(number << 4 | digit)
        })
    }

    fn number(&mut self) -> Result<Held> {
        let start = self.at;
        let negative = self.take(b'-');
        let whole = if !self.take(b'0') {
            self.digits()?
        } else if self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            return Err(Malformed);
        } else {
            Some(0)
        };
        if !matches!(self.peek(), Some(b'.' | b'e' | b'E')) {
            let small = match (negative, whole) {
                (false, Some(number)) => {
                    Some(i64::try_from(number).map_or(Held::Unsigned(number), Held::Int))
                }
                // -0 is no whole number to `serde_json`, and to nobody who looks at its sign.
                (true, Some(number)) if number > 0 => {
                    0_i64.checked_sub_unsigned(number).map(Held::Int)
                }
                _ => None,
            };
            if let Some(small) = small {
                return Ok(small);
            }
        }
        if self.take(b'.') {
            self.digits()?;
        }
        if self.take(b'e') || self.take(b'E') {
            let _sign = self.take(b'+') || self.take(b'-');
            self.digits()?;
        }
        let text = self.bytes.get(start..self.at).unwrap_or_default();
        let number = std::str::from_utf8(text)
            .ok()
            .and_then(|text| text.parse::<f64>().ok());
        // What no f64 holds is no number to anybody behind us.
        let number = number.filter(|number| number.is_finite());
        number.map(Held::Float).ok_or(Malformed)
    }

    /// At least one digit; the number that they are, if it is no larger than a `u64`.
    fn digits(&mut self) -> Result<Option<u64>> {
        let start = self.at;
        let mut number = Some(0_u64);
        while let Some(byte @ b'0'..=b'9') = self.peek() {
            let digit = u64::from(byte - b'0');
            number = number.and_then(|number| number.checked_mul(10)?.checked_add(digit));
            self.at += 1;
        }
        if self.at == start {
            Err(Malformed)
        } else {
            Ok(number)
        }
    }

    fn word(&mut self, word: &str, held: Held) -> Result<Held> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        if !rest.starts_with(word.as_bytes()) {
            return Err(Malformed);
        }
        self.at += word.len();
        Ok(held)
    }

    fn blank(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\n' | b'\t' | b'\r')) {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn take(&mut self, wanted: u8) -> bool {
        let there = self.peek() == Some(wanted);
        self.at += usize::from(there);
        there
    }

    fn expect(&mut self, wanted: u8) -> Result<()> {
        if self.take(wanted) {
            Ok(())
        } else {
            Err(Malformed)
        }
    }
}

/// The last bytes of a record, with quotes behind them that stop whoever comes so far.
fn ended(rest: &[u8]) -> [u8; 8] {
    let mut ended = [b'"'; 8];
    for (byte, held) in ended.iter_mut().zip(rest) {
        *byte = *held;
    }
    ended
}

/// What a backslash and a byte stand for, none where that is zero; a table, for a branch would be
/// guessed wrong as often as right.
#[expect(clippy::indexing_slicing, reason = "filled when this is compiled")]
const ESCAPES: [u8; 256] = {
    let mut table = [0; 256];
    table[b'"' as usize] = b'"';
    table[b'\\' as usize] = b'\\';
    table[b'/' as usize] = b'/';
    table[b'n' as usize] = b'\n';
    table[b'r' as usize] = b'\r';
    table[b't' as usize] = b'\t';
    table[b'b' as usize] = 8;
    table[b'f' as usize] = 12;
    table
};

/// What a backslash and a byte stand for, unless it is `u`.
fn simple(byte: u8) -> Option<u8> {
    let meant = ESCAPES.get(usize::from(byte)).copied();
    meant.filter(|meant| *meant != 0)
}

/// In blocks, which are compared at once.
fn has_control(bytes: &[u8]) -> bool {
    let (blocks, rest) = bytes.as_chunks::<32>();
    let any = |bytes: &[u8]| {
        let marks = bytes.iter().map(|byte| u8::from(*byte < 0x20));
        marks.fold(0, |any, mark| any | mark) != 0
    };
    blocks.iter().any(|block| any(block)) || any(rest)
}

/// The place of the next quote or backslash. Most texts are short, so eight bytes are looked at in
/// a register before a vector search is called.
fn next_stop(bytes: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    for _ in 0..6 {
        let Some(chunk) = bytes.get(at..).and_then(<[u8]>::first_chunk::<8>) else {
            break;
        };
        let length = unstopped(u64::from_le_bytes(*chunk));
        at += length;
        if length < 8 {
            return Some(at);
        }
    }
    let rest = bytes.get(at..)?;
    memchr::memchr2(b'"', b'\\', rest).map(|found| at + found)
}

/// How many of eight bytes stand before a quote or backslash.
fn unstopped(word: u64) -> usize {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const QUOTES: u64 = ONES * b'"' as u64;
    const BACKSLASHES: u64 = ONES * b'\\' as u64;
    // Marks the bytes that are zero; behind the first it may mark others, too.
    let zeros = |word: u64| word.wrapping_sub(ONES) & !word & (ONES << 7);
    let marks = zeros(word ^ QUOTES) | zeros(word ^ BACKSLASHES);
    usize::try_from(marks.trailing_zeros() / 8).unwrap_or(8)
}
