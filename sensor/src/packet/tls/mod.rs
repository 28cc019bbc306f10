//! TLS handshakes (RFC 5246, RFC 8446), written as EVE's extended `tls` object with JA3, JA3S and
//! JA4. One record for each connection, when its handshake is done.

mod fingerprint;
mod log;
pub mod parse;
mod state;
mod x509;

pub use fingerprint::ja4;
pub(crate) use state::{probe, start};
pub use x509::certificate_ends;

#[cfg(test)]
mod tests;
