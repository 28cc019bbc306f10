//! stub
#![allow(missing_docs, unreachable_pub, reason = "stub")]
use super::*;
use std::sync::Arc;
pub struct Correlation;
pub struct Engine;
impl Engine {
    pub fn compile(_: &crate::rule::RuleSet) -> Self {
        Self
    }
    pub fn examine(&self, _: event::View<'_>, _: &mut Vec<Detection>) {}
    pub fn correlations(&self) -> &[Arc<Correlation>] {
        &[]
    }
}
