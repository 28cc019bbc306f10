//! The configuration: one TOML file, every key with its default and reason in `config.toml`.
//!
//! A missing file means the embedded defaults; an unknown key is refused with its line.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use engine::query::QueryLimits;
use engine::rule::intel::is_list_id;
use engine::rule::{IntelLimits, RuleLimits};
use engine::rules::RulebookLimits;
use engine::store::{AssetLimits, CaseLimits};
use engine::triage::Triage;
use engine::{correlate, index, journal, pipeline};
use serde::Deserialize;

mod backup;
mod centre;
mod edges;
mod knowledge;
mod metrics;
mod pushed;
mod retention;
mod update;

pub use backup::BackupSection;
pub use centre::{DetectorSection, IndexSection, JournalSection, WebSection};
pub use edges::{EdgesSection, PaceRule, SpoolSection, UplinkSection};
pub use knowledge::{IntelSection, RulesSection, TaxiiSection};
pub use metrics::MetricsSection;
pub use pushed::{check_pushed, overlay};
pub use retention::{KeepSection, RetentionSection};
pub use update::UpdateSection;

/// Where the configuration is looked for when `--config` names none.
const PLACES: [&str; 2] = ["haidang.toml", "/etc/haidang/config.toml"];

/// The source of what the centre says of itself.
pub(crate) const OWN_SOURCE: &str = "haidang";

/// Everything that can be configured.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The data folder.
    pub data_dir: Option<PathBuf>,
    /// This process as a sensor.
    pub sensor: SensorSection,
    /// The inputs.
    pub source: Vec<sensor::SourceConfig>,
    /// Sensors that deliver to this centre.
    pub edges: EdgesSection,
    /// The centre that this sensor delivers to.
    pub uplink: UplinkSection,
    /// What a sensor keeps until the centre has it.
    pub spool: SpoolSection,
    /// Updates of the program.
    pub update: UpdateSection,
    /// The API and the console.
    pub web: WebSection,
    /// Figures for Prometheus.
    pub metrics: MetricsSection,
    /// Cases.
    pub cases: CaseLimits,
    /// Backups.
    pub backup: BackupSection,
    /// The journal.
    pub journal: JournalSection,
    /// The index.
    pub index: IndexSection,
    /// How long events are kept.
    pub retention: RetentionSection,
    /// The detector.
    pub detector: DetectorSection,
    /// Rules.
    pub rules: RulesSection,
    /// Intel lists.
    pub intel: IntelSection,
    /// How alerts are worked.
    pub triage: Triage,
    /// What inputs, rules and queries may ask for.
    pub limits: LimitsSection,
}

/// `[limits]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LimitsSection {
    /// Packets, flows, streams, protocols.
    pub packet: sensor::PacketConfig,
    /// Log inputs.
    pub log: sensor::LogConfig,
    /// Flow exports.
    pub flow: sensor::FlowConfig,
    /// What agents send over HTTP.
    pub http: sensor::HttpLimits,
    /// Compressed inputs.
    pub unpack: sensor::UnpackConfig,
    /// Rule files.
    pub rule: RuleLimits,
    /// Intel lists.
    pub intel: IntelLimits,
    /// Queries.
    pub query: QueryLimits,
    /// Aggregations.
    pub aggregate: index::AggregateLimits,
    /// Exports of events.
    pub export: web::ExportLimits,
    /// Assets.
    pub assets: AssetLimits,
}

impl LimitsSection {
    /// Those of the inputs.
    pub fn of_inputs(&self) -> sensor::Limits {
        sensor::Limits {
            packet: self.packet.clone(),
            log: self.log.clone(),
            flow: self.flow.clone(),
            http: self.http.clone(),
            unpack: self.unpack.clone(),
        }
    }
}

/// `[sensor]`
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SensorSection {
    /// The name that people read.
    pub name: String,
}

impl Default for SensorSection {
    fn default() -> Self {
        Self {
            name: "centre".to_owned(),
        }
    }
}

impl Config {
    /// Reads the file that is named, or the first that is there, or the defaults.
    pub fn load(named: Option<&Path>) -> Result<Self> {
        let Some(path) = Self::place(named) else {
            return Ok(Self::default());
        };
        let text = std::fs::read_to_string(&path)
            .with_context(|| format!("cannot read the configuration {}", path.display()))?;
        Self::parse(&text)
            .with_context(|| format!("cannot use the configuration {}", path.display()))
    }

    /// The file that is named, or the first that is there.
    pub(crate) fn place(named: Option<&Path>) -> Option<PathBuf> {
        let first = || PLACES.iter().map(PathBuf::from).find(|path| path.exists());
        named.map(Path::to_owned).or_else(first)
    }

    /// Reads the text of a configuration.
    pub fn parse(text: &str) -> Result<Self> {
        let config: Self = toml::from_str(text)?;
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<()> {
        let mut ids: Vec<&str> = self
            .source
            .iter()
            .map(|source| source.id.as_str())
            .collect();
        ids.sort_unstable();
        if let Some(pair) = ids.windows(2).find(|pair| pair.first() == pair.last()) {
            let id = pair.first().copied().unwrap_or_default();
            bail!("two sources have the id {id}; give each its own");
        }
        if ids.contains(&OWN_SOURCE) {
            bail!("the source id {OWN_SOURCE} is the centre's own; choose another");
        }
        for feed in &self.intel.taxii {
            if !is_list_id(&feed.list) {
                bail!(
                    "intel.taxii: {:?} is no id of a list; use small letters, digits and -",
                    feed.list
                );
            }
        }
        for (key, value) in self.at_least_one() {
            if value == 0 {
                bail!("{key} is 0, with which nothing works; give at least 1, or leave it out");
            }
        }
        if self.index.heap_mib < 15 {
            bail!("index.heap_mib is below 15, the least that the index works with");
        }
        self.limits.of_inputs().check()?;
        self.uplink.check()?;
        self.metrics.check()?;
        if self.web.certificate.is_some() != self.web.key.is_some() {
            bail!("web.certificate and web.key go together; name both or neither");
        }
        Ok(())
    }

    /// The keys that may not be 0.
    fn at_least_one(&self) -> [(&'static str, u64); 46] {
        let count = |value: usize| u64::try_from(value).unwrap_or(u64::MAX);
        let Self {
            web,
            cases,
            journal,
            index,
            detector,
            rules,
            intel,
            limits,
            edges,
            spool,
            uplink,
            ..
        } = self;
        [
            ("edges.connections", count(edges.connections)),
            ("edges.bodies", count(edges.bodies)),
            ("edges.sensor_bodies", count(edges.sensor_bodies)),
            ("edges.piece_seconds", edges.piece_seconds),
            ("edges.body_seconds", edges.body_seconds),
            ("edges.body_kib", count(edges.body_kib)),
            ("edges.unpacked_kib", count(edges.unpacked_kib)),
            ("edges.body_events", edges.body_events),
            ("uplink.trial_seconds", uplink.trial_seconds),
            ("uplink.flights", count(uplink.flights)),
            ("uplink.body_seconds", uplink.body_seconds),
            ("uplink.retry_seconds", uplink.retry_seconds),
            ("uplink.silence_seconds", uplink.silence_seconds),
            ("spool.mib", spool.mib),
            ("spool.segment_kib", spool.segment_kib),
            ("spool.queue", count(spool.queue)),
            ("rules.refresh_seconds", rules.refresh_seconds),
            ("rules.exceptions", count(rules.exceptions)),
            ("limits.rule.imports", count(limits.rule.imports)),
            ("intel.refresh_seconds", intel.refresh_seconds),
            ("intel.hunt.batch", count(intel.hunt.batch)),
            ("triage.bulk", count(self.triage.bulk)),
            ("limits.intel.line_bytes", count(limits.intel.line_bytes)),
            ("limits.intel.file_mib", limits.intel.file_mib),
            ("web.session_idle_minutes", web.session_idle_minutes),
            ("web.session_hours", web.session_hours),
            ("web.body_kib", count(web.body_kib)),
            ("web.search_seconds", web.search_seconds),
            ("web.live_streams", count(web.live_streams)),
            ("web.live_streams_each", count(web.live_streams_each)),
            ("web.connections", count(web.connections)),
            ("web.source_silence_minutes", web.source_silence_minutes),
            ("cases.evidence_mib", cases.evidence_mib),
            ("cases.uploads", count(cases.uploads)),
            ("cases.silence_seconds", cases.silence_seconds),
            ("journal.segment_mib", journal.segment_mib),
            ("journal.group_kib", count(journal.group_kib)),
            ("journal.queue", count(journal.queue)),
            ("index.writers", count(index.writers)),
            ("index.partition_events", index.partition_events),
            ("index.partition_minutes", index.partition_minutes),
            ("index.backfill_idle_minutes", index.backfill_idle_minutes),
            ("index.commit_ms", index.commit_ms),
            ("index.commit_events", index.commit_events),
            ("detector.checkpoint_ms", detector.checkpoint_ms),
            ("detector.window_entries", count(detector.window_entries)),
        ]
    }

    /// The data folder: the one named, else the one configured, else the system's.
    pub fn data_dir(&self, named: Option<&Path>) -> PathBuf {
        named
            .map(Path::to_owned)
            .or_else(|| self.data_dir.clone())
            .unwrap_or_else(|| PathBuf::from("/var/lib/haidang"))
    }

    /// How the journal behaves.
    pub fn journal(&self, clock: crate::Clock) -> journal::Options {
        journal::Options {
            segment_bytes: self.journal.segment_mib << 20,
            group_bytes: self.journal.group_kib << 10,
            reserve_bytes: self.journal.reserve_mib << 20,
            queue: self.journal.queue,
            clock,
        }
    }

    /// How the pipeline behaves.
    pub fn pipeline(&self) -> pipeline::Options {
        pipeline::Options {
            checkpoint_every: Duration::from_millis(self.detector.checkpoint_ms),
            commit_every: Duration::from_millis(self.index.commit_ms),
            index: self.index_options(),
            retention: self.retention.retention(),
            windows: correlate::WindowLimits {
                entries: self.detector.window_entries,
                lateness: Duration::from_secs(self.detector.lateness_seconds),
            },
            assets: self.limits.assets,
        }
    }

    /// How much there may be of rules.
    pub fn rulebook_limits(&self) -> RulebookLimits {
        RulebookLimits {
            rule: self.limits.rule.clone(),
            exceptions: self.rules.exceptions,
        }
    }

    /// How partitions are written.
    pub fn index_options(&self) -> index::Options {
        index::Options {
            writers: self.index.writers,
            heap: self.index.heap_mib << 20,
            partition_events: self.index.partition_events,
            partition_age: Duration::from_secs(60 * self.index.partition_minutes),
            backfill_idle: Duration::from_secs(60 * self.index.backfill_idle_minutes),
            commit_events: self.index.commit_events,
        }
    }

    /// How the API behaves.
    pub fn web(&self) -> web::Options {
        web::Options {
            session_idle: Duration::from_secs(60 * self.web.session_idle_minutes),
            session_age: Duration::from_secs(3_600 * self.web.session_hours),
            body_bytes: self.web.body_kib << 10,
            search_deadline: Duration::from_secs(self.web.search_seconds),
            live_streams: self.web.live_streams,
            live_streams_each: self.web.live_streams_each,
            query: self.limits.query,
            aggregate: self.limits.aggregate,
            export: self.limits.export,
            import_bytes: self.limits.rule.import_mib << 20,
            update_bytes: self.update.bytes(),
            trial: self.rules.trial,
            assets: self.limits.assets,
            cases: self.cases,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every key of the manual is a key, and every default that it shows is the default.
    #[test]
    fn the_manual_shows_the_defaults() {
        let manual = include_str!("../../config.toml");
        let mut shown = String::new();
        for line in manual.lines() {
            let commented = line.strip_prefix("#: ");
            shown.push_str(commented.unwrap_or(line));
            shown.push('\n');
        }
        let shown: Config = toml::from_str(&shown).unwrap();
        assert_eq!(format!("{shown:?}"), format!("{:?}", Config::default()));
    }

    #[test]
    fn what_cannot_work_is_refused_by_name() {
        let source =
            |id: &str| format!("[[source]]\nid = \"{id}\"\nsite = \"\"\nkind = \"journal\"\n");
        for (text, named) in [
            (
                "[journal]\nsegment_mib = 0\n".to_owned(),
                "journal.segment_mib is 0",
            ),
            (
                "[index]\nheap_mib = 14\n".to_owned(),
                "index.heap_mib is below 15",
            ),
            (
                format!("{}{}", source("a"), source("a")),
                "two sources have the id a;",
            ),
            (
                source("haidang"),
                "the source id haidang is the centre's own",
            ),
        ] {
            let error = format!("{:#}", Config::parse(&text).unwrap_err());
            assert!(error.contains(named), "{error}");
        }
    }

    #[test]
    fn an_unknown_key_is_named_with_its_line() {
        let error = toml::from_str::<Config>("[web]\nlisten = \"127.0.0.1:1\"\nprot = 1\n");
        let text = error.unwrap_err().to_string();
        assert!(text.contains("line 3") && text.contains("prot"), "{text}");
    }
}
