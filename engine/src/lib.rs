//! Decides and remembers: events come in durable, rules examine them, the index keeps them,
//! alerts stand in the store. No clock and no network: time and addresses are arguments.
//!
//! The way of an event: [`journal`] (durable, positioned) → [`pipeline`] → `detect` → [`index`]
//! and `correlate` → [`store`] (one checkpoint transaction) → announced.

#![warn(missing_docs)]

mod digest;
mod disk;
mod error;
mod hosts;
mod words;

pub mod correlate;
pub mod detect;
pub mod evidence;
pub mod index;
pub mod intel;
pub mod journal;
pub mod knowledge;
pub mod pipeline;
pub mod query;
pub mod reader;
pub mod rollout;
pub mod rule;
pub mod rules;
pub mod store;
pub mod triage;

pub use digest::Digest;
pub use disk::Room;
pub use error::{Error, Result};
