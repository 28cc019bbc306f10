//! `haidang sensor`: in this release only as the child that `serve` starts for an interface.

use anyhow::{Context, Result, bail};
use sensor::uplink::child;

use super::Outcome;
use crate::cli::Sensor;
use crate::system_clock;

pub(super) async fn run(args: Sensor) -> Result<Outcome> {
    if !args.child {
        bail!("an edge sensor of its own comes with a later release; use haidang serve");
    }
    let socket = child::inherited()
        .context("there is nothing at descriptor 3; haidang serve starts the child")?;
    child::run_child(socket, system_clock())
        .await
        .context("the capture ended")?;
    Ok(Outcome::Done)
}
