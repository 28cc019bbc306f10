//! `haidang rules test`: runs scenarios and says which of them do not give what they expect.

use std::path::Path;

use anyhow::Result;
use engine::detect::Engine;

use super::super::Outcome;
use crate::cli::Common;
use crate::config::Config;
use crate::knowledge;
use crate::once::Reader;
use crate::scenario::{self, Scenario};
use crate::shipped;

pub(super) async fn run(
    common: &Common,
    config: &Config,
    path: &Path,
    rules: Option<&Path>,
) -> Result<Outcome> {
    let limits = &config.limits.rule;
    let dir = config.data_dir(common.data_dir.as_deref());
    let knowledge = knowledge::load(&dir, shipped::demo_sites(), limits)?;
    let rules = match rules {
        None => knowledge::load_own_rules(&dir, limits)?,
        Some(_) => {
            let (rules, problems) = knowledge::load_rules(rules, limits)?;
            for problem in problems {
                tracing::warn!("{problem}");
            }
            rules
        }
    };
    let engine = Engine::compile(&rules);
    let reader = Reader {
        config,
        networks: knowledge.sites.networks(),
        meter: sensor::Meter::default(),
    };
    let (mut done, mut failed) = (0, 0);
    for folder in scenario::find(path)? {
        let name = folder.strip_prefix(path).unwrap_or(&folder).display();
        done += 1;
        let (purpose, failures) = match Scenario::read(&folder) {
            Ok(read) => match scenario::run(&read, &engine, config, &reader).await {
                Ok(failures) => (read.purpose, failures),
                Err(error) => (read.purpose, vec![format!("{error:#}")]),
            },
            Err(error) => (String::new(), vec![format!("{error:#}")]),
        };
        let word = if failures.is_empty() { "ok" } else { "FAILED" };
        say!("{word:6} {name}: {purpose}");
        for failure in &failures {
            say!("       {failure}");
        }
        failed += u32::from(!failures.is_empty());
    }
    say!("{done} scenarios, {failed} failed");
    if done == 0 {
        say!(
            "{}: no folder with an expect.toml is there; see haidang rules test --help",
            path.display()
        );
    }
    Ok(if failed > 0 || done == 0 {
        Outcome::Bad
    } else {
        Outcome::Done
    })
}
