//! The few fields of a certificate that EVE shows (RFC 5280 §4.1), read from its DER without
//! recursion. Nothing is verified.

use sha1::{Digest as _, Sha1};

use crate::json::printable;

/// Names in one subject, issuer or list of alternative names.
const MAX_NAMES: usize = 64;

/// What is shown of a certificate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Certificate {
    pub(super) subject: String,
    pub(super) issuer: String,
    pub(super) serial: String,
    pub(super) fingerprint: String,
    pub(super) not_before: String,
    pub(super) not_after: String,
    pub(super) names: Vec<String>,
}

/// One element: its tag, its content, and what follows.
fn element(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (tag, rest) = bytes.split_first()?;
    let (first, rest) = rest.split_first()?;
    let (length, rest) = if first & 0x80 == 0 {
        (usize::from(*first), rest)
    } else {
        let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
        // Four bytes of length are more than a certificate can have.
        let too_long = digits.is_empty() || digits.len() > 4;
        if too_long {
            return None;
        }
        let length = digits
            .iter()
            .fold(0_usize, |length, digit| (length << 8) | usize::from(*digit));
        (length, rest)
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((*tag, content, rest))
}

/// Reads a certificate. None when it is malformed.
pub(super) fn certificate(der: &[u8]) -> Option<Certificate> {
    let (_, outer, _) = element(der)?;
    let (_, body, _) = element(outer)?;
    let (tag, content, rest) = element(body)?;
    // The version is optional and tagged; the serial number follows.
    let (serial, rest) = if tag == 0xa0 {
        let (_, serial, rest) = element(rest)?;
        (serial, rest)
    } else {
        (content, rest)
    };
    let (_, _signature, rest) = element(rest)?;
    let (_, issuer, rest) = element(rest)?;
    let (_, validity, rest) = element(rest)?;
    let (_, subject, rest) = element(rest)?;
    let (_, _key, rest) = element(rest)?;
    let (before_tag, before, after) = element(validity)?;
    let (after_tag, after, _) = element(after)?;
    Some(Certificate {
        subject: name(subject),
        issuer: name(issuer),
        serial: colons(serial, true),
        fingerprint: colons(&Sha1::digest(der), false),
        not_before: time(before_tag, before)?,
        not_after: time(after_tag, after)?,
        names: alternative_names(rest).unwrap_or_default(),
    })
}

/// When a certificate ends; none when it is none.
pub fn certificate_ends(der: &[u8]) -> Option<event::Time> {
    let ends = certificate(der)?.not_after;
    event::Time::parse(&format!("{ends}Z"))
}

/// A distinguished name as text: `C=VN, O=…, CN=…`.
fn name(mut sequence: &[u8]) -> String {
    let mut parts: Vec<String> = Vec::new();
    while let Some((_, mut set, rest)) = element(sequence) {
        sequence = rest;
        while let Some((_, pair, rest)) = element(set) {
            set = rest;
            let Some((_, kind, value)) = element(pair) else {
                continue;
            };
            let Some((tag, value, _)) = element(value) else {
                continue;
            };
            if parts.len() < MAX_NAMES {
                parts.push(format!("{}={}", attribute(kind), text(tag, value)));
            }
        }
    }
    parts.join(", ")
}

fn text(tag: u8, value: &[u8]) -> String {
    // BMPString: UTF-16, big endian.
    if tag == 0x1e {
        let units = value
            .chunks_exact(2)
            .filter_map(|pair| pair.first_chunk::<2>())
            .map(|pair| u16::from_be_bytes(*pair));
        return char::decode_utf16(units)
            .map(|letter| letter.unwrap_or(char::REPLACEMENT_CHARACTER))
            .collect();
    }
    printable(value)
}

fn attribute(oid: &[u8]) -> String {
    let short = match oid {
        [0x55, 4, 3] => "CN",
        [0x55, 4, 4] => "SN",
        [0x55, 4, 5] => "serialNumber",
        [0x55, 4, 6] => "C",
        [0x55, 4, 7] => "L",
        [0x55, 4, 8] => "ST",
        [0x55, 4, 9] => "street",
        [0x55, 4, 10] => "O",
        [0x55, 4, 11] => "OU",
        [0x55, 4, 12] => "title",
        [0x55, 4, 42] => "GN",
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 1] => "emailAddress",
        [0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 1, 25] => "DC",
        [0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 1, 1] => "UID",
        _ => return dotted(oid),
    };
    short.to_owned()
}

fn dotted(oid: &[u8]) -> String {
    let mut parts = Vec::new();
    let mut value = 0_u64;
    for byte in oid {
        value = (value << 7) | u64::from(byte & 0x7f);
        if byte & 0x80 != 0 {
            continue;
        }
        if parts.is_empty() {
            let first = (value / 40).min(2);
            parts.push(first.to_string());
            value -= first * 40;
        }
        parts.push(value.to_string());
        value = 0;
    }
    parts.join(".")
}

fn colons(bytes: &[u8], upper: bool) -> String {
    let digits: Vec<String> = bytes
        .iter()
        .map(|byte| {
            if upper {
                format!("{byte:02X}")
            } else {
                format!("{byte:02x}")
            }
        })
        .collect();
    digits.join(":")
}

/// UTCTime (two digits of the year; 50 and above are of the last century) or GeneralizedTime.
fn time(tag: u8, value: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(value).ok()?.strip_suffix('Z')?;
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let full = match (tag, text.len()) {
        (0x17, 12) if text.as_bytes().first()? >= &b'5' => format!("19{text}"),
        (0x17, 12) => format!("20{text}"),
        (0x18, 14) => text.to_owned(),
        _ => return None,
    };
    let part = |range: std::ops::Range<usize>| full.get(range);
    Some(format!(
        "{}-{}-{}T{}:{}:{}",
        part(0..4)?,
        part(4..6)?,
        part(6..8)?,
        part(8..10)?,
        part(10..12)?,
        part(12..14)?
    ))
}

/// DNS names of the extension 2.5.29.17.
fn alternative_names(mut rest: &[u8]) -> Option<Vec<String>> {
    let extensions = loop {
        let (tag, content, tail) = element(rest)?;
        if tag == 0xa3 {
            break content;
        }
        rest = tail;
    };
    let (_, mut list, _) = element(extensions)?;
    while let Some((_, extension, tail)) = element(list) {
        list = tail;
        let (_, oid, value) = element(extension)?;
        if oid != [0x55, 0x1d, 0x11] {
            continue;
        }
        let (tag, content, after) = element(value)?;
        // A flag `critical` may stand before the value.
        let octets = if tag == 0x01 {
            element(after)?.1
        } else {
            content
        };
        let (_, mut entries, _) = element(octets)?;
        let mut names = Vec::new();
        while let Some((tag, value, tail)) = element(entries) {
            entries = tail;
            if tag == 0x82 && names.len() < MAX_NAMES {
                names.push(printable(value));
            }
        }
        return Some(names);
    }
    None
}
