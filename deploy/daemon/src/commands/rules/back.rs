//! `haidang rules back`: undoes the last change of packs; done twice, it is done again.

use anyhow::Result;
use serde_json::Value;

use super::super::Outcome;
use super::centre::Centre;
use super::import::asked;
use crate::cli::Common;
use crate::config::Config;

pub(super) async fn run(common: &Common, config: &Config, yes: bool) -> Result<Outcome> {
    let centre = Centre::open(common, config, false)?;
    let last = centre.last_change().await?;
    let text = |key: &str| last.get(key).and_then(Value::as_str).unwrap_or_default();
    let what = text("what");
    if what.is_empty() {
        say!("there is nothing before the rules of today");
        return Ok(Outcome::Done);
    }
    say!("{what}, by {} at {}", text("who"), text("at"));
    if yes || asked("Undo it? [y/N] ")? {
        centre.back().await?;
        eprintln!("undone; haidang rules back does it again");
    } else {
        eprintln!("nothing was changed; with --yes it is undone without a question");
    }
    Ok(Outcome::Done)
}
