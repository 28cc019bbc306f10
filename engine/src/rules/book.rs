//! The rules as people see them: which there are, where each is off, what leaves them alone.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use event::{Text, Time};

use super::Shipped;
use super::files::{self, Disk};
use super::kept::Kept;
use crate::rule::{
    Filter, Logsource, Mapping, Off, OffList, Placeholders, Problem, RuleFile, RuleInfo,
    RuleLimits, RuleSet, Severity, Tuning,
};

/// A rule as people see it.
#[derive(Clone, Debug)]
pub struct BookRow {
    /// What is known of it.
    pub info: Arc<RuleInfo>,
    /// The pack that it came with.
    pub pack: Option<String>,
    /// Under which licence: what it says itself, else that of its pack.
    pub license: Option<String>,
    /// What it is written for; nothing for a correlation.
    pub(crate) logsource: Logsource,
    /// Where it raises no alerts.
    pub off: Option<Off>,
    /// The exceptions in force that leave events out of it, or, of a correlation, out of what it
    /// counts.
    pub exceptions: Vec<Text>,
    /// The correlations that count it, by id.
    pub used_by: Vec<Text>,
}

impl BookRow {
    /// A part of its log source: category, product, service.
    pub fn logsource(&self, part: &str) -> Option<&str> {
        self.logsource.part(part)
    }
}

/// Everything that was loaded together. Immutable.
#[derive(Clone, Debug, Default)]
pub struct Book {
    rows: Vec<BookRow>,
    places: HashMap<Text, usize>,
    filters: Vec<Filter>,
    problems: Vec<Problem>,
    pub(super) mapping: Mapping,
    /// When the next filter expires.
    pub(super) expires: Option<Time>,
}

/// Rules as they are compiled, with the book of them.
pub(super) struct Loaded {
    pub(super) set: RuleSet,
    pub(super) book: Book,
    /// What stands in for files that are broken next time.
    pub(super) kept: Kept,
}

/// What rules are made of beside files, and the last good texts of these.
#[derive(Clone, Copy)]
pub(super) struct Ground<'a> {
    pub(super) dir: &'a Path,
    pub(super) shipped: &'a Shipped,
    pub(super) limits: &'a RuleLimits,
    pub(super) kept: &'a Kept,
    pub(super) now: Time,
}

/// Makes rules of files. Of a file that has an error its last good text is taken.
pub(super) fn load(ground: Ground<'_>, mut disk: Disk) -> Loaded {
    /// A file that goes back may bring an error to another, which was written beside its new text.
    const ROUNDS: usize = 3;
    let (mut set, mut off, mut problems) = ground.load(&disk);
    let mut told = Vec::new();
    for _ in 0..ROUNDS {
        let replaced = ground.kept.replace(&mut disk, &problems);
        if replaced.is_empty() {
            break;
        }
        told.extend(replaced);
        (set, off, problems) = ground.load(&disk);
    }
    problems.extend(off_for_nothing(&set, &off, disk.off.as_ref()));
    told.extend(problems.iter().cloned());
    told.append(&mut disk.problems);
    let licences = std::mem::take(&mut disk.licences);
    let kept = ground.kept.learn(disk, &problems, ground.now);
    let book = Book::of(ground, &set, &off, &licences, told);
    Loaded { set, book, kept }
}

impl Ground<'_> {
    fn load(&self, disk: &Disk) -> (RuleSet, OffList, Vec<Problem>) {
        let (lists, list_problems) = Placeholders::load(&disk.lists);
        let (off, off_problems) = match &disk.off {
            Some(file) => OffList::load(file, self.limits),
            None => Default::default(),
        };
        let mut rules = self.shipped.rules.clone();
        // The operator's own before packs: of two local rules with one id the first is taken.
        rules.extend(disk.own.iter().cloned());
        rules.extend(disk.packs.values().flatten().cloned());
        let mut mappings = self.shipped.mappings.clone();
        mappings.extend(disk.mappings.iter().cloned());
        let tuning = Tuning {
            now: self.now,
            off: off.clone(),
        };
        let (set, mut problems) = RuleSet::load_with(rules, mappings, &lists, &tuning, self.limits);
        problems.extend(list_problems);
        problems.extend(off_problems);
        (set, off, problems)
    }
}

/// Rows of `off.yml` that name no rule.
fn off_for_nothing(set: &RuleSet, off: &OffList, file: Option<&RuleFile>) -> Vec<Problem> {
    let known: BTreeSet<&str> = set.rules().map(|info| &*info.id).collect();
    let strays = off.iter().filter(|(rule, _)| !known.contains(&***rule));
    let problems = strays.map(|(rule, _)| Problem {
        file: file.map(|file| file.path.clone()).unwrap_or_default(),
        line: None,
        rule: Some(rule.to_string()),
        reason: format!("{rule} is off, and is no rule that is loaded"),
        severity: Severity::Warning,
    });
    problems.collect()
}

impl Book {
    fn of(
        Ground { dir, now, .. }: Ground<'_>,
        set: &RuleSet,
        off: &OffList,
        licences: &BTreeMap<String, String>,
        problems: Vec<Problem>,
    ) -> Self {
        let packs = dir.join("sigma/packs");
        let logsources = logsources(set);
        let mut used_by = used_by(set);
        let excepted = excepted(set);
        let mut rows: Vec<BookRow> = set
            .rules()
            .map(|info| {
                let pack = files::pack_of(&packs, Path::new(&info.file));
                (info, pack)
            })
            .map(|(info, pack)| BookRow {
                license: info
                    .license
                    .clone()
                    .or_else(|| licences.get(pack.as_ref()?).cloned()),
                pack,
                logsource: logsources
                    .get(&info.id)
                    .map(|held| (*held).clone())
                    .unwrap_or_default(),
                off: off.of(&info.id).cloned(),
                exceptions: excepted.get(&info.id).cloned().unwrap_or_default(),
                used_by: used_by.remove(&info.id).into_iter().flatten().collect(),
                info: Arc::clone(info),
            })
            .collect();
        rows.sort_by_cached_key(|row| {
            let info = &row.info;
            (
                std::cmp::Reverse(info.level),
                info.title.to_lowercase(),
                Text::clone(&info.id),
            )
        });
        let places = rows.iter().enumerate();
        let places = places.map(|(place, row)| (Text::clone(&row.info.id), place));
        let ends = set
            .filters()
            .iter()
            .filter_map(|filter| filter.notes.expires);
        Self {
            places: places.collect(),
            rows,
            filters: set.filters().to_vec(),
            problems,
            mapping: set.mapping.clone(),
            expires: ends.filter(|end| *end > now).min(),
        }
    }

    /// All rules, the worst first.
    pub fn rows(&self) -> &[BookRow] {
        &self.rows
    }

    /// A rule by its id.
    pub fn row(&self, id: &str) -> Option<&BookRow> {
        let place = self.places.get(id.to_lowercase().as_str())?;
        self.rows.get(*place)
    }

    /// All filters, also those that have expired.
    pub fn filters(&self) -> &[Filter] {
        &self.filters
    }

    /// What could not be used; it cost only itself.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// The filters that leave events out of a rule, or out of what a correlation counts.
    pub fn filters_of<'a>(&'a self, row: &'a BookRow) -> impl Iterator<Item = &'a Filter> {
        self.filters
            .iter()
            .filter(move |filter| concerns(filter, row))
    }

    /// The rules whose events a rule takes: itself, or those that a correlation counts.
    pub(super) fn looked_at(&self, row: &BookRow) -> Vec<Text> {
        if row.info.correlation {
            row.info.rules.clone()
        } else {
            vec![Text::clone(&row.info.id)]
        }
    }

    /// The same book, with something that could not be done.
    pub(super) fn with_problem(&self, problem: Problem) -> Self {
        let mut book = self.clone();
        book.problems.push(problem);
        book
    }
}

fn logsources(set: &RuleSet) -> HashMap<&Text, &Logsource> {
    let rules = set.detections.iter();
    rules
        .map(|rule| (&rule.info.id, &rule.body.logsource))
        .collect()
}

/// For each rule the correlations that count it.
fn used_by(set: &RuleSet) -> HashMap<Text, BTreeSet<Text>> {
    let mut used_by: HashMap<Text, BTreeSet<Text>> = HashMap::new();
    for outer in &set.correlations {
        let members = outer.members.iter().map(|member| &member.rule);
        for id in members.chain(&outer.info.rules) {
            let held = used_by.entry(Text::clone(id)).or_default();
            held.insert(Text::clone(&outer.info.id));
        }
    }
    used_by
}

fn concerns(filter: &Filter, row: &BookRow) -> bool {
    let info = &row.info;
    filter.notes.rule.as_ref() == Some(&info.id)
        || filter.rules.contains(&info.id)
        || (info.correlation && info.rules.iter().any(|id| filter.rules.contains(id)))
}

/// For each rule the filters in force that leave events out of it.
fn excepted(set: &RuleSet) -> BTreeMap<Text, Vec<Text>> {
    let mut by_rule: BTreeMap<Text, Vec<Text>> = BTreeMap::new();
    for filter in set.filters().iter().filter(|filter| !filter.expired) {
        let applied: HashSet<&Text> = filter.rules.iter().collect();
        let counted = set.rules().filter(|info| {
            filter.notes.rule.as_ref() == Some(&info.id)
                || applied.contains(&info.id)
                || info.rules.iter().any(|id| applied.contains(id))
        });
        for info in counted {
            let held = by_rule.entry(Text::clone(&info.id)).or_default();
            held.push(Text::clone(&filter.id));
        }
    }
    by_rule
}
