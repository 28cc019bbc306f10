//! The assets that an entity is: the host of an address and the networks around it, or the hosts of a name.

use std::net::IpAddr;

use event::Time;

use super::{Asset, AssetAddress, AssetFilter, AssetKind, AssetState, Where, of_files};
use crate::error::Result;
use crate::reader::Reader;
use crate::rule::Sites;
use crate::store::{EntityKind, Store};

/// Assets that one entity may be: one name at many sites.
const MOST: usize = 20;

impl Store {
    /// The confirmed assets that an entity is and that the reader sees: hosts first, then the narrowest network.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn assets_of(
        &self,
        reader: &Reader,
        files: &Sites,
        kind: EntityKind,
        value: &str,
        exercise: bool,
        now: Time,
    ) -> Result<Vec<Asset>> {
        let mut found = match (kind, value.parse::<IpAddr>()) {
            (EntityKind::Ip, Ok(ip)) => self.assets_at(reader, files, ip, exercise)?,
            (EntityKind::Host | EntityKind::Domain, _) => self.read(|connection| {
                let mut conditions = Where::of(reader, &confirmed(exercise));
                conditions.clauses.push("lower(name) = ?".to_owned());
                conditions.values.push(value.to_lowercase().into());
                conditions.rows(connection, &format!("ORDER BY site, place LIMIT {MOST}"))
            })?,
            _ => Vec::new(),
        };
        found.retain(|asset| asset.state == AssetState::Confirmed && asset.fields.is_valid(now));
        found.truncate(MOST);
        Ok(found)
    }

    fn assets_at(
        &self,
        reader: &Reader,
        files: &Sites,
        ip: IpAddr,
        exercise: bool,
    ) -> Result<Vec<Asset>> {
        let host = AssetAddress::of(ip);
        let mut found = self.read(|connection| {
            let mut conditions = Where::of(reader, &confirmed(exercise));
            // A network has its kind; a host its place.
            conditions
                .clauses
                .push("(place = ? OR kind = ?)".to_owned());
            conditions.values.push(host.place().into());
            conditions
                .values
                .push(AssetKind::Network.name().to_owned().into());
            conditions.rows(connection, "ORDER BY site, place")
        })?;
        found.extend(of_files(reader, files));
        found.retain(|asset| asset.fields.address.net().contains(&host.net()));
        found.sort_by_key(|asset| std::cmp::Reverse(asset.fields.address.net().prefix_len()));
        Ok(found)
    }
}

fn confirmed(exercise: bool) -> AssetFilter {
    AssetFilter {
        states: vec![AssetState::Confirmed],
        exercise: Some(exercise),
        ..AssetFilter::default()
    }
}
