//! `haidang rules import`: shows what a folder or an archive of rules would change and how noisy it
//! would have been, asks, and puts it in force.

use std::io::{IsTerminal, Write};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use engine::rules::{is_pack_name, zip_folder};
use serde_json::{Value, json};

use super::super::{CannotBegin, Outcome};
use super::centre::{Centre, Staged};
use crate::cli::{Common, ImportRules, ListFormat};
use crate::config::Config;

/// Rules that are listed to a person; the JSON has all.
const LISTED: usize = 20;

pub(super) async fn run(common: &Common, config: &Config, args: ImportRules) -> Result<Outcome> {
    let (source, zip) = read(config, &args.path)?;
    let name = match args.name {
        Some(name) => name,
        None => name_of(&source),
    };
    if !is_pack_name(&name) {
        let problem = anyhow::anyhow!(
            "{name:?} is no name of a pack; give one with --name: small letters, digits and -"
        );
        return Err(problem.context(CannotBegin));
    }
    // Rules may be imported before the first start.
    let centre = Centre::open(common, config, true)?;
    let mut import = match centre.begin(&name, &source, zip).await? {
        Staged::Import(import) => import,
        Staged::Refused(reason) => {
            eprintln!("haidang: {source}: {reason}");
            return Ok(Outcome::Bad);
        }
    };
    let id = text(&import, "id").to_owned();
    while import.pointer("/preview/state") == Some(&"running".into()) {
        tokio::time::sleep(Duration::from_millis(200)).await;
        import = centre.import(&id).await?;
    }
    if let Some(noisy) = args.noisy {
        mark_noisy(&mut import, noisy);
    }
    let off = if args.keep_noisy {
        Vec::new()
    } else {
        noisy(&import)
    };
    show(&import, &off, args.format)?;
    let question = format!("Put {name} in force? [y/N] ");
    if !(args.yes || asked(&question)?) {
        centre.discard(&id).await?;
        eprintln!("nothing was changed; with --yes it is put in force without a question");
        return Ok(Outcome::Done);
    }
    centre.apply(&id, &json!({ "off": off, "why": "" })).await?;
    eprintln!("{name} is in force; haidang rules back undoes it");
    Ok(Outcome::Done)
}

/// The archive, and what to call it.
fn read(config: &Config, path: &Path) -> Result<(String, Vec<u8>)> {
    let limits = &config.limits.rule;
    let whole = path
        .canonicalize()
        .with_context(|| format!("cannot read {}", path.display()))?;
    let name = whole.file_name().unwrap_or(whole.as_os_str());
    let source = name.to_string_lossy().into_owned();
    let most = u64::try_from(limits.import_mib << 20).unwrap_or(u64::MAX);
    let fits = |size: u64| {
        if size > most {
            let limit = limits.import_mib;
            anyhow::bail!("{source} is larger than {limit} MiB (limits.rule.import_mib)");
        }
        Ok(())
    };
    let bytes = if whole.is_dir() {
        zip_folder(&whole, limits)?
    } else {
        fits(whole.metadata().context("cannot read the archive")?.len())?;
        std::fs::read(&whole).with_context(|| format!("cannot read {}", path.display()))?
    };
    fits(u64::try_from(bytes.len()).unwrap_or(u64::MAX))?;
    Ok((source, bytes))
}

/// A name for a pack, of a file or folder: `sigma-master.zip` is sigma-master.
fn name_of(source: &str) -> String {
    let stem = source.strip_suffix(".zip").unwrap_or(source).to_lowercase();
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    let name: String = stem.chars().map(plain).take(64).collect();
    name.trim_matches('-').to_owned()
}

fn items(import: &Value) -> &[Value] {
    let items = import.get("items").and_then(Value::as_array);
    items.map(Vec::as_slice).unwrap_or_default()
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn per_day(item: &Value) -> f64 {
    item.get("per_day").and_then(Value::as_f64).unwrap_or(0.0)
}

fn mark_noisy(import: &mut Value, most: f64) {
    let items = import.get_mut("items").and_then(Value::as_array_mut);
    for item in items.into_iter().flatten() {
        let is_noisy = per_day(item) > most;
        if let Some(item) = item.as_object_mut() {
            item.insert("noisy".to_owned(), is_noisy.into());
        }
    }
}

fn noisy(import: &Value) -> Vec<String> {
    let noisy = items(import)
        .iter()
        .filter(|item| item.get("noisy") == Some(&true.into()));
    noisy.map(|item| text(item, "id").to_owned()).collect()
}

fn show(import: &Value, off: &[String], format: ListFormat) -> Result<()> {
    match format {
        ListFormat::Json => say!("{import}"),
        ListFormat::Text => std::io::stdout().write_all(report(import, off).as_bytes())?,
    }
    Ok(())
}

/// The shipped rules whose place an import takes.
fn replaced(import: &Value) -> String {
    let items = items(import).iter();
    let shipped: Vec<&Value> = items
        .filter(|item| item.get("shipped") == Some(&true.into()))
        .collect();
    if shipped.is_empty() {
        return String::new();
    }
    let mut lines = format!("  takes the place of {} shipped rules:\n", shipped.len());
    for item in shipped.iter().take(LISTED) {
        lines.push_str(&format!(
            "    {} {}\n",
            text(item, "id"),
            text(item, "title")
        ));
    }
    lines
}

/// What an import would change, for people.
fn report(import: &Value, off: &[String]) -> String {
    let count = |name: &str| {
        import
            .pointer(&format!("/counts/{name}"))
            .and_then(Value::as_u64)
            .unwrap_or(0)
    };
    let mut report = format!(
        "{} from {}: {} rules added, {} changed, {} removed, {} unchanged, {} refused\n",
        text(import, "pack"),
        text(import, "source"),
        count("added"),
        count("changed"),
        count("removed"),
        count("unchanged"),
        count("refused"),
    );
    for licence in import
        .get("licenses")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        let name = Some(text(licence, "name")).filter(|name| !name.is_empty());
        let rules = licence.get("rules").and_then(Value::as_u64).unwrap_or(0);
        report.push_str(&format!(
            "  licence: {} ({rules} rules)\n",
            name.unwrap_or("none is named")
        ));
    }
    report.push_str(&replaced(import));
    let refused = import.get("refused").and_then(Value::as_array);
    for problem in refused.into_iter().flatten().take(LISTED) {
        let line = problem.get("line").and_then(Value::as_u64);
        let line = line.map(|line| format!(":{line}")).unwrap_or_default();
        report.push_str(&format!(
            "  refused: {}{line}: {}\n",
            text(problem, "file"),
            text(problem, "reason")
        ));
    }
    report.push_str(&tried(import));
    let mut loud: Vec<&Value> = items(import)
        .iter()
        .filter(|item| per_day(item) > 0.0)
        .collect();
    loud.sort_by(|a, b| per_day(b).total_cmp(&per_day(a)));
    for item in loud.iter().take(LISTED) {
        let is_off = off.iter().any(|id| id == text(item, "id"));
        let word = if is_off { "  off" } else { "" };
        report.push_str(&format!(
            "  {:>9.1} a day  {:13} {}{word}\n",
            per_day(item),
            text(item, "level"),
            text(item, "title")
        ));
    }
    if !off.is_empty() {
        report.push_str(&format!(
            "{} noisy rules would be off; --keep-noisy leaves them on\n",
            off.len()
        ));
    }
    report
}

fn tried(import: &Value) -> String {
    let preview = import.get("preview").unwrap_or(&Value::Null);
    let events = preview.get("events").and_then(Value::as_u64).unwrap_or(0);
    let days = preview.get("days").and_then(Value::as_u64).unwrap_or(0);
    match (
        text(preview, "state"),
        preview.get("from").and_then(Value::as_str),
    ) {
        ("failed", _) => "it could not be tried on the past; the log has the cause\n".to_owned(),
        (_, None) => "it was not tried on the past: no event was looked at\n".to_owned(),
        (_, Some(from)) if preview.get("complete") != Some(&true.into()) => {
            format!(
                "tried on {events} events since {from}; the {days} days were more than the budget ([rules.trial])\n"
            )
        }
        (_, Some(_)) => format!("tried on {events} events of the last {days} days\n"),
    }
}

/// Asks on a terminal; elsewhere the answer is no.
pub(super) fn asked(question: &str) -> Result<bool> {
    if !(std::io::stdin().is_terminal() && std::io::stderr().is_terminal()) {
        return Ok(false);
    }
    eprint!("{question}");
    std::io::stderr().flush()?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    Ok(matches!(
        answer.trim(),
        "y" | "Y" | "yes" | "c" | "C" | "có"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_rules_that_are_replaced_are_named() {
        let item = |id: &str, shipped: bool| json!({ "id": id, "title": "T", "shipped": shipped });
        let import = json!({ "items": [item("a", true), item("b", false)] });
        let told = replaced(&import);
        assert_eq!(told, "  takes the place of 1 shipped rules:\n    a T\n");
        assert_eq!(replaced(&json!({ "items": [item("b", false)] })), "");
    }

    #[test]
    fn a_pack_is_named_after_its_file() {
        for (source, name) in [
            ("sigma-master.zip", "sigma-master"),
            ("SigmaHQ 2026.11.zip", "sigmahq-2026-11"),
            ("Quy tắc", "quy-t-c"),
            ("...", ""),
        ] {
            assert_eq!(name_of(source), name);
        }
    }

    #[test]
    fn the_report_says_what_changes_and_what_is_noisy() {
        let mut import = json!({
            "pack": "p", "source": "p.zip",
            "counts": {"added": 2, "changed": 0, "removed": 1, "unchanged": 3, "refused": 1},
            "licenses": [{"name": "DRL 1.1", "rules": 2}, {"name": "", "rules": 3}],
            "refused": [{"file": "a.yml", "line": 3, "reason": "bad"}],
            "preview": {"state": "done", "days": 7, "from": "2026", "events": 9, "complete": false},
            "items": [
                {"id": "1", "title": "Quiet", "level": "high", "per_day": 0.0, "noisy": false},
                {"id": "2", "title": "Loud", "level": "low", "per_day": 12.3, "noisy": false},
            ],
        });
        assert!(noisy(&import).is_empty());
        mark_noisy(&mut import, 10.0);
        let off = noisy(&import);
        assert_eq!(off, ["2"]);
        let report = report(&import, &off);
        for said in [
            "2 rules added, 0 changed, 1 removed, 3 unchanged, 1 refused",
            "licence: DRL 1.1 (2 rules)",
            "licence: none is named (3 rules)",
            "refused: a.yml:3: bad",
            "tried on 9 events since 2026",
            "12.3 a day  low           Loud  off",
            "1 noisy rules would be off",
        ] {
            assert!(report.contains(said), "{said}\n{report}");
        }
        assert!(!report.contains("Quiet"), "{report}");
    }
}
