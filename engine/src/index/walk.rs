//! Every event of a span of time, read one after the other: for what looks at all and not for the
//! newest.

use std::time::Duration;

use event::Time;
use tantivy::collector::{Collector, SegmentCollector};
use tantivy::query::BooleanQuery;
use tantivy::schema::Value;
use tantivy::{DocAddress, DocId, Score, SegmentOrdinal, SegmentReader, TantivyDocument};

use super::cut::Cut;
use super::deadline::{Deadline, Within};
use super::lower::Lower;
use super::search::Searcher;
use super::stored::Journaled;
use crate::error::Result;
use crate::query::Query;
use crate::reader::Scope;

/// How a walk ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Walked {
    /// Every event was looked at.
    All,
    /// There are more than were asked for; none was looked at.
    TooMany,
    /// Whoever looks had seen enough, or the time was over.
    Stopped,
}

impl Searcher {
    /// Calls `visit` with the events of a span of time that a reader may see, in no order, until it
    /// says that it has seen enough. With more than `most` of them it is not called at all.
    pub fn walk(
        &self,
        scope: &Scope,
        (from, to): (Time, Time),
        most: usize,
        deadline: Duration,
        mut visit: impl FnMut(Journaled) -> bool,
    ) -> Result<Walked> {
        let deadline = Deadline::after(deadline);
        let mut found = Vec::new();
        let mut left = most;
        let cut = Cut {
            query: &Query::All,
            scope,
            from: Some(from),
            to: Some(to),
        };
        for partition in self.between(&cut) {
            let searcher = partition.searchable.reader.searcher();
            let lower = Lower {
                searcher: &searcher,
                fields: partition.searchable.fields,
                deadline: &deadline,
            };
            let all = cut.clauses(&lower)?;
            let documents = Documents {
                most: left.saturating_add(1),
            };
            let within = Within {
                inner: documents,
                deadline: &deadline,
            };
            let addresses = searcher.search(&BooleanQuery::intersection(all), &within)?;
            let Some(rest) = left.checked_sub(addresses.len()) else {
                return Ok(Walked::TooMany);
            };
            left = rest;
            found.push((partition, searcher, addresses));
        }
        if deadline.has_passed() {
            return Ok(Walked::Stopped);
        }
        for (partition, searcher, addresses) in found {
            for address in addresses {
                let document: TantivyDocument = searcher.doc(address)?;
                let bytes = document.get_first(partition.searchable.fields.event);
                let event = bytes
                    .and_then(|value| value.as_bytes())
                    .and_then(Journaled::decode);
                if deadline.look() || event.is_some_and(|event| !visit(event)) {
                    return Ok(Walked::Stopped);
                }
            }
        }
        Ok(Walked::All)
    }
}

/// Collects the addresses of documents, at most so many of each segment.
struct Documents {
    most: usize,
}

struct OfSegment {
    segment: SegmentOrdinal,
    found: Vec<DocAddress>,
    most: usize,
}

impl Collector for Documents {
    type Fruit = Vec<DocAddress>;
    type Child = OfSegment;

    fn for_segment(
        &self,
        segment: SegmentOrdinal,
        _reader: &SegmentReader,
    ) -> tantivy::Result<OfSegment> {
        Ok(OfSegment {
            segment,
            found: Vec::new(),
            most: self.most,
        })
    }

    fn requires_scoring(&self) -> bool {
        false
    }

    fn merge_fruits(&self, fruits: Vec<Vec<DocAddress>>) -> tantivy::Result<Vec<DocAddress>> {
        Ok(fruits.into_iter().flatten().collect())
    }
}

impl SegmentCollector for OfSegment {
    type Fruit = Vec<DocAddress>;

    fn collect(&mut self, document: DocId, _score: Score) {
        if self.found.len() < self.most {
            self.found.push(DocAddress::new(self.segment, document));
        }
    }

    fn harvest(self) -> Vec<DocAddress> {
        self.found
    }
}
