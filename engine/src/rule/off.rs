//! Where rules raise no alerts (`data_dir/rules/off.yml`), and who said so.
//!
//! ```yaml
//! - rule: 5f1c0a00-4be2-4d8a-9a51-2f6c7d90e101
//!   everywhere: false
//!   sites: [so-tttt]                  # leaves of the site tree
//!   who: an
//!   at: 2026-11-30T08:00:00.000000Z
//!   why: the backup host signs in like this
//! ```
//!
//! A rule has a row for each time that somebody said so: who and why belong to the row's places alone.

use std::collections::BTreeMap;

use event::{Text, Time};

use super::RuleFile;
use super::limits::RuleLimits;
use super::problem::{Faults, Problem};
use super::yaml::{self, Node, Value, quoted};

/// Where a rule raises no alerts, and who said so of each place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Off {
    /// No place is in two of them.
    entries: Vec<OffEntry>,
}

/// Places of which one person said at one moment that a rule is off there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OffEntry {
    /// Nowhere does it raise any alerts.
    pub everywhere: bool,
    /// At these sites it raises none.
    pub sites: Vec<Text>,
    /// Who said so.
    pub who: String,
    /// When.
    pub at: Time,
    /// Why.
    pub why: String,
}

impl OffEntry {
    fn is_empty(&self) -> bool {
        !self.everywhere && self.sites.is_empty()
    }
}

impl Off {
    /// What one person said.
    pub fn of(entry: OffEntry) -> Self {
        let mut off = Self::default();
        off.add(entry);
        off
    }

    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Whether the rule raises alerts nowhere.
    pub fn is_everywhere(&self) -> bool {
        self.entries.iter().any(|entry| entry.everywhere)
    }

    /// The sites at which it raises none.
    pub fn sites(&self) -> impl Iterator<Item = &Text> {
        self.entries.iter().flat_map(|entry| &entry.sites)
    }

    /// Who said what, in the order in which it was said.
    pub fn entries(&self) -> &[OffEntry] {
        &self.entries
    }

    /// Says it of more places. Of a place where the rule is off already it stays said by whom it was.
    /// Whether something was added.
    pub fn add(&mut self, mut entry: OffEntry) -> bool {
        entry.everywhere &= !self.is_everywhere();
        entry.sites.sort();
        entry.sites.dedup();
        entry
            .sites
            .retain(|site| !self.sites().any(|held| held == site));
        if entry.is_empty() {
            return false;
        }
        self.entries.push(entry);
        true
    }

    /// Takes it back where it is not to stay.
    pub fn keep(&mut self, everywhere: bool, stays: impl Fn(&Text) -> bool) {
        for entry in &mut self.entries {
            entry.everywhere &= everywhere;
            entry.sites.retain(&stays);
        }
        self.entries.retain(|entry| !entry.is_empty());
    }
}

/// All rules that are off somewhere, by id in lower case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OffList(BTreeMap<Text, Off>);

impl OffList {
    /// Reads the file. What is wrong is listed and costs its row.
    pub fn load(file: &RuleFile, limits: &RuleLimits) -> (Self, Vec<Problem>) {
        let (mut list, mut faults) = (Self::default(), Faults::default());
        if file.text.len() > limits.file_bytes {
            let most = limits.file_bytes;
            faults.error(
                0,
                format!("larger than {most} bytes; nothing of it is read"),
            );
            return (list, faults.into_problems(&file.path, None));
        }
        for document in yaml::documents(&file.text, limits) {
            match document.root {
                Ok(root) => root
                    .items()
                    .iter()
                    .for_each(|node| list.read(node, &mut faults)),
                Err((line, reason)) => faults.error(line, reason),
            }
        }
        (list, faults.into_problems(&file.path, None))
    }

    fn read(&mut self, node: &Node, faults: &mut Faults) {
        let text = |key: &str| node.at(key).and_then(Node::text).unwrap_or_default();
        let rule = text("rule").to_lowercase();
        if rule.is_empty() {
            return faults.error(node.line, "a row needs a rule: its id");
        }
        let everywhere = match node.at("everywhere").map(|node| (&node.value, node.line)) {
            None | Some((Value::Null, _)) => false,
            Some((Value::Bool(everywhere), _)) => *everywhere,
            Some((_, line)) => return faults.error(line, "everywhere is true or false"),
        };
        let listed = node.at("sites").map(Node::items).unwrap_or_default();
        let sites: Vec<Text> = listed
            .iter()
            .filter_map(Node::text)
            .map(Text::from)
            .collect();
        if sites.len() < listed.len() {
            return faults.error(node.line, "sites are ids of sites, as text");
        }
        let entry = OffEntry {
            everywhere,
            sites,
            who: text("who"),
            at: Time::parse(&text("at")).unwrap_or_default(),
            why: text("why"),
        };
        if entry.is_empty() {
            return faults.warn(
                node.line,
                "neither everywhere nor at sites: the row says nothing",
            );
        }
        if !self.0.entry(rule.into()).or_default().add(entry) {
            faults.warn(node.line, "an earlier row says this already");
        }
    }

    /// The file.
    pub fn write(&self) -> String {
        let mut text =
            "# Where rules raise no alerts; the console writes this file too.\n".to_owned();
        for (rule, off) in &self.0 {
            for entry in off.entries() {
                let sites: Vec<String> = entry.sites.iter().map(|site| quoted(site)).collect();
                text.push_str(&format!(
                    "- rule: {}\n  everywhere: {}\n  sites: [{}]\n  who: {}\n  at: {}\n  why: {}\n",
                    quoted(rule),
                    entry.everywhere,
                    sites.join(", "),
                    quoted(&entry.who),
                    entry.at,
                    quoted(&entry.why)
                ));
            }
        }
        text
    }

    /// Where a rule is off.
    pub fn of(&self, rule: &str) -> Option<&Off> {
        self.0.get(rule)
    }

    /// Says where a rule is off; nowhere: it is on.
    pub fn set(&mut self, rule: Text, off: Off) {
        if off.is_empty() {
            self.0.remove(&rule);
        } else {
            self.0.insert(rule, off);
        }
    }

    /// Every rule that is off somewhere.
    pub fn iter(&self) -> impl Iterator<Item = (&Text, &Off)> {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::Origin;

    fn load(text: &str) -> (OffList, Vec<String>) {
        let file = RuleFile {
            origin: Origin::Local,
            path: "off.yml".to_owned(),
            text: text.to_owned(),
        };
        let (list, problems) = OffList::load(&file, &RuleLimits::default());
        (list, problems.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn what_is_written_is_read_again() {
        let mut list = OffList::default();
        let mut off = Off::of(OffEntry {
            everywhere: false,
            sites: vec!["so-tttt".into(), "x\"\n: y".into()],
            who: "an".to_owned(),
            at: Time::from_seconds(1_800_000_000, 5),
            why: "máy sao lưu: \"ồn\"\n# \\ - x\u{7}\u{85}".to_owned(),
        });
        let everywhere = OffEntry {
            everywhere: true,
            who: "bình".to_owned(),
            ..OffEntry::default()
        };
        off.add(everywhere.clone());
        list.set("r-1".into(), off);
        list.set("r-2".into(), Off::of(everywhere));
        let (read, problems) = load(&list.write());
        assert!(problems.is_empty(), "{problems:?}");
        assert_eq!(read, list);
        list.set("r-2".into(), Off::default());
        assert!(list.of("r-2").is_none());
        assert_eq!(
            load(&OffList::default().write()),
            (OffList::default(), vec![])
        );
    }

    #[test]
    fn a_bad_row_costs_only_itself() {
        let (list, problems) = load(
            "- {everywhere: true}\n- {rule: A, sites: [x]}\n- {rule: b}\n- 5\n- {rule: c, everywhere: ja}\n",
        );
        assert_eq!(list.iter().count(), 1);
        assert!(list.of("a").is_some(), "ids are lower case");
        assert_eq!(problems.len(), 4, "{problems:?}");
        assert_eq!(load("a: [").1.len(), 1);
    }
    #[test]
    fn who_and_why_belong_to_the_places_that_they_were_said_of() {
        // The form with one word for all sites reads too.
        let (list, problems) = load(
            "- {rule: a, sites: [x, y], who: an, why: one}\n\
             - {rule: a, sites: [y, z], who: bình, why: two}\n\
             - {rule: a, sites: [z], who: chi}\n",
        );
        assert_eq!(problems.len(), 1, "{problems:?}");
        let mut off = list.of("a").cloned().unwrap();
        let said = |off: &Off| {
            let entries = off.entries().iter().map(|entry| {
                let sites: Vec<&str> = entry.sites.iter().map(|site| &**site).collect();
                format!("{} {} {}", sites.join("+"), entry.who, entry.why)
            });
            entries.collect::<Vec<_>>().join(", ")
        };
        assert_eq!(said(&off), "x+y an one, z bình two");
        off.keep(false, |site| &**site != "x");
        assert_eq!(said(&off), "y an one, z bình two");
        off.keep(false, |_| false);
        assert!(off.is_empty());
    }
}
