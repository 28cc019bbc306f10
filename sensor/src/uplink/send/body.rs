//! A request's body that leaves no faster than it may.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::body::{Body, Bytes, Frame, SizeHint};
use tokio::time::{Instant, Sleep};

/// How many bytes a second may leave now; 0: as many as the line carries. Asked again for each piece, so that a
/// schedule takes effect while a body is on its way.
#[derive(Clone)]
pub struct Pace(Arc<dyn Fn() -> u64 + Send + Sync>);

impl Pace {
    /// A pace that is asked for.
    pub fn new(bytes_per_second: impl Fn() -> u64 + Send + Sync + 'static) -> Self {
        Self(Arc::new(bytes_per_second))
    }

    /// No limit.
    pub fn unlimited() -> Self {
        Self::new(|| 0)
    }
}

/// Bytes that leave at once.
const PIECE: usize = 8 << 10;

/// The body.
pub(super) struct Paced {
    rest: Bytes,
    pace: Pace,
    wait: Option<Pin<Box<Sleep>>>,
}

impl Paced {
    pub(super) fn new(bytes: Bytes, pace: Pace) -> Self {
        Self {
            rest: bytes,
            pace,
            wait: None,
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
        if let Some(wait) = self.wait.as_mut() {
            if wait.as_mut().poll(context).is_pending() {
                return Poll::Pending;
            }
            self.wait = None;
        }
        if self.rest.is_empty() {
            return Poll::Ready(None);
        }
        let rate = (self.pace.0)();
        let length = if rate == 0 {
            self.rest.len()
        } else {
            self.rest.len().min(PIECE)
        };
        let piece = self.rest.split_to(length);
        if let Some(micros) = (length as u64).saturating_mul(1_000_000).checked_div(rate) {
            let until = Instant::now() + Duration::from_micros(micros);
            self.wait = Some(Box::pin(tokio::time::sleep_until(until)));
        }
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.wait.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.rest.len() as u64)
    }
}
