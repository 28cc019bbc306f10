//! What the lines of one file or peer have in common: the name that its input has, and the events that
//! are not whole yet.

use std::path::Path;

use super::audit::Joiner;
use crate::config::LogConfig;

/// Where in its lines a file or peer stands.
#[derive(Debug)]
pub struct Stream {
    /// The name that failures say.
    pub(super) input: String,
    /// What the file's name says of a log of Zeek.
    pub(super) log: String,
    pub(super) joiner: Joiner,
}

impl Stream {
    /// The beginning of a file (`input` is its path) or of what a peer sends.
    pub fn new(input: &str, limits: &LogConfig) -> Self {
        Self {
            input: input.to_owned(),
            log: log_name(input),
            joiner: Joiner::new(limits),
        }
    }

    /// The lines that were taken and are not in an event yet, as they came. Whoever states how far an
    /// input was read states these too, and gives them to [`super::Lines::take`] again after a restart.
    pub fn held(&self) -> Vec<String> {
        self.joiner.held()
    }
}

/// A log of Zeek is called up to the first dot: `dns.2026-11-30-14-00-00.log`.
pub(super) fn log_name(input: &str) -> String {
    let name = Path::new(input).file_name().unwrap_or_default();
    let name = name.to_string_lossy();
    name.split('.').next().unwrap_or_default().to_owned()
}
