//! `haidang sensor`: an edge; or, with `--child`, what `serve` and `sensor` start for an interface.

use anyhow::{Context, Result};
use sensor::uplink::child;

use super::{Outcome, asked_to_stop, load_config};
use crate::cli::{Common, Sensor};
use crate::edge::{self, Start, Turn};
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
    let own = load_config(common)?;
    let data_dir = DataDir::take(&own.data_dir(common.data_dir.as_deref()))?;
    let asked = asked_to_stop();
    tokio::pin!(asked);
    loop {
        let plan = edge::plan(&own, &data_dir)?;
        let tried = plan.trial;
        let started = edge::start(Start {
            own: &own,
            plan,
            data_dir: &data_dir,
            clock: system_clock(),
        });
        let mut running = match started {
            Ok(running) => running,
            Err(error) if tried => {
                edge::put_back(&data_dir, &format!("{error:#}"))?;
                continue;
            }
            Err(error) => return Err(error),
        };
        tracing::info!("the sensor runs");
        let turn = tokio::select! {
            asked = &mut asked => { asked?; None }
            turn = running.turn() => Some(turn),
        };
        tracing::info!("stopping");
        running.stop().await?;
        match turn {
            None => return Ok(Outcome::Done),
            Some(Turn::Try) => tracing::info!("trying the configuration that the centre sent"),
            Some(Turn::PutBack(reason)) => edge::put_back(&data_dir, &reason)?,
        }
    }
}
