//! Intel lists and their entries as the API shows them.

use std::time::Duration;

use engine::detect::EntryRow;
use engine::intel::{ByHand, ListRow};
use engine::store::HuntCounts;
use event::Time;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::sources::freshness;
use crate::api::words;

/// A list of known-bad values.
#[derive(Serialize, ToSchema)]
pub(crate) struct IntelList {
    pub(super) id: String,
    /// Vietnamese.
    pub(super) name: String,
    pub(super) name_en: String,
    pub(super) description: String,
    pub(super) source: String,
    #[schema(value_type = Option<words::EntryKind>, required)]
    pub(super) kind: Option<String>,
    /// Of entries that say none, 0 to 100.
    pub(super) confidence: u8,
    /// Entries without an end count so long; 0: for ever.
    pub(super) days: u32,
    #[schema(value_type = words::Level)]
    pub(super) level: String,
    pub(super) tags: Vec<String>,
    pub(super) enabled: bool,
    /// Whether it is shipped with haidang.
    pub(super) shipped: bool,
    pub(super) entries: u64,
    pub(super) kinds: Vec<EntryCount>,
    /// Entries that people added, and took out.
    pub(super) by_hand: u64,
    pub(super) removed: u64,
    /// When its newest file, or entry by hand, came.
    #[schema(required)]
    pub(super) updated: Option<String>,
    #[schema(value_type = words::Freshness)]
    pub(super) freshness: String,
    /// Who changed its entries last, and when.
    #[schema(required)]
    pub(super) changed_by: Option<String>,
    #[schema(required)]
    pub(super) changed: Option<String>,
    /// Values that are none, or would match everybody.
    pub(super) refused: u64,
    pub(super) problems: Vec<IntelProblem>,
    /// What is well formed and of no use here.
    pub(super) not_read: Vec<NotRead>,
    /// Why its feed could not be fetched.
    #[schema(required)]
    pub(super) feed_problem: Option<String>,
    pub(super) hunt: Hunt,
}

/// How many entries of a kind.
#[derive(Serialize, ToSchema)]
pub(crate) struct EntryCount {
    #[schema(value_type = words::EntryKind)]
    pub(super) kind: String,
    pub(super) count: u64,
}

/// A line of a list that could not be used.
#[derive(Serialize, ToSchema)]
pub(crate) struct IntelProblem {
    pub(super) file: String,
    #[schema(required)]
    pub(super) line: Option<u32>,
    pub(super) reason: String,
}

/// Things left out for one reason.
#[derive(Serialize, ToSchema)]
pub(crate) struct NotRead {
    pub(super) reason: String,
    pub(super) count: u64,
}

/// How far the search of the past for new entries is.
#[derive(Serialize, ToSchema)]
pub(crate) struct Hunt {
    /// Entries that wait for it.
    pub(super) waiting: u64,
    /// New entries since the start that are not looked for, because too many came at once.
    pub(super) left_out: u64,
    /// Events that were found; null for who does not see all sites.
    #[schema(required)]
    pub(super) found: Option<u64>,
}

/// All lists.
#[derive(Serialize, ToSchema)]
pub(crate) struct IntelLists {
    pub(super) items: Vec<IntelList>,
    /// Entries of all lists.
    pub(super) entries: u64,
    /// Memory that they take.
    pub(super) bytes: u64,
}

/// An entry of a list.
#[derive(Serialize, ToSchema)]
pub(crate) struct IntelEntryRow {
    #[schema(value_type = words::EntryKind)]
    pub(super) kind: String,
    pub(super) value: String,
    pub(super) confidence: u8,
    pub(super) source: String,
    #[schema(required)]
    pub(super) valid_from: Option<String>,
    #[schema(required)]
    pub(super) valid_until: Option<String>,
    /// Whether it does not count any more.
    pub(super) expired: bool,
    /// Who added it in the console, when and why.
    #[schema(required)]
    pub(super) added_by: Option<String>,
    #[schema(required)]
    pub(super) added: Option<String>,
    pub(super) comment: String,
}

/// A page of entries.
#[derive(Serialize, ToSchema)]
pub(crate) struct IntelEntryPage {
    pub(super) items: Vec<IntelEntryRow>,
    #[schema(required)]
    pub(super) next: Option<String>,
}

pub(super) fn list_of(row: ListRow, hunt: HuntCounts, sees_all: bool, now: Time) -> IntelList {
    const DAY: Duration = Duration::from_secs(86_400);
    let own = row.settings;
    let counts = row.counts.iter();
    let problems = row.reading.problems.into_iter();
    let not_read = row.reading.not_read.into_iter();
    let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    let fresh = match own.fresh_days {
        0 if row.updated.is_some() || row.shipped => "fresh",
        days => freshness(row.updated, DAY.saturating_mul(days), now),
    };
    IntelList {
        id: own.id,
        name: own.name,
        name_en: own.name_en,
        description: own.description,
        source: own.source,
        kind: own.kind.map(|kind| kind.name().to_owned()),
        confidence: own.confidence,
        days: own.days,
        level: own.level.name().to_owned(),
        tags: own.tags,
        enabled: own.enabled,
        shipped: row.shipped,
        entries: counts.clone().map(|(_, count)| count).sum(),
        kinds: counts
            .map(|(kind, count)| EntryCount {
                kind: kind.name().to_owned(),
                count: *count,
            })
            .collect(),
        by_hand: count(row.by_hand),
        removed: count(row.removed),
        updated: row.updated.map(|time| time.to_string()),
        freshness: fresh.to_owned(),
        changed_by: row.changed.as_ref().map(|(who, _)| who.clone()),
        changed: row.changed.map(|(_, at)| at.to_string()),
        refused: row.reading.refused,
        problems: problems
            .map(|(file, line, reason)| IntelProblem {
                file,
                line: (line > 0).then_some(line),
                reason,
            })
            .collect(),
        not_read: not_read
            .map(|(reason, count)| NotRead { reason, count })
            .collect(),
        feed_problem: row.feed_problem,
        hunt: Hunt {
            waiting: hunt.waiting,
            left_out: row.not_hunted,
            found: sees_all.then_some(hunt.found),
        },
    }
}

pub(super) fn entry_of(row: EntryRow, own: Option<&ByHand>, now: Time) -> IntelEntryRow {
    IntelEntryRow {
        kind: row.kind.name().to_owned(),
        value: row.value,
        confidence: row.confidence,
        source: row.source.to_string(),
        valid_from: row.valid_from.map(|time| time.to_string()),
        valid_until: row.valid_until.map(|time| time.to_string()),
        expired: row.valid_until.is_some_and(|until| until <= now),
        added_by: own.map(|own| own.who.clone()),
        added: own.map(|own| own.at.to_string()),
        comment: own
            .and_then(|own| own.entry.comment.clone())
            .unwrap_or_default(),
    }
}
