//! The loop: what became durable is examined, indexed, folded and checkpointed, in that order.
//!
//! Positions make it restartable anywhere: it begins behind the lower of index and detector,
//! examines every event with today's rules, adds to a partition only what that does not hold, and
//! folds only what lies behind the last checkpoint. Time in the engine is `received`; the stopwatch
//! below only paces checkpoints and commits.

#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use event::{Event, Fields, Limits, Networks, SourceOffset, Text, Time, View};

use crate::correlate::{Hit, WindowCounters, WindowLimits, Windows, single};
use crate::detect::{Detection, Engine, IntelMatch};
use crate::error::Result;
use crate::hosts::Hosts;
use crate::index::{self, Index, Journaled, Searcher};
use crate::journal::{Frame, Item, Journal, Reader};
use crate::knowledge::{Knowledge, KnowledgeSlot};
use crate::store::{AssetLimits, Checkpoint, Resume, SourceState, Store};

/// How the loop behaves; every field is a config key.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// A checkpoint is at most this old.
    pub checkpoint_every: Duration,
    /// An index commit is at most this old.
    pub commit_every: Duration,
    /// How partitions are written.
    pub index: index::Options,
    /// How long partitions are kept.
    pub retention: index::Retention,
    /// How much correlation remembers.
    pub windows: WindowLimits,
    /// How many assets there may be.
    pub assets: AssetLimits,
}

/// What the loop works with.
#[derive(Clone)]
pub struct Parts {
    /// Where events come from.
    pub journal: Arc<Journal>,
    /// Where alerts go.
    pub store: Arc<Store>,
    /// Rules and intel; what is put there later is used from the next frame on.
    pub knowledge: KnowledgeSlot,
    /// Which addresses belong to which site.
    pub networks: Arc<Networks>,
    /// The folder of the index.
    pub index_dir: PathBuf,
    /// What searches see.
    pub searcher: Searcher,
    /// How the loop behaves.
    pub options: Options,
    /// What the loop says of itself.
    pub status: Arc<Mutex<Status>>,
}

/// What the loop says of itself.
#[derive(Clone, Debug, Default)]
pub struct Status {
    /// Everything up to here is examined and folded durably.
    pub position: u64,
    /// Everything up to here is durably indexed.
    pub index_position: u64,
    /// Why it stands still, if it does.
    pub stalled: Option<String>,
    /// Whether a full disk is why.
    pub disk_full: bool,
    /// Events examined since the start.
    pub examined: u64,
    /// Events whose records could not be indexed whole.
    pub partial: u64,
    /// Partitions that could not be opened.
    pub quarantined: Vec<String>,
    /// What correlation left out.
    pub windows: WindowCounters,
    /// Sources that say that they do not work.
    pub failing: HashSet<(String, String)>,
}

/// Runs until `stop`. What an operator can mend (a full disk) makes it wait and begin again from
/// the last checkpoint; nothing is lost by that.
pub fn run(parts: &Parts, stop: &AtomicBool) {
    const PAUSE: Duration = Duration::from_secs(1);
    while !stop.load(Ordering::Acquire) {
        let ended = Pipeline::open(parts).and_then(|mut pipeline| pipeline.run(stop));
        let Err(error) = ended else { continue };
        tracing::error!(%error, cause = ?error, "the pipeline stands still; it will try again");
        let mut status = lock(&parts.status);
        status.stalled = Some(error.to_string());
        status.disk_full = error.is_disk_full();
        drop(status);
        std::thread::sleep(PAUSE);
    }
}

struct Pipeline<'a> {
    parts: &'a Parts,
    reader: Reader,
    index: Index,
    engine: Engine,
    windows: Windows,
    hosts: Hosts,
    fields: Fields,
    knowledge: Arc<Knowledge>,
    matches: Vec<IntelMatch>,
    detections: Vec<Detection>,
    /// Folded durably up to here when the loop began: below it, events are only indexed.
    folded: u64,
    /// Read, and offered to the index, up to here; after a start it may lie behind `folded`.
    read: u64,
    index_position: u64,
    pending: Pending,
    last_frame: Instant,
    last_checkpoint: Instant,
    last_commit: Instant,
    /// When, by the engine's time, old partitions were looked for.
    last_retained: Time,
}

/// Sources under load send ten times a second: with no frame for so long, a burst has ended.
const QUIET: Duration = Duration::from_millis(300);

/// What the next checkpoint will write.
#[derive(Default)]
struct Pending {
    position: u64,
    numbers: [u64; 3],
    now: Time,
    offsets: HashMap<(Text, Text), SourceOffset>,
    /// By sensor and source.
    sources: HashMap<(Text, Text), SourceState>,
    hits: Vec<Hit>,
    dirty: bool,
}

impl<'a> Pipeline<'a> {
    fn open(parts: &'a Parts) -> Result<Self> {
        let resume = parts.store.resume()?;
        let index = Index::open(&parts.index_dir, parts.options.index, &parts.searcher)?;
        let knowledge = parts.knowledge.current();
        let windows = restored(&knowledge, parts, &resume);
        let mut status = lock(&parts.status);
        status.position = resume.position;
        status.index_position = resume.index_position;
        status.quarantined = index
            .quarantined()
            .iter()
            .map(|bad| bad.dir.display().to_string())
            .collect();
        status.stalled = None;
        status.disk_full = false;
        drop(status);
        let pending = Pending {
            position: resume.position,
            numbers: resume.numbers,
            ..Pending::default()
        };
        let read = resume.position.min(resume.index_position);
        let most_hosts = usize::try_from(parts.options.assets.rows).unwrap_or(usize::MAX);
        Ok(Self {
            parts,
            reader: parts.journal.reader(read + 1),
            index,
            engine: Engine::clone(&knowledge.engine),
            windows,
            hosts: Hosts::new(Arc::clone(&parts.networks), most_hosts),
            fields: Fields::default(),
            knowledge,
            matches: Vec::new(),
            detections: Vec::new(),
            folded: resume.position,
            read,
            index_position: resume.index_position,
            pending,
            last_frame: Instant::now(),
            last_checkpoint: Instant::now(),
            last_commit: Instant::now(),
            last_retained: Time::default(),
        })
    }

    fn run(&mut self, stop: &AtomicBool) -> Result<()> {
        const TICK: Duration = Duration::from_millis(50);
        while !stop.load(Ordering::Acquire) {
            match self.reader.next(TICK)? {
                Some(Item::Frame(frame)) => {
                    self.take(frame)?;
                    self.last_frame = Instant::now();
                }
                // Reported by the journal; the positions are gone, the loop goes on behind them.
                Some(Item::Corrupt(_)) | None => {}
            }
            self.keep_pace()?;
        }
        self.commit_index()?;
        self.checkpoint()
    }

    /// Takes one frame: every event is examined, indexed and folded.
    fn take(&mut self, frame: Frame) -> Result<()> {
        self.renew()?;
        // Offsets of frames that are only indexed again are older than those in the store.
        let is_new = frame.next() > self.folded + 1 || frame.first > self.folded;
        let Frame {
            first,
            received,
            instance,
            lane,
            offsets,
            events,
        } = frame;
        let last_number = events.last().map_or(0, |event| event.id.number);
        for (position, event) in (first..).zip(events) {
            if position > self.folded.min(self.index_position) {
                self.take_event(Journaled {
                    position,
                    received,
                    event,
                })?;
            }
            self.read = self.read.max(position);
        }
        if is_new {
            self.windows.advance(received, &mut self.pending.hits);
        }
        self.pending.position = self.pending.position.max(self.read);
        if instance == self.parts.journal.instance() {
            let place = usize::from(lane.number().saturating_sub(1));
            if let Some(number) = self.pending.numbers.get_mut(place) {
                *number = (*number).max(last_number);
            }
        }
        for offset in offsets.into_iter().filter(|_| is_new) {
            let key = (Text::clone(&offset.source), Text::clone(&offset.input));
            self.pending.offsets.insert(key, offset);
        }
        self.pending.now = self.pending.now.max(received);
        self.pending.dirty = true;
        Ok(())
    }

    /// Between two frames, newer knowledge takes its place. Windows are those of the rules: they
    /// are written down and taken up again by the new ones.
    fn renew(&mut self) -> Result<()> {
        let newest = self.parts.knowledge.current();
        if Arc::ptr_eq(&newest, &self.knowledge) {
            return Ok(());
        }
        if !Arc::ptr_eq(&newest.engine, &self.knowledge.engine) {
            self.checkpoint()?;
            let resume = self.parts.store.resume()?;
            self.windows = restored(&newest, self.parts, &resume);
            self.engine = Engine::clone(&newest.engine);
        }
        self.knowledge = newest;
        Ok(())
    }

    fn take_event(&mut self, mut journaled: Journaled) -> Result<()> {
        self.fields
            .read(journaled.event.record.bytes(), Limits::default());
        self.detections.clear();
        let view = View {
            event: &journaled.event,
            fields: &self.fields,
        };
        self.engine.examine(view, &mut self.detections);
        let now = journaled.received;
        let intel = &self.knowledge.intel;
        intel.detect(view, now, &mut self.matches, &mut self.detections);
        if !self.detections.is_empty() {
            mark(&mut journaled.event, &self.detections);
        }
        self.index.add(&journaled, &self.fields)?;
        if journaled.position > self.folded {
            self.count_source(&journaled);
            let own = journaled.event.id.instance == self.parts.journal.instance();
            self.hosts.observe(&journaled.event, &self.fields, now, own);
            if !self.detections.is_empty() {
                self.fold(journaled);
            }
        }
        Ok(())
    }

    fn fold(&mut self, journaled: Journaled) {
        let Journaled {
            position,
            received,
            event,
        } = journaled;
        let event = Arc::new(event);
        let view = View {
            event: &event,
            fields: &self.fields,
        };
        let alerts = self.detections.iter().filter(|detection| detection.alerts);
        self.pending
            .hits
            .extend(alerts.map(|detection| single(detection, &event, position, view)));
        let (detections, hits) = (&self.detections, &mut self.pending.hits);
        self.windows
            .observe(&event, position, received, detections, view, hits);
    }

    fn count_source(&mut self, journaled: &Journaled) {
        let Event { sensor, source, .. } = &journaled.event;
        let key = (Text::clone(sensor), Text::clone(source));
        let state = self.pending.sources.entry(key).or_default();
        state.count(journaled, &self.fields);
    }

    fn keep_pace(&mut self) -> Result<()> {
        let options = &self.parts.options;
        // When nothing more comes there is nothing to gain by waiting: an alert's events are found
        // as soon as a person can ask for them.
        let age = self.last_commit.elapsed();
        let quiet = self.last_frame.elapsed() >= QUIET && age >= options.commit_every / 3;
        let commit_due = self.index.wants_commit()
            || (self.index.pending() > 0 && (quiet || age >= options.commit_every));
        if commit_due {
            self.commit_index()?;
        }
        if self.pending.dirty && self.last_checkpoint.elapsed() >= options.checkpoint_every {
            self.checkpoint()?;
        }
        Ok(())
    }

    fn commit_index(&mut self) -> Result<()> {
        self.index.commit(self.read, self.pending.now)?;
        self.index_position = self.index_position.max(self.read);
        self.pending.dirty = true;
        self.last_commit = Instant::now();
        self.retain()
    }

    /// Lets go of partitions whose time has come; the audit trail says so before they go.
    fn retain(&mut self) -> Result<()> {
        const EVERY: Duration = Duration::from_secs(3_600);
        let now = self.pending.now;
        if now.since(self.last_retained) < EVERY {
            return Ok(());
        }
        self.last_retained = now;
        for expired in self.index.expired(&self.parts.options.retention, now) {
            let target = expired.dir.strip_prefix(&self.parts.index_dir);
            let target = target.unwrap_or(&expired.dir).display().to_string();
            self.parts.store.audit_expired(&expired, &target, now)?;
            tracing::info!(partition = target, events = expired.meta.events, "let go");
            if let Err(error) = self.index.remove(&expired) {
                tracing::error!(partition = target, %error, "a partition is not wholly removed");
            }
        }
        Ok(())
    }

    fn checkpoint(&mut self) -> Result<()> {
        if self.index.pending() == 0 {
            self.index_position = self.index_position.max(self.read);
        }
        let pending = std::mem::take(&mut self.pending);
        let checkpoint = Checkpoint {
            position: pending.position,
            index_position: self.index_position,
            numbers: pending.numbers,
            now: pending.now,
            offsets: pending.offsets.into_values().collect(),
            sources: pending.sources.into_values().collect(),
            windows: self.windows.take_changes(),
            hits: pending.hits,
            hosts: self.hosts.take(),
            assets: self.parts.options.assets,
        };
        self.parts.store.checkpoint(&checkpoint)?;
        self.pending.position = checkpoint.position;
        self.pending.numbers = checkpoint.numbers;
        self.pending.now = checkpoint.now;
        self.last_checkpoint = Instant::now();
        self.report(&checkpoint);
        self.parts
            .journal
            .cut(checkpoint.position.min(checkpoint.index_position))
    }

    fn report(&self, checkpoint: &Checkpoint) {
        let mut status = lock(&self.parts.status);
        for state in &checkpoint.sources {
            let key = (state.sensor.clone(), state.source.clone());
            match state.works() {
                Some(true) => status.failing.remove(&key),
                Some(false) => status.failing.insert(key),
                None => continue,
            };
        }
        status.examined += checkpoint.position.saturating_sub(status.position);
        status.position = checkpoint.position;
        status.index_position = checkpoint.index_position;
        status.partial = self.index.partial();
        status.windows = self.windows.counters();
    }
}

/// The windows of today's rules with the entries that were kept.
fn restored(knowledge: &Knowledge, parts: &Parts, resume: &Resume) -> Windows {
    let correlations = knowledge.engine.correlations();
    let mut windows = Windows::new(correlations, parts.options.windows);
    for clock in &resume.clocks {
        windows.restore_clock(clock);
    }
    for entry in &resume.windows {
        windows.restore(entry);
    }
    windows
}

/// Writes on the event which rules matched it.
fn mark(event: &mut Event, detections: &[Detection]) {
    use event::CoreField::{RuleId, RuleLevel};
    for detection in detections {
        event.core.add(RuleId, &*detection.rule.id);
    }
    if let Some(worst) = detections
        .iter()
        .map(|detection| detection.rule.level)
        .max()
    {
        event.core.set(RuleLevel, worst.name());
    }
}

fn lock(status: &Mutex<Status>) -> std::sync::MutexGuard<'_, Status> {
    status.lock().unwrap_or_else(PoisonError::into_inner)
}
