//! Rules as compiled, and what they find.

mod detection;

pub use detection::Detection;
mod stub;
pub use stub::*;
