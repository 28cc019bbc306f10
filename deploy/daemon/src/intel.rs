//! What goes on with intel lists in the background, on one thread: files that changed are taken up,
//! feeds are fetched, the past is searched for new entries.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use engine::index::Searcher;
use engine::intel::{IntelLists, hunt};
use engine::rule::IntelLimits;
use engine::store::Store;

use crate::config::{IntelSection, TaxiiSection};
use crate::{Clock, taxii};

/// What the thread works with.
pub(crate) struct Work {
    pub(crate) lists: Arc<IntelLists>,
    pub(crate) store: Arc<Store>,
    pub(crate) searcher: Searcher,
    pub(crate) clock: Clock,
    pub(crate) section: IntelSection,
    pub(crate) limits: IntelLimits,
}

/// Runs until `stop`.
pub(crate) fn run(work: &Work, stop: &AtomicBool) {
    const TICK: Duration = Duration::from_millis(100);
    let refresh = Duration::from_secs(work.section.refresh_seconds);
    let pause = Duration::from_millis(work.section.hunt.pause_ms).max(TICK);
    let (mut refreshed, mut hunted) = (Instant::now(), Instant::now());
    let mut fetched: Vec<Option<Instant>> = vec![None; work.section.taxii.len()];
    while !stop.load(Ordering::Acquire) {
        for (feed, last) in work.section.taxii.iter().zip(&mut fetched) {
            let every = Duration::from_secs(60 * feed.every_minutes.max(1));
            if last.is_none_or(|last| last.elapsed() >= every) {
                work.fetch(feed, stop);
                *last = Some(Instant::now());
            }
        }
        if refreshed.elapsed() >= refresh {
            work.refresh();
            refreshed = Instant::now();
        }
        if hunted.elapsed() >= pause {
            work.hunt();
            hunted = Instant::now();
        }
        std::thread::sleep(TICK);
    }
}

impl Work {
    /// Takes up what changed on disk; what is new there is hunted.
    fn refresh(&self) {
        let now = (self.clock)();
        for (list, mut entries) in self.lists.refresh() {
            // What is known to be bad only from tomorrow on was not yesterday.
            entries.retain(|entry| entry.valid_from.is_none_or(|from| from <= now));
            tracing::info!(list, entries = entries.len(), "an intel list has grown");
            if let Err(error) = self.store.queue_hunt(&list, &entries) {
                tracing::error!(%error, list, "the past will not be searched for new entries");
            }
        }
    }

    /// Fetches a feed; why it could not be stands at its list.
    fn fetch(&self, feed: &TaxiiSection, stop: &AtomicBool) {
        let folder = match self.lists.folder(&feed.list) {
            Ok(folder) => folder,
            Err(error) => return tracing::error!(%error, list = feed.list, "a feed has no folder"),
        };
        match taxii::fetch(feed, &self.limits, &folder, stop) {
            Ok(changed) => {
                if changed {
                    self.refresh();
                }
                self.lists.note_feed(&feed.list, None);
            }
            Err(error) => {
                // A list that is new is there before its feed is.
                self.refresh();
                let problem = format!("{error:#}");
                tracing::warn!(list = feed.list, problem, "a feed could not be fetched");
                self.lists.note_feed(&feed.list, Some(problem));
            }
        }
    }

    fn hunt(&self) {
        let settings = |id: &str| self.lists.settings(id);
        let now = (self.clock)();
        let hunted = hunt(
            &self.store,
            &self.searcher,
            settings,
            self.section.hunt,
            now,
        );
        if let Err(error) = hunted {
            tracing::error!(%error, "a hunt failed; it will be tried again");
        }
    }
}
