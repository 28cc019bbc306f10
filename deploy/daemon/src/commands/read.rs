//! `haidang read`: captures and logs once, as events on stdout. Constant memory, progress on a
//! terminal's stderr.

use std::collections::HashSet;
use std::io::{BufWriter, IsTerminal, Write};
use std::path::Path;

use anyhow::{Context, Result, bail};
use event::{CoreValue, Event, Kind};
use sensor::Meter;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::{CannotBegin, Outcome, load_config};
use crate::cli::{Common, Read, RecordFormat};
use crate::knowledge;
use crate::once::{Reader, size};
use crate::progress::Progress;

pub(super) async fn run(common: &Common, args: Read) -> Result<Outcome> {
    let config = load_config(common)?;
    let kinds = read_kinds(&args.types)?;
    let data_dir = config.data_dir(common.data_dir.as_deref());
    let (sites, problems) = knowledge::load_sites(&data_dir, Vec::new(), &config.limits.rule)?;
    for problem in problems {
        tracing::warn!("{problem}");
    }
    let mut out = open_out(args.out.as_deref())?;
    let mut written = 0_u64;
    let mut outcome = Outcome::Done;
    let total = args.files.iter().map(|file| size(file)).sum();
    let reader = Reader {
        config: &config,
        networks: sites.networks(),
        meter: Meter::default(),
    };
    let beside = args.out.is_some() || !std::io::stdout().is_terminal();
    let mut progress = Progress::new(&reader.meter, total, beside);
    for file in &args.files {
        progress.file(file);
        let mut visit = |events: Vec<Event>| {
            for event in events.iter().filter(|event| is_wanted(event, &kinds)) {
                write(&mut out, event, args.format)?;
                written += 1;
            }
            progress.show(written, None);
            Ok(())
        };
        let whole = reader.read(file, &mut visit).await;
        progress.clear();
        outcome = outcome.and(whole?);
    }
    out.flush().context("cannot write")?;
    Ok(outcome)
}

/// stdout, or a file.
pub(super) fn open_out(path: Option<&Path>) -> Result<Box<dyn Write + Send>> {
    Ok(match path {
        None => Box::new(BufWriter::with_capacity(1 << 16, std::io::stdout())),
        Some(path) => {
            let file = std::fs::File::create(path)
                .with_context(|| format!("cannot create {}", path.display()))?;
            Box::new(BufWriter::with_capacity(1 << 16, file))
        }
    })
}

fn read_kinds(names: &[String]) -> Result<HashSet<Kind>> {
    let mut kinds = HashSet::new();
    for name in names {
        let Some(kind) = Kind::from_name(name) else {
            let known: Vec<&str> = Kind::ALL.iter().map(|kind| kind.name()).collect();
            let error = anyhow::anyhow!("unknown kind {name}; known: {}", known.join(" "));
            return Err(error.context(CannotBegin));
        };
        kinds.insert(kind);
    }
    Ok(kinds)
}

/// Without a choice: everything but what the sensor says of itself.
fn is_wanted(event: &Event, kinds: &HashSet<Kind>) -> bool {
    if kinds.is_empty() {
        event.kind != Kind::SensorStatus
    } else {
        kinds.contains(&event.kind)
    }
}

fn write(out: &mut impl Write, event: &Event, format: RecordFormat) -> Result<()> {
    match format {
        RecordFormat::Eve => out.write_all(event.record.bytes())?,
        RecordFormat::Ecs => serde_json::to_writer(&mut *out, &ecs(event)?)?,
    }
    out.write_all(b"\n")?;
    Ok(())
}

/// `@timestamp`, core fields under their dotted names, and the record as it is.
fn ecs(event: &Event) -> Result<Value> {
    let mut object = Map::new();
    object.insert("@timestamp".to_owned(), json!(event.time.to_string()));
    object.insert("event.kind".to_owned(), json!(event.kind.name()));
    for (field, value) in event.core.iter() {
        let value = match value {
            CoreValue::Number(number) => json!(number),
            other => json!(other.to_string()),
        };
        object.insert(field.name().to_owned(), value);
    }
    let record: &RawValue = serde_json::from_slice(event.record.bytes())
        .context("a record is no JSON; this is a fault of haidang")?;
    object.insert("record".to_owned(), serde_json::from_str(record.get())?);
    Ok(Value::Object(object))
}

/// A file that is not there is said before anything is read.
pub(crate) fn check_exists(path: &Path) -> Result<()> {
    if !path.exists() {
        bail!("{} is not there", path.display());
    }
    Ok(())
}
