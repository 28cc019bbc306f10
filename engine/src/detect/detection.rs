//! A detection: a rule says that an event matters, and shows why.

use std::sync::Arc;

use crate::rule::RuleInfo;

/// A rule matched an event.
#[derive(Clone, Debug)]
pub struct Detection {
    /// The rule.
    pub rule: Arc<RuleInfo>,
    /// The fields that matched with their values: at most 20, each at most 512 bytes.
    pub matched: Vec<(String, String)>,
    /// Whether it raises an alert of its own, or only feeds correlations.
    pub alerts: bool,
}
