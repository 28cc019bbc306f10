//! A sensor one version older or newer keeps delivering: what older ones send is kept in `tests/golden/wire` and taken;
//! what a newer one may say beyond what this program knows costs no event.

use std::net::Ipv4Addr;
use std::path::PathBuf;

use event::CoreField;
use sensor::uplink::spool::{Gap, GapReason};

use super::*;

/// What goes before it in a frame is 1 of type and 1 of lane, then the first number.
const LANES: [(Lane, Kind); 3] = [
    (Lane::First, Kind::Anomaly),
    (Lane::Second, Kind::Dns),
    (Lane::Third, Kind::Flow),
];

fn folder() -> PathBuf {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    root.join("../../tests/golden/wire/requests")
}

/// A body as this program writes it: of each lane two events, and two numbers that nobody will send. `words` changes
/// what a newer program may name otherwise.
fn written(words: &[(&str, &str)]) -> Vec<u8> {
    let mut body = Vec::new();
    for (lane, kind) in LANES {
        let mut core = Core::default();
        core.set(
            CoreField::SourceIp,
            std::net::IpAddr::from(Ipv4Addr::new(10, 60, 1, 9)),
        );
        core.set(CoreField::Message, "một sự kiện");
        let event = |n: u8| Event {
            id: EventId::unnumbered(lane),
            time: Time::from_seconds(1_800_000_000, 0),
            seen: Time::from_seconds(1_800_000_001, 0),
            sensor: "xa-1".into(),
            source: "mirror".into(),
            site: SITE.into(),
            kind,
            exercise: false,
            core: core.clone(),
            record: Record::new(format!("{{\"n\":{n},\"a\":\"á\"}}").into_bytes()),
        };
        let mut payload = event::encode_events(&[event(1), event(2)]);
        for (old, new) in words {
            assert_eq!(old.len(), new.len());
            let at = payload
                .windows(old.len())
                .position(|own| own == old.as_bytes());
            if let Some(at) = at {
                payload[at..at + new.len()].copy_from_slice(new.as_bytes());
            }
        }
        let (first, count) = (1, 2);
        wire::put(
            lane,
            &Piece::Events {
                first,
                count,
                payload,
            },
            &mut body,
        );
        let gap = Gap {
            first: 3,
            last: 4,
            reason: GapReason::SpoolFull,
        };
        wire::put(lane, &Piece::Gap(gap), &mut body);
    }
    body
}

/// Sends a body under a head of lines.
async fn deliver(peer: &mut Peer, instance: &str, head: &str, body: Vec<u8>) -> Value {
    let mut request =
        Request::post("https://localhost/v1/batches").header("haidang-instance", instance);
    for line in head.lines() {
        let (name, value) = line.split_once(": ").unwrap();
        request = request.header(name, value);
    }
    let sent = peer
        .send(request.body(Full::new(body.into())).unwrap())
        .await;
    let (status, said) = sent.unwrap();
    assert_eq!(status, StatusCode::OK, "{said}");
    said
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_sensors_of_earlier_versions_send_is_taken() {
    let own = folder().join(format!("batch-{}.zst", edge::VERSION));
    if std::env::var_os("UPDATE_EXPECT").is_some() && !own.exists() {
        std::fs::write(&own, wire::pack(&written(&[])).unwrap()).unwrap();
    }
    assert!(
        own.exists(),
        "this version has no body yet; run with UPDATE_EXPECT=1"
    );
    let centre = Centre::start().await;
    let tls = centre.enrolled("xa-1").await;
    let mut peer = centre.peer(tls).await;
    let mut count = 0;
    for entry in std::fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|word| word != "zst") {
            continue;
        }
        count += 1;
        let head = std::fs::read_to_string(path.with_extension("head")).unwrap();
        let body = std::fs::read(&path).unwrap();
        let instance = format!("{:016x}", 0xb0 + count);
        let said = deliver(&mut peer, &instance, &head, body.clone()).await;
        assert_eq!(said["acknowledged"], json!([4, 4, 4]), "{}", path.display());
        // Once more, as after a broken line: nothing new, and no hole.
        let said = deliver(&mut peer, &instance, &head, body).await;
        assert_eq!(said["acknowledged"], json!([4, 4, 4]), "{}", path.display());
    }
    assert!(count >= 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_newer_sensor_says_beyond_this_program_costs_no_event() {
    let centre = Centre::start().await;
    let tls = centre.enrolled("xa-1").await;
    let mut peer = centre.peer(tls).await;
    let head = "content-encoding: zstd\nhaidang-version: 9.9.9-of-tomorrow\nhaidang-spool: melting\n\
                haidang-time: 1800000000000000\nhaidang-mood: good\naccept: application/of-tomorrow";
    let words = [
        ("anomaly", "anomaIy"),
        ("dns", "dnz"),
        ("flow", "fl0w"),
        ("source.ip", "source.iq"),
    ];
    let body = wire::pack(&written(&words)).unwrap();
    let said = deliver(&mut peer, "00000000000000cc", head, body).await;
    assert_eq!(said["acknowledged"], json!([4, 4, 4]));
    let (status, _) = peer.post("/v1/bundle", &json!({"of": "tomorrow"})).await;
    assert_eq!(status, StatusCode::OK);
    let (status, said) = peer.post("/v1/of-tomorrow", &json!({})).await;
    assert_eq!(
        (status, &said["code"]),
        (StatusCode::NOT_FOUND, &json!("not_found"))
    );
    let sensor = centre.running.store.sensor("xa-1").unwrap().unwrap();
    assert_eq!(sensor.said.version, "9.9.9-of-tomorrow");
    assert_eq!(sensor.said.spool, "ok", "a word that is not known");
}

#[test]
fn what_a_newer_centre_configures_is_read() {
    let signed = json!({
        "signature": "AA==", "algorithm": "of tomorrow",
        "bundle": json!({
            "sensor": "xa-1", "version": 7, "made": "2026-11-30T00:00:00Z", "config": "",
            "networks": [["10.60.0.0/16", SITE]], "moon": ["full"],
        }).to_string(),
    });
    let signed: crate::bundle::Signed = serde_json::from_value(signed).unwrap();
    let bundle: engine::store::Bundle = serde_json::from_str(&signed.bundle).unwrap();
    assert_eq!((bundle.version, bundle.networks.len()), (7, 1));
}
