//! The hunt in the past: what is in the index already is searched for entries that are new, a few
//! at a time; finds become alerts marked retro.

use std::sync::Arc;
use std::time::Duration;

use event::{CoreField, Fields, Limits, Name, Time, View};
use ipnet::IpNet;
use serde::Deserialize;

use crate::correlate::single;
use crate::detect::{Intel, detections_of, indexed_names};
use crate::error::Result;
use crate::index::{Journaled, Partial, SearchRequest, Searcher};
use crate::query::{Pattern, Query, Test};
use crate::reader::Scope;
use crate::rule::{EntryKind, IntelEntry, ListSettings};
use crate::store::{Find, Store};

/// How the past is searched; every field is a key under `[intel]`.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HuntOptions {
    /// How many days back; 0: no hunts.
    pub days: u64,
    /// Entries that are looked for at once.
    pub batch: usize,
    /// Events that one batch may find; the newest are kept.
    pub finds: usize,
    /// Milliseconds between two batches, for the others who search.
    pub pause_ms: u64,
}

impl Default for HuntOptions {
    fn default() -> Self {
        Self {
            days: 30,
            batch: 200,
            finds: 10_000,
            pause_ms: 200,
        }
    }
}

/// Events of a page.
const PAGE: usize = 500;
/// A batch that takes longer than this keeps what it found.
const DEADLINE: Duration = Duration::from_secs(60);

/// Searches for the next entries that wait. False when none does. `settings` tells those of a list
/// that is there and looked for.
pub fn step(
    store: &Store,
    searcher: &Searcher,
    settings: impl Fn(&str) -> Option<ListSettings>,
    options: HuntOptions,
    now: Time,
) -> Result<bool> {
    if !searcher.is_open() {
        return Ok(false);
    }
    let Some((list, waiting)) = store.next_hunt(options.batch.max(1))? else {
        return Ok(false);
    };
    let done: Vec<i64> = waiting.iter().map(|(seq, ..)| *seq).collect();
    let own = settings(&list).filter(|own| own.enabled && options.days > 0);
    let Some(own) = own else {
        store.finish_hunt(&list, &done, &[], now)?;
        return Ok(true);
    };
    let entries: Vec<IntelEntry> = waiting
        .into_iter()
        .map(|(_, kind, value)| plain(kind, value))
        .collect();
    let finds = find(searcher, own, &entries, options, now)?;
    let new = store.finish_hunt(&list, &done, &finds, now)?;
    if new > 0 {
        tracing::info!(
            list,
            entries = done.len(),
            events = new,
            "known-bad values found in the past"
        );
    }
    Ok(true)
}

/// An entry that counts always: what a hunt looks for counted when it was queued.
fn plain(kind: EntryKind, value: String) -> IntelEntry {
    IntelEntry {
        kind,
        value,
        confidence: None,
        valid_from: None,
        valid_until: None,
        source: None,
        comment: None,
    }
}

/// The newest events of the last days that hold one of the entries.
fn find(
    searcher: &Searcher,
    own: ListSettings,
    entries: &[IntelEntry],
    options: HuntOptions,
    now: Time,
) -> Result<Vec<Find>> {
    let own = ListSettings { days: 0, ..own };
    let intel = Intel::build([(0, own)], entries.iter().map(|entry| (0, entry.clone())));
    let mut request = SearchRequest {
        query: query(entries),
        scope: Scope::All,
        from: Some(now.minus(Duration::from_secs(options.days.saturating_mul(86_400)))),
        to: None,
        after: None,
        limit: PAGE,
        deadline: DEADLINE,
    };
    let mut finds = Vec::new();
    let mut fields = Fields::default();
    loop {
        let hits = searcher.search(&request)?;
        for journaled in hits.events {
            finds.extend(examine(&intel, journaled, &mut fields, now));
        }
        if matches!(hits.partial, Some(Partial::Deadline)) {
            tracing::warn!(
                entries = entries.len(),
                "a hunt took too long; the newest events were looked at"
            );
            return Ok(finds);
        }
        match hits.next {
            Some(next) if finds.len() < options.finds => request.after = Some(next),
            Some(_) => {
                tracing::warn!(
                    finds = finds.len(),
                    "a hunt found more than intel.hunt.finds; the newest are kept"
                );
                return Ok(finds);
            }
            None => return Ok(finds),
        }
    }
}

/// What the index found is looked at as a live event is: the two must agree. What the list found
/// when the event came is told already.
fn examine(intel: &Intel, journaled: Journaled, fields: &mut Fields, now: Time) -> Option<Find> {
    let Journaled {
        position, event, ..
    } = journaled;
    let (_, list) = intel.lists().next()?;
    fields.read(event.record.bytes(), Limits::default());
    let event = Arc::new(event);
    let mut rules = event.core.values(CoreField::RuleId);
    if rules.any(|rule| rule.to_string() == *list.rule.id) {
        return None;
    }
    let view = View {
        event: &event,
        fields,
    };
    let mut matches = Vec::new();
    intel.examine(view, now, &mut matches);
    let detection = detections_of(&matches).next()?;
    let entries = matches.into_iter();
    Some(Find {
        entries: entries.map(|one| (one.kind, one.entry)).collect(),
        hit: single(&detection, &event, position, view),
    })
}

/// Any of the entries in any of the fields in which it may stand.
fn query(entries: &[IntelEntry]) -> Query {
    let mut either = Vec::new();
    for kind in EntryKind::ALL {
        let values: Vec<&str> = entries
            .iter()
            .filter(|entry| entry.kind == *kind)
            .map(|entry| entry.value.as_str())
            .collect();
        if values.is_empty() {
            continue;
        }
        let mut ask = |names: &[&str], tests: &[Test]| {
            for test in tests {
                let fields = names
                    .iter()
                    .map(|name| Query::Field(Name::parse(name), test.clone()));
                either.extend(fields);
            }
        };
        ask(&indexed_names(*kind), &tests(*kind, &values));
        if *kind == EntryKind::Domain {
            ask(&indexed_names(EntryKind::Email), &containing(&values));
        }
    }
    Query::Or(either)
}

/// Values of one pattern: its compiled form has a limit.
const GROUP: usize = 50;

fn containing(values: &[&str]) -> Vec<Test> {
    let groups = values.chunks(GROUP);
    groups
        .filter_map(|group| Pattern::containing(group).ok().map(Test::Matches))
        .collect()
}

/// What the index can ask of a value, at least as wide as what examining then decides.
fn tests(kind: EntryKind, values: &[&str]) -> Vec<Test> {
    match kind {
        EntryKind::Address => {
            let equal = values.iter().map(|value| Test::Equals((*value).to_owned()));
            equal.collect()
        }
        EntryKind::Network => {
            let networks = values
                .iter()
                .filter_map(|value| value.parse::<IpNet>().ok());
            networks.map(Test::Cidr).collect()
        }
        EntryKind::Domain => {
            let groups = values.chunks(GROUP);
            groups
                .filter_map(|group| Pattern::under(group).ok().map(Test::Matches))
                .collect()
        }
        EntryKind::Email | EntryKind::Md5 | EntryKind::Sha1 | EntryKind::Sha256 => {
            containing(values)
        }
        EntryKind::Url | EntryKind::Ja3 | EntryKind::Ja4 => {
            let equal = values
                .iter()
                .map(|value| Test::Equals((*value).to_lowercase()));
            equal.collect()
        }
    }
}
