//! EVE JSON of any Suricata: kept as it is, but that DNS of version 2 is read as version 3.

use event::{CoreField, Fields, Kind, KindGroup};
use serde_json::{Map, Value, json};

use super::format::Parsed;
use super::ndjson::set;
use super::stamp::Clock;

/// Where EVE keeps what the core wants.
const PATHS: &[(&str, CoreField)] = &[
    ("src_ip", CoreField::SourceIp),
    ("src_port", CoreField::SourcePort),
    ("dest_ip", CoreField::DestinationIp),
    ("dest_port", CoreField::DestinationPort),
    ("app_proto", CoreField::NetworkProtocol),
    ("community_id", CoreField::NetworkCommunityId),
    ("ether.src_mac", CoreField::SourceMac),
    ("ether.dest_mac", CoreField::DestinationMac),
    ("dns.queries.rrname", CoreField::DnsQuestionName),
    ("dns.rrname", CoreField::DnsQuestionName),
    ("http.hostname", CoreField::UrlDomain),
    ("http.http_method", CoreField::HttpRequestMethod),
    ("http.status", CoreField::HttpResponseStatusCode),
    ("http.http_user_agent", CoreField::UserAgentOriginal),
    ("tls.sni", CoreField::TlsClientServerName),
    ("tls.ja4", CoreField::TlsClientJa4),
    ("fileinfo.filename", CoreField::FileName),
    ("fileinfo.md5", CoreField::FileHashMd5),
    ("fileinfo.sha1", CoreField::FileHashSha1),
    ("fileinfo.sha256", CoreField::FileHashSha256),
    ("flow.bytes_toserver", CoreField::SourceBytes),
    ("flow.pkts_toserver", CoreField::SourcePackets),
    ("flow.bytes_toclient", CoreField::DestinationBytes),
    ("flow.pkts_toclient", CoreField::DestinationPackets),
    ("netflow.bytes", CoreField::SourceBytes),
    ("netflow.pkts", CoreField::SourcePackets),
    ("alert.signature", CoreField::Message),
    ("alert.action", CoreField::EventAction),
    ("anomaly.event", CoreField::EventAction),
    ("host", CoreField::HostName),
];

/// Reads a record of EVE.
///
/// # Errors
/// A record without `event_type` is not EVE.
pub(super) fn parse(fields: &Fields, text: &str, clock: &Clock) -> Result<Parsed, &'static str> {
    let kind = fields
        .at("event_type")
        .find_map(event::Leaf::text)
        .ok_or("no event_type")?;
    let mut parsed = Parsed::new(kind_of(&kind));
    parsed.time = fields.at("timestamp").find_map(|leaf| clock.leaf(leaf));
    for (path, field) in PATHS {
        if let Some(leaf) = fields.at(path).next() {
            set(&mut parsed.core, *field, leaf);
        }
    }
    if let Some(proto) = fields.at("proto").find_map(event::Leaf::text) {
        let transport = proto.to_ascii_lowercase();
        parsed
            .core
            .set_text(CoreField::NetworkTransport, Some(&transport));
    }
    let plain = parsed.core.first(CoreField::NetworkProtocol).is_none();
    if plain && parsed.kind.group() == KindGroup::Network && parsed.kind != Kind::Eve {
        let named = !matches!(
            parsed.kind,
            Kind::Alert | Kind::Anomaly | Kind::Drop | Kind::Fileinfo
        );
        if named {
            parsed.core.set(CoreField::NetworkProtocol, &*kind);
        }
    }
    url(fields, &mut parsed);
    let version_3 = fields
        .at("dns.version")
        .any(|leaf| leaf.number() == Some(3.0));
    if parsed.kind == Kind::Dns && !version_3 {
        parsed.record = third_version(text, &mut parsed.core);
    }
    Ok(parsed)
}

/// The kind with EVE's name, among the kinds that EVE may have.
fn kind_of(name: &str) -> Kind {
    Kind::from_name(name)
        .filter(|kind| matches!(kind.group(), KindGroup::Network | KindGroup::Flow))
        // A name with a dot carries another vocabulary.
        .filter(|kind| !kind.name().contains('.'))
        .unwrap_or(Kind::Eve)
}

fn url(fields: &Fields, parsed: &mut Parsed) {
    let Some(url) = fields.at("http.url").find_map(event::Leaf::text) else {
        return;
    };
    if url.contains("://") {
        parsed.core.set_text(CoreField::UrlFull, Some(&url));
    } else if let Some(host) = parsed.core.text(CoreField::UrlDomain) {
        let port = fields
            .at("http.http_port")
            .find_map(event::Leaf::text)
            .filter(|port| port != "80")
            .map_or_else(String::new, |port| format!(":{port}"));
        let full = format!("http://{host}{port}{url}");
        parsed.core.set_text(CoreField::UrlFull, Some(&full));
    }
}

/// A DNS record of version 2 in version 3's form: queries in a list, `request` and `response`, and
/// a response goes from the server to the client.
fn third_version(text: &str, core: &mut event::Core) -> Option<Vec<u8>> {
    let mut record: Map<String, Value> = serde_json::from_str(text).ok()?;
    let dns = record.get_mut("dns")?.as_object_mut()?;
    let response = match dns.get("type")?.as_str()? {
        "query" => false,
        "answer" => true,
        _ => return None,
    };
    dns.insert("version".into(), json!(3));
    let kind = if response { "response" } else { "request" };
    dns.insert("type".into(), json!(kind));
    if let Some(name) = dns.remove("rrname") {
        let mut query = Map::new();
        query.insert("rrname".into(), name);
        if let Some(kind) = dns.remove("rrtype") {
            query.insert("rrtype".into(), kind);
        }
        dns.insert("queries".into(), json!([query]));
    }
    if response {
        for (one, other) in [("src_ip", "dest_ip"), ("src_port", "dest_port")] {
            let (a, b) = (record.remove(one), record.remove(other));
            if let Some(a) = a {
                record.insert(other.into(), a);
            }
            if let Some(b) = b {
                record.insert(one.into(), b);
            }
        }
        exchange(core);
    }
    serde_json::to_vec(&record).ok()
}

fn exchange(core: &mut event::Core) {
    for (one, other) in [
        (CoreField::SourceIp, CoreField::DestinationIp),
        (CoreField::SourcePort, CoreField::DestinationPort),
        (CoreField::SourceMac, CoreField::DestinationMac),
    ] {
        let (a, b) = (core.first(one).cloned(), core.first(other).cloned());
        core.remove(one);
        core.remove(other);
        if let Some(a) = a {
            core.set(other, a);
        }
        if let Some(b) = b {
            core.set(one, b);
        }
    }
}
