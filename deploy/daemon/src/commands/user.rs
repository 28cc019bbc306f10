//! `haidang user`: people who may sign in, through the control socket of the running centre; when
//! none runs, through the store itself.

use std::path::Path;

use anyhow::{Context, Result, bail};
use axum::http::Method;
use engine::reader::Role;
use engine::rule::RuleLimits;
use engine::store::{Store, User};
use event::Time;
use serde_json::{Value, json};

use super::{Outcome, load_config};
use crate::cli::{self, Common};
use crate::{DataDir, control, knowledge, system_clock};

pub(super) async fn run(common: &Common, command: cli::User) -> Result<Outcome> {
    let config = load_config(common)?;
    let dir = config.data_dir(common.data_dir.as_deref());
    let running = control::path(&dir).exists() && DataDir::take_existing(&dir).is_err();
    if running {
        online(&dir, command).await?
    } else {
        offline(&dir, command, &config.limits.rule)?
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
        cli::User::Disable { name } => disable_online(dir, &name, true).await?,
        cli::User::Enable { name } => disable_online(dir, &name, false).await?,
        cli::User::List => {
            let answer = control::ask(dir, Method::GET, "/api/v1/users", None).await?;
            let items = answer
                .get("items")
                .and_then(Value::as_array)
                .cloned()
                .unwrap_or_default();
            for item in items {
                let text = |key| item.get(key).and_then(Value::as_str).unwrap_or_default();
                let disabled = item.get("disabled").and_then(Value::as_bool);
                let sites = item.get("sites").and_then(Value::as_array).map(|sites| {
                    let ids = sites.iter().filter_map(Value::as_str);
                    ids.collect::<Vec<_>>().join(",")
                });
                let disabled = disabled.unwrap_or_default();
                print_user(text("name"), text("role"), sites, disabled);
            }
        }
    }
    Ok(())
}

async fn disable_online(dir: &Path, name: &str, disabled: bool) -> Result<()> {
    let body = json!({ "disabled": disabled });
    let path = format!("/api/v1/users/{name}");
    control::ask(dir, Method::PATCH, &path, Some(&body)).await?;
    Ok(())
}

fn disable_offline(store: &Store, name: &str, disabled: bool, now: Time) -> Result<()> {
    let Some(mut user) = store.user(name)? else {
        bail!("there is no user {name}; use: haidang user list");
    };
    user.disabled = disabled;
    store.change_user(&user, "local", now)?;
    Ok(())
}

fn offline(dir: &Path, command: cli::User, limits: &RuleLimits) -> Result<()> {
    // The first person may be added before the first start; nothing else makes a folder.
    let data_dir = match &command {
        cli::User::Add { .. } => DataDir::take(dir)?,
        _ => DataDir::take_existing(dir)?,
    };
    let store = Store::open(&data_dir.path().join("store.db"), |_| {})?;
    let now = system_clock()();
    match command {
        cli::User::Add { name, role, sites } => {
            let role = Role::from_name(&role).context("a role is admin, analyst or viewer")?;
            check(dir, &name, sites.as_deref(), now, limits)?;
            let password = web::random_password()?;
            let hash = web::hash_password(&password)?;
            let user = User {
                display: name.clone(),
                name,
                role,
                sites,
                password: hash,
                disabled: false,
                must_change: true,
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
        cli::User::Disable { name } => disable_offline(&store, &name, true, now)?,
        cli::User::Enable { name } => disable_offline(&store, &name, false, now)?,
        cli::User::List => {
            for user in store.users()? {
                let sites = user.sites.map(|sites| sites.join(","));
                print_user(&user.name, user.role.name(), sites, user.disabled);
            }
        }
    }
    Ok(())
}

/// What the API asks of a new person, when there is no API to ask.
fn check(
    dir: &Path,
    name: &str,
    sites: Option<&[String]>,
    now: Time,
    limits: &RuleLimits,
) -> Result<()> {
    if !web::is_user_name(name) {
        bail!("a user name has 1 to 64 letters, digits and . - _ @, and is not haidang or local");
    }
    let (known, _) = knowledge::load_sites(dir, Vec::new(), limits)?;
    let unknown = |id: &&String| known.expand(id, now).is_empty();
    match sites.unwrap_or_default().iter().find(unknown) {
        None => Ok(()),
        Some(id) => bail!("there is no site {id:?} in the site tree; see rules/sites"),
    }
}

fn print_password(name: &str, password: &str) {
    say!("{name}  {password}");
}

fn print_user(name: &str, role: &str, sites: Option<String>, disabled: bool) {
    let sites = sites.unwrap_or_else(|| "all sites".to_owned());
    let disabled = if disabled { "\tdisabled" } else { "" };
    say!("{name}\t{role}\t{sites}{disabled}");
}
