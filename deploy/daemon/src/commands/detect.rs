//! `haidang detect`: rules over files; detections as lines of JSON, or as a table for people.

use std::collections::HashMap;
use std::io::{IsTerminal, Write};
use std::path::Path;
use std::sync::Arc;
use std::thread::available_parallelism;

use anyhow::{Context, Result, bail};
use engine::correlate::{Hit, Windows};
use engine::detect::{Detection, Engine};
use engine::rule::RuleInfo;
use event::{Entity, Event, Fields, Kind, Leaf, Limits, Networks, Text};
use sensor::Meter;
use serde::Serialize;
use serde::ser::SerializeMap;
use serde_json::value::RawValue;

use super::read::open_out;
use super::{Outcome, load_config};
use crate::cli::{Common, Detect, DetectFormat};
use crate::detector::{Collect, Correlator, Examined, Render, Workers};
use crate::episodes::{Episode, Episodes};
use crate::knowledge;
use crate::once::{Reader, size};
use crate::progress::Progress;
use crate::table::{self, Table};

pub(super) async fn run(common: &Common, args: Detect) -> Result<Outcome> {
    let config = load_config(common)?;
    let (rules, problems) = knowledge::load_rules(args.rules.as_deref(), &config.limits.rule)?;
    for problem in &problems {
        tracing::warn!("{problem}");
    }
    if rules.rules().next().is_none() {
        eprintln!("haidang: no rule can be used; see: haidang rules check PATH");
        return Ok(Outcome::Bad);
    }
    let engine = Engine::compile(&rules);
    let meter = Meter::default();
    let total = args.files.iter().map(|file| size(file)).sum();
    let out = Output::new(args.format, args.out.as_deref())?;
    // Rows of a terminal take the line's place; a stream of JSON to one would tear it.
    let beside = !std::io::stdout().is_terminal() || args.out.is_some() || out.is_table();
    let progress = Progress::new(&meter, total, beside);
    let windows = Windows::new(engine.correlations(), config.pipeline().windows);
    let render = out.render;
    let collector = Collector::new(windows, out, progress.clone());
    let all = || available_parallelism().map_or(1, usize::from);
    let count = args.threads.map_or_else(all, usize::from);
    let mut workers = Workers::start(count, &engine, &render, collector)?;
    let reader = Reader {
        config: &config,
        networks: Networks::default(),
        meter,
    };
    let mut unread = Unread::default();
    let mut outcome = Outcome::Done;
    let mut failed = None;
    for file in &args.files {
        progress.file(file);
        let mut visit = |events: Vec<Event>| {
            events
                .iter()
                .for_each(|event| unread.note(event, &progress));
            if workers.push(events) {
                Ok(())
            } else {
                bail!("cannot go on")
            }
        };
        match reader.read(file, &mut visit).await {
            Ok(whole) => outcome = outcome.and(whole),
            Err(error) => {
                failed = Some(error);
                break;
            }
        }
    }
    // What the collector says is the cause of what the reader says.
    let mut collector = workers.finish()?;
    collector.finish()?;
    if let Some(error) = failed {
        return Err(error);
    }
    outcome = outcome.and(unread.told()).and(collector.stats.told());
    if args.stats {
        eprint!("{}", collector.stats.text(progress.seconds()));
    }
    Ok(outcome)
}

/// What of the input could not be read: said on stderr, the first few in full.
#[derive(Default)]
struct Unread {
    count: u64,
}

impl Unread {
    /// Told in full.
    const MOST: u64 = 10;

    fn note(&mut self, event: &Event, progress: &Progress) {
        if event.kind != Kind::ParseFailed {
            return;
        }
        self.count += 1;
        if self.count > Self::MOST {
            return;
        }
        let fields = Fields::of(&event.record);
        let text = |name| fields.at(name).find_map(Leaf::text).unwrap_or_default();
        let raw: String = text("raw").chars().take(80).collect();
        progress.clear();
        eprintln!("haidang: {}: {}: {raw}", text("input"), text("reason"));
    }

    fn told(&self) -> Outcome {
        if self.count > Self::MOST {
            eprintln!("haidang: {} lines or records could not be read", self.count);
        }
        if self.count > 0 {
            Outcome::Bad
        } else {
            Outcome::Done
        }
    }
}

/// Where detections go, and how they are written.
struct Output {
    writer: Box<dyn Write + Send>,
    render: Format,
    flush: bool,
}

impl Output {
    fn new(format: Option<DetectFormat>, out: Option<&Path>) -> Result<Self> {
        let mut writer = open_out(out)?;
        let terminal = out.is_none() && std::io::stdout().is_terminal();
        let format = format.unwrap_or(if terminal {
            DetectFormat::Table
        } else {
            DetectFormat::Json
        });
        let render = match format {
            DetectFormat::Json => Format::Json,
            DetectFormat::Table => {
                let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
                let table = Table {
                    width: table::width(),
                    colour: terminal && !plain,
                };
                writer.write_all(table.head().as_bytes())?;
                Format::Table(table)
            }
        };
        Ok(Self {
            writer,
            render,
            flush: terminal,
        })
    }

    fn is_table(&self) -> bool {
        matches!(self.render, Format::Table(_))
    }
}

/// How a detection is written.
#[derive(Clone, Copy)]
enum Format {
    Json,
    Table(Table),
}

impl Render for Format {
    fn render(&self, detection: &Detection, event: &Event, out: &mut Vec<u8>) -> Result<()> {
        match self {
            Self::Json => write_json(detection, event, None, out),
            Self::Table(table) => table.render(detection, event, out),
        }
    }
}

impl Format {
    /// What a correlation says.
    fn episode(&self, episode: &Episode, out: &mut Vec<u8>) -> Result<()> {
        let Episode {
            detection, event, ..
        } = episode;
        match self {
            Self::Json => write_json(detection, event, Some(Counted::of(episode)), out),
            Self::Table(table) => table.episode(episode, out),
        }
    }
}

/// Takes what was found, in order.
struct Collector {
    correlator: Correlator,
    episodes: Episodes,
    render: Format,
    out: Box<dyn Write + Send>,
    /// Somebody watches: what is there is shown at once.
    flush: bool,
    stats: Stats,
    progress: Progress,
}

impl Collect for Collector {
    fn take(&mut self, batch: Vec<Examined>) -> Result<()> {
        let mut rows = Vec::new();
        let mut hits = Vec::new();
        for examined in batch {
            self.stats.events += u64::from(!examined.is_own);
            self.stats.in_part += u64::from(examined.in_part);
            if let Some(found) = &examined.found {
                let alerts = found.detections.iter().filter(|detection| detection.alerts);
                alerts.for_each(|detection| self.stats.count(&detection.rule));
                rows.extend_from_slice(&found.rows);
            }
            self.correlator.take(&examined, &mut hits);
            self.hits(&mut hits, &mut rows)?;
        }
        self.write(&rows)?;
        self.progress
            .show(self.stats.events, Some(self.stats.detections));
        Ok(())
    }
}

impl Collector {
    fn new(windows: Windows, out: Output, progress: Progress) -> Self {
        Self {
            correlator: Correlator::new(windows),
            episodes: Episodes::default(),
            render: out.render,
            out: out.writer,
            flush: out.flush,
            stats: Stats::default(),
            progress,
        }
    }

    fn finish(&mut self) -> Result<()> {
        let (mut rows, mut hits) = (Vec::new(), Vec::new());
        self.correlator.finish(&mut hits);
        self.hits(&mut hits, &mut rows)?;
        for episode in self.episodes.finish() {
            self.tell(&episode, &mut rows)?;
        }
        self.write(&rows)?;
        self.progress.clear();
        let left = self.correlator.left_out();
        if left.late > 0 || left.evicted > 0 {
            eprintln!(
                "haidang: correlations left out {} events that came too late behind their file's \
                 newest and {} for which there was no room (detector.lateness_seconds, \
                 detector.window_entries)",
                left.late, left.evicted
            );
        }
        self.out.flush().context("cannot write")
    }

    fn hits(&mut self, hits: &mut Vec<Hit>, rows: &mut Vec<u8>) -> Result<()> {
        let mut done = Vec::new();
        for hit in hits.drain(..) {
            self.episodes.take(hit, &mut done);
        }
        done.iter().try_for_each(|episode| self.tell(episode, rows))
    }

    fn tell(&mut self, episode: &Episode, rows: &mut Vec<u8>) -> Result<()> {
        self.stats.count(&episode.detection.rule);
        self.render.episode(episode, rows)
    }

    fn write(&mut self, rows: &[u8]) -> Result<()> {
        if rows.is_empty() {
            return Ok(());
        }
        if self.flush {
            self.progress.clear();
        }
        self.out.write_all(rows)?;
        if self.flush {
            self.out.flush()?;
        }
        Ok(())
    }
}

/// What `--stats` tells.
#[derive(Default)]
struct Stats {
    /// Of the input; what the sensor says of itself is not among them.
    events: u64,
    detections: u64,
    /// Events of which rules saw a part.
    in_part: u64,
    by_rule: HashMap<Text, (Arc<RuleInfo>, u64)>,
}

impl Stats {
    fn count(&mut self, rule: &Arc<RuleInfo>) {
        self.detections += 1;
        let new = || (Arc::clone(rule), 0);
        self.by_rule
            .entry(Text::clone(&rule.id))
            .or_insert_with(new)
            .1 += 1;
    }

    /// Says that rules did not see all of some events.
    fn told(&self) -> Outcome {
        if self.in_part == 0 {
            return Outcome::Done;
        }
        let limits = Limits::default();
        eprintln!(
            "haidang: of {} events rules saw only the first {} fields, or {} levels",
            self.in_part, limits.paths, limits.depth
        );
        Outcome::Bad
    }

    /// A line for each rule, the most frequent first, and the totals.
    fn text(&self, seconds: f64) -> String {
        let mut rules: Vec<_> = self.by_rule.values().collect();
        rules.sort_by(|(a, many), (b, more)| more.cmp(many).then_with(|| a.id.cmp(&b.id)));
        let mut text = String::new();
        if !rules.is_empty() {
            text.push_str(
                "DETECTIONS LEVEL         RULE                                 TITLE (BY AUTHOR)\n",
            );
        }
        for (rule, count) in &rules {
            let whole = |text: &str| table::cell(text, text.chars().count());
            let title = whole(&rule.title);
            // Who wrote a rule is said wherever it is said that it matched (DRL 1.1).
            let author = rule.author.as_deref().map(whole);
            let by = author.map_or(String::new(), |author| format!(" (by {author})"));
            text.push_str(&format!(
                "{count:>10} {:13} {:36} {title}{by}\n",
                rule.level.name(),
                &*rule.id
            ));
        }
        #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
        let rate = self.events as f64 / seconds.max(0.001);
        text.push_str(&format!(
            "{} events, {} detections of {} rules in {seconds:.1} s, {rate:.0} events/s\n",
            self.events,
            self.detections,
            rules.len()
        ));
        text
    }
}

/// A detection as a line of JSON.
#[derive(Serialize)]
struct Line<'a> {
    time: String,
    rule: Rule<'a>,
    matched: Matched<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    correlation: Option<Counted<'a>>,
    event: &'a RawValue,
}

/// What a correlation counted, from its first event to its last, which is `event`.
#[derive(Serialize)]
struct Counted<'a> {
    group: Group<'a>,
    count: u64,
    from: String,
    to: String,
}

impl<'a> Counted<'a> {
    fn of(episode: &'a Episode) -> Self {
        Self {
            group: Group(&episode.group),
            count: episode.count,
            from: episode.first.to_string(),
            to: episode.event.time.to_string(),
        }
    }
}

/// Group-by fields and values as an object.
struct Group<'a>(&'a [Entity]);

impl Serialize for Group<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|entity| (&entity.field, &entity.value)))
    }
}

#[derive(Serialize)]
struct Rule<'a> {
    id: &'a str,
    title: &'a str,
    level: &'static str,
    author: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    license: Option<&'a str>,
    tags: &'a [String],
}

/// Fields and values as an object.
struct Matched<'a>(&'a [(String, String)]);

impl Serialize for Matched<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (place, (field, value)) in self.0.iter().enumerate() {
            let again = self.0.iter().skip(place + 1);
            // The last of a name stands.
            if !again.into_iter().any(|(other, _)| other == field) {
                map.serialize_entry(field, value)?;
            }
        }
        map.end()
    }
}

fn write_json(
    detection: &Detection,
    event: &Event,
    correlation: Option<Counted<'_>>,
    out: &mut Vec<u8>,
) -> Result<()> {
    let rule = &detection.rule;
    let line = Line {
        time: event.time.to_string(),
        rule: Rule {
            id: &rule.id,
            title: &rule.title,
            level: rule.level.name(),
            author: rule.author.as_deref(),
            license: rule.license.as_deref(),
            tags: &rule.tags,
        },
        matched: Matched(&detection.matched),
        correlation,
        event: serde_json::from_slice(event.record.bytes())
            .context("a record is no JSON; this is a fault of haidang")?,
    };
    serde_json::to_writer(&mut *out, &line)?;
    out.push(b'\n');
    Ok(())
}
