//! Rules as compiled: a plain interpreter of Sigma 2.1. It is correct and clear before it is fast,
//! and stays as the slow twin that any faster matcher is tested against.

mod detection;
mod engine;
mod matching;

pub use detection::Detection;
pub use engine::Engine;
