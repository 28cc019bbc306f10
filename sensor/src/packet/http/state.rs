//! The requests and responses of one flow, paired in order (RFC 9112 §9.3.2: pipelining).

use std::collections::VecDeque;

use crate::config::PacketConfig;
use crate::packet::dissect::{Dissect, Hint, Parsed, Probe, Records, Side, Sides};

use super::body::{Body, Skip};
use super::parse::{
    Headers, Request, Response, Start, begins, head_length, is_simple, request, response,
};

/// Anomalies that may wait between two drains.
const MAX_ODDITIES: usize = 64;

pub(crate) fn start(config: &PacketConfig, _stream: bool) -> Box<dyn Dissect> {
    Box::new(Http {
        header_limit: config.http_header,
        waiting_limit: config.http_waiting,
        at: Sides::default(),
        searched: Sides::default(),
        exchanges: VecDeque::new(),
        odd: Vec::new(),
        tunnel: false,
        written: 0,
    })
}

pub(crate) fn probe(hint: Hint, data: &[u8]) -> Probe {
    match begins(data) {
        Start::Request => Probe::Certain(Side::ToServer),
        Start::Response => Probe::Certain(Side::ToClient),
        Start::Unsure if hint.stream => Probe::Unsure,
        _ => Probe::NotForUs,
    }
}

/// A request and its response, as far as they are known.
#[derive(Debug, Default)]
pub(super) struct Exchange {
    pub(super) request: Option<Request>,
    pub(super) response: Option<Response>,
    pub(super) request_done: bool,
    pub(super) response_done: bool,
    /// Bytes of the response's body.
    pub(super) length: u64,
}

impl Exchange {
    fn size(&self) -> usize {
        let request = self.request.as_ref().map_or(0, |request| {
            request.target.len() + request.headers.size() + 64
        });
        let response = self
            .response
            .as_ref()
            .map_or(0, |response| response.headers.size() + 64);
        request + response
    }
}

/// Where a side stands.
#[derive(Clone, Copy, Debug, Default)]
enum At {
    #[default]
    Head,
    Body(Body),
    /// Nothing of this side can be read any more.
    Lost,
}

struct Http {
    header_limit: usize,
    waiting_limit: usize,
    at: Sides<At>,
    /// How far the head in hand was searched for its end.
    searched: Sides<usize>,
    exchanges: VecDeque<Exchange>,
    odd: Vec<(Side, &'static str)>,
    /// The last response has opened a tunnel.
    tunnel: bool,
    written: u64,
}

impl Dissect for Http {
    fn parse(&mut self, side: Side, data: &[u8]) -> Parsed {
        let mut used = 0;
        loop {
            let rest = data.get(used..).unwrap_or_default();
            if self.tunnel {
                return Parsed::Tunnel(used);
            }
            if rest.is_empty() {
                return Parsed::Used(used);
            }
            match *self.at.of(side) {
                At::Lost => return Parsed::Done,
                At::Head => match self.head(side, rest) {
                    Some(length) => used += length,
                    None => return Parsed::Used(used),
                },
                At::Body(mut body) => {
                    let step = body.take(rest);
                    *self.at.of_mut(side) = At::Body(body);
                    used += step.used;
                    if side == Side::ToClient
                        && let Some(exchange) = self.answering()
                    {
                        exchange.length = exchange.length.saturating_add(step.body);
                    }
                    if step.bad_chunk {
                        self.note(side, bad_chunk(side));
                    }
                    if step.done {
                        self.message_done(side);
                    } else {
                        return Parsed::Used(used);
                    }
                }
            }
        }
    }

    fn gap(&mut self, side: Side, length: u64) -> bool {
        let skip = match self.at.of_mut(side) {
            At::Body(body) => body.skip(length),
            At::Head | At::Lost => Skip::Lost,
        };
        match skip {
            Skip::On => {}
            Skip::Done => self.message_done(side),
            Skip::Lost => *self.at.of_mut(side) = At::Lost,
        }
        skip != Skip::Lost
    }

    fn end(&mut self, side: Side, left: &[u8]) {
        match self.at.of(side) {
            // A head that was cut off still says what was asked for.
            At::Head if begins(left) == Start::Request && side == Side::ToServer => {
                self.request(left);
            }
            At::Body(Body::UntilClose) => self.message_done(side),
            _ => {}
        }
        *self.at.of_mut(side) = At::Lost;
    }

    fn drain(&mut self, over: bool, records: &mut Records<'_, '_>) {
        for (side, name) in self.odd.drain(..) {
            records.anomaly(side, name);
        }
        while let Some(exchange) = self.exchanges.front() {
            let whole = exchange.request_done && exchange.response_done;
            let full = self.exchanges.len() > self.waiting_limit;
            if !whole && !over && !full {
                return;
            }
            if let Some(exchange) = self.exchanges.pop_front() {
                super::log::write(&exchange, self.written, records);
                self.written += 1;
            }
        }
    }

    fn held(&self) -> usize {
        self.exchanges.iter().map(Exchange::size).sum()
    }
}

fn bad_chunk(side: Side) -> &'static str {
    match side {
        Side::ToServer => "INVALID_REQUEST_CHUNK_LEN",
        Side::ToClient => "INVALID_RESPONSE_CHUNK_LEN",
    }
}

impl Http {
    /// Reads a head. Returns the bytes used; none when it is not whole yet.
    fn head(&mut self, side: Side, data: &[u8]) -> Option<usize> {
        // Line breaks before a head are left over from a body (RFC 9112 §2.2).
        let blank = data.len() - trim_breaks(data).len();
        if blank > 0 {
            *self.searched.of_mut(side) = 0;
            return Some(blank);
        }
        let simple = if side == Side::ToServer {
            is_simple(data)
        } else {
            None
        };
        let Some(length) = simple.or_else(|| head_length(data, *self.searched.of(side))) else {
            *self.searched.of_mut(side) = data.len();
            if data.len() > self.header_limit {
                self.note(side, "HEADERS_TOO_LONG");
                *self.at.of_mut(side) = At::Lost;
                return Some(data.len());
            }
            return None;
        };
        *self.searched.of_mut(side) = 0;
        let head = data.get(..length)?;
        match side {
            Side::ToServer => self.request(head),
            Side::ToClient => self.response(head),
        }
        Some(length)
    }

    fn request(&mut self, head: &[u8]) {
        let read = request(head);
        self.note_headers(Side::ToServer, &read.headers);
        let first = read.headers.first("host");
        if first.is_none() && read.protocol == b"HTTP/1.1" {
            self.note(Side::ToServer, "MISSING_HOST_HEADER");
        }
        let ambiguous = (read.headers.all("host")).any(|host| Some(host) != first);
        if ambiguous {
            self.note(Side::ToServer, "HOST_HEADER_AMBIGUOUS");
        }
        if read.protocol.is_empty() && head.trim_ascii_end().contains(&b'\n') {
            self.note(Side::ToServer, "REQUEST_LINE_MISSING_PROTOCOL");
        }
        let body = self.framed(Side::ToServer, &read.headers);
        self.exchanges.push_back(Exchange {
            request: Some(read),
            ..Exchange::default()
        });
        self.enter(Side::ToServer, body);
    }

    fn response(&mut self, head: &[u8]) {
        let read = response(head);
        self.note_headers(Side::ToClient, &read.headers);
        if self.answering().is_none() {
            self.note(Side::ToClient, "UNABLE_TO_MATCH_RESPONSE_TO_REQUEST");
            self.exchanges.push_back(Exchange {
                request_done: true,
                ..Exchange::default()
            });
        }
        let code = read.code().unwrap_or(0);
        // An interim response: the real one follows (RFC 9110 §15.2).
        if (100..200).contains(&code) && code != 101 {
            return;
        }
        let framed = self.framed(Side::ToClient, &read.headers);
        let method = self
            .answering()
            .and_then(|exchange| exchange.request.as_ref())
            .map(|request| request.method.clone())
            .unwrap_or_default();
        let tunnel = code == 101 || (method == b"CONNECT" && (200..300).contains(&code));
        let bodiless = method == b"HEAD" || matches!(code, 204 | 304);
        if let Some(exchange) = self.answering() {
            exchange.response = Some(read);
        }
        if tunnel {
            self.message_done(Side::ToClient);
            self.tunnel = true;
        } else if bodiless {
            self.enter(Side::ToClient, None);
        } else {
            self.enter(Side::ToClient, Some(framed.unwrap_or(Body::UntilClose)));
        }
    }

    /// How the headers say that a body ends; none when they do not say.
    fn framed(&mut self, side: Side, headers: &Headers) -> Option<Body> {
        let chunked = headers
            .all("transfer-encoding")
            .any(|value| value.to_ascii_lowercase().ends_with(b"chunked"));
        if chunked {
            return Some(Body::ChunkLine);
        }
        let length = headers.first("content-length")?;
        let parsed = std::str::from_utf8(length)
            .ok()
            .filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))
            .and_then(|text| text.parse().ok());
        if parsed.is_none() {
            self.note(
                side,
                match side {
                    Side::ToServer => "INVALID_CONTENT_LENGTH_FIELD_IN_REQUEST",
                    Side::ToClient => "INVALID_CONTENT_LENGTH_FIELD_IN_RESPONSE",
                },
            );
        }
        parsed.map(Body::Length)
    }

    fn enter(&mut self, side: Side, body: Option<Body>) {
        match body {
            None | Some(Body::Length(0)) => self.message_done(side),
            Some(body) => *self.at.of_mut(side) = At::Body(body),
        }
    }

    fn message_done(&mut self, side: Side) {
        *self.at.of_mut(side) = At::Head;
        match side {
            Side::ToServer => {
                if let Some(exchange) = self.exchanges.back_mut() {
                    exchange.request_done = true;
                }
            }
            Side::ToClient => {
                if let Some(exchange) = self.answering() {
                    exchange.response_done = true;
                    // A server may answer before the request's body is whole.
                    exchange.request_done = true;
                }
            }
        }
    }

    /// The exchange that the next response belongs to.
    fn answering(&mut self) -> Option<&mut Exchange> {
        self.exchanges
            .iter_mut()
            .find(|exchange| !exchange.response_done)
    }

    fn note_headers(&mut self, side: Side, headers: &Headers) {
        let (colon, many) = match side {
            Side::ToServer => ("REQUEST_FIELD_MISSING_COLON", "REQUEST_TOO_MANY_HEADERS"),
            Side::ToClient => ("RESPONSE_FIELD_MISSING_COLON", "RESPONSE_TOO_MANY_HEADERS"),
        };
        if headers.missing_colon {
            self.note(side, colon);
        }
        if headers.too_many {
            self.note(side, many);
        }
    }

    fn note(&mut self, side: Side, name: &'static str) {
        if self.odd.len() < MAX_ODDITIES {
            self.odd.push((side, name));
        }
    }
}

fn trim_breaks(data: &[u8]) -> &[u8] {
    let clean = data
        .iter()
        .position(|byte| !matches!(byte, b'\r' | b'\n'))
        .unwrap_or(data.len());
    data.get(clean..).unwrap_or_default()
}
