//! stub
#![allow(missing_docs, unreachable_pub, reason = "stub")]
use super::*;
use crate::detect::*;
use event::*;
use std::sync::Arc;
#[derive(Clone, Copy, Debug)]
pub struct WindowLimits {
    pub entries: usize,
    pub lateness: std::time::Duration,
}
#[derive(Clone, Copy, Debug, Default)]
pub struct WindowCounters {
    pub late: u64,
    pub evicted: u64,
}
pub struct Windows;
impl Windows {
    pub fn new(_: &[Arc<Correlation>], _: WindowLimits) -> Self {
        Self
    }
    pub fn restore(&mut self, _: &crate::store::WindowEntry) {}
    pub fn observe(
        &mut self,
        _: &Arc<Event>,
        _: u64,
        _: Time,
        _: &[Detection],
        _: View<'_>,
        _: &mut Vec<Hit>,
    ) {
    }
    pub fn take_changes(&mut self) -> Vec<crate::store::WindowChange> {
        vec![]
    }
    pub fn counters(&self) -> WindowCounters {
        WindowCounters::default()
    }
}
pub fn single(_: &Detection, _: &Arc<Event>, _: u64, _: View<'_>) -> Hit {
    unreachable!()
}
