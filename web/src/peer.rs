//! How a request came in; the listener says so with an extension on every request.

use std::net::IpAddr;

/// The other end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peer {
    /// Through the control socket: root or the daemon's own user, already checked.
    Control,
    /// Over the network.
    Network {
        /// The address.
        ip: IpAddr,
        /// Whether the connection is encrypted; plain HTTP is served on loopback only.
        tls: bool,
    },
}
