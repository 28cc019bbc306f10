//! `haidang update`: install a signed update, end one that was cut short, or make one.

use std::fs::File;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use axum::http::Method;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::{Outcome, load_config};
use crate::cli::{Common, InstallUpdate, PublishUpdate, Update};
use crate::config::Config;
use crate::control;
use crate::update::{
    Installing, Judge, Outcome as Ended, Verdict, discard_ready, install, install_ready, make,
    make_key, settle,
};

pub(super) async fn run(common: &Common, command: Update) -> Result<Outcome> {
    match command {
        Update::Install(args) => return install_file(common, args),
        Update::Settle(args) => {
            let config = load_config(common)?;
            let judge = judge(common, &config, args.program)?;
            match settle(&judge)? {
                None => say!("No update was cut short."),
                Some(verdict) => return Ok(tell(&verdict)),
            }
        }
        Update::Publish(args) => return publish(common, &args).await,
        Update::Key { out } => {
            let (key, certificate) = make_key(&out)?;
            say!("Keep to yourself: {}", key.display());
            say!(
                "Every box needs: {} as /etc/haidang/update.crt",
                certificate.display()
            );
        }
        Update::Make(args) => {
            let made = make(&args.program, args.release.as_deref(), &args.key, &args.out)?;
            say!(
                "{}: version {} for {}, SHA-256 of the program {}",
                args.out.display(),
                made.version,
                made.target,
                made.sha256
            );
        }
    }
    Ok(Outcome::Done)
}

fn install_file(common: &Common, args: InstallUpdate) -> Result<Outcome> {
    let config = load_config(common)?;
    let judge = judge(common, &config, args.program)?;
    let Some(file) = args.file else {
        let dir = config.data_dir(common.data_dir.as_deref());
        if !config.update.pushed {
            discard_ready(&dir)?;
            say!("update.pushed is off: this box takes no update from its centre.");
            return Ok(Outcome::Done);
        }
        let done = install_ready(&dir, &config.update.certificate, &judge, args.no_restart)?;
        return Ok(done.map_or(Outcome::Done, |verdict| tell(&verdict)));
    };
    let shown = file.display().to_string();
    let verdict = install(Installing {
        file: File::open(&file).with_context(|| format!("cannot read {shown}"))?,
        shown,
        certificate: &config.update.certificate,
        judge: &judge,
        any_version: args.any_version,
        no_way_back: args.no_way_back,
        no_restart: args.no_restart,
        order: None,
    })?;
    match verdict.outcome {
        Ended::Installed if verdict.reason.is_empty() => Ok(tell(&verdict)),
        Ended::Installed => bail!(
            "the update is installed, and there is no way back: {}",
            verdict.reason
        ),
        _ => bail!(
            "the update to {} was put back, the old program is in its place: {}",
            verdict.version,
            verdict.reason
        ),
    }
}

async fn publish(common: &Common, args: &PublishUpdate) -> Result<Outcome> {
    let dir = load_config(common)?.data_dir(common.data_dir.as_deref());
    let shown = args.file.display();
    let file = std::fs::read(&args.file).with_context(|| format!("cannot read {shown}"))?;
    let list =
        |names: &[String]| utf8_percent_encode(&names.join(","), NON_ALPHANUMERIC).to_string();
    let path = format!(
        "/api/v1/updates?at_once={}&sensors={}&sites={}",
        args.at_once,
        list(&args.sensors),
        list(&args.sites)
    );
    let kind = "application/octet-stream";
    let (status, answer) = control::send(&dir, Method::POST, &path, kind, file.into()).await?;
    let text = |key| answer.get(key).and_then(Value::as_str).unwrap_or_default();
    if !status.is_success() {
        bail!("{shown}: {}", text("message"));
    }
    say!(
        "Version {} for {} is offered, {} at a time. haidang serve must go on; the console shows how far it is.",
        text("version"),
        text("target"),
        args.at_once
    );
    Ok(Outcome::Done)
}

/// How the program of this box is judged.
fn judge(common: &Common, config: &Config, program: Option<PathBuf>) -> Result<Judge> {
    let mut doctor = vec!["--seconds".to_owned(), "2".to_owned()];
    let shown = |path: &PathBuf| path.display().to_string();
    if let Some(path) = &common.config {
        doctor.extend(["--config".to_owned(), shown(path)]);
    }
    if let Some(path) = &common.data_dir {
        doctor.extend(["--data-dir".to_owned(), shown(path)]);
    }
    let own = std::env::current_exe().context("cannot tell where this program lies")?;
    Ok(Judge {
        program: program.unwrap_or(own),
        patience: Duration::from_secs(config.update.patience_seconds),
        doctor,
        verdicts: config.update.verdicts.clone(),
    })
}

fn tell(verdict: &Verdict) -> Outcome {
    let (version, reason) = (&verdict.version, &verdict.reason);
    match verdict.outcome {
        Ended::Installed if reason.is_empty() => {
            say!("haidang {version} is installed, and doctor finds nothing that fails.");
            return Outcome::Done;
        }
        Ended::Installed => say!("haidang {version} is installed: {reason}"),
        Ended::Refused => say!("The update was not installed: {reason}"),
        Ended::RolledBack => {
            say!("The update to {version} was put back, the old program is in its place: {reason}");
        }
    }
    Outcome::Bad
}
