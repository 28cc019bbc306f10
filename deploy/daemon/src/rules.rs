//! What goes on with rules in the background, on one thread: files that changed are taken up,
//! exceptions go out of force when they expire, and at the end trials are stopped.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use engine::rules::Rulebook;

use crate::Clock;

/// Runs until `stop`.
pub(crate) fn run(book: &Rulebook, refresh_seconds: u64, clock: &Clock, stop: &AtomicBool) {
    const TICK: Duration = Duration::from_millis(100);
    /// What has expired is out of force after so long.
    const LONGEST: Duration = Duration::from_secs(60);
    let every = Duration::from_secs(refresh_seconds).min(LONGEST);
    tell(book);
    let mut refreshed = Instant::now();
    while !stop.load(Ordering::Acquire) {
        if refreshed.elapsed() >= every {
            if book.refresh(clock()) {
                tracing::info!("rules have changed and are in force");
                tell(book);
            }
            refreshed = Instant::now();
        }
        std::thread::sleep(TICK);
    }
    book.stop_trials();
}

fn tell(book: &Rulebook) {
    for problem in book.current().problems() {
        tracing::warn!("{problem}");
    }
}
