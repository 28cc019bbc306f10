//! HTTP/1 heads, bytes to structs (RFC 9112 §2-§5). Lenient where servers are: bare line feeds,
//! several blanks, folded header lines.

/// Header lines that are read of one head.
const MAX_HEADERS: usize = 256;
/// Methods by which a request is recognised: HTTP's, WebDAV's and the UPnP family's.
const METHODS: &[&str] = &[
    "GET",
    "POST",
    "HEAD",
    "PUT",
    "DELETE",
    "OPTIONS",
    "CONNECT",
    "TRACE",
    "PATCH",
    "PROPFIND",
    "PROPPATCH",
    "MKCOL",
    "COPY",
    "MOVE",
    "LOCK",
    "UNLOCK",
    "VERSION-CONTROL",
    "REPORT",
    "CHECKOUT",
    "CHECKIN",
    "UNCHECKOUT",
    "MKWORKSPACE",
    "UPDATE",
    "LABEL",
    "MERGE",
    "BASELINE-CONTROL",
    "MKACTIVITY",
    "SEARCH",
    "NOTIFY",
    "SUBSCRIBE",
    "UNSUBSCRIBE",
];

/// One header line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The name as sent.
    pub name: Vec<u8>,
    /// The value without blanks around it.
    pub value: Vec<u8>,
}

impl Header {
    fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name.as_bytes())
    }
}

/// A request's first line and headers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// The method as sent.
    pub method: Vec<u8>,
    /// The target as sent.
    pub target: Vec<u8>,
    /// `HTTP/1.1`; empty in HTTP/0.9.
    pub protocol: Vec<u8>,
    /// Its headers.
    pub headers: Headers,
}

/// A response's first line and headers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Response {
    /// `HTTP/1.1`.
    pub protocol: Vec<u8>,
    /// The status as sent; usually a number.
    pub status: Vec<u8>,
    /// Its headers.
    pub headers: Headers,
}

/// Header lines, and whether some were odd.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Headers {
    lines: Vec<Header>,
    /// A line had no colon.
    pub missing_colon: bool,
    /// There were more lines than are read.
    pub too_many: bool,
}

impl Headers {
    /// The first value of a header; names compare without case.
    pub fn first(&self, name: &str) -> Option<&[u8]> {
        let mut named = (self.lines.iter()).filter(|header| header.is(name));
        named.next().map(|header| header.value.as_slice())
    }

    /// All values of a header.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        self.lines
            .iter()
            .filter(move |header| header.is(name))
            .map(|header| header.value.as_slice())
    }

    /// Bytes that it keeps.
    pub fn size(&self) -> usize {
        self.lines
            .iter()
            .map(|header| header.name.len() + header.value.len() + 48)
            .sum()
    }
}

impl Response {
    /// The status as a number, when it is one.
    pub fn code(&self) -> Option<u16> {
        std::str::from_utf8(&self.status)
            .ok()
            .filter(|text| text.len() <= 5 && !text.starts_with('+'))?
            .parse()
            .ok()
    }
}

/// What the first bytes of a head look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// A request's.
    Request,
    /// A response's.
    Response,
    /// Too few to say.
    Unsure,
    /// Neither.
    Neither,
}

/// Tells requests and responses from other bytes.
pub fn begins(data: &[u8]) -> Start {
    let data = data.trim_ascii_start();
    if data.is_empty() {
        return Start::Unsure;
    }
    if data.starts_with(b"HTTP/") {
        return Start::Response;
    }
    let mut unsure = b"HTTP/".starts_with(data);
    for method in METHODS {
        let method = method.as_bytes();
        match data.get(..method.len()) {
            Some(head) if head == method => match data.get(method.len()) {
                Some(b' ' | b'\t') => return Start::Request,
                None => unsure = true,
                Some(_) => {}
            },
            Some(_) => {}
            None => unsure |= method.starts_with(data),
        }
    }
    if unsure {
        Start::Unsure
    } else {
        Start::Neither
    }
}

/// The length of a head with the empty line that ends it, searched from `from`. HTTP/0.9 has one
/// line only: see [`is_simple`].
pub fn head_length(data: &[u8], from: usize) -> Option<usize> {
    let mut start = from.saturating_sub(3);
    while let Some(rest) = data.get(start..) {
        let feed = start + rest.iter().position(|byte| *byte == b'\n')?;
        match data.get(feed + 1..)? {
            [b'\n', ..] => return Some(feed + 2),
            [b'\r', b'\n', ..] => return Some(feed + 3),
            _ => start = feed + 1,
        }
    }
    None
}

/// Whether the first line is an HTTP/0.9 request: a method and a target, no version, and nothing
/// behind it. Returns the line's length.
pub fn is_simple(data: &[u8]) -> Option<usize> {
    let feed = data.iter().position(|byte| *byte == b'\n')?;
    let line = data.get(..feed)?.trim_ascii();
    let words = line
        .split(u8::is_ascii_whitespace)
        .filter(|word| !word.is_empty())
        .count();
    (words == 2 && data.len() == feed + 1).then_some(feed + 1)
}

/// Reads a request's head.
pub fn request(head: &[u8]) -> Request {
    let (line, rest) = first_line(head);
    let method_end = line
        .iter()
        .position(|byte| matches!(byte, b' ' | b'\t'))
        .unwrap_or(line.len());
    let (method, after) = line.split_at_checked(method_end).unwrap_or((line, &[]));
    let after = after.trim_ascii();
    // Blanks inside a target belong to it; the version is behind the last one.
    let (target, protocol) = match after.iter().rposition(|byte| matches!(byte, b' ' | b'\t')) {
        Some(place) => {
            let (target, protocol) = after.split_at_checked(place).unwrap_or((after, &[]));
            let protocol = protocol.trim_ascii();
            if protocol.starts_with(b"HTTP/") {
                (target.trim_ascii_end(), protocol)
            } else {
                (after, &[][..])
            }
        }
        None => (after, &[][..]),
    };
    Request {
        method: method.to_vec(),
        target: target.to_vec(),
        protocol: protocol.to_vec(),
        headers: headers(rest),
    }
}

/// Reads a response's head.
pub fn response(head: &[u8]) -> Response {
    let (line, rest) = first_line(head);
    let mut words = line
        .split(u8::is_ascii_whitespace)
        .filter(|word| !word.is_empty());
    Response {
        protocol: words.next().unwrap_or_default().to_vec(),
        status: words.next().unwrap_or_default().to_vec(),
        headers: headers(rest),
    }
}

fn first_line(head: &[u8]) -> (&[u8], &[u8]) {
    let feed = head
        .iter()
        .position(|byte| *byte == b'\n')
        .unwrap_or(head.len());
    let (line, rest) = head.split_at_checked(feed).unwrap_or((head, &[]));
    (line.trim_ascii(), rest.get(1..).unwrap_or_default())
}

fn headers(mut rest: &[u8]) -> Headers {
    let mut read = Headers::default();
    while !rest.is_empty() {
        let feed = rest
            .iter()
            .position(|byte| *byte == b'\n')
            .unwrap_or(rest.len());
        let (line, tail) = rest.split_at_checked(feed).unwrap_or((rest, &[]));
        rest = tail.get(1..).unwrap_or_default();
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() {
            continue;
        }
        // A line that begins with a blank continues the one before (RFC 9112 §5.2).
        if matches!(line.first(), Some(b' ' | b'\t'))
            && let Some(last) = read.lines.last_mut()
        {
            last.value.push(b' ');
            last.value.extend_from_slice(line.trim_ascii());
            continue;
        }
        let Some(colon) = line.iter().position(|byte| *byte == b':') else {
            read.missing_colon = true;
            continue;
        };
        if read.lines.len() >= MAX_HEADERS {
            read.too_many = true;
            continue;
        }
        let (name, value) = line.split_at_checked(colon).unwrap_or((line, &[]));
        read.lines.push(Header {
            name: name.trim_ascii().to_vec(),
            value: value.get(1..).unwrap_or_default().trim_ascii().to_vec(),
        });
    }
    read
}

/// Host and port of a `Host` header or the authority of a target.
pub fn authority(text: &[u8]) -> (&[u8], Option<u16>) {
    let colon = if text.first() == Some(&b'[') {
        let end = text.iter().position(|byte| *byte == b']').unwrap_or(0);
        (text.get(end + 1) == Some(&b':')).then_some(end + 1)
    } else {
        text.iter().rposition(|byte| *byte == b':')
    };
    let Some((host, port)) = colon.and_then(|colon| text.split_at_checked(colon)) else {
        return (text, None);
    };
    let digits = port.get(1..).unwrap_or_default();
    let port = std::str::from_utf8(digits)
        .ok()
        .and_then(|digits| digits.parse().ok());
    match port {
        Some(port) => (host, Some(port)),
        None if digits.is_empty() => (host, None),
        None => (text, None),
    }
}
