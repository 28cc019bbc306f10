//! `haidang rules`: what is wrong with rule files, and which rules are in force.

use anyhow::Result;

use super::{Outcome, load_config};
use crate::cli::{Common, Rules};
use crate::knowledge;

#[expect(clippy::print_stdout, reason = "the command line prints")]
pub(super) fn run(common: &Common, command: Rules) -> Result<Outcome> {
    match command {
        Rules::Check { path } => {
            let config = load_config(common)?;
            let (rules, problems) = knowledge::load_rules(Some(&path), &config.limits.rule)?;
            for problem in &problems {
                println!("{problem}");
            }
            let count = rules.rules().count();
            println!("{count} rules can be used, {} problems", problems.len());
            if count == 0 && problems.is_empty() {
                println!("{}: no rule file (*.yml, *.yaml) is there", path.display());
            }
            let bad = count == 0 || problems.iter().any(|problem| problem.is_error());
            Ok(if bad { Outcome::Bad } else { Outcome::Done })
        }
        Rules::List => {
            let config = load_config(common)?;
            let dir = config.data_dir(common.data_dir.as_deref());
            let knowledge = knowledge::load(&dir, Vec::new(), &config.limits.rule)?;
            for rule in knowledge.rules.rules() {
                let (level, origin) = (rule.level.name(), rule.origin.name());
                println!(
                    "{}\t{level}\t{origin}\t{}\t{}",
                    rule.id, rule.file, rule.title
                );
            }
            Ok(Outcome::Done)
        }
    }
}
