//! Hello messages, bytes to structs (RFC 5246 §7.4.1, RFC 8446 §4.1). Everything stays in the order
//! of the wire, because fingerprints are made of it.

use crate::cursor::{Cursor, Short};

/// Extensions that are read of one hello.
const MAX_EXTENSIONS: usize = 128;

/// A client's hello.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientHello {
    /// `legacy_version`.
    pub version: u16,
    /// The session id.
    pub session: Vec<u8>,
    /// Cipher suites.
    pub ciphers: Vec<u16>,
    /// Extension types.
    pub extensions: Vec<u16>,
    /// Supported groups.
    pub groups: Vec<u16>,
    /// Point formats.
    pub point_formats: Vec<u8>,
    /// Signature algorithms.
    pub signatures: Vec<u16>,
    /// Supported versions.
    pub versions: Vec<u16>,
    /// The server's name.
    pub server_name: Option<Vec<u8>>,
    /// Application protocols.
    pub alpns: Vec<Vec<u8>>,
}

/// A server's hello.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServerHello {
    /// `legacy_version`.
    pub legacy_version: u16,
    /// The version that was chosen.
    pub version: u16,
    /// The session id.
    pub session: Vec<u8>,
    /// The cipher suite that was chosen.
    pub cipher: u16,
    /// Extension types.
    pub extensions: Vec<u16>,
    /// The application protocol that was chosen.
    pub alpns: Vec<Vec<u8>>,
}

/// GREASE values (RFC 8701), which fingerprints leave out.
pub fn is_grease(value: u16) -> bool {
    let [high, low] = value.to_be_bytes();
    high == low && low & 0x0f == 0x0a
}

/// Reads the body of a ClientHello. None when it is malformed.
pub fn client_hello(body: &[u8]) -> Option<ClientHello> {
    read_client(body).ok()
}

fn read_client(body: &[u8]) -> Result<ClientHello, Short> {
    let mut cursor = Cursor::new(body);
    let mut hello = ClientHello {
        version: cursor.u16()?,
        ..ClientHello::default()
    };
    cursor.take(32)?;
    hello.session = cursor.short_block()?.to_vec();
    hello.ciphers = numbers(cursor.block()?);
    cursor.short_block()?;
    // Extensions may be absent (RFC 5246 §7.4.1.2).
    if cursor.is_empty() {
        return Ok(hello);
    }
    let mut extensions = Cursor::new(cursor.block()?);
    while !extensions.is_empty() && hello.extensions.len() < MAX_EXTENSIONS {
        let kind = extensions.u16()?;
        let value = extensions.block()?;
        hello.extensions.push(kind);
        // A malformed extension leaves its list empty.
        client_extension(&mut hello, kind, value).unwrap_or_default();
    }
    Ok(hello)
}

fn client_extension(hello: &mut ClientHello, kind: u16, value: &[u8]) -> Result<(), Short> {
    let mut cursor = Cursor::new(value);
    match kind {
        0 => {
            let mut names = Cursor::new(cursor.block()?);
            if names.u8()? == 0 {
                hello.server_name = Some(names.block()?.to_vec());
            }
        }
        10 => hello.groups = numbers(cursor.block()?),
        11 => hello.point_formats = cursor.short_block()?.to_vec(),
        13 => hello.signatures = numbers(cursor.block()?),
        16 => hello.alpns = names(cursor.block()?)?,
        43 => hello.versions = numbers(cursor.short_block()?),
        _ => {}
    }
    Ok(())
}

/// Reads the body of a ServerHello. None when it is malformed.
pub fn server_hello(body: &[u8]) -> Option<ServerHello> {
    read_server(body).ok()
}

fn read_server(body: &[u8]) -> Result<ServerHello, Short> {
    let mut cursor = Cursor::new(body);
    let version = cursor.u16()?;
    let mut hello = ServerHello {
        legacy_version: version,
        version,
        ..ServerHello::default()
    };
    cursor.take(32)?;
    // The drafts of TLS 1.3 before 22 have neither session id nor compression.
    let early_draft = (0x7f00..0x7f16).contains(&version);
    if !early_draft {
        hello.session = cursor.short_block()?.to_vec();
    }
    hello.cipher = cursor.u16()?;
    if !early_draft {
        cursor.u8()?;
    }
    if cursor.is_empty() {
        return Ok(hello);
    }
    let mut extensions = Cursor::new(cursor.block()?);
    while !extensions.is_empty() && hello.extensions.len() < MAX_EXTENSIONS {
        let kind = extensions.u16()?;
        let value = extensions.block()?;
        hello.extensions.push(kind);
        let mut cursor = Cursor::new(value);
        match kind {
            16 => hello.alpns = cursor.block().and_then(names).unwrap_or_default(),
            43 => hello.version = cursor.u16().unwrap_or(version),
            _ => {}
        }
    }
    Ok(hello)
}

/// The certificates of a Certificate message, the peer's own first (RFC 5246 §7.4.2).
pub fn certificates(body: &[u8]) -> Vec<&[u8]> {
    let mut found = Vec::new();
    let Ok(list) = Cursor::new(body).long_block() else {
        return found;
    };
    let mut cursor = Cursor::new(list);
    while let Ok(certificate) = cursor.long_block() {
        found.push(certificate);
    }
    found
}

fn numbers(bytes: &[u8]) -> Vec<u16> {
    bytes
        .chunks_exact(2)
        .filter_map(|pair| pair.first_chunk::<2>())
        .map(|pair| u16::from_be_bytes(*pair))
        .collect()
}

fn names(bytes: &[u8]) -> Result<Vec<Vec<u8>>, Short> {
    let mut cursor = Cursor::new(bytes);
    let mut names = Vec::new();
    while !cursor.is_empty() {
        names.push(cursor.short_block()?.to_vec());
    }
    Ok(names)
}
