//! The last good text of every file: it stays in force while somebody has the file broken.
//!
//! It is held in memory only. At a start there is nothing before, and a broken file costs itself.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::path::Path;
use std::sync::Arc;

use event::Time;

use super::files::Disk;
use crate::rule::{Problem, RuleFile, Severity};

/// The texts that could be used whole, by path.
#[derive(Clone, Debug, Default)]
pub(super) struct Kept(BTreeMap<String, Version>);

#[derive(Clone, Debug)]
struct Version {
    file: Arc<RuleFile>,
    /// When it came into force.
    since: Time,
}

impl Kept {
    /// Puts the last good text in the place of what cannot be read, be it a file or all of a folder.
    pub(super) fn stand_in(&self, dir: &Path, disk: &mut Disk) {
        let mut found = Vec::new();
        for problem in &mut disk.problems {
            let path = problem.file.clone();
            if let Some(version) = self.0.get(&path) {
                problem.reason.push_str(&version.stays());
                found.push(version);
                continue;
            }
            let inner = self.below(&path);
            if !inner.is_empty() {
                let stay = "; its files stay in force as they were read last";
                problem.reason.push_str(stay);
                found.extend(inner);
            }
        }
        for version in found {
            disk.put(dir, RuleFile::clone(&version.file));
        }
        disk.sort();
    }

    /// Puts the last good text in the place of files that have an error now, or nothing in them any
    /// more. What is wrong with these, saying what stays; empty when none was replaced.
    pub(super) fn replace(&self, disk: &mut Disk, problems: &[Problem]) -> Vec<Problem> {
        let errors = || problems.iter().filter(|problem| problem.is_error());
        let faulty: BTreeSet<&str> = errors().map(|problem| &*problem.file).collect();
        let (mut replaced, mut told) = (BTreeMap::new(), Vec::new());
        for file in disk.files_mut() {
            let Some(version) = self.0.get(&file.path) else {
                continue;
            };
            let is_emptied = is_blank(&file.text) && !is_blank(&version.file.text);
            let is_faulty = faulty.contains(&*file.path);
            if !(is_faulty || is_emptied) || version.file.text == file.text {
                continue;
            }
            if is_emptied {
                told.push(version.emptied());
            }
            file.clone_from(&version.file);
            replaced.insert(file.path.clone(), version.stays());
        }
        told.extend(errors().filter_map(|problem| {
            let stays = replaced.get(&problem.file)?;
            Some(Problem {
                reason: format!("{}{stays}", problem.reason),
                ..problem.clone()
            })
        }));
        told
    }

    /// What is good from now on: of the files on the disk those without an error, and what stood in.
    pub(super) fn learn(&self, disk: Disk, problems: &[Problem], now: Time) -> Self {
        let errors = problems.iter().filter(|problem| problem.is_error());
        let faulty: BTreeSet<&str> = errors.map(|problem| &*problem.file).collect();
        let off = disk.off.as_ref().map(|file| file.path.clone());
        let mut learnt = BTreeMap::new();
        for file in disk.into_files() {
            let held = self.0.get(&file.path);
            // What is off must not come on by a second mistake: of `off.yml` a faulty text counts
            // too while there is no better.
            let is_off = off.as_ref() == Some(&file.path);
            let version = match held {
                Some(held) if faulty.contains(&*file.path) || held.file.text == file.text => {
                    held.clone()
                }
                None if faulty.contains(&*file.path) && !is_off => continue,
                _ => Version {
                    file: Arc::new(file),
                    since: now,
                },
            };
            learnt.insert(version.file.path.clone(), version);
        }
        Self(learnt)
    }

    /// The same without the files of a folder, which are taken as they are next time.
    pub(super) fn without(&self, folder: &Path) -> Self {
        let mut rest = self.clone();
        rest.0
            .retain(|path, _| !Path::new(path).starts_with(folder));
        rest
    }

    fn below(&self, folder: &str) -> Vec<&Version> {
        let first = (Bound::Included(folder), Bound::Unbounded);
        let behind = self.0.range::<str, _>(first);
        let inner = behind
            .take_while(|(path, _)| path.starts_with(folder))
            .filter(|(path, _)| Path::new(path).starts_with(folder));
        inner.map(|(_, version)| version).collect()
    }
}

impl Version {
    fn stays(&self) -> String {
        format!(
            "; the version of {} stays in force until it is mended",
            self.since
        )
    }

    fn emptied(&self) -> Problem {
        Problem {
            file: self.file.path.clone(),
            line: None,
            rule: None,
            reason: format!(
                "the file is empty{}; delete it to take it out of force",
                self.stays()
            ),
            severity: Severity::Error,
        }
    }
}

fn is_blank(text: &str) -> bool {
    text.trim().is_empty()
}
