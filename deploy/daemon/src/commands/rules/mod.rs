//! `haidang rules`: what is wrong with rule files, which rules are in force, whether they do what
//! their authors say, and packs of others' rules.

mod attack;
mod back;
mod centre;
mod check;
mod import;
mod list;
mod test;

use anyhow::Result;

use super::{Outcome, load_config, runtime};
use crate::cli::{Common, Rules};

pub(super) fn run(common: &Common, command: Rules) -> Result<Outcome> {
    let config = load_config(common)?;
    match command {
        Rules::Check { path, format } => check::run(&config, &path, format),
        Rules::List {
            path,
            attack,
            format,
        } => list::run(common, &config, path.as_deref(), attack, format),
        Rules::Import(args) => runtime()?.block_on(import::run(common, &config, args)),
        Rules::Back { yes } => runtime()?.block_on(back::run(common, &config, yes)),
        Rules::Test { path, rules } => {
            runtime()?.block_on(test::run(common, &config, &path, rules.as_deref()))
        }
    }
}
