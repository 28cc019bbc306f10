//! A JSON document to its elements: an array of objects, or objects one after the other, on as many
//! lines as they like. Each element is handed on like a line, without the blanks between its
//! tokens; one that is too long is told and never held whole. CloudTrail and Azure put the array into
//! an object, `{"Records": […]}`: that is taken off.

use sha2::{Digest as _, Sha256};

use super::line::Line;

/// How the object around an array of events begins, without blanks; the case of its letters varies.
const WRAPPER: &[u8] = b"{\"records\":[";

/// Whether these first bytes are a document's, not lines': a `[` before an object, an object that goes
/// on in the next line, or one around an array of events.
pub(crate) fn is_document(head: &[u8]) -> bool {
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    let Some((first, rest)) = head.trim_ascii_start().split_first() else {
        return false;
    };
    let tokens = head.iter().filter(|byte| !byte.is_ascii_whitespace());
    let tokens: Vec<u8> = tokens.take(WRAPPER.len()).copied().collect();
    if tokens.eq_ignore_ascii_case(WRAPPER) {
        return true;
    }
    let next = rest.trim_ascii_start();
    let blanks = rest.len() - next.len();
    match first {
        // Many a line of text begins with a time in brackets.
        b'[' => matches!(next.first(), Some(b'{' | b']')),
        b'{' => rest.get(..blanks).is_some_and(|skip| skip.contains(&b'\n')),
        _ => false,
    }
}

/// The elements of a document that comes in pieces, each at most `limit` bytes long: of a longer
/// one its beginning.
pub fn elements(pieces: &[&[u8]], limit: usize) -> Vec<Vec<u8>> {
    let mut cutter = Elements::new(limit, limit);
    let mut found = Vec::new();
    let mut each = |line: Line<'_>, _| {
        found.push(line.head().to_vec());
        Ok::<(), std::convert::Infallible>(())
    };
    let pushed = pieces
        .iter()
        .try_for_each(|piece| cutter.push(piece, &mut each));
    match pushed.and_then(|()| cutter.finish(&mut each)) {
        Ok(()) => found,
    }
}

/// Where in an element it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Between elements: commas, brackets and blanks are skipped.
    Between,
    /// Inside an object, so many brackets deep.
    Object(u64),
    /// Inside what is no object, up to the next comma, bracket or line break.
    Other,
}

/// Cuts bytes into elements.
#[derive(Debug)]
pub(crate) struct Elements {
    limit: usize,
    kept_of_long: usize,
    state: State,
    in_text: bool,
    escaped: bool,
    held: Vec<u8>,
    /// An element that has passed the limit: its length so far, and the hash of it.
    long: Option<(u64, Sha256)>,
    /// Bytes since the end of the element before.
    passed: u64,
}

impl Elements {
    pub(crate) fn new(limit: usize, kept_of_long: usize) -> Self {
        Self {
            limit,
            kept_of_long: kept_of_long.min(limit),
            state: State::Between,
            in_text: false,
            escaped: false,
            held: Vec::new(),
            long: None,
            passed: 0,
        }
    }

    /// Takes bytes; `each` gets every element that is whole now, with the number of bytes from the
    /// end of the element before to the end of this one. A document may be taken up behind any
    /// element. Returns what `each` returned that was not ok.
    pub(crate) fn push<E>(
        &mut self,
        data: &[u8],
        each: &mut dyn FnMut(Line<'_>, u64) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut rest = data;
        while let Some((byte, after)) = rest.split_first() {
            let plain = self.plain(rest);
            if let Some((text, after)) = rest.split_at_checked(plain).filter(|_| plain > 0) {
                self.held.extend_from_slice(text);
                self.passed += plain as u64;
                rest = after;
                continue;
            }
            self.passed += 1;
            rest = after;
            if self.byte(*byte) {
                self.end(each)?;
            }
        }
        Ok(())
    }

    /// How many of these bytes are nothing but text and may be held at once.
    fn plain(&self, data: &[u8]) -> usize {
        if !self.in_text || self.escaped || self.long.is_some() {
            return 0;
        }
        let special = |byte: &u8| matches!(byte, b'"' | b'\\' | b'\n');
        let room = self.limit.saturating_sub(self.held.len());
        let data = data.get(..room).unwrap_or(data);
        data.iter().position(special).unwrap_or(data.len())
    }

    /// The input is over: what is held is an element that was cut off.
    pub(crate) fn finish<E>(
        &mut self,
        each: &mut dyn FnMut(Line<'_>, u64) -> Result<(), E>,
    ) -> Result<(), E> {
        if self.state == State::Between {
            return Ok(());
        }
        self.end(each)
    }

    /// Takes one byte; true when it ends an element.
    fn byte(&mut self, byte: u8) -> bool {
        if self.in_text {
            self.text(byte);
            return false;
        }
        match (self.state, byte) {
            // The last brace is the wrapper's.
            (State::Between, b' ' | b'\t' | b'\r' | b'\n' | b',' | b'[' | b']' | b'}') => false,
            // A byte order mark, zeros of a lost write, the separator of RFC 7464.
            (State::Between, 0xef | 0xbb | 0xbf | 0 | 0x1e) => false,
            (State::Between, _) => {
                self.hold(byte);
                self.in_text = byte == b'"';
                self.state = if byte == b'{' {
                    State::Object(1)
                } else {
                    State::Other
                };
                false
            }
            (State::Other, b',' | b']' | b'\n') => true,
            (State::Object(_), b' ' | b'\t' | b'\r' | b'\n') => false,
            (State::Object(depth), b'{' | b'[') => {
                self.state = State::Object(depth + 1);
                self.hold(byte);
                if self.held.eq_ignore_ascii_case(WRAPPER) {
                    self.held.clear();
                    self.state = State::Between;
                }
                false
            }
            (State::Object(depth), b'}' | b']') => {
                self.state = State::Object(depth - 1);
                self.hold(byte);
                depth == 1
            }
            _ => {
                self.hold(byte);
                self.in_text = byte == b'"';
                false
            }
        }
    }

    fn text(&mut self, byte: u8) {
        // No text of JSON holds a line break: a quote is missing, and costs this element only.
        self.in_text = match byte {
            b'\n' => false,
            b'"' => self.escaped,
            _ => true,
        };
        self.escaped = byte == b'\\' && !self.escaped;
        self.hold(byte);
    }

    fn hold(&mut self, byte: u8) {
        if let Some((length, hash)) = &mut self.long {
            *length += 1;
            self.held.push(byte);
            if self.held.len() >= self.kept_of_long + HASHED {
                hash.update(self.held.get(self.kept_of_long..).unwrap_or_default());
                self.held.truncate(self.kept_of_long);
            }
            return;
        }
        self.held.push(byte);
        if self.held.len() > self.limit {
            let mut hash = Sha256::new();
            hash.update(&self.held);
            self.long = Some((self.held.len() as u64, hash));
            self.held.truncate(self.kept_of_long);
            self.held.shrink_to(self.kept_of_long + HASHED);
        }
    }

    fn end<E>(&mut self, each: &mut dyn FnMut(Line<'_>, u64) -> Result<(), E>) -> Result<(), E> {
        let passed = std::mem::take(&mut self.passed);
        self.state = State::Between;
        (self.in_text, self.escaped) = (false, false);
        let result = match self.long.take() {
            None => each(Line::Whole(self.held.trim_ascii_end()), passed),
            Some((length, mut hash)) => {
                let (head, rest) =
                    (self.held.split_at_checked(self.kept_of_long)).unwrap_or((&self.held, &[]));
                hash.update(rest);
                let digest = hash.finalize();
                let sha256 = digest.iter().map(|byte| format!("{byte:02x}")).collect();
                let line = Line::TooLong {
                    head,
                    length,
                    sha256,
                };
                each(line, passed)
            }
        };
        self.held.clear();
        result
    }
}

/// Bytes of a long element that are hashed at once.
const HASHED: usize = 4_096;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cut(pieces: &[&[u8]], limit: usize) -> (Vec<String>, u64) {
        let mut elements = Elements::new(limit, 3);
        let (mut found, mut bytes) = (Vec::new(), 0);
        let mut each = |line: Line<'_>, length| {
            bytes += length;
            found.push(match line {
                Line::Whole(line) | Line::Cut(line) => String::from_utf8_lossy(line).into_owned(),
                Line::TooLong {
                    head,
                    length,
                    sha256,
                } => {
                    let head = String::from_utf8_lossy(head);
                    format!("{head}…{length} {}", sha256.get(..4).unwrap_or_default())
                }
            });
            Ok::<(), ()>(())
        };
        for piece in pieces {
            elements.push(piece, &mut each).unwrap();
        }
        elements.finish(&mut each).unwrap();
        (found, bytes)
    }

    #[test]
    fn cuts_arrays_and_objects_and_takes_the_blanks_out() {
        let document = b"\xef\xbb\xbf[\n  {\n    \"a b\": \"} ]\\\" \\\\\",\n    \"c\": [1, {}]\n  },\n  {}\n]\n";
        let (found, bytes) = cut(&[document], 100);
        assert_eq!(found, [r#"{"a b":"} ]\" \\","c":[1,{}]}"#, "{}"]);
        assert_eq!(bytes, document.len() as u64 - 3, "without the end");
        assert_eq!(
            cut(&[b"[{\"a\":1},{\"b\":2}]"], 100).0,
            [r#"{"a":1}"#, r#"{"b":2}"#]
        );
        assert_eq!(
            cut(&[b"{\n}\n{\n\"a\":\n1}{}"], 100).0,
            ["{}", r#"{"a":1}"#, "{}"]
        );
        assert_eq!(cut(&[b"[]"], 100).0, [""; 0]);
    }

    #[test]
    fn takes_off_the_object_around_records() {
        let document = b"{ \"Records\": [ {\"a\":[1]},\n{\"c\":2} ] }\n";
        assert_eq!(cut(&[document], 100).0, [r#"{"a":[1]}"#, r#"{"c":2}"#]);
        assert_eq!(
            cut(
                &[b"{\"records\":[{\"b\":{\"Records\":[]}}]}{\"Records\":[{}]}"],
                100
            )
            .0,
            [r#"{"b":{"Records":[]}}"#, "{}"]
        );
    }

    #[test]
    fn what_is_broken_costs_only_itself() {
        // No objects, a missing quote, an element cut off.
        let (found, _) = cut(&[b"[5, \"x, y\", null,\n{\"a\":1}]"], 100);
        assert_eq!(found, ["5", "\"x, y\"", "null", r#"{"a":1}"#]);
        let (found, _) = cut(&[b"[{\n\"a\": \"x,\n\"b\": 1},\n{\"c\": 2}]"], 100);
        assert_eq!(found.len(), 2);
        assert_eq!(found[1], r#"{"c":2}"#);
        assert_eq!(
            cut(&[b"[{\"a\":1},{\"b\""], 100).0,
            [r#"{"a":1}"#, r#"{"b""#]
        );
        // The digest is that of `{"a":"xxxxxxxx"}`.
        let (found, _) = cut(&[b"[{\"a\": \"xxxxxxxx\"},{}]"], 8);
        let digest = Sha256::digest(b"{\"a\":\"xxxxxxxx\"}");
        let digest = format!("{:02x}{:02x}", digest[0], digest[1]);
        assert_eq!(found, [format!("{{\"a…16 {digest}"), "{}".to_owned()]);
    }

    #[test]
    fn tells_documents_from_lines() {
        for (head, expected) in [
            (&b"[{\"a\":1}]"[..], true),
            (b"\xef\xbb\xbf [\r\n  {", true),
            (b"[]", true),
            (b"{\n  \"a\": 1\n}", true),
            (b"{ \r\n}", true),
            (b"{\"Records\":[{\"eventVersion\":\"1.08\"", true),
            (b"{ \"records\" : [", true),
            (b"{\"Records\":5}", false),
            (b"{\"a\":1}\n{\"b\":2}\n", false),
            (b"{ \"a\": 1 }\n", false),
            (b"[2024-01-01 00:00:00] {x}", false),
            (b"[error] x", false),
            (b"", false),
        ] {
            assert_eq!(is_document(head), expected, "{head:?}");
        }
    }

    proptest! {
        #[test]
        fn any_cut_gives_the_same_elements(
            text in "[\\[\\]{}\",\\\\ab 1\n]{0,60}",
            at in any::<prop::sample::Index>(),
        ) {
            let bytes = text.as_bytes();
            let at = at.index(bytes.len() + 1);
            prop_assert_eq!(cut(&[bytes], 8), cut(&[&bytes[..at], &bytes[at..]], 8));
        }

        #[test]
        fn objects_come_back_as_they_were(
            keys in prop::collection::vec("[a-c{}\\[\\]\",\\\\ \n\u{1ea1}]{0,6}", 0..6),
            pretty in any::<bool>(),
        ) {
            let objects: Vec<_> = keys
                .iter()
                .map(|key| serde_json::json!({ key.clone(): [{ "b": key }, 1.5, null] }))
                .collect();
            let written = if pretty {
                serde_json::to_string_pretty(&objects)
            } else {
                serde_json::to_string(&objects)
            };
            let (found, _) = cut(&[written.unwrap().as_bytes()], 10_000);
            let found: Vec<serde_json::Value> =
                found.iter().map(|text| serde_json::from_str(text).unwrap()).collect();
            prop_assert_eq!(found, objects);
        }
    }
}
