//! Rules as written.

mod info;

pub use info::{Level, Origin, RuleInfo};
mod stub;
pub use stub::*;
