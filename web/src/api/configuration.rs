//! The configuration of a sensor: what the centre wants of it, what it says is in force.

#![allow(unused_qualifications, reason = "utoipa names parameter types in full")]

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use engine::reader::Permission;
use engine::store::MadeBundle;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::sensors::{MAX_TEXT_CHARS, must_govern};
use crate::app::App;
use crate::auth::SignedIn;
use crate::error::{ApiError, Failure, blocking};

/// The longest configuration, in bytes: hundreds of sources.
const MAX_CONFIG_BYTES: usize = 64 << 10;

/// What the centre wants of a sensor. What is in force there stands in the sensor's report.
#[derive(Serialize, ToSchema)]
pub(crate) struct Configuration {
    sensor: String,
    /// The versions that are kept, the newest first; empty before the sensor was enrolled.
    versions: Vec<ConfigurationVersion>,
}

/// A version of a sensor's configuration.
#[derive(Serialize, ToSchema)]
pub(crate) struct ConfigurationVersion {
    version: u64,
    /// What the sensor knows it by.
    digest: String,
    made: String,
    /// Who made it; haidang when the networks of the province changed.
    who: String,
    why: String,
    /// Sections source, uplink, spool and limits, TOML: each in the place of the box's own.
    config: String,
    /// How many networks it is told.
    networks: u64,
}

/// A new configuration for a sensor.
#[derive(Deserialize, ToSchema)]
pub(crate) struct NewConfiguration {
    /// At most 64 KiB.
    config: String,
    why: String,
}

/// A version was made; the sensor is told with its next request.
#[derive(Serialize, ToSchema)]
pub(crate) struct MadeConfiguration {
    version: u64,
    /// Keys that this program does not know, each with its line: a sensor of this version leaves them out.
    unknown: Vec<String>,
}

/// What the centre wants of a sensor.
#[utoipa::path(get, path = "/api/v1/sensors/{name}/configuration",
    operation_id = "configuration_one", tag = "sensors", params(("name" = String, Path)),
    responses((status = 200, body = Configuration), (status = 403, body = ApiError),
        (status = 404, body = ApiError)))]
pub(super) async fn one(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Path(name): Path<String>,
) -> Result<Json<Configuration>, Failure> {
    signed_in.must(Permission::SensorsRead)?;
    // The paths and addresses in it are those of all of its sites.
    let sensor = must_govern(&app, &signed_in.reader, &name).await?;
    let sensor = sensor.ok_or(Failure::NotFound("sensor"))?.name;
    let (store, asked) = (Arc::clone(&app.store), sensor.clone());
    let made = blocking(move || store.bundles(&asked)).await?;
    let versions = made.into_iter().map(version_of).collect();
    Ok(Json(Configuration { sensor, versions }))
}

/// Configure a sensor.
#[utoipa::path(put, path = "/api/v1/sensors/{name}/configuration",
    operation_id = "configuration_put", tag = "sensors", params(("name" = String, Path)),
    request_body = NewConfiguration,
    responses((status = 201, body = MadeConfiguration), (status = 403, body = ApiError),
        (status = 404, body = ApiError), (status = 409, body = ApiError),
        (status = 422, body = ApiError)))]
pub(super) async fn put(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Path(name): Path<String>,
    Json(new): Json<NewConfiguration>,
) -> Result<(StatusCode, Json<MadeConfiguration>), Failure> {
    signed_in.must(Permission::SensorsWrite)?;
    let sensor = must_govern(&app, &signed_in.reader, &name).await?;
    let sensor = sensor.ok_or(Failure::NotFound("sensor"))?;
    let Some(edges) = app.edges.clone() else {
        return Err(Failure::Conflict(
            "this centre takes no sensors; set edges.listen and start it again",
        ));
    };
    let why = new.why.trim().to_owned();
    if why.is_empty() || why.chars().count() > MAX_TEXT_CHARS {
        return Err(Failure::Unprocessable(
            "bad_reason",
            "a reason has 1 to 500 characters",
        ));
    }
    if new.config.len() > MAX_CONFIG_BYTES {
        return Err(Failure::Unprocessable(
            "too_long",
            "a configuration has at most 64 KiB",
        ));
    }
    let checked = (edges.check)(&new.config)
        .map_err(|problem| Failure::Unusable("bad_configuration", problem))?;
    let now = app.now();
    let granted = sensor.sites.iter();
    let granted: Vec<_> = granted
        .flat_map(|site| app.sites.expand(site, now))
        .collect();
    let foreign = checked
        .sites
        .iter()
        .find(|site| !granted.iter().any(|own| **own == ***site));
    if let Some(site) = foreign {
        let problem =
            format!("a source has the site {site:?}, for which this sensor may not deliver");
        return Err(Failure::Unusable("bad_configuration", problem));
    }
    let (store, who) = (Arc::clone(&app.store), signed_in.reader.user);
    let made = move || store.configure_sensor(&sensor.name, &new.config, (&who, &why), now);
    let version = blocking(made).await?;
    let unknown = checked.unknown;
    Ok((
        StatusCode::CREATED,
        Json(MadeConfiguration { version, unknown }),
    ))
}

fn version_of(made: MadeBundle) -> ConfigurationVersion {
    ConfigurationVersion {
        version: made.bundle.version,
        digest: made.digest,
        made: made.bundle.made,
        who: made.who,
        why: made.why,
        networks: made.bundle.networks.len() as u64,
        config: made.bundle.config,
    }
}
