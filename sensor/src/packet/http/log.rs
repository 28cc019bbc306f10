//! A request with its response as EVE's extended `http` object.

use event::{Core, CoreField, CoreValue, Kind};

use crate::json::{Json, printable};
use crate::packet::dissect::{Records, Side};

use super::parse::{Request, Response, authority};
use super::state::Exchange;

/// What stands for a target that was not seen.
const UNSEEN: &[u8] = b"/libhtp::request_uri_not_seen";

/// Writes one exchange; `number` counts the flow's exchanges from 0.
pub(super) fn write(exchange: &Exchange, number: u64, records: &mut Records<'_, '_>) {
    let protocol = records.eve.word("http");
    let server_port = records.moment.identity.server.port;
    records.write(Kind::Http, Side::ToServer, |json, core| {
        core.set(CoreField::NetworkProtocol, CoreValue::Text(protocol));
        json.number("tx_id", number);
        json.open_at("http");
        let request = exchange.request.as_ref();
        let response = exchange.response.as_ref();
        if let Some(request) = request {
            host(request, server_port, json, core);
            json.bytes("url", &request.target);
            if let Some(agent) = request.headers.first("user-agent") {
                json.bytes("http_user_agent", agent);
                core.set_text(CoreField::UserAgentOriginal, Some(&printable(agent)));
            }
            if let Some(forwarded) = request.headers.first("x-forwarded-for") {
                json.bytes("xff", forwarded);
            }
        } else {
            json.bytes("url", UNSEEN);
        }
        if let Some(kind) = response.and_then(|read| read.headers.first("content-type")) {
            let kind = kind.split(|byte| *byte == b';').next().unwrap_or(kind);
            json.bytes("http_content_type", kind.trim_ascii());
        }
        if let Some(request) = request {
            extended(request, json, core);
        }
        if let Some(response) = response {
            status(response, request.is_none(), json, core);
        }
        json.number("length", exchange.length);
        json.close();
    });
}

fn host(request: &Request, server_port: u16, json: &mut Json, core: &mut Core) {
    let target = &request.target;
    let absolute = target
        .strip_prefix(b"http://")
        .or_else(|| target.strip_prefix(b"https://"));
    let named = match absolute {
        Some(rest) => rest.split(|byte| *byte == b'/').next(),
        None if request.method == b"CONNECT" => Some(target.as_slice()),
        None => None,
    };
    let Some(named) = named.or_else(|| request.headers.first("host")) else {
        return;
    };
    let (name, port) = authority(named);
    json.bytes("hostname", name);
    if let Some(port) = port {
        json.number("http_port", u64::from(port));
    }
    let domain = printable(name).to_ascii_lowercase();
    core.set_text(CoreField::UrlDomain, Some(&domain));
    let port = port.unwrap_or(server_port);
    let full = if absolute.is_some() {
        printable(target)
    } else if request.method == b"CONNECT" {
        format!("{domain}:{port}")
    } else {
        let shown = if port == 80 {
            String::new()
        } else {
            format!(":{port}")
        };
        format!("http://{domain}{shown}{}", printable(target))
    };
    core.set_text(CoreField::UrlFull, Some(&full));
}

fn extended(request: &Request, json: &mut Json, core: &mut Core) {
    if let Some(referrer) = request.headers.first("referer") {
        json.bytes("http_refer", referrer);
    }
    json.bytes("http_method", &request.method);
    let method = printable(&request.method);
    core.set_text(CoreField::HttpRequestMethod, Some(&method));
    let protocol = if request.protocol.is_empty() {
        b"HTTP/0.9"
    } else {
        request.protocol.as_slice()
    };
    json.bytes("protocol", protocol);
}

fn status(response: &Response, alone: bool, json: &mut Json, core: &mut Core) {
    if alone {
        json.bytes("protocol", &response.protocol);
    }
    match response.code() {
        Some(code) => {
            json.number("status", u64::from(code));
            core.set(CoreField::HttpResponseStatusCode, code);
            if let (300..400, Some(location)) = (code, response.headers.first("location")) {
                json.bytes("redirect", location);
            }
        }
        None => json.bytes("status_string", &response.status),
    }
}
