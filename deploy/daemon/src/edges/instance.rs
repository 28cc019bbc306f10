//! Under which instances (data folders) a sensor may deliver: its own, and not ever more of them.
//!
//! An instance names a spool; its numbers are the spool's alone. It belongs to the sensor that delivered under it first.

use std::sync::Arc;

use engine::store::{Said, Sensor};
use event::Instance;
use sensor::uplink::receive::{Admission, Refusal};

use super::router::{EdgePeer, Edges, Said4xx, blocking, refused};

/// Refuses an instance that is another sensor's: under it one could declare the other's events as lost. And one more of
/// its own than a box comes to have: each is a row, and marks that are held.
pub(super) async fn check(
    edges: &Arc<Edges>,
    sensor: &Sensor,
    peer: EdgePeer,
    instance: Instance,
) -> Result<(), Said4xx> {
    if sensor.instances.iter().any(|own| own.instance == instance) {
        return Ok(());
    }
    let own = Arc::clone(edges);
    let owner = blocking(move || Ok(own.registry.store.instance_owner(instance)?)).await?;
    if owner.is_some_and(|owner| owner != sensor.name) {
        return Err(refused(
            edges,
            sensor,
            peer,
            &Refusal::Instance { instance },
        ));
    }
    let most = edges.instances;
    if sensor.instances.len() >= most {
        let sensor_name = sensor.name.as_str().into();
        let refusal = Refusal::Instances {
            sensor: sensor_name,
            most,
        };
        return Err(refused(edges, sensor, peer, &refusal));
    }
    Ok(())
}

/// Notes that a sensor spoke; that it has another data folder is declared, once.
pub(super) async fn note(
    edges: &Arc<Edges>,
    (sensor, admission): (Sensor, Arc<Admission>),
    instance: Instance,
    said: Said,
) -> Result<(), Said4xx> {
    let own = Arc::clone(edges);
    let before = blocking(move || {
        let before = own.registry.before(&sensor, instance)?;
        let is_new = own.registry.note(&sensor.name, instance, &said);
        Ok(before.filter(|_| is_new))
    });
    if let Some((before, waiting)) = before.await? {
        let change = (before, instance);
        let declared = edges.receiver.declare_instance(&admission, change, waiting);
        let closing = |_| Said4xx::wait("the centre is stopping");
        declared.await.map_err(closing)?;
    }
    Ok(())
}
