//! Follows what the centre wants of this edge: a configuration on trial is kept or put back, a new one fetched.
//!
//! The edge is composed anew for either; whoever started it is told by a [`Turn`].

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use sensor::uplink::send::{Connection, UplinkStatus};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep, sleep_until};

use super::bundles::Bundles;
use super::client_config;
use super::effective::Effective;
use super::sources::Heard;
use crate::bundle::Signed;
use crate::config::Config;

/// After a failure the configuration is asked for again.
const PAUSE: Duration = Duration::from_secs(60);

/// Why an edge is to be composed anew.
#[derive(Debug)]
pub enum Turn {
    /// Another configuration is to be tried.
    Try,
    /// The one that was tried did not hold; why.
    PutBack(String),
}

/// Who follows.
pub(super) struct Follower {
    pub(super) own: Config,
    pub(super) dir: PathBuf,
    pub(super) centre: String,
    pub(super) uplink: watch::Receiver<UplinkStatus>,
    pub(super) heard: Heard,
    pub(super) trial: bool,
    /// What it works by.
    pub(super) running: Effective,
    pub(super) turns: mpsc::Sender<Turn>,
}

impl Follower {
    /// Follows until it is told to stop.
    pub(super) async fn run(mut self, mut stopped: watch::Receiver<bool>) {
        let turn = tokio::select! {
            _ = stopped.wait_for(|stop| *stop) => return,
            turn = self.next_turn() => turn,
        };
        // Nobody listens only while the edge stops.
        drop(self.turns.send(turn).await);
    }

    async fn next_turn(&mut self) -> Turn {
        if self.trial
            && let Err(reason) = self.try_out().await
        {
            return Turn::PutBack(reason);
        }
        loop {
            match self.fetch_when_wanted().await {
                Ok(true) => return Turn::Try,
                Ok(false) => {}
                Err(error) => {
                    tracing::warn!(
                        error = format!("{error:#}"),
                        "no configuration from the centre"
                    );
                    sleep(PAUSE).await;
                }
            }
        }
    }

    /// Waits for the end of a trial: at it the centre must have acknowledged something, and no source may fail.
    async fn try_out(&mut self) -> Result<(), String> {
        let seconds = self.own.uplink.trial_seconds;
        let end = Instant::now() + Duration::from_secs(seconds);
        sleep_until(end).await;
        if self.uplink.borrow().acknowledged.is_none() {
            return Err(format!("the centre took nothing within {seconds} s"));
        }
        let bundles = Bundles::new(&self.dir);
        let brought = bundles.brought(&self.own);
        let mut failed = self.heard.failed().into_iter();
        if let Some((id, reason)) = failed.find(|(id, _)| brought.contains(id)) {
            return Err(format!("source {id}: {reason}"));
        }
        bundles
            .hold(&self.own)
            .map_err(|error| format!("{error:#}"))?;
        tracing::info!("the centre's new configuration holds");
        Ok(())
    }

    /// Fetches what the centre wants when it is new; whether it is to be tried.
    async fn fetch_when_wanted(&mut self) -> Result<bool> {
        let bundles = Bundles::new(&self.dir);
        let changed = self.uplink.changed().await;
        changed.context("the uplink ended")?;
        let wanted = self.uplink.borrow_and_update().bundle.clone();
        let state = bundles.state();
        let newest = state.newest.as_ref().map(|newest| &newest.digest);
        if wanted
            .as_ref()
            .is_none_or(|wanted| *wanted == state.digest || Some(wanted) == newest)
        {
            return Ok(false);
        }
        let connection = Connection::open(&self.centre, client_config(&self.dir)?).await;
        let connection = connection.map_err(anyhow::Error::msg)?;
        let (status, answer) = connection.post("/v1/bundle", "{}".into()).await?;
        if !status.is_success() {
            bail!("the centre answered {status}");
        }
        let signed: Signed =
            serde_json::from_slice(&answer).context("the centre's answer cannot be read")?;
        if bundles.hold_if_same(&self.own, &self.running, &signed)? {
            tracing::info!("the centre's new configuration changes nothing here; it is in force");
            return Ok(false);
        }
        bundles.take(&self.own, signed)
    }
}
