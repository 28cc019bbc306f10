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

/// What is noted of a sensor that speaks, at most this often.
const NOTE_EVERY: Duration = Duration::from_secs(5);
/// The same refusal of the same peer is written into the audit trail at most this often.
const AUDIT_EVERY: Duration = Duration::from_secs(60);
/// Peers and refusals remembered for that.
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
    sites: Arc<Sites>,
    clock: Clock,
    /// Whether the data folder is an exercise: its networks are.
    exercise: bool,
    noted: Mutex<HashMap<(String, Instance), Time>>,
    refused: Mutex<HashMap<(String, &'static str), Time>>,
}

impl Registry {
    pub(super) fn new(
        store: &Arc<Store>,
        sites: &Arc<Sites>,
        clock: &Clock,
        exercise: bool,
    ) -> Self {
        Self {
            store: Arc::clone(store),
            sites: Arc::clone(sites),
            clock: Arc::clone(clock),
            exercise,
            noted: Mutex::default(),
            refused: Mutex::default(),
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

    /// What a sensor may deliver: a grant on an area covers its leaves.
    pub(super) fn admission(&self, sensor: &Sensor) -> Admission {
        let now = (self.clock)();
        let granted = sensor.sites.iter();
        Admission {
            sensor: sensor.name.as_str().into(),
            sites: granted
                .flat_map(|site| self.sites.expand(site, now))
                .collect(),
        }
    }

    /// Tells sensors that do not know it which networks belong to which site.
    pub(super) fn spread_networks(&self) -> engine::Result<()> {
        let now = (self.clock)();
        let networks = self.store.networks(&self.sites, self.exercise, now)?;
        self.store.spread_networks(&networks, now)
    }

    /// Notes that a sensor spoke, now and then.
    pub(super) fn note(&self, sensor: &str, instance: Instance, said: &Said) {
        let now = (self.clock)();
        let key = (sensor.to_owned(), instance);
        if !seldom(&self.noted, key, now, NOTE_EVERY) {
            return;
        }
        if let Err(error) = self.store.note_sensor(sensor, instance, said, now) {
            tracing::warn!(%error, sensor, "cannot note that a sensor spoke");
        }
    }

    /// Notes a refusal, now and then.
    pub(super) fn refuse(
        &self,
        who: Option<&str>,
        from: IpAddr,
        code: &'static str,
        message: &str,
    ) {
        let now = (self.clock)();
        let who = who.map_or_else(|| from.to_string(), str::to_owned);
        tracing::warn!(who, %from, code, message, "refused a sensor");
        if !seldom(&self.refused, (who.clone(), code), now, AUDIT_EVERY) {
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
