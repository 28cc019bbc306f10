//! Bodies of one lane that are on their way together are taken in the order of their numbers.
//!
//! An edge says with each body where it begins. The centre notes that when the body's head comes; a body that is
//! whole waits while one of its lane that begins before it is still under way. What waits holds neither a lock nor a place
//! among those that are unpacked, and waits for a bounded time: then it is looked at, and refused if there is a hole.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use event::{Instance, Lane, Text};
use tokio::sync::Notify;

/// Where a body begins: in the header `haidang-begins` as lane and number, `1-4711`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The lane of all its frames.
    pub lane: Lane,
    /// The first number.
    pub first: u64,
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}-{}", self.lane.number(), self.first)
    }
}

impl Place {
    /// Reads it; nothing where it is none.
    pub fn read(text: &str) -> Option<Self> {
        let (lane, first) = text.split_once('-')?;
        let lane = lane.parse().ok().and_then(Lane::from_number)?;
        let first = first.parse().ok().filter(|first| *first > 0)?;
        Some(Self { lane, first })
    }
}

/// Whose: a sensor is held up by its own bodies only, whatever another one says.
type Key = (Text, Instance);

#[derive(Default)]
struct Arriving {
    bodies: Vec<(u64, Place)>,
    changed: Arc<Notify>,
    last: u64,
}

/// What is under way, of all sensors.
#[derive(Default)]
pub struct Order {
    arriving: Mutex<HashMap<Key, Arriving>>,
}

/// A body that is under way, until this is dropped.
pub struct Arrival {
    order: Arc<Order>,
    key: Key,
    id: u64,
    place: Place,
    changed: Arc<Notify>,
}

impl Order {
    /// The head of a body has come.
    pub fn arrive(self: &Arc<Self>, sensor: &Text, instance: Instance, place: Place) -> Arrival {
        let key = (Text::clone(sensor), instance);
        let mut arriving = self.lock();
        let own = arriving.entry(key.clone()).or_default();
        own.last += 1;
        own.bodies.push((own.last, place));
        let (id, changed) = (own.last, Arc::clone(&own.changed));
        drop(arriving);
        Arrival {
            order: Arc::clone(self),
            key,
            id,
            place,
            changed,
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Key, Arriving>> {
        self.arriving.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Arrival {
    /// Waits until nothing of its lane that begins before it is under way, or `reached` says that its lane has come to
    /// it, or for so long.
    pub async fn turn(&self, patience: Duration, reached: impl Fn(Place) -> bool) {
        let turn = async {
            loop {
                let changed = self.changed.notified();
                tokio::pin!(changed);
                // From here on no change is missed.
                changed.as_mut().enable();
                if !self.has_predecessor() || reached(self.place) {
                    return;
                }
                changed.await;
            }
        };
        // Who has waited for too long is looked at as it is.
        drop(tokio::time::timeout(patience, turn).await);
    }

    fn has_predecessor(&self) -> bool {
        let arriving = self.order.lock();
        let mut bodies = arriving
            .get(&self.key)
            .into_iter()
            .flat_map(|own| &own.bodies);
        bodies.any(|(_, other)| other.lane == self.place.lane && other.first < self.place.first)
    }
}

impl Drop for Arrival {
    fn drop(&mut self) {
        let mut arriving = self.order.lock();
        if let Some(own) = arriving.get_mut(&self.key) {
            own.bodies.retain(|(id, _)| *id != self.id);
            if own.bodies.is_empty() {
                arriving.remove(&self.key);
            }
        }
        drop(arriving);
        self.changed.notify_waiters();
    }
}
