//! `haidang serve`: the centre.

use anyhow::{Context, Result};

use super::{Outcome, asked_to_stop, load_config};
use crate::cli::Common;
use crate::compose::{self, Start};
use crate::sources::Source;
use crate::{DataDir, knowledge, system_clock};

pub(super) async fn run(common: &Common) -> Result<Outcome> {
    let config = load_config(common)?;
    let data_dir = DataDir::take(&config.data_dir(common.data_dir.as_deref()))?;
    let knowledge = knowledge::load(data_dir.path(), Vec::new(), &config.limits.rule)?;
    let sources = config
        .source
        .iter()
        .cloned()
        .map(Source::configured)
        .collect();
    let start = Start {
        config,
        data_dir,
        clock: system_clock(),
        sources,
        knowledge,
    };
    let running = compose::start(start).await?;
    tracing::info!(url = running.url(), data_dir = %running.data_dir().display(), "haidang serves");
    let nobody = running
        .store
        .users()
        .context("cannot read the users")?
        .is_empty();
    if nobody {
        tracing::warn!("nobody can sign in yet; run: haidang user add NAME --role admin");
    }
    asked_to_stop().await?;
    tracing::info!("stopping");
    running.stop().await?;
    Ok(Outcome::Done)
}
