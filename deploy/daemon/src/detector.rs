//! Rules over events that are read once: workers examine batches, each with an engine of its own,
//! and one collector takes what they found in the order of the input, so that the number of workers
//! changes nothing but the time.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use anyhow::{Context, Result, anyhow};
use engine::correlate::{Hit, WindowCounters, Windows};
use engine::detect::{Detection, Engine};
use event::{Event, Fields, Kind, Limits, Time, View};

use crate::parts::thread;

/// Batches that wait for a worker, and that wait for the collector behind it.
const WAITING: usize = 2;

/// An event that was examined.
pub(crate) struct Examined {
    /// When it happened.
    pub(crate) time: Time,
    /// Whether it is what the sensor says of itself.
    pub(crate) is_own: bool,
    /// Whether it is deeper, or has more leaves, than rules see.
    pub(crate) in_part: bool,
    /// None: no rule matched it.
    pub(crate) found: Option<Found>,
}

/// What rules say of an event.
pub(crate) struct Found {
    pub(crate) event: Arc<Event>,
    pub(crate) detections: Vec<Detection>,
    /// Those that alert, as they are written.
    pub(crate) rows: Vec<u8>,
}

/// How a detection is written.
pub(crate) trait Render: Clone + Send + 'static {
    fn render(&self, detection: &Detection, event: &Event, out: &mut Vec<u8>) -> Result<()>;
}

/// Examines events, one after the other.
pub(crate) struct Examiner<R> {
    engine: Engine,
    fields: Fields,
    render: R,
}

impl<R: Render> Examiner<R> {
    pub(crate) fn new(engine: Engine, render: R) -> Self {
        Self {
            engine,
            fields: Fields::default(),
            render,
        }
    }

    pub(crate) fn batch(&mut self, events: Vec<Event>) -> Result<Vec<Examined>> {
        events.into_iter().map(|event| self.event(event)).collect()
    }

    fn event(&mut self, event: Event) -> Result<Examined> {
        self.fields.read(event.record.bytes(), Limits::default());
        let mut detections = Vec::new();
        let view = View {
            event: &event,
            fields: &self.fields,
        };
        let (time, is_own) = (event.time, event.kind == Kind::SensorStatus);
        // What the sensor says of itself is none of the input.
        if !is_own {
            self.engine.examine(view, &mut detections);
        }
        let in_part = self.fields.partial().is_some();
        let mut rows = Vec::new();
        for detection in detections.iter().filter(|detection| detection.alerts) {
            self.render.render(detection, &event, &mut rows)?;
        }
        let found = (!detections.is_empty()).then(|| Found {
            event: Arc::new(event),
            detections,
            rows,
        });
        Ok(Examined {
            time,
            is_own,
            in_part,
            found,
        })
    }
}

/// Counts detections in the windows of correlations, in the order of the events.
pub(crate) struct Correlator {
    windows: Windows,
    fields: Fields,
    position: u64,
}

impl Correlator {
    pub(crate) fn new(windows: Windows) -> Self {
        Self {
            windows,
            fields: Fields::default(),
            position: 0,
        }
    }

    /// Takes the next event; adds what correlations say now.
    pub(crate) fn take(&mut self, examined: &Examined, hits: &mut Vec<Hit>) {
        self.position += 1;
        if let Some(found) = &examined.found {
            self.fields
                .read(found.event.record.bytes(), Limits::default());
            let view = View {
                event: &found.event,
                fields: &self.fields,
            };
            // Read once, so the event's own time stands for its arrival.
            self.windows.observe(
                &found.event,
                self.position,
                examined.time,
                &found.detections,
                view,
                hits,
            );
        }
        self.windows.advance(examined.time, hits);
        self.forget();
    }

    /// Decides all windows: nothing more comes.
    pub(crate) fn finish(&mut self, hits: &mut Vec<Hit>) {
        self.windows.finish(hits);
        self.forget();
    }

    /// What correlations left out.
    pub(crate) fn left_out(&self) -> WindowCounters {
        self.windows.counters()
    }

    /// Nothing is kept: a restart begins anew.
    fn forget(&mut self) {
        drop(self.windows.take_changes());
    }
}

/// What takes the events in order.
pub(crate) trait Collect: Send + 'static {
    /// Takes the events of the next batch.
    fn take(&mut self, batch: Vec<Examined>) -> Result<()>;
}

/// Workers, and the collector behind them. Batch n goes to worker n modulo their number and is
/// collected from there, so that order needs no waiting room.
pub(crate) struct Workers<C> {
    jobs: Vec<SyncSender<Vec<Event>>>,
    next: usize,
    examining: Vec<JoinHandle<()>>,
    collecting: JoinHandle<Result<C>>,
}

impl<C: Collect> Workers<C> {
    /// Starts `count` workers, at least one.
    pub(crate) fn start(
        count: usize,
        engine: &Engine,
        render: &impl Render,
        collect: C,
    ) -> Result<Self> {
        let (mut jobs, mut results, mut examining) = (Vec::new(), Vec::new(), Vec::new());
        for number in 0..count.max(1) {
            let (job, taken) = sync_channel::<Vec<Event>>(WAITING);
            let (given, result) = sync_channel(WAITING);
            let mut examiner = Examiner::new(engine.clone(), render.clone());
            let work = move || {
                // The collector is gone when it has failed, and says why.
                while let Ok(events) = taken.recv() {
                    if given.send(examiner.batch(events)).is_err() {
                        break;
                    }
                }
            };
            examining.push(thread(&format!("examine-{number}"), work)?);
            jobs.push(job);
            results.push(result);
        }
        let collecting = std::thread::Builder::new()
            .name("collect".to_owned())
            .spawn(move || collect_all(&results, collect))
            .context("cannot start the thread collect")?;
        Ok(Self {
            jobs,
            next: 0,
            examining,
            collecting,
        })
    }

    /// Hands a batch over and waits while the workers are busy. False: the collector has failed,
    /// and [`Workers::finish`] says why.
    pub(crate) fn push(&mut self, events: Vec<Event>) -> bool {
        let place = self.next % self.jobs.len().max(1);
        self.next = place + 1;
        self.jobs
            .get(place)
            .is_some_and(|job| job.send(events).is_ok())
    }

    /// Waits until all is examined and collected.
    pub(crate) fn finish(self) -> Result<C> {
        drop(self.jobs);
        for worker in self.examining {
            worker
                .join()
                .map_err(|_| anyhow!("a worker panicked; please report the input"))?;
        }
        self.collecting
            .join()
            .map_err(|_| anyhow!("the collector panicked; please report the input"))?
    }
}

fn collect_all<C: Collect>(
    results: &[Receiver<Result<Vec<Examined>>>],
    mut collect: C,
) -> Result<C> {
    // The first worker without a further batch had its turn when the input ended.
    for result in results.iter().cycle() {
        let Ok(batch) = result.recv() else {
            break;
        };
        collect.take(batch?)?;
    }
    Ok(collect)
}
