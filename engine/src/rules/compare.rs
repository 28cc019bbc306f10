//! What an import changes: its rules beside those in force, what of it cannot be used, under which
//! licences it stands.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::Path;

use event::Text;

use super::Book;
use super::archive::{PackFile, is_rule};
use crate::detect::Engine;
use crate::rule::{Level, Problem, RuleLimits, RuleSet, Severity, documents};

/// Refused rules that are listed.
const LISTED: usize = 200;

/// What becomes of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RuleChange {
    /// There was no rule of that id.
    Added,
    /// There was another under that id.
    Changed,
    /// It goes.
    Removed,
}

impl RuleChange {
    /// The word in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Changed => "changed",
            Self::Removed => "removed",
        }
    }
}

/// A rule that an import changes.
#[derive(Clone, Debug)]
pub struct ImportItem {
    /// Its id.
    pub id: Text,
    /// What it is called.
    pub title: String,
    /// How bad a match is.
    pub level: Level,
    /// What becomes of it.
    pub change: RuleChange,
    /// It takes the place of a rule that is shipped.
    pub shipped: bool,
}

/// What an import changes.
#[derive(Clone, Debug, Default)]
pub struct Compared {
    /// The rules that change, the worst first.
    pub items: Vec<ImportItem>,
    /// Rules that stay as they are.
    pub unchanged: usize,
    /// Rules that cannot be used.
    pub refused: usize,
    /// Why, for the first 200.
    pub problems: Vec<Problem>,
    /// Licences of its rules: name, rules.
    pub licenses: Vec<(String, usize)>,
    /// Rules of the pack.
    pub rules: usize,
}

/// A pack brings rules. A filter of it would silence rules of others without a word, so its file is
/// left out and listed.
pub(super) fn without_filters(
    files: Vec<PackFile>,
    limits: &RuleLimits,
) -> (Vec<PackFile>, Vec<Problem>) {
    let has_filter = |file: &PackFile| {
        let text = String::from_utf8_lossy(&file.bytes);
        let mut documents = documents(&text, limits).into_iter();
        is_rule(&file.path)
            && documents.any(|document| document.root.is_ok_and(|root| root.at("filter").is_some()))
    };
    let (filters, rest): (Vec<PackFile>, Vec<PackFile>) = files.into_iter().partition(has_filter);
    let problem = |file: PackFile| Problem {
        file: file.path,
        line: None,
        rule: None,
        reason: "filters of packs are not taken, for they silence others' rules; make exceptions"
            .to_owned(),
        severity: Severity::Error,
    };
    (rest, filters.into_iter().map(problem).collect())
}

/// What a pack changes in the rules.
pub(super) fn compare(
    before: &Book,
    after: &Book,
    pack: &str,
    folder: &Path,
    shipped: &HashSet<Text>,
) -> Compared {
    let mut compared = Compared::default();
    let item = |row: &super::BookRow, change| ImportItem {
        id: Text::clone(&row.info.id),
        title: row.info.title.clone(),
        level: row.info.level,
        change,
        shipped: row.pack.as_deref() == Some(pack) && shipped.contains(&row.info.id),
    };
    let of_pack = |row: &&super::BookRow| row.pack.as_deref() == Some(pack);
    let mut licenses: BTreeMap<String, usize> = BTreeMap::new();
    for row in after.rows().iter().filter(of_pack) {
        compared.rules += 1;
        let license = row.license.clone().unwrap_or_default();
        *licenses.entry(license).or_default() += 1;
        match before.row(&row.info.id) {
            None => compared.items.push(item(row, RuleChange::Added)),
            Some(held) if held.info.source.trim() == row.info.source.trim() => {
                compared.unchanged += 1
            }
            Some(_) => compared.items.push(item(row, RuleChange::Changed)),
        }
    }
    for row in before.rows().iter().filter(of_pack) {
        match after.row(&row.info.id) {
            None => compared.items.push(item(row, RuleChange::Removed)),
            // Another of that id comes to light: shipped, or of another pack.
            Some(other) if other.pack != row.pack => {
                compared.items.push(item(other, RuleChange::Changed));
            }
            Some(_) => {}
        }
    }
    compared.items.sort_by_cached_key(|item| {
        (
            item.change,
            std::cmp::Reverse(item.level),
            item.title.to_lowercase(),
        )
    });
    compared.licenses = licenses.into_iter().collect();
    compared.refuse(after, folder);
    compared
}

impl Compared {
    /// Notes what of a pack's folder cannot be used; several problems of one rule cost one rule.
    fn refuse(&mut self, after: &Book, folder: &Path) {
        let mut refused = BTreeSet::new();
        for problem in after.problems().iter().filter(|problem| problem.is_error()) {
            let Ok(inner) = Path::new(&problem.file).strip_prefix(folder) else {
                continue;
            };
            let line = problem.line.filter(|_| problem.rule.is_none());
            refused.insert((&problem.file, &problem.rule, line));
            if self.problems.len() < LISTED {
                self.problems.push(Problem {
                    file: inner.display().to_string(),
                    ..problem.clone()
                });
            }
        }
        self.refused = refused.len();
    }
}

/// The engine of the rules that are new or others, with what correlations among them count.
pub(super) fn engine_of(set: &mut RuleSet, compared: &Compared) -> Engine {
    let items = compared
        .items
        .iter()
        .filter(|item| item.change != RuleChange::Removed);
    set.only(items.map(|item| Text::clone(&item.id)).collect());
    Engine::compile(set)
}
