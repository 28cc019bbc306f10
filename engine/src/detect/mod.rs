//! Rules as compiled, and what they find.
//!
//! An event is resolved to its log sources; the rules for these are walked over it one after the
//! other. Matching never fails and takes time linear in the texts it looks at.

mod detection;
mod engine;
mod expression;
mod hash;
mod intel;
mod lookup;
mod memo;
mod names;
mod needles;
#[cfg(test)]
mod needles_tests;
mod partition;
mod program;
mod rarity;
mod required;
mod resolver;
mod run;
mod stamp;
#[cfg(test)]
mod tests;
mod trie;
#[cfg(test)]
mod twin;
mod witness;

pub use detection::Detection;
pub use engine::Engine;
pub use intel::{
    EntryPage, EntryRow, Intel, IntelBuilder, IntelList, IntelMatch, detections_of, indexed_names,
};

pub(crate) use lookup::coalesced;

pub use crate::rule::Correlation;
