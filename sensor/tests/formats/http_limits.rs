//! What holds beside the formats: nothing is answered before it is kept, nobody who is slow, large or a
//! stranger gets far, and a connection serves many requests.

use std::io::{Read, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

use sensor::{HttpLimits, Limits};
use serde_json::{Value, json};

use crate::agent::{PATIENCE, Running, answer, connect, exchange, post};

const AUTH: &str = "Authorization: Splunk mot";
const EVENT: &str = "/services/collector/event";

fn limits(change: impl FnOnce(&mut HttpLimits)) -> Limits {
    let mut limits = Limits::default();
    change(&mut limits.http);
    limits
}

fn hec(change: impl FnOnce(&mut HttpLimits)) -> Running {
    Running::with("hec", "mot", &json!({}), limits(change))
}

fn code(body: &[u8]) -> Value {
    serde_json::from_slice::<Value>(body).unwrap()["code"].clone()
}

#[test]
fn nothing_is_answered_before_it_is_durable() {
    let running = hec(|limits| limits.answer_secs = 1);
    running.gate.send_replace(false);
    let mut stream = connect(running.address);
    let begun = Instant::now();
    stream
        .write_all(&post(EVENT, AUTH, br#"{"event":"a"}"#))
        .unwrap();
    // It is told to come again, for nobody knows yet whether it will be kept.
    let late = answer(&mut stream);
    assert_eq!((late.status, code(&late.body)), (503, json!(9)));
    assert!(begun.elapsed() >= Duration::from_secs(1));
    assert!(late.headers.iter().any(|(name, _)| name == "retry-after"));

    let mut stream = connect(running.address);
    stream
        .write_all(&post(EVENT, AUTH, br#"{"event":"b"}"#))
        .unwrap();
    stream
        .set_read_timeout(Some(Duration::from_millis(300)))
        .unwrap();
    assert!(
        stream.read(&mut [0]).is_err(),
        "answered while nothing was durable"
    );
    running.gate.send_replace(true);
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    assert_eq!(answer(&mut stream).status, 200);
    assert_eq!(running.taken().len(), 2);
    assert_eq!(running.end()["events"], 2);
}

#[test]
fn who_is_slow_is_sent_away() {
    let running = hec(|limits| (limits.head_secs, limits.silence_secs) = (1, 1));
    // A head that does not end.
    let mut stream = connect(running.address);
    stream.write_all(b"POST / HTTP/1.1\r\nX: ").unwrap();
    let begun = Instant::now();
    let mut rest = Vec::new();
    drop(stream.read_to_end(&mut rest));
    assert!(begun.elapsed() < PATIENCE);
    // A body that does not come, and one that comes a byte at a time.
    let head = format!(
        "POST {EVENT} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n{AUTH}\r\nContent-Length: 99\r\n\r\n"
    );
    let mut silent = connect(running.address);
    silent.write_all(head.as_bytes()).unwrap();
    assert_eq!(answer(&mut silent).status, 408);
    let mut slow = connect(running.address);
    slow.write_all(head.as_bytes()).unwrap();
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE && slow.write_all(b" ").is_ok() {
        std::thread::sleep(Duration::from_millis(200));
    }
    assert!(begun.elapsed() < PATIENCE, "a byte at a time was borne");
    // Others are served.
    let got = exchange(running.address, &post(EVENT, AUTH, br#"{"event":"a"}"#));
    assert_eq!(got.status, 200);
    running.end();
}

#[test]
fn what_is_too_large_is_refused() {
    let running = hec(|limits| {
        limits.body_bytes = 2_000;
        limits.unpacked_bytes = 4_000;
        limits.items = 3;
    });
    let many = |text: &str, count: usize| text.repeat(count).into_bytes();
    let object = r#"{"event":"a"}"#;
    for (body, headers, expected) in [
        (many(object, 3), AUTH.to_owned(), (200, json!(0))),
        (many(" ", 2_001), AUTH.to_owned(), (413, json!(27))),
        (many(object, 4), AUTH.to_owned(), (413, json!(27))),
        (
            gzip(&many(" ", 4_001)),
            format!("{AUTH}\r\nContent-Encoding: gzip"),
            (413, json!(27)),
        ),
        (
            many(object, 1),
            format!("{AUTH}\r\nContent-Encoding: br"),
            (415, json!(6)),
        ),
        (
            many(object, 1),
            format!("{AUTH}\r\nX: {}", "x".repeat(20_000)),
            (431, Value::Null),
        ),
    ] {
        let got = exchange(running.address, &post(EVENT, &headers, &body));
        assert_eq!(got.status, expected.0);
        if got.status != 431 {
            assert_eq!(code(&got.body), expected.1);
        }
    }
    // What stood before the item too many is kept, as Splunk keeps it.
    assert_eq!(running.taken().len(), 6);
    running.end();

    // A resource is repeated in each record: a small body must not fill a disk.
    let running = Running::with(
        "otlp",
        "mot",
        &json!({}),
        limits(|limits| limits.record_bytes = 50_000),
    );
    let resource =
        json!({"attributes": [{"key": "a", "value": {"stringValue": "x".repeat(1_000)}}]});
    let body = |records: usize| {
        let records = vec![json!({}); records];
        let scopes = json!([{ "logRecords": records }]);
        json!({"resourceLogs": [{"resource": resource, "scopeLogs": scopes}]}).to_string()
    };
    let headers = "Authorization: Bearer mot\r\nContent-Type: application/json";
    let send = |records| {
        let request = post("/v1/logs", headers, body(records).as_bytes());
        exchange(running.address, &request).status
    };
    assert_eq!((send(100), running.taken().len()), (413, 0));
    assert_eq!((send(10), running.taken().len()), (200, 10));
    running.end();
}

#[test]
fn strangers_and_the_many_are_refused_and_counted() {
    let keys = json!({"allow": ["127.0.0.2/32"]});
    let running = Running::with("hec", "mot", &keys, Limits::default());
    let mut stream = connect(running.address);
    drop(stream.write_all(&post(EVENT, AUTH, br#"{"event":"a"}"#)));
    let mut nothing = Vec::new();
    drop(stream.read_to_end(&mut nothing));
    assert_eq!(nothing, b"");
    assert_eq!(running.end()["refused"], 1);

    let running = Running::with("hec", "mot", &json!({"connections": 1}), Limits::default());
    let first = connect(running.address);
    std::thread::sleep(Duration::from_millis(200));
    let mut second = connect(running.address);
    assert!(matches!(second.read(&mut [0]), Ok(0) | Err(_)));
    drop(first);
    assert_eq!(running.end()["refused"], 1);
}

#[test]
fn a_connection_serves_many_requests() {
    let running = Running::start("bulk", "a:b");
    let mut stream = connect(running.address);
    // A template as large as Filebeat's, then an event; `YTpi` is `a:b`.
    let template = "x".repeat(700_000);
    write!(
        stream,
        "PUT /_index_template/a HTTP/1.1\r\nHost: h\r\nAuthorization: ApiKey YTpi\r\nContent-Length: {}\r\n\r\n{template}",
        template.len()
    )
    .unwrap();
    let records = concat!(
        "{\"create\":{}}\n",
        r#"{"message":"type=SYSCALL msg=audit(1796022301.100:7): arch=c000003e syscall=59 success=yes exit=0 pid=5 comm=\"id\" exe=\"/usr/bin/id\"","host":{"name":"may-1"}}"#,
        "\n{\"create\":{}}\n",
        r#"{"message":"type=CWD msg=audit(1796022301.100:7): cwd=\"/root\"","host":{"name":"may-1"}}"#,
        "\n",
    );
    let auth = "Authorization: Basic YTpi\r\nExpect: 100-continue";
    stream
        .write_all(&post("/_bulk", auth, records.as_bytes()))
        .unwrap();
    let mut all = Vec::new();
    stream.read_to_end(&mut all).unwrap();
    let all = String::from_utf8(all).unwrap();
    assert_eq!(all.matches("HTTP/1.1 200 OK").count(), 2, "{all}");
    let taken = running.taken();
    let kinds: Vec<&str> = taken.iter().map(|made| made.kind.name()).collect();
    assert_eq!(kinds, ["linux.audit"], "records of one request are joined");
    let host = taken[0].core.text(event::CoreField::HostName);
    assert_eq!(host, Some("may-1"));
    assert_eq!(running.end()["requests"], 2);
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap()
}

#[test]
fn tls_is_spoken_where_there_is_a_certificate() {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (certificate, key) = (folder.path().join("c"), folder.path().join("k"));
    std::fs::write(&certificate, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let keys = json!({"certificate": certificate, "key": key});
    let running = Running::with("hec", "mot", &keys, Limits::default());

    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut roots = rustls::RootCertStore::empty();
    roots.add(made.cert.der().clone()).unwrap();
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = rustls::pki_types::ServerName::try_from("localhost").unwrap();
    let client = rustls::ClientConnection::new(Arc::new(config), name).unwrap();
    let mut stream = rustls::StreamOwned::new(client, connect(running.address));
    stream
        .write_all(&post(EVENT, AUTH, br#"{"event":"a"}"#))
        .unwrap();
    let mut got = Vec::new();
    // A peer that closes without a farewell is an error of the client's, after the answer.
    drop(stream.read_to_end(&mut got));
    assert!(
        got.starts_with(b"HTTP/1.1 200"),
        "{}",
        String::from_utf8_lossy(&got)
    );

    let mut plain = connect(running.address);
    plain.write_all(&post(EVENT, AUTH, b"{}")).unwrap();
    let mut got = Vec::new();
    drop(plain.read_to_end(&mut got));
    assert!(!got.starts_with(b"HTTP"));
    assert_eq!(running.taken().len(), 1);
    running.end();
}
