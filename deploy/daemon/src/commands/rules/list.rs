//! `haidang rules list`: the rules in force, or those of a folder; or what of ATT&CK they cover.

use std::path::Path;
use std::sync::Arc;

use anyhow::Result;
use engine::rule::RuleInfo;
use serde_json::json;

use super::super::Outcome;
use super::attack;
use crate::cli::{Common, ListFormat};
use crate::config::Config;
use crate::knowledge;

#[expect(clippy::print_stdout, reason = "the command line prints")]
pub(super) fn run(
    common: &Common,
    config: &Config,
    path: Option<&Path>,
    attack: bool,
    format: ListFormat,
) -> Result<Outcome> {
    let limits = &config.limits.rule;
    let rules = if path.is_some() {
        let (rules, problems) = knowledge::load_rules(path, limits)?;
        for problem in problems {
            tracing::warn!("{problem}");
        }
        rules
    } else {
        let dir = config.data_dir(common.data_dir.as_deref());
        knowledge::load_own_rules(&dir, limits)?
    };
    let mut listed: Vec<&Arc<RuleInfo>> = rules.rules().collect();
    listed.sort_by(|a, b| a.file.cmp(&b.file));
    match (attack, format) {
        (true, ListFormat::Text) => print!("{}", attack::text(&attack::coverage(&listed))),
        (true, ListFormat::Json) => println!("{}", attack::json(&attack::coverage(&listed))),
        (false, ListFormat::Text) => {
            for rule in listed {
                let (level, origin) = (rule.level.name(), rule.origin.name());
                println!(
                    "{}\t{level}\t{origin}\t{}\t{}",
                    rule.id, rule.file, rule.title
                );
            }
        }
        (false, ListFormat::Json) => {
            let rules = listed.iter().map(|rule| {
                json!({"id": &*rule.id, "level": rule.level.name(), "title": rule.title,
                    "origin": rule.origin.name(), "file": rule.file, "status": rule.status,
                    "author": rule.author, "tags": rule.tags, "correlation": rule.correlation})
            });
            println!("{}", json!(rules.collect::<Vec<_>>()));
        }
    }
    Ok(Outcome::Done)
}
