//! `haidang update`: install a signed update, or make one.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};

use super::{Outcome, load_config};
use crate::cli::{Common, Update};
use crate::update::{Installing, install, make, make_key};

pub(super) fn run(common: &Common, command: Update) -> Result<Outcome> {
    match command {
        Update::Install(args) => {
            let config = load_config(common)?;
            let mut doctor = vec!["--seconds".to_owned(), "2".to_owned()];
            let shown = |path: &PathBuf| path.display().to_string();
            if let Some(path) = &common.config {
                doctor.extend(["--config".to_owned(), shown(path)]);
            }
            if let Some(path) = &common.data_dir {
                doctor.extend(["--data-dir".to_owned(), shown(path)]);
            }
            let own = std::env::current_exe().context("cannot tell where this program lies")?;
            let installed = install(&Installing {
                file: &args.file,
                certificate: &config.update.certificate,
                program: args.program.unwrap_or(own),
                any_version: args.any_version,
                no_way_back: args.no_way_back,
                no_restart: args.no_restart,
                patience: Duration::from_secs(config.update.patience_seconds),
                doctor,
            })?;
            say!(
                "haidang {} is installed, and doctor finds nothing that fails.",
                installed.version
            );
        }
        Update::Key { out } => {
            let (key, certificate) = make_key(&out)?;
            say!("Keep to yourself: {}", key.display());
            say!(
                "Every box needs: {} as /etc/haidang/update.crt",
                certificate.display()
            );
        }
        Update::Make(args) => {
            let made = make(&args.program, &args.release, &args.key, &args.out)?;
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
