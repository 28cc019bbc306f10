//! How many bodies of one sensor may be under way, over however many connections: what it makes the centre hold.
//!
//! The newest has its place; the oldest is given up for it. After a line broke that is the one whose rest will
//! never come, and nobody need wait until that is known.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// The places of all sensors.
pub(super) struct Places {
    most: usize,
    taken: Mutex<HashMap<String, VecDeque<Arc<Notify>>>>,
}

/// A place, until this is dropped.
pub(super) struct Place {
    places: Arc<Places>,
    sensor: String,
    given_up: Arc<Notify>,
}

impl Places {
    pub(super) fn new(most: usize) -> Arc<Self> {
        let taken = Mutex::default();
        Arc::new(Self { most, taken })
    }

    /// A place for a body of a sensor.
    pub(super) fn enter(self: &Arc<Self>, sensor: &str) -> Place {
        let given_up = Arc::new(Notify::new());
        let mut taken = self.lock();
        let own = taken.entry(sensor.to_owned()).or_default();
        while own.len() >= self.most {
            let Some(oldest) = own.pop_front() else { break };
            oldest.notify_one();
        }
        own.push_back(Arc::clone(&given_up));
        drop(taken);
        Place {
            places: Arc::clone(self),
            sensor: sensor.to_owned(),
            given_up,
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, VecDeque<Arc<Notify>>>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// Ends when the place was given to another body.
    pub(super) async fn given_up(&self) {
        self.given_up.notified().await;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.lock();
        if let Some(own) = taken.get_mut(&self.sensor) {
            own.retain(|other| !Arc::ptr_eq(other, &self.given_up));
            if own.is_empty() {
                taken.remove(&self.sensor);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_oldest_of_the_same_sensor_gives_way() {
        let places = Places::new(2);
        let (first, second) = (places.enter("a"), places.enter("a"));
        let other = places.enter("b");
        let third = places.enter("a");
        first.given_up().await;
        drop((first, third));
        let _fourth = places.enter("a");
        for kept in [second, other] {
            let waited =
                tokio::time::timeout(std::time::Duration::from_millis(20), kept.given_up());
            assert!(waited.await.is_err());
        }
        assert_eq!(places.lock().len(), 1);
    }
}
