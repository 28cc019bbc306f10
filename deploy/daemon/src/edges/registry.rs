//! Who a certificate belongs to and what it is good for, asked of the store for every request: what is revoked
//! there counts at once.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use engine::rule::Sites;
use engine::store::{Certificate, Said, Sensor, Store};
use event::{Instance, Time};
use sensor::uplink::receive::Admission;

use crate::Clock;
use crate::config::OWN_SOURCE;
use crate::metrics::EdgeCounts;

/// What is noted of a sensor that speaks, at most this often.
const NOTE_EVERY: Duration = Duration::from_secs(5);
/// Sensors remembered for that.
const REMEMBERED: usize = 10_000;

/// Why a peer may not do what it asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Stranger {
    #[error("no certificate came; enrol this sensor first: haidang enrol")]
    NoCertificate,
    #[error("the certificate is of no sensor of this centre; enrol it here: haidang enrol")]
    Unknown,
    #[error("the certificate was revoked; ask the centre, then enrol again")]
    Revoked,
    #[error("the sensor was revoked; ask the centre, then enrol again")]
    SensorRevoked,
    #[error("the certificate has expired; it is only good for a new one")]
    Expired,
}

impl Stranger {
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::NoCertificate => "no_certificate",
            Self::Unknown => "unknown_certificate",
            Self::Revoked | Self::SensorRevoked => "revoked",
            Self::Expired => "expired",
        }
    }
}

/// The registry.
pub(super) struct Registry {
    pub(super) store: Arc<Store>,
    pub(super) counts: Arc<EdgeCounts>,
    sites: Arc<Sites>,
    clock: Clock,
    /// Whether the data folder is an exercise: its networks are.
    exercise: bool,
    noted: Mutex<HashMap<(String, Instance), Time>>,
    refusals: Arc<web::Refusals>,
}

impl Registry {
    pub(super) fn new(
        store: Arc<Store>,
        sites: Arc<Sites>,
        clock: Clock,
        counts: Arc<EdgeCounts>,
        exercise: bool,
    ) -> Self {
        Self {
            counts,
            store,
            sites,
            clock,
            exercise,
            noted: Mutex::default(),
            refusals: Arc::default(),
        }
    }

    /// The sensor that a certificate belongs to. `renewing`: an expired one will do.
    pub(super) fn sensor(
        &self,
        certificate: Option<[u8; 32]>,
        renewing: bool,
    ) -> engine::Result<Result<(Sensor, Certificate), Stranger>> {
        let Some(fingerprint) = certificate else {
            return Ok(Err(Stranger::NoCertificate));
        };
        let Some(held) = self.store.certificate(&fingerprint)? else {
            return Ok(Err(Stranger::Unknown));
        };
        let Some(sensor) = self.store.sensor(&held.sensor)? else {
            return Ok(Err(Stranger::Unknown));
        };
        if sensor.revoked.is_some() {
            return Ok(Err(Stranger::SensorRevoked));
        }
        if held.revoked.is_some() {
            return Ok(Err(Stranger::Revoked));
        }
        if held.expires <= (self.clock)() && !renewing {
            return Ok(Err(Stranger::Expired));
        }
        Ok(Ok((sensor, held)))
    }

    /// What a sensor may deliver: a grant on an area covers its leaves, also those that ended: what waits on a box
    /// behind a cut line is of the time before.
    pub(super) fn admission(&self, sensor: &Sensor) -> Admission {
        let granted = sensor.sites.iter();
        Admission {
            sensor: sensor.name.as_str().into(),
            sites: granted
                .flat_map(|site| self.sites.expand_ever(site))
                .collect(),
        }
    }

    /// Whether something of the tree could not be read: a site that is not in it is then no reason to refuse anything.
    pub(super) fn is_partial(&self) -> bool {
        self.sites.is_partial()
    }

    /// The leaves that a sensor may deliver for, in order.
    pub(super) fn leaves(&self, sensor: &Sensor) -> Vec<String> {
        let leaves = self.admission(sensor).sites.into_iter();
        let mut leaves: Vec<String> = leaves.map(|leaf| leaf.to_string()).collect();
        leaves.sort_unstable();
        leaves
    }

    /// Tells sensors that do not know it which networks belong to which site, and which sites they may deliver for.
    /// Not from a tree of which something could not be read: sensors would stop what they should go on with.
    pub(super) fn spread_networks(&self) -> engine::Result<()> {
        if self.sites.is_partial() {
            tracing::error!(
                "the files of sites have problems; sensors keep the networks and sites that they were told"
            );
            return Ok(());
        }
        let now = (self.clock)();
        let networks = self.store.networks(&self.sites, self.exercise, now)?;
        self.store.spread_networks(&networks, &self.sites, now)
    }

    /// Notes that a sensor spoke, now and then; whether from a data folder that is new beside others.
    pub(super) fn note(&self, sensor: &str, instance: Instance, said: &Said) -> bool {
        let now = (self.clock)();
        let key = (sensor.to_owned(), instance);
        if !seldom(&self.noted, key, now, NOTE_EVERY) {
            return false;
        }
        let noted = self.store.note_sensor(sensor, instance, said, now);
        noted.unwrap_or_else(|error| {
            tracing::warn!(%error, sensor, "cannot note that a sensor spoke");
            false
        })
    }

    /// Where a sensor spoke from last before it speaks from an instance that is new, and how many events waited
    /// there, as it last said.
    pub(super) fn before(
        &self,
        sensor: &Sensor,
        instance: Instance,
    ) -> engine::Result<Option<(Instance, u64)>> {
        if sensor.instances.iter().any(|own| own.instance == instance) {
            return Ok(None);
        }
        let newest = sensor.instances.iter().max_by_key(|own| own.last_seen);
        let Some(newest) = newest else {
            return Ok(None);
        };
        let report = self.store.own_report(&sensor.name, OWN_SOURCE)?;
        let report: serde_json::Value = report
            .and_then(|text| serde_json::from_str(&text).ok())
            .unwrap_or_default();
        let lanes = report
            .pointer("/spool/lanes")
            .and_then(serde_json::Value::as_array);
        let waiting = lanes.into_iter().flatten();
        let waiting = waiting
            .filter_map(|lane| lane.get("waiting")?.as_u64())
            .sum();
        Ok(Some((newest.instance, waiting)))
    }

    /// What is refused now, for the API.
    pub(super) fn refusals(&self) -> Arc<web::Refusals> {
        Arc::clone(&self.refusals)
    }

    /// Notes a refusal; in the audit trail once for each episode.
    pub(super) fn refuse(
        &self,
        who: Option<&str>,
        from: IpAddr,
        code: &'static str,
        message: &str,
    ) {
        self.counts.refused(code);
        let now = (self.clock)();
        let who = who.map_or_else(|| from.to_string(), str::to_owned);
        tracing::warn!(who, %from, code, message, "refused a sensor");
        if !self.refusals.note(&who, code, message, now) {
            return;
        }
        if let Err(error) = self.store.note_refusal(&who, code, message, now) {
            tracing::warn!(%error, who, "cannot write a refusal into the audit trail");
        }
    }
}

/// Whether something has not happened for a while; if so it happens now.
fn seldom<K: std::hash::Hash + Eq>(
    held: &Mutex<HashMap<K, Time>>,
    key: K,
    now: Time,
    every: Duration,
) -> bool {
    let mut held = held.lock().unwrap_or_else(PoisonError::into_inner);
    let due = held.get(&key).is_none_or(|last| now.since(*last) >= every);
    if due {
        if held.len() >= REMEMBERED {
            held.retain(|_, last| now.since(*last) < every);
        }
        if held.len() < REMEMBERED {
            held.insert(key, now);
        }
    }
    due
}
