//! `haidang sensor`: an edge; or, with `--child`, what `serve` and `sensor` start for an interface.

use anyhow::{Context, Result};
use sensor::uplink::child;

use super::{Outcome, asked_to_stop, load_config};
use crate::cli::{Common, Sensor};
use crate::edge::{self, Start};
use crate::sources::Source;
use crate::{DataDir, system_clock};

pub(super) async fn run(common: &Common, args: Sensor) -> Result<Outcome> {
    if args.child {
        let socket = child::inherited()
            .context("there is nothing at descriptor 3; haidang serve starts the child")?;
        child::run_child(socket, system_clock())
            .await
            .context("the capture ended")?;
        return Ok(Outcome::Done);
    }
    let config = load_config(common)?;
    let data_dir = DataDir::take(&config.data_dir(common.data_dir.as_deref()))?;
    let sources = config.source.iter().cloned();
    let start = Start {
        sources: sources.map(Source::configured).collect(),
        config,
        data_dir,
        clock: system_clock(),
    };
    let running = edge::start(start)?;
    tracing::info!("the sensor runs");
    asked_to_stop().await?;
    tracing::info!("stopping");
    running.stop().await?;
    Ok(Outcome::Done)
}
