//! The queue: pages of alerts, cut to the reader, in one of three orders, with counts by state and by who holds them.

use std::fmt;

use event::Time;
use rusqlite::{Connection, OptionalExtension};

use super::Store;
use super::alerts::{AlertRow, COLUMNS, State, row_of};
use super::asked::Plan;
use crate::error::Result;
use crate::reader::Reader;
use crate::rule::Level;
use crate::words::words;

/// Counting stops here.
pub(super) const MAX_COUNT: u64 = 10_000;

words! {
    /// How a list of alerts is ordered.
    Order {
        /// The newest first, by the last event.
        Newest "newest",
        /// The oldest first.
        Oldest "oldest",
        /// The worst first, then the newest.
        Severity "severity",
    }
}

/// Who holds the alerts of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HeldBy {
    /// Nobody.
    Nobody,
    /// This person.
    Person(String),
}

/// Which alerts.
#[derive(Clone, Debug, Default)]
pub struct AlertFilter {
    /// In one of these states; empty: any.
    pub states: Vec<State>,
    /// Of one of these levels; empty: any.
    pub levels: Vec<Level>,
    /// At one of these sites; empty: any.
    pub sites: Vec<String>,
    /// Of this rule.
    pub rule: Option<String>,
    /// With this value as an entity.
    pub entity: Option<String>,
    /// With an event not before.
    pub from: Option<Time>,
    /// With an event before.
    pub to: Option<Time>,
    /// Held by; none: whoever holds them.
    pub held_by: Option<HeldBy>,
    /// Only those to which an answer is overdue.
    pub overdue: bool,
    /// An answer to a new alert of such a level that was opened not after the moment is overdue.
    pub cutoffs: Vec<(Level, Time)>,
}

/// A page of alerts.
#[derive(Clone, Debug)]
pub struct AlertPage {
    /// The alerts.
    pub rows: Vec<AlertRow>,
    /// Where the next page begins.
    pub next: Option<AlertCursor>,
    /// How many there are, up to the cap.
    pub total: u64,
    /// Whether there are more than were counted.
    pub total_capped: bool,
    /// How many there are in each state, whatever the states asked for, whoever holds them.
    pub counts: StateCounts,
    /// How many there are in the views of work.
    pub views: ViewCounts,
}

/// Alerts that wait for somebody, up to the cap.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ViewCounts {
    /// Not closed, and held by who asks.
    pub mine: u64,
    /// Not closed, and held by nobody.
    pub unassigned: u64,
    /// An answer is overdue.
    pub overdue: u64,
}

/// Alerts by state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StateCounts {
    /// Nobody has seen them.
    pub new: u64,
    /// Somebody has.
    pub acknowledged: u64,
    /// Somebody works on them.
    pub in_work: u64,
    /// Judged.
    pub closed: u64,
}

/// Where a page of alerts ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertCursor {
    pub(super) level: i64,
    pub(super) last: i64,
    pub(super) id: String,
}

impl AlertCursor {
    /// Reads what `Display` wrote.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, '.');
        Some(Self {
            level: parts.next()?.parse().ok()?,
            last: parts.next()?.parse().ok()?,
            id: parts.next()?.to_owned(),
        })
    }
}

impl fmt::Display for AlertCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.level, self.last, self.id)
    }
}

impl Store {
    /// A page of alerts, cut to the reader. `after` is the `next` of the page before.
    pub fn alerts(
        &self,
        reader: &Reader,
        filter: &AlertFilter,
        order: Order,
        after: Option<&AlertCursor>,
        limit: usize,
    ) -> Result<AlertPage> {
        self.read(|connection| {
            let plan = Plan::of(reader, filter, order);
            let mut places = plan.places(connection, order, after, limit.saturating_add(1))?;
            let more = places.len() > limit;
            places.truncate(limit);
            let next = places.last().filter(|_| more).cloned();
            let mut rows = Vec::with_capacity(places.len());
            let mut statement = connection.prepare_cached(&format!("{COLUMNS} WHERE id = ?1"))?;
            for place in &places {
                rows.extend(statement.query_row([&place.id], row_of).optional()?);
            }
            let (counts, views) = count_views(connection, reader, filter)?;
            let total = if filter.held_by.is_none() && !filter.overdue {
                counts.of(&filter.states)
            } else {
                plan.count(connection)?
            };
            Ok(AlertPage {
                rows,
                next,
                total: total.min(MAX_COUNT),
                total_capped: total > MAX_COUNT,
                counts,
                views,
            })
        })
    }
}

/// The ids of at most `most` and one more alerts that a list shows, those only that were opened not after a moment.
pub(super) fn matching(
    connection: &Connection,
    reader: &Reader,
    filter: &AlertFilter,
    as_of: Option<Time>,
    most: usize,
) -> Result<Vec<String>> {
    let mut plan = Plan::of(reader, filter, Order::Newest);
    if let Some(as_of) = as_of {
        plan.opened_until(as_of);
    }
    let places = plan.places(connection, Order::Newest, None, most.saturating_add(1))?;
    Ok(places.into_iter().map(|place| place.id).collect())
}

impl AlertFilter {
    /// What it asks, the same for the same question at any time.
    pub(super) fn asked(&self) -> String {
        let asked = Self {
            cutoffs: Vec::new(),
            ..self.clone()
        };
        format!("{asked:?}")
    }

    /// The same whatever states are asked for and whoever holds them.
    fn base(&self) -> Self {
        Self {
            states: Vec::new(),
            held_by: None,
            overdue: false,
            ..self.clone()
        }
    }
}

impl StateCounts {
    /// Those in these states; of any when none is named.
    fn of(&self, states: &[State]) -> u64 {
        let all = State::ALL.iter();
        all.filter(|state| states.is_empty() || states.contains(state))
            .map(|state| match state {
                State::New => self.new,
                State::Acknowledged => self.acknowledged,
                State::InWork => self.in_work,
                State::Closed => self.closed,
            })
            .sum()
    }
}

fn count_views(
    connection: &Connection,
    reader: &Reader,
    filter: &AlertFilter,
) -> Result<(StateCounts, ViewCounts)> {
    let base = filter.base();
    let ask = |filter: AlertFilter| Plan::of(reader, &filter, Order::Newest).count(connection);
    let in_state = |state| {
        ask(AlertFilter {
            states: vec![state],
            ..base.clone()
        })
    };
    let open = |held_by| {
        ask(AlertFilter {
            states: OPEN.to_vec(),
            held_by: Some(held_by),
            ..base.clone()
        })
    };
    let counts = StateCounts {
        new: in_state(State::New)?,
        acknowledged: in_state(State::Acknowledged)?,
        in_work: in_state(State::InWork)?,
        closed: in_state(State::Closed)?,
    };
    let views = ViewCounts {
        mine: open(HeldBy::Person(reader.user.to_string()))?,
        unassigned: open(HeldBy::Nobody)?,
        overdue: ask(AlertFilter {
            overdue: true,
            ..base.clone()
        })?,
    };
    Ok((counts, views))
}

/// The states in which an alert waits for somebody.
const OPEN: [State; 3] = [State::New, State::Acknowledged, State::InWork];
