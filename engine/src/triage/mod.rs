//! How alerts are worked: how long a change can be taken back, how many alerts one may change, when an answer is due,
//! and how much an entity is to be worried about.

mod hours;
mod risk;
mod sla;

pub use hours::{BadHours, Hours};
pub use risk::{Reason, Risk, Signal, WINDOW_DAYS, risk};
pub use sla::Sla;

use std::time::Duration;

use serde::Deserialize;

/// `[triage]`
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Triage {
    /// For so many minutes a change can be undone by who made it.
    pub undo_minutes: u64,
    /// The most alerts that are changed at once.
    pub bulk: usize,
    /// Minutes until an answer is due, by level.
    pub sla: Sla,
    /// When people work.
    pub hours: Hours,
}

impl Default for Triage {
    fn default() -> Self {
        Self {
            undo_minutes: 10,
            bulk: 10_000,
            sla: Sla::default(),
            hours: Hours::default(),
        }
    }
}

impl Triage {
    /// How long a change can be undone.
    pub fn undo_within(&self) -> Duration {
        Duration::from_secs(60 * self.undo_minutes)
    }
}
