//! Time windows, and detections folded into alerts.

mod hit;

pub use hit::{Hit, HitEvent};
mod stub;
pub use stub::*;
