//! How much intel lists may hold. They are hostile input as everything else is.

use serde::Deserialize;

/// The limits of intel lists; every field is a key under `[limits.intel]`.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct IntelLimits {
    /// Entries of all lists together.
    pub entries: usize,
    /// Lists.
    pub lists: usize,
    /// The largest file, in MiB.
    pub file_mib: u64,
    /// Files of one list.
    pub files: usize,
    /// The longest line, and the longest object of a STIX bundle in KiB.
    pub line_bytes: usize,
    /// The longest comment; what is longer is cut.
    pub comment_bytes: usize,
    /// Entries that people added to one list in the console, and took out of it.
    pub by_hand: usize,
}

impl Default for IntelLimits {
    fn default() -> Self {
        Self {
            entries: 10_000_000,
            lists: 500,
            file_mib: 1_024,
            files: 10_000,
            line_bytes: 16 << 10,
            comment_bytes: 200,
            by_hand: 100_000,
        }
    }
}
