//! Time windows, and what becomes a hit; the store folds hits into alerts.
//!
//! A condition that more events can only make truer is looked at in every window (t − span, t] that
//! ends with an event, as soon as the event comes. One that more events can undo is looked at once,
//! when the window is past: the first event of a group opens it, it lasts for the span, and the next
//! event behind it opens the next.

mod clock;
mod entry;
mod group;
mod hit;
mod key;
mod look;
mod order;
mod place;
mod room;
mod single;
mod tally;
#[cfg(test)]
mod tests;
mod window;

pub use hit::{Hit, HitEvent};
pub use single::single;
pub use window::{WindowCounters, WindowLimits, Windows};
