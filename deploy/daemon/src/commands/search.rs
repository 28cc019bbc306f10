//! `haidang search`: the console's query language on the running centre: a list, a count or an export.

use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result};
use axum::http::Method;
use engine::query::Query;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::{CannotBegin, Outcome, load_config};
use crate::cli::{Common, Search};
use crate::control;

pub(super) async fn run(common: &Common, args: Search) -> Result<Outcome> {
    // What is wrong with a query is told before a centre is asked; a long one never reaches it.
    let config = load_config(common)?;
    Query::parse(&args.query, &config.limits.query).context(CannotBegin)?;
    let dir = config.data_dir(common.data_dir.as_deref());
    if let Some(aggs) = &args.aggs {
        return count(&dir, &args, aggs).await;
    }
    match &args.format {
        Some(format) => export(&dir, &args, format).await,
        None => list(&dir, &args).await,
    }
}

async fn list(dir: &Path, args: &Search) -> Result<Outcome> {
    let mut left = args.limit.unwrap_or(50);
    let mut cursor: Option<String> = None;
    while left > 0 {
        let mut path = format!("/api/v1/events?limit={}&{}", left.min(200), asked(args));
        if let Some(cursor) = &cursor {
            path.push_str(&format!("&cursor={}", encode(cursor)));
        }
        let page = control::ask(dir, Method::GET, &path, None).await?;
        let items = page
            .get("items")
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default();
        print(&items)?;
        left = left.saturating_sub(u64::try_from(items.len()).unwrap_or(u64::MAX));
        cursor = page.get("next").and_then(Value::as_str).map(str::to_owned);
        if cursor.is_none() || items.is_empty() {
            break;
        }
    }
    Ok(Outcome::Done)
}

async fn count(dir: &Path, args: &Search, aggs: &str) -> Result<Outcome> {
    let aggs: Value = serde_json::from_str(aggs)
        .context("--aggs is no JSON")
        .context(CannotBegin)?;
    let body = json!({ "q": args.query, "from": args.from, "to": args.to, "aggs": aggs });
    let path = "/api/v1/events/aggregate";
    let answer = control::ask(dir, Method::POST, path, Some(&body)).await?;
    print(&[answer])?;
    Ok(Outcome::Done)
}

async fn export(dir: &Path, args: &Search, format: &str) -> Result<Outcome> {
    let mut path = format!("/api/v1/events/export?format={format}&{}", asked(args));
    if let Some(limit) = args.limit {
        path.push_str(&format!("&limit={limit}"));
    }
    if let Some(fields) = &args.fields {
        path.push_str(&format!("&fields={}", encode(fields)));
    }
    let mut out = std::io::stdout().lock();
    control::download(dir, &path, &mut out).await?;
    out.flush()?;
    Ok(Outcome::Done)
}

/// The query and its span of time as parameters.
fn asked(args: &Search) -> String {
    let mut asked = format!("q={}", encode(&args.query));
    for (name, value) in [("from", &args.from), ("to", &args.to)] {
        if let Some(value) = value {
            asked.push_str(&format!("&{name}={}", encode(value)));
        }
    }
    asked
}

fn encode(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

fn print(items: &[Value]) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    items.iter().try_for_each(|item| writeln!(out, "{item}"))
}
