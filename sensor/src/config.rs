//! Sources as they are configured; their limits are in `limits.rs`. Every struct refuses keys
//! that it does not know.

use std::net::SocketAddr;
use std::path::PathBuf;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

mod agent;
mod listen;

pub use crate::limits::*;
pub use agent::{AgentConfig, Protocol};
pub use listen::{ListenConfig, Spoken, Transport};

/// One configured input: `[[source]]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "RawSource", into = "RawSource")]
pub struct SourceConfig {
    /// The name that events carry as `source`.
    pub id: String,
    /// What kind of input, with the keys of that kind.
    pub kind: SourceKind,
    /// The leaf of the site tree that its events belong to.
    pub site: String,
    /// Whether its events belong to an exercise.
    pub exercise: bool,
    /// IANA name of the zone of time stamps that carry none; UTC when absent.
    pub zone: Option<String>,
}

/// The closed list of inputs, each with its own keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SourceKind {
    /// Capture files.
    Capture(CaptureConfig),
    /// A network interface.
    Interface(InterfaceConfig),
    /// Log files.
    File(FileConfig),
    /// Syslog and flow exports, which others send.
    Listen(ListenConfig),
    /// What other agents send over HTTP.
    Agent(AgentConfig),
    /// This host's systemd journal, read through `journalctl`.
    Journal,
}

/// Keys of `kind = "capture"`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaptureConfig {
    /// A pcap or pcapng file, or a folder of them (read in the order of their names).
    pub path: PathBuf,
    /// Whether packets with wrong checksums are kept out of streams. Off for captures taken on the
    /// sending host, where the network card fills checksums in later.
    pub checksums: bool,
}

/// Keys of `kind = "interface"`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InterfaceConfig {
    /// The interface's name.
    pub interface: String,
    /// A BPF filter expression; everything when absent.
    pub filter: Option<String>,
    /// Bytes kept of each packet.
    pub snaplen: u32,
    /// Whether packets for other hosts are captured: what a mirror port needs.
    pub promiscuous: bool,
    /// As in [`CaptureConfig`].
    pub checksums: bool,
}

/// Keys of `kind = "file"`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileConfig {
    /// A file, a folder, or a path whose last part holds one `*`.
    pub path: PathBuf,
    /// The format of its lines.
    pub format: LogFormat,
    /// Whether to wait for more at the end; otherwise the source ends there.
    pub follow: bool,
}

/// The formats of log inputs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// Told from the content: for each file, and for each line of a text file.
    #[default]
    Auto,
    /// One JSON object a line.
    #[serde(alias = "json")]
    Ndjson,
    /// Suricata's EVE.
    Eve,
    /// Zeek's logs as JSON.
    Zeek,
    /// Syslog, RFC 3164 or RFC 5424.
    Syslog,
    /// Records of the Linux audit system, as auditd writes them or syslog carries them.
    Auditd,
    /// Access logs of Apache and Nginx, as lines or as Nginx's JSON.
    #[serde(rename = "web_access")]
    WebAccess,
    /// Windows events as lines of JSON (Winlogbeat, NXLog, evtx_dump) or XML.
    #[serde(alias = "winlogbeat")]
    Windows,
    /// Windows event log files.
    Evtx,
    /// systemd's journal as JSON lines.
    Journal,
    /// Lines of no known form.
    Text,
}

impl LogFormat {
    /// Whether its lines may be objects of JSON.
    pub(crate) fn has_objects(self) -> bool {
        match self {
            Self::Auto
            | Self::Ndjson
            | Self::Eve
            | Self::Zeek
            | Self::WebAccess
            | Self::Windows
            | Self::Journal => true,
            Self::Syslog | Self::Auditd | Self::Evtx | Self::Text => false,
        }
    }
}

/// 65,535 is the longest IP packet; 262,144 holds it with any link layer and offloaded segments.
pub const SNAPLEN: u32 = 262_144;

/// All keys of all kinds; a key that does not belong to its kind is refused.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct RawSource {
    id: String,
    kind: String,
    #[serde(default)]
    site: String,
    #[serde(default)]
    exercise: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    zone: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    checksums: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    interface: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    filter: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    snaplen: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    promiscuous: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    format: Option<LogFormat>,
    #[serde(skip_serializing_if = "Option::is_none")]
    follow: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    listen: Option<SocketAddr>,
    #[serde(skip_serializing_if = "Option::is_none")]
    transport: Option<Transport>,
    #[serde(skip_serializing_if = "Option::is_none")]
    allow: Option<Vec<IpNet>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    certificate: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    connections: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    token_file: Option<PathBuf>,
}

/// Why a `[[source]]` was refused.
#[derive(Debug, thiserror::Error)]
enum BadSource {
    #[error("source {0}: kind {1} needs the key {2}")]
    Missing(String, String, &'static str),
    #[error("source {0}: the key {2} does not belong to kind {1}")]
    Stray(String, String, &'static str),
    #[error(
        "source {0}: unknown kind {1}; use capture, interface, file, syslog, netflow, bulk, hec, otlp or journal"
    )]
    Kind(String, String),
    #[error(
        "source {0}: {1} can be reached from other machines, and a token must not be read on the way: give certificate and key, or listen on 127.0.0.1"
    )]
    Plain(String, SocketAddr),
    #[error("source {0}: certificate and key go together; give both or neither")]
    Half(String),
    #[error("a source needs an id that is not empty")]
    NoId,
}

impl RawSource {
    fn allowed(kind: &str) -> Option<&'static [&'static str]> {
        Some(match kind {
            "capture" => &["path", "checksums"],
            "interface" => &["interface", "filter", "snaplen", "promiscuous", "checksums"],
            "file" => &["path", "format", "follow"],
            "syslog" => &[
                "listen",
                "transport",
                "allow",
                "certificate",
                "key",
                "format",
                "connections",
            ],
            "netflow" => &["listen", "allow"],
            "bulk" | "hec" | "otlp" => &[
                "listen",
                "token_file",
                "allow",
                "certificate",
                "key",
                "connections",
            ],
            "journal" => &[],
            _ => return None,
        })
    }

    fn used(&self) -> impl Iterator<Item = &'static str> {
        [
            ("path", self.path.is_some()),
            ("checksums", self.checksums.is_some()),
            ("interface", self.interface.is_some()),
            ("filter", self.filter.is_some()),
            ("snaplen", self.snaplen.is_some()),
            ("promiscuous", self.promiscuous.is_some()),
            ("format", self.format.is_some()),
            ("follow", self.follow.is_some()),
            ("listen", self.listen.is_some()),
            ("transport", self.transport.is_some()),
            ("allow", self.allow.is_some()),
            ("certificate", self.certificate.is_some()),
            ("key", self.key.is_some()),
            ("connections", self.connections.is_some()),
            ("token_file", self.token_file.is_some()),
        ]
        .into_iter()
        .filter_map(|(key, used)| used.then_some(key))
    }

    fn listen(&self, spoken: Spoken) -> Result<ListenConfig, BadSource> {
        let transport = self.transport.unwrap_or(Transport::Udp);
        if transport == Transport::Tls && (self.certificate.is_none() || self.key.is_none()) {
            return Err(self.missing("certificate and the key key"));
        }
        Ok(ListenConfig {
            spoken,
            transport,
            listen: self.listen.ok_or_else(|| self.missing("listen"))?,
            // Nobody is let in by silence.
            allow: self.allow.clone().ok_or_else(|| self.missing("allow"))?,
            certificate: self.certificate.clone(),
            key: self.key.clone(),
            format: self.format.unwrap_or_default(),
            connections: self.connections.unwrap_or(listen::CONNECTIONS),
            told: None,
        })
    }

    fn agent(&self, protocol: Protocol) -> Result<AgentConfig, BadSource> {
        let listen = self.listen.ok_or_else(|| self.missing("listen"))?;
        let tls = match (&self.certificate, &self.key) {
            (Some(certificate), Some(key)) => Some((certificate.clone(), key.clone())),
            (None, None) if listen.ip().is_loopback() => None,
            (None, None) => return Err(BadSource::Plain(self.id.clone(), listen)),
            _ => return Err(BadSource::Half(self.id.clone())),
        };
        let token_file = self.token_file.clone();
        Ok(AgentConfig {
            protocol,
            listen,
            token_file: token_file.ok_or_else(|| self.missing("token_file"))?,
            allow: self.allow.clone(),
            tls,
            connections: self.connections.unwrap_or(listen::CONNECTIONS),
            told: None,
        })
    }

    fn missing(&self, key: &'static str) -> BadSource {
        BadSource::Missing(self.id.clone(), self.kind.clone(), key)
    }
}

impl TryFrom<RawSource> for SourceConfig {
    type Error = BadSource;

    fn try_from(raw: RawSource) -> Result<Self, BadSource> {
        if raw.id.is_empty() {
            return Err(BadSource::NoId);
        }
        let allowed = RawSource::allowed(&raw.kind)
            .ok_or_else(|| BadSource::Kind(raw.id.clone(), raw.kind.clone()))?;
        let stray = raw.used().find(|key| !allowed.contains(key));
        if let Some(key) = stray {
            return Err(BadSource::Stray(raw.id, raw.kind, key));
        }
        let path = || raw.path.clone().ok_or_else(|| raw.missing("path"));
        let kind = match &*raw.kind {
            "capture" => SourceKind::Capture(CaptureConfig {
                path: path()?,
                checksums: raw.checksums.unwrap_or(true),
            }),
            "interface" => SourceKind::Interface(InterfaceConfig {
                interface: (raw.interface.clone()).ok_or_else(|| raw.missing("interface"))?,
                filter: raw.filter.clone(),
                snaplen: raw.snaplen.unwrap_or(SNAPLEN),
                promiscuous: raw.promiscuous.unwrap_or(true),
                checksums: raw.checksums.unwrap_or(true),
            }),
            "file" => SourceKind::File(FileConfig {
                path: path()?,
                format: raw.format.unwrap_or_default(),
                follow: raw.follow.unwrap_or(true),
            }),
            "syslog" => SourceKind::Listen(raw.listen(Spoken::Syslog)?),
            "netflow" => SourceKind::Listen(raw.listen(Spoken::Flow)?),
            "bulk" => SourceKind::Agent(raw.agent(Protocol::Bulk)?),
            "hec" => SourceKind::Agent(raw.agent(Protocol::Hec)?),
            "otlp" => SourceKind::Agent(raw.agent(Protocol::Otlp)?),
            _ => SourceKind::Journal,
        };
        Ok(Self {
            id: raw.id,
            kind,
            site: raw.site,
            exercise: raw.exercise,
            zone: raw.zone,
        })
    }
}

impl From<SourceConfig> for RawSource {
    fn from(source: SourceConfig) -> Self {
        let mut raw = Self {
            id: source.id,
            site: source.site,
            exercise: source.exercise,
            zone: source.zone,
            ..Self::default()
        };
        raw.kind = source.kind.name().to_owned();
        match source.kind {
            SourceKind::Capture(capture) => {
                raw.path = Some(capture.path);
                raw.checksums = Some(capture.checksums);
            }
            SourceKind::Interface(interface) => {
                raw.interface = Some(interface.interface);
                raw.filter = interface.filter;
                raw.snaplen = Some(interface.snaplen);
                raw.promiscuous = Some(interface.promiscuous);
                raw.checksums = Some(interface.checksums);
            }
            SourceKind::File(file) => {
                raw.path = Some(file.path);
                raw.format = Some(file.format);
                raw.follow = Some(file.follow);
            }
            SourceKind::Listen(own) => {
                raw.listen = Some(own.listen);
                raw.allow = Some(own.allow);
                if own.spoken == Spoken::Syslog {
                    raw.transport = Some(own.transport);
                    raw.certificate = own.certificate;
                    raw.key = own.key;
                    raw.format = Some(own.format);
                    raw.connections = Some(own.connections);
                }
            }
            SourceKind::Agent(own) => {
                raw.listen = Some(own.listen);
                raw.token_file = Some(own.token_file);
                raw.allow = own.allow;
                (raw.certificate, raw.key) = own.tls.unzip();
                raw.connections = Some(own.connections);
            }
            SourceKind::Journal => {}
        }
        raw
    }
}

impl SourceKind {
    /// The value of the key `kind`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Capture(_) => "capture",
            Self::Interface(_) => "interface",
            Self::File(_) => "file",
            Self::Listen(own) if own.spoken == Spoken::Flow => "netflow",
            Self::Listen(_) => "syslog",
            Self::Agent(own) => own.protocol.name(),
            Self::Journal => "journal",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<SourceConfig, String> {
        serde_json::from_str(json).map_err(|error| error.to_string())
    }

    #[test]
    fn reads_each_kind_with_its_own_keys_and_writes_what_it_reads() {
        for json in [
            r#"{"id":"a","kind":"capture","site":"s","path":"/x","checksums":false}"#,
            r#"{"id":"a","kind":"interface","site":"s","interface":"eth0","filter":"port 53"}"#,
            r#"{"id":"a","kind":"file","site":"s","path":"/x","format":"evtx","follow":false}"#,
            r#"{"id":"a","kind":"journal","site":"s","exercise":true,"zone":"Asia/Ho_Chi_Minh"}"#,
            r#"{"id":"a","kind":"syslog","site":"s","listen":"127.0.0.1:5514","allow":["10.0.0.0/8"]}"#,
            r#"{"id":"a","kind":"syslog","listen":"[::1]:6514","transport":"tls","allow":[],"certificate":"/c","key":"/k","connections":3}"#,
            r#"{"id":"a","kind":"netflow","listen":"127.0.0.1:2055","allow":["10.0.0.1/32"]}"#,
            r#"{"id":"a","kind":"bulk","listen":"127.0.0.1:9200","token_file":"/t"}"#,
            r#"{"id":"a","kind":"hec","listen":"[::]:8088","token_file":"/t","allow":["10.0.0.0/8"],"certificate":"/c","key":"/k"}"#,
            r#"{"id":"a","kind":"otlp","listen":"127.0.0.1:4318","token_file":"/t","connections":9}"#,
        ] {
            let source = read(json).unwrap();
            let again = serde_json::to_string(&source).unwrap();
            assert_eq!(read(&again).unwrap(), source);
        }
    }

    #[test]
    fn formats_have_the_names_of_the_manual() {
        for (name, format) in [
            ("auto", LogFormat::Auto),
            ("ndjson", LogFormat::Ndjson),
            ("json", LogFormat::Ndjson),
            ("eve", LogFormat::Eve),
            ("zeek", LogFormat::Zeek),
            ("syslog", LogFormat::Syslog),
            ("auditd", LogFormat::Auditd),
            ("web_access", LogFormat::WebAccess),
            ("windows", LogFormat::Windows),
            ("winlogbeat", LogFormat::Windows),
            ("evtx", LogFormat::Evtx),
            ("journal", LogFormat::Journal),
            ("text", LogFormat::Text),
        ] {
            let read: LogFormat = serde_json::from_str(&format!("\"{name}\"")).unwrap();
            assert_eq!(read, format, "{name}");
        }
    }

    #[test]
    fn refuses_what_does_not_belong_and_says_which_key() {
        for (json, part) in [
            (r#"{"id":"a","kind":"journal","path":"/x"}"#, "key path"),
            (r#"{"id":"a","kind":"capture"}"#, "needs the key path"),
            (r#"{"id":"a","kind":"telepathy"}"#, "unknown kind"),
            (
                r#"{"id":"a","kind":"syslog","listen":"127.0.0.1:1"}"#,
                "key allow",
            ),
            (
                r#"{"id":"a","kind":"netflow","listen":"127.0.0.1:1","allow":[],"transport":"tcp"}"#,
                "key transport",
            ),
            (
                r#"{"id":"a","kind":"syslog","listen":"127.0.0.1:1","allow":[],"transport":"tls"}"#,
                "certificate",
            ),
            (r#"{"id":"a","kind":"journal","colour":1}"#, "colour"),
            (
                r#"{"id":"a","kind":"hec","listen":"127.0.0.1:1"}"#,
                "key token_file",
            ),
            (
                r#"{"id":"a","kind":"bulk","listen":"0.0.0.0:9200","token_file":"/t"}"#,
                "certificate and key",
            ),
            (
                r#"{"id":"a","kind":"otlp","listen":"127.0.0.1:1","token_file":"/t","key":"/k"}"#,
                "go together",
            ),
        ] {
            let error = read(json).unwrap_err();
            assert!(error.contains(part), "{error}");
        }
    }
}
