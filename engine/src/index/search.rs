//! Searches the partitions, newest first, and stops as soon as nothing newer can follow.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use event::{EventId, Time};
use tantivy::collector::sort_key::SortByStaticFastValue;
use tantivy::collector::{Count, TopDocs};
use tantivy::query::BooleanQuery;
use tantivy::schema::Value;
use tantivy::{DocAddress, TantivyDocument};

use super::cut::Cut;
use super::deadline::{Deadline, Within};
use super::lower::Lower;
use super::stored::Journaled;
use super::{Published, Shared};
use crate::error::Result;
use crate::query::{Query, Test};
use crate::reader::Scope;

/// Counting stops here; a larger number helps nobody to narrow a search.
pub(crate) const MAX_COUNT: u64 = 10_000;

/// Hits whose places are held at once while events are given one after the other.
const CHUNK: usize = 20_000;

/// A place in the order newest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// The time of the last event of the page before.
    pub time: Time,
    /// Its position.
    pub position: u64,
}

/// What is asked.
#[derive(Clone, Debug)]
pub struct SearchRequest {
    /// What is looked for.
    pub query: Query,
    /// Whose eyes; every search is cut to them.
    pub scope: Scope,
    /// Not before.
    pub from: Option<Time>,
    /// Before.
    pub to: Option<Time>,
    /// The page before ended here.
    pub after: Option<Page>,
    /// At most this many events.
    pub limit: usize,
    /// Stop looking after this long and say so.
    pub deadline: Duration,
}

impl SearchRequest {
    fn cut(&self) -> Cut<'_> {
        Cut {
            query: &self.query,
            scope: &self.scope,
            from: self.from,
            to: self.to,
        }
    }
}

/// Why not everything was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Partial {
    /// The deadline passed.
    Deadline,
    /// A partition could not be read.
    PartitionUnreadable,
}

/// What was found.
#[derive(Clone, Debug)]
pub struct Hits {
    /// Events, newest first.
    pub events: Vec<Journaled>,
    /// Where the next page begins, if there is one.
    pub next: Option<Page>,
    /// How many events there are in all, up to the cap.
    pub total: u64,
    /// Whether there are more than were counted.
    pub total_capped: bool,
    /// Whether something was left out.
    pub partial: Option<Partial>,
}

/// What [`Searcher::each`] gave.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Given {
    /// So many events.
    pub events: u64,
    /// Whether there are older ones beyond the limit.
    pub more: bool,
    /// Whether something was left out.
    pub partial: Option<Partial>,
}

/// Where the newest hits are.
struct Found {
    hits: Vec<Hit>,
    next: Option<Page>,
    total: u64,
    counted: bool,
    partial: Option<Partial>,
}

/// The reading half of the index. Cheap to clone; sees what is committed.
#[derive(Clone, Default)]
pub struct Searcher {
    shared: Shared,
}

/// A hit before its document is read.
struct Hit {
    time: i64,
    position: u64,
    address: DocAddress,
    partition: Arc<Published>,
    searcher: tantivy::Searcher,
}

impl Searcher {
    pub(super) fn shared(&self) -> Shared {
        Arc::clone(&self.shared)
    }

    /// Whether the index has been opened; before, nothing is found, which means nothing.
    pub fn is_open(&self) -> bool {
        self.shared
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .is_some()
    }

    /// What each partition says of itself, in no order.
    pub fn partitions(&self) -> Vec<super::Meta> {
        let (partitions, _) = self.published();
        partitions
            .iter()
            .map(|partition| partition.meta.clone())
            .collect()
    }

    /// Events that can be found.
    pub fn events(&self) -> u64 {
        let (partitions, _) = self.published();
        partitions
            .iter()
            .map(|p| p.searchable.reader.searcher().num_docs())
            .sum()
    }

    /// The event with an id, if it is there and may be seen.
    pub fn find(&self, id: &EventId, scope: &Scope) -> Result<Option<Journaled>> {
        let name = event::Name::Envelope(event::Envelope::Id);
        let hits = self.search(&SearchRequest {
            query: Query::Field(name, Test::Equals(id.to_string())),
            scope: scope.clone(),
            from: None,
            to: None,
            after: None,
            limit: 1,
            deadline: Duration::from_secs(10),
        })?;
        Ok(hits.events.into_iter().next())
    }

    /// The newest events that are looked for, and how many there are.
    pub fn search(&self, request: &SearchRequest) -> Result<Hits> {
        let found = self.look(request, true)?;
        let mut events = Vec::with_capacity(found.hits.len());
        for hit in &found.hits {
            events.extend(read(hit)?);
        }
        Ok(Hits {
            events,
            next: found.next,
            total: found.total.min(MAX_COUNT),
            total_capped: found.total > MAX_COUNT || !found.counted,
            partial: found.partial,
        })
    }

    /// Gives the events of [`Searcher::search`] one after the other, newest first and at most `limit`, without counting
    /// and without holding them, until `visit` has seen enough. The deadline is that of each [`CHUNK`].
    pub fn each(
        &self,
        request: &SearchRequest,
        mut visit: impl FnMut(Journaled) -> bool,
    ) -> Result<Given> {
        let mut request = request.clone();
        let mut left = request.limit;
        let mut given = Given::default();
        loop {
            request.limit = left.min(CHUNK);
            let found = self.look(&request, false)?;
            for hit in &found.hits {
                if read(hit)?.is_some_and(|event| !visit(event)) {
                    return Ok(given);
                }
                given.events += 1;
            }
            left = left.saturating_sub(found.hits.len());
            given.more = found.next.is_some();
            given.partial = given.partial.or(found.partial);
            if given.partial == Some(Partial::Deadline) || !given.more || left == 0 {
                return Ok(given);
            }
            request.after = found.next;
        }
    }

    fn look(&self, request: &SearchRequest, count: bool) -> Result<Found> {
        let deadline = Deadline::after(request.deadline);
        let (mut partitions, set_aside) = self.published();
        let cut = request.cut();
        partitions.retain(|partition| cut.may_be_in(&partition.meta));
        partitions.sort_by_key(|partition| std::cmp::Reverse(partition.meta.max_time));

        let (mut hits, mut total, mut counted) = (Vec::new(), 0_u64, count);
        let mut partial = set_aside.then_some(Partial::PartitionUnreadable);
        for partition in partitions {
            let passed = request
                .after
                .is_some_and(|page| partition.meta.min_time > page.time.micros());
            let enough = passed || is_enough(&hits, request.limit, partition.meta.max_time);
            if enough && (!count || total > MAX_COUNT) {
                counted = false;
                if passed {
                    continue;
                }
                break;
            }
            let wanted = match (count, enough) {
                (true, true) => Wanted::Count,
                (true, false) => Wanted::Both,
                (false, _) => Wanted::Newest,
            };
            match search_partition(&partition, request, wanted, &deadline, &mut hits) {
                Ok(count) => total += count,
                Err(error @ crate::Error::Query { .. }) => return Err(error),
                Err(error) => {
                    tracing::error!(partition = %partition.dir.display(), %error, "cannot search");
                    partial = Some(Partial::PartitionUnreadable);
                }
            }
            if deadline.has_passed() {
                break;
            }
        }
        if deadline.has_passed() {
            (partial, counted) = (Some(Partial::Deadline), false);
        }
        hits.sort_by_key(|hit| std::cmp::Reverse((hit.time, hit.position)));
        let more = hits.len() > request.limit;
        hits.truncate(request.limit);
        let next = hits.last().filter(|_| more).map(|hit| Page {
            time: Time::from_micros(hit.time),
            position: hit.position,
        });
        Ok(Found {
            hits,
            next,
            total,
            counted,
            partial,
        })
    }

    /// The partitions that can hold an event of a span of time.
    pub(super) fn between(&self, cut: &Cut<'_>) -> Vec<Arc<Published>> {
        let (mut partitions, _) = self.published();
        partitions.retain(|partition| cut.may_be_in(&partition.meta));
        partitions
    }

    /// The partitions, and whether some are set aside because they cannot be read.
    pub(super) fn published(&self) -> (Vec<Arc<Published>>, bool) {
        let shared = self.shared.read().unwrap_or_else(PoisonError::into_inner);
        let all = shared.as_ref();
        all.map(|all| (all.partitions.clone(), all.set_aside))
            .unwrap_or_default()
    }
}

/// Whether no event of a partition can be among the newest.
fn is_enough(hits: &[Hit], limit: usize, max_time: i64) -> bool {
    hits.iter().filter(|hit| hit.time > max_time).count() > limit
}

/// What is wanted of a partition.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    /// How many there are.
    Count,
    /// The newest.
    Newest,
    /// Both.
    Both,
}

/// Adds a partition's newest hits, and counts all of them where that is wanted.
fn search_partition(
    partition: &Arc<Published>,
    request: &SearchRequest,
    wanted: Wanted,
    deadline: &Deadline,
    hits: &mut Vec<Hit>,
) -> Result<u64> {
    let searcher = partition.searchable.reader.searcher();
    let lower = Lower {
        searcher: &searcher,
        fields: partition.searchable.fields,
        deadline,
    };
    let mut all = request.cut().clauses(&lower)?;
    let counted = BooleanQuery::intersection(all.iter().map(|query| query.box_clone()).collect());
    let count = Within {
        inner: Count,
        deadline,
    };
    if wanted == Wanted::Count {
        return Ok(searcher.search(&counted, &count)? as u64);
    }
    let newest = TopDocs::with_limit(request.limit.saturating_add(1)).order_by((
        SortByStaticFastValue::<i64>::for_field("time"),
        SortByStaticFastValue::<u64>::for_field("position"),
    ));
    let (found, count) = match (request.after, wanted) {
        (None, Wanted::Both | Wanted::Count) => {
            let inner = (newest, Count);
            searcher.search(&counted, &Within { inner, deadline })?
        }
        (after, wanted) => {
            let count = match wanted {
                Wanted::Newest => 0,
                Wanted::Both | Wanted::Count => searcher.search(&counted, &count)?,
            };
            all.extend(after.map(|page| lower.after(page.time, page.position)));
            let newest = Within {
                inner: newest,
                deadline,
            };
            let found = searcher.search(&BooleanQuery::intersection(all), &newest)?;
            (found, count)
        }
    };
    for ((time, position), address) in found {
        hits.push(Hit {
            time: time.unwrap_or_default(),
            position: position.unwrap_or_default(),
            address,
            partition: Arc::clone(partition),
            searcher: searcher.clone(),
        });
    }
    Ok(count as u64)
}

fn read(hit: &Hit) -> Result<Option<Journaled>> {
    let document: TantivyDocument = hit.searcher.doc(hit.address)?;
    let bytes = document.get_first(hit.partition.searchable.fields.event);
    Ok(bytes
        .and_then(|value| value.as_bytes())
        .and_then(Journaled::decode))
}
