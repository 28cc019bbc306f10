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

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: Instance = Instance(7);

    fn place(first: u64) -> Place {
        let lane = Lane::Second;
        Place { lane, first }
    }

    async fn waits(arrival: &Arrival) -> bool {
        let patience = Duration::from_millis(30);
        let turn = arrival.turn(Duration::from_secs(60), |_| false);
        tokio::time::timeout(patience, turn).await.is_err()
    }

    #[test]
    fn a_place_is_read_as_it_is_written() {
        for text in ["1-1", "3-18446744073709551615"] {
            assert_eq!(
                Place::read(text).map(|place| place.to_string()).as_deref(),
                Some(text)
            );
        }
        for text in [
            "",
            "1",
            "1-",
            "-1",
            "4-1",
            "0-1",
            "1-0",
            "1-x",
            "1--1",
            "1-18446744073709551616",
            "1-1-1",
        ] {
            assert_eq!(Place::read(text), None, "{text}");
        }
    }

    #[tokio::test]
    async fn a_body_waits_for_those_before_it_in_its_lane_and_for_no_other() {
        let order = Arc::new(Order::default());
        let arrive = |place| order.arrive(&"a".into(), OWN, place);
        let (third, first, second) = (arrive(place(9)), arrive(place(1)), arrive(place(5)));
        let elsewhere = arrive(Place {
            lane: Lane::Third,
            first: 9,
        });
        let others = [
            order.arrive(&"b".into(), OWN, place(9)),
            order.arrive(&"a".into(), Instance(8), place(9)),
        ];
        assert!(waits(&third).await && waits(&second).await);
        for free in [&first, &elsewhere, &others[0], &others[1]] {
            assert!(!waits(free).await);
        }
        drop(first);
        assert!(waits(&third).await && !waits(&second).await);
        drop(second);
        assert!(!waits(&third).await);
        drop((third, elsewhere, others));
        assert!(order.lock().is_empty());
    }

    #[tokio::test]
    async fn who_waits_is_told_and_waits_no_longer_than_it_may() {
        let order = Arc::new(Order::default());
        let first = order.arrive(&"a".into(), OWN, place(1));
        let second = order.arrive(&"a".into(), OWN, place(5));
        second.turn(Duration::from_millis(20), |_| false).await;
        // A lane that has come so far by other ways: the body before it was sent again on another connection.
        second.turn(Duration::from_secs(60), |_| true).await;
        let turn = second.turn(Duration::from_secs(60), |_| false);
        let ends = async {
            tokio::time::sleep(Duration::from_millis(10)).await;
            drop(first);
        };
        tokio::join!(turn, ends);
    }
}
