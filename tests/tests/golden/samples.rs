//! The samples for the parsers, held to what their README says (tshark's counts).

use daemon::scenario::at;
use serde_json::Value;
use tests::{Setup, repository};

/// The events of a sample.
struct Sample(Vec<Value>);

async fn sample(name: &str) -> Sample {
    let path = repository().join("tests/golden/samples").join(name);
    let mut lab = Setup::new()
        .input("input", &path.canonicalize().unwrap(), "capture", "so-tttt")
        .start()
        .await;
    lab.wait_for_end("input").await;
    let events = lab.events("source:input").await;
    lab.stop().await;
    Sample(events)
}

impl Sample {
    /// How many events of a kind hold a value at a path; an empty path is any.
    fn count(&self, kind: &str, path: &str, value: &str) -> usize {
        let of_kind = self.0.iter().filter(|event| event["kind"] == kind);
        let text = |held: &Value| {
            held.as_str()
                .map_or_else(|| held.to_string(), str::to_owned)
        };
        of_kind
            .filter(|event| {
                path.is_empty()
                    || at(&event["record"], path)
                        .into_iter()
                        .any(|held| text(held) == value)
            })
            .count()
    }

    fn kinds(&self, kind: &str) -> usize {
        self.count(kind, "", "")
    }

    /// The values at a path of the events of a kind, the oldest first.
    fn values(&self, kind: &str, path: &str) -> Vec<String> {
        let of_kind = self.0.iter().rev().filter(|event| event["kind"] == kind);
        of_kind
            .flat_map(|event| at(&event["record"], path))
            .map(Value::to_string)
            .collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn dns_over_tcp() {
    let sample = sample("dns-tcp.pcap").await;
    assert_eq!(sample.count("flow", "proto", "TCP"), 3);
    assert_eq!(sample.count("dns", "dns.type", "request"), 3);
    assert_eq!(sample.count("dns", "dns.type", "response"), 3);
    assert_eq!(sample.count("dns", "dns.rcode", "NXDOMAIN"), 1);
    for name in [
        "cong.example.vn",
        "www.baochi.example.com",
        "khong-co.example.vn",
    ] {
        assert_eq!(sample.count("dns", "dns.queries.rrname", name), 2, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_of_version_six() {
    let sample = sample("ipv6.pcap").await;
    assert_eq!(
        (
            sample.count("flow", "proto", "UDP"),
            sample.count("flow", "proto", "TCP")
        ),
        (2, 1)
    );
    assert_eq!(sample.count("dns", "dns.type", "request"), 2);
    assert_eq!(sample.count("dns", "dns.queries.rrtype", "AAAA"), 2);
    assert_eq!(sample.count("http", "http.url", "/trang-2.html"), 1);
    assert_eq!(sample.count("http", "http.status", "200"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn frames_with_a_tag() {
    let sample = sample("vlan.pcap").await;
    assert_eq!(sample.count("flow", "vlan", "10"), 2);
    assert_eq!(sample.kinds("dns"), 2);
    assert_eq!(sample.count("http", "http.url", "/trang-1.html"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_do_not_wait() {
    let sample = sample("http-pipelined.pcap").await;
    assert_eq!(sample.kinds("flow"), 1);
    assert_eq!(
        sample.values("http", "http.url"),
        [
            "\"/trang-1.html\"",
            "\"/trang-2.html\"",
            "\"/trang-3.html\"",
            "\"/khong-co\""
        ]
    );
    assert_eq!(
        sample.values("http", "http.status"),
        ["200", "200", "200", "404"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_in_chunks() {
    let sample = sample("http-chunked.pcap").await;
    assert_eq!((sample.kinds("flow"), sample.kinds("http")), (2, 2));
    assert_eq!(sample.count("http", "http.status", "200"), 2);
    assert_eq!(
        sample.values("http", "http.url"),
        ["\"/trang-5.html\"", "\"/trang-8.html\""]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn both_ages_of_tls() {
    let old = sample("tls12.pcap").await;
    assert_eq!((old.kinds("flow"), old.kinds("tls")), (1, 1));
    assert_eq!(old.count("tls", "tls.sni", "dichvucong.example.vn"), 1);
    assert_eq!(old.count("tls", "tls.version", "TLS 1.2"), 1);
    let subjects = old.values("tls", "tls.subject");
    assert!(subjects[0].contains("CN=cong.example.vn"), "{subjects:?}");
    let new = sample("tls13.pcap").await;
    assert_eq!((new.kinds("flow"), new.kinds("tls")), (1, 1));
    assert_eq!(new.count("tls", "tls.sni", "dichvucong.example.vn"), 1);
    assert_eq!(new.count("tls", "tls.version", "TLS 1.3"), 1);
    assert!(
        new.values("tls", "tls.subject").is_empty(),
        "it is encrypted"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn segments_out_of_order() {
    let sample = sample("tcp-reordered.pcap").await;
    assert_eq!((sample.kinds("flow"), sample.kinds("http")), (1, 1));
    assert_eq!(sample.count("http", "http.url", "/anh.jpg"), 1);
    assert_eq!(sample.values("http", "http.length"), ["24000"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_no_ports() {
    let sample = sample("icmp.pcap").await;
    assert!(sample.count("flow", "proto", "ICMP") >= 2);
    assert_eq!(sample.count("flow", "dest_port", "9"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_broken_is_declared_and_what_was_whole_is_there() {
    let cut = sample("capture-truncated.pcap").await;
    assert_eq!((cut.kinds("flow"), cut.kinds("http")), (3, 3));
    // The head of the third answer is in the last whole packet, its body is not.
    assert_eq!(cut.count("http", "http.status", "200"), 3);
    assert_eq!(cut.values("http", "http.length"), ["171", "171", "0"]);
    assert!(
        cut.0
            .iter()
            .any(|event| event["record"].to_string().contains("truncated"))
    );
    let flipped = sample("capture-flipped.pcap").await;
    assert!(flipped.kinds("anomaly") + flipped.kinds("parse.failed") > 0);
    let empty = sample("empty.pcap").await;
    assert_eq!(empty.0.len(), empty.kinds("sensor.status"), "no events");
}
