//! Scenarios of rules: an input, and what it must raise. `haidang rules test` runs them here,
//! without a centre; the golden tests run the same files through one.

mod episode;
mod expect;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use engine::correlate::{Hit, Windows, single};
use engine::detect::{Detection, Engine};
use event::{CoreValue, Event, Fields, Limits, View};
use sensor::LogFormat;
use serde_json::{Map, Value, json};

use crate::config::Config;
use crate::detector::{Correlator, Examiner, Render};
use crate::once::{Reader, capture, file, named};

pub use expect::{Scenario, at};

use episode::Episodes;

/// Deepest folder of scenarios.
const MAX_DEPTH: usize = 8;

/// The folders that hold an `expect.toml`, by their path below `path`.
pub(crate) fn find(path: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    collect(path, 0, &mut found)?;
    found.sort();
    Ok(found)
}

fn collect(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) -> Result<()> {
    let context = || format!("cannot read {}", folder.display());
    if folder.join("expect.toml").is_file() {
        found.push(folder.to_owned());
    }
    for entry in folder.read_dir().with_context(context)? {
        let entry = entry.with_context(context)?;
        if depth < MAX_DEPTH && entry.file_type().with_context(context)?.is_dir() {
            collect(&entry.path(), depth + 1, found)?;
        }
    }
    Ok(())
}

/// Nothing is written here.
#[derive(Clone, Copy)]
struct Silent;

impl Render for Silent {
    fn render(&self, _: &Detection, _: &Event, _: &mut Vec<u8>) -> Result<()> {
        Ok(())
    }
}

/// Runs a scenario; returns what it says and does not get.
pub(crate) async fn run(
    scenario: &Scenario,
    engine: &Engine,
    config: &Config,
    reader: &Reader<'_>,
) -> Result<Vec<String>> {
    let kind = match &*scenario.format {
        "capture" => capture(&scenario.input),
        name => file(&scenario.input, format(name)?),
    };
    let mut examiner = Examiner::new(engine.clone(), Silent);
    let windows = Windows::new(engine.correlations(), config.pipeline().windows);
    let mut correlator = Correlator::new(windows);
    let (mut events, mut episodes) = (Vec::new(), Episodes::default());
    let mut position = 0;
    let mut visit = |batch: Vec<Event>| {
        let seen: Vec<Event> = batch.clone();
        let mut hits = Vec::new();
        for (event, examined) in seen.into_iter().zip(examiner.batch(batch)?) {
            position += 1;
            let detections = examined.found.as_ref().map(|found| &*found.detections);
            let detections = detections.unwrap_or_default();
            events.push(value_of(&event, detections));
            hits.extend(alerts_of(event, detections, position));
            correlator.take(&examined, &mut hits);
        }
        hits.iter().for_each(|hit| episodes.fold(hit));
        Ok(())
    };
    reader
        .source(named("input", &scenario.site, kind), &mut visit)
        .await?;
    let mut hits = Vec::new();
    correlator.finish(&mut hits);
    hits.iter().for_each(|hit| episodes.fold(hit));
    Ok(scenario.failures(&events, &episodes.alerts()))
}

fn format(name: &str) -> Result<LogFormat> {
    let named = serde_json::from_value(json!(name));
    match named {
        Ok(format) => Ok(format),
        Err(_) => bail!("unknown format {name}"),
    }
}

/// The hits of rules that look at one event.
fn alerts_of(event: Event, detections: &[Detection], position: u64) -> Vec<Hit> {
    if !detections.iter().any(|detection| detection.alerts) {
        return Vec::new();
    }
    let event = Arc::new(event);
    let mut fields = Fields::default();
    fields.read(event.record.bytes(), Limits::default());
    let view = View {
        event: &event,
        fields: &fields,
    };
    let alerts = detections.iter().filter(|detection| detection.alerts);
    alerts
        .map(|detection| single(detection, &event, position, view))
        .collect()
}

/// An event as the API gives it, with what each rule matched.
fn value_of(event: &Event, detections: &[Detection]) -> Value {
    let mut core: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    for (field, value) in event.core.iter() {
        let value = match value {
            CoreValue::Number(number) => json!(number),
            other => json!(other.to_string()),
        };
        core.entry(field.name()).or_default().push(value);
    }
    let matched = detections.iter().map(|detection| {
        let fields = detection.matched.iter();
        let fields: Map<String, Value> = fields
            .map(|(field, value)| (field.clone(), json!(value)))
            .collect();
        (detection.rule.id.to_string(), Value::Object(fields))
    });
    let rules: Vec<&str> = detections.iter().map(|found| &*found.rule.id).collect();
    json!({
        "kind": event.kind.name(),
        "core": core,
        "record": serde_json::from_slice::<Value>(event.record.bytes()).unwrap_or_default(),
        "rules": rules,
        "matched": matched.collect::<Map<String, Value>>(),
    })
}
