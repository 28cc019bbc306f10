//! What `haidang rules check` says of rule files: every problem of loading them, and beside these
//! what a loaded rule can never do.

use super::RuleFile;
use super::limits::RuleLimits;
use super::problem::{Problem, Severity};
use super::set::RuleSet;

/// Reads rules and lists what is wrong with them, in the order of files and lines.
pub fn check(
    files: Vec<RuleFile>,
    mappings: Vec<RuleFile>,
    limits: &RuleLimits,
) -> (RuleSet, Vec<Problem>) {
    let (set, mut problems) = RuleSet::load(files, mappings, limits);
    problems.extend(without_events(&set));
    let place = |problem: &Problem| (problem.file.clone(), problem.line, problem.severity);
    problems.sort_by_cached_key(place);
    (set, problems)
}

/// A rule whose log source no mapping gives to any event never fires.
fn without_events(set: &RuleSet) -> impl Iterator<Item = Problem> + '_ {
    let idle = set.detections.iter().filter(|rule| {
        let wanted = &rule.body.logsource;
        let mut given = set
            .mapping
            .entries
            .iter()
            .flat_map(|entry| &entry.logsources);
        !wanted.is_everything() && !given.any(|source| wanted.covers(source))
    });
    idle.map(|rule| Problem {
        file: rule.info.file.clone(),
        line: None,
        rule: Some(rule.info.id.to_string()),
        reason: format!(
            "no mapping gives {} to any event, so the rule never fires; add it to rules/mapping",
            rule.body.logsource
        ),
        severity: Severity::Warning,
    })
}
