//! Where events go: on an edge the spool, in the centre the journal, in `read` the terminal.
//!
//! A source sends batches and gets a [`Ticket`] for each; the receiver makes the batch durable and
//! answers. Only then may the source move its offset or answer its peer (DESIGN §3).

use event::{Batch, Event, SourceOffset, Time};
use tokio::sync::{mpsc, oneshot};

use crate::error::Closed;

/// The most events in one batch: one journal frame stays small.
pub const BATCH_EVENTS: usize = 1_000;
/// The most record bytes in one batch before it is sent; one record may pass it by its own length.
pub const BATCH_BYTES: usize = 1 << 20;
/// The longest that an event waits for company while live, in microseconds.
pub const BATCH_MICROS: u64 = 100_000;

/// A batch on its way; the receiver makes it durable, then answers.
#[derive(Debug)]
pub struct Parcel {
    /// The events and the offsets that they cover.
    pub batch: Batch,
    /// Answered when the batch is durable; dropped when it will never be.
    pub durable: oneshot::Sender<()>,
}

/// The sending end, one clone for each source.
#[derive(Clone, Debug)]
pub struct Out(mpsc::Sender<Parcel>);

/// A channel that holds at most `parcels` batches; a full one makes senders wait.
pub fn channel(parcels: usize) -> (Out, mpsc::Receiver<Parcel>) {
    let (sender, receiver) = mpsc::channel(parcels.max(1));
    (Out(sender), receiver)
}

impl Out {
    /// Hands a batch over and waits while the channel is full.
    pub async fn send(&self, batch: Batch) -> Result<Ticket, Closed> {
        let (durable, ticket) = oneshot::channel();
        let parcel = Parcel { batch, durable };
        self.0.send(parcel).await.map_err(|_| Closed)?;
        Ok(Ticket(ticket))
    }

    /// How many batches have room now, and how many there is room for at all.
    pub fn room(&self) -> (usize, usize) {
        (self.0.capacity(), self.0.max_capacity())
    }

    /// The same from a thread outside the runtime.
    pub fn send_blocking(&self, batch: Batch) -> Result<Ticket, Closed> {
        let (durable, ticket) = oneshot::channel();
        let parcel = Parcel { batch, durable };
        self.0.blocking_send(parcel).map_err(|_| Closed)?;
        Ok(Ticket(ticket))
    }
}

/// A promise that a batch will be durable.
#[derive(Debug)]
pub struct Ticket(oneshot::Receiver<()>);

impl Ticket {
    /// Waits until the batch is durable.
    pub async fn durable(self) -> Result<(), Closed> {
        self.0.await.map_err(|_| Closed)
    }

    /// The same from a thread outside the runtime.
    pub fn durable_blocking(self) -> Result<(), Closed> {
        self.0.blocking_recv().map_err(|_| Closed)
    }
}

/// Gathers events into batches that keep the limits above.
#[derive(Debug, Default)]
pub(crate) struct Gather {
    batch: Batch,
    bytes: usize,
    first: Option<Time>,
}

impl Gather {
    /// Adds an event; `now` starts the clock of an empty batch.
    pub(crate) fn push(&mut self, event: Event, now: Time) {
        self.bytes = self.bytes.saturating_add(event.record.bytes().len());
        self.first.get_or_insert(now);
        self.batch.events.push(event);
    }

    /// States how far an input has come with the events held; a later state replaces an earlier.
    pub(crate) fn cover(&mut self, offset: SourceOffset) {
        self.batch
            .offsets
            .retain(|held| held.source != offset.source || held.input != offset.input);
        self.batch.offsets.push(offset);
    }

    /// Whether the batch has reached its limits.
    pub(crate) fn is_full(&self) -> bool {
        self.batch.events.len() >= BATCH_EVENTS || self.bytes >= BATCH_BYTES
    }

    /// Whether the batch must go at `now`: full, or its first event has waited long enough.
    pub(crate) fn is_due(&self, now: Time) -> bool {
        let waited = |first: Time| now.since(first).as_micros() >= u128::from(BATCH_MICROS);
        self.is_full() || self.first.is_some_and(waited)
    }

    /// Takes the batch out, unless there is nothing to send.
    pub(crate) fn take(&mut self) -> Option<Batch> {
        self.bytes = 0;
        self.first = None;
        let batch = std::mem::take(&mut self.batch);
        let empty = batch.events.is_empty() && batch.offsets.is_empty();
        (!empty).then_some(batch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_ticket_yields_when_the_receiver_answers_and_not_when_it_gives_up() {
        let (out, mut receiver) = channel(4);
        let kept = out.send(Batch::default()).await.unwrap();
        let lost = out.send(Batch::default()).await.unwrap();
        receiver.recv().await.unwrap().durable.send(()).unwrap();
        drop(receiver.recv().await.unwrap());
        assert_eq!(kept.durable().await, Ok(()));
        assert_eq!(lost.durable().await, Err(Closed));
        drop(receiver);
        assert!(out.send(Batch::default()).await.is_err());
    }
}
