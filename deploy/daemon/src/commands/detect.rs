//! `haidang detect`: rules over files, detections on stdout.

use std::io::Write;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use engine::correlate::{Hit, HitEvent, Windows};
use engine::detect::{Detection, Engine};
use event::{Event, Fields, Kind, Limits, Networks, Time, View};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::read::{open_out, progress};
use super::{Outcome, load_config};
use crate::cli::{Common, Detect};
use crate::knowledge;
use crate::once::read_once;

pub(super) async fn run(common: &Common, args: Detect) -> Result<Outcome> {
    let config = load_config(common)?;
    let (rules, problems) = knowledge::load_rules(args.rules.as_deref(), &config.limits.rule)?;
    for problem in &problems {
        tracing::warn!("{problem}");
    }
    if rules.rules().next().is_none() {
        bail!("no rule can be used; see: haidang rules check PATH");
    }
    let engine = Engine::compile(&rules);
    let windows = Windows::new(engine.correlations(), config.pipeline().windows);
    let out = open_out(args.out.as_deref())?;
    let mut detector = Detector {
        engine,
        windows,
        out,
        fields: Fields::default(),
        events: 0,
        own: 0,
        written: 0,
    };
    let mut outcome = Outcome::Done;
    for file in &args.files {
        let whole = read_once(file, &config, Networks::default(), |events| {
            detector.examine(events)?;
            progress(detector.events);
            Ok(())
        });
        outcome = outcome.and(whole.await?);
    }
    detector.finish()?;
    detector.out.flush().context("cannot write")?;
    if args.stats {
        eprintln!(
            "{} events, {} detections",
            detector.events - detector.own,
            detector.written
        );
    }
    Ok(outcome)
}

struct Detector {
    engine: Engine,
    windows: Windows,
    out: Box<dyn Write + Send>,
    fields: Fields,
    events: u64,
    /// Of them, what the sensor says of itself.
    own: u64,
    written: u64,
}

impl Detector {
    fn examine(&mut self, events: &[Event]) -> Result<()> {
        for event in events {
            // Positions count every event; people are told of those of the input.
            self.events += 1;
            self.own += u64::from(event.kind == Kind::SensorStatus);
            self.fields.read(event.record.bytes(), Limits::default());
            let mut detections = Vec::new();
            let view = View {
                event,
                fields: &self.fields,
            };
            self.engine.examine(view, &mut detections);
            if detections.is_empty() {
                self.advance(event.time)?;
                continue;
            }
            for detection in detections.iter().filter(|detection| detection.alerts) {
                write_detection(&mut self.out, detection, event)?;
                self.written += 1;
            }
            self.correlate(event, &detections)?;
            self.advance(event.time)?;
        }
        Ok(())
    }

    /// Decides the windows that are past.
    fn advance(&mut self, now: Time) -> Result<()> {
        let mut hits = Vec::new();
        self.windows.advance(now, &mut hits);
        self.write(hits)
    }

    /// Decides all windows: nothing more comes.
    fn finish(&mut self) -> Result<()> {
        let mut hits = Vec::new();
        self.windows.finish(&mut hits);
        self.write(hits)
    }

    fn correlate(&mut self, event: &Event, detections: &[Detection]) -> Result<()> {
        let shared = Arc::new(event.clone());
        let view = View {
            event,
            fields: &self.fields,
        };
        let mut hits = Vec::new();
        // Read once, so the event's own time stands for its arrival.
        self.windows.observe(
            &shared,
            self.events,
            event.time,
            detections,
            view,
            &mut hits,
        );
        self.write(hits)
    }

    fn write(&mut self, hits: Vec<Hit>) -> Result<()> {
        // Nothing is kept: a restart begins anew.
        drop(self.windows.take_changes());
        for hit in hits {
            let Some(HitEvent { event, matched, .. }) = hit.events.last() else {
                continue;
            };
            let detection = Detection {
                rule: Arc::clone(&hit.rule),
                matched: matched.clone(),
                alerts: true,
            };
            write_detection(&mut self.out, &detection, event)?;
            self.written += 1;
        }
        Ok(())
    }
}

fn write_detection(out: &mut impl Write, detection: &Detection, event: &Event) -> Result<()> {
    let rule = &detection.rule;
    let matched: Map<String, Value> = detection
        .matched
        .iter()
        .map(|(field, value)| (field.clone(), json!(value)))
        .collect();
    let record: &RawValue = serde_json::from_slice(event.record.bytes())
        .context("a record is no JSON; this is a fault of haidang")?;
    let line = json!({
        "time": event.time.to_string(),
        "rule": { "id": &*rule.id, "title": rule.title, "level": rule.level.name(),
            "author": rule.author, "tags": rule.tags },
        "matched": matched,
        "event": record,
    });
    serde_json::to_writer(&mut *out, &line)?;
    out.write_all(b"\n")?;
    Ok(())
}
