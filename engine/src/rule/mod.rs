//! Rules as written: Sigma 2.1 files, mappings, sites. Reading lists every problem and never fails;
//! what is read is ready to be compiled by [`crate::detect`].

mod attack;
mod check;
mod condition;
mod correlation;
mod document;
mod filter;
mod info;
pub mod intel;
mod item;
mod limits;
mod logsource;
mod mapping;
mod modifier;
mod off;
mod pattern;
mod placeholder;
mod problem;
mod set;
mod sites;
mod span;
mod step;
mod techniques;
#[cfg(test)]
mod tests;
mod yaml;

pub use attack::{Coverage, Tactic, Tagged, Technique};
pub use check::check;
pub use correlation::Correlation;
pub use filter::{Filter, FilterNotes, How, Match};
pub use info::{Level, Origin, RuleInfo, Wording};
pub use intel::{EntryKind, IntelEntry, IntelFormat, IntelLimits, ListSettings};
pub use limits::RuleLimits;
pub use off::{Off, OffEntry, OffList};
pub use placeholder::Placeholders;
pub use problem::{Problem, Severity};
pub use set::{RuleSet, Tuning};
pub use sites::{Site, SiteLevel, Sites};

pub(crate) use condition::Condition;
pub(crate) use correlation::{Amount, Inner, Measure};
pub(crate) use filter::{Draft, selection};
pub(crate) use intel::{
    Buffer, URL_BYTES, hex, is_ja4, is_reserved, lower_name, mail_address, url_form,
};
pub(crate) use item::{Item, Search};
pub(crate) use logsource::Logsource;
pub(crate) use mapping::{Entry, Mapping};
#[cfg(test)]
pub(crate) use modifier::Number;
pub(crate) use modifier::{Part, Place, Reference, Test};
pub(crate) use pattern::{Pattern, Shape, fold, fold_into};
pub(crate) use problem::Faults;
pub(crate) use yaml::{Node, Value, documents, quoted};

/// A file of rules, mappings or sites, read by the caller.
#[derive(Clone, Debug)]
pub struct RuleFile {
    /// Shipped or local.
    pub origin: Origin,
    /// Where it was found.
    pub path: String,
    /// What is in it.
    pub text: String,
}
