//! How long people take: from when an alert was opened until somebody acknowledged it, and until it was closed. Told
//! from the history, so that what was taken back does not count.

use std::collections::BTreeMap;
use std::time::Duration;

use event::Time;
use rusqlite::params_from_iter;
use rusqlite::types::Value as Sql;

use super::{Store, by_rule::scope_of};
use crate::error::Result;
use crate::reader::Reader;
use crate::rule::Level;
use crate::triage::Triage;

/// Acts that are looked at; beyond that the newest are left out, and it is said.
const MAX_ACTS: usize = 100_000;

/// How a number of spans is spread.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spread {
    /// How many there are.
    pub count: u64,
    /// Their mean.
    pub mean: Duration,
    /// Half are not longer.
    pub median: Duration,
    /// Nine of ten are not longer.
    pub p90: Duration,
}

/// How long was taken for some alerts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TimesOf {
    /// From opening to the first time that a person took notice.
    pub acknowledge: Spread,
    /// From opening to closing, of those that are closed.
    pub resolve: Spread,
    /// How many of those acknowledged were so after the answer was due.
    pub late: u64,
}

/// How long people took for what they did in a span of time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Times {
    /// Of all alerts.
    pub all: TimesOf,
    /// By level, the worst first; only those that there are.
    pub levels: Vec<(Level, TimesOf)>,
    /// By who holds the alert, or who did it when nobody does.
    pub people: Vec<(String, TimesOf)>,
    /// More was done than was looked at.
    pub is_capped: bool,
}

/// The first time that somebody took notice of an alert.
const ACKNOWLEDGED: &str = "h.to_state IN ('acknowledged', 'in_work', 'closed') AND NOT EXISTS (
    SELECT 1 FROM alert_history AS o WHERE o.alert = h.alert AND o.seq < h.seq AND o.who <> 'haidang'
      AND o.undone = 0 AND o.to_state IN ('acknowledged', 'in_work', 'closed'))";
/// The last time that an alert was closed that is closed.
const RESOLVED: &str = "h.to_state = 'closed' AND h.from_state <> 'closed' AND a.state = 'closed'
    AND NOT EXISTS (SELECT 1 FROM alert_history AS o WHERE o.alert = h.alert AND o.seq > h.seq
      AND o.undone = 0 AND o.to_state = 'closed' AND o.from_state <> 'closed')";

/// One act on one alert.
struct Act {
    level: Level,
    person: String,
    opened: Time,
    at: Time,
}

/// The spans of some alerts.
#[derive(Default)]
struct Spans {
    acknowledge: Vec<Duration>,
    resolve: Vec<Duration>,
    late: u64,
}

impl Store {
    /// How long people took for what they did from `from` until before `to`, cut to the reader. Exercise and real
    /// alerts are never in one figure.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn times(
        &self,
        reader: &Reader,
        triage: &Triage,
        exercise: bool,
        from: Time,
        to: Time,
    ) -> Result<Times> {
        let acknowledged = self.acts(reader, ACKNOWLEDGED, exercise, from, to)?;
        let resolved = self.acts(reader, RESOLVED, exercise, from, to)?;
        let mut all = Spans::default();
        let mut levels: BTreeMap<Level, Spans> = BTreeMap::new();
        let mut people: BTreeMap<String, Spans> = BTreeMap::new();
        for act in &acknowledged {
            let span = act.at.since(act.opened);
            let due = triage.sla.due(&triage.hours, act.level, act.opened);
            let late = u64::from(due.is_some_and(|due| act.at > due));
            let (level, person) = (levels.entry(act.level), people.entry(act.person.clone()));
            for spans in [&mut all, level.or_default(), person.or_default()] {
                spans.acknowledge.push(span);
                spans.late += late;
            }
        }
        for act in &resolved {
            let span = act.at.since(act.opened);
            let (level, person) = (levels.entry(act.level), people.entry(act.person.clone()));
            for spans in [&mut all, level.or_default(), person.or_default()] {
                spans.resolve.push(span);
            }
        }
        let levels = levels.into_iter().rev();
        Ok(Times {
            all: all.spread(),
            levels: levels
                .map(|(level, spans)| (level, spans.spread()))
                .collect(),
            people: people
                .into_iter()
                .map(|(person, spans)| (person, spans.spread()))
                .collect(),
            is_capped: acknowledged.len() >= MAX_ACTS || resolved.len() >= MAX_ACTS,
        })
    }

    fn acts(
        &self,
        reader: &Reader,
        which: &str,
        exercise: bool,
        from: Time,
        to: Time,
    ) -> Result<Vec<Act>> {
        let (scope, sites) = scope_of(reader);
        let sql = format!(
            "SELECT a.level, coalesce(a.assignee, h.who), a.opened, h.at
             FROM alert_history AS h INDEXED BY alert_history_at CROSS JOIN alert AS a ON a.id = h.alert
             WHERE h.at >= ? AND h.at < ? AND h.who <> 'haidang' AND h.undone = 0
               AND a.merged IS NULL AND a.exercise = ? AND {which}{scope}
             ORDER BY h.at LIMIT {MAX_ACTS}"
        );
        let mut values: Vec<Sql> = vec![from.micros().into(), to.micros().into()];
        values.push(i64::from(exercise).into());
        values.extend(sites);
        self.read(|connection| {
            let mut statement = connection.prepare_cached(&sql)?;
            let rows = statement.query_map(params_from_iter(&values), |row| {
                let level = usize::try_from(row.get::<_, i64>(0)?).ok();
                let level = level.and_then(|level| Level::ALL.get(level).copied());
                Ok(Act {
                    level: level.unwrap_or(Level::Medium),
                    person: row.get(1)?,
                    opened: Time::from_micros(row.get(2)?),
                    at: Time::from_micros(row.get(3)?),
                })
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }
}

impl Spans {
    fn spread(self) -> TimesOf {
        TimesOf {
            acknowledge: spread(self.acknowledge),
            resolve: spread(self.resolve),
            late: self.late,
        }
    }
}

fn spread(mut spans: Vec<Duration>) -> Spread {
    spans.sort_unstable();
    let Ok(count) = u32::try_from(spans.len()) else {
        return Spread::default();
    };
    // The smallest that so many of a hundred do not pass.
    let at = |hundredths: usize| {
        let place = (spans.len() * hundredths).div_ceil(100).saturating_sub(1);
        spans.get(place).copied().unwrap_or_default()
    };
    Spread {
        count: u64::from(count),
        mean: spans
            .iter()
            .sum::<Duration>()
            .checked_div(count)
            .unwrap_or_default(),
        median: at(50),
        p90: at(90),
    }
}
