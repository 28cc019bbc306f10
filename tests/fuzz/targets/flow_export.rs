//! Fuzzes flow exports of one exporter, each behind two bytes of length: nothing is lost unsaid.

#![no_main]

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use event::Time;
use libfuzzer_sys::fuzz_target;
use sensor::FlowConfig;
use sensor::log::flow::{Flows, Transport};

const PEER: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 2_055);

fuzz_target!(|bytes: &[u8]| {
    let mut flows = Flows::new(&FlowConfig::default(), Arc::default());
    let (mut rest, mut made) = (bytes, Vec::new());
    while let Some((length, behind)) = rest.split_first_chunk::<2>() {
        let length = usize::from(u16::from_be_bytes(*length)).min(behind.len());
        let (export, behind) = behind.split_at(length);
        for transport in [Transport::Udp, Transport::Tcp] {
            flows.take(PEER, transport, export, Time::from_seconds(1_800_000_000, 0), &mut made);
        }
        rest = behind;
    }
    let counts = flows.counts();
    assert_eq!(made.len() as u64, counts.flows + counts.failed);
    for made in made {
        assert!(serde_json::from_slice::<serde::de::IgnoredAny>(&made.record).is_ok());
    }
});
