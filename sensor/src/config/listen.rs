//! Keys of the sources that are sent to: `kind = "syslog"` and `kind = "netflow"`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::mpsc::SyncSender;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use super::LogFormat;

/// Keys of a source that is sent to.
#[derive(Clone, Debug)]
pub struct ListenConfig {
    /// What is spoken.
    pub spoken: Spoken,
    /// Over what.
    pub transport: Transport,
    /// Where.
    pub listen: SocketAddr,
    /// Who may send; nobody else is heard.
    pub allow: Vec<IpNet>,
    /// The certificate chain of TLS, PEM.
    pub certificate: Option<PathBuf>,
    /// Its key, PEM.
    pub key: Option<PathBuf>,
    /// The format of messages.
    pub format: LogFormat,
    /// At most this many connections.
    pub connections: usize,
    /// Told the address once it is bound: port 0 takes a free one.
    pub told: Option<SyncSender<SocketAddr>>,
}

/// What is spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spoken {
    /// Messages of RFC 3164 and RFC 5424.
    Syslog,
    /// NetFlow 5 and 9, IPFIX.
    Flow,
}

/// What messages come over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    /// Datagrams; some may be lost on the way, and nobody knows.
    Udp,
    /// Connections, readable on the way.
    Tcp,
    /// TLS: RFC 5425.
    Tls,
}

/// Connections of a source unless it says otherwise: each is a thread.
pub(super) const CONNECTIONS: usize = 256;

impl ListenConfig {
    /// Says where it listens.
    pub(crate) fn tell(&self, bound: SocketAddr) {
        tracing::info!(address = %bound, transport = ?self.transport, "a source listens");
        if let Some(told) = &self.told {
            // Who does not want to know any more is gone.
            told.send(bound).unwrap_or_default();
        }
    }
}

/// The same keys; who is told is nobody's key.
impl PartialEq for ListenConfig {
    fn eq(&self, other: &Self) -> bool {
        self.spoken == other.spoken
            && self.transport == other.transport
            && self.listen == other.listen
            && self.allow == other.allow
            && self.certificate == other.certificate
            && self.key == other.key
            && self.format == other.format
            && self.connections == other.connections
    }
}

impl Eq for ListenConfig {}
