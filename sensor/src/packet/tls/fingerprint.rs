//! JA3, JA3S and JA4: names for the way a client or server says hello.

use md5::{Digest as _, Md5};
use sha2::Sha256;

use super::parse::{ClientHello, ServerHello, is_grease};

/// A fingerprint with the text that it is the hash of.
pub(super) struct Ja3 {
    pub(super) hash: String,
    pub(super) text: String,
}

fn hashed(text: String) -> Ja3 {
    let hash = hex(&Md5::digest(text.as_bytes()));
    Ja3 { hash, text }
}

/// JA3: version, ciphers, extensions, groups, point formats.
pub(super) fn ja3(hello: &ClientHello) -> Ja3 {
    let formats: Vec<String> = hello.point_formats.iter().map(u8::to_string).collect();
    hashed(format!(
        "{},{},{},{},{}",
        hello.version,
        decimal(&hello.ciphers),
        decimal(&hello.extensions),
        decimal(&hello.groups),
        formats.join("-")
    ))
}

/// JA3S: version, cipher, extensions.
pub(super) fn ja3s(hello: &ServerHello) -> Ja3 {
    hashed(format!(
        "{},{},{}",
        hello.legacy_version,
        hello.cipher,
        decimal(&hello.extensions)
    ))
}

/// JA4 of a client on TCP: what it offers, its ciphers, its extensions and signature algorithms.
pub fn ja4(hello: &ClientHello) -> String {
    let plain = |list: &[u16]| -> Vec<u16> {
        list.iter()
            .copied()
            .filter(|value| !is_grease(*value))
            .collect()
    };
    let mut ciphers = plain(&hello.ciphers);
    let extensions = plain(&hello.extensions);
    let version = plain(&hello.versions)
        .into_iter()
        .max()
        .unwrap_or(hello.version);
    let named = if extensions.contains(&0) { 'd' } else { 'i' };
    let first = format!(
        "t{}{named}{:02}{:02}{}",
        ja4_version(version),
        ciphers.len().min(99),
        extensions.len().min(99),
        ja4_alpn(hello.alpns.first().map(Vec::as_slice))
    );
    ciphers.sort_unstable();
    let mut sorted: Vec<u16> = extensions
        .iter()
        .copied()
        .filter(|kind| !matches!(kind, 0 | 16))
        .collect();
    sorted.sort_unstable();
    let mut third = codes(&sorted);
    let signatures = plain(&hello.signatures);
    if !signatures.is_empty() {
        third = format!("{third}_{}", codes(&signatures));
    }
    let ciphers = digest(ciphers.is_empty(), &codes(&ciphers));
    let extensions = digest(extensions.is_empty(), &third);
    format!("{first}_{ciphers}_{extensions}")
}

fn ja4_version(version: u16) -> &'static str {
    match version {
        0x0304 => "13",
        0x0303 => "12",
        0x0302 => "11",
        0x0301 => "10",
        0x0300 => "s3",
        0x0002 => "s2",
        0xfeff => "d1",
        0xfefd => "d2",
        0xfefc => "d3",
        _ => "00",
    }
}

/// First and last character of the first protocol, or of its hex form.
fn ja4_alpn(alpn: Option<&[u8]>) -> String {
    let (Some(first), Some(last)) = (
        alpn.and_then(|alpn| alpn.first()),
        alpn.and_then(|alpn| alpn.last()),
    ) else {
        return "00".to_owned();
    };
    if first.is_ascii_alphanumeric() && last.is_ascii_alphanumeric() {
        return [char::from(*first), char::from(*last)].iter().collect();
    }
    let digits = (format!("{first:02x}"), format!("{last:02x}"));
    digits
        .0
        .chars()
        .take(1)
        .chain(digits.1.chars().skip(1))
        .collect()
}

fn codes(values: &[u16]) -> String {
    let codes: Vec<String> = values.iter().map(|value| format!("{value:04x}")).collect();
    codes.join(",")
}

fn digest(empty: bool, text: &str) -> String {
    if empty {
        return "0".repeat(12);
    }
    hex(&Sha256::digest(text.as_bytes()))
        .chars()
        .take(12)
        .collect()
}

fn decimal(values: &[u16]) -> String {
    let plain: Vec<String> = values
        .iter()
        .filter(|value| !is_grease(**value))
        .map(u16::to_string)
        .collect();
    plain.join("-")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
