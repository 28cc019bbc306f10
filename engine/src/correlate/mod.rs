//! Time windows, and what becomes a hit; the store folds hits into alerts.

mod hit;
mod window;

pub use hit::{Hit, HitEvent};
pub use window::{WindowCounters, WindowLimits, Windows, single};
