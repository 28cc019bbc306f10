//! The spool of an edge: every event is on disk before it leaves (DESIGN §3).
//!
//! Three lanes, each a folder of segments; one ledger that says what is promised. One writer thread
//! gives numbers, writes what waits as a group, syncs, then answers. When the spool is full, the
//! oldest segment of the lowest lane goes, and its numbers become a gap that the centre is told of.
//! A reader takes a lane from any number on and never stops the writer.

mod ledger;
mod segment;
mod status;
mod writer;

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use event::{Batch, Instance, Lane, PerLane, SourceOffset};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use ledger::{Ledger, State};
use segment::Segment;
pub use status::{Accepts, LaneStatus, SpoolStatus};
use writer::{Order, Writer};

/// How a spool behaves; every field is a key under `[spool]`.
#[derive(Clone, Copy, Debug)]
pub struct SpoolOptions {
    /// What all lanes may take of the disk, in bytes.
    pub bytes: u64,
    /// A segment is closed at this size, in bytes: what is let go at once when the spool is full.
    pub segment_bytes: u64,
    /// At most this much is made durable with one sync, in bytes of records.
    pub group_bytes: usize,
    /// Below this much free space nothing more is accepted, in bytes.
    pub reserve_bytes: u64,
    /// At most this many batches wait for the writer.
    pub queue: usize,
}

/// Why a spool cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum SpoolError {
    /// The operating system refused.
    #[error("cannot {what} {}: {reason}", path.display())]
    Io {
        /// What was tried.
        what: &'static str,
        /// With what.
        path: PathBuf,
        /// Why not.
        reason: io::Error,
    },
    /// The kernel may have dropped what it was to keep; nothing more is promised (fail-stop).
    #[error("cannot sync {}; check the disk, then start again", .0.display())]
    Sync(PathBuf),
    /// A file that nothing can be read from.
    #[error(
        "{} is damaged; move the spool's folder away to begin anew: what it held is lost, and the \
         centre shows a new instance of this sensor",
        .0.display()
    )]
    Damaged(PathBuf),
    /// The spool is closing.
    #[error("the spool is closing")]
    Closing,
}

fn at(what: &'static str, path: &Path, reason: io::Error) -> SpoolError {
    SpoolError::Io {
        what,
        path: path.to_owned(),
        reason,
    }
}

impl SpoolError {
    fn is_not_found(&self) -> bool {
        matches!(self, Self::Io { reason, .. } if reason.kind() == io::ErrorKind::NotFound)
    }

    fn is_disk_full(&self) -> bool {
        let full = [
            io::ErrorKind::StorageFull,
            io::ErrorKind::QuotaExceeded,
            io::ErrorKind::FileTooLarge,
        ];
        matches!(self, Self::Io { reason, .. } if full.contains(&reason.kind()))
    }
}

/// Why numbers of a lane will never be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GapReason {
    /// The spool was full, and this was the oldest of the lowest lane.
    SpoolFull,
    /// The spool's file was damaged.
    Damaged,
    /// The centre was restored from a backup and asked for what it had acknowledged.
    CentreRestored,
    /// The spool was restored from a backup: the centre has newer numbers than it.
    SpoolRestored,
    /// The centre does not take events of their site from this sensor.
    ForeignSite,
    /// A reason of a newer program.
    Unknown,
}

impl GapReason {
    /// Every reason.
    const ALL: [Self; 6] = [
        Self::SpoolFull,
        Self::Damaged,
        Self::CentreRestored,
        Self::SpoolRestored,
        Self::ForeignSite,
        Self::Unknown,
    ];

    /// The reason of a word.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.name() == name)
    }

    /// The word in records and the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::SpoolFull => "spool_full",
            Self::Damaged => "damaged",
            Self::CentreRestored => "centre_restored",
            Self::SpoolRestored => "spool_restored",
            Self::ForeignSite => "foreign_site",
            Self::Unknown => "unknown",
        }
    }
}

/// Numbers of a lane that nobody will ever send.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// The first.
    pub first: u64,
    /// The last.
    pub last: u64,
    /// Why.
    pub reason: GapReason,
}

/// What comes next in a lane.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Events: the first number, how many, and they themselves as [`event::encode_events`] writes them.
    Events {
        /// The first number.
        first: u64,
        /// How many.
        count: u64,
        /// The events.
        payload: Vec<u8>,
    },
    /// Numbers that were let go.
    Gap(Gap),
}

impl Piece {
    /// The number behind the last.
    pub fn next(&self) -> u64 {
        match self {
            Self::Events { first, count, .. } => first.saturating_add(*count),
            Self::Gap(gap) => gap.last.saturating_add(1),
        }
    }
}

/// The open spool of a data folder.
pub struct Spool {
    shared: Arc<Shared>,
    queue: Mutex<Option<SyncSender<Order>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    instance: Instance,
}

/// What writer and readers share.
struct Shared {
    dir: PathBuf,
    inner: Mutex<Inner>,
    /// Moves whenever something was written, acknowledged or let go.
    moved: watch::Sender<u64>,
}

struct Inner {
    state: State,
    segments: PerLane<Vec<Segment>>,
    dropped: PerLane<u64>,
    accepts: Accepts,
    /// Where each lane was read last: the number that comes next, its file, its place.
    cursors: HashMap<Lane, (u64, PathBuf, u64)>,
}

impl Spool {
    /// Opens the spool in a folder, or makes one. What nobody was promised is taken off.
    ///
    /// # Errors
    /// A folder that cannot be read or written, a ledger that says nothing.
    pub fn open(dir: &Path, options: SpoolOptions) -> Result<Self, SpoolError> {
        std::fs::create_dir_all(dir).map_err(|reason| at("create", dir, reason))?;
        let instance = read_or_draw_instance(dir)?;
        let (ledger, mut state) = Ledger::open(dir)?;
        let mut segments = PerLane::default();
        for lane in Lane::ALL {
            let folder = lane_folder(dir, lane);
            std::fs::create_dir_all(&folder).map_err(|reason| at("create", &folder, reason))?;
            segments[lane] = recover(&folder, &mut state.lanes[lane])?;
        }
        let shared = Arc::new(Shared {
            dir: dir.to_owned(),
            inner: Mutex::new(Inner {
                state,
                segments,
                dropped: PerLane::default(),
                accepts: Accepts::Ok,
                cursors: HashMap::new(),
            }),
            moved: watch::Sender::new(0),
        });
        let (queue, orders) = sync_channel(options.queue.max(1));
        let writer = Writer::new(Arc::clone(&shared), options, ledger);
        let thread = std::thread::Builder::new()
            .name("spool".to_owned())
            .spawn(move || writer.run(&orders))
            .map_err(|reason| at("start the writer of", dir, reason))?;
        Ok(Self {
            shared,
            queue: Mutex::new(Some(queue)),
            thread: Mutex::new(Some(thread)),
            instance,
        })
    }

    /// The spool's own number.
    pub fn instance(&self) -> Instance {
        self.instance
    }

    /// Where the sources stood when their events last became durable.
    pub fn offsets(&self) -> Vec<SourceOffset> {
        self.shared.inner().state.offsets()
    }

    /// Hands a batch to the writer; `done` is called once it is durable, or never will be. Blocks
    /// while too many wait.
    pub fn append(&self, batch: Batch, done: impl FnOnce(Result<(), SpoolError>) + Send + 'static) {
        let order = Order::Append(batch, Box::new(done));
        if let Some(Order::Append(_, done)) = self.order(order) {
            done(Err(SpoolError::Closing));
        }
    }

    /// The centre has a lane up to a number: what lies below may go.
    pub fn acknowledge(&self, lane: Lane, upto: u64) {
        self.order(Order::Acknowledge(lane, upto));
    }

    /// Numbers up to this one belong to a later life of this spool: they are not given again, and what the spool
    /// holds under them is let go.
    pub fn skip(&self, lane: Lane, upto: u64) {
        self.order(Order::Skip(lane, upto));
    }

    /// What could not be handed over comes back.
    fn order(&self, order: Order) -> Option<Order> {
        let queue = lock(&self.queue).clone();
        match queue {
            Some(queue) => queue.send(order).err().map(|refused| refused.0),
            None => Some(order),
        }
    }

    /// What comes next in a lane at a number; nothing while that number was not given.
    ///
    /// # Errors
    /// A segment that cannot be opened.
    pub fn next(&self, lane: Lane, number: u64) -> Result<Option<Piece>, SpoolError> {
        self.shared.next(lane, number)
    }

    /// The oldest number of a lane that is still on disk, delivered or not; else the next to be given.
    pub fn oldest(&self, lane: Lane) -> u64 {
        let inner = self.shared.inner();
        let mut held = inner.segments[lane].iter();
        let oldest = held.find(|segment| segment.bytes > 0);
        oldest.map_or(inner.state.lanes[lane].last.saturating_add(1), |segment| {
            segment.first
        })
    }

    /// Moves whenever there may be something new to read.
    pub fn moved(&self) -> watch::Receiver<u64> {
        self.shared.moved.subscribe()
    }

    /// How it is.
    pub fn status(&self) -> SpoolStatus {
        let inner = self.shared.inner();
        let mut status = SpoolStatus {
            accepts: inner.accepts,
            ..SpoolStatus::default()
        };
        for (lane, state) in inner.state.lanes.iter() {
            let held = inner.segments[lane].iter();
            status.lanes[lane] = LaneStatus {
                last: state.last,
                acknowledged: state.acknowledged,
                bytes: held.map(|segment| segment.bytes).sum(),
                dropped: inner.dropped[lane],
            };
        }
        status
    }

    /// Stops the writer; what waits is refused, what is durable stays.
    pub fn close(&self) {
        lock(&self.queue).take();
        if let Some(thread) = lock(&self.thread).take()
            && thread.join().is_err()
        {
            tracing::error!("the spool's writer panicked");
        }
    }
}

impl Drop for Spool {
    fn drop(&mut self) {
        self.close();
    }
}

impl Shared {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        lock(&self.inner)
    }

    fn has_moved(&self) {
        self.moved
            .send_modify(|count| *count = count.wrapping_add(1));
    }

    fn next(&self, lane: Lane, number: u64) -> Result<Option<Piece>, SpoolError> {
        let number = number.max(1);
        loop {
            let inner = self.inner();
            let state = &inner.state.lanes[lane];
            if number > state.last {
                return Ok(None);
            }
            if let Some(gap) = state.gap_at(number) {
                let first = number;
                return Ok(Some(Piece::Gap(Gap { first, ..gap })));
            }
            let last = state.last;
            let mut segments = inner.segments[lane].iter();
            let held = segments.find(|held| held.last >= number).cloned();
            let cursor = inner.cursors.get(&lane).cloned();
            drop(inner);
            let Some(segment) = held else {
                return Ok(Some(damaged(number, last)));
            };
            if segment.first > number {
                return Ok(Some(damaged(number, segment.first.saturating_sub(1))));
            }
            let file = match segment.open() {
                // It was let go or delivered since: what is known now says which.
                Err(error) if error.is_not_found() => continue,
                opened => opened?,
            };
            let start = cursor
                .filter(|(next, path, _)| *next == number && *path == segment.path)
                .map_or(0, |(_, _, place)| place);
            return Ok(Some(match frame_with(&file, start, number) {
                Some(frame) if frame.first <= number => {
                    let place = (frame.last().saturating_add(1), segment.path, frame.end);
                    self.inner().cursors.insert(lane, place);
                    Piece::Events {
                        first: frame.first,
                        count: frame.count,
                        payload: frame.payload,
                    }
                }
                Some(frame) => damaged(number, frame.first.saturating_sub(1)),
                None => damaged(number, segment.last.min(last)),
            }));
        }
    }
}

fn damaged(first: u64, last: u64) -> Piece {
    Piece::Gap(Gap {
        first,
        last,
        reason: GapReason::Damaged,
    })
}

/// The frame that holds a number, or the first behind it where that one is damaged.
fn frame_with(file: &File, start: u64, number: u64) -> Option<segment::Frame> {
    let mut offset = start;
    loop {
        let frame = segment::frame_at(file, offset)
            .or_else(|| segment::frame_behind(file, offset.saturating_add(1)))?;
        if frame.last() >= number {
            return Some(frame);
        }
        offset = frame.end;
    }
}

/// The segments of a lane as the ledger promises them; what is missing is a gap.
fn recover(folder: &Path, state: &mut ledger::LaneState) -> Result<Vec<Segment>, SpoolError> {
    let mut segments = Segment::list(folder, state.last)?;
    // Only the last two can hold what was not promised: a segment is begun when one is full.
    let unsure = segments.len().saturating_sub(2);
    for segment in segments.iter_mut().skip(unsure) {
        segment.cut_behind(state.last)?;
    }
    let ends = segments.last().map_or(0, |segment| segment.last);
    if ends < state.last && state.acknowledged < state.last {
        let first = ends.saturating_add(1);
        let lost = (first..=state.last).find(|number| state.gap_at(*number).is_none());
        if let Some(first) = lost {
            let (last, reason) = (state.last, GapReason::Damaged);
            state.let_go(Gap {
                first,
                last,
                reason,
            });
        }
    }
    Ok(segments)
}

fn lane_folder(dir: &Path, lane: Lane) -> PathBuf {
    dir.join(lane.number().to_string())
}

fn read_or_draw_instance(dir: &Path) -> Result<Instance, SpoolError> {
    let path = dir.join("instance");
    if let Ok(text) = std::fs::read_to_string(&path) {
        let read = u64::from_str_radix(text.trim(), 16);
        return read.map(Instance).map_err(|_| SpoolError::Damaged(path));
    }
    let drawn = getrandom::u64().map_err(|reason| at("draw a number for", &path, reason.into()))?;
    let instance = Instance(drawn.max(1));
    let next = dir.join("instance.next");
    let written = std::fs::write(&next, format!("{instance}\n"))
        .and_then(|()| File::open(&next)?.sync_all())
        .and_then(|()| std::fs::rename(&next, &path));
    written.map_err(|reason| at("write", &path, reason))?;
    ledger::sync_folder(dir)?;
    Ok(instance)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
