//! Hosts that events showed, written down with the detector's checkpoint.

use std::collections::HashMap;

use event::{Text, Time};
use rusqlite::{Connection, Transaction};
use serde_json::json;

use super::{
    Asset, AssetAddress, AssetFields, AssetLimits, AssetOrigin, AssetState, SeenBy, find, write,
};
use crate::error::Result;
use crate::store::{audit, unsigned};

/// Who proposes.
const OWN_NAME: &str = "haidang";

/// A host that events showed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenHost {
    /// The site that its address belongs to.
    pub site: Text,
    /// Its address.
    pub address: AssetAddress,
    /// Whether the events belong to an exercise.
    pub exercise: bool,
    /// The best of what showed it.
    pub by: SeenBy,
    /// Its name, where an event told it.
    pub name: Option<String>,
    /// Its MAC address, `00:1a:2b:3c:4d:5e`.
    pub mac: Option<String>,
    /// The time of the first of the events.
    pub first: Time,
    /// The time of the last.
    pub last: Time,
}

/// Proposes hosts that are new, and notes when those known were last seen. What a person said is left alone.
pub(in crate::store) fn note(
    transaction: &Transaction<'_>,
    hosts: &[SeenHost],
    limits: AssetLimits,
    now: Time,
) -> Result<()> {
    if hosts.is_empty() {
        return Ok(());
    }
    let mut proposed: Vec<&SeenHost> = Vec::new();
    let mut room = Room::read(transaction, limits)?;
    for host in hosts {
        match find(transaction, &host.site, host.address, host.exercise)? {
            Some(asset) => refresh(transaction, asset, host)?,
            None if room.take(transaction, &host.site)? => {
                write::write(transaction, &mut asset_of(host, now))?;
                proposed.push(host);
            }
            None => {}
        }
    }
    // One row of the trail for each site: a machine's proposals must not hide what people did.
    while let Some(site) = proposed.first().map(|host| Text::clone(&host.site)) {
        let (own, others): (Vec<_>, Vec<_>) =
            proposed.into_iter().partition(|host| host.site == site);
        let detail = json!({ "hosts": own.len() });
        audit::append(transaction, now, OWN_NAME, "asset.propose", &site, &detail)?;
        proposed = others;
    }
    Ok(())
}

fn refresh(transaction: &Transaction<'_>, mut asset: Asset, host: &SeenHost) -> Result<()> {
    let first = asset
        .first_seen
        .map_or(host.first, |held| held.min(host.first));
    let last = asset
        .last_seen
        .map_or(host.last, |held| held.max(host.last));
    asset.first_seen = Some(first);
    asset.last_seen = Some(last);
    if asset.state == AssetState::Proposed {
        let better = asset
            .seen_by
            .is_none_or(|held| host.by as usize <= held as usize);
        if better || asset.fields.name.is_empty() {
            asset.fields.name = host.name.clone().unwrap_or(asset.fields.name);
        }
        if better {
            asset.seen_by = Some(host.by);
        }
        asset.fields.mac = host.mac.clone().or(asset.fields.mac);
    }
    write::write(transaction, &mut asset)
}

fn asset_of(host: &SeenHost, now: Time) -> Asset {
    let fields = AssetFields {
        name: host.name.clone().unwrap_or_default(),
        mac: host.mac.clone(),
        ..AssetFields::at(&host.site, host.address)
    };
    Asset {
        row: None,
        fields,
        state: AssetState::Proposed,
        origin: AssetOrigin::Seen,
        seen_by: Some(host.by),
        exercise: host.exercise,
        first_seen: Some(host.first),
        last_seen: Some(host.last),
        updated: now,
        who: OWN_NAME.to_owned(),
    }
}

/// How many more may be proposed: a scan with false addresses must not take the room of people or of other
/// sites.
struct Room {
    all: u64,
    /// Of each site.
    proposed: HashMap<Text, u64>,
    limits: AssetLimits,
}

impl Room {
    fn read(connection: &Connection, limits: AssetLimits) -> Result<Self> {
        let mut statement = connection.prepare_cached("SELECT count(*) FROM asset")?;
        Ok(Self {
            all: unsigned(statement.query_row([], |row| row.get(0))?),
            proposed: HashMap::new(),
            limits,
        })
    }

    fn take(&mut self, connection: &Connection, site: &Text) -> Result<bool> {
        let own = match self.proposed.get_mut(site) {
            Some(own) => own,
            None => {
                let mut statement = connection.prepare_cached(
                    "SELECT count(*) FROM asset WHERE site = ?1 AND state = 'proposed'",
                )?;
                let held = unsigned(statement.query_row([&**site], |row| row.get(0))?);
                self.proposed.entry(Text::clone(site)).or_insert(held)
            }
        };
        let free = self.all < self.limits.rows / 2 && *own < self.limits.proposed;
        if free {
            self.all += 1;
            *own += 1;
        }
        Ok(free)
    }
}
