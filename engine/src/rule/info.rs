//! What is known of a rule beside its logic: identity, author, how its alerts are keyed.

use std::time::Duration;

use event::{Name, Text};

/// Where a rule file comes from; a local one wins over a shipped one with the same id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Embedded in the binary.
    Shipped,
    /// A file under the data folder or named on the command line.
    Local,
}

impl Origin {
    /// The word in listings.
    pub fn name(self) -> &'static str {
        match self {
            Self::Shipped => "shipped",
            Self::Local => "local",
        }
    }
}

/// Sigma's five levels, the least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Enrichment only.
    Informational,
    /// Low.
    Low,
    /// Medium; also what a rule without a level gets.
    Medium,
    /// High.
    High,
    /// Critical.
    Critical,
}

impl Level {
    /// All levels, the least first.
    pub const ALL: [Self; 5] = [
        Self::Informational,
        Self::Low,
        Self::Medium,
        Self::High,
        Self::Critical,
    ];

    /// The word in rules, queries and the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Informational => "informational",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }

    /// The level with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.name() == name)
    }
}

/// A rule as people know it.
#[derive(Clone, Debug)]
pub struct RuleInfo {
    /// The rule's UUID.
    pub id: Text,
    /// What it says happened.
    pub title: String,
    /// How bad that is.
    pub level: Level,
    /// Who wrote it; shown with every alert, as the Detection Rule License asks.
    pub author: Option<String>,
    /// Under which licence.
    pub license: Option<String>,
    /// `attack.t1071.004` and the like.
    pub tags: Vec<String>,
    /// What it looks for, in sentences.
    pub description: Option<String>,
    /// Where to read on.
    pub references: Vec<String>,
    /// What else may look like it.
    pub falsepositives: Vec<String>,
    /// stable, test, experimental …
    pub status: Option<String>,
    /// `haidang.vi`: the same in Vietnamese, for those who read that first.
    pub vietnamese: Option<Wording>,
    /// `haidang.entities`: what an alert is about; none: by kind group.
    pub entities: Option<Vec<Name>>,
    /// Matches closer than this are one episode: a correlation's timespan, else
    /// `haidang.window`, else one hour.
    pub window: Duration,
    /// `haidang.scope: province`: may span sites; only who sees all of them sees its alerts.
    pub province: bool,
    /// Where the file comes from.
    pub origin: Origin,
    /// The file.
    pub file: String,
    /// Its text.
    pub source: String,
    /// Whether it is a correlation.
    pub correlation: bool,
    /// The ids of the rules that a correlation counts.
    pub rules: Vec<Text>,
    /// For a correlation, each field that it groups by with the names under which events may hold
    /// it: mapped, or an alias's.
    pub group: Vec<(String, Vec<String>)>,
}

/// What a rule says to people, in another language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wording {
    /// What it says happened.
    pub title: String,
    /// What it looks for, in sentences.
    pub description: Option<String>,
    /// What else may look like it.
    pub falsepositives: Vec<String>,
}
