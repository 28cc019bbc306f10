//! Datagrams: each is a message, or an export of flows.

use std::collections::HashMap;
use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr, UdpSocket};

use event::Time;

use super::super::flow::{Flows, Transport};
use super::super::format::Lines;
use super::super::line::Line;
use super::super::stream::Stream;
use super::drops::Drops;
use super::{ROUND, Shared, cannot, speak};
use crate::config::{ListenConfig, LogConfig};
use crate::error::Result;
use crate::json::Json;
use crate::origin::{Made, Sender};
use crate::run::Stop;
use crate::status::Status;

/// The largest datagram.
const LARGEST: usize = 65_535;
/// Asked of the kernel for what comes while we are busy: some tens of thousands of messages.
const BUFFER: usize = 16 << 20;
/// Datagrams taken before clock and orders are looked at.
const AT_ONCE: usize = 512;
/// Senders whose half-told events are remembered.
const PEERS: usize = 1_024;

/// What makes events of datagrams.
pub(super) enum Reader {
    Lines(Box<LineReader>),
    Flows(Box<Flows>),
}

pub(super) struct LineReader {
    lines: Lines,
    limits: LogConfig,
    peers: HashMap<IpAddr, Stream>,
}

impl Reader {
    pub(super) fn lines(lines: Lines, limits: &LogConfig) -> Self {
        Self::Lines(Box::new(LineReader {
            lines,
            limits: limits.clone(),
            peers: HashMap::new(),
        }))
    }

    fn take(&mut self, from: SocketAddr, bytes: &[u8], seen: Time, out: &mut Vec<Made>) {
        match self {
            Self::Flows(flows) => flows.take(from, Transport::Udp, bytes, seen, out),
            Self::Lines(own) => own.take(from.ip(), bytes, seen, out),
        }
    }

    fn expire(&mut self, seen: Time, out: &mut Vec<Made>) {
        if let Self::Lines(own) = self {
            for stream in own.peers.values_mut() {
                own.lines.expire(stream, seen, out);
            }
        }
    }

    fn finish(&mut self, seen: Time, out: &mut Vec<Made>) {
        if let Self::Lines(own) = self {
            own.forget(seen, out);
        }
    }

    /// Says what did not come since the start, each in its own unit: datagrams that the kernel threw away here,
    /// and flows or exports that are missing in the exporters' own numbers. The latter hold the former too, so that
    /// they are never added up.
    fn write(&self, datagrams: u64, json: &mut Json) {
        json.number("dropped_datagrams", datagrams);
        if let Self::Flows(flows) = self {
            let counts = flows.counts();
            json.number("missing_flows", counts.missing_flows);
            json.number("missing_exports", counts.missing_exports);
        }
    }
}

impl LineReader {
    fn take(&mut self, from: IpAddr, bytes: &[u8], seen: Time, out: &mut Vec<Made>) {
        let text = bytes.trim_ascii_end();
        if text.is_empty() {
            return;
        }
        if self.peers.len() >= PEERS && !self.peers.contains_key(&from) {
            self.forget(seen, out);
        }
        let limits = &self.limits;
        let stream = self
            .peers
            .entry(from)
            .or_insert_with(|| Stream::new(&from.to_string(), limits));
        self.lines.take(stream, &Line::Whole(text), seen, out);
    }

    fn forget(&mut self, seen: Time, out: &mut Vec<Made>) {
        for mut stream in std::mem::take(&mut self.peers).into_values() {
            self.lines.finish(&mut stream, seen, out);
        }
    }
}

pub(super) fn run(
    config: &ListenConfig,
    mut reader: Reader,
    shared: &Shared,
    mut sender: Sender,
    stop: &Stop,
) -> Result<()> {
    let failed = |reason| cannot(config.listen, reason);
    let socket = UdpSocket::bind(config.listen).map_err(failed)?;
    socket.set_read_timeout(Some(ROUND)).map_err(failed)?;
    // With CAP_NET_ADMIN above the machine's limit; without, less is given without a word. The drops below tell.
    let forced = rustix::net::sockopt::set_socket_recv_buffer_size_force(&socket, BUFFER);
    let given =
        forced.or_else(|_| rustix::net::sockopt::set_socket_recv_buffer_size(&socket, BUFFER));
    if let Err(errno) = given {
        tracing::debug!(%errno, "the kernel gives no larger buffer");
    }
    config.tell(socket.local_addr().map_err(failed)?);
    let mut drops = Drops::of(&socket);
    let mut status = Status::new(sender.origin.now());
    let (mut buffer, mut made) = (vec![0; LARGEST], Vec::new());
    let mut dropped = 0_u64;
    while !stop.is_set() {
        for _ in 0..AT_ONCE {
            let (length, from) = match socket.recv_from(&mut buffer) {
                Ok(received) => received,
                Err(error) if is_quiet(&error) => break,
                Err(error) => return Err(failed(error)),
            };
            if !shared.admits(from.ip()) {
                continue;
            }
            let seen = sender.origin.now();
            let bytes = buffer.get(..length).unwrap_or_default();
            reader.take(from, bytes, seen, &mut made);
            shared.give(&mut made, seen, &mut sender)?;
        }
        let seen = sender.origin.now();
        reader.expire(seen, &mut made);
        shared.give(&mut made, seen, &mut sender)?;
        let more = drops.more();
        status.lose(more);
        dropped = dropped.saturating_add(more);
        speak(&mut status, &mut sender, |json| {
            shared.write(json);
            reader.write(dropped, json);
        })?;
    }
    let seen = sender.origin.now();
    reader.finish(seen, &mut made);
    shared.give(&mut made, seen, &mut sender)?;
    let more = drops.more();
    status.lose(more);
    let said = status.made("ended", &sender.origin, |json| {
        shared.write(json);
        reader.write(dropped.saturating_add(more), json);
    });
    sender.push(said)?;
    sender.finish()?;
    Ok(())
}

/// Nothing came in time, or the kernel passed on that an answer of ours found nobody.
pub(super) fn is_quiet(error: &std::io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::WouldBlock
            | ErrorKind::TimedOut
            | ErrorKind::Interrupted
            | ErrorKind::ConnectionRefused
    )
}
