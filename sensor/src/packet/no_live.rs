//! What stands for live capture in a build without libpcap.

use crate::config::{InterfaceConfig, PacketConfig};
use crate::error::{Error, Result};
use crate::origin::Sender;
use crate::run::Stop;

/// Says that this build cannot capture.
pub(crate) fn run(
    _config: &InterfaceConfig,
    _limits: &PacketConfig,
    _sender: Sender,
    _stop: &Stop,
) -> Result<()> {
    Err(Error::Unsupported(
        "live capture; build it with the feature `live` (needs libpcap)",
    ))
}
