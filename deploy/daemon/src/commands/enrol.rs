//! `haidang enrol`: gives an edge its certificate.

use anyhow::Result;

use super::{Outcome, load_config};
use crate::cli::{Common, Enrol};
use crate::{DataDir, edge, system_clock};

pub(super) async fn run(common: &Common, args: Enrol) -> Result<Outcome> {
    let config = load_config(common)?;
    let data_dir = DataDir::take(&config.data_dir(common.data_dir.as_deref()))?;
    let identity =
        edge::enrol(data_dir.path(), &args.centre, &args.token, system_clock()()).await?;
    say!(
        "Enrolled as {} for {} at {}.",
        identity.sensor,
        identity.sites.join(", "),
        identity.centre
    );
    say!(
        "Start it: systemctl enable --now haidang-sensor; or by hand: haidang sensor --data-dir {}",
        data_dir.path().display()
    );
    Ok(Outcome::Done)
}
