//! `haidang sensor`: in this release only as the child that `serve` starts for an interface.

use anyhow::{Result, bail};

use super::Outcome;
use crate::cli::Sensor;

pub(super) async fn run(args: Sensor) -> Result<Outcome> {
    if !args.child {
        bail!("an edge sensor of its own comes with a later release; use haidang serve");
    }
    bail!("not yet")
}
