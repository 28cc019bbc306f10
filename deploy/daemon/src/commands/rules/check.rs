//! `haidang rules check`: every problem with its place, and how many rules are refused why.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::Result;
use engine::rule::Problem;
use serde_json::json;

use super::super::Outcome;
use crate::cli::ListFormat;
use crate::config::Config;
use crate::knowledge;

pub(super) fn run(config: &Config, path: &Path, format: ListFormat) -> Result<Outcome> {
    let (rules, problems) = knowledge::check_rules(path, &config.limits.rule)?;
    let count = rules.rules().count();
    let summary = Summary::of(&problems);
    match format {
        ListFormat::Json => {
            let listed = problems.iter().map(|problem| {
                let severity = if problem.is_error() {
                    "error"
                } else {
                    "warning"
                };
                json!({"file": problem.file, "line": problem.line, "rule": problem.rule,
                    "severity": severity, "reason": problem.reason})
            });
            let document = json!({
                "rules": count,
                "refused": summary.refused,
                "warnings": summary.warnings,
                "reasons": summary.reasons,
                "problems": listed.collect::<Vec<_>>(),
            });
            say!("{document}");
        }
        ListFormat::Text => {
            for problem in &problems {
                say!("{problem}");
            }
            if count == 0 && problems.is_empty() {
                say!("{}: no rule file (*.yml, *.yaml) is there", path.display());
            }
            say_text!("{}", summary.text(count));
        }
    }
    let bad = count == 0 || summary.refused > 0;
    Ok(if bad { Outcome::Bad } else { Outcome::Done })
}

/// Problems in numbers.
struct Summary {
    refused: usize,
    warnings: usize,
    /// Refused rules by the first reason of each.
    reasons: BTreeMap<String, usize>,
}

impl Summary {
    fn of(problems: &[Problem]) -> Self {
        let errors = problems.iter().filter(|problem| problem.is_error());
        let (mut seen, mut reasons) = (BTreeSet::new(), BTreeMap::new());
        for problem in errors {
            // Several problems of one rule cost one rule.
            let line = problem.line.filter(|_| problem.rule.is_none());
            if seen.insert((&problem.file, &problem.rule, line)) {
                *reasons.entry(kind_of(&problem.reason)).or_insert(0) += 1;
            }
        }
        let warnings = problems.iter().filter(|problem| !problem.is_error());
        Self {
            refused: seen.len(),
            warnings: warnings.count(),
            reasons,
        }
    }

    fn text(&self, count: usize) -> String {
        let mut text = format!(
            "{count} rules can be used, {} refused, {} warnings\n",
            self.refused, self.warnings
        );
        let mut reasons: Vec<_> = self.reasons.iter().collect();
        reasons.sort_by_key(|(_, many)| std::cmp::Reverse(**many));
        for (reason, many) in reasons {
            text.push_str(&format!("{many:>7} refused: {reason}\n"));
        }
        text
    }
}

/// A reason without what only one rule has: its first clause, with names left out.
fn kind_of(reason: &str) -> String {
    // What stands before a colon without a blank is the name of a field.
    let named = reason
        .split_once(": ")
        .filter(|(name, _)| !name.contains(' '));
    let reason = named.map_or(reason, |(_, behind)| behind);
    let clause = reason.split([';', ':', '(']).next().unwrap_or(reason);
    let plain = |word: &&str| {
        let word = word.trim_matches([',', '.']);
        word.len() < 2
            || word
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte == b'\'')
    };
    let words = clause.split_whitespace();
    let words: Vec<&str> = words
        .map(|word| if plain(&word) { word } else { "…" })
        .collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use engine::rule::Severity;

    use super::*;

    #[test]
    fn refused_rules_are_counted_once_and_by_reason() {
        let problem = |rule: &str, reason: &str, severity| Problem {
            file: "a.yml".into(),
            line: Some(3),
            rule: Some(rule.into()),
            reason: reason.into(),
            severity,
        };
        let summary = Summary::of(&[
            problem(
                "r1",
                "unknown modifier X1; it is not one of Sigma's",
                Severity::Error,
            ),
            problem(
                "r4",
                "User|expand: placeholder %Admins% has no values; write them",
                Severity::Error,
            ),
            problem("r1", "no title", Severity::Error),
            problem(
                "r2",
                "unknown modifier Y2; it is not one of Sigma's",
                Severity::Error,
            ),
            problem("r3", "odd", Severity::Warning),
        ]);
        assert_eq!((summary.refused, summary.warnings), (3, 1));
        assert_eq!(
            summary.text(7),
            "7 rules can be used, 3 refused, 1 warnings\n      2 refused: unknown modifier …\n      \
             1 refused: placeholder … has no values\n"
        );
    }
}
