//! Logs to events: files that grow, event log files, this host's journal.
//!
//! A line goes [`follow`] → [`line`] (or [`element`]) → [`format`] → event; a line that no parser takes is an event
//! too (`parse.failed`, with the raw line). One file per format, a folder where a format has several forms. A format
//! is a function from text to [`Parsed`]; [`detect`] tells which, [`stream`] holds what spans lines.

pub mod access;
mod address;
mod around;
mod audit;
mod auth;
mod counts;
mod detect;
mod element;
pub mod eve;
mod evtx;
mod files;
pub mod flow;
mod follow;
mod format;
pub mod http;
mod journal;
mod line;
mod listen;
mod ndjson;
pub(crate) mod source;
mod stamp;
mod stream;
pub mod syslog;
pub mod windows;
mod zeek;

pub use detect::detect;
pub use element::elements;
pub use evtx::read as read_evtx;
pub(crate) use format::failed;
pub use format::{Lines, Parsed};
pub(crate) use http::run as run_agents;
pub(crate) use journal::run as run_journal;
pub use line::Line;
pub(crate) use listen::run as run_listener;
pub use stream::Stream;

#[cfg(test)]
mod tests;
