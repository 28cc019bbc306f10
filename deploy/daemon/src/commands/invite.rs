//! `haidang invite`: leave for a sensor to enrol, through the control socket of the running centre.

use anyhow::Result;
use axum::http::Method;
use serde_json::{Value, json};

use super::{Outcome, load_config};
use crate::cli::{Common, Invite};
use crate::control;

pub(super) async fn run(common: &Common, args: Invite) -> Result<Outcome> {
    let config = load_config(common)?;
    let dir = config.data_dir(common.data_dir.as_deref());
    let body = json!({ "name": args.name, "sites": args.sites, "hours": args.hours });
    let answer = control::ask(&dir, Method::POST, "/api/v1/sensors", Some(&body)).await?;
    let text = |key| answer.get(key).and_then(Value::as_str).unwrap_or_default();
    say!("Type this on the sensor, once, before {}:", text("expires"));
    say!();
    say!("  {}", text("command"));
    Ok(Outcome::Done)
}
