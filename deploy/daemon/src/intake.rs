//! From the sources to the journal: takes parcels, appends them, answers when they are durable.

use std::sync::Arc;

use engine::journal::Journal;
use sensor::Parcel;
use tokio::sync::mpsc::Receiver;

/// Runs on a thread of its own until every source is gone. The journal's own queue pushes back.
pub(crate) fn run(journal: &Arc<Journal>, mut parcels: Receiver<Parcel>) {
    while let Some(Parcel { batch, durable }) = parcels.blocking_recv() {
        journal.append(batch, move |appended| {
            // A refused batch answers nobody: its ticket says that it is lost.
            if appended.is_ok() && durable.send(()).is_err() {
                tracing::trace!("a source did not wait for its ticket");
            }
        });
    }
}
