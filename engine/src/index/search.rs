//! Searches the partitions, newest first, and stops as soon as nothing newer can follow.

use std::ops::Bound;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use event::{EventId, Time};
use tantivy::collector::sort_key::SortByStaticFastValue;
use tantivy::collector::{Count, TopDocs};
use tantivy::query::{BooleanQuery, Query as Lowered};
use tantivy::schema::Value;
use tantivy::{DocAddress, TantivyDocument};

use super::deadline::{Deadline, Within};
use super::lower::Lower;
use super::stored::Journaled;
use super::{Published, Shared};
use crate::error::Result;
use crate::query::{Query, Test};
use crate::reader::Scope;

/// Counting stops here; a larger number helps nobody to narrow a search.
pub(crate) const MAX_COUNT: u64 = 10_000;

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

    /// The newest events that are looked for.
    pub fn search(&self, request: &SearchRequest) -> Result<Hits> {
        let deadline = Deadline::after(request.deadline);
        let (mut partitions, set_aside) = self.published();
        partitions.retain(|partition| may_hold(&partition.meta, request));
        partitions.sort_by_key(|partition| std::cmp::Reverse(partition.meta.max_time));

        let (mut hits, mut total, mut counting) = (Vec::new(), 0_u64, true);
        let mut partial = set_aside.then_some(Partial::PartitionUnreadable);
        for partition in partitions {
            let passed = request
                .after
                .is_some_and(|page| partition.meta.min_time > page.time.micros());
            let enough = passed || is_enough(&hits, request.limit, partition.meta.max_time);
            if enough && total > MAX_COUNT {
                counting = false;
                if passed {
                    continue;
                }
                break;
            }
            match search_partition(&partition, request, enough, &deadline, &mut hits) {
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
            (partial, counting) = (Some(Partial::Deadline), false);
        }
        hits.sort_by_key(|hit| std::cmp::Reverse((hit.time, hit.position)));
        let more = hits.len() > request.limit;
        hits.truncate(request.limit);
        let next = hits.last().filter(|_| more).map(|hit| Page {
            time: Time::from_micros(hit.time),
            position: hit.position,
        });
        let mut events = Vec::with_capacity(hits.len());
        for hit in &hits {
            events.extend(read(hit)?);
        }
        let total_capped = total > MAX_COUNT || !counting;
        Ok(Hits {
            events,
            next,
            total: total.min(MAX_COUNT),
            total_capped,
            partial,
        })
    }

    /// The partitions that can hold an event of a span of time.
    pub(super) fn between(&self, from: Time, to: Time) -> Vec<Arc<Published>> {
        let (mut partitions, _) = self.published();
        partitions.retain(|partition| {
            let meta = &partition.meta;
            meta.events > 0 && meta.min_time < to.micros() && meta.max_time >= from.micros()
        });
        partitions
    }

    /// The partitions, and whether some are set aside because they cannot be read.
    fn published(&self) -> (Vec<Arc<Published>>, bool) {
        let shared = self.shared.read().unwrap_or_else(PoisonError::into_inner);
        let all = shared.as_ref();
        all.map(|all| (all.partitions.clone(), all.set_aside))
            .unwrap_or_default()
    }
}

/// Whether a partition can hold an event of the request's span of time.
fn may_hold(meta: &super::Meta, request: &SearchRequest) -> bool {
    let before = request.to.is_some_and(|to| meta.min_time >= to.micros());
    let after = request
        .from
        .is_some_and(|from| meta.max_time < from.micros());
    meta.events > 0 && !before && !after
}

/// Whether no event of a partition can be among the newest.
fn is_enough(hits: &[Hit], limit: usize, max_time: i64) -> bool {
    hits.iter().filter(|hit| hit.time > max_time).count() > limit
}

/// Adds a partition's newest hits and counts all of them.
fn search_partition(
    partition: &Arc<Published>,
    request: &SearchRequest,
    count_only: bool,
    deadline: &Deadline,
    hits: &mut Vec<Hit>,
) -> Result<u64> {
    let searcher = partition.searchable.reader.searcher();
    let lower = Lower {
        searcher: &searcher,
        fields: partition.searchable.fields,
        deadline,
    };
    let mut all: Vec<Box<dyn Lowered>> = vec![lower.query(&request.query)?];
    if let Scope::Sites(sites) = &request.scope {
        all.push(lower.sites(sites));
    }
    if request.from.is_some() || request.to.is_some() {
        let low = request.from.map_or(Bound::Unbounded, Bound::Included);
        let high = request.to.map_or(Bound::Unbounded, Bound::Excluded);
        all.push(lower.time(low, high));
    }
    let counted = BooleanQuery::intersection(all.iter().map(|query| query.box_clone()).collect());
    let count = Within {
        inner: Count,
        deadline,
    };
    if count_only {
        return Ok(searcher.search(&counted, &count)? as u64);
    }
    let newest = TopDocs::with_limit(request.limit.saturating_add(1)).order_by((
        SortByStaticFastValue::<i64>::for_field("time"),
        SortByStaticFastValue::<u64>::for_field("position"),
    ));
    let (found, count) = match request.after {
        None => {
            let inner = (newest, Count);
            searcher.search(&counted, &Within { inner, deadline })?
        }
        Some(page) => {
            let count = searcher.search(&counted, &count)?;
            all.push(lower.after(page.time, page.position));
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
