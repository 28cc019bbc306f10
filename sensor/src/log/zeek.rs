//! Logs of Zeek as JSON (`policy/tuning/json-logs` and the packages that stream JSON): kept as they are.
//!
//! Which log a line belongs to says `_path`, else the name of the file up to its first dot.

use event::{CoreField, Fields, Kind, Leaf};

use super::format::Parsed;
use super::ndjson::set;
use super::stamp::Clock;

/// Where every log of Zeek keeps what the core wants.
const PATHS: &[(&str, CoreField)] = &[
    ("id.orig_h", CoreField::SourceIp),
    ("id.orig_p", CoreField::SourcePort),
    ("id.resp_h", CoreField::DestinationIp),
    ("id.resp_p", CoreField::DestinationPort),
    ("orig_l2_addr", CoreField::SourceMac),
    ("resp_l2_addr", CoreField::DestinationMac),
    ("proto", CoreField::NetworkTransport),
    ("service", CoreField::NetworkProtocol),
    ("community_id", CoreField::NetworkCommunityId),
];

/// Reads a record. `log` is what the file's name says.
pub(super) fn parse(fields: &Fields, text: &str, clock: &Clock, log: &str) -> Parsed {
    let named = fields.at("_path").find_map(Leaf::text);
    let path = named.as_deref().unwrap_or(log);
    let kind = kind_of(path);
    let mut parsed = Parsed::new(kind);
    parsed.time = fields.at("ts").find_map(|leaf| clock.leaf(leaf));
    for (key, field) in PATHS.iter().chain(own(kind)) {
        if parsed.core.first(*field).is_none()
            && let Some(leaf) = fields.at(key).find(|leaf| *leaf != Leaf::Container)
        {
            set(&mut parsed.core, *field, leaf);
        }
    }
    let core = &mut parsed.core;
    match kind {
        Kind::ZeekHttp => url(fields, core),
        Kind::ZeekSsh => {
            let success = fields.at("auth_success").find_map(|leaf| match leaf {
                Leaf::Bool(true) => Some("success"),
                Leaf::Bool(false) => Some("failure"),
                _ => None,
            });
            core.set_text(CoreField::EventOutcome, success);
        }
        _ => {}
    }
    let spoken = match kind {
        Kind::ZeekDns => Some("dns"),
        Kind::ZeekHttp => Some("http"),
        Kind::ZeekSsl => Some("ssl"),
        Kind::ZeekSsh => Some("ssh"),
        _ => None,
    };
    if core.first(CoreField::NetworkProtocol).is_none() {
        core.set_text(CoreField::NetworkProtocol, spoken);
    }
    if kind == Kind::ZeekOther && named.is_none() {
        parsed.record = with_path(text, path);
    }
    parsed
}

/// The fields that only one log has, or that mean in it what they mean in no other.
fn own(kind: Kind) -> &'static [(&'static str, CoreField)] {
    match kind {
        Kind::ZeekConn => &[
            ("orig_ip_bytes", CoreField::SourceBytes),
            ("resp_ip_bytes", CoreField::DestinationBytes),
            ("orig_pkts", CoreField::SourcePackets),
            ("resp_pkts", CoreField::DestinationPackets),
        ],
        Kind::ZeekDns => &[("query", CoreField::DnsQuestionName)],
        Kind::ZeekHttp => &[
            ("host", CoreField::UrlDomain),
            ("method", CoreField::HttpRequestMethod),
            ("status_code", CoreField::HttpResponseStatusCode),
            ("user_agent", CoreField::UserAgentOriginal),
            ("username", CoreField::UserName),
        ],
        Kind::ZeekSsl => &[
            ("server_name", CoreField::TlsClientServerName),
            ("ja4", CoreField::TlsClientJa4),
        ],
        Kind::ZeekFiles => &[
            ("tx_hosts", CoreField::SourceIp),
            ("rx_hosts", CoreField::DestinationIp),
            ("filename", CoreField::FileName),
            ("md5", CoreField::FileHashMd5),
            ("sha1", CoreField::FileHashSha1),
            ("sha256", CoreField::FileHashSha256),
            ("source", CoreField::NetworkProtocol),
        ],
        Kind::ZeekX509 => &[("fingerprint", CoreField::FileHashSha256)],
        Kind::ZeekNotice => &[
            ("src", CoreField::SourceIp),
            ("dst", CoreField::DestinationIp),
            ("p", CoreField::DestinationPort),
            ("msg", CoreField::Message),
            ("note", CoreField::EventAction),
        ],
        Kind::ZeekWeird => &[("name", CoreField::EventAction)],
        _ => &[],
    }
}

/// The kind of a log by its name.
fn kind_of(path: &str) -> Kind {
    match path {
        "conn" => Kind::ZeekConn,
        "dns" => Kind::ZeekDns,
        "http" => Kind::ZeekHttp,
        "ssl" => Kind::ZeekSsl,
        "files" => Kind::ZeekFiles,
        "x509" => Kind::ZeekX509,
        "ssh" => Kind::ZeekSsh,
        "notice" => Kind::ZeekNotice,
        "weird" => Kind::ZeekWeird,
        _ => Kind::ZeekOther,
    }
}

fn url(fields: &Fields, core: &mut event::Core) {
    let Some(uri) = fields.at("uri").find_map(Leaf::text) else {
        return;
    };
    if uri.contains("://") {
        core.set_text(CoreField::UrlFull, Some(&uri));
    } else if let Some(host) = core.text(CoreField::UrlDomain) {
        let full = format!("http://{host}{uri}");
        core.set_text(CoreField::UrlFull, Some(&full));
    }
}

/// The record with the name of its log, which only the file's name said.
fn with_path(text: &str, path: &str) -> Option<Vec<u8>> {
    let rest = text.trim().strip_prefix('{')?.trim_start();
    let name = serde_json::to_string(path).ok()?;
    let comma = if rest.starts_with('}') { "" } else { "," };
    Some(format!("{{\"_path\":{name}{comma}{rest}").into_bytes())
}
