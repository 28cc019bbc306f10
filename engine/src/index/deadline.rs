//! A search that stops in time: looked at between blocks of documents and between terms, so that
//! one large partition cannot hold it longer than it may take.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tantivy::collector::{Collector, SegmentCollector};
use tantivy::query::Weight;
use tantivy::{COLLECT_BLOCK_BUFFER_LEN, DocSet, SegmentOrdinal, SegmentReader};

/// Until when something may take.
pub(super) struct Deadline {
    started: Instant,
    after: Duration,
    passed: AtomicBool,
}

impl Deadline {
    pub(super) fn after(after: Duration) -> Self {
        Self {
            started: Instant::now(),
            after,
            passed: AtomicBool::new(false),
        }
    }

    /// Looks at the clock; once passed it stays so.
    pub(super) fn look(&self) -> bool {
        if self.started.elapsed() >= self.after {
            self.passed.store(true, Ordering::Relaxed);
        }
        self.has_passed()
    }

    /// Whether a look found it passed: then something was left out.
    pub(super) fn has_passed(&self) -> bool {
        self.passed.load(Ordering::Relaxed)
    }
}

/// A collector that is given documents until a deadline.
pub(super) struct Within<'a, C> {
    pub(super) inner: C,
    pub(super) deadline: &'a Deadline,
}

impl<C: Collector> Collector for Within<'_, C> {
    type Fruit = C::Fruit;
    type Child = C::Child;

    fn check_schema(&self, schema: &tantivy::schema::Schema) -> tantivy::Result<()> {
        self.inner.check_schema(schema)
    }

    fn for_segment(
        &self,
        segment: SegmentOrdinal,
        reader: &SegmentReader,
    ) -> tantivy::Result<C::Child> {
        self.inner.for_segment(segment, reader)
    }

    fn requires_scoring(&self) -> bool {
        self.inner.requires_scoring()
    }

    fn merge_fruits(
        &self,
        fruits: Vec<<C::Child as SegmentCollector>::Fruit>,
    ) -> tantivy::Result<C::Fruit> {
        self.inner.merge_fruits(fruits)
    }

    /// Nothing is ever deleted from a partition, so every document counts.
    fn collect_segment(
        &self,
        weight: &dyn Weight,
        segment: SegmentOrdinal,
        reader: &SegmentReader,
    ) -> tantivy::Result<<C::Child as SegmentCollector>::Fruit> {
        /// Blocks of 64 documents between two looks at the clock.
        const LOOK_EVERY: usize = 64;
        let mut child = self.inner.for_segment(segment, reader)?;
        let mut block = [0; COLLECT_BLOCK_BUFFER_LEN];
        if self.deadline.look() {
            return Ok(child.harvest());
        }
        let mut documents = weight.scorer(reader, 1.0)?;
        for turn in 1_usize.. {
            let filled = documents.fill_buffer(&mut block);
            child.collect_block(block.get(..filled).unwrap_or_default());
            let late = turn.is_multiple_of(LOOK_EVERY) && self.deadline.look();
            if filled < block.len() || late {
                break;
            }
        }
        Ok(child.harvest())
    }
}
