//! JSON written straight into bytes: no tree of values on the way of an event.
//!
//! The writer puts commas by looking at its last byte, so that it needs no stack. Text that is not
//! UTF-8 is written with `\xNN` for its bytes, as EVE's consumers expect.

use std::io::Write as _;
use std::net::IpAddr;

/// JSON being written.
#[derive(Debug, Default)]
pub(crate) struct Json(Vec<u8>);

impl Json {
    pub(crate) fn with_capacity(bytes: usize) -> Self {
        Self(Vec::with_capacity(bytes))
    }

    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    /// Opens an object as a value.
    pub(crate) fn open(&mut self) {
        self.comma();
        self.0.push(b'{');
    }

    /// Opens an object under a key.
    pub(crate) fn open_at(&mut self, key: &str) {
        self.key(key);
        self.0.push(b'{');
    }

    pub(crate) fn close(&mut self) {
        self.0.push(b'}');
    }

    /// Opens an array as a value.
    pub(crate) fn list(&mut self) {
        self.comma();
        self.0.push(b'[');
    }

    /// Opens an array under a key.
    pub(crate) fn list_at(&mut self, key: &str) {
        self.key(key);
        self.0.push(b'[');
    }

    pub(crate) fn end_list(&mut self) {
        self.0.push(b']');
    }

    /// A key of ours: it holds nothing that needs escaping.
    pub(crate) fn key(&mut self, key: &str) {
        self.comma();
        self.0.push(b'"');
        self.0.extend_from_slice(key.as_bytes());
        self.0.extend_from_slice(b"\":");
    }

    /// A key of somebody else's.
    pub(crate) fn any_key(&mut self, key: &str) {
        self.comma();
        self.escaped(key);
        self.0.push(b':');
    }

    pub(crate) fn text(&mut self, key: &str, value: &str) {
        self.key(key);
        self.escaped(value);
    }

    /// One text, or several as an array.
    pub(crate) fn list_or_text(&mut self, key: &str, values: &[String]) {
        if let [value] = values {
            return self.text(key, value);
        }
        self.list_at(key);
        values.iter().for_each(|value| self.text_value(value));
        self.end_list();
    }

    /// Text in an array.
    pub(crate) fn text_value(&mut self, value: &str) {
        self.comma();
        self.escaped(value);
    }

    /// Bytes that are usually text.
    pub(crate) fn bytes(&mut self, key: &str, value: &[u8]) {
        self.key(key);
        self.bytes_value(value);
    }

    /// Bytes that are usually text, in an array.
    pub(crate) fn bytes_value(&mut self, value: &[u8]) {
        match std::str::from_utf8(value) {
            Ok(text) => self.text_value(text),
            Err(_) => self.text_value(&printable(value)),
        }
    }

    pub(crate) fn number(&mut self, key: &str, value: u64) {
        self.key(key);
        self.digits(value);
    }

    pub(crate) fn number_value(&mut self, value: u64) {
        self.comma();
        self.digits(value);
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn bool(&mut self, key: &str, value: bool) {
        self.key(key);
        self.0
            .extend_from_slice(if value { b"true" } else { b"false" });
    }

    /// A flag that is only written when it holds.
    pub(crate) fn flag(&mut self, key: &str, value: bool) {
        if value {
            self.bool(key, true);
        }
    }

    pub(crate) fn ip(&mut self, key: &str, ip: IpAddr) {
        self.key(key);
        self.ip_value(ip);
    }

    /// An address as EVE writes it: IPv6 with all its zeros.
    pub(crate) fn ip_value(&mut self, ip: IpAddr) {
        self.comma();
        self.0.push(b'"');
        match ip {
            IpAddr::V4(ip) => {
                for (place, octet) in ip.octets().into_iter().enumerate() {
                    if place > 0 {
                        self.0.push(b'.');
                    }
                    self.digits(u64::from(octet));
                }
            }
            IpAddr::V6(ip) => {
                for (place, octet) in ip.octets().into_iter().enumerate() {
                    if place > 0 && place % 2 == 0 {
                        self.0.push(b':');
                    }
                    self.hex(octet);
                }
            }
        }
        self.0.push(b'"');
    }

    /// JSON that is already written.
    pub(crate) fn raw(&mut self, json: &[u8]) {
        self.comma();
        self.0.extend_from_slice(json);
    }

    pub(crate) fn hex(&mut self, byte: u8) {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        for half in [byte >> 4, byte & 15] {
            self.0
                .push(DIGITS.get(usize::from(half)).copied().unwrap_or(b'0'));
        }
    }

    fn comma(&mut self) {
        if !matches!(self.0.last(), None | Some(b'{' | b'[' | b':')) {
            self.0.push(b',');
        }
    }

    fn digits(&mut self, mut value: u64) {
        let mut digits = [b'0'; 20];
        let mut used = 0;
        for place in digits.iter_mut().rev() {
            *place = b'0' + u8::try_from(value % 10).unwrap_or(0);
            value /= 10;
            used += 1;
            if value == 0 {
                break;
            }
        }
        self.0
            .extend_from_slice(digits.get(20 - used..).unwrap_or_default());
    }

    fn escaped(&mut self, text: &str) {
        self.0.push(b'"');
        let mut rest = text.as_bytes();
        while let Some(place) = rest.iter().position(|byte| needs_escape(*byte)) {
            let (clean, tail) = rest.split_at(place);
            self.0.extend_from_slice(clean);
            if let Some((byte, tail)) = tail.split_first() {
                self.escape(*byte);
                rest = tail;
            }
        }
        self.0.extend_from_slice(rest);
        self.0.push(b'"');
    }

    fn escape(&mut self, byte: u8) {
        match byte {
            b'"' => self.0.extend_from_slice(b"\\\""),
            b'\\' => self.0.extend_from_slice(b"\\\\"),
            b'\n' => self.0.extend_from_slice(b"\\n"),
            b'\r' => self.0.extend_from_slice(b"\\r"),
            b'\t' => self.0.extend_from_slice(b"\\t"),
            _ => {
                self.0.extend_from_slice(b"\\u00");
                self.hex(byte);
            }
        }
    }
}

fn needs_escape(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\' || byte == 0x7f
}

/// Bytes as text: as they are when they are UTF-8, else with `\xNN` for what is not printable.
pub(crate) fn printable(bytes: &[u8]) -> String {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return text.to_owned();
    }
    let mut out = Vec::with_capacity(bytes.len() * 2);
    for byte in bytes {
        if matches!(byte, 0x20..=0x7e) {
            out.push(*byte);
        } else {
            // Writing to a Vec cannot fail.
            write!(out, "\\x{byte:02X}").unwrap_or_default();
        }
    }
    String::from_utf8(out).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn puts_commas_and_escapes_where_they_belong() {
        let mut json = Json::default();
        json.open();
        json.number("n", 0);
        json.number("m", u64::MAX);
        json.list_at("l");
        json.text_value("a\"\\\n\u{1}");
        json.bytes_value(b"\xffab");
        json.end_list();
        json.open_at("o");
        json.close();
        json.ip("six", "2001:db8::1".parse().unwrap());
        json.ip("four", "10.0.0.255".parse().unwrap());
        json.close();
        let text = String::from_utf8(json.into_bytes()).unwrap();
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["m"], u64::MAX);
        assert_eq!(value["l"][0], "a\"\\\n\u{1}");
        assert_eq!(value["l"][1], "\\xFFab");
        assert_eq!(value["six"], "2001:0db8:0000:0000:0000:0000:0000:0001");
        assert_eq!(value["four"], "10.0.0.255");
    }
}
