//! Connections: plain, or over TLS. A thread accepts, a thread reads each.

use std::io::Read;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::super::format::Lines;
use super::super::line::Line;
use super::super::stream::Stream;
use super::super::syslog::framing::Frames;
use super::tls::server_config;
use super::udp::is_quiet;
use super::{ROUND, Shared, cannot, speak};
use crate::config::{ListenConfig, LogConfig, Transport};
use crate::error::Result;
use crate::origin::Sender;
use crate::run::Stop;
use crate::status::Status;

/// Read from a connection at once.
const PIECE: usize = 64 << 10;
/// A connection over which nothing came for so long is closed; senders open another.
const IDLE: Duration = Duration::from_secs(3_600);
/// A handshake has this long.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// What is under way when it is time to stop is still read for so long.
const PARTING: Duration = Duration::from_secs(1);

/// Both kinds of connection.
trait Bytes: Read + Send {}
impl<T: Read + Send> Bytes for T {}

pub(super) fn run(
    config: &ListenConfig,
    limits: &LogConfig,
    lines: Lines,
    shared: &Arc<Shared>,
    mut sender: Sender,
    stop: &Stop,
) -> Result<()> {
    let failed = |reason: std::io::Error| cannot(config.listen, reason);
    let tls = match config.transport {
        Transport::Tls => Some(tls_of(config)?),
        _ => None,
    };
    let listener = TcpListener::bind(config.listen).map_err(failed)?;
    listener.set_nonblocking(true).map_err(failed)?;
    config.tell(listener.local_addr().map_err(failed)?);
    let mut status = Status::new(sender.origin.now());
    let mut reading: Vec<JoinHandle<()>> = Vec::new();
    let mut parting = None;
    // What is waiting to be taken when it is time to stop is taken still.
    while parting.is_none_or(|since: Instant| since.elapsed() < PARTING) {
        if stop.is_set() {
            parting.get_or_insert_with(Instant::now);
        }
        match listener.accept() {
            Ok((stream, from)) => {
                reading.retain(|thread| !thread.is_finished());
                if !shared.admits(from.ip()) {
                    continue;
                }
                if reading.len() >= config.connections {
                    shared.refuse();
                    tracing::warn!(%from, "refused a connection: the source's connections are in use");
                    continue;
                }
                let connection = Connection {
                    from,
                    lines: lines.clone(),
                    limits: limits.clone(),
                    shared: Arc::clone(shared),
                    sender: sender.another(),
                    stop: stop.clone(),
                };
                let tls = tls.clone();
                let work = move || connection.serve(stream, tls);
                let named = std::thread::Builder::new().name("syslog".to_owned());
                reading.extend(named.spawn(work).ok());
            }
            Err(error) if is_quiet(&error) && parting.is_some() => break,
            Err(error) if is_quiet(&error) => std::thread::sleep(ROUND / 4),
            Err(error) => {
                // Out of descriptors, or the peer was gone before it was taken: the next may do.
                tracing::warn!(%error, "a connection could not be taken");
                std::thread::sleep(ROUND);
            }
        }
        speak(&mut status, &mut sender, |json| shared.write(json))?;
    }
    drop(listener);
    for thread in reading {
        if thread.join().is_err() {
            tracing::error!("a reader of a connection panicked");
        }
    }
    let said = status.made("ended", &sender.origin, |json| shared.write(json));
    sender.push(said)?;
    sender.finish()?;
    Ok(())
}

/// One connection.
struct Connection {
    from: SocketAddr,
    lines: Lines,
    limits: LogConfig,
    shared: Arc<Shared>,
    sender: Sender,
    stop: Stop,
}

impl Connection {
    fn serve(mut self, stream: TcpStream, tls: Option<Arc<ServerConfig>>) {
        let shared = Arc::clone(&self.shared);
        shared.open.fetch_add(1, Ordering::Relaxed);
        let from = self.from;
        let read = match self.open(stream, tls) {
            Ok(mut bytes) => self.read(&mut *bytes),
            Err(error) => Err(error),
        };
        if let Err(error) = read.and_then(|()| Ok(self.sender.finish()?)) {
            tracing::info!(%from, %error, "a connection ended early");
        }
        shared.open.fetch_sub(1, Ordering::Relaxed);
    }

    fn open(&self, stream: TcpStream, tls: Option<Arc<ServerConfig>>) -> Result<Box<dyn Bytes>> {
        let failed = |reason: std::io::Error| cannot(self.from, reason);
        stream.set_nonblocking(false).map_err(failed)?;
        stream.set_read_timeout(Some(ROUND)).map_err(failed)?;
        stream.set_write_timeout(Some(HANDSHAKE)).map_err(failed)?;
        let Some(tls) = tls else {
            return Ok(Box::new(stream));
        };
        let connection = ServerConnection::new(tls).map_err(|error| cannot(self.from, error))?;
        let mut stream = StreamOwned::new(connection, stream);
        let began = Instant::now();
        while stream.conn.is_handshaking() {
            match stream.conn.complete_io(&mut stream.sock) {
                Ok(_) => {}
                Err(error) if is_quiet(&error) && began.elapsed() < HANDSHAKE => {}
                Err(error) => return Err(failed(error)),
            }
            if self.stop.is_set() {
                return Err(cannot(self.from, "stopping"));
            }
        }
        Ok(Box::new(stream))
    }

    fn read(&mut self, bytes: &mut dyn Bytes) -> Result<()> {
        let input = self.from.ip().to_string();
        let mut stream = Stream::new(&input, &self.limits);
        let mut frames = Frames::new(self.limits.line_bytes, self.limits.line_kept);
        let (mut buffer, mut made) = (vec![0; PIECE], Vec::new());
        let (mut heard, mut stopping) = (Instant::now(), None);
        loop {
            let read = bytes.read(&mut buffer);
            let seen = self.sender.origin.now();
            match read {
                Ok(0) => break,
                Ok(length) => {
                    heard = Instant::now();
                    let piece = buffer.get(..length).unwrap_or_default();
                    let lines = &mut self.lines;
                    let mut each = |line: Line<'_>| lines.take(&mut stream, &line, seen, &mut made);
                    frames.push(piece, &mut each);
                }
                Err(error) if is_quiet(&error) => {
                    self.lines.expire(&mut stream, seen, &mut made);
                    if stopping.is_some() || heard.elapsed() >= IDLE {
                        break;
                    }
                }
                // TLS without a farewell, or a reset: what came is kept.
                Err(error) => {
                    tracing::debug!(from = %self.from, %error, "a connection broke");
                    break;
                }
            }
            self.shared.give(&mut made, seen, &mut self.sender)?;
            self.sender.tick()?;
            if self.stop.is_set() {
                let since: &mut Instant = stopping.get_or_insert_with(Instant::now);
                if since.elapsed() >= PARTING {
                    break;
                }
            }
        }
        let seen = self.sender.origin.now();
        let lines = &mut self.lines;
        frames.finish(&mut |line| lines.take(&mut stream, &line, seen, &mut made));
        self.lines.finish(&mut stream, seen, &mut made);
        self.shared.give(&mut made, seen, &mut self.sender)
    }
}

fn tls_of(config: &ListenConfig) -> Result<Arc<ServerConfig>> {
    match (&config.certificate, &config.key) {
        (Some(certificate), Some(key)) => server_config(config.listen, certificate, key),
        _ => Err(cannot(
            config.listen,
            "transport tls needs certificate and key",
        )),
    }
}
