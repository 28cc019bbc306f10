//! `[metrics]`: where figures are told, on loopback only, and of how many sources.

use std::net::{Ipv4Addr, SocketAddr};

use anyhow::{Result, bail};
use serde::Deserialize;

/// `[metrics]`
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MetricsSection {
    /// Whether figures are told at all.
    pub on: bool,
    /// Where: loopback only.
    pub listen: SocketAddr,
    /// At most so many sources, and so many sensors, have figures of their own.
    pub sources: usize,
}

impl Default for MetricsSection {
    fn default() -> Self {
        const PORT: u16 = 9464;
        Self {
            on: true,
            listen: (Ipv4Addr::LOCALHOST, PORT).into(),
            sources: 500,
        }
    }
}

impl MetricsSection {
    pub(super) fn check(&self) -> Result<()> {
        if self.listen.ip().is_loopback() {
            return Ok(());
        }
        bail!(
            "metrics.listen is {}, and figures are told in plain HTTP: name a loopback address, and let an agent \
             on this machine, or a tunnel, fetch them",
            self.listen
        )
    }
}
