//! Rules, mappings and sites: shipped ones, and those of the data folder that win by id.

use std::path::Path;

use anyhow::Result;
use engine::rule::{Placeholders, Problem, RuleFile, RuleLimits, RuleSet, Sites, Tuning, check};
use engine::rules::{Found, list_files, rule_files};

use crate::{shipped, system_clock};

/// What is known before the first event, beside the rules.
pub struct Knowledge {
    /// The site tree with its networks.
    pub sites: Sites,
    /// What could not be used; it cost only itself.
    pub problems: Vec<web::RuleProblem>,
}

/// Loads shipped knowledge, a data folder's own, and files named beside them.
pub fn load(data_dir: &Path, extra_sites: Vec<RuleFile>, limits: &RuleLimits) -> Result<Knowledge> {
    let (sites, problems) = load_sites(data_dir, extra_sites, limits)?;
    for problem in &problems {
        tracing::warn!("{problem}");
    }
    let problems = problems.into_iter().map(|problem| web::RuleProblem {
        file: problem.file,
        line: problem.line,
        reason: problem.reason,
    });
    Ok(Knowledge {
        sites,
        problems: problems.collect(),
    })
}

/// Loads the rules that a centre on a data folder would have in force, for a command that looks at
/// them; what is wrong is logged.
pub(crate) fn load_own_rules(data_dir: &Path, limits: &RuleLimits) -> Result<RuleSet> {
    let (dir, now) = (data_dir.join("rules"), system_clock()());
    let (rules, problems) = engine::rules::load(&dir, &shipped::rulebook(), limits, now)?;
    for problem in problems {
        tracing::warn!("{problem}");
    }
    Ok(rules)
}

/// Loads the sites alone: all that reading a file needs.
pub fn load_sites(
    data_dir: &Path,
    extra: Vec<RuleFile>,
    limits: &RuleLimits,
) -> Result<(Sites, Vec<Problem>)> {
    let own = under(&data_dir.join("rules"), "sites", limits)?;
    let mut files = shipped::rules("sites");
    files.extend(own.files);
    files.extend(extra);
    let (sites, mut problems) = Sites::load(files, limits);
    problems.extend(own.problems);
    Ok((sites, problems))
}

/// The files of a folder's part; none when it has none.
fn under(folder: &Path, part: &str, limits: &RuleLimits) -> Result<Found> {
    let path = folder.join(part);
    if path.exists() {
        Ok(rule_files(&path, limits.file_bytes)?)
    } else {
        Ok(Found::default())
    }
}

/// The lists of values for `expand` of a rules folder.
fn lists(rules: &Path, limits: &RuleLimits) -> Result<Found> {
    let folder = rules.join("lists");
    if folder.is_dir() {
        Ok(list_files(&folder, limits.file_bytes)?)
    } else {
        Ok(Found::default())
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
    let lists = lists(path, limits)?;
    let (values, list_problems) = Placeholders::load(&lists.files);
    let tuning = Tuning {
        now: system_clock()(),
        ..Tuning::default()
    };
    let (rules, mut problems) =
        RuleSet::load_with(named.rules, named.mappings, &values, &tuning, limits);
    problems.extend(named.problems);
    problems.extend(lists.problems);
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
    problems.extend(named.problems);
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
    problems: Vec<Problem>,
}

impl Named {
    fn read(path: &Path, limits: &RuleLimits) -> Result<Self> {
        let mut named = Self {
            rules: Vec::new(),
            mappings: shipped::rules("mapping"),
            sites: Vec::new(),
            problems: Vec::new(),
        };
        if path.join("sigma").is_dir() {
            let mappings = under(path, "mapping", limits)?;
            let rules = under(path, "sigma", limits)?;
            let sites = under(path, "sites", limits)?;
            named.mappings.extend(mappings.files);
            (named.rules, named.sites) = (rules.files, sites.files);
            for problems in [mappings.problems, rules.problems, sites.problems] {
                named.problems.extend(problems);
            }
        } else {
            let found = rule_files(path, limits.file_bytes)?;
            (named.rules, named.problems) = (found.files, found.problems);
        }
        Ok(named)
    }
}
