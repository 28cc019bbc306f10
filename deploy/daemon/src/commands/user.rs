//! `haidang user`: people who may sign in, through the control socket of the running centre; when
//! none runs, through the store itself.

use std::path::Path;

use anyhow::{Context, Result, bail};
use axum::http::Method;
use engine::reader::Role;
use engine::store::{Store, User};
use event::Time;
use serde_json::{Value, json};

use super::{Outcome, load_config};
use crate::cli::{self, Common};
use crate::{DataDir, control, knowledge, system_clock};

pub(super) async fn run(common: &Common, command: cli::User) -> Result<Outcome> {
    let config = load_config(common)?;
    let dir = config.data_dir(common.data_dir.as_deref());
    let running = control::path(&dir).exists() && DataDir::take(&dir).is_err();
    if running {
        online(&dir, command).await?
    } else {
        offline(&dir, command)?
    }
    Ok(Outcome::Done)
}

async fn online(dir: &Path, command: cli::User) -> Result<()> {
    match command {
        cli::User::Add { name, role, sites } => {
            let password = web::random_password()?;
            let body = json!({ "name": name, "role": role, "sites": sites, "password": password });
            control::ask(dir, Method::POST, "/api/v1/users", Some(&body)).await?;
            print_password(&name, &password);
        }
        cli::User::Passwd { name } => {
            let password = web::random_password()?;
            let body = json!({ "password": password });
            let path = format!("/api/v1/users/{name}/password");
            control::ask(dir, Method::POST, &path, Some(&body)).await?;
            print_password(&name, &password);
        }
        cli::User::List => {
            let answer = control::ask(dir, Method::GET, "/api/v1/users", None).await?;
            let items = answer
                .get("items")
                .and_then(Value::as_array)
                .cloned()
                .unwrap_or_default();
            for item in items {
                let text = |key| item.get(key).and_then(Value::as_str).unwrap_or_default();
                let sites = item.get("sites").filter(|sites| !sites.is_null());
                print_user(text("name"), text("role"), sites.map(ToString::to_string));
            }
        }
    }
    Ok(())
}

fn offline(dir: &Path, command: cli::User) -> Result<()> {
    let data_dir = DataDir::take(dir)?;
    let store = Store::open(&data_dir.path().join("store.db"), |_| {})?;
    let now = system_clock()();
    match command {
        cli::User::Add { name, role, sites } => {
            let role = Role::from_name(&role).context("a role is admin, analyst or viewer")?;
            check(dir, &name, sites.as_deref(), now)?;
            let password = web::random_password()?;
            let hash = web::hash_password(&password)?;
            let user = User {
                display: name.clone(),
                name,
                role,
                sites,
                password: hash,
                disabled: false,
                created: now,
            };
            if !store.add_user(&user, "local")? {
                bail!(
                    "there is a user of that name; use: haidang user passwd {}",
                    user.name
                );
            }
            print_password(&user.name, &password);
        }
        cli::User::Passwd { name } => {
            let password = web::random_password()?;
            if !store.set_password(&name, &web::hash_password(&password)?, "local", now)? {
                bail!("there is no user {name}; use: haidang user list");
            }
            print_password(&name, &password);
        }
        cli::User::List => {
            for user in store.users()? {
                print_user(
                    &user.name,
                    user.role.name(),
                    user.sites.map(|sites| sites.join(",")),
                );
            }
        }
    }
    Ok(())
}

/// What the API asks of a new person, when there is no API to ask.
fn check(dir: &Path, name: &str, sites: Option<&[String]>, now: Time) -> Result<()> {
    if !web::is_user_name(name) {
        bail!("a user name has 1 to 64 letters, digits and . - _ @, and is not haidang or local");
    }
    let (known, _) = knowledge::load_sites(dir, Vec::new())?;
    let unknown = |id: &&String| known.expand(id, now).is_empty();
    match sites.unwrap_or_default().iter().find(unknown) {
        None => Ok(()),
        Some(id) => bail!("the site {id} is none of the site tree; see rules/sites"),
    }
}

#[expect(clippy::print_stdout, reason = "the command line prints")]
fn print_password(name: &str, password: &str) {
    println!("{name}  {password}");
}

#[expect(clippy::print_stdout, reason = "the command line prints")]
fn print_user(name: &str, role: &str, sites: Option<String>) {
    println!(
        "{name}\t{role}\t{}",
        sites.unwrap_or_else(|| "all sites".to_owned())
    );
}
