//! What stands for live capture in a build without libpcap.

use std::time::Duration;

use super::probe::Seen;
use crate::config::{InterfaceConfig, PacketConfig};
use crate::error::{Error, Result};
use crate::origin::Sender;
use crate::run::Stop;

/// An interface that cannot be opened.
pub(crate) enum Live {}

/// Captures from nothing.
pub(crate) fn run(
    live: Live,
    _config: &InterfaceConfig,
    _limits: &PacketConfig,
    _sender: Sender,
    _stop: &Stop,
) -> Result<()> {
    match live {}
}

/// Says that this build cannot capture.
pub(crate) fn open(_config: &InterfaceConfig) -> Result<Live> {
    Err(Error::Unsupported(
        "live capture; build it with the feature `live` (needs libpcap)",
    ))
}

/// Says that this build cannot capture.
///
/// # Errors
/// Always.
pub fn look(config: &InterfaceConfig, _own: Option<[u8; 6]>, _long: Duration) -> Result<Seen> {
    open(config).map(|live| match live {})
}
