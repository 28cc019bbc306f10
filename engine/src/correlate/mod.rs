//! Time windows, and what becomes a hit; the store folds hits into alerts.

mod group;
mod hit;
mod key;
mod single;
mod window;

pub use hit::{Hit, HitEvent};
pub use single::single;
pub use window::{WindowCounters, WindowLimits, Windows};
