//! What events are examined with: compiled rules and intel. Immutable; whoever changes one of them
//! puts a new whole in the slot, and the pipeline takes it between two frames.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::detect::{Engine, Intel};

/// Compiled rules and intel.
#[derive(Debug)]
pub struct Knowledge {
    /// The rules.
    pub engine: Arc<Engine>,
    /// The known-bad values.
    pub intel: Arc<Intel>,
}

/// Where the newest knowledge lies. Cheap to clone; all clones are one slot.
#[derive(Clone, Debug)]
pub struct KnowledgeSlot(Arc<Mutex<Arc<Knowledge>>>);

impl KnowledgeSlot {
    /// A slot with the first knowledge.
    pub fn new(engine: Engine, intel: Intel) -> Self {
        let knowledge = Knowledge {
            engine: Arc::new(engine),
            intel: Arc::new(intel),
        };
        Self(Arc::new(Mutex::new(Arc::new(knowledge))))
    }

    /// The newest knowledge.
    pub fn current(&self) -> Arc<Knowledge> {
        Arc::clone(&self.held())
    }

    /// Puts new rules beside the intel that is there.
    pub fn put_engine(&self, engine: Engine) {
        // Here, where nobody waits, and not at the first event.
        engine.prepare_as(&self.current().engine);
        let mut held = self.held();
        *held = Arc::new(Knowledge {
            engine: Arc::new(engine),
            intel: Arc::clone(&held.intel),
        });
    }

    /// Puts new intel beside the rules that are there.
    pub fn put_intel(&self, intel: Arc<Intel>) {
        let mut held = self.held();
        *held = Arc::new(Knowledge {
            engine: Arc::clone(&held.engine),
            intel,
        });
    }

    fn held(&self) -> MutexGuard<'_, Arc<Knowledge>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
