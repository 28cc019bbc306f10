//! A DNS message as EVE's `dns` object, version 3.

use std::borrow::Cow;

use event::{CoreField, CoreValue, Kind};

use crate::json::{Json, printable};
use crate::packet::dissect::{Records, Side};

use super::parse::{Answer, Data, Message};

/// Types that are grouped under their name, as in Suricata.
const GROUPED: [u16; 10] = [1, 28, 5, 15, 2, 10, 12, 33, 6, 16];

/// Writes one message; `number` counts the flow's messages from 0.
pub(super) fn write(message: &Message, side: Side, number: u64, records: &mut Records<'_, '_>) {
    let protocol = records.eve.word("dns");
    records.write(Kind::Dns, side, |json, core| {
        core.set(CoreField::NetworkProtocol, CoreValue::Text(protocol));
        if let Some(query) = message.queries.first() {
            core.set_text(CoreField::DnsQuestionName, Some(&printable(&query.name)));
        }
        json.open_at("dns");
        json.number("version", 3);
        json.text(
            "type",
            if message.is_response() {
                "response"
            } else {
                "request"
            },
        );
        json.number("tx_id", number);
        json.number("id", u64::from(message.id));
        header(message, json);
        if !message.queries.is_empty() {
            json.list_at("queries");
            for query in &message.queries {
                json.open();
                json.bytes("rrname", &query.name);
                json.text("rrtype", &type_name(query.kind));
                json.close();
            }
            json.end_list();
        }
        for (key, section) in [
            ("answers", &message.answers),
            ("authorities", &message.authorities),
            ("additionals", &message.additionals),
        ] {
            if !section.is_empty() {
                json.list_at(key);
                for record in section {
                    answer(record, json);
                }
                json.end_list();
            }
        }
        if !message.answers.is_empty() {
            grouped(&message.answers, json);
        }
        json.close();
    });
}

fn header(message: &Message, json: &mut Json) {
    let flags = message.flags;
    json.text("flags", &format!("{flags:x}"));
    for (name, bit) in [
        ("qr", 0x8000),
        ("aa", 0x0400),
        ("tc", 0x0200),
        ("rd", 0x0100),
        ("ra", 0x0080),
        ("z", 0x0040),
    ] {
        json.flag(name, flags & bit != 0);
    }
    json.number("opcode", u64::from(message.opcode()));
    json.text("rcode", &rcode_name(flags & 15));
}

fn answer(record: &Answer, json: &mut Json) {
    json.open();
    json.bytes("rrname", &record.name);
    json.text("rrtype", &type_name(record.kind));
    json.number("ttl", u64::from(record.ttl));
    match &record.data {
        Data::Address(ip) => json.ip("rdata", *ip),
        Data::Text(text) => json.bytes("rdata", text),
        Data::Soa(_) => {
            json.key("soa");
            value(&record.data, json);
        }
        Data::Srv(..) => {
            json.key("srv");
            value(&record.data, json);
        }
        Data::Sshfp(..) => {
            json.key("sshfp");
            value(&record.data, json);
        }
        Data::Options(options) if !options.is_empty() => {
            json.list_at("opt");
            for (code, value) in options {
                json.open();
                json.number("code", u64::from(*code));
                json.text("data", &hex(value, ""));
                json.close();
            }
            json.end_list();
        }
        Data::Options(_) | Data::Other => {}
    }
    json.close();
}

/// The data alone, as a value.
fn value(data: &Data, json: &mut Json) {
    match data {
        Data::Address(ip) => json.ip_value(*ip),
        Data::Text(text) => json.bytes_value(text),
        Data::Soa(soa) => {
            json.open();
            json.bytes("mname", &soa.mname);
            json.bytes("rname", &soa.rname);
            json.number("serial", u64::from(soa.serial));
            json.number("refresh", u64::from(soa.refresh));
            json.number("retry", u64::from(soa.retry));
            json.number("expire", u64::from(soa.expire));
            json.number("minimum", u64::from(soa.minimum));
            json.close();
        }
        Data::Srv(priority, weight, port, name) => {
            json.open();
            json.number("priority", u64::from(*priority));
            json.number("weight", u64::from(*weight));
            json.number("port", u64::from(*port));
            json.bytes("name", name);
            json.close();
        }
        Data::Sshfp(algorithm, kind, fingerprint) => {
            json.open();
            json.text("fingerprint", &hex(fingerprint, ":"));
            json.number("algo", u64::from(*algorithm));
            json.number("type", u64::from(*kind));
            json.close();
        }
        Data::Options(_) | Data::Other => {}
    }
}

fn grouped(answers: &[Answer], json: &mut Json) {
    json.open_at("grouped");
    for kind in GROUPED {
        let mut of_kind = answers
            .iter()
            .filter(|answer| answer.kind == kind && !matches!(answer.data, Data::Other))
            .peekable();
        if of_kind.peek().is_none() {
            continue;
        }
        json.list_at(&type_name(kind));
        for answer in of_kind {
            value(&answer.data, json);
        }
        json.end_list();
    }
    json.close();
}

fn hex(bytes: &[u8], between: &str) -> String {
    let digits: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    digits.join(between)
}

fn type_name(kind: u16) -> Cow<'static, str> {
    Cow::Borrowed(match kind {
        1 => "A",
        2 => "NS",
        3 => "MD",
        4 => "MF",
        5 => "CNAME",
        6 => "SOA",
        7 => "MB",
        8 => "MG",
        9 => "MR",
        10 => "NULL",
        11 => "WKS",
        12 => "PTR",
        13 => "HINFO",
        14 => "MINFO",
        15 => "MX",
        16 => "TXT",
        17 => "RP",
        18 => "AFSDB",
        24 => "SIG",
        25 => "KEY",
        28 => "AAAA",
        29 => "LOC",
        33 => "SRV",
        35 => "NAPTR",
        36 => "KX",
        37 => "CERT",
        39 => "DNAME",
        41 => "OPT",
        42 => "APL",
        43 => "DS",
        44 => "SSHFP",
        45 => "IPSECKEY",
        46 => "RRSIG",
        47 => "NSEC",
        48 => "DNSKEY",
        49 => "DHCID",
        50 => "NSEC3",
        51 => "NSEC3PARAM",
        52 => "TLSA",
        55 => "HIP",
        59 => "CDS",
        60 => "CDNSKEY",
        64 => "SVCB",
        65 => "HTTPS",
        99 => "SPF",
        249 => "TKEY",
        250 => "TSIG",
        251 => "IXFR",
        252 => "AXFR",
        253 => "MAILB",
        254 => "MAILA",
        255 => "ANY",
        256 => "URI",
        257 => "CAA",
        _ => return Cow::Owned(kind.to_string()),
    })
}

fn rcode_name(code: u16) -> Cow<'static, str> {
    Cow::Borrowed(match code {
        0 => "NOERROR",
        1 => "FORMERR",
        2 => "SERVFAIL",
        3 => "NXDOMAIN",
        4 => "NOTIMP",
        5 => "REFUSED",
        6 => "YXDOMAIN",
        7 => "YXRRSET",
        8 => "NXRRSET",
        9 => "NOTAUTH",
        10 => "NOTZONE",
        _ => return Cow::Owned(code.to_string()),
    })
}
