//! A sensor that is silent for longer than it was set to is an incident; when it speaks again the incident is
//! resolved. What was silent while the centre itself did not run is given its time again.

use std::sync::Arc;
use std::time::Duration;

use engine::rule::{Level, Sites};
use engine::store::{IncidentOrigin, Raised, Sensor, Store};
use event::Time;
use serde_json::json;
use tokio::sync::watch;

use crate::Clock;

const EVERY: Duration = Duration::from_secs(5);
/// The same sensor silent again within a day is the same incident.
const WINDOW: Duration = Duration::from_secs(86_400);

/// Looks at all sensors until told to stop.
pub(super) async fn watch(
    store: Arc<Store>,
    sites: Arc<Sites>,
    clock: Clock,
    exercise: bool,
    mut stop: watch::Receiver<bool>,
) {
    let started = clock();
    loop {
        tokio::select! {
            _ = stop.wait_for(|stop| *stop) => return,
            () = tokio::time::sleep(EVERY) => {}
        }
        let (own, tree, now) = (Arc::clone(&store), Arc::clone(&sites), clock());
        let looked = tokio::task::spawn_blocking(move || look(&own, &tree, started, now, exercise));
        match looked.await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(%error, "cannot look after silent sensors"),
            Err(_) => tracing::error!("looking after silent sensors was cut short"),
        }
    }
}

fn look(
    store: &Store,
    sites: &Sites,
    started: Time,
    now: Time,
    exercise: bool,
) -> engine::Result<()> {
    for sensor in store.sensors()? {
        let dimensions = json!({ "sensor": sensor.name }).to_string();
        let leaves: Vec<_> = sensor
            .sites
            .iter()
            .flat_map(|site| sites.expand(site, now))
            .collect();
        let site = match leaves.as_slice() {
            [only] => only.to_string(),
            _ => String::new(),
        };
        let raised = Raised {
            origin: IncidentOrigin::Source,
            rule: "sensor_silent",
            dimensions: &dimensions,
            site: &site,
            exercise,
            level: Level::High,
            window: WINDOW,
        };
        if is_silent(&sensor, started, now) {
            if store.raise(&raised, now)? {
                tracing::warn!(sensor = sensor.name, "a sensor is silent: an incident");
            }
        } else {
            store.settle(&raised, now)?;
        }
    }
    Ok(())
}

/// One that is revoked may be silent.
fn is_silent(sensor: &Sensor, started: Time, now: Time) -> bool {
    let since = sensor.last_seen.unwrap_or(sensor.created).max(started);
    let may = Duration::from_secs(sensor.silent_seconds);
    sensor.revoked.is_none() && now.since(since) >= may
}
