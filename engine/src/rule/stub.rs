//! stub
#![allow(missing_docs, unreachable_pub, reason = "stub")]
use super::*;
use event::{Networks, Text, Time};
use std::sync::Arc;
pub struct RuleFile {
    pub origin: Origin,
    pub path: String,
    pub text: String,
}
#[derive(Clone, Debug)]
pub struct Problem {
    pub file: String,
    pub line: Option<u32>,
    pub rule: Option<String>,
    pub reason: String,
}
impl Problem {
    pub fn is_error(&self) -> bool {
        true
    }
}
impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.reason)
    }
}
#[derive(Default)]
pub struct RuleLimits;
pub struct RuleSet(Vec<Arc<RuleInfo>>);
impl RuleSet {
    pub fn load(_: Vec<RuleFile>, _: Vec<RuleFile>, _: &RuleLimits) -> (Self, Vec<Problem>) {
        (Self(vec![]), vec![])
    }
    pub fn rules(&self) -> impl Iterator<Item = &Arc<RuleInfo>> {
        self.0.iter()
    }
}
pub struct Site {
    pub id: Text,
    pub name: String,
    pub name_en: String,
    pub parent: Option<Text>,
    pub level: SiteLevel,
}
#[derive(Clone, Copy)]
pub enum SiteLevel {
    Site,
}
impl SiteLevel {
    pub fn name(self) -> &'static str {
        "site"
    }
}
#[derive(Default)]
pub struct Sites(Vec<Site>);
impl Sites {
    pub fn load(_: Vec<RuleFile>) -> (Self, Vec<Problem>) {
        (Self(vec![]), vec![])
    }
    pub fn networks(&self) -> Networks {
        Networks::default()
    }
    pub fn expand(&self, id: &str, _: Time) -> Vec<Text> {
        vec![id.into()]
    }
    pub fn leaves(&self, _: Time) -> Vec<Text> {
        vec![]
    }
    pub fn iter(&self, _: Time) -> impl Iterator<Item = &Site> {
        self.0.iter()
    }
}
