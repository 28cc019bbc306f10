//! Assets: what stands at which site, as people say it and as it was seen.
//!
//! One row for each site, address and side (exercise or not). A host that was seen waits as *proposed* until a
//! person confirms or dismisses it; what is dismissed is never proposed again. Networks of the files of sites are
//! shown beside the rows and are none.

mod fields;
mod of_entity;
mod seen;
mod write;

#[cfg(test)]
mod tests;

use std::fmt;

use event::{Network, Networks, Time};
use rusqlite::types::Value as Sql;
use rusqlite::{Connection, OptionalExtension, Row, params_from_iter};
use serde::Deserialize;

pub(crate) use fields::read_mac;
pub use fields::{AssetAddress, AssetDraft, AssetFields, BadAsset};
pub use seen::SeenHost;
pub(super) use seen::note as note_seen;
pub use write::{AssetChanged, AssetImport, AssetLine, AssetProblem, AssetWriter};

use super::{Store, unsigned};
use crate::error::Result;
use crate::reader::{Reader, Scope};
use crate::rule::Sites;
use crate::words::words;

words! {
    /// One address or many.
    AssetKind {
        /// One address.
        Host "host",
        /// A CIDR.
        Network "network",
    }
}

words! {
    /// Where people are with an asset.
    AssetState {
        /// Seen, and nobody has said what it is.
        Proposed "proposed",
        /// Somebody says that it is there.
        Confirmed "confirmed",
        /// Somebody says that it is nothing; it is not proposed again.
        Dismissed "dismissed",
    }
}

words! {
    /// Where an asset comes from.
    AssetOrigin {
        /// Somebody typed it.
        Person "person",
        /// Somebody imported it.
        Csv "csv",
        /// Events showed it.
        Seen "seen",
        /// A file of sites has it; read only.
        File "file",
    }
}

words! {
    /// How much depends on an asset.
    Criticality {
        /// Little.
        Low "low",
        /// As usual.
        Normal "normal",
        /// Work stands still without it.
        High "high",
        /// The province stands still without it.
        Critical "critical",
    }
}

words! {
    /// What showed a host; a later word of the list says less than an earlier one.
    SeenBy {
        /// It was given its address, and said its name.
        Dhcp "dhcp",
        /// Its own log of Sysmon.
        Sysmon "sysmon",
        /// Its own log of Windows.
        Windows "windows",
        /// It said its name when it signed in somewhere.
        Ntlm "ntlm",
        /// Its own log of another kind.
        Log "log",
        /// It spoke.
        Traffic "traffic",
    }
}

/// How many assets there may be; every field is a key under `[limits.assets]`.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AssetLimits {
    /// Assets in all. Hosts that were seen are proposed while there are fewer than half as many.
    pub rows: u64,
    /// Confirmed networks: every sensor is told all of them.
    pub networks: u64,
    /// Proposed hosts of one site; 0: nothing is proposed.
    pub proposed: u64,
    /// The largest CSV, in KiB.
    pub csv_kib: usize,
    /// The most lines of a CSV.
    pub csv_lines: usize,
}

impl Default for AssetLimits {
    fn default() -> Self {
        Self {
            rows: 100_000,
            networks: 2_000,
            proposed: 2_000,
            csv_kib: 2_048,
            csv_lines: 10_000,
        }
    }
}

/// An asset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asset {
    /// Its row; none: a file of sites has it.
    row: Option<i64>,
    /// What is known of it.
    pub fields: AssetFields,
    /// Where people are with it.
    pub state: AssetState,
    /// Where it comes from.
    pub origin: AssetOrigin,
    /// What showed it first, or best.
    pub seen_by: Option<SeenBy>,
    /// Whether it belongs to an exercise.
    pub exercise: bool,
    /// The time of the first event that showed it.
    pub first_seen: Option<Time>,
    /// The time of the last, within ten minutes.
    pub last_seen: Option<Time>,
    /// When somebody changed it, or it was first seen.
    pub updated: Time,
    /// Who did.
    pub who: String,
}

/// Which assets.
#[derive(Clone, Debug, Default)]
pub struct AssetFilter {
    /// At one of these sites; empty: any.
    pub sites: Vec<String>,
    /// In one of these states; empty: any.
    pub states: Vec<AssetState>,
    /// Of one of these kinds; empty: any.
    pub kinds: Vec<AssetKind>,
    /// With this text in it, letters of either case.
    pub text: Option<String>,
    /// Of this side; none: of both.
    pub exercise: Option<bool>,
}

/// A page of assets.
#[derive(Clone, Debug)]
pub struct AssetPage {
    /// By site, then by address.
    pub rows: Vec<Asset>,
    /// Where the next page begins.
    pub next: Option<AssetCursor>,
    /// How many there are in each state, whatever the states asked for: proposed, confirmed, dismissed.
    pub counts: [u64; 3],
}

/// Where a page of assets ended.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AssetCursor {
    site: String,
    place: String,
    /// 0: of a file; 1: a row; 2: a row of an exercise.
    rank: u8,
}

impl AssetCursor {
    /// Reads what `Display` wrote.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.rsplitn(3, '.');
        let rank = parts.next()?.parse().ok()?;
        let place = parts.next()?.to_owned();
        let site = parts.next()?.to_owned();
        Some(Self { site, place, rank })
    }
}

impl fmt::Display for AssetCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.site, self.place, self.rank)
    }
}

impl Asset {
    /// What it is asked for by: a number, or `file:SITE:CIDR`.
    pub fn id(&self) -> String {
        match self.row {
            Some(row) => row.to_string(),
            None => format!("file:{}:{}", self.fields.site, self.fields.address),
        }
    }

    /// Whether a running sensor ought to know it: a confirmed network.
    pub fn is_network(&self) -> bool {
        self.state == AssetState::Confirmed && self.fields.address.kind() == AssetKind::Network
    }

    fn cursor(&self) -> AssetCursor {
        let rank = match (self.row, self.exercise) {
            (None, _) => 0,
            (Some(_), false) => 1,
            (Some(_), true) => 2,
        };
        AssetCursor {
            site: self.fields.site.clone(),
            place: self.fields.address.place(),
            rank,
        }
    }

    fn of_file(network: &Network) -> Self {
        Self {
            row: None,
            fields: AssetFields::at(&network.site, AssetAddress::of_file(network.cidr)),
            state: AssetState::Confirmed,
            origin: AssetOrigin::File,
            seen_by: None,
            exercise: false,
            first_seen: None,
            last_seen: None,
            updated: Time::EPOCH,
            who: String::new(),
        }
    }
}

impl AssetFilter {
    /// Whether an asset of a file passes, whatever the states asked for.
    fn takes(&self, asset: &Asset) -> bool {
        let fields = &asset.fields;
        let text = self.text.as_ref().map(|text| text.to_lowercase());
        (self.sites.is_empty() || self.sites.contains(&fields.site))
            && (self.kinds.is_empty() || self.kinds.contains(&fields.address.kind()))
            && text.is_none_or(|text| fields.words().contains(&text))
            && self.exercise != Some(true)
    }
}

impl Store {
    /// A page of assets and of the files' networks, cut to the reader. `after` is the `next` of the page before.
    pub fn assets(
        &self,
        reader: &Reader,
        files: &Sites,
        filter: &AssetFilter,
        after: Option<&AssetCursor>,
        limit: usize,
    ) -> Result<AssetPage> {
        let mut of_files = of_files(reader, files);
        of_files.retain(|asset| filter.takes(asset));
        let shown = filter.states.is_empty() || filter.states.contains(&AssetState::Confirmed);
        self.read(|connection| {
            let mut counts = counts(connection, &Where::of(reader, filter))?;
            if let Some(confirmed) = counts.get_mut(AssetState::Confirmed as usize) {
                *confirmed += of_files.len() as u64;
            }
            let mut page = Where::of(reader, filter);
            page.any(
                "state",
                filter
                    .states
                    .iter()
                    .map(|state| state.name().to_owned().into()),
            );
            page.beyond(after);
            let wanted = limit.saturating_add(1);
            let order = format!("ORDER BY site, place, exercise LIMIT {wanted}");
            let mut rows = page.rows(connection, &order)?;
            let of_files = of_files.iter().filter(|_| shown);
            let of_files = of_files.filter(|own| after.is_none_or(|after| own.cursor() > *after));
            rows.extend(of_files.cloned());
            rows.sort_by_cached_key(Asset::cursor);
            let more = rows.len() > limit;
            rows.truncate(limit);
            let next = rows.last().filter(|_| more).map(Asset::cursor);
            Ok(AssetPage { rows, next, counts })
        })
    }

    /// One asset, if the reader sees it.
    pub fn asset(&self, reader: &Reader, files: &Sites, id: &str) -> Result<Option<Asset>> {
        if id.starts_with("file:") {
            let mut of_files = of_files(reader, files).into_iter();
            return Ok(of_files.find(|asset| asset.id() == id));
        }
        self.read(|connection| held(connection, reader, id))
    }

    /// The networks of the province: those of the files of sites, and those that people confirmed and that are
    /// valid. Where two are equal, the file's counts.
    pub fn networks(&self, files: &Sites, exercise: bool, now: Time) -> Result<Networks> {
        let confirmed = AssetFilter {
            states: vec![AssetState::Confirmed],
            kinds: vec![AssetKind::Network],
            exercise: Some(exercise),
            ..AssetFilter::default()
        };
        let everything = Reader::local();
        self.read(|connection| {
            let mut conditions = Where::of(&everything, &confirmed);
            conditions.any(
                "state",
                [AssetState::Confirmed.name().to_owned().into()].into_iter(),
            );
            let rows = conditions.rows(connection, "ORDER BY site, place")?;
            let valid = rows.iter().filter(|asset| asset.fields.is_valid(now));
            let own = valid.map(|asset| Network {
                cidr: asset.fields.address.net(),
                site: asset.fields.site.as_str().into(),
            });
            let of_files = files.networks();
            Ok(Networks::new(of_files.iter().cloned().chain(own).collect()))
        })
    }
}

/// The networks of files that a reader sees, each once.
fn of_files(reader: &Reader, files: &Sites) -> Vec<Asset> {
    let networks = files.networks();
    let seen = networks.iter().filter(|own| reader.scope.admits(&own.site));
    let mut assets: Vec<Asset> = seen.map(Asset::of_file).collect();
    assets.sort_by_cached_key(Asset::cursor);
    assets.dedup_by_key(|asset| asset.cursor());
    assets
}

/// The row of an id, if the reader sees it.
fn held(connection: &Connection, reader: &Reader, id: &str) -> Result<Option<Asset>> {
    let Ok(row) = id.parse::<i64>() else {
        return Ok(None);
    };
    let mut conditions = Where::of(reader, &AssetFilter::default());
    conditions.any("id", [row.into()].into_iter());
    Ok(conditions.rows(connection, "LIMIT 1")?.pop())
}

const COLUMNS: &str = "SELECT id, site, address, name, role, criticality, owner, contact, mac, valid_from, \
    valid_to, state, origin, seen_by, exercise, first_seen, last_seen, updated, who FROM asset";

/// The conditions of a list, with the reader's scope as the first: no asset is read without it.
struct Where {
    clauses: Vec<String>,
    values: Vec<Sql>,
}

impl Where {
    fn of(reader: &Reader, filter: &AssetFilter) -> Self {
        let mut conditions = Self {
            clauses: vec!["1".to_owned()],
            values: vec![],
        };
        if let Scope::Sites(sites) = &reader.scope {
            conditions.must("site", sites.iter().map(|site| site.to_string().into()));
        }
        conditions.any("site", filter.sites.iter().map(|site| site.clone().into()));
        conditions.any(
            "kind",
            filter
                .kinds
                .iter()
                .map(|kind| kind.name().to_owned().into()),
        );
        conditions.any(
            "exercise",
            filter.exercise.into_iter().map(|own| i64::from(own).into()),
        );
        if let Some(text) = &filter.text {
            conditions.clauses.push("instr(words, ?) > 0".to_owned());
            conditions.values.push(text.to_lowercase().into());
        }
        conditions
    }

    /// One of these; none given: no condition.
    fn any(&mut self, column: &str, values: impl Iterator<Item = Sql>) {
        let values: Vec<Sql> = values.collect();
        if !values.is_empty() {
            self.must(column, values.into_iter());
        }
    }

    /// One of these; none given: nothing passes.
    fn must(&mut self, column: &str, values: impl Iterator<Item = Sql>) {
        let before = self.values.len();
        self.values.extend(values);
        let marks = vec!["?"; self.values.len() - before].join(", ");
        self.clauses.push(format!("{column} IN ({marks})"));
    }

    /// Only what comes after the page before.
    fn beyond(&mut self, after: Option<&AssetCursor>) {
        let Some(after) = after else { return };
        self.clauses
            .push("(site, place, exercise) > (?, ?, ?)".to_owned());
        let exercise = i64::from(after.rank) - 1;
        let values = [
            after.site.clone().into(),
            after.place.clone().into(),
            exercise.into(),
        ];
        self.values.extend(values);
    }

    fn rows(&self, connection: &Connection, order: &str) -> Result<Vec<Asset>> {
        let sql = format!("{COLUMNS} WHERE {} {order}", self.clauses.join(" AND "));
        let mut statement = connection.prepare_cached(&sql)?;
        let rows = statement.query_map(params_from_iter(&self.values), asset_of)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}

fn counts(connection: &Connection, conditions: &Where) -> Result<[u64; 3]> {
    let sql = format!(
        "SELECT state, count(*) FROM asset WHERE {} GROUP BY state",
        conditions.clauses.join(" AND ")
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query(params_from_iter(&conditions.values))?;
    let mut counts = [0; 3];
    while let Some(row) = rows.next()? {
        let state = AssetState::from_name(&row.get::<_, String>(0)?);
        if let Some(count) = state.and_then(|state| counts.get_mut(state as usize)) {
            *count = unsigned(row.get(1)?);
        }
    }
    Ok(counts)
}

/// The row of a site and an address on one side.
fn find(
    connection: &Connection,
    site: &str,
    address: AssetAddress,
    exercise: bool,
) -> Result<Option<Asset>> {
    let sql = format!("{COLUMNS} WHERE site = ?1 AND place = ?2 AND exercise = ?3");
    let mut statement = connection.prepare_cached(&sql)?;
    let key = rusqlite::params![site, address.place(), exercise];
    Ok(statement.query_row(key, asset_of).optional()?)
}

fn asset_of(row: &Row<'_>) -> rusqlite::Result<Asset> {
    let address: String = row.get(2)?;
    let unreadable = |error: BadAsset| {
        rusqlite::Error::FromSqlConversionFailure(2, rusqlite::types::Type::Text, error.into())
    };
    let word = |place: usize| row.get::<_, String>(place);
    let time = |place: usize| {
        let micros: Option<i64> = row.get(place)?;
        Ok::<_, rusqlite::Error>(micros.map(Time::from_micros))
    };
    Ok(Asset {
        row: Some(row.get(0)?),
        fields: AssetFields {
            site: row.get(1)?,
            address: AssetAddress::parse(&address).map_err(unreadable)?,
            name: row.get(3)?,
            role: row.get(4)?,
            criticality: Criticality::from_name(&word(5)?).unwrap_or(Criticality::Normal),
            owner: row.get(6)?,
            contact: row.get(7)?,
            mac: row.get(8)?,
            valid_from: row.get(9)?,
            valid_to: row.get(10)?,
        },
        state: AssetState::from_name(&word(11)?).unwrap_or(AssetState::Proposed),
        origin: AssetOrigin::from_name(&word(12)?).unwrap_or(AssetOrigin::Seen),
        seen_by: row
            .get::<_, Option<String>>(13)?
            .and_then(|word| SeenBy::from_name(&word)),
        exercise: row.get(14)?,
        first_seen: time(15)?,
        last_seen: time(16)?,
        updated: Time::from_micros(row.get(17)?),
        who: row.get(18)?,
    })
}
