//! Configuration bundles: what the centre wants of its sensors. Every change is a new version; a sensor is told
//! the newest one's digest with every answer, and fetches it when it has another.

use event::{Networks, Time};
use rusqlite::{OptionalExtension, Row, Transaction, params};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::{Store, audit};
use crate::error::Result;
use crate::rule::Sites;

/// Versions of one sensor that are kept.
const KEPT: u64 = 50;
/// Who makes a version when the networks of the province change.
const OWN_NAME: &str = "haidang";

/// What a sensor is told to be. As JSON this is what is signed; a field more is a field that older
/// sensors do not read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bundle {
    /// For which sensor.
    pub sensor: String,
    /// From 1, contiguous for each sensor.
    pub version: u64,
    /// When it was made, RFC 3339.
    pub made: String,
    /// Sections of the configuration, TOML: each takes the place of the box's own.
    pub config: String,
    /// Networks and the sites that they belong to: CIDR, site (empty: internal everywhere).
    pub networks: Vec<(String, String)>,
    /// The leaves of the site tree that it may deliver for; absent in what older centres made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leaves: Option<Vec<String>>,
}

/// What a bundle says beside the sections of the configuration.
#[derive(Clone, Default, PartialEq, Eq)]
struct Known {
    networks: Vec<(String, String)>,
    leaves: Option<Vec<String>>,
}

/// A version, and who made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MadeBundle {
    /// The bundle.
    pub bundle: Bundle,
    /// As it was signed, and as it is kept: its JSON.
    pub text: String,
    /// What a sensor knows it by.
    pub digest: String,
    /// Who.
    pub who: String,
    /// Why.
    pub why: String,
}

impl MadeBundle {
    fn known(&self) -> Known {
        Known {
            networks: self.bundle.networks.clone(),
            leaves: self.bundle.leaves.clone(),
        }
    }
}

/// The first 16 hexadecimal digits of the SHA-256 of a bundle's text.
pub fn bundle_digest(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    let mut word = super::fleet::hex(&digest);
    word.truncate(16);
    word
}

impl Store {
    /// A new configuration for a sensor; gives its version. Networks and leaves are those of the version before.
    pub fn configure_sensor(
        &self,
        sensor: &str,
        config: &str,
        (who, why): (&str, &str),
        now: Time,
    ) -> Result<u64> {
        self.write(|transaction| {
            let last = newest(transaction, sensor)?;
            let known = last.map_or_else(Known::default, |made| made.known());
            let version = put(transaction, sensor, config, known, (who, why), now)?;
            let detail = json!({ "version": version, "why": why });
            audit::append(transaction, now, who, "sensor.configure", sensor, &detail)?;
            Ok(version)
        })
    }

    /// Tells every sensor the networks of the province and the leaves that it may deliver for: a new version for
    /// each that knows others.
    pub fn spread_networks(&self, networks: &Networks, sites: &Sites, now: Time) -> Result<()> {
        let said = networks
            .iter()
            .map(|own| (own.cidr.to_string(), own.site.to_string()));
        let networks: Vec<(String, String)> = said.collect();
        for sensor in self.sensors()? {
            let granted = sensor.sites.iter();
            let leaves = granted.flat_map(|site| sites.expand(site, now));
            let mut leaves: Vec<String> = leaves.map(|leaf| leaf.to_string()).collect();
            leaves.sort_unstable();
            leaves.dedup();
            let known = Known {
                networks: networks.clone(),
                leaves: Some(leaves),
            };
            self.write(|transaction| {
                let last = newest(transaction, &sensor.name)?;
                let config = match last {
                    Some(made) if made.known() == known => return Ok(()),
                    Some(made) => made.bundle.config,
                    None => String::new(),
                };
                let why = "networks";
                put(
                    transaction,
                    &sensor.name,
                    &config,
                    known.clone(),
                    (OWN_NAME, why),
                    now,
                )?;
                Ok(())
            })?;
        }
        Ok(())
    }

    /// The newest bundle of a sensor.
    pub fn bundle(&self, sensor: &str) -> Result<Option<MadeBundle>> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(NEWEST)?;
            Ok(statement.query_row([sensor], made_of).optional()?)
        })
    }

    /// The bundles of a sensor that are kept, the newest first.
    pub fn bundles(&self, sensor: &str) -> Result<Vec<MadeBundle>> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(ALL)?;
            let rows = statement.query_map([sensor], made_of)?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }
}

const ALL: &str = "SELECT digest, who, why, text FROM sensor_bundle WHERE sensor = ?1
    ORDER BY version DESC";
const NEWEST: &str = "SELECT digest, who, why, text FROM sensor_bundle WHERE sensor = ?1
    ORDER BY version DESC LIMIT 1";

fn newest(transaction: &Transaction<'_>, sensor: &str) -> Result<Option<MadeBundle>> {
    let mut statement = transaction.prepare_cached(NEWEST)?;
    Ok(statement.query_row([sensor], made_of).optional()?)
}

fn put(
    transaction: &Transaction<'_>,
    sensor: &str,
    config: &str,
    known: Known,
    (who, why): (&str, &str),
    now: Time,
) -> Result<u64> {
    let last = newest(transaction, sensor)?;
    let version = last.map_or(1, |made| made.bundle.version + 1);
    let bundle = Bundle {
        sensor: sensor.to_owned(),
        version,
        made: now.to_string(),
        config: config.to_owned(),
        networks: known.networks,
        leaves: known.leaves,
    };
    let text = serde_json::to_string(&bundle).unwrap_or_default();
    transaction.execute(
        "INSERT INTO sensor_bundle VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![
            sensor,
            super::signed(version),
            bundle_digest(&text),
            who,
            why,
            text
        ],
    )?;
    transaction.execute(
        "DELETE FROM sensor_bundle WHERE sensor = ?1 AND version <= ?2",
        params![sensor, super::signed(version.saturating_sub(KEPT))],
    )?;
    Ok(version)
}

fn made_of(row: &Row<'_>) -> rusqlite::Result<MadeBundle> {
    let text: String = row.get(3)?;
    let bundle = serde_json::from_str(&text).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(3, rusqlite::types::Type::Text, error.into())
    })?;
    Ok(MadeBundle {
        bundle,
        digest: row.get(0)?,
        who: row.get(1)?,
        why: row.get(2)?,
        text,
    })
}
