//! How much a rule file may ask for; rule files are hostile input like any other.

use std::time::Duration;

use serde::Deserialize;

/// Limits of rule files; every field is a key under `[limits.rule]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RuleLimits {
    /// The largest file in bytes.
    pub file_bytes: usize,
    /// The most documents in a file.
    pub documents: usize,
    /// The most YAML nodes in a document, aliases expanded.
    pub nodes: usize,
    /// The deepest nesting of a document.
    pub depth: usize,
    /// The deepest nesting of parentheses in a condition.
    pub nesting: usize,
    /// The most words in a condition.
    pub words: usize,
    /// The most variants that one value may become (`windash` makes 5 for each dash).
    pub variants: usize,
    /// The most memory of one compiled regular expression, in bytes.
    pub regex_bytes: usize,
    /// The most memory of all regular expressions of one rule, counted as pattern bytes.
    pub regex_pattern_bytes: usize,
    /// The longest time window, in days.
    pub window_days: u64,
    /// The most rules.
    pub rules: usize,
    /// The largest archive of rules that is imported, in MiB.
    pub import_mib: usize,
    /// The most files of such an archive, also of those that are none of rules.
    pub import_files: usize,
    /// How much its rules may unpack to, in MiB.
    pub import_unpacked_mib: usize,
    /// Imports that wait to be put in force.
    pub imports: usize,
}

/// SigmaHQ's largest file is under 100 KiB.
const FILE_BYTES: usize = 1 << 20;
/// A file with more is generated, and can be cut.
const DOCUMENTS: usize = 1_000;
/// SigmaHQ's largest rule has under 2,000.
const NODES: usize = 50_000;
/// SigmaHQ needs 6.
const DEPTH: usize = 24;
/// People write 4; each level is one level of recursion.
const NESTING: usize = 32;
/// SigmaHQ's longest condition has under 100.
const WORDS: usize = 1_000;
/// Four dashes; pySigma refuses more than three.
const VARIANTS: usize = 625;
/// The regex crate's own default; the largest of SigmaHQ, an alternation with `.*`, needs over 2 MiB.
const REGEX_BYTES: usize = 10 << 20;
/// SigmaHQ's longest pattern has under 2 KiB.
const REGEX_PATTERN_BYTES: usize = 64 << 10;
/// Entries are kept in memory for so long.
const WINDOW_DAYS: u64 = 31;
/// Thirteen times SigmaHQ.
const RULES: usize = 50_000;
/// Three times all of SigmaHQ's repository.
const IMPORT_MIB: usize = 32;
/// Three times the files of SigmaHQ's repository.
const IMPORT_FILES: usize = 20_000;
/// Ten times SigmaHQ's rules; they are held in memory while they are compared.
const IMPORT_UNPACKED_MIB: usize = 128;
/// Each holds its compiled rules until its trial ends.
const IMPORTS: usize = 4;

impl RuleLimits {
    /// The longest time window.
    pub(crate) fn window(&self) -> Duration {
        Duration::from_secs(self.window_days.saturating_mul(86_400))
    }
}

impl Default for RuleLimits {
    fn default() -> Self {
        Self {
            file_bytes: FILE_BYTES,
            documents: DOCUMENTS,
            nodes: NODES,
            depth: DEPTH,
            nesting: NESTING,
            words: WORDS,
            variants: VARIANTS,
            regex_bytes: REGEX_BYTES,
            regex_pattern_bytes: REGEX_PATTERN_BYTES,
            window_days: WINDOW_DAYS,
            rules: RULES,
            import_mib: IMPORT_MIB,
            import_files: IMPORT_FILES,
            import_unpacked_mib: IMPORT_UNPACKED_MIB,
            imports: IMPORTS,
        }
    }
}
