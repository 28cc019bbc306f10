//! `haidang backup` and `haidang restore`: a centre's data copied while it runs, and put back where there is none.

use anyhow::{Context, Result};
use axum::http::Method;
use serde_json::json;

use super::{Outcome, load_config};
use crate::backup::{self, Making, Restoring};
use crate::cli::{Backup, Common, Restore};
use crate::config::Config;
use crate::{DataDir, control, system_clock};

pub(super) async fn backup(common: &Common, args: Backup) -> Result<Outcome> {
    let config = load_config(common)?;
    let data = config.data_dir(common.data_dir.as_deref());
    // Either nobody works here, and nobody begins to until this has ended; or who does is told.
    let taken = DataDir::hold_existing(&data);
    match &taken {
        Ok(_) => {}
        Err(_) if control::path(&data).exists() => {
            let body = json!({ "target": args.target.display().to_string() });
            let asked = control::ask(&data, Method::POST, "/api/v1/backups", Some(&body));
            asked.await.context("the running centre does not answer")?;
        }
        Err(_) => drop(taken?),
    }
    let made = backup::make(&Making {
        data: &data,
        target: &args.target,
        config: Config::place(common.config.as_deref()),
        pace: config.backup.pace(),
        now: system_clock()(),
    })?;
    say!(
        "{}: {} files, {} MiB, in {:.1} s; events up to position {} were examined",
        args.target.display(),
        made.files,
        made.bytes >> 20,
        made.seconds,
        made.position
    );
    for (key, path) in outside(&config) {
        say!(
            "not in it, for it lies outside the data folder: {} ({key}); keep a copy of your own",
            path.display()
        );
    }
    Ok(Outcome::Done)
}

/// What the configuration needs and a backup does not have.
fn outside(config: &Config) -> Vec<(&'static str, &std::path::PathBuf)> {
    let named = [
        ("web.certificate", &config.web.certificate),
        ("web.key", &config.web.key),
        ("edges.ca_certificate", &config.edges.ca_certificate),
        ("edges.ca_key", &config.edges.ca_key),
    ];
    let named = named.into_iter();
    named
        .filter_map(|(key, path)| path.as_ref().map(|path| (key, path)))
        .collect()
}

pub(super) fn restore(common: &Common, args: &Restore) -> Result<Outcome> {
    let config = load_config(common)?;
    let data = config.data_dir(common.data_dir.as_deref());
    let restored = backup::restore(&Restoring {
        backup: &args.backup,
        target: &data,
        pace: config.backup.pace(),
    })?;
    say!(
        "{}: {} files, {} MiB, in {:.1} s; as it was at {}",
        data.display(),
        restored.files,
        restored.bytes >> 20,
        restored.seconds,
        restored.made
    );
    if let Some(path) = restored.config {
        say!(
            "the configuration of that time is {}; look at it, and put it to /etc/haidang/config.toml",
            path.display()
        );
    }
    say!(
        "next: haidang verify, then start the centre. What happened since is gone: revoke again what \
         was revoked since, and enrol again the sensors that were enrolled since"
    );
    Ok(Outcome::Done)
}
