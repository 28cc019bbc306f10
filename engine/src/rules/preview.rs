//! What an exception would have left out: the kept events of the rule's alerts are looked at with its
//! comparisons, by the same engine that will look at new ones.

use std::time::Duration;

use event::{Fields, Limits, Text, Time, View};

use super::exceptions::check;
use super::{Book, BookRow, Exempt, Refused, Rulebook, refuse};
use crate::detect::Engine;
use crate::error::Result;
use crate::index::Journaled;
use crate::reader::Reader;
use crate::rule::{Origin, RuleFile, RuleSet, selection};
use crate::store::{KeptAlert, Store, Verdict};

/// The days whose alerts are looked at.
pub const DAYS: u64 = 7;
/// Alerts that are looked at, the newest: each has up to 40 events, and somebody waits for the answer.
const ALERTS: usize = 5_000;
/// Alerts that are named.
const EXAMPLES: usize = 5;

/// What an exception would have left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExceptionPreview {
    /// Alerts of the rule that the reader sees, at most the newest 5,000.
    pub alerts: u64,
    /// Those of which it leaves out every event that is kept.
    pub silenced: u64,
    /// Those that lose some of their events.
    pub smaller: u64,
    /// Silenced ones with more events than are kept: they are judged by the kept ones.
    pub sampled: u64,
    /// Silenced ones that a person judged to be true.
    pub true_positives: u64,
    /// Some silenced ones, those judged to be true first.
    pub examples: Vec<String>,
}

impl Rulebook {
    /// What an exception would have left out of the alerts of the last days.
    pub fn preview_exception(
        &self,
        store: &Store,
        reader: &Reader,
        exempt: &Exempt,
        now: Time,
    ) -> Result<std::result::Result<ExceptionPreview, Refused>> {
        refuse!(check(exempt, &reader.scope));
        let book = self.current();
        let Some(row) = book.row(&exempt.rule) else {
            return Ok(Err(Refused::NoRule));
        };
        let set = refuse!(self.compiled(&book, row, exempt));
        let mut judge = Judge {
            engine: Engine::compile(&set),
            sites: &exempt.sites,
            fields: Fields::default(),
            preview: ExceptionPreview::default(),
            silenced: Vec::new(),
        };
        let since = now.minus(Duration::from_secs(DAYS * 86_400));
        let id = Text::clone(&row.info.id);
        store.kept_alerts(reader, &id, since, ALERTS, |alert| judge.take(&alert))?;
        Ok(Ok(judge.finish()))
    }

    /// The comparisons as a rule of its own for each log source.
    fn compiled(
        &self,
        book: &Book,
        row: &BookRow,
        exempt: &Exempt,
    ) -> std::result::Result<RuleSet, Refused> {
        let mut files: Vec<RuleFile> = Vec::new();
        for id in book.looked_at(row) {
            let Some(looked_at) = book.row(&id) else {
                continue;
            };
            files.push(RuleFile {
                origin: Origin::Local,
                path: String::new(),
                text: format!(
                    "title: preview\nid: preview-{}\nlogsource: {}\ndetection:\n{}  condition: selection\n",
                    files.len(),
                    looked_at.logsource.written(),
                    selection(&exempt.matches, "  "),
                ),
            });
        }
        let (set, problems) = RuleSet::load_mapped(&files, book.mapping.clone(), &self.limits);
        match problems.into_iter().find(|problem| problem.is_error()) {
            None => Ok(set),
            Some(problem) => Err(Refused::Bad(problem.reason)),
        }
    }
}

struct Judge<'a> {
    engine: Engine,
    sites: &'a [Text],
    fields: Fields,
    preview: ExceptionPreview,
    /// The ids, and whether a person judged them to be true.
    silenced: Vec<(bool, String)>,
}

impl Judge<'_> {
    fn take(&mut self, alert: &KeptAlert) {
        self.preview.alerts += 1;
        let kept = alert.events.len();
        let mut out = 0;
        for event in &alert.events {
            out += usize::from(self.leaves_out(event));
        }
        if out == 0 {
            return;
        }
        if out < kept {
            self.preview.smaller += 1;
            return;
        }
        self.preview.silenced += 1;
        let more = alert.count > u64::try_from(kept).unwrap_or(u64::MAX);
        self.preview.sampled += u64::from(more);
        let is_true = alert.verdict == Some(Verdict::TruePositive);
        self.preview.true_positives += u64::from(is_true);
        self.silenced.push((!is_true, alert.id.clone()));
    }

    fn leaves_out(&mut self, journaled: &Journaled) -> bool {
        let event = &journaled.event;
        if !self.sites.is_empty() && !self.sites.contains(&event.site) {
            return false;
        }
        self.fields.read(event.record.bytes(), Limits::default());
        let view = View {
            event,
            fields: &self.fields,
        };
        let mut detections = Vec::new();
        self.engine.examine(view, &mut detections);
        !detections.is_empty()
    }

    fn finish(mut self) -> ExceptionPreview {
        self.silenced.sort_by_key(|(is_other, _)| *is_other);
        let examples = self.silenced.into_iter().take(EXAMPLES);
        self.preview.examples = examples.map(|(_, id)| id).collect();
        self.preview
    }
}
