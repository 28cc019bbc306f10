//! The handshake of one connection: records to messages, messages to what is known.

use crate::config::PacketConfig;
use crate::cursor::Cursor;
use crate::packet::dissect::{Dissect, Hint, Parsed, Probe, Records, Side, Sides};

use super::parse::{ClientHello, ServerHello, certificates, client_hello, server_hello};
use super::x509::{Certificate, certificate};

/// The longest record: 2^14 bytes and what encryption may add (RFC 5246 §6.2.3).
const MAX_RECORD: usize = 16_384 + 2_048;

pub(crate) fn start(config: &PacketConfig, _stream: bool) -> Box<dyn Dissect> {
    Box::new(Tls {
        limit: config.message_bytes,
        shake: Handshake::default(),
        kept: Sides::default(),
        odd: Vec::new(),
        stage: Stage::Open,
    })
}

/// A handshake record that begins with a hello.
pub(crate) fn probe(_hint: Hint, data: &[u8]) -> Probe {
    let shape = [0x16, 0x03];
    if data.len() < 6 {
        let so_far = data.iter().zip(shape).all(|(byte, wanted)| *byte == wanted);
        return if so_far {
            Probe::Unsure
        } else {
            Probe::NotForUs
        };
    }
    match data {
        [0x16, 0x03, 0..=4, _, _, 1, ..] => Probe::Certain(Side::ToServer),
        [0x16, 0x03 | 0x7f, _, _, _, 2, ..] => Probe::Certain(Side::ToClient),
        _ => Probe::NotForUs,
    }
}

/// What is known of a handshake.
#[derive(Debug, Default)]
pub(super) struct Handshake {
    pub(super) client: Option<ClientHello>,
    pub(super) server: Option<ServerHello>,
    pub(super) server_certificate: Option<Certificate>,
    pub(super) client_certificate: Option<Certificate>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Open,
    /// All that can be known is known.
    Complete,
    Written,
}

struct Tls {
    limit: usize,
    shake: Handshake,
    /// Handshake bytes of unfinished messages, without record headers.
    kept: Sides<Vec<u8>>,
    odd: Vec<(Side, &'static str)>,
    stage: Stage,
}

impl Dissect for Tls {
    fn parse(&mut self, side: Side, data: &[u8]) -> Parsed {
        let mut used = 0;
        while self.stage == Stage::Open {
            let mut cursor = Cursor::new(data.get(used..).unwrap_or_default());
            let Ok([kind, major, _, high, low]) = cursor.array::<5>() else {
                return Parsed::Used(used);
            };
            let length = usize::from(u16::from_be_bytes([high, low]));
            if !matches!(major, 3 | 0x7f) || !(20..=24).contains(&kind) {
                self.odd.push((side, "INVALID_RECORD_TYPE"));
                self.stage = Stage::Complete;
                return Parsed::Done;
            }
            if length > MAX_RECORD {
                self.odd.push((side, "INVALID_RECORD_LENGTH"));
                self.stage = Stage::Complete;
                return Parsed::Done;
            }
            let Ok(body) = cursor.take(length) else {
                return Parsed::Used(used);
            };
            self.record(side, kind, body);
            used += 5 + length;
        }
        Parsed::Done
    }

    fn gap(&mut self, _side: Side, _length: u64) -> bool {
        self.stage = self.stage.max_complete();
        false
    }

    fn end(&mut self, _side: Side, _left: &[u8]) {
        self.stage = self.stage.max_complete();
    }

    fn held(&self) -> usize {
        self.kept.to_server.len() + self.kept.to_client.len()
    }

    fn drain(&mut self, over: bool, records: &mut Records<'_, '_>) {
        for (side, name) in self.odd.drain(..) {
            records.anomaly(side, name);
        }
        let ready = self.stage == Stage::Complete || (over && self.stage == Stage::Open);
        if ready {
            self.stage = Stage::Written;
            self.kept = Sides::default();
            if self.shake.client.is_some() || self.shake.server.is_some() {
                super::log::write(&self.shake, records);
            }
        }
    }
}

impl Stage {
    fn max_complete(self) -> Self {
        match self {
            Self::Open => Self::Complete,
            other => other,
        }
    }
}

impl Tls {
    fn record(&mut self, side: Side, kind: u8, body: &[u8]) {
        match kind {
            22 => self.handshake(side, body),
            // A server that changes ciphers at once has resumed; a client has said all it will.
            20 | 23 if self.shake.server.is_some() => self.stage = Stage::Complete,
            21 => self.stage = Stage::Complete,
            _ => {}
        }
    }

    fn handshake(&mut self, side: Side, body: &[u8]) {
        let mut kept = std::mem::take(self.kept.of_mut(side));
        if kept.len().saturating_add(body.len()) > self.limit {
            self.odd.push((side, "HANDSHAKE_TOO_LONG"));
            self.stage = Stage::Complete;
            return;
        }
        kept.extend_from_slice(body);
        let mut cursor = Cursor::new(&kept);
        let mut used = 0;
        while self.stage == Stage::Open {
            let (Ok(kind), Ok(message)) = (cursor.u8(), cursor.long_block()) else {
                break;
            };
            self.message(side, kind, message);
            used = kept.len().saturating_sub(cursor.rest().len());
        }
        kept.drain(..used.min(kept.len()));
        *self.kept.of_mut(side) = kept;
    }

    fn message(&mut self, side: Side, kind: u8, body: &[u8]) {
        match (kind, side) {
            (1, Side::ToServer) if self.shake.client.is_none() => {
                self.shake.client = client_hello(body);
                self.require(side, self.shake.client.is_some());
            }
            (2, Side::ToClient) => {
                let hello = server_hello(body);
                self.require(side, hello.is_some());
                // In TLS 1.3 everything after the server's hello is encrypted; a hello that asks
                // to try again is no answer yet (RFC 8446 §4.1.3).
                let last = hello.as_ref().is_some_and(|hello| is_13(hello.version));
                if !(last && is_retry(body)) {
                    self.shake.server = hello;
                    if last && self.shake.client.is_some() {
                        self.stage = Stage::Complete;
                    }
                }
            }
            (11, _) => {
                let found = certificates(body).first().and_then(|der| certificate(der));
                match side {
                    Side::ToServer => self.shake.client_certificate = found,
                    Side::ToClient => {
                        self.require(side, found.is_some());
                        self.shake.server_certificate = found;
                    }
                }
            }
            _ => {}
        }
    }

    fn require(&mut self, side: Side, met: bool) {
        if !met {
            self.odd.push((side, "INVALID_HANDSHAKE_MESSAGE"));
        }
    }
}

pub(super) fn is_13(version: u16) -> bool {
    version == 0x0304 || version >> 8 == 0x7f
}

/// Whether a ServerHello's random is the one that means HelloRetryRequest.
fn is_retry(body: &[u8]) -> bool {
    body.get(2..6) == Some(&[0xcf, 0x21, 0xad, 0x74])
}
