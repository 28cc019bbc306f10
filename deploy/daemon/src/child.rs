//! Interfaces are opened in a child process of their own: serve starts `haidang sensor --child`
//! for each and never opens one itself.

use std::path::PathBuf;
use std::sync::Arc;

use sensor::uplink::child::{self, Hello};
use sensor::{Context, Limits, Out, SourceConfig, Stop};
use tokio::process::Command;

/// Keeps a child running for a source until told to stop.
pub(crate) async fn supervise(
    source: SourceConfig,
    limits: Arc<Limits>,
    context: Context,
    out: Out,
    stop: Stop,
) -> sensor::Result<()> {
    let networks = context.networks.iter();
    let hello = Hello {
        source,
        limits: Limits::clone(&limits),
        sensor: context.sensor.to_string(),
        networks: networks
            .map(|network| (network.cidr.to_string(), network.site.to_string()))
            .collect(),
        exercise: context.exercise,
        shift: context.shift,
    };
    // The running program, even when the file was replaced since.
    let program = PathBuf::from("/proc/self/exe");
    let command = move || {
        let mut command = Command::new(&program);
        command.args(["sensor", "--child"]);
        command
    };
    child::supervise(command, hello, context.clock, out, stop).await
}
