//! HTTP/1 and 0.9 (RFC 9112), written as EVE's extended `http` object: one record for each request
//! with its response. Bodies are measured, not kept.

mod body;
mod log;
pub mod parse;
mod state;

pub(crate) use state::{probe, start};

#[cfg(test)]
mod tests;
