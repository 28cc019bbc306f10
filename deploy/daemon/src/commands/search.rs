//! `haidang search`: the console's query language on the running centre.

use anyhow::{Context, Result};
use axum::http::Method;
use engine::query::Query;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::{CannotBegin, Outcome, load_config};
use crate::cli::{Common, Search};
use crate::control;

pub(super) async fn run(common: &Common, args: Search) -> Result<Outcome> {
    // What is wrong with a query is told before a centre is asked; a long one never reaches it.
    let config = load_config(common)?;
    Query::parse(&args.query, &config.limits.query).context(CannotBegin)?;
    let dir = config.data_dir(common.data_dir.as_deref());
    let mut left = args.limit;
    let mut cursor: Option<String> = None;
    while left > 0 {
        let mut path = format!(
            "/api/v1/events?limit={}&q={}",
            left.min(200),
            encode(&args.query)
        );
        for (name, value) in [("from", &args.from), ("to", &args.to), ("cursor", &cursor)] {
            if let Some(value) = value {
                path.push_str(&format!("&{name}={}", encode(value)));
            }
        }
        let page = control::ask(&dir, Method::GET, &path, None).await?;
        let items = page
            .get("items")
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default();
        print(&items)?;
        left = left.saturating_sub(items.len());
        cursor = page.get("next").and_then(Value::as_str).map(str::to_owned);
        if cursor.is_none() || items.is_empty() {
            break;
        }
    }
    Ok(Outcome::Done)
}

fn encode(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

fn print(items: &[Value]) -> std::io::Result<()> {
    use std::io::Write;
    let mut out = std::io::stdout().lock();
    items.iter().try_for_each(|item| writeln!(out, "{item}"))
}
