//! Limits as they are configured: `[limits]`. Every limit has its default in a named constant with
//! the reason.

use event::MAX_RECORD_BYTES;
use serde::{Deserialize, Serialize};

mod http;

pub use http::*;

/// All limits of a sensor.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Packets, flows, streams, protocols.
    pub packet: PacketConfig,
    /// Log inputs.
    pub log: LogConfig,
    /// Flow exports.
    pub flow: FlowConfig,
    /// Compressed inputs.
    pub unpack: UnpackConfig,
    /// What agents send over HTTP.
    pub http: HttpLimits,
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
/// Events of the audit system that are open at once in one file or from one peer: as many system calls
/// as a busy host has under way.
pub const AUDIT_OPEN: usize = 256;
/// Bytes of their records, which the offset of the file carries too: an `execve` with the longest usual
/// command line has a tenth.
pub const AUDIT_BYTES: usize = 256 * 1024;
/// Milliseconds that an event may be open whose end nobody writes; auditd's own tools wait as long.
pub const AUDIT_WAIT_MILLIS: u64 = 2_000;

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
    /// Open events of the audit system ([`AUDIT_OPEN`]).
    pub audit_open: usize,
    /// Bytes of their records ([`AUDIT_BYTES`]).
    pub audit_bytes: usize,
    /// Milliseconds until they end ([`AUDIT_WAIT_MILLIS`]).
    pub audit_wait_millis: u64,
}

impl Default for LogConfig {
    fn default() -> Self {
        Self {
            line_bytes: LINE_BYTES,
            line_kept: LINE_KEPT,
            files: FILES,
            poll_millis: POLL_MILLIS,
            evtx_bytes: EVTX_BYTES,
            audit_open: AUDIT_OPEN,
            audit_bytes: AUDIT_BYTES,
            audit_wait_millis: AUDIT_WAIT_MILLIS,
        }
    }
}

/// Exporters' domains whose templates and sequence are held: a router has one or a few.
pub const FLOW_DOMAINS: usize = 256;
/// Templates of one domain: four times what large routers announce.
pub const FLOW_TEMPLATES: usize = 128;
/// Fields of one template: with the two limits before, 50 MiB at the most.
pub const FLOW_FIELDS: usize = 128;
/// Records of one export: the largest datagram holds fewer of any real layout.
pub const FLOW_RECORDS: usize = 4_096;
/// Seconds that a template is believed which nobody sends again: three times the half hour of most
/// exporters (RFC 7011 §8.4).
pub const FLOW_TEMPLATE_SECS: u64 = 5_400;

/// Limits of flow exports: `[limits.flow]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct FlowConfig {
    /// Exporters' domains ([`FLOW_DOMAINS`]).
    pub domains: usize,
    /// Templates of a domain ([`FLOW_TEMPLATES`]).
    pub templates: usize,
    /// Fields of a template ([`FLOW_FIELDS`]).
    pub fields: usize,
    /// Records of an export ([`FLOW_RECORDS`]).
    pub records: usize,
    /// Seconds until a template of a datagram is forgotten ([`FLOW_TEMPLATE_SECS`]).
    pub template_secs: u64,
}

impl Default for FlowConfig {
    fn default() -> Self {
        Self {
            domains: FLOW_DOMAINS,
            templates: FLOW_TEMPLATES,
            fields: FLOW_FIELDS,
            records: FLOW_RECORDS,
            template_secs: FLOW_TEMPLATE_SECS,
        }
    }
}

impl FlowConfig {
    fn check(&self) -> Result<(), BadLimit> {
        not_zero([
            ("flow.domains", self.domains == 0),
            ("flow.templates", self.templates == 0),
            ("flow.fields", self.fields == 0),
            ("flow.records", self.records == 0),
            ("flow.template_secs", self.template_secs == 0),
        ])
    }
}

/// Bytes that one compressed file may unpack to: a busy day of a province's logs. It is read piece
/// by piece, so that a bomb costs time and no memory; this ends it within minutes.
pub const UNPACK_BYTES: u64 = 64 << 30;
/// Bytes that a compressed EVTX file may unpack to: it is held in memory, for it is read out of
/// order. Windows begins a new file at 20 MiB by default, and the largest that is usual is 128 MiB.
pub const UNPACK_EVTX_BYTES: u64 = 256 << 20;

/// Limits of compressed inputs: `[limits.unpack]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct UnpackConfig {
    /// Bytes of one file, unpacked ([`UNPACK_BYTES`]).
    pub bytes: u64,
    /// Bytes of one EVTX file, unpacked ([`UNPACK_EVTX_BYTES`]).
    pub evtx_bytes: u64,
}

impl Default for UnpackConfig {
    fn default() -> Self {
        Self {
            bytes: UNPACK_BYTES,
            evtx_bytes: UNPACK_EVTX_BYTES,
        }
    }
}

impl UnpackConfig {
    fn check(&self) -> Result<(), BadLimit> {
        not_zero([
            ("unpack.bytes", self.bytes == 0),
            ("unpack.evtx_bytes", self.evtx_bytes == 0),
        ])
    }
}

/// A limit that nothing could work with.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadLimit {
    /// Nothing would pass.
    #[error("limits.{0} is 0, so that nothing would be read; leave it out for the default")]
    Zero(String),
    /// More than a record may hold.
    #[error("limits.{0} is {1}, above {MAX_RECORD_BYTES}: a record is at most 1 MiB")]
    AboveRecord(&'static str, usize),
    /// Outside of what can be worked with.
    #[error("limits.{0} is {1}; it must lie between {2} and {3}")]
    Outside(&'static str, usize, usize, usize),
}

impl Limits {
    /// Refuses limits that would let nothing pass, or more than a record holds.
    ///
    /// # Errors
    /// The first such limit, by its key.
    pub fn check(&self) -> Result<(), BadLimit> {
        self.packet.check()?;
        self.log.check()?;
        self.flow.check()?;
        self.unpack.check()?;
        self.http.check()
    }
}

/// Refuses the first that is zero.
fn not_zero<const N: usize>(limits: [(&'static str, bool); N]) -> Result<(), BadLimit> {
    match limits.into_iter().find(|(_, zero)| *zero) {
        Some((key, _)) => Err(BadLimit::Zero(key.to_owned())),
        None => Ok(()),
    }
}

/// Refuses the first that is above a record's length.
fn within_record<const N: usize>(limits: [(&'static str, usize); N]) -> Result<(), BadLimit> {
    match limits
        .into_iter()
        .find(|(_, bytes)| *bytes > MAX_RECORD_BYTES)
    {
        Some((key, bytes)) => Err(BadLimit::AboveRecord(key, bytes)),
        None => Ok(()),
    }
}

impl PacketConfig {
    fn check(&self) -> Result<(), BadLimit> {
        not_zero([
            ("packet.flows", self.flows == 0),
            ("packet.stream_held", self.stream_held == 0),
            ("packet.stream_segments", self.stream_segments == 0),
            ("packet.stream_memory", self.stream_memory == 0),
            ("packet.message_bytes", self.message_bytes == 0),
            ("packet.transactions", self.transactions == 0),
            ("packet.http_waiting", self.http_waiting == 0),
            ("packet.http_header", self.http_header == 0),
            ("packet.dns_queries", self.dns_queries == 0),
            ("packet.dns_records", self.dns_records == 0),
            (
                "packet.anomalies_per_minute",
                self.anomalies_per_minute == 0,
            ),
        ])?;
        self.timeout_secs.check("packet.timeout_secs")?;
        self.emergency_secs.check("packet.emergency_secs")?;
        within_record([
            ("packet.message_bytes", self.message_bytes),
            ("packet.http_header", self.http_header),
        ])
    }
}

impl Timeouts {
    fn check(&self, table: &str) -> Result<(), BadLimit> {
        let seconds = [
            ("tcp_new", self.tcp_new),
            ("tcp_established", self.tcp_established),
            ("tcp_closed", self.tcp_closed),
            ("udp_new", self.udp_new),
            ("udp_established", self.udp_established),
            ("icmp_new", self.icmp_new),
            ("icmp_established", self.icmp_established),
            ("other_new", self.other_new),
            ("other_established", self.other_established),
        ];
        match seconds.into_iter().find(|(_, seconds)| *seconds == 0) {
            Some((key, _)) => Err(BadLimit::Zero(format!("{table}.{key}"))),
            None => Ok(()),
        }
    }
}

impl LogConfig {
    fn check(&self) -> Result<(), BadLimit> {
        not_zero([
            ("log.line_bytes", self.line_bytes == 0),
            ("log.line_kept", self.line_kept == 0),
            ("log.files", self.files == 0),
            ("log.poll_millis", self.poll_millis == 0),
            ("log.evtx_bytes", self.evtx_bytes == 0),
            ("log.audit_open", self.audit_open == 0),
            ("log.audit_bytes", self.audit_bytes == 0),
            ("log.audit_wait_millis", self.audit_wait_millis == 0),
        ])?;
        within_record([
            ("log.line_bytes", self.line_bytes),
            ("log.line_kept", self.line_kept),
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_that_nothing_can_work_with_are_refused_by_name() {
        assert_eq!(Limits::default().check(), Ok(()));
        for (json, part) in [
            (r#"{"log":{"line_bytes":0}}"#, "limits.log.line_bytes is 0"),
            (
                r#"{"log":{"line_bytes":1048577}}"#,
                "limits.log.line_bytes is 1048577, above",
            ),
            (
                r#"{"log":{"poll_millis":0}}"#,
                "limits.log.poll_millis is 0",
            ),
            (r#"{"packet":{"flows":0}}"#, "limits.packet.flows is 0"),
            (
                r#"{"packet":{"timeout_secs":{"udp_new":0}}}"#,
                "limits.packet.timeout_secs.udp_new is 0",
            ),
            (
                r#"{"http":{"depth":33}}"#,
                "limits.http.depth is 33; it must lie between 1 and 32",
            ),
            (
                r#"{"packet":{"http_header":2000000}}"#,
                "limits.packet.http_header is 2000000",
            ),
        ] {
            let limits: Limits = serde_json::from_str(json).unwrap();
            let error = limits.check().unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        }
        // No limit at all is a choice there.
        let limits: Limits = serde_json::from_str(r#"{"packet":{"stream_depth":0}}"#).unwrap();
        assert_eq!(limits.check(), Ok(()));
    }
}
