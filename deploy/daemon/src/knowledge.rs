//! Rules, mappings and sites: shipped ones, and those of the data folder that win by id.

use std::path::Path;

use anyhow::Result;
use engine::rule::{Placeholders, Problem, RuleFile, RuleLimits, RuleSet, Sites, check};

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
pub fn load(data_dir: &Path, extra_sites: Vec<RuleFile>, limits: &RuleLimits) -> Result<Knowledge> {
    let (lists, list_problems) = Placeholders::load(&lists(&data_dir.join("rules"), limits)?);
    let (rules, mut problems) = RuleSet::load_with(
        files("sigma", data_dir, limits)?,
        files("mapping", data_dir, limits)?,
        &lists,
        limits,
    );
    problems.extend(list_problems);
    let (sites, site_problems) = load_sites(data_dir, extra_sites, limits)?;
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
pub fn load_sites(
    data_dir: &Path,
    extra: Vec<RuleFile>,
    limits: &RuleLimits,
) -> Result<(Sites, Vec<Problem>)> {
    let mut files = files("sites", data_dir, limits)?;
    files.extend(extra);
    Ok(Sites::load(files, limits))
}

/// The shipped files of a folder, and the data folder's.
fn files(folder: &str, data_dir: &Path, limits: &RuleLimits) -> Result<Vec<RuleFile>> {
    let mut files = shipped::rules(folder);
    files.extend(under(&data_dir.join("rules"), folder, limits)?);
    Ok(files)
}

/// The files of a folder's part; none when it has none.
fn under(folder: &Path, part: &str, limits: &RuleLimits) -> Result<Vec<RuleFile>> {
    let path = folder.join(part);
    if path.exists() {
        shipped::local_rules(&path, limits.file_bytes)
    } else {
        Ok(Vec::new())
    }
}

/// The lists of values for `expand` of a rules folder.
fn lists(rules: &Path, limits: &RuleLimits) -> Result<Vec<RuleFile>> {
    let folder = rules.join("lists");
    if folder.is_dir() {
        shipped::local_lists(&folder, limits.file_bytes)
    } else {
        Ok(Vec::new())
    }
}

/// Loads rules in place of the shipped ones (`detect --rules`): a file, a folder of rules, or a
/// folder laid out as `rules/` is, with mappings and sites of its own beside the shipped mappings.
pub fn load_rules(path: Option<&Path>, limits: &RuleLimits) -> Result<(RuleSet, Vec<Problem>)> {
    let Some(path) = path else {
        let mappings = shipped::rules("mapping");
        return Ok(RuleSet::load(shipped::rules("sigma"), mappings, limits));
    };
    let named = Named::read(path, limits)?;
    let (values, list_problems) = Placeholders::load(&lists(path, limits)?);
    let (rules, mut problems) = RuleSet::load_with(named.rules, named.mappings, &values, limits);
    problems.extend(list_problems);
    problems.extend(Sites::load(named.sites, limits).1);
    Ok((rules, problems))
}

/// Loads rules as `load_rules` does and lists all that is wrong with them, also what a loaded rule
/// can never do; every problem of a rule has a line.
pub(crate) fn check_rules(path: &Path, limits: &RuleLimits) -> Result<(RuleSet, Vec<Problem>)> {
    let named = Named::read(path, limits)?;
    let texts = named.rules.clone();
    let (rules, mut problems) = check(named.rules, named.mappings, limits);
    for problem in problems.iter_mut().filter(|problem| problem.line.is_none()) {
        let file = texts.iter().find(|file| file.path == problem.file);
        problem.line = file
            .zip(problem.rule.as_deref())
            .and_then(|(file, rule)| line_of(&file.text, rule));
    }
    problems.extend(Sites::load(named.sites, limits).1);
    problems.sort_by_cached_key(|problem| (problem.file.clone(), problem.line));
    Ok((rules, problems))
}

/// The line on which a rule says its id.
fn line_of(text: &str, id: &str) -> Option<u32> {
    let place = text.lines().position(|line| {
        let said = line.strip_prefix("id:").map(str::trim);
        said.is_some_and(|said| said.trim_matches(['\'', '"']).eq_ignore_ascii_case(id))
    })?;
    u32::try_from(place + 1).ok()
}

/// The files that a path means, beside the shipped mappings.
struct Named {
    rules: Vec<RuleFile>,
    mappings: Vec<RuleFile>,
    sites: Vec<RuleFile>,
}

impl Named {
    fn read(path: &Path, limits: &RuleLimits) -> Result<Self> {
        let mut named = Self {
            rules: Vec::new(),
            mappings: shipped::rules("mapping"),
            sites: Vec::new(),
        };
        if path.join("sigma").is_dir() {
            named.mappings.extend(under(path, "mapping", limits)?);
            named.rules = under(path, "sigma", limits)?;
            named.sites = under(path, "sites", limits)?;
        } else {
            named.rules = shipped::local_rules(path, limits.file_bytes)?;
        }
        Ok(named)
    }
}
