//! The write-ahead journal: durable before acknowledged (DESIGN §4.1).
//!
//! Batches become frames in segment files. One writer thread gives every event its position and
//! number, writes what waits as a group, syncs once, then tells everyone. Readers follow behind.
//! A corrupt frame costs itself: it is reported with its positions and the reader goes on.

mod frame;
mod held;
mod reader;
mod segment;
mod verify;
mod writer;

#[cfg(test)]
mod tests;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use event::{Batch, Instance, Time};

pub use frame::Frame;
pub use held::{HeldSegment, Hold};
pub use reader::{Item, Reader};
use segment::{Found, Next, Segment};
pub use verify::{Verified, verify};
use writer::{Append, Writer};

use crate::error::{Error, Result};

/// How the journal behaves; every field is a key under `[journal]`.
#[derive(Clone)]
pub struct Options {
    /// A segment is closed at this size, in bytes.
    pub segment_bytes: u64,
    /// At most this much is made durable with one sync, in bytes.
    pub group_bytes: usize,
    /// Below this much free space nothing more is accepted, in bytes.
    pub reserve_bytes: u64,
    /// At most this many batches wait for the writer.
    pub queue: usize,
    /// The centre's clock: `received` of each frame.
    pub clock: Arc<dyn Fn() -> Time + Send + Sync>,
}

/// What the other parts of a data folder remember: a journal that lost its tail never gives a
/// position or a number again.
#[derive(Clone, Copy, Debug, Default)]
pub struct Floor {
    /// The highest position that index or detector has seen.
    pub position: u64,
    /// The highest number seen in each lane.
    pub numbers: [u64; 3],
}

/// Where a batch stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appended {
    /// Position of its first event.
    pub first: u64,
    /// How many events it has.
    pub events: u64,
}

/// Whether the journal accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It does.
    Ok,
    /// The disk is full or nearly so; it goes on by itself when there is room.
    Full,
    /// A write failed; it stays stopped until haidang is started again.
    Failed,
}

/// Positions that no whole frame holds any more, first to last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Corrupt {
    /// The first lost position.
    pub first: u64,
    /// The last lost position.
    pub last: u64,
}

/// What the journal says of itself.
#[derive(Clone, Debug)]
pub struct Status {
    /// Whether it accepts.
    pub state: State,
    /// The last durable position.
    pub durable: u64,
    /// The newest `received`.
    pub received: Time,
    /// Bytes appended since it was opened.
    pub appended_bytes: u64,
    /// Groups made durable since it was opened, each with one sync.
    pub syncs: u64,
    /// Lost positions met since it was opened.
    pub corrupt: Vec<Corrupt>,
    /// Bytes after the last whole frame that were taken off when it was opened.
    pub torn_bytes: u64,
}

/// The open journal of a data folder.
pub struct Journal {
    shared: Arc<Shared>,
    queue: Mutex<Option<SyncSender<Append>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    instance: Instance,
}

impl Journal {
    /// Opens the journal in a folder, or makes one. A torn tail, which nobody was promised, is
    /// taken off.
    pub fn open(dir: &Path, options: Options, floor: Floor) -> Result<Self> {
        std::fs::create_dir_all(dir).map_err(|e| Error::io("create", dir, e))?;
        drop(held::open(dir)?);
        let instance = read_or_draw_instance(dir)?;
        let mut segments = Segment::list(dir)?;
        let found = recover(&segments, instance)?;
        let mut next = found.next;
        next.position = next.position.max(floor.position + 1);
        for (number, held) in next.numbers.iter_mut().zip(floor.numbers) {
            *number = (*number).max(held + 1);
        }
        // A frame behind a torn tail or a jump in positions begins a segment of its own.
        let reuse = segments
            .last()
            .cloned()
            .filter(|_| next == found.next && found.usable);
        let (segment, file, length) = match reuse {
            Some(segment) => (
                segment.clone(),
                open_to_append(&segment, found.length)?,
                found.length,
            ),
            None => {
                segments.retain(|segment| segment.first < next.position);
                let (segment, file) = Segment::create(dir, &next)?;
                segments.push(segment.clone());
                (segment, file, segment::FILE_HEAD_BYTES)
            }
        };
        let status = Status {
            state: State::Ok,
            durable: next.position - 1,
            received: next.received,
            appended_bytes: 0,
            syncs: 0,
            corrupt: Vec::new(),
            torn_bytes: found.torn_bytes,
        };
        let shared = Arc::new(Shared {
            dir: dir.to_owned(),
            inner: Mutex::new(Inner { status, segments }),
            grew: Condvar::new(),
            closing: AtomicBool::new(false),
        });
        let (sender, receiver) = sync_channel(options.queue);
        let writer = Writer {
            shared: Arc::clone(&shared),
            options,
            instance,
            next,
            segment,
            file,
            length,
        };
        let thread = std::thread::Builder::new()
            .name("journal".into())
            .spawn(move || writer.run(&receiver))
            .map_err(|e| Error::io("start the writer of", dir, e))?;
        let queue = Mutex::new(Some(sender));
        Ok(Self {
            shared,
            queue,
            thread: Mutex::new(Some(thread)),
            instance,
        })
    }

    /// The data folder's number.
    pub fn instance(&self) -> Instance {
        self.instance
    }

    /// Hands a batch to the writer and returns; `done` is called once it is durable, or never will
    /// be. Blocks while too many batches wait.
    pub fn append(&self, batch: Batch, done: impl FnOnce(Result<Appended>) + Send + 'static) {
        let queue = lock(&self.queue).clone();
        let append = Append {
            batch,
            done: Box::new(done),
        };
        let refused = match queue {
            Some(queue) => queue.send(append).err().map(|refused| refused.0),
            None => Some(append),
        };
        if let Some(append) = refused {
            (append.done)(Err(Error::Closing));
        }
    }

    /// A reader that begins at a position.
    pub fn reader(&self, from: u64) -> Reader {
        Reader::new(Arc::clone(&self.shared), from)
    }

    /// What the journal says of itself.
    pub fn status(&self) -> Status {
        lock(&self.shared.inner).status.clone()
    }

    /// Removes the segments whose events all have positions up to and including `upto`, unless a
    /// backup holds them: then the next cut does.
    pub fn cut(&self, upto: u64) -> Result<()> {
        if !self.shared.has_segments_upto(upto) {
            return Ok(());
        }
        let removed = held::unless_held(&self.shared.dir, || {
            for segment in self.shared.take_segments_upto(upto) {
                fail::fail_point!("journal_cut");
                std::fs::remove_file(&segment.path)
                    .map_err(|e| Error::io("remove", &segment.path, e))?;
            }
            Ok(())
        });
        removed.map(drop)
    }

    /// Stops the writer; what waits is refused, what is durable stays.
    pub fn close(&self) {
        self.shared.closing.store(true, Ordering::Release);
        self.shared.grew.notify_all();
        lock(&self.queue).take();
        if let Some(thread) = lock(&self.thread).take()
            && thread.join().is_err()
        {
            tracing::error!("the journal's writer panicked");
        }
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        self.close();
    }
}

/// What writer and readers share.
struct Shared {
    dir: PathBuf,
    inner: Mutex<Inner>,
    grew: Condvar,
    closing: AtomicBool,
}

struct Inner {
    status: Status,
    segments: Vec<Segment>,
}

impl Shared {
    fn is_closing(&self) -> bool {
        self.closing.load(Ordering::Acquire)
    }

    fn state(&self) -> State {
        lock(&self.inner).status.state
    }

    fn set_state(&self, state: State) {
        let mut inner = lock(&self.inner);
        if inner.status.state != state {
            tracing::warn!(from = ?inner.status.state, to = ?state, "the journal's state changed");
            inner.status.state = state;
        }
    }

    fn durable(&self) -> u64 {
        lock(&self.inner).status.durable
    }

    fn became_durable(&self, position: u64, bytes: u64, received: Time) {
        let mut inner = lock(&self.inner);
        inner.status.durable = position;
        inner.status.received = received;
        inner.status.appended_bytes += bytes;
        inner.status.syncs += 1;
        drop(inner);
        self.grew.notify_all();
    }

    /// Waits until `position` is durable; says whether it is.
    fn wait_beyond(&self, position: u64, wait: Duration) -> bool {
        let deadline = Instant::now() + wait;
        let mut inner = lock(&self.inner);
        while inner.status.durable < position {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() || self.is_closing() {
                return false;
            }
            inner = self
                .grew
                .wait_timeout(inner, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        true
    }

    fn report(&self, lost: Corrupt) {
        tracing::error!(
            first = lost.first,
            last = lost.last,
            "the journal lost positions"
        );
        let mut inner = lock(&self.inner);
        if !inner.status.corrupt.contains(&lost) && inner.status.corrupt.len() < 1_000 {
            inner.status.corrupt.push(lost);
        }
    }

    fn add_segment(&self, segment: Segment) {
        lock(&self.inner).segments.push(segment);
    }

    /// The segment in which a position is, or the first one after it.
    fn segment_with(&self, position: u64) -> Option<Segment> {
        let inner = lock(&self.inner);
        let after = inner
            .segments
            .partition_point(|segment| segment.first <= position);
        inner.segments.get(after.saturating_sub(1)).cloned()
    }

    fn segment_after(&self, first: u64) -> Option<Segment> {
        lock(&self.inner)
            .segments
            .iter()
            .find(|segment| segment.first > first)
            .cloned()
    }

    fn has_segments_upto(&self, upto: u64) -> bool {
        let inner = lock(&self.inner);
        let second = inner.segments.get(1);
        second.is_some_and(|segment| segment.first.saturating_sub(1) <= upto)
    }

    fn take_segments_upto(&self, upto: u64) -> Vec<Segment> {
        let mut inner = lock(&self.inner);
        let next_firsts = inner.segments.iter().skip(1).map(|segment| segment.first);
        let count = next_firsts
            .take_while(|first| first.saturating_sub(1) <= upto)
            .count();
        inner.segments.drain(..count).collect()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What the newest segment holds.
struct Recovered {
    next: Next,
    length: u64,
    torn_bytes: u64,
    usable: bool,
}

fn recover(segments: &[Segment], own: Instance) -> Result<Recovered> {
    let mut next = Next::start();
    let mut end = Recovered {
        next,
        length: 0,
        torn_bytes: 0,
        usable: false,
    };
    // The newest segment may be torn in its head: then the one before it has the last frames.
    let newest = segments.len().saturating_sub(2);
    for segment in segments.iter().skip(newest) {
        let file = segment.open()?;
        let head = segment::read_head(&file);
        next.position = next.position.max(segment.first);
        if let Some(head) = &head {
            next.received = next.received.max(head.received);
            for (number, held) in next.numbers.iter_mut().zip(head.numbers) {
                *number = (*number).max(held);
            }
        }
        // Frames behind a damaged head are as good as any; only nothing is added to that file.
        let usable = head.is_some();
        let mut offset = segment::FILE_HEAD_BYTES;
        end = loop {
            match segment::look(&file, &segment.path, offset)? {
                Found::Frame { body, end } => {
                    if let Some(header) = frame::decode_header(&body) {
                        next.pass(&header, own);
                    }
                    offset = end;
                }
                Found::Corrupt {
                    resume: Some(resume),
                } => offset = resume,
                Found::Corrupt { resume: None } => {
                    let total = file
                        .metadata()
                        .map_err(|e| Error::io("measure", &segment.path, e))?
                        .len();
                    break Recovered {
                        next,
                        length: offset,
                        torn_bytes: total - offset,
                        usable,
                    };
                }
                Found::End => {
                    break Recovered {
                        next,
                        length: offset,
                        torn_bytes: 0,
                        usable,
                    };
                }
            }
        };
    }
    Ok(end)
}

fn open_to_append(segment: &Segment, length: u64) -> Result<File> {
    let opened = (|| {
        let file = File::options().read(true).write(true).open(&segment.path)?;
        file.set_len(length)?;
        file.sync_all()?;
        Ok(file)
    })();
    opened.map_err(|e| Error::io("open", &segment.path, e))
}

fn read_or_draw_instance(dir: &Path) -> Result<Instance> {
    let path = dir.join("instance");
    if let Ok(text) = std::fs::read_to_string(&path) {
        return u64::from_str_radix(text.trim(), 16)
            .map(Instance)
            .map_err(|_| Error::Format {
                path,
                problem: "expected sixteen hex digits; restore the file from a backup".into(),
            });
    }
    let drawn = getrandom::u64().map_err(|e| Error::io("draw a number for", &path, e.into()))?;
    let instance = Instance(drawn.max(1));
    let written = std::fs::write(&path, format!("{instance}\n"))
        .and_then(|()| File::open(&path)?.sync_all())
        .and_then(|()| File::open(dir)?.sync_all());
    written.map_err(|e| Error::io("write", &path, e))?;
    Ok(instance)
}
