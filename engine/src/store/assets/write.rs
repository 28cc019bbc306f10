//! What people change of assets. Each change is one transaction with its row of the audit trail, and none
//! reaches what its reader does not see.

use std::collections::HashMap;

use event::Time;
use rusqlite::{Connection, Transaction, params};
use serde_json::json;

use super::{Asset, AssetDraft, AssetFields, AssetLimits, AssetOrigin, AssetState, find, held};
use crate::error::Result;
use crate::reader::Reader;
use crate::store::{Store, audit, unsigned};

/// What became of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AssetChanged {
    /// Done; the asset as it is now.
    Done(Box<Asset>),
    /// There is none for this reader.
    Missing,
    /// The site has that address already.
    Taken,
    /// There are as many as there may be.
    Full,
    /// There are as many confirmed networks as there may be.
    ManyNetworks,
}

/// A line of a CSV.
#[derive(Clone, Debug)]
pub struct AssetLine {
    /// The line of the file, from 1.
    pub line: u64,
    /// What it says.
    pub draft: AssetDraft,
}

/// A line that could not be taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssetProblem {
    /// The line, from 1.
    pub line: u64,
    /// What is wrong, and the way out.
    pub message: String,
}

/// What an import did, or would do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AssetImport {
    /// New ones.
    pub added: u64,
    /// Known ones that became others.
    pub changed: u64,
    /// Known ones that said the same.
    pub same: u64,
    /// Whether a confirmed network was among them.
    pub networks: bool,
    /// Lines that could not be taken.
    pub problems: Vec<AssetProblem>,
}

/// Who changes assets, on which side, within which limits.
#[derive(Clone, Copy, Debug)]
pub struct AssetWriter<'a> {
    /// Who.
    pub reader: &'a Reader,
    /// Whether the data folder is an exercise: what is made in it is.
    pub exercise: bool,
    /// How many there may be.
    pub limits: AssetLimits,
    /// When.
    pub now: Time,
}

impl Store {
    /// Adds an asset that a person typed.
    pub fn add_asset(&self, by: AssetWriter<'_>, fields: AssetFields) -> Result<AssetChanged> {
        self.write(|transaction| {
            if !by.reader.scope.admits(&fields.site) {
                return Ok(AssetChanged::Missing);
            }
            if find(transaction, &fields.site, fields.address, by.exercise)?.is_some() {
                return Ok(AssetChanged::Taken);
            }
            let mut asset = by.made(fields, AssetOrigin::Person);
            if let Some(full) = Room::read(transaction, by.limits)?.take(None, &asset) {
                return Ok(full);
            }
            by.put(transaction, &mut asset, "asset.add")?;
            Ok(AssetChanged::Done(asset.into()))
        })
    }

    /// Changes an asset to what `work` makes of it.
    pub fn change_asset<E>(
        &self,
        by: AssetWriter<'_>,
        id: &str,
        work: impl FnOnce(&Asset) -> std::result::Result<(AssetFields, AssetState), E>,
    ) -> Result<std::result::Result<AssetChanged, E>> {
        self.write(|transaction| {
            let Some(before) = held(transaction, by.reader, id)? else {
                return Ok(Ok(AssetChanged::Missing));
            };
            let (fields, state) = match work(&before) {
                Ok(changed) => changed,
                Err(error) => return Ok(Err(error)),
            };
            if !by.reader.scope.admits(&fields.site) {
                return Ok(Ok(AssetChanged::Missing));
            }
            let other = find(transaction, &fields.site, fields.address, before.exercise)?;
            if other.is_some_and(|other| other.row != before.row) {
                return Ok(Ok(AssetChanged::Taken));
            }
            let mut asset = Asset {
                fields,
                state,
                ..before.clone()
            };
            let mut room = Room::read(transaction, by.limits)?;
            if let Some(full) = room.take(Some(&before), &asset) {
                return Ok(Ok(full));
            }
            by.put(transaction, &mut asset, "asset.change")?;
            Ok(Ok(AssetChanged::Done(asset.into())))
        })
    }

    /// Confirms or dismisses many at once; those that the reader does not see, that are in the state already or
    /// that `may` refuses stay. Gives those that changed.
    pub fn set_asset_states(
        &self,
        by: AssetWriter<'_>,
        ids: &[String],
        state: AssetState,
        may: impl Fn(&Asset) -> bool,
    ) -> Result<Vec<Asset>> {
        self.write(|transaction| {
            let mut changed = Vec::new();
            let mut room = Room::read(transaction, by.limits)?;
            for id in ids {
                let before = held(transaction, by.reader, id)?;
                let before = before.filter(|asset| asset.state != state && may(asset));
                let Some(before) = before else { continue };
                let mut asset = Asset {
                    state,
                    ..before.clone()
                };
                if room.take(Some(&before), &asset).is_none() {
                    by.put(transaction, &mut asset, "asset.change")?;
                    changed.push(asset);
                }
            }
            Ok(changed)
        })
    }

    /// Removes an asset; gives what it was. A host that is seen again is proposed again.
    pub fn remove_asset(&self, by: AssetWriter<'_>, id: &str) -> Result<Option<Asset>> {
        self.write(|transaction| {
            let Some(asset) = held(transaction, by.reader, id)? else {
                return Ok(None);
            };
            transaction.execute("DELETE FROM asset WHERE id = ?1", [asset.row])?;
            by.note(transaction, &asset, "asset.remove")?;
            Ok(Some(asset))
        })
    }

    /// Takes up the lines of a CSV: what they name is confirmed. A line that cannot be taken costs only itself;
    /// `check` refuses what the store cannot know. With `trial` nothing is written.
    pub fn import_assets(
        &self,
        by: AssetWriter<'_>,
        lines: Vec<AssetLine>,
        trial: bool,
        check: impl Fn(&AssetFields) -> std::result::Result<(), String>,
    ) -> Result<AssetImport> {
        let run = |connection: &Connection, put: &mut Put<'_>| {
            let mut import = Import {
                by,
                check,
                room: Room::read(connection, by.limits)?,
                seen: HashMap::new(),
            };
            import.run(connection, lines, put)
        };
        if trial {
            return self.read(|connection| run(connection, &mut |_| Ok(())));
        }
        self.write(|transaction| {
            run(transaction, &mut |asset| {
                by.put(transaction, asset, "asset.import")
            })
        })
    }
}

/// What writes an asset down.
type Put<'a> = dyn FnMut(&mut Asset) -> Result<()> + 'a;

/// An import on its way.
struct Import<'a, C> {
    by: AssetWriter<'a>,
    check: C,
    room: Room,
    /// The lines in which each site and address stood.
    seen: HashMap<(String, String), u64>,
}

/// A line that could be taken.
struct Taken {
    before: Option<Asset>,
    after: Asset,
}

impl<C: Fn(&AssetFields) -> std::result::Result<(), String>> Import<'_, C> {
    fn run(
        &mut self,
        connection: &Connection,
        lines: Vec<AssetLine>,
        put: &mut Put<'_>,
    ) -> Result<AssetImport> {
        let mut done = AssetImport::default();
        for AssetLine { line, draft } in lines {
            let Taken { before, mut after } = match self.line(connection, draft, line)? {
                Ok(taken) => taken,
                Err(message) => {
                    done.problems.push(AssetProblem { line, message });
                    continue;
                }
            };
            match &before {
                Some(before) if *before == after => {
                    done.same += 1;
                    continue;
                }
                Some(_) => done.changed += 1,
                None => done.added += 1,
            }
            done.networks |= after.is_network();
            put(&mut after)?;
        }
        Ok(done)
    }

    /// What a line makes, or what is wrong with it.
    fn line(
        &mut self,
        connection: &Connection,
        draft: AssetDraft,
        line: u64,
    ) -> Result<std::result::Result<Taken, String>> {
        let by = self.by;
        let named = match draft.clone().apply(None) {
            Ok(named) => named,
            Err(bad) => return Ok(Err(bad.to_string())),
        };
        if let Err(problem) = (self.check)(&named) {
            return Ok(Err(problem));
        }
        if !by.reader.scope.admits(&named.site) {
            return Ok(Err("you do not see this site".to_owned()));
        }
        let key = (named.site.clone(), named.address.to_string());
        if let Some(first) = self.seen.get(&key) {
            let (site, address) = key;
            return Ok(Err(format!(
                "{address} at {site} stands in line {first} already"
            )));
        }
        self.seen.insert(key, line);
        let before = find(connection, &named.site, named.address, by.exercise)?;
        let after = match &before {
            None => by.made(named, AssetOrigin::Csv),
            Some(held) => match draft.apply(Some(&held.fields)) {
                Ok(fields) => Asset {
                    fields,
                    state: AssetState::Confirmed,
                    ..held.clone()
                },
                Err(bad) => return Ok(Err(bad.to_string())),
            },
        };
        Ok(match self.room.take(before.as_ref(), &after) {
            None => Ok(Taken { before, after }),
            Some(AssetChanged::ManyNetworks) => Err(many_networks(by.limits)),
            Some(_) => Err(many_assets(by.limits)),
        })
    }
}

/// How many assets there are, in all and networks that are confirmed.
struct Room {
    rows: u64,
    networks: u64,
    limits: AssetLimits,
}

impl Room {
    fn read(connection: &Connection, limits: AssetLimits) -> Result<Self> {
        let mut statement = connection.prepare_cached(
            "SELECT count(*), coalesce(sum(state = 'confirmed' AND kind = 'network'), 0) FROM asset",
        )?;
        Ok(statement.query_row([], |row| {
            Ok(Self {
                rows: unsigned(row.get(0)?),
                networks: unsigned(row.get(1)?),
                limits,
            })
        })?)
    }

    /// Makes room for what an asset becomes, or says why there is none.
    fn take(&mut self, before: Option<&Asset>, after: &Asset) -> Option<AssetChanged> {
        let row = u64::from(before.is_none());
        let network = u64::from(after.is_network() && !before.is_some_and(Asset::is_network));
        if row > 0 && self.rows >= self.limits.rows {
            return Some(AssetChanged::Full);
        }
        if network > 0 && self.networks >= self.limits.networks {
            return Some(AssetChanged::ManyNetworks);
        }
        self.rows += row;
        self.networks += network;
        None
    }
}

/// What somebody is told when there is no room for another asset.
fn many_assets(limits: AssetLimits) -> String {
    let rows = limits.rows;
    format!("there are {rows} assets already, as many as limits.assets.rows allows")
}

fn many_networks(limits: AssetLimits) -> String {
    let networks = limits.networks;
    format!("there are {networks} networks already, as many as limits.assets.networks allows")
}

impl AssetWriter<'_> {
    fn made(&self, fields: AssetFields, origin: AssetOrigin) -> Asset {
        Asset {
            row: None,
            fields,
            state: AssetState::Confirmed,
            origin,
            seen_by: None,
            exercise: self.exercise,
            first_seen: None,
            last_seen: None,
            updated: self.now,
            who: self.reader.user.to_string(),
        }
    }

    /// Writes an asset down with its row of the audit trail.
    fn put(&self, transaction: &Transaction<'_>, asset: &mut Asset, action: &str) -> Result<()> {
        asset.updated = self.now;
        asset.who = self.reader.user.to_string();
        write(transaction, asset)?;
        self.note(transaction, asset, action)
    }

    fn note(&self, transaction: &Transaction<'_>, asset: &Asset, action: &str) -> Result<()> {
        let fields = &asset.fields;
        let target = format!("{} {}", fields.site, fields.address);
        let detail = json!({
            "id": asset.row, "state": asset.state.name(), "name": fields.name, "role": fields.role,
            "criticality": fields.criticality.name(), "owner": fields.owner,
            "contact": fields.contact, "mac": fields.mac, "valid_from": fields.valid_from,
            "valid_to": fields.valid_to,
        });
        let who = &self.reader.user;
        audit::append(transaction, self.now, who, action, &target, &detail)
    }
}

/// Writes an asset down under its row, or under a new one.
pub(super) fn write(transaction: &Transaction<'_>, asset: &mut Asset) -> Result<()> {
    let fields = &asset.fields;
    let mut statement = transaction.prepare_cached(
        "INSERT OR REPLACE INTO asset VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15,
           ?16, ?17, ?18, ?19, ?20, ?21, ?22)",
    )?;
    statement.execute(params![
        asset.row,
        fields.site,
        fields.address.to_string(),
        fields.address.place(),
        fields.address.kind().name(),
        fields.name,
        fields.role,
        fields.criticality.name(),
        fields.owner,
        fields.contact,
        fields.mac,
        fields.valid_from,
        fields.valid_to,
        asset.state.name(),
        asset.origin.name(),
        asset.seen_by.map(super::SeenBy::name),
        asset.exercise,
        asset.first_seen.map(Time::micros),
        asset.last_seen.map(Time::micros),
        asset.updated.micros(),
        asset.who,
        fields.words()
    ])?;
    if asset.row.is_none() {
        asset.row = Some(transaction.last_insert_rowid());
    }
    Ok(())
}
