//! Flow exports: NetFlow 5 and 9 as datagrams, IPFIX as a connection.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use event::{Kind, Time};
use sensor::log::flow::{FlowCounts, Flows, Transport};
use sensor::{FlowConfig, Made};
use serde::de::IgnoredAny;
use serde_json::Value;

use crate::compare::differences;
use crate::{expected, first_line, folder, received};

/// Folder, transport, and what is to be counted as missing: gaps, and how much.
const FOLDERS: [(&str, Transport, u64, u64); 3] = [
    ("netflow-v5", Transport::Udp, 1, 10),
    ("netflow-v9", Transport::Udp, 1, 5),
    ("ipfix", Transport::Tcp, 1, 5),
];

fn peer() -> SocketAddr {
    "192.0.2.1:2055".parse().unwrap()
}

fn flows(limits: &FlowConfig) -> Flows {
    Flows::new(limits, Arc::default())
}

/// The exports of a file, each behind its length.
fn exports(name: &str, file: &str) -> Vec<Vec<u8>> {
    let bytes = std::fs::read(folder(name).join(file)).unwrap();
    let (mut rest, mut found) = (&*bytes, Vec::new());
    while let Some((length, behind)) = rest.split_first_chunk::<4>() {
        let length = usize::try_from(u32::from_be_bytes(*length)).unwrap();
        let (export, behind) = behind.split_at(length);
        found.push(export.to_vec());
        rest = behind;
    }
    found
}

#[test]
fn every_export_becomes_what_is_asked() {
    let mut found = Vec::new();
    for (name, transport, gaps, lost) in FOLDERS {
        let mut flows = flows(&FlowConfig::default());
        let rows: Vec<Value> = expected(name).into_iter().map(|(_, row)| row).collect();
        for (number, export) in (1..).zip(exports(name, "input.bin")) {
            let mut made = Vec::new();
            flows.take(peer(), transport, &export, received(), &mut made);
            let of_this = rows.iter().filter(|row| first_line(row) == number);
            let of_this: Vec<Value> = of_this.cloned().collect();
            found.extend(differences(name, "input.bin", &of_this, &made));
        }
        let counts = flows.counts();
        let missing = if name.ends_with("v9") {
            (counts.missing_exports, counts.missing_flows)
        } else {
            (counts.missing_flows, counts.missing_exports)
        };
        assert_eq!((counts.gaps, missing), (gaps, (lost, 0)), "{name}");
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// Takes an export: it must give an event, or be counted as templates, options or empty.
fn accounted(flows: &mut Flows, transport: Transport, export: &[u8]) -> Vec<Made> {
    let told = |counts: FlowCounts| {
        counts.flows + counts.failed + counts.templates + counts.options + counts.empty
    };
    let (before, mut made) = (flows.counts(), Vec::new());
    flows.take(peer(), transport, export, received(), &mut made);
    let after = flows.counts();
    assert!(told(after) > told(before), "{export:?}");
    let events = after.flows + after.failed - before.flows - before.failed;
    assert_eq!(made.len() as u64, events);
    for made in &made {
        let object = made.record.starts_with(b"{");
        assert!(object && serde_json::from_slice::<IgnoredAny>(&made.record).is_ok());
    }
    made
}

#[test]
fn hostile_exports_do_no_harm() {
    let begun = Instant::now();
    for (name, transport, _, _) in FOLDERS {
        let mut flows = flows(&FlowConfig::default());
        for export in exports(name, "hostile.bin") {
            accounted(&mut flows, transport, &export);
        }
        for export in exports(name, "input.bin")
            .iter()
            .chain(&exports(name, "hostile.bin"))
        {
            for end in 0..export.len().min(2_000) {
                accounted(&mut flows, transport, &export[..end]);
            }
        }
    }
    assert!(
        begun.elapsed() < Duration::from_secs(10),
        "{:?}",
        begun.elapsed()
    );
}

#[test]
fn a_template_is_forgotten_that_nobody_sends_again() {
    let exports = exports("netflow-v9", "input.bin");
    let mut flows = flows(&FlowConfig::default());
    let mut kinds = |export: &[u8], seconds: u64| -> Vec<Kind> {
        let (mut made, seen) = (Vec::new(), received().plus(Duration::from_secs(seconds)));
        flows.take(peer(), Transport::Udp, export, seen, &mut made);
        made.iter().map(|made| made.kind).collect()
    };
    assert_eq!(kinds(&exports[1], 0), [Kind::Netflow; 2]);
    assert_eq!(kinds(&exports[3], 5_400), [Kind::Netflow]);
    assert_eq!(kinds(&exports[3], 5_401), [Kind::ParseFailed]);
}

#[test]
fn what_an_exporter_may_announce_is_limited() {
    let limits = FlowConfig {
        domains: 1,
        templates: 1,
        fields: 10,
        records: 1,
        ..FlowConfig::default()
    };
    let mut flows = flows(&limits);
    let exports = exports("netflow-v9", "input.bin");
    let mut reasons = Vec::new();
    for export in [&exports[1], &exports[2], &exports[7]] {
        let made = accounted(&mut flows, Transport::Udp, export);
        for made in made.iter().filter(|made| made.kind == Kind::ParseFailed) {
            let record: Value = serde_json::from_slice(&made.record).unwrap();
            reasons.push(record["reason"].as_str().unwrap().to_owned());
        }
    }
    assert_eq!(
        reasons,
        [
            "more records than limits.flow.records",
            "more domains than limits.flow.domains",
            "records before their template",
            "more templates than limits.flow.templates",
            "records before their template",
            "records before their template",
        ]
    );
}

#[test]
fn a_connection_that_ends_takes_its_templates_along_and_udp_withdraws_none() {
    let exports = exports("ipfix", "input.bin");
    let mut flows = flows(&FlowConfig::default());
    let last = |flows: &mut Flows, transport, export: &[u8]| -> Kind {
        let mut made = Vec::new();
        flows.take(peer(), transport, export, received(), &mut made);
        made.last().unwrap().kind
    };
    assert_eq!(last(&mut flows, Transport::Udp, &exports[1]), Kind::Netflow);
    // Message 10 withdraws its template, then uses it.
    assert_eq!(last(&mut flows, Transport::Udp, &exports[9]), Kind::Netflow);
    assert_eq!(last(&mut flows, Transport::Tcp, &exports[1]), Kind::Netflow);
    assert_eq!(last(&mut flows, Transport::Tcp, &exports[6]), Kind::Netflow);
    flows.close(peer());
    assert_eq!(
        last(&mut flows, Transport::Tcp, &exports[6]),
        Kind::ParseFailed
    );
}

#[test]
fn the_time_of_an_export_is_its_own() {
    let mut flows = flows(&FlowConfig::default());
    let mut made = Vec::new();
    for export in exports("netflow-v5", "input.bin") {
        flows.take(peer(), Transport::Udp, &export, Time::EPOCH, &mut made);
    }
    assert!(made.iter().all(|made| made.time > Time::EPOCH));
}
