//! The one writer of the journal: group commit, and what happens when the disk refuses.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use event::{Batch, Event, EventId, Instance, Lane, SourceOffset};

use super::frame::{self, Header};
use super::segment::{self, Next, Segment};
use super::{Appended, Options, Shared, State};
use crate::disk::Room;
use crate::error::{Error, Result};

/// A batch that waits to become durable, and whom to tell.
pub(super) struct Append {
    pub(super) batch: Batch,
    pub(super) done: Box<dyn FnOnce(Result<Appended>) + Send>,
}

/// How long the writer waits before it tries a full disk again.
const RETRY: Duration = Duration::from_millis(250);

pub(super) struct Writer {
    pub(super) shared: Arc<Shared>,
    pub(super) options: Options,
    pub(super) instance: Instance,
    pub(super) next: Next,
    pub(super) segment: Segment,
    pub(super) file: File,
    pub(super) length: u64,
}

impl Writer {
    /// Writes until the journal closes.
    pub(super) fn run(mut self, queue: &Receiver<Append>) {
        while !self.shared.is_closing() {
            match queue.recv_timeout(RETRY) {
                Ok(first) => self.commit(first, queue),
                Err(RecvTimeoutError::Timeout) => self.look_at_room(),
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        while let Ok(append) = queue.try_recv() {
            (append.done)(Err(Error::Closing));
        }
    }

    /// One group: everything that waits, up to the group's size, becomes durable with one sync.
    fn commit(&mut self, first: Append, queue: &Receiver<Append>) {
        let mut group = vec![first];
        let mut bytes = 0;
        while bytes < self.options.group_bytes {
            let Ok(append) = queue.try_recv() else { break };
            bytes += append
                .batch
                .events
                .iter()
                .map(|event| event.record.bytes().len())
                .sum::<usize>();
            group.push(append);
        }
        match self.write_until_durable(&group) {
            Ok(places) => {
                for (append, appended) in group.into_iter().zip(places) {
                    (append.done)(Ok(appended));
                }
            }
            Err(error) => {
                let closing = matches!(error, Error::Closing);
                if !closing {
                    tracing::error!(error = %error, cause = ?error, "the journal stopped");
                    self.shared.set_state(State::Failed);
                }
                for append in group {
                    (append.done)(Err(if closing {
                        Error::Closing
                    } else {
                        Error::Poisoned
                    }));
                }
            }
        }
    }

    /// Writes a group, waiting out a full disk; any other failure is final.
    fn write_until_durable(&mut self, group: &[Append]) -> Result<Vec<Appended>> {
        loop {
            if self.shared.state() == State::Failed {
                return Err(Error::Poisoned);
            }
            self.look_at_room();
            let written = match self.shared.state() {
                State::Ok => self.write(group),
                _ => Err(full(&self.segment)),
            };
            match written {
                Err(error) if error.is_disk_full() => {
                    self.shared.set_state(State::Full);
                    if self.shared.is_closing() {
                        return Err(Error::Closing);
                    }
                    std::thread::sleep(RETRY);
                }
                written => return written,
            }
        }
    }

    /// The journal stops accepting before the disk is full, so that index and store have room to
    /// finish what was acknowledged.
    fn look_at_room(&self) {
        if self.shared.state() == State::Failed {
            return;
        }
        let Ok(room) = Room::at(&self.shared.dir) else {
            return;
        };
        let state = if room.free < self.options.reserve_bytes {
            State::Full
        } else {
            State::Ok
        };
        self.shared.set_state(state);
    }

    fn write(&mut self, group: &[Append]) -> Result<Vec<Appended>> {
        if self.length >= self.options.segment_bytes {
            self.roll()?;
        }
        let (bytes, next, places) = self.encode(group);
        fail::fail_point!("journal_append", |_| Err(full(&self.segment)));
        if let Err(source) = self.file.write_all_at(&bytes, self.length) {
            let error = Error::io("append to", &self.segment.path, source);
            // A torn tail would hide what is written after it.
            self.file
                .set_len(self.length)
                .map_err(|e| Error::io("take back a torn write from", &self.segment.path, e))?;
            return Err(error);
        }
        fail::fail_point!("journal_sync", |_| Err(Error::Poisoned));
        // IMPORTANT: after a failed sync the kernel may have dropped the pages; nothing that this
        // file holds can be promised any more, so the journal stops (fail-stop).
        self.file.sync_data().map_err(|_| Error::Poisoned)?;
        self.length += bytes.len() as u64;
        self.next = next;
        self.shared.became_durable(
            self.next.position - 1,
            bytes.len() as u64,
            self.next.received,
        );
        Ok(places)
    }

    /// Lays a group out as frames without changing the writer.
    fn encode(&self, group: &[Append]) -> (Vec<u8>, Next, Vec<Appended>) {
        let mut bytes = Vec::with_capacity(self.options.group_bytes);
        let mut next = self.next;
        next.received = next.received.max((self.options.clock)());
        let mut places = Vec::with_capacity(group.len());
        for append in group {
            let first = next.position;
            if let Some(id) = append.batch.first {
                let Batch {
                    events, offsets, ..
                } = &append.batch;
                self.put(&mut next, id, offsets, events, &mut bytes);
                places.push(Appended {
                    first,
                    events: next.position - first,
                });
                continue;
            }
            let lanes = append.batch.by_lane();
            let mut offsets = append.batch.offsets.as_slice();
            if lanes.is_empty() && !offsets.is_empty() {
                let id = self.own(&mut next, Lane::First);
                self.put(&mut next, id, offsets, &[], &mut bytes);
            }
            // The offsets go into the last frame: they hold once all before it are durable.
            for (place, (lane, events)) in lanes.iter().enumerate() {
                let last = place + 1 == lanes.len();
                let covered = if last {
                    std::mem::take(&mut offsets)
                } else {
                    &[]
                };
                let id = self.own(&mut next, *lane);
                self.put(&mut next, id, covered, events, &mut bytes);
            }
            places.push(Appended {
                first,
                events: next.position - first,
            });
        }
        (bytes, next, places)
    }

    /// The journal's own next number of a lane.
    fn own(&self, next: &mut Next, lane: Lane) -> EventId {
        EventId {
            instance: self.instance,
            lane,
            number: *next.number_mut(lane),
        }
    }

    fn put(
        &self,
        next: &mut Next,
        id: EventId,
        offsets: &[SourceOffset],
        events: &[Event],
        bytes: &mut Vec<u8>,
    ) {
        let count = events.len() as u64;
        let header = Header {
            first: next.position,
            received: next.received,
            id,
            count,
        };
        frame::encode(&header, offsets, events, bytes);
        next.pass(&header, self.instance);
    }

    fn roll(&mut self) -> Result<()> {
        let (segment, file) = Segment::create(&self.shared.dir, &self.next)?;
        self.shared.add_segment(segment.clone());
        self.segment = segment;
        self.file = file;
        self.length = segment::FILE_HEAD_BYTES;
        Ok(())
    }
}

fn full(segment: &Segment) -> Error {
    Error::io(
        "append to",
        &segment.path,
        std::io::ErrorKind::StorageFull.into(),
    )
}
