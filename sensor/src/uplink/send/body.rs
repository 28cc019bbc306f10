//! A request's body that leaves no faster than it may, and says when it has left.

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::body::{Body, Bytes, Frame, SizeHint};
use tokio::sync::Notify;
use tokio::time::{Instant, Sleep};

/// How many bytes a second may leave now; 0: as many as the line carries. Asked again for each piece, so that a
/// schedule takes effect while a body is on its way. All bodies that leave share it.
#[derive(Clone)]
pub struct Pace {
    bytes_per_second: Arc<dyn Fn() -> u64 + Send + Sync>,
    /// From when on the next piece may leave.
    free: Arc<Mutex<Option<Instant>>>,
}

impl Pace {
    /// A pace that is asked for.
    pub fn new(bytes_per_second: impl Fn() -> u64 + Send + Sync + 'static) -> Self {
        Self {
            bytes_per_second: Arc::new(bytes_per_second),
            free: Arc::default(),
        }
    }

    /// No limit.
    pub fn unlimited() -> Self {
        Self::new(|| 0)
    }

    /// How much of so many bytes may leave now; an error says from when on.
    fn ask(&self, bytes: usize) -> Result<usize, Instant> {
        let rate = (self.bytes_per_second)();
        if rate == 0 {
            return Ok(bytes.min(PIECES.1));
        }
        let (now, length) = (Instant::now(), bytes.min(PIECES.0));
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(until) = free.filter(|until| *until > now) {
            return Err(until);
        }
        let micros = (length as u64).saturating_mul(1_000_000) / rate;
        *free = now.checked_add(Duration::from_micros(micros));
        Ok(length)
    }
}

/// Bytes that leave at once, where a limit is and where none is. The connection takes the next piece when it has sent
/// the one before, so a body that leaves holds up a more urgent one by little.
const PIECES: (usize, usize) = (8 << 10, 16 << 10);

/// Told when the last piece of a body was taken.
pub(super) struct Leaving {
    pub(super) left: Arc<AtomicBool>,
    pub(super) told: Arc<Notify>,
}

impl Drop for Leaving {
    fn drop(&mut self) {
        self.left.store(true, Ordering::Release);
        self.told.notify_one();
    }
}

/// The body.
pub(super) struct Paced {
    rest: Bytes,
    pace: Pace,
    wait: Option<Pin<Box<Sleep>>>,
    leaving: Option<Leaving>,
}

impl Paced {
    pub(super) fn new(bytes: Bytes, pace: Pace, leaving: Option<Leaving>) -> Self {
        Self {
            rest: bytes,
            pace,
            wait: None,
            leaving,
        }
    }
}

impl Body for Paced {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        loop {
            if let Some(wait) = self.wait.as_mut() {
                if wait.as_mut().poll(context).is_pending() {
                    return Poll::Pending;
                }
                self.wait = None;
            }
            if self.rest.is_empty() {
                self.leaving = None;
                return Poll::Ready(None);
            }
            match self.pace.ask(self.rest.len()) {
                Ok(length) => {
                    let piece = self.rest.split_to(length);
                    if self.rest.is_empty() {
                        self.leaving = None;
                    }
                    return Poll::Ready(Some(Ok(Frame::data(piece))));
                }
                Err(until) => self.wait = Some(Box::pin(tokio::time::sleep_until(until))),
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.rest.len() as u64)
    }
}
