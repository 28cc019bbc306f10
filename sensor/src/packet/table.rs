//! All flows, bounded. Flows with the same timeout stand in one list in the order of their last
//! packet, so that the next to end is always at a list's head and nothing is ever searched.

use std::collections::HashMap;

use event::Time;

use crate::config::{PacketConfig, Timeouts};

use super::flow::{Class, Flow, Reason};
use super::key::{Key, KeyHash};

/// How often the lists' heads are looked at, in microseconds of packet time.
const SWEEP: i64 = 100_000;

/// A flow's place in the table.
pub(crate) type Slot = usize;

struct Held {
    flow: Flow,
    class: Class,
    before: Option<Slot>,
    after: Option<Slot>,
}

#[derive(Clone, Copy, Default)]
struct List {
    first: Option<Slot>,
    last: Option<Slot>,
}

/// The table.
pub(crate) struct Table {
    slots: Vec<Option<Held>>,
    free: Vec<Slot>,
    index: HashMap<Key, Slot, KeyHash>,
    lists: [List; Class::ALL.len()],
    limit: usize,
    timeouts: Timeouts,
    emergency: Timeouts,
    swept: Time,
}

/// A flow that has left the table.
pub(crate) struct Ended {
    pub(crate) flow: Flow,
    pub(crate) reason: Reason,
    pub(crate) emergency: bool,
}

impl Table {
    pub(crate) fn new(config: &PacketConfig) -> Self {
        Self {
            slots: Vec::new(),
            free: Vec::new(),
            index: HashMap::with_hasher(KeyHash::new()),
            lists: Default::default(),
            limit: config.flows.max(1),
            timeouts: config.timeout_secs,
            emergency: config.emergency_secs,
            swept: Time::EPOCH,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.index.len()
    }

    pub(crate) fn find(&self, key: &Key) -> Option<Slot> {
        self.index.get(key).copied()
    }

    pub(crate) fn flow(&mut self, slot: Slot) -> Option<&mut Flow> {
        self.held(slot).map(|held| &mut held.flow)
    }

    /// Whether there is no room for another flow.
    pub(crate) fn is_full(&self) -> bool {
        self.index.len() >= self.limit
    }

    /// Puts a flow in.
    pub(crate) fn insert(&mut self, flow: Flow) -> Slot {
        let (key, class) = (flow.key, flow.class());
        let held = Some(Held {
            flow,
            class,
            before: None,
            after: None,
        });
        let slot = match self.free.pop() {
            Some(slot) => {
                if let Some(place) = self.slots.get_mut(slot) {
                    *place = held;
                }
                slot
            }
            None => {
                self.slots.push(held);
                self.slots.len() - 1
            }
        };
        self.index.insert(key, slot);
        self.append(slot, class);
        slot
    }

    /// After a packet: the flow goes to the end of its class's list.
    pub(crate) fn touch(&mut self, slot: Slot) {
        let Some(held) = self.held(slot) else {
            return;
        };
        let class = held.flow.class();
        if held.after.is_none() && held.class == class {
            return;
        }
        self.unlink(slot);
        if let Some(held) = self.held(slot) {
            held.class = class;
        }
        self.append(slot, class);
    }

    /// Takes a flow out.
    pub(crate) fn remove(&mut self, slot: Slot) -> Option<Flow> {
        self.unlink(slot);
        let held = self.slots.get_mut(slot)?.take()?;
        self.index.remove(&held.flow.key);
        self.free.push(slot);
        Some(held.flow)
    }

    /// Whether a flow has been silent for too long.
    pub(crate) fn is_over(&mut self, slot: Slot, now: Time) -> bool {
        let timeouts = self.timeouts;
        self.held(slot)
            .is_some_and(|held| is_silent(held, &timeouts, now))
    }

    /// Whether it is time to look for flows that have ended.
    pub(crate) fn is_due(&mut self, now: Time) -> bool {
        let due = now.micros() - self.swept.micros() >= SWEEP;
        if due {
            self.swept = now;
        }
        due
    }

    /// A flow that has been silent for too long.
    pub(crate) fn pop_over(&mut self, now: Time) -> Option<Ended> {
        let timeouts = self.timeouts;
        let slot = self.silent(&timeouts, now)?;
        Some(Ended {
            flow: self.remove(slot)?,
            reason: Reason::Timeout,
            emergency: false,
        })
    }

    /// Makes room: a flow that has been silent for a shorter time, else the one that has been
    /// silent longest in the most dispensable class.
    pub(crate) fn pop_forced(&mut self, now: Time) -> Option<Ended> {
        let emergency = self.emergency;
        let slot = self
            .silent(&emergency, now)
            .or_else(|| self.lists.iter().find_map(|list| list.first))?;
        Some(Ended {
            flow: self.remove(slot)?,
            reason: Reason::Forced,
            emergency: true,
        })
    }

    /// Any flow: the input is over.
    pub(crate) fn pop_any(&mut self) -> Option<Ended> {
        let slot = self.lists.iter().find_map(|list| list.first)?;
        Some(Ended {
            flow: self.remove(slot)?,
            reason: Reason::Shutdown,
            emergency: false,
        })
    }

    /// The head of the first list whose head has been silent for too long.
    fn silent(&mut self, timeouts: &Timeouts, now: Time) -> Option<Slot> {
        let heads = self.lists;
        heads.iter().filter_map(|list| list.first).find(|slot| {
            self.held(*slot)
                .is_some_and(|held| is_silent(held, timeouts, now))
        })
    }

    fn held(&mut self, slot: Slot) -> Option<&mut Held> {
        self.slots.get_mut(slot)?.as_mut()
    }

    fn list(&mut self, class: Class) -> Option<&mut List> {
        let place = Class::ALL.iter().position(|held| *held == class)?;
        self.lists.get_mut(place)
    }

    fn append(&mut self, slot: Slot, class: Class) {
        let Some(list) = self.list(class) else {
            return;
        };
        let last = list.last.replace(slot);
        if last.is_none() {
            list.first = Some(slot);
        }
        if let Some(held) = last.and_then(|last| self.held(last)) {
            held.after = Some(slot);
        }
        if let Some(held) = self.held(slot) {
            held.before = last;
            held.after = None;
        }
    }

    fn unlink(&mut self, slot: Slot) {
        let Some(held) = self.held(slot) else {
            return;
        };
        let (class, before, after) = (held.class, held.before.take(), held.after.take());
        match before.and_then(|before| self.held(before)) {
            Some(held) => held.after = after,
            None => {
                if let Some(list) = self.list(class) {
                    list.first = after;
                }
            }
        }
        match after.and_then(|after| self.held(after)) {
            Some(held) => held.before = before,
            None => {
                if let Some(list) = self.list(class) {
                    list.last = before;
                }
            }
        }
    }
}

fn is_silent(held: &Held, timeouts: &Timeouts, now: Time) -> bool {
    let limit = u64::from(held.class.seconds(timeouts));
    now.since(held.flow.last).as_secs() >= limit && now > held.flow.last
}
