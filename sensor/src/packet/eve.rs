//! EVE records: the common part, in Suricata's order, and the core fields that go with it.
//!
//! Records are written straight into bytes. What a record has in common with all others of its
//! flow comes from [`Identity`].

use std::cell::OnceCell;
use std::collections::HashMap;
use std::sync::Arc;

use event::{Core, CoreField, CoreValue, Direction, Kind, Networks, Text, Time};

use crate::config::PacketConfig;
use crate::json::Json;
use crate::origin::Made;

use super::community_id::community_id;
use super::decode::{Decoded, Vlan};
use super::dissect::{Side, Sides};
use super::key::Endpoint;

/// Who talks to whom: the part of a flow that its records repeat.
#[derive(Debug)]
pub(crate) struct Identity {
    pub(crate) id: u64,
    pub(crate) client: Endpoint,
    pub(crate) server: Endpoint,
    pub(crate) protocol: u8,
    pub(crate) vlan: Vlan,
    /// ICMP type and code of the first message, and of the first answer.
    pub(crate) icmp: Sides<Option<(u8, u8)>>,
    pub(crate) place: OnceCell<Place>,
}

/// What is looked up once for a flow, when it has something to say.
#[derive(Debug)]
pub(crate) struct Place {
    community: Text,
    client_site: Option<Text>,
    server_site: Option<Text>,
    direction: Text,
}

impl Identity {
    /// After the first bytes have shown that the server spoke first.
    pub(crate) fn swap(&mut self) {
        std::mem::swap(&mut self.client, &mut self.server);
        self.icmp.swap();
        self.place = OnceCell::new();
    }

    fn is_icmp(&self) -> bool {
        matches!(self.protocol, 1 | 58)
    }
}

/// A packet of a flow, or the end of the flow.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment<'a> {
    pub(crate) identity: &'a Identity,
    pub(crate) time: Time,
    /// The packet's place in the capture; none when no packet is meant.
    pub(crate) number: Option<u64>,
}

/// Counters that go to `sensor.status`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those in the status event")]
pub struct Counters {
    pub packets: u64,
    pub bytes: u64,
    pub not_ip: u64,
    pub invalid: u64,
    pub fragments: u64,
    pub cut_packets: u64,
    pub bad_checksums: u64,
    pub flows: u64,
    pub flows_forced: u64,
    pub stream_gaps: u64,
    pub stream_memory_gaps: u64,
    pub messages_over_limit: u64,
    pub transactions_over_limit: u64,
    pub anomalies_over_limit: u64,
}

/// Makes events in EVE's form.
pub(crate) struct Eve {
    pub(crate) counters: Counters,
    pub(crate) made: Vec<Made>,
    interface: Option<String>,
    networks: Arc<Networks>,
    words: Vec<(&'static str, Text)>,
    stamp: Stamp,
    anomalies: Anomalies,
}

impl Eve {
    pub(crate) fn new(
        config: &PacketConfig,
        networks: Arc<Networks>,
        interface: Option<String>,
    ) -> Self {
        Self {
            counters: Counters::default(),
            made: Vec::new(),
            interface,
            networks,
            words: Vec::new(),
            stamp: Stamp::default(),
            anomalies: Anomalies {
                on: config.anomalies,
                per_minute: config.anomalies_per_minute,
                minute: i64::MIN,
                counts: HashMap::new(),
            },
        }
    }

    /// Writes a record of a flow: the common part, then what `write` adds.
    pub(crate) fn write(
        &mut self,
        kind: Kind,
        moment: &Moment<'_>,
        side: Side,
        write: impl FnOnce(&mut Json, &mut Core),
    ) {
        let identity = moment.identity;
        let mut json = Json::with_capacity(640);
        let mut core = Core::default();
        json.open();
        self.head(
            &mut json,
            kind,
            moment.time,
            Some(identity.id),
            moment.number,
        );
        let (from, to) = match side {
            Side::ToServer => (identity.client, identity.server),
            Side::ToClient => (identity.server, identity.client),
        };
        vlan(&mut json, &identity.vlan);
        json.ip("src_ip", from.ip);
        let ported = matches!(identity.protocol, 6 | 17);
        if ported {
            json.number("src_port", u64::from(from.port));
        }
        json.ip("dest_ip", to.ip);
        if ported {
            json.number("dest_port", u64::from(to.port));
        }
        protocol(&mut json, identity.protocol);
        if identity.is_icmp() {
            icmp(&mut json, identity);
        }
        let place = self.place(identity);
        json.text("community_id", &place.community);
        self.core(&mut core, place, identity, side, from, to);
        write(&mut json, &mut core);
        json.close();
        self.made.push(Made {
            time: moment.time,
            kind,
            core,
            record: json.into_bytes(),
        });
    }

    /// An anomaly of a message.
    pub(crate) fn applayer_anomaly(
        &mut self,
        moment: &Moment<'_>,
        side: Side,
        app_proto: &'static str,
        name: &'static str,
        layer: &'static str,
    ) {
        if !self.anomalies.on.applayer || !self.allow(name, moment.time) {
            return;
        }
        self.write(Kind::Anomaly, moment, side, |json, core| {
            json.text("app_proto", app_proto);
            json.open_at("anomaly");
            json.text("app_proto", app_proto);
            json.text("type", "applayer");
            json.text("event", name);
            json.text("layer", layer);
            json.close();
            core.set(CoreField::EventAction, name);
        });
    }

    /// An anomaly of a stream or of a packet that belongs to a flow.
    pub(crate) fn flow_anomaly(&mut self, moment: &Moment<'_>, side: Side, name: &'static str) {
        let stream = name.starts_with("stream.");
        let on = self.anomalies.on;
        if !(if stream { on.stream } else { on.decode }) || !self.allow(name, moment.time) {
            return;
        }
        self.write(Kind::Anomaly, moment, side, |json, core| {
            json.open_at("anomaly");
            json.text("type", if stream { "stream" } else { "decode" });
            let event = if stream {
                name.to_owned()
            } else {
                format!("decoder.{name}")
            };
            json.text("event", &event);
            json.close();
            core.set(CoreField::EventAction, event);
        });
    }

    /// An anomaly of a frame that belongs to no flow.
    pub(crate) fn packet_anomaly(&mut self, decoded: &Decoded<'_>, time: Time, number: u64) {
        for name in decoded.events.names() {
            if !self.anomalies.on.decode || !self.allow(name, time) {
                continue;
            }
            let event = format!("decoder.{name}");
            let mut json = Json::with_capacity(320);
            let mut core = Core::default();
            json.open();
            self.head(&mut json, Kind::Anomaly, time, None, Some(number));
            vlan(&mut json, &decoded.vlan);
            if let Some((source, destination, number)) = decoded.addresses {
                json.ip("src_ip", source);
                json.ip("dest_ip", destination);
                protocol(&mut json, number);
                core.set(CoreField::SourceIp, source);
                core.set(CoreField::DestinationIp, destination);
            }
            json.open_at("anomaly");
            json.text("type", "decode");
            json.text("event", &event);
            json.close();
            json.close();
            core.set(CoreField::EventAction, event);
            self.made.push(Made {
                time,
                kind: Kind::Anomaly,
                core,
                record: json.into_bytes(),
            });
        }
    }

    /// Whether this name may still become an event this minute.
    fn allow(&mut self, name: &'static str, time: Time) -> bool {
        let anomalies = &mut self.anomalies;
        let minute = time.micros().div_euclid(60_000_000);
        if anomalies.minute != minute {
            anomalies.minute = minute;
            anomalies.counts.clear();
        }
        let count = anomalies.counts.entry(name).or_default();
        *count += 1;
        let allowed = *count <= anomalies.per_minute;
        if !allowed {
            self.counters.anomalies_over_limit += 1;
        }
        allowed
    }

    fn head(
        &mut self,
        json: &mut Json,
        kind: Kind,
        time: Time,
        flow: Option<u64>,
        number: Option<u64>,
    ) {
        json.key("timestamp");
        json.raw(self.stamp.write(time));
        if let Some(flow) = flow {
            json.number("flow_id", flow);
        }
        if let Some(interface) = &self.interface {
            json.text("in_iface", interface);
        } else if let Some(number) = number {
            json.number("pcap_cnt", number);
        }
        json.text("event_type", kind.name());
    }

    fn place<'a>(&self, identity: &'a Identity) -> &'a Place {
        identity.place.get_or_init(|| {
            let (client, server) = (identity.client, identity.server);
            // For ICMP the id is made of type and code where the type has no answer.
            let mut server_port = server.port;
            if let (true, Some((_, code))) = (identity.is_icmp(), identity.icmp.to_server)
                && client.port == server.port
            {
                server_port = u16::from(code);
            }
            let inside = (self.networks.find(client.ip), self.networks.find(server.ip));
            let direction = match (inside.0.is_some(), inside.1.is_some()) {
                (false, true) => Direction::Inbound,
                (true, false) => Direction::Outbound,
                (true, true) => Direction::Internal,
                (false, false) => Direction::External,
            };
            let site = |network: Option<&event::Network>| {
                network
                    .map(|network| Text::clone(&network.site))
                    .filter(|site| !site.is_empty())
            };
            Place {
                community: community_id(
                    (client.ip, client.port),
                    (server.ip, server_port),
                    identity.protocol,
                )
                .into(),
                client_site: site(inside.0),
                server_site: site(inside.1),
                direction: direction.name().into(),
            }
        })
    }

    fn core(
        &mut self,
        core: &mut Core,
        place: &Place,
        identity: &Identity,
        side: Side,
        from: Endpoint,
        to: Endpoint,
    ) {
        core.add(CoreField::SourceIp, from.ip);
        core.add(CoreField::DestinationIp, to.ip);
        if matches!(identity.protocol, 6 | 17) {
            core.add(CoreField::SourcePort, from.port);
            core.add(CoreField::DestinationPort, to.port);
        }
        let (from_site, to_site) = match side {
            Side::ToServer => (&place.client_site, &place.server_site),
            Side::ToClient => (&place.server_site, &place.client_site),
        };
        for (field, site) in [
            (CoreField::SourceSite, from_site),
            (CoreField::DestinationSite, to_site),
        ] {
            if let Some(site) = site {
                core.add(field, CoreValue::Text(Text::clone(site)));
            }
        }
        let transport = self.word(transport_name(identity.protocol));
        core.add(CoreField::NetworkTransport, CoreValue::Text(transport));
        core.add(
            CoreField::NetworkDirection,
            CoreValue::Text(Text::clone(&place.direction)),
        );
        core.add(
            CoreField::NetworkCommunityId,
            CoreValue::Text(Text::clone(&place.community)),
        );
    }

    /// One shared text for a word that many events hold.
    pub(crate) fn word(&mut self, word: &'static str) -> Text {
        if let Some((_, text)) = self.words.iter().find(|(held, _)| *held == word) {
            return Text::clone(text);
        }
        let text = Text::from(word);
        self.words.push((word, Text::clone(&text)));
        text
    }
}

struct Anomalies {
    on: crate::config::Anomalies,
    per_minute: u32,
    minute: i64,
    counts: HashMap<&'static str, u32>,
}

fn vlan(json: &mut Json, vlan: &Vlan) {
    if vlan.ids().is_empty() {
        return;
    }
    json.list_at("vlan");
    for id in vlan.ids() {
        json.number_value(u64::from(*id));
    }
    json.end_list();
}

/// The protocol's name as EVE writes it; an unknown one as three digits.
pub(crate) fn protocol(json: &mut Json, protocol: u8) {
    let name = match protocol {
        1 => "ICMP",
        2 => "IGMP",
        6 => "TCP",
        17 => "UDP",
        41 => "IPv6",
        47 => "GRE",
        50 => "ESP",
        58 => "IPv6-ICMP",
        132 => "SCTP",
        _ => return json.text("proto", &format!("{protocol:03}")),
    };
    json.text("proto", name);
}

/// ECS's words for `network.transport`.
pub(crate) fn transport_name(protocol: u8) -> &'static str {
    match protocol {
        1 => "icmp",
        2 => "igmp",
        6 => "tcp",
        17 => "udp",
        47 => "gre",
        50 => "esp",
        58 => "ipv6-icmp",
        132 => "sctp",
        _ => "other",
    }
}

fn icmp(json: &mut Json, identity: &Identity) {
    if let Some((kind, code)) = identity.icmp.to_server {
        json.number("icmp_type", u64::from(kind));
        json.number("icmp_code", u64::from(code));
    }
    if let Some((kind, code)) = identity.icmp.to_client {
        json.number("response_icmp_type", u64::from(kind));
        json.number("response_icmp_code", u64::from(code));
    }
}

/// Time stamps as EVE writes them; the second is kept, since most stamps share it.
#[derive(Debug, Default)]
pub(crate) struct Stamp {
    second: Option<i64>,
    text: Vec<u8>,
}

impl Stamp {
    /// `"2026-11-22T20:05:31.000000+0000"`, with its quotes.
    pub(crate) fn write(&mut self, time: Time) -> &[u8] {
        let second = time.micros().div_euclid(1_000_000);
        if self.second != Some(second) {
            self.second = Some(second);
            self.text = format!("\"{}\"", time.eve()).into_bytes();
        }
        let mut micros = time.micros().rem_euclid(1_000_000);
        let length = self.text.len();
        let digits = self
            .text
            .get_mut(length.saturating_sub(12)..length.saturating_sub(6));
        for place in digits.unwrap_or_default().iter_mut().rev() {
            *place = b'0' + u8::try_from(micros % 10).unwrap_or(0);
            micros /= 10;
        }
        &self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_agree_with_the_slow_way() {
        let mut stamp = Stamp::default();
        for micros in [
            0,
            1,
            999_999,
            1_000_000,
            1_700_000_000_123_456,
            1_700_000_000_000_007,
        ] {
            let time = Time::from_micros(micros);
            assert_eq!(stamp.write(time), format!("\"{}\"", time.eve()).as_bytes());
        }
    }
}
