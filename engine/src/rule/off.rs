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

use std::collections::BTreeMap;

use event::{Text, Time};

use super::RuleFile;
use super::limits::RuleLimits;
use super::problem::{Faults, Problem};
use super::yaml::{self, Node, Value, quoted};

/// Where a rule raises no alerts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Off {
    /// Nowhere does it raise any.
    pub everywhere: bool,
    /// At these sites it raises none.
    pub sites: Vec<Text>,
    /// Who said so last.
    pub who: String,
    /// When.
    pub at: Time,
    /// Why.
    pub why: String,
}

impl Off {
    /// Whether it says anything.
    pub fn is_empty(&self) -> bool {
        !self.everywhere && self.sites.is_empty()
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
        let sites = node.at("sites").map(Node::items).unwrap_or_default();
        let off = Off {
            everywhere: matches!(
                node.at("everywhere").map(|node| &node.value),
                Some(Value::Bool(true))
            ),
            sites: sites
                .iter()
                .filter_map(Node::text)
                .map(Text::from)
                .collect(),
            who: text("who"),
            at: Time::parse(&text("at")).unwrap_or_default(),
            why: text("why"),
        };
        if off.is_empty() {
            return faults.warn(
                node.line,
                "neither everywhere nor at sites: the row says nothing",
            );
        }
        self.set(rule.into(), off);
    }

    /// The file.
    pub fn write(&self) -> String {
        let mut text =
            "# Where rules raise no alerts; the console writes this file too.\n".to_owned();
        for (rule, off) in &self.0 {
            let sites: Vec<String> = off.sites.iter().map(|site| quoted(site)).collect();
            text.push_str(&format!(
                "- rule: {}\n  everywhere: {}\n  sites: [{}]\n  who: {}\n  at: {}\n  why: {}\n",
                quoted(rule),
                off.everywhere,
                sites.join(", "),
                quoted(&off.who),
                off.at,
                quoted(&off.why)
            ));
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
        let off = Off {
            everywhere: false,
            sites: vec!["so-tttt".into(), "x\"\n: y".into()],
            who: "an".to_owned(),
            at: Time::from_seconds(1_800_000_000, 5),
            why: "máy sao lưu: \"ồn\"\n# \\ - x\u{7}\u{85}".to_owned(),
        };
        list.set("r-1".into(), off);
        let everywhere = Off {
            everywhere: true,
            ..Off::default()
        };
        list.set("r-2".into(), everywhere);
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
        let (list, problems) =
            load("- {everywhere: true}\n- {rule: A, sites: [x]}\n- {rule: b}\n- 5\n");
        assert_eq!(list.iter().count(), 1);
        assert!(list.of("a").is_some(), "ids are lower case");
        assert_eq!(problems.len(), 3, "{problems:?}");
        assert_eq!(load("a: [").1.len(), 1);
    }
}
