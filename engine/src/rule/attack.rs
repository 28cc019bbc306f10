//! What of MITRE ATT&CK rules cover, as their tags say it: `attack.<tactic>` and `attack.t1059.001`.

use std::collections::BTreeMap;

use super::techniques;

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

/// Rules by tactic and technique. A rule counts for each technique that it names, under the tactics that
/// it names and that ATT&CK has the technique under.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// How many rules were counted.
    pub rules: usize,
    /// How many of them name neither a tactic nor a technique.
    pub untagged: usize,
    /// In the order of an attack; those that nobody names are left out.
    pub tactics: Vec<Tactic>,
}

/// A tactic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tactic {
    /// `credential-access`; `(no tactic)` for techniques whose rules name none.
    pub name: String,
    /// Rules that name it.
    pub rules: usize,
    /// What they name under it, by id: `T1110.001`.
    pub techniques: BTreeMap<String, Technique>,
}

/// A technique under a tactic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Technique {
    /// Rules that name it.
    pub rules: usize,
    /// Those of them that are off everywhere.
    pub off: usize,
    /// Alerts of its rules.
    pub alerts: u64,
}

/// A rule as it is counted.
#[derive(Clone, Copy, Debug)]
pub struct Tagged<'a> {
    /// Its tags.
    pub tags: &'a [String],
    /// Whether it is off everywhere.
    pub off: bool,
    /// Its alerts.
    pub alerts: u64,
}

impl Coverage {
    /// Counts rules.
    pub fn of<'a>(rules: impl IntoIterator<Item = Tagged<'a>>) -> Self {
        let mut coverage = Self::default();
        for rule in rules {
            coverage.rules += 1;
            coverage.count(&rule);
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

    fn count(&mut self, rule: &Tagged<'_>) {
        let tags = rule.tags.iter().filter_map(|tag| {
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
        for list in [&mut techniques, &mut tactics] {
            list.sort();
            list.dedup();
        }
        let mut cells: BTreeMap<String, Vec<&String>> = BTreeMap::new();
        for technique in &techniques {
            for tactic in places(technique, &tactics) {
                cells.entry(tactic).or_default().push(technique);
            }
        }
        for tactic in tactics {
            cells.entry(tactic).or_default();
        }
        for (name, techniques) in cells {
            let tactic = self.tactic(name);
            tactic.rules += 1;
            for name in techniques {
                let technique = tactic.techniques.entry(name.clone()).or_default();
                technique.rules += 1;
                technique.off += usize::from(rule.off);
                technique.alerts = technique.alerts.saturating_add(rule.alerts);
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
}

/// The tactics under which a technique of a rule stands: those of the rule's that ATT&CK has it under, else
/// those of ATT&CK; one that ATT&CK 17 does not know stands under all of the rule's.
fn places(technique: &str, named: &[String]) -> Vec<String> {
    let Some(own) = techniques::tactics(technique) else {
        let none = || vec![NONE.to_owned()];
        return if named.is_empty() {
            none()
        } else {
            named.to_vec()
        };
    };
    // ATT&CK 19 parted defense-evasion in two.
    let known = |name: &String| match name.as_str() {
        "stealth" | "defense-impairment" => own.contains(&"defense-evasion"),
        name => own.contains(&name),
    };
    let both: Vec<String> = named.iter().filter(|name| known(name)).cloned().collect();
    if both.is_empty() {
        own.iter().map(|name| (*name).to_owned()).collect()
    } else {
        both
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_technique_stands_where_attack_has_it() {
        let named = |list: &[&str]| {
            list.iter()
                .map(|name| (*name).to_owned())
                .collect::<Vec<_>>()
        };
        let both = named(&["discovery", "execution"]);
        assert_eq!(places("T1018", &both), ["discovery"]);
        assert_eq!(places("T1018", &named(&["impact"])), ["discovery"]);
        assert_eq!(places("T1018", &[]), ["discovery"]);
        assert_eq!(places("T1562.001", &named(&["stealth"])), ["stealth"]);
        assert_eq!(places("T9999", &both), ["discovery", "execution"]);
        assert_eq!(places("T9999", &[]), [NONE]);
    }

    #[test]
    fn a_rule_counts_once_for_each_technique_under_each_tactic() {
        let tags = |list: &[&str]| list.iter().map(|tag| (*tag).to_owned()).collect::<Vec<_>>();
        let shell = tags(&["attack.execution", "attack.t1059.001", "attack.T1059.001"]);
        let remote = tags(&[
            "attack.lateral_movement",
            "attack.execution",
            "attack.t1021",
            "attack.g0001",
        ]);
        let other = tags(&["cve.2024-1"]);
        let rule = |tags, off, alerts| Tagged { tags, off, alerts };
        let coverage = Coverage::of([
            rule(&remote, true, 3),
            rule(&shell, false, 2),
            rule(&other, false, 9),
        ]);
        assert_eq!((coverage.rules, coverage.untagged), (3, 1));
        let names: Vec<_> = coverage
            .tactics
            .iter()
            .map(|tactic| &*tactic.name)
            .collect();
        assert_eq!(
            names,
            ["execution", "lateral-movement"],
            "the order of an attack"
        );
        let execution = &coverage.tactics[0];
        assert_eq!((execution.rules, execution.techniques.len()), (2, 1));
        let technique = |rules, off, alerts| Technique { rules, off, alerts };
        let moving = &coverage.tactics[1];
        assert_eq!(moving.techniques["T1021"], technique(1, 1, 3));
        assert_eq!(execution.techniques["T1059.001"], technique(1, 0, 2));
    }
}
