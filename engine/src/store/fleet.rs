//! The fleet: which sensors there are, with what certificates, and who let them in.
//!
//! Tokens come in as SHA-256, certificates as the SHA-256 of their DER: this file never sees a secret.

use event::{Instance, Time};
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};
use serde_json::json;

use super::{Store, audit};
use crate::error::Result;

/// A sensor, as the centre knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sensor {
    /// The name that events carry.
    pub name: String,
    /// What it may deliver for, as granted: an area covers its leaves.
    pub sites: Vec<String>,
    /// Since when.
    pub created: Time,
    /// When it may no longer deliver, if so.
    pub revoked: Option<Time>,
    /// Silent for so many seconds, it becomes an incident.
    pub silent_seconds: u64,
    /// When it last spoke.
    pub last_seen: Option<Time>,
    /// What it last said of itself.
    pub said: Said,
    /// The data folders that have spoken under this name, the first first.
    pub instances: Vec<SensorInstance>,
    /// The newest of its certificates.
    pub certificate: Option<Certificate>,
    /// The digest of the newest bundle that was made for it.
    pub bundle: Option<String>,
}

/// What a sensor says of itself with every request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// The version of its program.
    pub version: String,
    /// Its clock less the centre's, in milliseconds.
    pub skew_ms: i64,
    /// Where it speaks from.
    pub address: String,
    /// Whether its spool takes events: ok, full or failed. One that takes none cannot say so by an event.
    pub spool: String,
}

/// A data folder of a sensor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SensorInstance {
    /// Its number.
    pub instance: Instance,
    /// When it first spoke.
    pub first_seen: Time,
    /// When it last spoke.
    pub last_seen: Time,
    /// The first one, or a person has said that it is the sensor's.
    pub confirmed: bool,
}

/// A certificate that was issued to a sensor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// SHA-256 of its DER.
    pub fingerprint: [u8; 32],
    /// Whose.
    pub sensor: String,
    /// From when it holds.
    pub issued: Time,
    /// Until when.
    pub expires: Time,
    /// Since when it does not, if somebody said so.
    pub revoked: Option<Time>,
}

/// Leave to become a sensor: once, for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enrolment {
    /// SHA-256 of the token.
    pub token: [u8; 32],
    /// As which sensor.
    pub sensor: String,
    /// For which sites.
    pub sites: Vec<String>,
    /// Until when.
    pub expires: Time,
    /// Who gave it.
    pub who: String,
    /// When.
    pub created: Time,
}

/// Why nobody was enrolled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotEnrolled {
    /// No certificate could be made for the request; the token is still good.
    Request,
    /// Nobody gave it.
    Unknown,
    /// It was used.
    Used,
    /// Its time is over.
    Expired,
}

/// How long a sensor may be silent unless somebody says otherwise.
const SILENT_SECONDS: u64 = 300;

impl Store {
    /// Every sensor, by name.
    pub fn sensors(&self) -> Result<Vec<Sensor>> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(&format!("{SENSOR} ORDER BY name"))?;
            let rows = statement.query_map([], sensor_of)?;
            let mut sensors = rows.collect::<rusqlite::Result<Vec<_>>>()?;
            for sensor in &mut sensors {
                complete(connection, sensor)?;
            }
            Ok(sensors)
        })
    }

    /// The sensor of a name.
    pub fn sensor(&self, name: &str) -> Result<Option<Sensor>> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(&format!("{SENSOR} WHERE name = ?1"))?;
            let mut sensor = statement.query_row([name], sensor_of).optional()?;
            if let Some(sensor) = &mut sensor {
                complete(connection, sensor)?;
            }
            Ok(sensor)
        })
    }

    /// Gives leave to become a sensor.
    pub fn add_enrolment(&self, enrolment: &Enrolment) -> Result<()> {
        self.write(|transaction| {
            transaction.execute(
                "INSERT INTO enrolment VALUES (?1, ?2, ?3, ?4, ?5, ?6, NULL)",
                params![
                    enrolment.token,
                    enrolment.sensor,
                    json!(enrolment.sites).to_string(),
                    enrolment.expires.micros(),
                    enrolment.who,
                    enrolment.created.micros()
                ],
            )?;
            let detail =
                json!({ "sites": enrolment.sites, "expires": enrolment.expires.to_string() });
            let Enrolment { sensor, who, .. } = enrolment;
            audit::append(
                transaction,
                enrolment.created,
                who,
                "sensor.invite",
                sensor,
                &detail,
            )
        })
    }

    /// Takes a token, once: makes the sensor, or gives it the new sites, with a certificate that `issue`
    /// makes for its name.
    pub fn enrol(
        &self,
        token: &[u8; 32],
        now: Time,
        issue: impl FnOnce(&str) -> Option<Certificate>,
    ) -> Result<std::result::Result<Certificate, NotEnrolled>> {
        self.write(|transaction| {
            let held = transaction
                .prepare_cached(
                    "SELECT sensor, sites, expires, used FROM enrolment WHERE token = ?1",
                )?
                .query_row([token], |row| {
                    Ok((
                        row.get::<_, String>(0)?,
                        row.get::<_, String>(1)?,
                        Time::from_micros(row.get(2)?),
                        row.get::<_, Option<i64>>(3)?,
                    ))
                })
                .optional()?;
            let (name, sites) = match held {
                None => return Ok(Err(NotEnrolled::Unknown)),
                Some((.., Some(_))) => return Ok(Err(NotEnrolled::Used)),
                Some((_, _, expires, _)) if expires <= now => return Ok(Err(NotEnrolled::Expired)),
                Some((name, sites, ..)) => (name, sites),
            };
            let Some(certificate) = issue(&name) else {
                return Ok(Err(NotEnrolled::Request));
            };
            transaction.execute(
                "UPDATE enrolment SET used = ?2 WHERE token = ?1",
                params![token, now.micros()],
            )?;
            transaction.execute(
                "INSERT INTO sensor (name, sites, created, silent_seconds) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT DO UPDATE SET sites = excluded.sites, revoked = NULL",
                params![name, sites, now.micros(), super::signed(SILENT_SECONDS)],
            )?;
            put_certificate(transaction, &certificate)?;
            let detail = json!({ "expires": certificate.expires.to_string(),
                "certificate": hex(&certificate.fingerprint) });
            audit::append(transaction, now, &name, "sensor.enrol", &name, &detail)?;
            Ok(Ok(certificate))
        })
    }

    /// A certificate in place of one that ends soon.
    pub fn renew(&self, certificate: &Certificate, now: Time) -> Result<()> {
        self.write(|transaction| {
            put_certificate(transaction, certificate)?;
            let detail = json!({ "expires": certificate.expires.to_string(),
                "certificate": hex(&certificate.fingerprint) });
            let name = &certificate.sensor;
            audit::append(transaction, now, name, "sensor.renew", name, &detail)
        })
    }

    /// The certificate with a fingerprint.
    pub fn certificate(&self, fingerprint: &[u8; 32]) -> Result<Option<Certificate>> {
        self.read(|connection| {
            let mut statement =
                connection.prepare_cached(&format!("{CERTIFICATE} WHERE fingerprint = ?1"))?;
            Ok(statement
                .query_row([fingerprint], certificate_of)
                .optional()?)
        })
    }

    /// A sensor may not deliver any more, with none of its certificates; false when there is no such sensor.
    pub fn revoke_sensor(&self, name: &str, who: &str, why: &str, now: Time) -> Result<bool> {
        self.write(|transaction| {
            let changed = transaction.execute(
                "UPDATE sensor SET revoked = ?2 WHERE name = ?1",
                params![name, now.micros()],
            )?;
            transaction.execute(
                "UPDATE certificate SET revoked = ?2 WHERE sensor = ?1 AND revoked IS NULL",
                params![name, now.micros()],
            )?;
            if changed > 0 {
                audit::append(
                    transaction,
                    now,
                    who,
                    "sensor.revoke",
                    name,
                    &json!({ "why": why }),
                )?;
            }
            Ok(changed > 0)
        })
    }

    /// Changes what a sensor may deliver for and how long it may be silent.
    pub fn change_sensor(
        &self,
        name: &str,
        sites: &[String],
        silent_seconds: u64,
        who: &str,
        now: Time,
    ) -> Result<bool> {
        self.write(|transaction| {
            let changed = transaction.execute(
                "UPDATE sensor SET sites = ?2, silent_seconds = ?3 WHERE name = ?1",
                params![
                    name,
                    json!(sites).to_string(),
                    super::signed(silent_seconds)
                ],
            )?;
            if changed > 0 {
                let detail = json!({ "sites": sites, "silent_seconds": silent_seconds });
                audit::append(transaction, now, who, "sensor.change", name, &detail)?;
            }
            Ok(changed > 0)
        })
    }

    /// A person says that a data folder is the sensor's.
    pub fn confirm_instance(
        &self,
        name: &str,
        instance: Instance,
        who: &str,
        now: Time,
    ) -> Result<bool> {
        self.write(|transaction| {
            let changed = transaction.execute(
                "UPDATE sensor_instance SET confirmed = 1 WHERE sensor = ?1 AND instance = ?2",
                params![name, instance.to_string()],
            )?;
            if changed > 0 {
                let detail = json!({ "instance": instance.to_string() });
                audit::append(transaction, now, who, "sensor.confirm", name, &detail)?;
            }
            Ok(changed > 0)
        })
    }

    /// The sensor that an instance belongs to: the first that delivered under it.
    pub fn instance_owner(&self, instance: Instance) -> Result<Option<String>> {
        self.read(|connection| {
            let owner = connection
                .prepare_cached("SELECT sensor FROM sensor_instance WHERE instance = ?1")?
                .query_row([instance.to_string()], |row| row.get(0))
                .optional()?;
            Ok(owner)
        })
    }

    /// A sensor spoke; whether from a data folder that is new beside others.
    pub fn note_sensor(
        &self,
        name: &str,
        instance: Instance,
        said: &Said,
        now: Time,
    ) -> Result<bool> {
        self.write(|transaction| {
            let is_new = transaction
                .prepare_cached(
                    "SELECT count(*) > 0 AND sum(instance = ?2) = 0 FROM sensor_instance
                     WHERE sensor = ?1",
                )?
                .query_row(params![name, instance.to_string()], |row| {
                    Ok(row.get::<_, Option<bool>>(0)?.unwrap_or(false))
                })?;
            transaction.execute(
                "UPDATE sensor SET last_seen = ?2, version = ?3, skew_ms = ?4, address = ?5,
                   spool = ?6 WHERE name = ?1",
                params![
                    name,
                    now.micros(),
                    said.version,
                    said.skew_ms,
                    said.address,
                    said.spool
                ],
            )?;
            // The first one needs nobody to confirm it.
            transaction.execute(
                "INSERT INTO sensor_instance
                 SELECT ?1, ?2, ?3, ?3, NOT EXISTS (SELECT 1 FROM sensor_instance WHERE sensor = ?2)
                 WHERE EXISTS (SELECT 1 FROM sensor WHERE name = ?2)
                 ON CONFLICT DO UPDATE SET last_seen = excluded.last_seen
                 WHERE sensor = excluded.sensor",
                params![instance.to_string(), name, now.micros()],
            )?;
            Ok(is_new)
        })
    }

    /// Something that a sensor tried and may not; for the audit trail.
    pub fn note_refusal(&self, who: &str, code: &str, message: &str, now: Time) -> Result<()> {
        self.write(|transaction| {
            let detail = json!({ "code": code, "message": message });
            audit::append(transaction, now, who, "sensor.refused", who, &detail)
        })
    }
}

const SENSOR: &str = "SELECT name, sites, created, revoked, silent_seconds, last_seen, version,
    skew_ms, address, (SELECT digest FROM sensor_bundle WHERE sensor = name
    ORDER BY sensor_bundle.version DESC LIMIT 1), spool FROM sensor";
const CERTIFICATE: &str = "SELECT fingerprint, sensor, issued, expires, revoked FROM certificate";

fn sensor_of(row: &Row<'_>) -> rusqlite::Result<Sensor> {
    let sites: String = row.get(1)?;
    Ok(Sensor {
        name: row.get(0)?,
        // A list that cannot be read grants nothing.
        sites: serde_json::from_str(&sites).unwrap_or_default(),
        created: Time::from_micros(row.get(2)?),
        revoked: row.get::<_, Option<i64>>(3)?.map(Time::from_micros),
        silent_seconds: super::unsigned(row.get(4)?),
        last_seen: row.get::<_, Option<i64>>(5)?.map(Time::from_micros),
        said: Said {
            version: row.get(6)?,
            skew_ms: row.get(7)?,
            address: row.get(8)?,
            spool: row.get(10)?,
        },
        instances: Vec::new(),
        certificate: None,
        bundle: row.get(9)?,
    })
}

fn complete(connection: &Connection, sensor: &mut Sensor) -> Result<()> {
    let mut statement = connection.prepare_cached(
        "SELECT instance, first_seen, last_seen, confirmed FROM sensor_instance
         WHERE sensor = ?1 ORDER BY first_seen, instance",
    )?;
    let rows = statement.query_map([&sensor.name], |row| {
        let instance: String = row.get(0)?;
        Ok(SensorInstance {
            instance: Instance(u64::from_str_radix(&instance, 16).unwrap_or(0)),
            first_seen: Time::from_micros(row.get(1)?),
            last_seen: Time::from_micros(row.get(2)?),
            confirmed: row.get(3)?,
        })
    })?;
    sensor.instances = rows.collect::<rusqlite::Result<_>>()?;
    let newest =
        format!("{CERTIFICATE} WHERE sensor = ?1 ORDER BY issued DESC, expires DESC LIMIT 1");
    sensor.certificate = connection
        .prepare_cached(&newest)?
        .query_row([&sensor.name], certificate_of)
        .optional()?;
    Ok(())
}

fn certificate_of(row: &Row<'_>) -> rusqlite::Result<Certificate> {
    Ok(Certificate {
        fingerprint: row.get(0)?,
        sensor: row.get(1)?,
        issued: Time::from_micros(row.get(2)?),
        expires: Time::from_micros(row.get(3)?),
        revoked: row.get::<_, Option<i64>>(4)?.map(Time::from_micros),
    })
}

fn put_certificate(transaction: &Transaction<'_>, certificate: &Certificate) -> Result<()> {
    transaction.execute(
        "INSERT INTO certificate VALUES (?1, ?2, ?3, ?4, NULL)",
        params![
            certificate.fingerprint,
            certificate.sensor,
            certificate.issued.micros(),
            certificate.expires.micros()
        ],
    )?;
    Ok(())
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
