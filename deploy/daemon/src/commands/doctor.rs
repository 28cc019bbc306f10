//! `haidang doctor`: what is wrong with this box, and the next step.

use anyhow::Result;

use super::{Outcome, load_config};
use crate::cli::{Common, Doctor};
use crate::doctor::{Question, examine};
use crate::language::Language;

pub(super) async fn run(common: &Common, args: Doctor) -> Result<Outcome> {
    let found = examine(Question {
        config: load_config(common),
        data_dir: common.data_dir.as_deref(),
        centre: args.centre.as_deref(),
        seconds: args.seconds,
        language: Language::of_environment(),
    })
    .await;
    say_text!("{}", found.text());
    Ok(if found.are_well() {
        Outcome::Done
    } else {
        Outcome::Bad
    })
}
