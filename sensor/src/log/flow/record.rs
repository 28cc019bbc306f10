//! A flow as EVE's `netflow`, and the core fields that follow.

use std::fmt::Write as _;
use std::net::IpAddr;

use event::{Core, CoreField, Kind, Time};

use crate::json::Json;
use crate::origin::Made;
use crate::packet::{community_id, protocol, transport_name};

/// Fields of one record that are kept although a flow has no place for them.
const KEPT: usize = 64;

/// One flow, as far as its record says.
#[derive(Clone, Debug, Default)]
pub(super) struct Flow {
    pub(super) source: Option<IpAddr>,
    pub(super) destination: Option<IpAddr>,
    pub(super) source_port: Option<u16>,
    pub(super) destination_port: Option<u16>,
    pub(super) protocol: Option<u8>,
    pub(super) tcp_flags: Option<u8>,
    /// Type × 256 + code.
    pub(super) icmp: Option<u16>,
    pub(super) bytes: Option<u64>,
    pub(super) packets: Option<u64>,
    pub(super) reverse_bytes: Option<u64>,
    pub(super) reverse_packets: Option<u64>,
    /// Microseconds since 1970.
    pub(super) start: Option<i64>,
    pub(super) end: Option<i64>,
    /// When the export was sent, in microseconds: the time of a flow that has none.
    pub(super) export: i64,
    pub(super) kept: Vec<(String, Kept)>,
}

/// A field without a place in a flow.
#[derive(Clone, Debug)]
pub(super) enum Kept {
    Number(u64),
    Bytes(Vec<u8>),
}

impl Flow {
    /// Keeps a field under its number, and its enterprise's before it.
    pub(super) fn keep(&mut self, enterprise: Option<u32>, id: u16, value: Kept) {
        if self.kept.len() < KEPT {
            let name = match enterprise {
                Some(enterprise) => format!("{enterprise}_{id}"),
                None => id.to_string(),
            };
            self.kept.push((name, value));
        }
    }

    fn is_icmp(&self) -> bool {
        matches!(self.protocol, Some(1 | 58))
    }

    /// Whether the protocol has ports: TCP, UDP, DCCP, SCTP.
    fn ports(&self) -> Option<(u16, u16)> {
        let has = matches!(self.protocol, Some(6 | 17 | 33 | 132));
        has.then_some((self.source_port?, self.destination_port?))
    }

    /// Type and code: many exporters write them where others have the destination's port.
    fn icmp(&self) -> Option<[u8; 2]> {
        let both = self.icmp.or(self.destination_port)?;
        self.is_icmp().then(|| both.to_be_bytes())
    }

    /// The event: its time is the end of the flow.
    pub(super) fn made(&self) -> Made {
        Made {
            time: Time::from_micros(self.end.unwrap_or(self.export)),
            kind: Kind::Netflow,
            core: self.core(),
            record: self.record(),
        }
    }

    fn core(&self) -> Core {
        let mut core = Core::default();
        for (field, ip) in [
            (CoreField::SourceIp, self.source),
            (CoreField::DestinationIp, self.destination),
        ] {
            if let Some(ip) = ip {
                core.set(field, ip.to_canonical());
            }
        }
        if let Some((source, destination)) = self.ports() {
            core.set(CoreField::SourcePort, source);
            core.set(CoreField::DestinationPort, destination);
        }
        if let Some(protocol) = self.protocol {
            core.set(CoreField::NetworkTransport, transport_name(protocol));
        }
        for (field, number) in [
            (CoreField::SourceBytes, self.bytes),
            (CoreField::SourcePackets, self.packets),
            (CoreField::DestinationBytes, self.reverse_bytes),
            (CoreField::DestinationPackets, self.reverse_packets),
        ] {
            if let Some(number) = number {
                core.set(field, number);
            }
        }
        if let Some(id) = self.community() {
            core.set(CoreField::NetworkCommunityId, id);
        }
        core
    }

    fn community(&self) -> Option<String> {
        let (source, destination) = (self.source?, self.destination?);
        let (from, to) = match (self.ports(), self.icmp()) {
            (Some(ports), _) => ports,
            (None, Some([kind, code])) => (u16::from(kind), u16::from(code)),
            (None, None) => return None,
        };
        Some(community_id(
            (source, from),
            (destination, to),
            self.protocol?,
        ))
    }

    fn record(&self) -> Vec<u8> {
        let mut json = Json::with_capacity(384);
        json.open();
        let end = Time::from_micros(self.end.unwrap_or(self.export));
        json.text("timestamp", &end.eve());
        json.text("event_type", "netflow");
        for (key, ip) in [("src_ip", self.source), ("dest_ip", self.destination)] {
            if let Some(ip) = ip {
                json.ip(key, ip);
            }
        }
        if let Some((source, destination)) = self.ports() {
            json.number("src_port", u64::from(source));
            json.number("dest_port", u64::from(destination));
        }
        if let Some(number) = self.protocol {
            protocol(&mut json, number);
        }
        if let Some([kind, code]) = self.icmp() {
            json.number("icmp_type", u64::from(kind));
            json.number("icmp_code", u64::from(code));
        }
        if let Some(flags) = self.tcp_flags.filter(|_| self.protocol == Some(6)) {
            json.open_at("tcp");
            json.text("tcp_flags", &format!("{flags:02x}"));
            json.close();
        }
        self.counters(&mut json);
        json.close();
        json.into_bytes()
    }

    fn counters(&self, json: &mut Json) {
        json.open_at("netflow");
        for (key, number) in [
            ("pkts", self.packets),
            ("bytes", self.bytes),
            ("reverse_pkts", self.reverse_packets),
            ("reverse_bytes", self.reverse_bytes),
        ] {
            if let Some(number) = number {
                json.number(key, number);
            }
        }
        for (key, micros) in [("start", self.start), ("end", self.end)] {
            if let Some(micros) = micros {
                json.text(key, &Time::from_micros(micros).eve());
            }
        }
        if let (Some(start), Some(end)) = (self.start, self.end) {
            let age = Time::from_micros(end).since(Time::from_micros(start));
            json.number("age", age.as_secs());
        }
        if !self.kept.is_empty() {
            json.open_at("elements");
            for (name, value) in &self.kept {
                match value {
                    Kept::Number(number) => json.number(name, *number),
                    Kept::Bytes(bytes) => match std::str::from_utf8(bytes) {
                        Ok(text) if !text.chars().any(char::is_control) => json.text(name, text),
                        _ => json.text(name, &hex(bytes)),
                    },
                }
            }
            json.close();
        }
        json.close();
    }
}

/// Bytes in hex.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to text cannot fail.
        write!(text, "{byte:02x}").unwrap_or_default();
        text
    })
}
