//! What the centre refuses its sensors now: one episode for each sensor and code, told once to the audit trail and
//! shown at the sensor for as long as it lasts.
//!
//! Held in memory: what still lasts when the centre starts again is refused again.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use event::Time;

/// A refusal that was not repeated for so long is over.
const EPISODE: Duration = Duration::from_secs(3_600);
/// Episodes held; beyond them refusals are still refused and written to the log, but not told.
const HELD: usize = 10_000;
/// Different messages of an episode that are told: a hostile sensor may think of any number.
const MESSAGES: usize = 16;

/// Refusals of one code that follow one another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The word of the refusal: `foreign_site` …
    pub code: String,
    /// The newest message.
    pub message: String,
    /// Requests refused.
    pub count: u64,
    /// The first.
    pub since: Time,
    /// The last.
    pub last: Time,
}

/// The episodes.
#[derive(Debug, Default)]
pub struct Refusals(Mutex<HashMap<(String, &'static str), Episode>>);

#[derive(Debug)]
struct Episode {
    refused: Refused,
    messages: Vec<String>,
}

impl Refusals {
    /// Notes a refusal of a sensor (or of an address); whether it is news for the audit trail.
    pub fn note(&self, who: &str, code: &'static str, message: &str, now: Time) -> bool {
        let mut held = self.held();
        let key = (who.to_owned(), code);
        if held.len() >= HELD && !held.contains_key(&key) {
            held.retain(|_, own| own.refused.lasts(now));
            if held.len() >= HELD {
                return false;
            }
        }
        let fresh = || Episode {
            refused: Refused {
                code: code.to_owned(),
                message: String::new(),
                count: 0,
                since: now,
                last: now,
            },
            messages: Vec::new(),
        };
        let own = held.entry(key).or_insert_with(fresh);
        if !own.refused.lasts(now) {
            *own = fresh();
        }
        own.refused.count = own.refused.count.saturating_add(1);
        own.refused.last = now;
        message.clone_into(&mut own.refused.message);
        let is_news = own.messages.len() < MESSAGES && !own.messages.iter().any(|m| m == message);
        if is_news {
            own.messages.push(message.to_owned());
        }
        is_news
    }

    /// What a sensor is refused now, the newest first.
    pub fn of(&self, sensor: &str, now: Time) -> Vec<Refused> {
        let held = self.held();
        let own = held.iter().filter(|((who, _), _)| who == sensor);
        let mut refused: Vec<Refused> = own
            .map(|(_, episode)| episode.refused.clone())
            .filter(|refused| refused.lasts(now))
            .collect();
        refused.sort_by(|a, b| b.last.cmp(&a.last).then_with(|| a.code.cmp(&b.code)));
        refused
    }

    fn held(&self) -> MutexGuard<'_, HashMap<(String, &'static str), Episode>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Refused {
    fn lasts(&self, now: Time) -> bool {
        now.since(self.last) < EPISODE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_episode_is_told_once_for_each_message() {
        let refusals = Refusals::default();
        let at = |seconds: i64| Time::from_seconds(1_800_000_000 + seconds, 0);
        assert!(refusals.note("xa-1", "foreign_site", "site a", at(0)));
        for second in 1..2_000 {
            assert!(!refusals.note("xa-1", "foreign_site", "site a", at(second)));
        }
        assert!(refusals.note("xa-1", "foreign_site", "site b", at(2_000)));
        let shown = refusals.of("xa-1", at(2_001));
        assert_eq!((shown.len(), shown[0].count), (1, 2_001));
        assert_eq!(
            (&*shown[0].message, shown[0].since, shown[0].last),
            ("site b", at(0), at(2_000))
        );
        assert_eq!(refusals.of("xa-2", at(2_001)), []);
        assert_eq!(refusals.of("xa-1", at(5_600)), [], "it is over");
        assert!(refusals.note("xa-1", "foreign_site", "site a", at(5_601)));
        let told = (0..100).filter(|n| {
            let message = format!("site {n}");
            refusals.note("xa-1", "foreign_site", &message, at(5_602))
        });
        assert_eq!(told.count(), MESSAGES - 1);
    }
}
