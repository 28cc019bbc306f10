//! Logs to events: files that grow, event log files, this host's journal.
//!
//! A line goes [`follow`] → [`line`] (or [`element`]) → [`format`] → event; a line that no parser takes is an event
//! too (`parse.failed`, with the raw line). One file per format.

mod address;
mod auth;
mod element;
pub mod eve;
mod evtx;
mod files;
mod follow;
mod format;
mod journal;
mod line;
mod ndjson;
pub(crate) mod source;
mod stamp;
pub mod syslog;
pub mod windows;

pub use element::elements;
pub use evtx::read as read_evtx;
pub(crate) use format::failed;
pub use format::{Lines, Parsed};
pub(crate) use journal::run as run_journal;

#[cfg(test)]
mod tests;
