//! Interfaces are opened in a child process of their own.

use std::sync::Arc;

use sensor::{Context, Limits, Out, SourceConfig, Stop};

pub(crate) async fn supervise(
    source: SourceConfig,
    limits: Arc<Limits>,
    context: Context,
    out: Out,
    stop: Stop,
) -> sensor::Result<()> {
    sensor::run(source, limits, context, out, stop).await
}
