//! What only a centre has: its console, its journal, its index, its detector.

use std::net::SocketAddr;
use std::path::PathBuf;

use serde::Deserialize;

/// `[web]`
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WebSection {
    /// Where the console and the API are served. Plain HTTP on loopback, TLS elsewhere.
    pub listen: SocketAddr,
    /// The certificate chain, PEM; made at the first start when there is none.
    pub certificate: Option<PathBuf>,
    /// Its key, PEM.
    pub key: Option<PathBuf>,
    /// Names that the certificate made at the first start carries beside the address.
    pub names: Vec<String>,
    /// A session ends when it was not used for this many minutes.
    pub session_idle_minutes: u64,
    /// A session ends after this many hours in any case.
    pub session_hours: u64,
    /// The largest request body, in KiB.
    pub body_kib: usize,
    /// A search stops after this many seconds and says so.
    pub search_seconds: u64,
    /// At most this many live streams.
    pub live_streams: usize,
    /// At most this many live streams of one person.
    pub live_streams_each: usize,
    /// At most this many connections.
    pub connections: usize,
    /// A source that was silent for this many minutes is late, for four times as many stale.
    pub source_silence_minutes: u64,
}

impl Default for WebSection {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8443)),
            certificate: None,
            key: None,
            names: Vec::new(),
            session_idle_minutes: 60,
            session_hours: 12,
            body_kib: 256,
            search_seconds: 10,
            live_streams: 64,
            live_streams_each: 8,
            connections: 512,
            source_silence_minutes: 15,
        }
    }
}

/// `[journal]`
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct JournalSection {
    /// A segment is closed at this size, in MiB.
    pub segment_mib: u64,
    /// At most this much becomes durable with one sync, in KiB.
    pub group_kib: usize,
    /// Below this much free space nothing more is accepted, in MiB.
    pub reserve_mib: u64,
    /// At most this many batches wait for the writer.
    pub queue: usize,
}

impl Default for JournalSection {
    fn default() -> Self {
        Self {
            segment_mib: 64,
            group_kib: 1_024,
            reserve_mib: 256,
            queue: 64,
        }
    }
}

/// `[index]`
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct IndexSection {
    /// At most this many partitions are written to at once.
    pub writers: usize,
    /// Memory of each writer, in MiB.
    pub heap_mib: usize,
    /// A partition is closed at this many events.
    pub partition_events: u64,
    /// A partition is closed after this many minutes.
    pub partition_minutes: u64,
    /// A backfill partition that nothing came to for this many minutes is closed.
    pub backfill_idle_minutes: u64,
    /// Everything is searchable after this many milliseconds.
    pub commit_ms: u64,
    /// Or after this many events.
    pub commit_events: u64,
}

impl Default for IndexSection {
    fn default() -> Self {
        Self {
            writers: 6,
            heap_mib: 32,
            partition_events: 10_000_000,
            partition_minutes: 1_440,
            backfill_idle_minutes: 10,
            commit_ms: 3_000,
            commit_events: 100_000,
        }
    }
}

/// `[detector]`
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DetectorSection {
    /// Alerts are durable and announced after this many milliseconds.
    pub checkpoint_ms: u64,
    /// The most events that all correlation windows hold together.
    pub window_entries: usize,
    /// An event this many seconds behind its source's newest no longer counts in correlations.
    pub lateness_seconds: u64,
}

impl Default for DetectorSection {
    fn default() -> Self {
        Self {
            checkpoint_ms: 500,
            window_entries: 100_000,
            lateness_seconds: 600,
        }
    }
}
