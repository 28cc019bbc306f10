//! The inputs that agents send to: each request over real HTTP, its answer, and the events that were
//! handed over before the answer.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::mpsc::{Receiver, channel, sync_channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use event::Kind;
use sensor::{Context, Limits, Made, Parcel, SourceConfig, SourceKind, Stop};
use serde::de::IgnoredAny;
use serde_json::Value;
use tokio::sync::watch;

use crate::compare::differences;
use crate::{expected, folder, received};

/// A folder: its source, and the tokens of its README.
const FOLDERS: [(&str, &str, &str); 3] = [
    ("bulk", "bulk", "thu:kha-mat"),
    ("hec", "hec", "00000000-0000-4000-8000-000000000001"),
    ("otlp-logs", "otlp", "thu-otlp"),
];

/// The longest that one hostile request may take: they take a few milliseconds.
const PATIENCE: Duration = Duration::from_secs(5);

/// A running source. Its events are kept before they are acknowledged.
struct Running {
    stop: watch::Sender<bool>,
    address: SocketAddr,
    kept: Arc<Mutex<Vec<Made>>>,
    ended: Receiver<()>,
    _folder: tempfile::TempDir,
}

impl Running {
    fn start(kind: &str, token: &str) -> Self {
        let own = tempfile::tempdir().unwrap();
        let tokens = own.path().join("tokens");
        std::fs::write(&tokens, format!("# of the test\n{token}\n")).unwrap();
        let mut source: SourceConfig = serde_json::from_value(serde_json::json!({
            "id": "agents", "kind": kind, "site": "x", "zone": "Asia/Ho_Chi_Minh",
            "listen": "127.0.0.1:0", "token_file": tokens,
        }))
        .unwrap();
        let (told, bound) = sync_channel(1);
        let SourceKind::Agent(config) = &mut source.kind else {
            panic!("{kind} is no agent's input");
        };
        config.told = Some(told);
        let (stop, stopped) = watch::channel(false);
        let kept = Arc::new(Mutex::new(Vec::new()));
        let (end, ended) = channel();
        let keep = Arc::clone(&kept);
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            runtime.block_on(async {
                let (out, mut parcels) = sensor::channel(4);
                let context = Context::new("edge", Arc::new(received));
                let limits = Arc::new(Limits::default());
                let task = sensor::run(source, limits, context, out, Stop::new(stopped));
                let receive = async {
                    while let Some(Parcel { batch, durable }) = parcels.recv().await {
                        let made = batch.events.into_iter().map(|event| Made {
                            time: event.time,
                            kind: event.kind,
                            core: event.core,
                            record: event.record.bytes().to_vec(),
                        });
                        let made = made.filter(|made| made.kind != Kind::SensorStatus);
                        keep.lock().unwrap().extend(made);
                        durable.send(()).unwrap_or_default();
                    }
                };
                let (ran, ()) = tokio::join!(task, receive);
                ran.unwrap();
            });
            end.send(()).unwrap_or_default();
        });
        Self {
            stop,
            address: bound.recv_timeout(PATIENCE).unwrap(),
            kept,
            ended,
            _folder: own,
        }
    }

    fn taken(&self) -> Vec<Made> {
        std::mem::take(&mut self.kept.lock().unwrap())
    }

    fn end(self) {
        self.stop.send_replace(true);
        self.ended.recv_timeout(PATIENCE).unwrap();
    }
}

/// An answer as it came.
struct Answer {
    status: u64,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

/// Sends a request of a folder and reads the answer to its end.
fn ask(address: SocketAddr, place: &Path, request: &Value) -> Answer {
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

fn exchange(address: SocketAddr, bytes: &[u8]) -> Answer {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE * 2)).unwrap();
    stream.write_all(bytes).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let end = answer.windows(4).position(|part| part == b"\r\n\r\n");
    let end = end.unwrap_or_else(|| panic!("no answer to {}", String::from_utf8_lossy(bytes)));
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

fn rows(name: &str, file: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(folder(name).join(file)).unwrap();
    let rows = text.lines().map(|line| serde_json::from_str(line).unwrap());
    rows.collect()
}

/// Objects are subsets; lists have the same length and elements that are subsets.
fn is_subset(expected: &Value, got: &Value) -> bool {
    match (expected, got) {
        (Value::Object(expected), Value::Object(got)) => expected
            .iter()
            .all(|(key, value)| got.get(key).is_some_and(|got| is_subset(value, got))),
        (Value::Array(expected), Value::Array(got)) => {
            expected.len() == got.len() && expected.iter().zip(got).all(|(a, b)| is_subset(a, b))
        }
        _ => expected == got,
    }
}

fn wrong(expected: &Value, got: &Answer) -> Vec<String> {
    let mut found = Vec::new();
    if expected["status"] != got.status {
        found.push(format!("status {} for {}", got.status, expected["status"]));
    }
    for (name, value) in expected["headers"].as_object().into_iter().flatten() {
        let own = got
            .headers
            .iter()
            .find(|(own, _)| own.eq_ignore_ascii_case(name));
        if own.is_none_or(|(_, own)| own != value.as_str().unwrap()) {
            found.push(format!("header {name} is {own:?} for {value}"));
        }
    }
    if let Some(json) = expected.get("json") {
        let own: Value = serde_json::from_slice(&got.body).unwrap_or_default();
        if !is_subset(json, &own) {
            found.push(format!("answer {own} for {json}"));
        }
    }
    found
}

#[test]
fn every_request_is_answered_and_kept_as_is_asked() {
    let mut found = Vec::new();
    for (name, kind, token) in FOLDERS {
        let running = Running::start(kind, token);
        let events = expected(name);
        for (request, answer) in rows(name, "requests.ndjson")
            .iter()
            .zip(rows(name, "answers.ndjson"))
        {
            let number = &request["request"];
            assert_eq!(*number, answer["request"]);
            let got = ask(running.address, &folder(name), request);
            let wrong = wrong(&answer, &got).into_iter();
            found.extend(wrong.map(|what| format!("{name} {number}: {what}")));
            let of_this = events.iter().filter(|(_, row)| row["line"] == *number);
            let of_this: Vec<Value> = of_this.map(|(_, row)| row.clone()).collect();
            // What was answered is kept already.
            found.extend(differences(
                name,
                &number.to_string(),
                &of_this,
                &running.taken(),
            ));
        }
        running.end();
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// Each is answered, nothing is the sensor's fault, records are JSON, and the next request finds all well.
#[test]
fn hostile_requests_do_no_harm() {
    for (name, kind, token) in FOLDERS {
        let running = Running::start(kind, token);
        for request in rows(name, "hostile.ndjson") {
            let begun = Instant::now();
            let got = ask(running.address, &folder(name), &request);
            let place = format!("{name} {}", request["request"]);
            assert!((200..500).contains(&got.status), "{place}: {}", got.status);
            assert!(begun.elapsed() < PATIENCE, "{place}");
            let taken = running.taken();
            for made in &taken {
                let json = serde_json::from_slice::<IgnoredAny>(&made.record);
                assert!(made.record.starts_with(b"{") && json.is_ok(), "{place}");
            }
            // But for Splunk, who keeps what stood before the fault.
            assert!(
                got.status == 200 || kind == "hec" || taken.is_empty(),
                "{place}"
            );
        }
        let (requests, answers) = (rows(name, "requests.ndjson"), rows(name, "answers.ndjson"));
        let got = ask(running.address, &folder(name), &requests[1]);
        assert_eq!(wrong(&answers[1], &got), [""; 0], "{name}");
        running.end();
    }
}
