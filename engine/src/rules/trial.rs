//! The trial of an import: how many alerts its rules would have raised in the last days, by the events
//! of the index, newest first, within a budget.
//!
//! Events of an hour are read at once and in no order; what correlations count is kept and brought to
//! them in the order of time at the end.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use event::{Fields, Limits, Text, Time, View};
use serde::Deserialize;

use super::lock;
use super::staging::Import;
use crate::correlate::{Hit, WindowLimits, Windows, single};
use crate::detect::{Detection, Engine};
use crate::error::Result;
use crate::index::{Journaled, Searcher, Walked};
use crate::reader::Scope;
use crate::words::words;

/// How much of the past an import is tried on; every field is a key under `[rules.trial]`.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TrialOptions {
    /// How many days back.
    pub days: u64,
    /// It ends after so many seconds.
    pub seconds: u64,
    /// It ends after so many events.
    pub events: usize,
    /// It ends when so many events are held for correlations, and so many keys of alerts.
    pub held: usize,
    /// A rule with more alerts a day is noisy.
    pub noisy: u64,
}

impl Default for TrialOptions {
    fn default() -> Self {
        Self {
            days: 7,
            seconds: 120,
            events: 5_000_000,
            held: 50_000,
            noisy: 50,
        }
    }
}

words! {
    /// How a trial is.
    TrialState {
        /// It goes on.
        Running "running",
        /// It has ended.
        Done "done",
        /// It could not be made; the log has the cause.
        Failed "failed",
    }
}

/// How a trial is, and what it found.
#[derive(Clone, Debug)]
pub struct Trial {
    /// Whether it goes on.
    pub state: TrialState,
    /// Events that were looked at.
    pub events: u64,
    /// Everything from here on was looked at; none: nothing was.
    pub from: Option<Time>,
    /// Whether that is all of the days asked for.
    pub complete: bool,
    /// Days that it saw events of.
    pub days: f64,
    /// Alerts by rule.
    pub alerts: HashMap<Text, u64>,
}

impl Default for Trial {
    fn default() -> Self {
        Self {
            state: TrialState::Running,
            events: 0,
            from: None,
            complete: false,
            days: 0.0,
            alerts: HashMap::new(),
        }
    }
}

impl Trial {
    /// Alerts of a rule, and how many that is a day.
    pub fn of(&self, rule: &str) -> (u64, f64) {
        let alerts = self.alerts.get(rule).copied().unwrap_or(0);
        // Of a shorter time nobody can say what a day brings.
        let days = self.days.max(1.0 / 24.0);
        #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
        let per_day = alerts as f64 / days;
        (alerts, if alerts == 0 { 0.0 } else { per_day })
    }
}

/// Tries an import on the past. Takes as long as its budget allows; ends early when the import is
/// stopped.
pub fn try_on(
    import: &Import,
    engine: Engine,
    searcher: &Searcher,
    options: TrialOptions,
    now: Time,
) {
    let mut work = Work {
        correlated: engine.correlations().to_vec(),
        engine,
        fields: Fields::default(),
        detections: Vec::new(),
        episodes: Episodes::default(),
        kept: Vec::new(),
        oldest: now,
        events: 0,
        options,
    };
    let tried = work.go_back(&import.trial, &import.stop, searcher, now);
    let mut trial = lock(&import.trial);
    match tried {
        Ok(()) => {
            let from = trial.from.unwrap_or(now);
            trial.alerts = work.count(from);
            let span = now.since(work.oldest.max(from));
            trial.days = span.as_secs_f64() / 86_400.0;
            trial.state = TrialState::Done;
        }
        Err(error) => {
            tracing::error!(%error, pack = import.pack, "an import could not be tried on the past");
            trial.state = TrialState::Failed;
        }
    }
}

struct Work {
    engine: Engine,
    correlated: Vec<Arc<crate::detect::Correlation>>,
    fields: Fields,
    detections: Vec<Detection>,
    episodes: Episodes,
    /// Events that correlations count.
    kept: Vec<(Journaled, Vec<Detection>)>,
    /// The time of the oldest event that was seen.
    oldest: Time,
    events: usize,
    options: TrialOptions,
}

impl Work {
    /// Goes back hour by hour; a fuller hour in smaller steps.
    fn go_back(
        &mut self,
        trial: &std::sync::Mutex<Trial>,
        stop: &AtomicBool,
        searcher: &Searcher,
        now: Time,
    ) -> Result<()> {
        const HOUR: Duration = Duration::from_secs(3_600);
        const LEAST: Duration = Duration::from_secs(60);
        let started = Instant::now();
        let most = Duration::from_secs(self.options.seconds);
        let begin = now.minus(Duration::from_secs(
            self.options.days.saturating_mul(86_400),
        ));
        let (mut to, mut step) = (now, HOUR);
        while to > begin && searcher.is_open() && !stop.load(Ordering::Acquire) {
            let from = to.minus(step).max(begin);
            let left = self.options.events.saturating_sub(self.events);
            let time = most.saturating_sub(started.elapsed());
            let mut full = false;
            let walked = searcher.walk(&Scope::All, (from, to), left, time, |event| {
                self.look_at(event);
                full =
                    self.kept.len() > self.options.held || self.episodes.len() > self.options.held;
                !full && !stop.load(Ordering::Acquire)
            })?;
            match walked {
                Walked::TooMany if step > LEAST => {
                    step /= 4;
                    continue;
                }
                Walked::TooMany | Walked::Stopped => return Ok(()),
                Walked::All => {}
            }
            self.episodes.settle();
            let mut trial = lock(trial);
            trial.events = u64::try_from(self.events).unwrap_or(u64::MAX);
            trial.from = Some(from);
            trial.complete = from <= begin;
            to = from;
            step = (step * 2).min(HOUR);
        }
        Ok(())
    }

    fn look_at(&mut self, journaled: Journaled) {
        self.events += 1;
        self.oldest = self.oldest.min(journaled.event.time);
        self.fields
            .read(journaled.event.record.bytes(), Limits::default());
        self.detections.clear();
        let view = View {
            event: &journaled.event,
            fields: &self.fields,
        };
        self.engine.examine(view, &mut self.detections);
        if self.detections.is_empty() {
            return;
        }
        // A copy shares nothing with the index's buffers, and only what matched is copied.
        let event = Arc::new(journaled.event);
        let view = View {
            event: &event,
            fields: &self.fields,
        };
        for detection in self.detections.iter().filter(|found| found.alerts) {
            let hit = single(detection, &event, journaled.position, view);
            self.episodes.add(&hit);
        }
        let is_counted = |found: &Detection| {
            let mut members = self.correlated.iter().flat_map(|outer| &outer.members);
            members.any(|member| member.rule == found.rule.id)
        };
        if self.detections.iter().any(is_counted) {
            let event = Arc::unwrap_or_clone(event);
            let journaled = Journaled { event, ..journaled };
            self.kept.push((journaled, self.detections.clone()));
        }
    }

    /// Alerts by rule, of what happened from a moment on.
    fn count(&mut self, from: Time) -> HashMap<Text, u64> {
        let limits = WindowLimits {
            entries: self.options.held.saturating_mul(4),
            lateness: Duration::from_secs(1),
        };
        let mut windows = Windows::new(&self.correlated, limits);
        let mut hits = Vec::new();
        let mut kept = std::mem::take(&mut self.kept);
        kept.retain(|(journaled, _)| journaled.event.time >= from);
        kept.sort_by_key(|(journaled, _)| (journaled.event.time, journaled.position));
        for (journaled, detections) in kept {
            let (event, position) = (Arc::new(journaled.event), journaled.position);
            self.fields.read(event.record.bytes(), Limits::default());
            let view = View {
                event: &event,
                fields: &self.fields,
            };
            // Arrived when it happened: nothing here is late, and nothing backfill.
            windows.observe(&event, position, event.time, &detections, view, &mut hits);
            windows.advance(event.time, &mut hits);
        }
        windows.finish(&mut hits);
        hits.iter().for_each(|hit| self.episodes.add(hit));
        self.episodes.settle();
        self.episodes.count(from)
    }
}

/// Matches folded into alerts, as the store folds them: one key, one run of windows, one alert.
#[derive(Debug, Default)]
struct Episodes(BTreeMap<(Text, String), Key>);

#[derive(Debug)]
struct Key {
    window: Duration,
    /// From the first to the last end of each; settled, they are in order and apart.
    runs: Vec<(Time, Time)>,
    settled: usize,
}

impl Episodes {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn add(&mut self, hit: &Hit) {
        let entities: Vec<&str> = hit.entities.iter().map(|entity| &*entity.value).collect();
        let about = format!(
            "{}\u{0}{}\u{0}{}",
            hit.site,
            hit.exercise,
            entities.join("\u{0}")
        );
        let key = (Text::clone(&hit.rule.id), about);
        let held = self.0.entry(key).or_insert_with(|| Key {
            window: hit.rule.window,
            runs: Vec::new(),
            settled: 0,
        });
        held.runs.push((hit.from, hit.to));
        // A flood of one key takes no more room than a few.
        if held.runs.len() > 2 * held.settled + 1_000 {
            held.settle();
        }
    }

    fn settle(&mut self) {
        self.0.values_mut().for_each(Key::settle);
    }

    fn count(&self, from: Time) -> HashMap<Text, u64> {
        let mut counts: HashMap<Text, u64> = HashMap::new();
        for ((rule, _), key) in &self.0 {
            let alerts = key.runs.iter().filter(|(_, last)| *last >= from).count();
            if alerts > 0 {
                let alerts = u64::try_from(alerts).unwrap_or(u64::MAX);
                *counts.entry(Text::clone(rule)).or_default() += alerts;
            }
        }
        counts
    }
}

impl Key {
    fn settle(&mut self) {
        if self.runs.len() == self.settled {
            return;
        }
        self.runs.sort_unstable();
        let mut joined: Vec<(Time, Time)> = Vec::new();
        for (first, last) in self.runs.drain(..) {
            match joined.last_mut() {
                Some(held) if first.since(held.1) < self.window => held.1 = held.1.max(last),
                _ => joined.push((first, last)),
            }
        }
        self.settled = joined.len();
        self.runs = joined;
    }
}
