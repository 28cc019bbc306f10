//! A handshake as EVE's extended `tls` object.

use event::{CoreField, CoreValue, Kind};

use crate::json::{Json, printable};
use crate::packet::dissect::{Records, Side};

use super::fingerprint::{ja3, ja3s, ja4};
use super::state::{Handshake, is_13};
use super::x509::Certificate;

/// Writes one connection's handshake.
pub(super) fn write(shake: &Handshake, records: &mut Records<'_, '_>) {
    let protocol = records.eve.word("tls");
    records.write(Kind::Tls, Side::ToServer, |json, core| {
        core.set(CoreField::NetworkProtocol, CoreValue::Text(protocol));
        json.open_at("tls");
        if let Some(found) = &shake.server_certificate {
            certificate(found, json);
        }
        if resumed(shake) {
            json.bool("session_resumed", true);
        }
        if let Some(name) = shake
            .client
            .as_ref()
            .and_then(|hello| hello.server_name.as_ref())
        {
            json.bytes("sni", name);
            let name = printable(name);
            core.set_text(CoreField::TlsClientServerName, Some(&name));
        }
        let version = match (&shake.server, &shake.client) {
            (Some(server), _) => server.version,
            (None, Some(client)) => client.version,
            (None, None) => 0,
        };
        json.text("version", &version_name(version));
        if let Some(server) = &shake.server {
            let fingerprint = ja3s(server);
            json.open_at("ja3s");
            json.text("hash", &fingerprint.hash);
            json.text("string", &fingerprint.text);
            json.close();
        }
        if let Some(client) = &shake.client {
            let fingerprint = ja3(client);
            json.open_at("ja3");
            json.text("hash", &fingerprint.hash);
            json.text("string", &fingerprint.text);
            json.close();
            let fingerprint = ja4(client);
            json.text("ja4", &fingerprint);
            core.set_text(CoreField::TlsClientJa4, Some(&fingerprint));
            names("client_alpns", &client.alpns, json);
        }
        if let Some(server) = &shake.server {
            names("server_alpns", &server.alpns, json);
        }
        if let Some(found) = &shake.client_certificate {
            json.open_at("client");
            certificate(found, json);
            json.close();
        }
        json.close();
    });
}

/// A session is resumed when the server echoes its id and shows no certificate.
fn resumed(shake: &Handshake) -> bool {
    match (&shake.client, &shake.server) {
        (Some(client), Some(server)) => {
            shake.server_certificate.is_none()
                && !is_13(server.version)
                && !server.session.is_empty()
                && client.session == server.session
        }
        _ => false,
    }
}

fn certificate(found: &Certificate, json: &mut Json) {
    json.text("subject", &found.subject);
    json.text("issuerdn", &found.issuer);
    json.text("serial", &found.serial);
    json.text("fingerprint", &found.fingerprint);
    json.text("notbefore", &found.not_before);
    json.text("notafter", &found.not_after);
    if !found.names.is_empty() {
        json.list_at("subjectaltname");
        for name in &found.names {
            json.text_value(name);
        }
        json.end_list();
    }
}

fn names(key: &str, names: &[Vec<u8>], json: &mut Json) {
    if names.is_empty() {
        return;
    }
    json.list_at(key);
    for name in names {
        json.bytes_value(name);
    }
    json.end_list();
}

fn version_name(version: u16) -> String {
    match version {
        0 => "UNDETERMINED".to_owned(),
        0x0002 => "SSLv2".to_owned(),
        0x0300 => "SSLv3".to_owned(),
        0x0301 => "TLSv1".to_owned(),
        0x0302 => "TLS 1.1".to_owned(),
        0x0303 => "TLS 1.2".to_owned(),
        0x0304 => "TLS 1.3".to_owned(),
        0x7f00..=0x7fff => format!("TLS 1.3 draft-{}", version & 0xff),
        _ => format!("0x{version:04x}"),
    }
}
