//! The harness: a real centre in this process, and a client that speaks to it as a browser would.
//!
//! `Lab::start(Setup)` gives a centre on a port of its own in a folder of its own;
//! `lab.local()` speaks over the control socket, `lab.sign_in(…)` as a person.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a harness of tests: what does not work must fail loudly"
)]

pub mod binary;
pub mod client;
pub mod edge;
pub mod exposition;
pub mod lab;
pub mod relay;

use std::path::PathBuf;

pub use client::{Answer, Client};
pub use lab::{Lab, Setup};

/// The top of the repository.
pub fn repository() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}
