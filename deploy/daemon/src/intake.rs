//! From the sources to the journal: takes parcels, appends them, answers when they are durable.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use engine::journal::Journal;
use event::{SourceOffset, Text};
use sensor::Parcel;
use tokio::sync::mpsc::Receiver;

/// Where every source stands: as the data folder says at the start, moved on by what was handed to
/// the journal since. The journal makes it durable or never accepts anything again.
#[derive(Clone, Default)]
pub(crate) struct Offsets(Arc<Mutex<HashMap<(Text, Text), SourceOffset>>>);

impl Offsets {
    /// Notes newer ones.
    pub(crate) fn note(&self, offsets: &[SourceOffset]) {
        let mut held = self.held();
        for offset in offsets {
            let key = (Text::clone(&offset.source), Text::clone(&offset.input));
            held.insert(key, offset.clone());
        }
    }

    /// All of them.
    pub(crate) fn all(&self) -> Vec<SourceOffset> {
        self.held().values().cloned().collect()
    }

    fn held(&self) -> MutexGuard<'_, HashMap<(Text, Text), SourceOffset>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Runs on a thread of its own until every source is gone. The journal's own queue pushes back.
pub(crate) fn run(journal: &Arc<Journal>, offsets: &Offsets, mut parcels: Receiver<Parcel>) {
    while let Some(Parcel { batch, durable }) = parcels.blocking_recv() {
        offsets.note(&batch.offsets);
        journal.append(batch, move |appended| {
            // A refused batch answers nobody: its ticket says that it is lost.
            if appended.is_ok() && durable.send(()).is_err() {
                tracing::trace!("a source did not wait for its ticket");
            }
        });
    }
}
