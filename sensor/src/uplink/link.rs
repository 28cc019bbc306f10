//! The two ends of the socket between serve and a child.
//!
//! The child keeps every batch's ticket until serve has acknowledged it, and takes no more batches
//! while too much waits: the source behind it then waits too, and the kernel counts what it drops.

use std::collections::VecDeque;

use event::Time;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::{mpsc, oneshot, watch};

use crate::error::{Error, Result};
use crate::out::{Out, Parcel, Ticket};
use crate::run::Stop;

use super::frame::Frame;

/// Bytes of batches that may wait for their acknowledgement in a child: about a minute of a busy
/// edge.
pub const UNACKNOWLEDGED_BYTES: usize = 64 << 20;
/// Batches that serve may have under way; their order is that of the tickets.
const UNDER_WAY: usize = 256;
/// Bytes read at once.
const PIECE: usize = 64 * 1024;

fn broken(error: impl std::fmt::Display) -> Error {
    Error::Link(error.to_string())
}

/// Reads frames from a stream.
pub(crate) struct Frames {
    input: OwnedReadHalf,
    buffer: Vec<u8>,
    start: usize,
}

impl Frames {
    pub(crate) fn new(input: OwnedReadHalf) -> Self {
        Self {
            input,
            buffer: Vec::new(),
            start: 0,
        }
    }

    /// The next frame; none when the other end has closed. May be cancelled and called again.
    pub(crate) async fn next(&mut self) -> Result<Option<Frame>> {
        loop {
            let held = self.buffer.get(self.start..).unwrap_or_default();
            if let Some((frame, used)) = Frame::decode(held).map_err(broken)? {
                self.start += used;
                return Ok(Some(frame));
            }
            self.buffer.drain(..self.start);
            self.start = 0;
            self.buffer.reserve(PIECE);
            if self
                .input
                .read_buf(&mut self.buffer)
                .await
                .map_err(broken)?
                == 0
            {
                return Ok(None);
            }
        }
    }
}

pub(crate) async fn write(output: &mut OwnedWriteHalf, frame: &Frame) -> Result<usize> {
    let bytes = frame.encode().map_err(broken)?;
    output.write_all(&bytes).await.map_err(broken)?;
    Ok(bytes.len())
}

/// What waits for serve's acknowledgement.
#[derive(Default)]
struct Waiting {
    tickets: VecDeque<(usize, oneshot::Sender<()>)>,
    bytes: usize,
    answered: u64,
}

impl Waiting {
    fn hold(&mut self, bytes: usize, ticket: oneshot::Sender<()>) {
        self.bytes += bytes;
        self.tickets.push_back((bytes, ticket));
    }

    /// Answers the tickets of all batches up to a count.
    fn answer(&mut self, count: u64) -> Result<()> {
        while self.answered < count {
            let Some((bytes, ticket)) = self.tickets.pop_front() else {
                return Err(broken("more batches acknowledged than were sent"));
            };
            self.bytes = self.bytes.saturating_sub(bytes);
            self.answered += 1;
            // A source that does not wait has dropped its ticket.
            ticket.send(()).unwrap_or_default();
        }
        Ok(())
    }
}

/// The child's end: sends parcels, answers their tickets, passes on the order to stop. Ends when
/// the sources have ended and everything is acknowledged, or when serve has gone.
pub(crate) async fn child_end(
    mut frames: Frames,
    mut output: OwnedWriteHalf,
    mut parcels: mpsc::Receiver<Parcel>,
    stop: watch::Sender<bool>,
    limit: usize,
) -> Result<()> {
    let mut waiting = Waiting::default();
    let mut open = true;
    while open || !waiting.tickets.is_empty() {
        tokio::select! {
            frame = frames.next() => match frame? {
                Some(Frame::Acknowledged(count)) => waiting.answer(count)?,
                Some(Frame::Stop) => drop(stop.send_replace(true)),
                Some(_) => return Err(broken("a frame that serve does not send")),
                None => {
                    stop.send_replace(true);
                    return Err(broken("serve has gone"));
                }
            },
            parcel = parcels.recv(), if open && waiting.bytes < limit => match parcel {
                Some(Parcel { batch, durable }) => {
                    let bytes = write(&mut output, &Frame::Batch(batch)).await?;
                    waiting.hold(bytes, durable);
                }
                None => open = false,
            },
        }
    }
    Ok(())
}

/// How far a child's events have come when its link ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Batches made durable.
    pub durable: u64,
    /// When the child last saw something.
    pub last: Option<Time>,
}

/// Serve's end: passes batches on and acknowledges them when they are durable, in their order.
/// `progress` tells how far it came, also when it fails. Ends when the child has closed.
pub(crate) async fn serve_end(
    stream: UnixStream,
    hello: String,
    out: Out,
    mut stop: Stop,
    progress: &mut Progress,
) -> Result<()> {
    let (input, mut output) = stream.into_split();
    write(&mut output, &Frame::Hello(hello)).await?;
    let mut frames = Frames::new(input);
    let (give, take) = mpsc::channel(UNDER_WAY);
    let (durable, mut counted) = watch::channel(0_u64);
    let answers = tokio::spawn(count_durable(take, durable));
    let mut stopped = false;
    let result = loop {
        tokio::select! {
            frame = frames.next() => match frame {
                Ok(Some(Frame::Batch(batch))) => {
                    progress.last = batch.events.last().map(|event| event.seen).or(progress.last);
                    let ticket = out.send(batch).await?;
                    // The counter ends only after this sender.
                    give.send(ticket).await.map_err(|_| Error::Worker)?;
                }
                Ok(Some(_)) => break Err(broken("a frame that a child does not send")),
                Ok(None) => break Ok(()),
                Err(error) => break Err(error),
            },
            Ok(()) = counted.changed() => {
                let count = *counted.borrow_and_update();
                progress.durable = count;
                write(&mut output, &Frame::Acknowledged(count)).await?;
            }
            () = stop.wait(), if !stopped => {
                stopped = true;
                write(&mut output, &Frame::Stop).await?;
            }
        }
    };
    drop(give);
    progress.durable = answers.await.map_err(|_| Error::Worker)?;
    result
}

/// Waits for tickets in their order and counts them. A batch that will never be durable ends the
/// count: the child must not believe otherwise.
async fn count_durable(mut take: mpsc::Receiver<Ticket>, durable: watch::Sender<u64>) -> u64 {
    let mut count = 0;
    while let Some(ticket) = take.recv().await {
        if ticket.durable().await.is_err() {
            break;
        }
        count += 1;
        durable.send_replace(count);
    }
    count
}
