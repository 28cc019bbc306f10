//! `haidang serve`: the centre.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use engine::reader::Role;
use engine::store::{Store, User};

use super::{Outcome, asked_to_stop, load_config};
use crate::cli::Common;
use crate::compose::{self, Start};
use crate::sources::Source;
use crate::{DataDir, knowledge, system_clock};

pub(super) async fn run(common: &Common) -> Result<Outcome> {
    let config = load_config(common)?;
    let data_dir = DataDir::take(&config.data_dir(common.data_dir.as_deref()))?;
    let knowledge = knowledge::load(data_dir.path(), Vec::new(), &config.limits.rule)?;
    let sources = config
        .source
        .iter()
        .cloned()
        .map(Source::configured)
        .collect();
    let start = Start {
        config,
        data_dir,
        clock: system_clock(),
        sources,
        knowledge,
    };
    let running = compose::start(start).await?;
    tracing::info!(url = running.url(), data_dir = %running.data_dir().display(), "haidang serves");
    let (store, dir) = (Arc::clone(&running.store), running.data_dir().to_owned());
    tokio::task::spawn_blocking(move || first_admin(&store, &dir))
        .await
        .context("a task failed")??;
    asked_to_stop().await?;
    tracing::info!("stopping");
    running.stop().await?;
    Ok(Outcome::Done)
}

/// Where nobody can sign in yet, makes one administrator. The password counts until it is changed at the first sign-in;
/// it lies in a file that only this user and root can read, for a log is read by more.
fn first_admin(store: &Store, dir: &Path) -> Result<()> {
    const NAME: &str = "admin";
    let file = dir.join(web::FIRST_PASSWORD);
    if !store.users().context("cannot read the users")?.is_empty() {
        return Ok(());
    }
    let password = web::random_password()?;
    let user = User {
        name: NAME.to_owned(),
        display: NAME.to_owned(),
        role: Role::Admin,
        sites: None,
        password: web::hash_password(&password)?,
        disabled: false,
        must_change: true,
        created: system_clock()(),
    };
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    let written = options
        .open(&file)
        .and_then(|mut file| writeln!(file, "{password}"));
    written.with_context(|| format!("cannot write {}", file.display()))?;
    store
        .add_user(&user, "haidang")
        .context("cannot add the first administrator")?;
    tracing::warn!(
        user = NAME,
        file = %file.display(),
        "the first administrator: the password is in the file, and is changed at the first sign-in"
    );
    Ok(())
}
