//! How fast the line is, as the answers tell.

use std::time::Duration;

use tokio::time::Instant;

/// What is known when nothing has been sent: 256 kbit/s, and that records shrink to a sixth.
const BEGIN: (f64, f64) = (32_000.0, 6.0);
/// What was measured for longer than this counts for half, so that a line that changes is found out.
const MEMORY: f64 = 8.0;
/// A body of fewer bytes says more of the way there and back than of the line.
const TELLING: usize = 4_096;

/// A measure of the line. Bodies follow each other without a pause, so the line was at work for one from the answer
/// to the body before it, or from when it began itself if that was later, until its own answer.
pub(super) struct Rate {
    carried: f64,
    seconds: f64,
    /// Unpacked bytes to one packed.
    ratio: f64,
    landed: Option<Instant>,
    body_time: Duration,
}

impl Rate {
    pub(super) fn new(body_time: Duration) -> Self {
        Self {
            carried: BEGIN.0,
            seconds: 1.0,
            ratio: BEGIN.1,
            landed: None,
            body_time,
        }
    }

    /// A body was answered now, so long after its first byte left.
    pub(super) fn landed(&mut self, packed: usize, bytes: usize, took: Duration, now: Instant) {
        let since = self.landed.replace(now);
        let since = since.map_or(took, |since| now.saturating_duration_since(since).min(took));
        if packed < TELLING {
            return;
        }
        #[expect(clippy::cast_precision_loss, reason = "an estimate")]
        let (packed, bytes) = (packed as f64, bytes as f64);
        self.carried += packed;
        self.seconds += since.as_secs_f64().max(0.001);
        self.ratio = self.ratio.midpoint(bytes / packed);
        if self.seconds > MEMORY {
            self.carried /= 2.0;
            self.seconds /= 2.0;
        }
    }

    /// Packed bytes a second.
    pub(super) fn bytes_per_second(&self) -> u64 {
        whole(self.carried / self.seconds)
    }

    /// Unpacked bytes that the line carries in the time of a body.
    pub(super) fn body_bytes(&self) -> usize {
        let bytes = self.carried / self.seconds * self.ratio * self.body_time.as_secs_f64();
        usize::try_from(whole(bytes)).unwrap_or(usize::MAX)
    }
}

fn whole(number: f64) -> u64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a float saturates"
    )]
    let whole = number as u64;
    whole
}
