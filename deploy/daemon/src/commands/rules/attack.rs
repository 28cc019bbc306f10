//! What of MITRE ATT&CK rules cover, as their tags say it: `attack.<tactic>` and `attack.t1059.001`.

use std::collections::BTreeMap;
use std::sync::Arc;

use engine::rule::RuleInfo;
use serde_json::{Value, json};

/// The tactics in the order of an attack; those of ATT&CK 18 and before at their old places.
const TACTICS: [&str; 16] = [
    "reconnaissance",
    "resource-development",
    "initial-access",
    "execution",
    "persistence",
    "privilege-escalation",
    "defense-evasion",
    "stealth",
    "defense-impairment",
    "credential-access",
    "discovery",
    "lateral-movement",
    "collection",
    "command-and-control",
    "exfiltration",
    "impact",
];
/// Where a technique stands whose rule names no tactic.
const NONE: &str = "(no tactic)";

/// Rules by tactic and technique.
pub(super) struct Coverage {
    tactics: Vec<Tactic>,
    rules: usize,
    untagged: usize,
}

struct Tactic {
    name: String,
    rules: usize,
    techniques: BTreeMap<String, usize>,
}

impl Coverage {
    pub(super) fn of(rules: &[&Arc<RuleInfo>]) -> Self {
        let mut coverage = Self {
            tactics: Vec::new(),
            rules: rules.len(),
            untagged: 0,
        };
        for rule in rules {
            coverage.count(&rule.tags);
        }
        let place = |name: &str| TACTICS.iter().position(|tactic| *tactic == name);
        coverage.tactics.sort_by_cached_key(|tactic| {
            (
                place(&tactic.name).unwrap_or(TACTICS.len()),
                tactic.name.clone(),
            )
        });
        coverage
    }

    fn count(&mut self, tags: &[String]) {
        let tags = tags.iter().filter_map(|tag| {
            let tag = tag.to_ascii_lowercase();
            Some(tag.strip_prefix("attack.")?.replace('_', "-"))
        });
        let (mut techniques, mut tactics) = (Vec::new(), Vec::new());
        for tag in tags {
            let digits = tag.strip_prefix('t').unwrap_or_default();
            if digits.starts_with(|letter: char| letter.is_ascii_digit()) {
                techniques.push(tag.to_ascii_uppercase());
            } else if TACTICS.contains(&&*tag) {
                tactics.push(tag);
            }
        }
        if tactics.is_empty() && techniques.is_empty() {
            self.untagged += 1;
            return;
        }
        if tactics.is_empty() {
            tactics.push(NONE.to_owned());
        }
        for list in [&mut techniques, &mut tactics] {
            list.sort();
            list.dedup();
        }
        for name in tactics {
            let tactic = self.tactic(name);
            tactic.rules += 1;
            for technique in &techniques {
                *tactic.techniques.entry(technique.clone()).or_insert(0) += 1;
            }
        }
    }

    fn tactic(&mut self, name: String) -> &mut Tactic {
        let held = self.tactics.iter().position(|tactic| tactic.name == name);
        let place = held.unwrap_or(self.tactics.len());
        if held.is_none() {
            self.tactics.push(Tactic {
                name,
                rules: 0,
                techniques: BTreeMap::new(),
            });
        }
        #[expect(clippy::indexing_slicing, reason = "found, or pushed above")]
        &mut self.tactics[place]
    }

    /// A block for each tactic, its techniques below it.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        for tactic in &self.tactics {
            let Tactic {
                name,
                rules,
                techniques,
            } = tactic;
            text.push_str(&format!(
                "{name}: {rules} rules, {} techniques\n",
                techniques.len()
            ));
            for (technique, rules) in techniques {
                text.push_str(&format!("  {technique:10} {rules:>6}\n"));
            }
        }
        text.push_str(&format!(
            "{} rules, {} of them without a tag of ATT&CK\n",
            self.rules, self.untagged
        ));
        text
    }

    /// The same for programs.
    pub(super) fn json(&self) -> Value {
        let tactics = self.tactics.iter().map(|tactic| {
            json!({"tactic": tactic.name, "rules": tactic.rules, "techniques": tactic.techniques})
        });
        json!({
            "rules": self.rules,
            "untagged": self.untagged,
            "tactics": tactics.collect::<Vec<_>>(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_counts_once_for_each_technique_under_each_tactic() {
        let mut coverage = Coverage {
            tactics: Vec::new(),
            rules: 3,
            untagged: 0,
        };
        let tags = |list: &[&str]| list.iter().map(|tag| (*tag).to_owned()).collect::<Vec<_>>();
        coverage.count(&tags(&[
            "attack.execution",
            "attack.t1059.001",
            "attack.T1059.001",
        ]));
        coverage.count(&tags(&[
            "attack.execution",
            "attack.lateral_movement",
            "attack.t1021",
            "attack.g0001",
        ]));
        coverage.count(&tags(&["cve.2024-1"]));
        assert_eq!(
            coverage.text(),
            "execution: 2 rules, 2 techniques\n  T1021           1\n  T1059.001       1\n\
             lateral-movement: 1 rules, 1 techniques\n  T1021           1\n\
             3 rules, 1 of them without a tag of ATT&CK\n"
        );
    }
}
