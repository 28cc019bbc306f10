//! The one writer of a spool: group commit, room, and what goes when there is none.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use event::{Batch, Lane, PerLane, SourceOffset};

use super::ledger::Ledger;
use super::segment::{self, Segment};
use super::{Accepts, Gap, GapReason, Shared, SpoolError, SpoolOptions, at, lane_folder};

/// Called when a batch is durable, or never will be.
type Done = Box<dyn FnOnce(Result<(), SpoolError>) + Send>;

/// What the writer is told.
pub(super) enum Order {
    Append(Batch, Done),
    Acknowledge(Lane, u64),
    Skip(Lane, u64),
}

/// How long the writer waits for something to do, and before it tries a full disk again.
const PAUSE: Duration = Duration::from_millis(250);

pub(super) struct Writer {
    shared: Arc<Shared>,
    options: SpoolOptions,
    ledger: Ledger,
    /// The open file of each lane.
    files: PerLane<Option<File>>,
    /// Acknowledgements that the ledger does not hold yet.
    is_behind: bool,
}

/// A group laid out: bytes for each lane with what they add to it.
#[derive(Default)]
struct Layout {
    bytes: PerLane<Vec<u8>>,
    last: PerLane<u64>,
    offsets: Vec<SourceOffset>,
}

/// A sixteenth of the room that a spool has.
fn small_part(bytes: u64) -> usize {
    usize::try_from(bytes / 16).unwrap_or(usize::MAX)
}

impl Writer {
    pub(super) fn new(shared: Arc<Shared>, options: SpoolOptions, ledger: Ledger) -> Self {
        Self {
            shared,
            options,
            ledger,
            files: PerLane::default(),
            is_behind: false,
        }
    }

    /// Writes until the spool closes.
    pub(super) fn run(mut self, orders: &Receiver<Order>) {
        loop {
            match orders.recv_timeout(PAUSE) {
                Ok(order) => self.take(order, orders),
                Err(RecvTimeoutError::Timeout) => self.settle(),
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        self.settle();
    }

    /// An order, and as many behind it as may become durable together.
    fn take(&mut self, first: Order, orders: &Receiver<Order>) {
        let (mut group, mut bytes) = (Vec::new(), 0_usize);
        let mut next = Some(first);
        while let Some(order) = next {
            match order {
                Order::Append(batch, done) => {
                    let records = batch.events.iter().map(|event| event.record.bytes().len());
                    bytes += records.sum::<usize>();
                    group.push((batch, done));
                }
                Order::Acknowledge(lane, upto) => self.acknowledge(lane, upto),
                Order::Skip(lane, upto) => self.skip(lane, upto),
            }
            next = None;
            // A group must not need all the room there is: what is urgent would have to go for it.
            if bytes < self.options.group_bytes.min(small_part(self.options.bytes)) {
                next = orders.try_recv().ok();
            }
        }
        if group.is_empty() {
            return;
        }
        let (batches, dones): (Vec<Batch>, Vec<Done>) = group.into_iter().unzip();
        let written = self.write_until_durable(&batches);
        if let Err(error) = &written {
            tracing::error!(%error, "the spool stopped");
            self.shared.inner().accepts = Accepts::Failed;
        }
        self.shared.has_moved();
        for done in dones {
            done(match &written {
                Ok(()) => Ok(()),
                Err(_) => Err(SpoolError::Sync(self.shared.dir.clone())),
            });
        }
    }

    /// Writes a group, waiting out a full disk; any other failure is final.
    fn write_until_durable(&mut self, batches: &[Batch]) -> Result<(), SpoolError> {
        if self.shared.inner().accepts == Accepts::Failed {
            return Err(SpoolError::Sync(self.shared.dir.clone()));
        }
        loop {
            let written = if self.has_room() {
                self.write(batches)
            } else {
                let full = std::io::ErrorKind::StorageFull.into();
                Err(at("append to", &self.shared.dir, full))
            };
            match written {
                Err(error) if error.is_disk_full() => {
                    self.accepts(Accepts::Full);
                    std::thread::sleep(PAUSE);
                }
                Ok(()) => {
                    self.accepts(Accepts::Ok);
                    return Ok(());
                }
                Err(error) => return Err(error),
            }
        }
    }

    fn accepts(&self, accepts: Accepts) {
        let mut inner = self.shared.inner();
        if inner.accepts != accepts {
            tracing::warn!(from = ?inner.accepts, to = ?accepts, "the spool's state changed");
            inner.accepts = accepts;
        }
    }

    /// Whether the file system has more left than the reserve.
    fn has_room(&self) -> bool {
        let found = rustix::fs::statvfs(&self.shared.dir);
        found.is_ok_and(|found| {
            found.f_bavail.saturating_mul(found.f_frsize) >= self.options.reserve_bytes
        })
    }

    fn write(&mut self, batches: &[Batch]) -> Result<(), SpoolError> {
        let layout = self.lay_out(batches);
        let news: u64 = layout
            .bytes
            .iter()
            .map(|(_, bytes)| bytes.len() as u64)
            .sum();
        self.make_room(news)?;
        for (lane, bytes) in layout.bytes.iter() {
            if !bytes.is_empty() {
                self.append(lane, bytes)?;
            }
        }
        let mut state = self.shared.inner().state.clone();
        for (lane, last) in layout.last.iter() {
            state.lanes[lane].last = *last;
        }
        state.note(&layout.offsets);
        fail::fail_point!("spool_commit", |_| Err(SpoolError::Sync(
            self.shared.dir.clone()
        )));
        self.ledger.write(&state, &layout.offsets)?;
        self.is_behind = false;
        let mut inner = self.shared.inner();
        for (lane, bytes) in layout.bytes.iter() {
            let open = inner.segments[lane].last_mut();
            if let Some(open) = open.filter(|_| !bytes.is_empty()) {
                open.bytes += bytes.len() as u64;
                open.last = state.lanes[lane].last;
            }
        }
        inner.state = state;
        Ok(())
    }

    /// Numbers the events of a group; nothing is changed by it.
    fn lay_out(&self, batches: &[Batch]) -> Layout {
        let mut layout = Layout::default();
        let inner = self.shared.inner();
        for (lane, state) in inner.state.lanes.iter() {
            layout.last[lane] = state.last;
        }
        drop(inner);
        for batch in batches {
            for (lane, events) in batch.by_lane() {
                let last = &mut layout.last[lane];
                segment::encode(last.saturating_add(1), &events, &mut layout.bytes[lane]);
                *last = last.saturating_add(events.len() as u64);
            }
            layout.offsets.extend_from_slice(&batch.offsets);
        }
        layout
    }

    /// Appends to a lane's open segment and syncs it.
    fn append(&mut self, lane: Lane, bytes: &[u8]) -> Result<(), SpoolError> {
        let open = self.shared.inner().segments[lane].last().cloned();
        let open = open.filter(|open| open.bytes < self.options.segment_bytes);
        let segment = match open {
            Some(open) => open,
            None => self.roll(lane)?,
        };
        let slot = &mut self.files[lane];
        let file = match slot {
            Some(file) => file,
            None => {
                let opened = File::options().read(true).write(true).open(&segment.path);
                slot.insert(opened.map_err(|reason| at("open", &segment.path, reason))?)
            }
        };
        // What a refused group left behind is written over.
        if let Err(reason) = file.write_all_at(bytes, segment.bytes) {
            return Err(at("append to", &segment.path, reason));
        }
        let length = segment.bytes + bytes.len() as u64;
        file.set_len(length)
            .map_err(|reason| at("append to", &segment.path, reason))?;
        file.sync_data()
            .map_err(|_| SpoolError::Sync(segment.path.clone()))
    }

    /// Begins a lane's next segment.
    fn roll(&mut self, lane: Lane) -> Result<Segment, SpoolError> {
        let mut inner = self.shared.inner();
        let first = inner.state.lanes[lane].last.saturating_add(1);
        let (segment, file) = Segment::create(&lane_folder(&self.shared.dir, lane), first)?;
        // One that stayed empty has the same name.
        let held = &mut inner.segments[lane];
        held.retain(|held| held.first != first);
        held.push(segment.clone());
        drop(inner);
        self.files[lane] = Some(file);
        Ok(segment)
    }

    /// Lets go of the oldest of the lowest lane until there is room for so much more.
    fn make_room(&mut self, news: u64) -> Result<(), SpoolError> {
        loop {
            let inner = self.shared.inner();
            let held = inner.segments.iter().flat_map(|(_, held)| held);
            let total: u64 = held.map(|segment| segment.bytes).sum();
            if total.saturating_add(news) <= self.options.bytes {
                return Ok(());
            }
            let lowest = Lane::ALL.into_iter().rev().find_map(|lane| {
                let oldest = inner.segments[lane].iter().find(|held| held.bytes > 0)?;
                Some((lane, oldest.clone()))
            });
            drop(inner);
            let Some((lane, oldest)) = lowest else {
                return Ok(());
            };
            self.let_go(lane, &oldest)?;
        }
    }

    /// Declares the numbers of a segment as a gap, then removes it.
    fn let_go(&mut self, lane: Lane, segment: &Segment) -> Result<(), SpoolError> {
        let mut state = self.shared.inner().state.clone();
        let own = &mut state.lanes[lane];
        let first = segment.first.max(own.acknowledged.saturating_add(1));
        let lost = segment.last.saturating_add(1).saturating_sub(first);
        own.let_go(Gap {
            first: segment.first,
            last: segment.last,
            reason: GapReason::SpoolFull,
        });
        self.ledger.write(&state, &[])?;
        self.remove(lane, segment)?;
        let mut inner = self.shared.inner();
        inner.state = state;
        let dropped = &mut inner.dropped[lane];
        *dropped = dropped.saturating_add(lost);
        drop(inner);
        tracing::warn!(
            lane = lane.number(),
            lost,
            "the spool is full: the oldest of a lane was let go"
        );
        Ok(())
    }

    fn remove(&mut self, lane: Lane, segment: &Segment) -> Result<(), SpoolError> {
        let mut inner = self.shared.inner();
        let held = &mut inner.segments[lane];
        if held.last() == Some(segment) {
            self.files[lane] = None;
        }
        held.retain(|held| held.path != segment.path);
        drop(inner);
        std::fs::remove_file(&segment.path).map_err(|reason| at("remove", &segment.path, reason))
    }

    /// Notes how far the centre has a lane, and removes whole segments below.
    fn acknowledge(&mut self, lane: Lane, upto: u64) {
        let mut inner = self.shared.inner();
        if !inner.state.lanes[lane].acknowledge(upto) {
            return;
        }
        self.is_behind = true;
        let acknowledged = inner.state.lanes[lane].acknowledged;
        let held = &inner.segments[lane];
        let open = held.last().map(|open| open.first);
        let delivered = held.iter().filter(|segment| {
            // The open one stays until it is full: it is not made anew for each event.
            let is_closed =
                Some(segment.first) != open || segment.bytes >= self.options.segment_bytes;
            is_closed && segment.last <= acknowledged
        });
        let delivered: Vec<Segment> = delivered.cloned().collect();
        drop(inner);
        for segment in &delivered {
            let removed = self.commit().and_then(|()| self.remove(lane, segment));
            if let Err(error) = removed {
                tracing::error!(%error, "the spool cannot let go of what was delivered");
                break;
            }
        }
        self.shared.has_moved();
    }

    /// Numbers that a later life of this spool has given are not given again.
    fn skip(&mut self, lane: Lane, upto: u64) {
        let mut inner = self.shared.inner();
        let own = &mut inner.state.lanes[lane];
        let lost = own.last.min(upto).saturating_sub(own.acknowledged);
        own.last = own.last.max(upto);
        own.acknowledge(upto);
        let dropped = &mut inner.dropped[lane];
        *dropped = dropped.saturating_add(lost);
        drop(inner);
        self.is_behind = true;
        if let Err(error) = self.roll(lane) {
            tracing::error!(%error, "the spool cannot begin a segment");
        }
        self.settle();
        self.shared.has_moved();
    }

    /// Writes acknowledgements down while nothing else is to be written.
    fn settle(&mut self) {
        if let Err(error) = self.commit() {
            tracing::warn!(%error, "the spool cannot write its ledger; it will be tried again");
        }
    }

    fn commit(&mut self) -> Result<(), SpoolError> {
        if self.is_behind {
            let state = self.shared.inner().state.clone();
            self.ledger.write(&state, &[])?;
            self.is_behind = false;
        }
        Ok(())
    }
}
