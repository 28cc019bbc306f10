//! Reads the journal from a position on, waiting for what becomes durable.

use std::fs::File;
use std::sync::Arc;
use std::time::Duration;

use super::frame::{self, Frame};
use super::segment::{self, Found, Segment};
use super::{Corrupt, Shared};
use crate::error::Result;

/// What a reader meets.
#[derive(Debug)]
pub enum Item {
    /// A batch.
    Frame(Frame),
    /// Bytes that are no frame: these positions are lost; the reader goes on behind them.
    Corrupt(Corrupt),
}

/// A reader with a place of its own. Several readers do not disturb each other.
pub struct Reader {
    shared: Arc<Shared>,
    next: u64,
    place: Option<(Segment, File, u64)>,
}

impl Reader {
    pub(super) fn new(shared: Arc<Shared>, from: u64) -> Self {
        Self {
            shared,
            next: from.max(1),
            place: None,
        }
    }

    /// The position that the next event will have.
    pub fn position(&self) -> u64 {
        self.next
    }

    /// The next frame, or what stands in its place; none when nothing more became durable within
    /// `wait`. A frame that begins before the place asked for is returned whole.
    pub fn next(&mut self, wait: Duration) -> Result<Option<Item>> {
        if !self.shared.wait_beyond(self.next, wait) {
            return Ok(None);
        }
        loop {
            let Some((segment, file, offset)) = self.place.take() else {
                match self.shared.segment_with(self.next) {
                    Some(segment) => {
                        let file = segment.open()?;
                        self.place = Some((segment, file, segment::FILE_HEAD_BYTES));
                        continue;
                    }
                    None => return Ok(None),
                }
            };
            match segment::look(&file, &segment.path, offset)? {
                Found::Frame { body, end } => {
                    let passed = frame::decode_header(&body)
                        .is_some_and(|header| header.count > 0 && header.next() <= self.next);
                    let whole = if passed { None } else { Frame::decode(&body) };
                    self.place = Some((segment, file, end));
                    if let Some(frame) = whole {
                        return Ok(Some(self.arrive(frame, offset)));
                    }
                }
                Found::Corrupt {
                    resume: Some(resume),
                } => {
                    self.place = Some((segment, file, resume));
                }
                Found::Corrupt { resume: None } | Found::End => {
                    // The next segment, if this one is done; its gap shows as lost positions.
                    match self.shared.segment_after(segment.first) {
                        Some(after) => {
                            let file = after.open()?;
                            self.place = Some((after, file, segment::FILE_HEAD_BYTES));
                        }
                        None => {
                            self.place = Some((segment, file, offset));
                            return Ok(self.lost_tail());
                        }
                    }
                }
            }
        }
    }

    /// A frame has been reached; when it begins beyond the place asked for, what is between is
    /// lost, and the frame is met again at the next call.
    fn arrive(&mut self, frame: Frame, offset: u64) -> Item {
        if frame.first > self.next {
            let lost = Corrupt {
                first: self.next,
                last: frame.first - 1,
            };
            self.next = frame.first;
            if let Some((_, _, place)) = &mut self.place {
                *place = offset;
            }
            self.shared.report(lost);
            return Item::Corrupt(lost);
        }
        self.next = frame.next();
        Item::Frame(frame)
    }

    /// Durable positions that no whole frame holds any more.
    fn lost_tail(&mut self) -> Option<Item> {
        let durable = self.shared.durable();
        if durable < self.next {
            return None;
        }
        let lost = Corrupt {
            first: self.next,
            last: durable,
        };
        self.next = durable + 1;
        self.shared.report(lost);
        Some(Item::Corrupt(lost))
    }
}
