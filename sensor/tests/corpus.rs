//! Replays the fuzzers' seeds, whole and cut at every byte, as an ordinary test.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "helpers of tests"
)]

use std::io::Cursor;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use event::Time;
use sensor::log::flow::{Flows, Transport};
use sensor::log::http::{Reader, bulk, hec, otlp};
use sensor::log::syslog::Carrier;
use sensor::log::syslog::framing::messages;
use sensor::log::{Line, Lines, Stream, detect, elements, read_evtx, syslog, windows};
use sensor::packet::Inspector;
use sensor::packet::capture::{Capture, Frame};
use sensor::packet::{dns, http, tls};
use sensor::uplink::spool::{Spool, SpoolOptions};
use sensor::uplink::{frame, order, wire};
use sensor::{FlowConfig, Limits, LogConfig, LogFormat, Made, PacketConfig};

/// The targets that read what a sensor reads; the others are replayed by the crates they belong to.
const TARGETS: [&str; 24] = [
    "access_line",
    "audit_lines",
    "batch_frame",
    "bulk_body",
    "capture_file",
    "detect_line",
    "dns",
    "eve_line",
    "evtx",
    "flow_export",
    "hec_body",
    "http",
    "json_document",
    "log_line",
    "otlp_body",
    "packet",
    "spool_files",
    "syslog_frames",
    "syslog_line",
    "tls",
    "windows_json",
    "windows_xml",
    "wire_body",
    "zeek_line",
];

/// As the target `log_line` has them: the first byte names the format.
const FORMATS: [LogFormat; 7] = [
    LogFormat::Auto,
    LogFormat::Ndjson,
    LogFormat::Eve,
    LogFormat::Syslog,
    LogFormat::Windows,
    LogFormat::Journal,
    LogFormat::Text,
];

const NOW: i64 = 1_800_000_000;

/// Where exports of flows come from.
const PEER: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 2_055);

/// Packets as the target `packet` holds them: two bytes of length before each.
fn packets(mut bytes: &[u8]) -> Vec<&[u8]> {
    let mut found = Vec::new();
    while let Some((length, rest)) = bytes.split_first_chunk::<2>() {
        let length = usize::from(u16::from_be_bytes(*length)).min(rest.len());
        let (packet, rest) = rest.split_at(length);
        found.push(packet);
        bytes = rest;
    }
    found
}

fn inspect<'a>(packets: impl IntoIterator<Item = &'a [u8]>) -> Vec<Made> {
    let mut inspector = Inspector::new(PacketConfig::default(), false, Arc::default(), None);
    for (second, bytes) in (0..).zip(packets) {
        inspector.frame(&Frame {
            time: Time::from_seconds(second, 0),
            link: 1,
            wire_length: u32::try_from(bytes.len()).unwrap(),
            bytes,
        });
    }
    inspector.finish();
    inspector.drain().collect()
}

/// Lines of one stream, and its end.
fn lines(format: LogFormat, bytes: &[u8], now: Time) {
    let mut lines = Lines::utc(format);
    let mut stream = Stream::new("smb_files.log", &LogConfig::default());
    let mut made = Vec::new();
    for line in bytes.split(|byte| *byte == b'\n') {
        lines.take(&mut stream, &Line::Whole(line), now, &mut made);
    }
    lines.finish(&mut stream, now, &mut made);
    for made in made {
        serde_json::from_slice::<serde::de::IgnoredAny>(&made.record).unwrap();
    }
}

/// The formats of logs.
fn feed_log(target: &str, bytes: &[u8], now: Time) {
    let text = std::str::from_utf8(bytes);
    match target {
        "syslog_line" => {
            for carrier in [Carrier::File, Carrier::Listener] {
                drop(text.map(|text| syslog::parse_line(text, carrier, now)));
            }
        }
        "syslog_frames" => {
            let whole = messages(&[bytes], 1_000);
            for cut in [bytes.len() / 3, bytes.len() / 2] {
                let (head, tail) = bytes.split_at(cut);
                assert_eq!(messages(&[head, tail], 1_000), whole);
            }
        }
        "audit_lines" => lines(LogFormat::Auditd, bytes, now),
        "zeek_line" => lines(LogFormat::Zeek, bytes, now),
        "access_line" => lines(LogFormat::WebAccess, bytes, now),
        "detect_line" => drop(text.map(detect)),
        "flow_export" => {
            let mut flows = Flows::new(&FlowConfig::default(), Arc::default());
            let mut made = Vec::new();
            for export in packets(bytes) {
                for transport in [Transport::Udp, Transport::Tcp] {
                    flows.take(PEER, transport, export, now, &mut made);
                }
            }
        }
        "windows_json" | "windows_xml" => drop(text.map(windows::parse_line)),
        other => body(other, bytes, now),
    }
}

/// What agents send over HTTP.
fn body(target: &str, bytes: &[u8], now: Time) {
    let mut reader = Reader::new(Lines::utc(LogFormat::Auto), &Limits::default());
    let reader = &mut reader;
    let raw = hec::Ask::Raw {
        host: Some("gw01".to_owned()),
        time: None,
    };
    let taken = match target {
        "bulk_body" => vec![bulk::take(bytes, &bulk::Ask::default(), reader, now)],
        "hec_body" => vec![
            hec::take(bytes, &hec::Ask::Event, reader, now),
            hec::take(bytes, &raw, reader, now),
        ],
        "otlp_body" => vec![
            otlp::take(bytes, false, reader, now),
            otlp::take(bytes, true, reader, now),
        ],
        other => panic!("a target that nobody replays: {other}"),
    };
    for taken in taken {
        let refused = taken.answer.status != 200;
        assert!(target == "hec_body" || !refused || taken.made.is_empty());
        for made in taken.made {
            serde_json::from_slice::<serde::de::IgnoredAny>(&made.record).unwrap();
        }
    }
}

fn feed(target: &str, bytes: &[u8]) {
    let now = Time::from_seconds(NOW, 0);
    match target {
        "capture_file" => {
            let Some(mut capture) = Capture::open(bytes) else {
                return;
            };
            let config = PacketConfig::default();
            let mut inspector = Inspector::new(config, true, Arc::default(), None);
            while let Some(frame) = capture.next_frame() {
                inspector.frame(&frame);
            }
            inspector.finish();
        }
        "packet" => drop(inspect(packets(bytes))),
        "dns" => {
            let limits = dns::parse::DnsLimits {
                queries: 8,
                records: 8,
            };
            drop(dns::parse::message(bytes, limits));
        }
        "http" => {
            http::parse::begins(bytes);
            drop(http::parse::request(bytes));
            drop(http::parse::response(bytes));
        }
        "tls" => {
            drop(tls::parse::client_hello(bytes));
            drop(tls::parse::server_hello(bytes));
            tls::parse::certificates(bytes);
        }
        "json_document" => {
            let whole = elements(&[bytes], 1_000);
            for cut in [bytes.len() / 3, bytes.len() / 2] {
                let (head, tail) = bytes.split_at(cut);
                assert_eq!(elements(&[head, tail], 1_000), whole);
            }
            for element in whole {
                Lines::utc(LogFormat::Auto).whole(&element, "seed", now);
            }
        }
        "evtx" => drop(read_evtx(Cursor::new(bytes), &mut drop)),
        "eve_line" => {
            let made = Lines::utc(LogFormat::Auto).whole(bytes, "seed", now);
            serde_json::from_slice::<serde_json::Value>(&made.record).unwrap();
        }
        "log_line" => {
            let Some((format, line)) = bytes.split_first() else {
                return;
            };
            let format = FORMATS[usize::from(*format) % FORMATS.len()];
            let made = Lines::utc(format).whole(line, "seed", now);
            serde_json::from_slice::<serde::de::IgnoredAny>(&made.record).unwrap();
        }
        "batch_frame" => drop(frame::Frame::decode(bytes)),
        "wire_body" => {
            let limits = wire::WireLimits::default();
            drop(wire::frames(bytes, event::Instance(7), limits));
            drop(wire::read(bytes, event::Instance(7), limits));
            let text = std::str::from_utf8(bytes);
            if let Some(place) = text.ok().and_then(order::Place::read) {
                assert_eq!(order::Place::read(&place.to_string()), Some(place));
            }
        }
        "spool_files" => open_spool(bytes),
        other => feed_log(other, bytes, now),
    }
}

/// As the target `spool_files` has it: the first byte says which file of a spool holds the rest.
fn open_spool(bytes: &[u8]) {
    let Some((kind, rest)) = bytes.split_first() else {
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let options = SpoolOptions {
        bytes: 1 << 20,
        segment_bytes: 1 << 16,
        group_bytes: 1 << 16,
        reserve_bytes: 0,
        queue: 2,
    };
    drop(Spool::open(dir.path(), options).unwrap());
    let mut files: Vec<_> = walk(dir.path());
    files.sort();
    let own = match kind {
        128.. => dir.path().join("2/00000000000000000001.segment"),
        _ => files[usize::from(*kind) % files.len()].clone(),
    };
    std::fs::write(own, rest).unwrap();
    let Ok(spool) = Spool::open(dir.path(), options) else {
        return;
    };
    for lane in event::Lane::ALL {
        let mut number = spool.oldest(lane);
        for _ in 0..100 {
            let Ok(Some(piece)) = spool.next(lane, number) else {
                break;
            };
            assert!(piece.next() > number);
            number = piece.next();
        }
    }
}

fn walk(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = folder
        .read_dir()
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let each = entries.map(|path| {
        if path.is_dir() {
            walk(&path)
        } else {
            vec![path]
        }
    });
    each.flatten().collect()
}

fn seeds() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fuzz/seeds")
}

fn seed(target: &str, name: &str) -> Vec<u8> {
    std::fs::read(seeds().join(target).join(name)).unwrap()
}

#[test]
fn no_seed_and_no_cut_of_one_does_harm() {
    let mut count = 0;
    for target in TARGETS {
        for file in std::fs::read_dir(seeds().join(target)).unwrap() {
            let bytes = std::fs::read(file.unwrap().path()).unwrap();
            let step = 1 + bytes.len() / 1_000;
            for end in (0..bytes.len()).step_by(step) {
                feed(target, &bytes[..end]);
            }
            feed(target, &bytes);
            count += 1;
        }
    }
    assert!(count >= 30, "{count} seeds");
}

#[test]
fn no_seed_of_a_log_with_another_byte_does_harm() {
    const LOGS: [&str; 12] = [
        "access_line",
        "audit_lines",
        "bulk_body",
        "detect_line",
        "flow_export",
        "hec_body",
        "otlp_body",
        "syslog_frames",
        "syslog_line",
        "windows_json",
        "windows_xml",
        "zeek_line",
    ];
    for target in LOGS {
        for file in std::fs::read_dir(seeds().join(target)).unwrap() {
            let bytes = std::fs::read(file.unwrap().path()).unwrap();
            for place in 0..bytes.len() {
                for byte in [0, 0xff, b"\" \\=<[]\x1d\n"[place % 9]] {
                    let mut changed = bytes.clone();
                    changed[place] = byte;
                    feed(target, &changed);
                }
            }
        }
    }
}

/// The records without what depends on which packet brought the last byte.
fn records(made: &[Made]) -> Vec<serde_json::Value> {
    let mut found: Vec<serde_json::Value> = made
        .iter()
        .map(|made| serde_json::from_slice(&made.record).unwrap())
        .filter(|record: &serde_json::Value| record["event_type"] != "flow")
        .collect();
    for record in &mut found {
        for key in ["timestamp", "pcap_cnt"] {
            record.as_object_mut().unwrap().remove(key);
        }
    }
    found
}

/// Cuts the data segments of a conversation into pieces of at most `size` bytes.
fn cut(packets: &[&[u8]], size: usize) -> Vec<Vec<u8>> {
    const HEADERS: usize = 14 + 20 + 20;
    let mut out = Vec::new();
    for packet in packets {
        let (head, data) = packet.split_at(HEADERS);
        let sequence = u32::from_be_bytes(head[38..42].try_into().unwrap());
        if data.is_empty() {
            out.push(packet.to_vec());
        }
        for (place, piece) in data.chunks(size).enumerate() {
            let mut part = head.to_vec();
            let ahead = u32::try_from(place * size).unwrap();
            part[38..42].copy_from_slice(&sequence.wrapping_add(ahead).to_be_bytes());
            let length = u16::try_from(40 + piece.len()).unwrap();
            part[16..18].copy_from_slice(&length.to_be_bytes());
            part.extend(piece);
            out.push(part);
        }
    }
    out
}

#[test]
fn however_a_stream_is_cut_its_records_are_the_same() {
    for name in ["http", "tls", "dns_tcp"] {
        let bytes = seed("packet", name);
        let whole = packets(&bytes);
        let expected = records(&inspect(whole.iter().copied()));
        assert!(!expected.is_empty(), "{name}");
        for size in 1..60 {
            let pieces = cut(&whole, size);
            let made = inspect(pieces.iter().map(Vec::as_slice));
            assert_eq!(records(&made), expected, "{name} in pieces of {size}");
        }
    }
}

#[test]
fn the_seeds_give_the_records_they_were_made_for() {
    let kinds = |name: &str| -> Vec<String> {
        let bytes = seed("packet", name);
        let made = inspect(packets(&bytes));
        made.iter()
            .map(|made| made.kind.name().to_owned())
            .collect()
    };
    assert_eq!(kinds("http"), ["http", "flow"]);
    assert_eq!(kinds("tls"), ["tls", "flow"]);
    assert_eq!(kinds("dns_tcp"), ["dns", "dns", "flow"]);
    assert_eq!(kinds("dns"), ["dns", "dns", "flow"]);
    assert_eq!(kinds("fragments"), ["anomaly", "flow"]);
    assert_eq!(kinds("vlan_icmp"), ["flow"]);
    assert_eq!(kinds("ipv6"), ["anomaly", "flow"]);
}
