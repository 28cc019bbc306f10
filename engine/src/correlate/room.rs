//! The room of the windows: groups whose windows are past are let go, and the stalest when there is
//! no more room. What is dropped is counted.

use std::time::Duration;

use event::Time;

use super::key::GroupKey;
use super::window::{Windows, given_up, removed, settled};

impl Windows {
    /// Lets go of groups whose windows are past, and of the stalest when there is no room.
    pub(super) fn make_room(&mut self, now: Time) {
        const EVERY: Duration = Duration::from_secs(60);
        if now.since(self.swept).max(self.swept.since(now)) >= EVERY {
            self.swept = now;
            for place in 0..self.correlations.len() {
                self.forget_idle(place, now);
            }
        }
        if self.weight > self.limits.entries {
            self.evict();
        }
    }

    /// What waits for its window's end is decided, not forgotten.
    fn forget_idle(&mut self, place: usize, now: Time) {
        let Some(state) = self.correlations.get_mut(place).filter(|state| state.early) else {
            return;
        };
        let keep = state.keep(self.limits.lateness);
        let (clocks, span) = (&self.clocks, state.correlation.span);
        let past = state.groups.extract_if(|key, group| {
            let passed = settled(group, clocks, key.backfill).zip(group.newest());
            given_up(group, span, now)
                || passed.is_none_or(|(settled, last)| last.plus(keep) < settled)
        });
        for (key, group) in past {
            self.weight = self.weight.saturating_sub(group.weight());
            let written = key.encode();
            let id = &state.correlation.info.id;
            let entries = group.into_entries();
            self.changes
                .extend(entries.map(|entry| removed(id, &written, entry.position)));
        }
    }

    /// Drops the groups that were touched longest ago, until a tenth of the room is free.
    fn evict(&mut self) {
        let goal = self.limits.entries - self.limits.entries / 10;
        let states = self.correlations.iter().enumerate();
        let mut stalest: Vec<(Time, usize, GroupKey)> = states
            .flat_map(|(place, state)| {
                let groups = state.groups.iter();
                groups.map(move |(key, group)| (group.touched, place, key.clone()))
            })
            .collect();
        stalest.sort_by_key(|(touched, ..)| *touched);
        for (_, place, key) in stalest {
            if self.weight <= goal {
                return;
            }
            let Some(state) = self.correlations.get_mut(place) else {
                continue;
            };
            let Some(group) = state.groups.remove(&key) else {
                continue;
            };
            self.weight = self.weight.saturating_sub(group.weight());
            let written = key.encode();
            let id = &state.correlation.info.id;
            for entry in group.into_entries() {
                self.counters.evicted += 1;
                self.changes.push(removed(id, &written, entry.position));
            }
        }
    }
}
