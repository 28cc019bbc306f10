//! DNS over UDP and TCP (RFC 1035), written as EVE's DNS version 3: one record per message,
//! oriented from its sender to its receiver.

mod log;
pub mod parse;
mod state;

pub(crate) use state::{probe, start};

#[cfg(test)]
mod tests;
