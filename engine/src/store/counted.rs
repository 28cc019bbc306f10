//! How much there is of what the store keeps, for who watches the centre and not its people.

use super::{StateCounts, Store, unsigned};
use crate::error::Result;

/// How much there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    /// Alerts by state, those of all sites.
    pub alerts: StateCounts,
    /// The newest row of the feed; 0 when there is none.
    pub feed: u64,
}

impl Store {
    /// Counts.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn counted(&self) -> Result<Counted> {
        self.read(|connection| {
            let mut counted = Counted::default();
            let mut statement = connection.prepare_cached(
                "SELECT state, count(*) FROM alert WHERE merged IS NULL GROUP BY state",
            )?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let state: String = row.get(0)?;
                let alerts = &mut counted.alerts;
                let count = match super::State::from_name(&state) {
                    Some(super::State::New) => &mut alerts.new,
                    Some(super::State::Acknowledged) => &mut alerts.acknowledged,
                    Some(super::State::InWork) => &mut alerts.in_work,
                    Some(super::State::Closed) => &mut alerts.closed,
                    None => continue,
                };
                *count = unsigned(row.get(1)?);
            }
            let mut statement =
                connection.prepare_cached("SELECT coalesce(max(seq), 0) FROM feed")?;
            counted.feed = unsigned(statement.query_row([], |row| row.get(0))?);
            Ok(counted)
        })
    }
}
