//! Our matcher beside two others, rsigma 0.23 and sigma-rust 0.7: over real events with SigmaHQ's
//! rules, and over generated rules and events for what SigmaHQ never uses. Where they disagree,
//! `allowed.rs` names the clause that decides; a disagreement that it does not name fails, and so
//! does an entry that nothing needs.

#![allow(
    clippy::print_stdout,
    clippy::too_many_lines,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests"
)]

mod allowed;
mod generated;
mod items;
mod real;
mod voices;
