//! A source that agents send to, running; requests over real HTTP, and what was kept before the answer.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use event::Kind;
use sensor::{Context, Limits, Made, Parcel, SourceConfig, SourceKind, Stop};
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::received;

/// The longest that one request may take: they take a few milliseconds.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

/// A running source. Its events are kept before they are acknowledged.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    /// While this is false nothing becomes durable.
    pub(crate) gate: watch::Sender<bool>,
    stop: watch::Sender<bool>,
    kept: Arc<Mutex<Vec<Made>>>,
    ended: Receiver<()>,
    _folder: tempfile::TempDir,
}

impl Running {
    pub(crate) fn start(kind: &str, token: &str) -> Self {
        Self::with(kind, token, &json!({}), Limits::default())
    }

    /// With more keys, and other limits.
    pub(crate) fn with(kind: &str, token: &str, keys: &Value, limits: Limits) -> Self {
        let own = tempfile::tempdir().unwrap();
        let tokens = own.path().join("tokens");
        std::fs::write(&tokens, format!("# of the test\n{token}\n")).unwrap();
        let mut source = json!({
            "id": "agents", "kind": kind, "site": "x", "zone": "Asia/Ho_Chi_Minh",
            "listen": "127.0.0.1:0", "token_file": tokens,
        });
        for (key, value) in keys.as_object().unwrap() {
            source[key] = value.clone();
        }
        let mut source: SourceConfig = serde_json::from_value(source).unwrap();
        let (told, bound) = sync_channel(1);
        let SourceKind::Agent(config) = &mut source.kind else {
            panic!("{kind} is no agent's input");
        };
        config.told = Some(told);
        let (stop, stopped) = watch::channel(false);
        let kept = Arc::new(Mutex::new(Vec::new()));
        let (end, ended) = sync_channel(1);
        let (gate, mut open) = watch::channel(true);
        let keep = Arc::clone(&kept);
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            runtime.block_on(async {
                let (out, mut parcels) = sensor::channel(4);
                let context = Context::new("edge", Arc::new(received));
                let task = sensor::run(source, Arc::new(limits), context, out, Stop::new(stopped));
                let receive = async {
                    while let Some(Parcel { batch, durable }) = parcels.recv().await {
                        let made = batch.events.into_iter().map(|event| Made {
                            time: event.time,
                            kind: event.kind,
                            core: event.core,
                            record: event.record.bytes().to_vec(),
                        });
                        keep.lock().unwrap().extend(made);
                        drop(open.wait_for(|open| *open).await);
                        durable.send(()).unwrap_or_default();
                    }
                };
                let (ran, ()) = tokio::join!(task, receive);
                ran.unwrap();
            });
            end.send(()).unwrap_or_default();
        });
        Self {
            gate,
            stop,
            address: bound.recv_timeout(PATIENCE).unwrap(),
            kept,
            ended,
            _folder: own,
        }
    }

    /// The events since it was asked last, but for what the source says of itself.
    pub(crate) fn taken(&self) -> Vec<Made> {
        let kept = std::mem::take(&mut *self.kept.lock().unwrap());
        let own = kept
            .into_iter()
            .filter(|made| made.kind != Kind::SensorStatus);
        own.collect()
    }

    /// Ends it; returns what it said last of itself.
    pub(crate) fn end(self) -> Value {
        self.stop.send_replace(true);
        self.ended.recv_timeout(PATIENCE * 2).unwrap();
        let kept = self.kept.lock().unwrap();
        let said = kept
            .iter()
            .rfind(|made| made.kind == Kind::SensorStatus)
            .unwrap();
        serde_json::from_slice(&said.record).unwrap()
    }
}

/// An answer as it came.
pub(crate) struct Answer {
    pub(crate) status: u64,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

/// Sends a request of a folder and reads the answer to its end.
pub(crate) fn ask(address: SocketAddr, place: &Path, request: &Value) -> Answer {
    let body = request["body"].as_str().map(|file| {
        let bytes = std::fs::read(place.join(file)).unwrap();
        match file.ends_with(".hex") {
            true => unhex(&bytes),
            false => bytes,
        }
    });
    let mut head = format!(
        "{} {} HTTP/1.1\r\nHost: haidang\r\nConnection: close\r\n",
        request["method"].as_str().unwrap(),
        request["path"].as_str().unwrap()
    );
    for (name, value) in request["headers"].as_object().unwrap() {
        head.push_str(&format!("{name}: {}\r\n", value.as_str().unwrap()));
    }
    let body = body.unwrap_or_default();
    head.push_str(&format!("Content-Length: {}\r\n\r\n", body.len()));
    exchange(address, &[head.as_bytes(), &body].concat())
}

/// A request with a body.
pub(crate) fn post(path: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: haidang\r\nConnection: close\r\n{headers}\r\nContent-Length: {length}\r\n\r\n"
    );
    [head.as_bytes(), body].concat()
}

pub(crate) fn exchange(address: SocketAddr, bytes: &[u8]) -> Answer {
    let mut stream = connect(address);
    stream.write_all(bytes).unwrap();
    answer(&mut stream)
}

pub(crate) fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE * 2)).unwrap();
    stream
}

/// The answer that ends with its connection.
pub(crate) fn answer(stream: &mut impl Read) -> Answer {
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let end = answer.windows(4).position(|part| part == b"\r\n\r\n");
    let end = end.unwrap_or_else(|| panic!("no answer: {}", String::from_utf8_lossy(&answer)));
    let head = std::str::from_utf8(&answer[..end]).unwrap();
    let mut lines = head.split("\r\n");
    let status = lines.next().unwrap().split(' ').nth(1).unwrap();
    Answer {
        status: status.parse().unwrap(),
        headers: lines
            .map(|line| line.split_once(": ").unwrap())
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect(),
        body: answer[end + 4..].to_vec(),
    }
}

fn unhex(text: &[u8]) -> Vec<u8> {
    let digits = text.trim_ascii();
    let pair = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    digits.chunks(2).map(pair).collect()
}
