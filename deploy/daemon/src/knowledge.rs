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
    let of = |folder| -> Result<Vec<RuleFile>> {
        let mut files = shipped::rules(folder);
        files.extend(shipped::data_rules(data_dir, folder)?);
        Ok(files)
    };
    let mut site_files = of("sites")?;
    site_files.extend(extra_sites);
    Ok(join(of("sigma")?, of("mapping")?, site_files))
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

fn join(sigma: Vec<RuleFile>, mapping: Vec<RuleFile>, sites: Vec<RuleFile>) -> Knowledge {
    let (rules, mut problems) = RuleSet::load(sigma, mapping, &RuleLimits::default());
    let (sites, site_problems) = Sites::load(sites);
    problems.extend(site_problems);
    for problem in &problems {
        tracing::warn!("{problem}");
    }
    let problems = problems.into_iter().map(|problem| web::RuleProblem {
        file: problem.file,
        line: problem.line,
        reason: problem.reason,
    });
    Knowledge {
        rules,
        sites,
        problems: problems.collect(),
    }
}
