//! What of MITRE ATT&CK rules cover, for people and for programs.

use std::sync::Arc;

use engine::rule::{Coverage, RuleInfo, Tagged};
use serde_json::{Map, Value, json};

/// Counts rules, as if none were off.
pub(super) fn coverage(rules: &[&Arc<RuleInfo>]) -> Coverage {
    Coverage::of(rules.iter().map(|rule| Tagged {
        tags: &rule.tags,
        off: false,
        alerts: 0,
    }))
}

/// A block for each tactic, its techniques below it.
pub(super) fn text(coverage: &Coverage) -> String {
    let mut text = String::new();
    for tactic in &coverage.tactics {
        text.push_str(&format!(
            "{}: {} rules, {} techniques\n",
            tactic.name,
            tactic.rules,
            tactic.techniques.len()
        ));
        for (name, technique) in &tactic.techniques {
            text.push_str(&format!("  {name:10} {:>6}\n", technique.rules));
        }
    }
    text.push_str(&format!(
        "{} rules, {} of them without a tag of ATT&CK\n",
        coverage.rules, coverage.untagged
    ));
    text
}

/// The same for programs.
pub(super) fn json(coverage: &Coverage) -> Value {
    let tactics = coverage.tactics.iter().map(|tactic| {
        let techniques = tactic.techniques.iter();
        let techniques: Map<String, Value> = techniques
            .map(|(name, technique)| (name.clone(), technique.rules.into()))
            .collect();
        json!({"tactic": tactic.name, "rules": tactic.rules, "techniques": techniques})
    });
    json!({
        "rules": coverage.rules,
        "untagged": coverage.untagged,
        "tactics": tactics.collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn techniques_stand_below_their_tactic() {
        let tags = ["attack.execution", "attack.t1059.001"].map(str::to_owned);
        let rule = |tags| Tagged {
            tags,
            off: false,
            alerts: 0,
        };
        let coverage = Coverage::of([rule(&tags[..]), rule(&[])]);
        assert_eq!(
            text(&coverage),
            "execution: 1 rules, 1 techniques\n  T1059.001       1\n\
             2 rules, 1 of them without a tag of ATT&CK\n"
        );
    }
}
