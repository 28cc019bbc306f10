//! The frames of syslog over TCP and TLS: RFC 6587 §3.4.1 (counted) and §3.4.2 (ended by LF or NUL),
//! RFC 5425 §4.3.1.
//!
//! The form is told for each message: a number that does not begin with 0, one space and `<` begin a
//! counted one, anything else ends at the first LF or NUL. A count is never believed: memory grows
//! with what has come, up to the limit, and what is beyond is hashed and declared.

use crate::log::line::{Growing, Line};

/// The longest number that is a count.
const DIGITS: usize = 19;

/// Cuts a connection into messages.
#[derive(Debug)]
pub struct Frames {
    state: State,
    /// The first bytes of a message, until they say of which form it is.
    head: Vec<u8>,
    held: Growing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Before a message, or in the number that may begin it.
    Head,
    /// Inside a message that ends by itself.
    Ended,
    /// Inside a counted message of which so many bytes are missing.
    Counted(u64),
}

/// What the first bytes of a message say.
enum Form {
    /// Not enough to know.
    Open,
    Ended,
    Counted(u64),
}

impl Frames {
    /// Cuts messages of at most `limit` bytes; of a longer one `kept_of_long` are kept.
    pub fn new(limit: usize, kept_of_long: usize) -> Self {
        Self {
            state: State::Head,
            head: Vec::new(),
            held: Growing::new(limit, kept_of_long),
        }
    }

    /// Takes bytes; `each` gets every message that is whole now.
    pub fn push(&mut self, mut data: &[u8], each: &mut dyn FnMut(Line<'_>)) {
        while !data.is_empty() {
            data = match self.state {
                State::Head => self.begin(data),
                State::Ended => self.ended(data, each),
                State::Counted(missing) => self.counted(data, missing, each),
            };
        }
    }

    /// The connection is over: what is held is the last message, cut if its count says so.
    pub fn finish(&mut self, each: &mut dyn FnMut(Line<'_>)) {
        let head = std::mem::take(&mut self.head);
        self.held.hold(&head);
        match std::mem::replace(&mut self.state, State::Head) {
            State::Counted(_) => self.held.end(|line| match line {
                Line::Whole(bytes) => each(Line::Cut(bytes)),
                other => each(other),
            }),
            State::Head | State::Ended => self.end(each),
        }
    }

    /// Takes bytes until they say of which form the message is. Returns the rest.
    fn begin<'d>(&mut self, data: &'d [u8]) -> &'d [u8] {
        let Some((byte, rest)) = data.split_first() else {
            return data;
        };
        if self.head.is_empty() && matches!(byte, b'\n' | b'\0') {
            return rest;
        }
        self.head.push(*byte);
        match form(&self.head) {
            Form::Open => return rest,
            Form::Counted(count) => {
                // The `<` belongs to the message.
                self.held.hold(b"<");
                self.state = State::Counted(count - 1);
            }
            Form::Ended => {
                self.state = State::Ended;
                // The byte that said so may be the end of the message.
                self.head.pop();
                let head = std::mem::take(&mut self.head);
                self.held.hold(&head);
                return data;
            }
        }
        self.head.clear();
        rest
    }

    fn ended<'d>(&mut self, data: &'d [u8], each: &mut dyn FnMut(Line<'_>)) -> &'d [u8] {
        let end = data.iter().position(|byte| matches!(byte, b'\n' | b'\0'));
        let Some((text, rest)) = end.and_then(|end| data.split_at_checked(end)) else {
            self.held.hold(data);
            return &[];
        };
        self.held.hold(text);
        self.state = State::Head;
        self.end(each);
        rest.get(1..).unwrap_or_default()
    }

    fn counted<'d>(
        &mut self,
        data: &'d [u8],
        missing: u64,
        each: &mut dyn FnMut(Line<'_>),
    ) -> &'d [u8] {
        let wanted = usize::try_from(missing).unwrap_or(usize::MAX);
        let (text, rest) = data.split_at_checked(wanted).unwrap_or((data, &[]));
        self.held.hold(text);
        let missing = missing.saturating_sub(text.len() as u64);
        self.state = State::Counted(missing);
        if missing == 0 {
            self.state = State::Head;
            self.held.end(|line| match line {
                // One LF at the end is no text; any other byte is.
                Line::Whole(text) => give(text.strip_suffix(b"\n").unwrap_or(text), each),
                other => each(other),
            });
        }
        rest
    }

    fn end(&mut self, each: &mut dyn FnMut(Line<'_>)) {
        self.held.end(|line| match line {
            Line::Whole(text) => give(text.strip_suffix(b"\r").unwrap_or(text), each),
            other => each(other),
        });
    }
}

/// An empty message is no message.
fn give(text: &[u8], each: &mut dyn FnMut(Line<'_>)) {
    if !text.is_empty() {
        each(Line::Whole(text));
    }
}

fn form(head: &[u8]) -> Form {
    let digits = head.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if digits == 0 || digits > DIGITS || head.first() == Some(&b'0') {
        return Form::Ended;
    }
    match head.get(digits..).unwrap_or_default() {
        [] | [b' '] => Form::Open,
        [b' ', b'<'] => {
            let number = head.get(..digits).unwrap_or_default();
            let text = std::str::from_utf8(number).unwrap_or_default();
            text.parse().map_or(Form::Ended, Form::Counted)
        }
        _ => Form::Ended,
    }
}

/// The messages of a connection that came in pieces, each at most `limit` bytes: of a longer one its
/// beginning. For tests and fuzzing.
pub fn messages(pieces: &[&[u8]], limit: usize) -> Vec<Vec<u8>> {
    let mut frames = Frames::new(limit, limit);
    let mut found = Vec::new();
    let mut each = |line: Line<'_>| found.push(line.head().to_vec());
    for piece in pieces {
        frames.push(piece, &mut each);
    }
    frames.finish(&mut each);
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_cut_gives_the_same_messages(
            text in "([1-9] <|1[0-9] <|[ab<0 \n\r\u{0}]){0,40}",
            cut in any::<prop::sample::Index>(),
        ) {
            let bytes = text.as_bytes();
            let cut = cut.index(bytes.len() + 1);
            prop_assert_eq!(messages(&[bytes], 8), messages(&[&bytes[..cut], &bytes[cut..]], 8));
        }
    }
}
