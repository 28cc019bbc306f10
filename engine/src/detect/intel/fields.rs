//! Which fields of an event are looked at, and as what.

use event::CoreField;

/// As what the value of a field is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// An address.
    Ip,
    /// A host: a domain, or an address.
    Name,
    Url,
    Email,
    /// A file's hash; its length tells which.
    Hash,
    /// Sysmon's `MD5=…,SHA256=…`.
    Hashes,
    Ja3,
    Ja4,
}

/// As what a core field is looked for.
pub(super) fn core(field: CoreField) -> Option<Look> {
    Some(match field {
        CoreField::SourceIp | CoreField::DestinationIp => Look::Ip,
        CoreField::DnsQuestionName | CoreField::UrlDomain | CoreField::TlsClientServerName => {
            Look::Name
        }
        CoreField::UrlFull => Look::Url,
        CoreField::FileHashMd5 | CoreField::FileHashSha1 | CoreField::FileHashSha256 => Look::Hash,
        CoreField::TlsClientJa4 => Look::Ja4,
        _ => return None,
    })
}

/// Paths of records that core does not have, or that sources write which fill no core: EVE,
/// Windows, ECS in plain JSON.
const PATHS: [(&str, Look); 52] = [
    ("src_ip", Look::Ip),
    ("dest_ip", Look::Ip),
    ("dns.queries.rrname", Look::Name),
    ("dns.answers.rrname", Look::Name),
    ("dns.answers.rdata", Look::Name),
    ("dns.rdata", Look::Name),
    ("dns.grouped.A", Look::Ip),
    ("dns.grouped.AAAA", Look::Ip),
    ("dns.grouped.CNAME", Look::Name),
    ("dns.grouped.MX", Look::Name),
    ("dns.grouped.NS", Look::Name),
    ("http.hostname", Look::Name),
    ("http.url", Look::Url),
    ("http.http_refer", Look::Url),
    ("http.redirect", Look::Url),
    ("http.xff", Look::Ip),
    ("tls.sni", Look::Name),
    ("tls.ja3.hash", Look::Ja3),
    ("tls.ja4", Look::Ja4),
    ("quic.sni", Look::Name),
    ("quic.ja3.hash", Look::Ja3),
    ("quic.ja4", Look::Ja4),
    ("fileinfo.md5", Look::Hash),
    ("fileinfo.sha1", Look::Hash),
    ("fileinfo.sha256", Look::Hash),
    ("files.md5", Look::Hash),
    ("files.sha1", Look::Hash),
    ("files.sha256", Look::Hash),
    ("email.from", Look::Email),
    ("email.to", Look::Email),
    ("email.cc", Look::Email),
    ("email.reply_to", Look::Email),
    ("email.url", Look::Url),
    ("smtp.mail_from", Look::Email),
    ("smtp.rcpt_to", Look::Email),
    ("smtp.helo", Look::Name),
    ("Hashes", Look::Hashes),
    ("Hash", Look::Hashes),
    ("SourceIp", Look::Ip),
    ("DestinationIp", Look::Ip),
    ("DestinationHostname", Look::Name),
    ("IpAddress", Look::Ip),
    ("ClientAddress", Look::Ip),
    ("QueryName", Look::Name),
    ("source.ip", Look::Ip),
    ("destination.ip", Look::Ip),
    ("destination.domain", Look::Name),
    ("url.domain", Look::Name),
    ("dns.question.name", Look::Name),
    ("dns.answers.data", Look::Name),
    ("url.full", Look::Url),
    ("url.original", Look::Url),
];

/// The core field that mostly holds the same value as a path of a record: it is looked at once.
fn twin(path: &str) -> Option<CoreField> {
    Some(match path {
        "src_ip" | "SourceIp" | "IpAddress" | "ClientAddress" | "source.ip" => CoreField::SourceIp,
        "dest_ip" | "DestinationIp" | "destination.ip" => CoreField::DestinationIp,
        "dns.queries.rrname" | "dns.answers.rrname" | "QueryName" | "dns.question.name" => {
            CoreField::DnsQuestionName
        }
        "http.hostname" | "url.domain" => CoreField::UrlDomain,
        "tls.sni" => CoreField::TlsClientServerName,
        "tls.ja4" => CoreField::TlsClientJa4,
        "url.full" => CoreField::UrlFull,
        "fileinfo.md5" => CoreField::FileHashMd5,
        "fileinfo.sha1" => CoreField::FileHashSha1,
        "fileinfo.sha256" => CoreField::FileHashSha256,
        _ => return None,
    })
}

/// The paths by their length: most paths of a record are told by it and their last letter.
#[derive(Debug)]
pub(super) struct Paths(Vec<Vec<(&'static str, Look, Option<CoreField>)>>);

impl Default for Paths {
    fn default() -> Self {
        let longest = PATHS.iter().map(|(path, _)| path.len()).max().unwrap_or(0);
        let mut by_length = vec![Vec::new(); longest + 1];
        for (path, look) in PATHS {
            if let Some(group) = by_length.get_mut(path.len()) {
                group.push((path, look, twin(path)));
            }
        }
        Self(by_length)
    }
}

impl Paths {
    /// As what the value at a path of a record is looked for, and its twin in core.
    pub(super) fn look(&self, path: &str) -> Option<(Look, Option<CoreField>)> {
        let last = path.as_bytes().last()?;
        let group = self.0.get(path.len())?;
        let same = |held: &str| held.as_bytes().last() == Some(last) && held == path;
        let found = group.iter().find(|(held, ..)| same(held));
        found.map(|(_, look, twin)| (*look, *twin))
    }
}

/// The names under which an entry of a kind may stand in the index, for a hunt.
pub(super) fn names(looks: &[Look]) -> Vec<&'static str> {
    let cores = CoreField::ALL.iter();
    let cores = cores.filter(|field| core(**field).is_some_and(|look| looks.contains(&look)));
    let mut names: Vec<&str> = cores.map(|field| field.name()).collect();
    let paths = PATHS.iter().filter(|(_, look)| looks.contains(look));
    names.extend(paths.map(|(path, _)| *path));
    names.sort_unstable();
    names.dedup();
    names
}
