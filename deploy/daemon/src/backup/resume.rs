//! The first start on a folder that was put back: nothing that was given since the backup is given again.
//!
//! Between the backup and the loss the centre gave numbers to events of its own and places in its streams, and others
//! have seen them. So a restored folder counts under a new instance, and its streams jump.

use std::path::Path;

use anyhow::{Context, Result};
use engine::journal::Journal;
use engine::store::Store;
use event::{Batch, Core, Event, EventId, Kind, Record, Time};
use serde_json::{Value, json};

use super::RESTORED;
use crate::config::OWN_SOURCE;

/// Makes a restored folder go on under a new instance; says from what it was restored, if it was. A
/// crash in between does no harm: what is done twice jumps twice.
///
/// # Errors
/// The folder cannot be written to.
pub(crate) fn settle(data: &Path, store: &Store, now: Time) -> Result<Option<Restoration>> {
    let mark = data.join(RESTORED);
    let Ok(text) = std::fs::read_to_string(&mark) else {
        return Ok(None);
    };
    let detail: Value = serde_json::from_str(&text).unwrap_or_default();
    let instance = data.join("journal/instance");
    match std::fs::remove_file(&instance) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(error).with_context(|| format!("cannot remove {}", instance.display()));
        }
        _ => {}
    }
    store
        .begin_again(now, &detail)
        .context("cannot make the restored store go on")?;
    tracing::warn!(backup = %detail, "this folder was restored: its own events count under a new instance");
    Ok(Some(Restoration { mark, detail }))
}

/// A folder that was put back and is about to go on.
pub(crate) struct Restoration {
    mark: std::path::PathBuf,
    detail: Value,
}

impl Restoration {
    /// The new instance is drawn: the journal says from when to when events are missing that nobody
    /// sends again. When that is durable, this is a folder like any other.
    pub(crate) fn declare(self, journal: &Journal, sensor: &str, exercise: bool, now: Time) {
        let said = json!({
            "timestamp": now.eve(), "event_type": "sensor.status", "status": "centre_restored",
            "sensor": sensor, "source": OWN_SOURCE, "dropped": 0, "from": self.detail.get("made"),
            "to": now.to_string(),
        });
        let event = Event {
            id: EventId::unnumbered(Kind::SensorStatus.lane()),
            time: now,
            seen: now,
            sensor: sensor.into(),
            source: OWN_SOURCE.into(),
            site: "".into(),
            kind: Kind::SensorStatus,
            exercise,
            core: Core::default(),
            record: Record::new(said.to_string().into_bytes()),
        };
        let batch = Batch {
            events: vec![event],
            ..Batch::default()
        };
        journal.append(batch, move |durable| {
            let removed = durable.is_ok().then(|| std::fs::remove_file(&self.mark));
            if !matches!(removed, Some(Ok(()))) {
                tracing::warn!(mark = %self.mark.display(), "the next start takes this folder for restored again");
            }
        });
    }
}
