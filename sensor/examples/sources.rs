//! Runs sources and prints their events' kind, time and record: `sources PATH…` reads log files
//! once; `sources '{"id":"x","kind":"interface","interface":"lo"}'` runs any source until Ctrl-C.

use std::io::Write;
use std::sync::Arc;

use event::Time;
use sensor::{Context, Limits, SourceConfig, Stop, channel};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut out = std::io::BufWriter::new(std::io::stdout());
    for word in std::env::args().skip(1) {
        let source: SourceConfig = if word.starts_with('{') {
            serde_json::from_str(&word)?
        } else {
            let file =
                serde_json::json!({"id": "x", "kind": "file", "path": word, "follow": false});
            serde_json::from_value(file)?
        };
        let context = Context {
            sensor: "example".into(),
            networks: Arc::default(),
            clock: Arc::new(|| Time::from(jiff::Timestamp::now())),
            offsets: Vec::new(),
            exercise: false,
            shift: 0,
        };
        let (sender, mut parcels) = channel(4);
        let (stop, receiver) = tokio::sync::watch::channel(false);
        tokio::spawn(async move {
            if tokio::signal::ctrl_c().await.is_ok() {
                stop.send_replace(true);
            }
            // The sender stays: a sender that is gone means stop, too.
            stop.closed().await;
        });
        let limits = Arc::new(Limits::default());
        let source = sensor::run(source, limits, context, sender, Stop::new(receiver));
        let source = tokio::spawn(source);
        while let Some(parcel) = parcels.recv().await {
            for event in &parcel.batch.events {
                let record = String::from_utf8_lossy(event.record.bytes());
                writeln!(out, "{}\t{}\t{record}", event.kind.name(), event.time)?;
            }
            parcel.durable.send(()).unwrap_or_default();
        }
        source.await??;
    }
    Ok(out.flush()?)
}
