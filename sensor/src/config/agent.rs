//! Keys of the sources that other agents send to over HTTP: `kind = "bulk"`, `"hec"` and `"otlp"`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::mpsc::SyncSender;

use ipnet::IpNet;

/// Keys of a source that agents send to.
#[derive(Clone, Debug)]
pub struct AgentConfig {
    /// What is spoken.
    pub protocol: Protocol,
    /// Where.
    pub listen: SocketAddr,
    /// The file with the tokens of which a sender needs one: one a line, `#` before what is none.
    pub token_file: PathBuf,
    /// Who may send; without it whoever has a token.
    pub allow: Option<Vec<IpNet>>,
    /// The certificate chain of TLS and its key, PEM; only on loopback may it be missing.
    pub tls: Option<(PathBuf, PathBuf)>,
    /// At most this many connections.
    pub connections: usize,
    /// Told the address once it is bound: port 0 takes a free one.
    pub told: Option<SyncSender<SocketAddr>>,
}

/// What agents speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// Elasticsearch's `_bulk`, and what agents ask before they use it.
    Bulk,
    /// Splunk's HTTP Event Collector.
    Hec,
    /// OTLP over HTTP, logs only.
    Otlp,
}

impl Protocol {
    /// The value of the key `kind`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bulk => "bulk",
            Self::Hec => "hec",
            Self::Otlp => "otlp",
        }
    }
}

impl AgentConfig {
    /// Says where it listens.
    pub(crate) fn tell(&self, bound: SocketAddr) {
        tracing::info!(address = %bound, protocol = self.protocol.name(), "a source listens");
        if let Some(told) = &self.told {
            // Who does not want to know any more is gone.
            told.send(bound).unwrap_or_default();
        }
    }
}

/// The same keys; who is told is nobody's key.
impl PartialEq for AgentConfig {
    fn eq(&self, other: &Self) -> bool {
        self.protocol == other.protocol
            && self.listen == other.listen
            && self.token_file == other.token_file
            && self.allow == other.allow
            && self.tls == other.tls
            && self.connections == other.connections
    }
}

impl Eq for AgentConfig {}
