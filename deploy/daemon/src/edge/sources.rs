//! What the sources of this edge said of themselves last: for the status file, for `doctor`, and for whether
//! a configuration that is tried holds.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use event::{Batch, Kind};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::config::OWN_SOURCE;

/// Sources that are kept in mind.
const SOURCES: usize = 1_024;

/// What a source said of itself last.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SourceReport {
    /// The source.
    pub id: String,
    /// Its kind: interface, file, syslog …
    pub kind: String,
    /// The site of its events.
    pub site: String,
    /// Events that it gave since the start.
    pub events: u64,
    /// Its newest `sensor.status`.
    pub status: Option<Value>,
}

/// The sources, by id.
#[derive(Clone, Default)]
pub(super) struct Heard(Arc<Mutex<BTreeMap<String, SourceReport>>>);

impl Heard {
    /// The configured sources: nothing was heard of them yet.
    pub(super) fn new(sources: &[sensor::SourceConfig]) -> Self {
        let reports = sources.iter().map(|source| {
            let report = SourceReport {
                id: source.id.clone(),
                kind: source.kind.name().to_owned(),
                site: source.site.clone(),
                ..SourceReport::default()
            };
            (source.id.clone(), report)
        });
        Self(Arc::new(Mutex::new(reports.take(SOURCES).collect())))
    }

    /// Hears a batch pass.
    pub(super) fn note(&self, batch: &Batch) {
        let mut held = self.held();
        for event in batch
            .events
            .iter()
            .filter(|event| &*event.source != OWN_SOURCE)
        {
            let Some(report) = held.get_mut(&*event.source) else {
                continue;
            };
            if event.kind == Kind::SensorStatus {
                report.status = serde_json::from_slice(event.record.bytes()).ok();
            } else {
                report.events += 1;
            }
        }
    }

    /// All that was heard.
    pub(super) fn all(&self) -> Vec<SourceReport> {
        self.held().values().cloned().collect()
    }

    /// The sources that say that they failed, and why.
    pub(super) fn failed(&self) -> Vec<(String, String)> {
        let held = self.held();
        let failed = held.values().filter_map(|report| {
            let status = report.status.as_ref()?;
            let word = status.get("status")?.as_str()?;
            let fails = matches!(word, "failed" | "capture_interrupted");
            let reason = status.get("reason").and_then(Value::as_str);
            fails.then(|| (report.id.clone(), reason.unwrap_or(word).to_owned()))
        });
        failed.collect()
    }

    fn held(&self) -> MutexGuard<'_, BTreeMap<String, SourceReport>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
