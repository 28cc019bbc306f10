//! Rules, mappings and sites: shipped ones, and those of the data folder that win by id.

use std::path::Path;

use anyhow::Result;
use engine::rule::{Problem, RuleFile, RuleLimits, RuleSet, Sites};

use crate::shipped;

/// What is known before the first event.
pub struct Knowledge {
    /// The rules.
    pub rules: RuleSet,
    /// The site tree with its networks.
    pub sites: Sites,
    /// What could not be used; it cost only itself.
    pub problems: Vec<web::RuleProblem>,
}

/// Loads shipped knowledge, a data folder's own, and files named beside them.
pub fn load(data_dir: &Path, extra_sites: Vec<RuleFile>) -> Result<Knowledge> {
    let (rules, mut problems) = RuleSet::load(
        files("sigma", data_dir)?,
        files("mapping", data_dir)?,
        &RuleLimits::default(),
    );
    let (sites, site_problems) = load_sites(data_dir, extra_sites)?;
    problems.extend(site_problems);
    for problem in &problems {
        tracing::warn!("{problem}");
    }
    let problems = problems.into_iter().map(|problem| web::RuleProblem {
        file: problem.file,
        line: problem.line,
        reason: problem.reason,
    });
    Ok(Knowledge {
        rules,
        sites,
        problems: problems.collect(),
    })
}

/// Loads the sites alone: all that reading a file needs.
pub fn load_sites(data_dir: &Path, extra: Vec<RuleFile>) -> Result<(Sites, Vec<Problem>)> {
    let mut files = files("sites", data_dir)?;
    files.extend(extra);
    Ok(Sites::load(files))
}

/// The shipped files of a folder, and the data folder's.
fn files(folder: &str, data_dir: &Path) -> Result<Vec<RuleFile>> {
    let mut files = shipped::rules(folder);
    files.extend(shipped::data_rules(data_dir, folder)?);
    Ok(files)
}

/// Loads rules in place of the shipped ones (`detect --rules`), with the shipped mappings.
pub fn load_rules(path: Option<&Path>) -> Result<(RuleSet, Vec<Problem>)> {
    let files = match path {
        Some(path) => shipped::local_rules(path)?,
        None => shipped::rules("sigma"),
    };
    Ok(RuleSet::load(
        files,
        shipped::rules("mapping"),
        &RuleLimits::default(),
    ))
}
