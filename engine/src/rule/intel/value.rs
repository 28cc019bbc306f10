//! A value as people write it, brought into the one form that matching compares.
//!
//! Letters are lowered as ASCII only, on both sides alike: names on the wire are ASCII (IDNA).

use std::net::IpAddr;

use ipnet::IpNet;

use super::{EntryKind, IntelLimits};

/// The longest domain (RFC 1035, 2.3.4).
const NAME_BYTES: usize = 253;
/// The longest URL that is compared.
pub(crate) const URL_BYTES: usize = 2_048;

/// Bytes of a fixed most length, on the stack.
pub(crate) struct Buffer<const N: usize> {
    bytes: [u8; N],
    len: usize,
}

impl<const N: usize> Buffer<N> {
    pub(crate) fn new() -> Self {
        Self {
            bytes: [0; N],
            len: 0,
        }
    }

    /// Adds bytes; none when they do not fit.
    fn push(&mut self, bytes: &[u8], lower: bool) -> Option<()> {
        let end = self.len.checked_add(bytes.len())?;
        let place = self.bytes.get_mut(self.len..end)?;
        place.copy_from_slice(bytes);
        if lower {
            place.make_ascii_lowercase();
        }
        self.len = end;
        Some(())
    }

    pub(crate) fn text(&self) -> &str {
        let bytes = self.bytes.get(..self.len).unwrap_or_default();
        std::str::from_utf8(bytes).unwrap_or_default()
    }
}

/// Reads a value: its kind by its form unless one is given, and its canonical form.
pub(super) fn read(
    text: &str,
    kind: Option<EntryKind>,
    limits: &IntelLimits,
) -> Result<(EntryKind, String), String> {
    if text.len() > limits.line_bytes {
        return Err(format!("longer than {} bytes", limits.line_bytes));
    }
    let text = refanged(text.trim());
    let text = text.as_str();
    let shown: String = text.chars().take(60).collect();
    let none = |what: &str| format!("`{shown}` is no {what}");
    match kind {
        None => told_by_form(text).ok_or_else(|| {
            format!("`{shown}` is no address, network, domain, URL, e-mail, hash, JA3 or JA4")
        }),
        Some(kind @ (EntryKind::Address | EntryKind::Network)) => {
            address(text).ok_or_else(|| none(kind.name()))
        }
        Some(EntryKind::Domain) => match address(text) {
            Some(found) => Ok(found),
            None => domain(text).ok_or_else(|| none("domain")),
        },
        Some(EntryKind::Url) => url(text).ok_or_else(|| none("URL")),
        Some(EntryKind::Email) => email(text).ok_or_else(|| none("e-mail address")),
        Some(EntryKind::Ja4) => ja4(text).ok_or_else(|| none("JA4 fingerprint")),
        Some(kind) => {
            let length = digits(kind);
            let fits = text.len() == length && text.bytes().all(|byte| byte.is_ascii_hexdigit());
            let value = fits.then(|| (kind, text.to_ascii_lowercase()));
            value.ok_or_else(|| format!("`{shown}` is no {}: {length} hex digits", kind.name()))
        }
    }
}

/// Hex digits of a hash.
fn digits(kind: EntryKind) -> usize {
    match kind {
        EntryKind::Sha1 => 40,
        EntryKind::Sha256 => 64,
        _ => 32,
    }
}

/// What a value is when nothing but itself tells.
fn told_by_form(text: &str) -> Option<(EntryKind, String)> {
    if text.contains("://") {
        return url(text);
    }
    if text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        let kind = match text.len() {
            32 => Some(EntryKind::Md5),
            40 => Some(EntryKind::Sha1),
            64 => Some(EntryKind::Sha256),
            _ => None,
        };
        if let Some(kind) = kind {
            return Some((kind, text.to_ascii_lowercase()));
        }
    }
    if let Some(found) = address(text) {
        return Some(found);
    }
    if text.contains('@') {
        return email(text);
    }
    if let Some(found) = ja4(text) {
        return Some(found);
    }
    // `evil.example/payload`: a path makes it a URL whose scheme somebody left out.
    match text.split_once('/') {
        Some((host, _)) if domain(host).is_some() || address(host).is_some() => {
            url(&format!("http://{text}"))
        }
        Some(_) => None,
        None => domain(text),
    }
}

/// Takes away what makes a value harmless to click.
fn refanged(text: &str) -> String {
    const FANGS: [(&str, &str); 11] = [
        ("[.]", "."),
        ("(.)", "."),
        ("{.}", "."),
        ("[dot]", "."),
        ("(dot)", "."),
        ("[:]", ":"),
        ("[://]", "://"),
        ("[@]", "@"),
        ("[at]", "@"),
        ("(at)", "@"),
        ("\\.", "."),
    ];
    let mut plain = text.to_owned();
    if plain.contains(['[', '(', '{', '\\']) {
        for (fang, without) in FANGS {
            if plain.contains(fang) {
                plain = plain.replace(fang, without);
            }
        }
    }
    let head = plain.get(..4).map(str::to_ascii_lowercase);
    match head.as_deref() {
        Some("hxxp") => plain.replace_range(..4, "http"),
        Some("fxp:") => plain.replace_range(..4, "ftp:"),
        _ => {}
    }
    plain
}

/// An address, a network, or an address with a port, which is left out.
fn address(text: &str) -> Option<(EntryKind, String)> {
    if text.len() > 60 {
        return None;
    }
    let bare = text
        .strip_prefix('[')
        .and_then(|rest| rest.split_once(']'))
        .map_or(text, |(inner, _)| inner);
    if let Ok(ip) = bare.parse::<IpAddr>() {
        return Some((EntryKind::Address, ip.to_canonical().to_string()));
    }
    if let Ok(network) = text.parse::<IpNet>() {
        let network = network.trunc();
        return Some(if network.prefix_len() == network.max_prefix_len() {
            let ip = network.addr().to_canonical();
            (EntryKind::Address, ip.to_string())
        } else {
            (EntryKind::Network, network.to_string())
        });
    }
    let (host, port) = text.split_once(':')?;
    let ip = host.parse::<std::net::Ipv4Addr>().ok()?;
    port.parse::<u16>().ok()?;
    Some((EntryKind::Address, ip.to_string()))
}

/// A domain; `*.` and a dot before it mean what a domain means anyway.
fn domain(text: &str) -> Option<(EntryKind, String)> {
    let text = text.strip_prefix("*.").unwrap_or(text);
    let text = text.strip_prefix('.').unwrap_or(text);
    // Names beyond ASCII go over the wire in another form (RFC 5891), and so they are looked for.
    let ascii = if text.is_ascii() {
        None
    } else {
        Some(idna::domain_to_ascii(text).ok()?)
    };
    let text = ascii.as_deref().unwrap_or(text);
    let mut buffer = Buffer::<NAME_BYTES>::new();
    let name = lower_name(text, &mut buffer)?;
    let label = |label: &str| {
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        (1..=63).contains(&label.len()) && label.chars().all(fits)
    };
    // The last label of a name is never a number: that would be an address written wrongly.
    let last = name.rsplit('.').next().unwrap_or_default();
    let number = last.bytes().all(|byte| byte.is_ascii_digit());
    let fits = name.split('.').all(label) && !number;
    fits.then(|| (EntryKind::Domain, name.to_owned()))
}

/// A name in lower case without the dot at its end and without a port; none when it is too long.
pub(crate) fn lower_name<'a>(text: &str, buffer: &'a mut Buffer<253>) -> Option<&'a str> {
    let text = match text.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => text,
    };
    let text = text.strip_suffix('.').unwrap_or(text);
    buffer.len = 0;
    buffer.push(text.as_bytes(), true)?;
    Some(buffer.text())
}

fn url(text: &str) -> Option<(EntryKind, String)> {
    let mut buffer = Buffer::<URL_BYTES>::new();
    let form = url_form(text, &mut buffer)?;
    Some((EntryKind::Url, form.to_owned()))
}

/// A URL with scheme and host in lower case, without fragment and default port, with a path.
pub(crate) fn url_form<'a>(text: &str, buffer: &'a mut Buffer<URL_BYTES>) -> Option<&'a str> {
    let (scheme, rest) = text.split_once("://")?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
    if scheme.is_empty() || !scheme.bytes().all(plain) {
        return None;
    }
    let rest = rest.split('#').next().unwrap_or_default();
    let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    let (user, host) = authority
        .rfind('@')
        .map_or(("", authority), |at| authority.split_at(at + 1));
    let default = match scheme.len() {
        4 if scheme.eq_ignore_ascii_case("http") => ":80",
        5 if scheme.eq_ignore_ascii_case("https") => ":443",
        _ => "",
    };
    let host = host
        .strip_suffix(default)
        .filter(|_| !default.is_empty())
        .unwrap_or(host);
    if host.is_empty()
        || text
            .bytes()
            .any(|byte| byte.is_ascii_control() || byte == b' ')
    {
        return None;
    }
    buffer.len = 0;
    buffer.push(scheme.as_bytes(), true)?;
    buffer.push(b"://", false)?;
    buffer.push(user.as_bytes(), false)?;
    buffer.push(host.as_bytes(), true)?;
    if !path.starts_with('/') {
        buffer.push(b"/", false)?;
    }
    buffer.push(path.as_bytes(), false)?;
    Some(buffer.text())
}

fn email(text: &str) -> Option<(EntryKind, String)> {
    let mut buffer = Buffer::<NAME_BYTES>::new();
    let address = mail_address(text, &mut buffer)?;
    let (user, host) = address.rsplit_once('@')?;
    let plain = !user.is_empty() && !user.contains(char::is_whitespace);
    let fits = plain && domain(host).is_some();
    fits.then(|| (EntryKind::Email, address.to_owned()))
}

/// The address of `Name <user@host>` or of `user@host`, in lower case.
pub(crate) fn mail_address<'a>(text: &str, buffer: &'a mut Buffer<253>) -> Option<&'a str> {
    let inner = text
        .rsplit_once('<')
        .and_then(|(_, behind)| behind.split('>').next());
    let text = inner.unwrap_or(text).trim();
    let text = text.strip_prefix("mailto:").unwrap_or(text);
    buffer.len = 0;
    buffer.push(text.as_bytes(), true)?;
    let address = buffer.text();
    address.contains('@').then_some(address)
}

fn ja4(text: &str) -> Option<(EntryKind, String)> {
    is_ja4(text).then(|| (EntryKind::Ja4, text.to_ascii_lowercase()))
}

/// Whether a text has the form of a JA4: `t13d1516h2_8daaf6152771_b186095e22b6`.
pub(crate) fn is_ja4(text: &str) -> bool {
    let mut parts = text.split('_');
    let (Some(head), Some(ciphers), Some(extensions), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return false;
    };
    let hex = |part: &str| part.len() == 12 && part.bytes().all(|byte| byte.is_ascii_hexdigit());
    let begins = head.starts_with(['t', 'q', 'd', 'T', 'Q', 'D']);
    let plain = head.bytes().all(|byte| byte.is_ascii_alphanumeric());
    head.len() == 10 && begins && plain && hex(ciphers) && hex(extensions)
}

/// The bytes of hex digits: 16, 20 or 32 of them.
pub(crate) fn hex<'a>(text: &str, buffer: &'a mut [u8; 32]) -> Option<&'a [u8]> {
    let digits = text.as_bytes();
    if !matches!(digits.len(), 32 | 40 | 64) {
        return None;
    }
    let nibble = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    };
    let (pairs, _) = digits.as_chunks::<2>();
    for ([high, low], byte) in pairs.iter().zip(buffer.iter_mut()) {
        *byte = (nibble(*high)? << 4) | nibble(*low)?;
    }
    buffer.get(..pairs.len())
}
