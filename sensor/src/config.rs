//! Sources and limits as they are configured. Every limit has its default in a named constant
//! with the reason, and every struct refuses keys that it does not know.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

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
    Ndjson,
    /// Suricata's EVE.
    Eve,
    /// Syslog, RFC 3164 or RFC 5424.
    Syslog,
    /// Windows events as JSON lines: Winlogbeat, NXLog, evtx_dump.
    Winlogbeat,
    /// Windows event log files.
    Evtx,
    /// systemd's journal as JSON lines.
    Journal,
    /// Lines of no known form.
    Text,
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
}

/// Why a `[[source]]` was refused.
#[derive(Debug, thiserror::Error)]
enum BadSource {
    #[error("source {0}: kind {1} needs the key {2}")]
    Missing(String, String, &'static str),
    #[error("source {0}: the key {2} does not belong to kind {1}")]
    Stray(String, String, &'static str),
    #[error("source {0}: unknown kind {1}; use capture, interface, file or journal")]
    Kind(String, String),
    #[error("a source needs an id that is not empty")]
    NoId,
}

impl RawSource {
    fn allowed(kind: &str) -> Option<&'static [&'static str]> {
        Some(match kind {
            "capture" => &["path", "checksums"],
            "interface" => &["interface", "filter", "snaplen", "promiscuous", "checksums"],
            "file" => &["path", "format", "follow"],
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
        ]
        .into_iter()
        .filter_map(|(key, used)| used.then_some(key))
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
            Self::Journal => "journal",
        }
    }
}

/// All limits of a sensor.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Packets, flows, streams, protocols.
    pub packet: PacketConfig,
    /// Log inputs.
    pub log: LogConfig,
}

/// Flows held at once: about 600 bytes each without stream data, so about 150 MiB at the limit.
pub const FLOWS: usize = 262_144;
/// Bytes of a stream that are looked at in each direction: enough for headers and handshakes of
/// every protocol we read, and Suricata's default.
pub const STREAM_DEPTH: u64 = 1 << 20;
/// Bytes held out of order for one direction of one flow: a large TCP window.
pub const STREAM_HELD: usize = 256 * 1024;
/// Segments held out of order for one direction: bounds the search among them.
pub const STREAM_SEGMENTS: usize = 256;
/// Bytes held out of order and in half-read messages by all flows together.
pub const STREAM_MEMORY: usize = 256 << 20;
/// Bytes of one protocol message that may wait for its end: a full TLS certificate chain and the
/// longest DNS message fit.
pub const MESSAGE_BYTES: usize = 72 * 1024;
/// Records of one flow's protocol that are written; further ones are counted.
pub const TRANSACTIONS: u32 = 100_000;
/// HTTP requests that wait for their response in one flow, as in Suricata's `max-tx`.
pub const HTTP_WAITING: usize = 512;
/// Bytes of an HTTP header block: twice what common servers accept.
pub const HTTP_HEADER: usize = 64 * 1024;
/// Queries of one DNS message that are written; real messages have one.
pub const DNS_QUERIES: usize = 64;
/// Records of one DNS section that are written.
pub const DNS_RECORDS: usize = 512;
/// Anomalies of one name in one minute; further ones are counted in `sensor.status`.
pub const ANOMALIES_PER_MINUTE: u32 = 100;

/// Limits and switches of packet sources: `[limits.packet]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct PacketConfig {
    /// Flows held at once ([`FLOWS`]).
    pub flows: usize,
    /// Seconds of silence after which a flow ends.
    pub timeout_secs: Timeouts,
    /// Seconds of silence after which a flow may be ended when the table is full.
    pub emergency_secs: Timeouts,
    /// Bytes read of each direction of a stream ([`STREAM_DEPTH`]); 0 for no limit.
    pub stream_depth: u64,
    /// Bytes held out of order per direction ([`STREAM_HELD`]).
    pub stream_held: usize,
    /// Segments held out of order per direction ([`STREAM_SEGMENTS`]).
    pub stream_segments: usize,
    /// Bytes held by all streams ([`STREAM_MEMORY`]).
    pub stream_memory: usize,
    /// Whether streams are read whose beginning was not seen.
    pub midstream: bool,
    /// Whether streams are read of which only one direction is seen.
    pub one_sided: bool,
    /// Bytes of one unfinished message ([`MESSAGE_BYTES`]).
    pub message_bytes: usize,
    /// Records per flow ([`TRANSACTIONS`]).
    pub transactions: u32,
    /// Requests waiting for a response ([`HTTP_WAITING`]).
    pub http_waiting: usize,
    /// Bytes of an HTTP header block ([`HTTP_HEADER`]).
    pub http_header: usize,
    /// Queries per DNS message ([`DNS_QUERIES`]).
    pub dns_queries: usize,
    /// Records per DNS section ([`DNS_RECORDS`]).
    pub dns_records: usize,
    /// Which anomalies become events.
    pub anomalies: Anomalies,
    /// Anomalies of one name per minute ([`ANOMALIES_PER_MINUTE`]).
    pub anomalies_per_minute: u32,
}

impl Default for PacketConfig {
    fn default() -> Self {
        Self {
            flows: FLOWS,
            timeout_secs: Timeouts::default(),
            emergency_secs: Timeouts {
                tcp_new: 5,
                tcp_established: 100,
                tcp_closed: 10,
                udp_new: 10,
                udp_established: 100,
                icmp_new: 10,
                icmp_established: 100,
                other_new: 10,
                other_established: 100,
            },
            stream_depth: STREAM_DEPTH,
            stream_held: STREAM_HELD,
            stream_segments: STREAM_SEGMENTS,
            stream_memory: STREAM_MEMORY,
            midstream: false,
            one_sided: false,
            message_bytes: MESSAGE_BYTES,
            transactions: TRANSACTIONS,
            http_waiting: HTTP_WAITING,
            http_header: HTTP_HEADER,
            dns_queries: DNS_QUERIES,
            dns_records: DNS_RECORDS,
            anomalies: Anomalies::default(),
            anomalies_per_minute: ANOMALIES_PER_MINUTE,
        }
    }
}

/// Seconds by protocol and state; the defaults are Suricata's, so that flow records agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
#[expect(missing_docs, reason = "each name says it: protocol and state")]
pub struct Timeouts {
    pub tcp_new: u32,
    pub tcp_established: u32,
    pub tcp_closed: u32,
    pub udp_new: u32,
    pub udp_established: u32,
    pub icmp_new: u32,
    pub icmp_established: u32,
    pub other_new: u32,
    pub other_established: u32,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            tcp_new: 60,
            tcp_established: 600,
            tcp_closed: 60,
            udp_new: 30,
            udp_established: 300,
            icmp_new: 30,
            icmp_established: 300,
            other_new: 30,
            other_established: 300,
        }
    }
}

/// Which anomalies become events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Anomalies {
    /// Packets that break the rules of their protocol.
    pub decode: bool,
    /// Streams with gaps or contradictory data.
    pub stream: bool,
    /// Messages that break the rules of their protocol.
    pub applayer: bool,
}

impl Default for Anomalies {
    fn default() -> Self {
        Self {
            decode: true,
            stream: true,
            applayer: true,
        }
    }
}

/// The longest line; a longer one becomes `parse.failed` (DESIGN §2, Record).
pub const LINE_BYTES: usize = 1 << 20;
/// What is kept of a line that is too long.
pub const LINE_KEPT: usize = 64 * 1024;
/// Files followed at once by one source: each holds a descriptor and a buffer.
pub const FILES: usize = 1_024;
/// How often files are looked at for growth, in milliseconds.
pub const POLL_MILLIS: u64 = 250;
/// The largest EVTX file that is read: Windows caps its own logs at 4 GiB, and one is held in
/// memory chunk by chunk.
pub const EVTX_BYTES: u64 = 4 << 30;

/// Limits of log sources: `[limits.log]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct LogConfig {
    /// Bytes of a line ([`LINE_BYTES`]); may not be raised above 1 MiB, the limit of a record.
    pub line_bytes: usize,
    /// Bytes kept of a line that is too long ([`LINE_KEPT`]).
    pub line_kept: usize,
    /// Files of one source ([`FILES`]).
    pub files: usize,
    /// Milliseconds between looks ([`POLL_MILLIS`]).
    pub poll_millis: u64,
    /// Bytes of an EVTX file ([`EVTX_BYTES`]).
    pub evtx_bytes: u64,
}

impl Default for LogConfig {
    fn default() -> Self {
        Self {
            line_bytes: LINE_BYTES,
            line_kept: LINE_KEPT,
            files: FILES,
            poll_millis: POLL_MILLIS,
            evtx_bytes: EVTX_BYTES,
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
        ] {
            let source = read(json).unwrap();
            let again = serde_json::to_string(&source).unwrap();
            assert_eq!(read(&again).unwrap(), source);
        }
    }

    #[test]
    fn refuses_what_does_not_belong_and_says_which_key() {
        for (json, part) in [
            (r#"{"id":"a","kind":"journal","path":"/x"}"#, "key path"),
            (r#"{"id":"a","kind":"capture"}"#, "needs the key path"),
            (r#"{"id":"a","kind":"telepathy"}"#, "unknown kind"),
            (r#"{"id":"a","kind":"journal","colour":1}"#, "colour"),
        ] {
            let error = read(json).unwrap_err();
            assert!(error.contains(part), "{error}");
        }
    }
}
