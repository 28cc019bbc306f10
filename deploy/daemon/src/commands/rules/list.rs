//! `haidang rules list`: the rules in force, or those of a folder; or what of ATT&CK they cover.

use std::path::Path;
use std::sync::Arc;

use anyhow::Result;
use engine::rule::{Off, RuleInfo};
use serde_json::json;

use super::super::Outcome;
use super::attack;
use crate::cli::{Common, ListFormat};
use crate::config::Config;
use crate::knowledge;

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
        (true, ListFormat::Text) => say_text!("{}", attack::text(&attack::coverage(&listed))),
        (true, ListFormat::Json) => say!("{}", attack::json(&attack::coverage(&listed))),
        (false, ListFormat::Text) => {
            for rule in listed {
                let (level, origin) = (rule.level.name(), rule.origin.name());
                say!(
                    "{}\t{level}\t{origin}\t{}\t{}{}",
                    rule.id,
                    rule.file,
                    rule.title,
                    off_word(rules.off().of(&rule.id))
                );
            }
        }
        (false, ListFormat::Json) => {
            let shown = listed.iter().map(|rule| {
                let off = rules.off().of(&rule.id);
                let off = off.map(|off| json!({"everywhere": off.is_everywhere(), "sites": sites(off)}));
                json!({"id": &*rule.id, "level": rule.level.name(), "title": rule.title,
                    "origin": rule.origin.name(), "file": rule.file, "status": rule.status,
                    "author": rule.author, "tags": rule.tags, "correlation": rule.correlation, "off": off})
            });
            say!("{}", json!(shown.collect::<Vec<_>>()));
        }
    }
    Ok(Outcome::Done)
}

/// A further column for a rule that raises no alerts somewhere.
fn off_word(off: Option<&Off>) -> String {
    match off {
        None => String::new(),
        Some(off) if off.is_everywhere() => "\toff".to_owned(),
        Some(off) => format!("\toff at {}", sites(off).join(", ")),
    }
}

fn sites(off: &Off) -> Vec<&str> {
    off.sites().map(|site| &**site).collect()
}
