//! What of a partition is asked for, cut to what the asker may see: the one place where searches, aggregations, exports and
//! walks meet the reader's sites.

use std::ops::Bound;

use event::Time;
use tantivy::query::Query as Lowered;

use super::lower::Lower;
use super::partition::Meta;
use crate::error::Result;
use crate::query::Query;
use crate::reader::Scope;

/// Which events are asked for.
#[derive(Clone, Copy)]
pub(super) struct Cut<'a> {
    pub(super) query: &'a Query,
    /// Whose eyes.
    pub(super) scope: &'a Scope,
    /// Not before.
    pub(super) from: Option<Time>,
    /// Before.
    pub(super) to: Option<Time>,
}

impl Cut<'_> {
    /// Whether a partition can hold such an event, by its times.
    pub(super) fn may_be_in(&self, meta: &Meta) -> bool {
        let before = self.to.is_some_and(|to| meta.min_time >= to.micros());
        let after = self.from.is_some_and(|from| meta.max_time < from.micros());
        meta.events > 0 && !before && !after
    }

    /// All of these hold for such an event.
    pub(super) fn clauses(&self, lower: &Lower<'_>) -> Result<Vec<Box<dyn Lowered>>> {
        let mut all: Vec<Box<dyn Lowered>> = vec![lower.query(self.query)?];
        if let Scope::Sites(sites) = self.scope {
            all.push(lower.sites(sites));
        }
        if self.from.is_some() || self.to.is_some() {
            let low = self.from.map_or(Bound::Unbounded, Bound::Included);
            let high = self.to.map_or(Bound::Unbounded, Bound::Excluded);
            all.push(lower.time(low, high));
        }
        Ok(all)
    }
}
