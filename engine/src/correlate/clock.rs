//! How far each source has come, by the times of its events that met a rule of a correlation.
//!
//! A source that is silent goes on with the engine's now, so that it holds up nobody for ever; one
//! that replays the past counts from where it is.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use event::{Text, Time};

use crate::store::{WindowChange, WindowClock};

/// A source, live or backfill: these share no window.
type Key = (Text, bool);

/// The clocks of all sources.
#[derive(Debug, Default)]
pub(super) struct Clocks {
    of: HashMap<Key, Clock>,
    changed: BTreeSet<Key>,
    cleared: bool,
}

#[derive(Clone, Copy, Debug)]
struct Clock {
    /// Its newest time. Never ahead of its arrival: a wrong clock must not make all that follows late.
    newest: Time,
    /// When that came.
    received: Time,
}

impl Clocks {
    /// Notes an event; true when it is more than `lateness` behind its source.
    pub(super) fn is_late(
        &mut self,
        key: Key,
        (time, received): (Time, Time),
        lateness: Duration,
        most: usize,
    ) -> bool {
        // Sources are configured; an edge that invents names must not fill memory.
        if self.of.len() > most {
            self.of.clear();
            self.changed.clear();
            self.cleared = true;
        }
        let reached = time.min(received);
        let clock = self.of.entry(key.clone()).or_insert(Clock {
            newest: reached,
            received,
        });
        let late = clock.newest.minus(lateness) > time;
        if reached > clock.newest || received > clock.received {
            clock.newest = reached.max(clock.newest);
            clock.received = received.max(clock.received);
        }
        self.changed.insert(key);
        late
    }

    /// The newest time of a source.
    pub(super) fn newest(&self, source: &Text, backfill: bool) -> Option<Time> {
        let clock = self.of.get(&(Text::clone(source), backfill));
        clock.map(|clock| clock.newest)
    }

    /// Up to where a source has come at `now`, if it is not further already.
    pub(super) fn at(&self, source: &Text, backfill: bool, now: Time) -> Option<Time> {
        let clock = self.of.get(&(Text::clone(source), backfill))?;
        Some(clock.newest.plus(now.since(clock.received)))
    }

    /// Takes back a clock that was kept.
    pub(super) fn restore(&mut self, kept: &WindowClock) {
        let key = (Text::from(&*kept.source), kept.backfill);
        let (newest, received) = (kept.newest, kept.received);
        self.of.insert(key, Clock { newest, received });
    }

    /// Takes what an entry tells of its source, where no clock was kept.
    pub(super) fn at_least(&mut self, key: Key, (time, received): (Time, Time)) {
        self.of.entry(key).or_insert(Clock {
            newest: time.min(received),
            received,
        });
    }

    /// What the store must write.
    pub(super) fn take_changes(&mut self, changes: &mut Vec<WindowChange>) {
        if std::mem::take(&mut self.cleared) {
            changes.push(WindowChange::ClocksCleared);
        }
        for key in std::mem::take(&mut self.changed) {
            let Some(clock) = self.of.get(&key) else {
                continue;
            };
            changes.push(WindowChange::Clock(WindowClock {
                source: key.0.to_string(),
                backfill: key.1,
                newest: clock.newest,
                received: clock.received,
            }));
        }
    }
}
