//! All rules together: read, the winner of each id chosen, fields translated, filters applied,
//! correlations joined to their rules.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use event::{Text, Time};

use super::RuleFile;
use super::condition::Condition;
use super::correlation::{self, Correlation, Written};
use super::document::{self, Body, DetectionBody, Document};
use super::filter::{Filter, FilterBody};
use super::info::{Origin, RuleInfo};
use super::item::Search;
use super::limits::RuleLimits;
use super::logsource::Logsource;
use super::mapping::Mapping;
use super::modifier::Test;
use super::off::OffList;
use super::placeholder::Placeholders;
use super::problem::{Faults, Problem, Severity};
use super::yaml;

/// Every rule that can be used, ready to be compiled.
#[derive(Debug, Default)]
pub struct RuleSet {
    infos: Vec<Arc<RuleInfo>>,
    filters: Vec<Filter>,
    off: OffList,
    pub(crate) detections: Vec<DetectionRule>,
    pub(crate) correlations: Vec<Arc<Correlation>>,
    pub(crate) mapping: Mapping,
}

/// A rule that looks at one event.
#[derive(Clone, Debug)]
pub(crate) struct DetectionRule {
    pub(crate) info: Arc<RuleInfo>,
    pub(crate) body: DetectionBody,
    /// It raises alerts of its own; else it only feeds correlations.
    pub(crate) alerts: bool,
    /// At these sites it raises none.
    pub(crate) off: Vec<Text>,
    /// A correlation that is in force counts it.
    pub(crate) counted: bool,
    /// It is off everywhere and nobody counts it: it is known, and not compiled.
    pub(crate) idle: bool,
    pub(super) name: Option<String>,
}

/// What people say of rules beside their files, and when it is asked.
#[derive(Clone, Debug, Default)]
pub struct Tuning {
    /// A filter that has expired by then is not applied.
    pub now: Time,
    /// Where rules raise no alerts.
    pub off: OffList,
}

impl RuleSet {
    /// Reads rules and mappings. Every problem is listed; a bad rule costs only itself. A local
    /// rule wins over a shipped one with the same id.
    pub fn load(
        files: Vec<RuleFile>,
        mappings: Vec<RuleFile>,
        limits: &RuleLimits,
    ) -> (Self, Vec<Problem>) {
        let (lists, tuning) = (Placeholders::default(), Tuning::default());
        Self::load_with(files, mappings, &lists, &tuning, limits)
    }

    /// The same with lists of values for `expand`, and with what people say of rules.
    pub fn load_with(
        files: Vec<RuleFile>,
        mappings: Vec<RuleFile>,
        lists: &Placeholders,
        tuning: &Tuning,
        limits: &RuleLimits,
    ) -> (Self, Vec<Problem>) {
        let mut problems = Vec::new();
        let mapping = Mapping::load(&mappings, limits, &mut problems);
        let mut unheard = Vec::new();
        let documents = read_files(&files, lists, limits, &mut problems, &mut unheard);
        let documents = winners(documents, limits, &mut problems);
        let mut set = Self {
            mapping,
            ..Self::default()
        };
        let (mut filters, mut correlations) = (Vec::new(), Vec::new());
        for Document {
            info,
            name,
            line,
            body,
        } in documents
        {
            match body {
                Body::Filter(filter) => filters.push((info, line, filter)),
                Body::Correlation(body) => correlations.push(Written {
                    info,
                    name,
                    line,
                    body,
                }),
                Body::Detection(body) => {
                    set.detections
                        .push(set.detection(Arc::new(info), name, body));
                }
            }
        }
        for (info, line, filter) in filters {
            set.filter(info, line, filter, tuning.now, &mut problems);
        }
        let off = &tuning.off;
        correlation::join(&mut set, correlations, unheard, limits, off, &mut problems);
        let detections = set.detections.iter().map(|rule| Arc::clone(&rule.info));
        let joined = set.correlations.iter().map(|rule| Arc::clone(&rule.info));
        set.infos = detections.chain(joined).collect();
        set.off.clone_from(&tuning.off);
        (set, problems)
    }

    /// Where rules raise no alerts.
    pub fn off(&self) -> &OffList {
        &self.off
    }

    /// Reads detection rules for a mapping that is loaded already.
    pub(crate) fn load_mapped(
        files: &[RuleFile],
        mapping: Mapping,
        limits: &RuleLimits,
    ) -> (Self, Vec<Problem>) {
        let mut problems = Vec::new();
        let lists = Placeholders::default();
        let documents = read_files(files, &lists, limits, &mut problems, &mut Vec::new());
        let mut set = Self {
            mapping,
            ..Self::default()
        };
        for document in documents {
            if let Body::Detection(body) = document.body {
                let rule = set.detection(Arc::new(document.info), document.name, body);
                set.detections.push(rule);
            }
        }
        (set, problems)
    }

    /// Leaves in force only these rules, and what the correlations among them count.
    pub(crate) fn only(&mut self, mut wanted: HashSet<Text>) {
        // Outer before inner.
        let mut kept = Vec::new();
        for each in self.correlations.drain(..).rev() {
            if wanted.contains(&each.info.id) {
                wanted.extend(each.members.iter().map(|member| Text::clone(&member.rule)));
                kept.push(each);
            }
        }
        kept.reverse();
        self.correlations = kept;
        self.detections
            .retain(|rule| wanted.contains(&rule.info.id));
    }

    /// The filters, also those that have expired.
    pub fn filters(&self) -> &[Filter] {
        &self.filters
    }

    /// What is known of each rule, also of those that are off.
    pub fn rules(&self) -> impl Iterator<Item = &Arc<RuleInfo>> {
        self.infos.iter()
    }

    fn detection(
        &self,
        info: Arc<RuleInfo>,
        name: Option<String>,
        mut body: DetectionBody,
    ) -> DetectionRule {
        let logsource = body.logsource.clone();
        translate(&mut body, &logsource, &self.mapping);
        DetectionRule {
            info,
            body,
            alerts: true,
            off: Vec::new(),
            counted: false,
            idle: false,
            name,
        }
    }

    /// Adds a filter to the rules it is for; its fields are translated as theirs.
    fn filter(
        &mut self,
        info: RuleInfo,
        line: u32,
        filter: FilterBody,
        now: Time,
        problems: &mut Vec<Problem>,
    ) {
        let FilterBody {
            rules: named,
            mut asked,
            notes,
            matches,
        } = filter;
        let expired = notes.expires.is_some_and(|expires| expires <= now);
        if !notes.sites.is_empty() {
            asked = only_at(&notes.sites, asked);
        }
        let mut applied = Vec::new();
        for rule in &mut self.detections {
            let listed = match &named {
                None => true,
                Some(names) => names.iter().any(|name| rule.is_called(name)),
            };
            if listed && asked.logsource.covers(&rule.body.logsource) {
                applied.push(Text::clone(&rule.info.id));
                if !expired {
                    rule.leave_out(&asked, &self.mapping);
                }
            }
        }
        if applied.is_empty() {
            let reason = "the filter is for no rule that is loaded".to_owned();
            problems.push(problem(&info, line, reason, Severity::Warning));
        }
        self.filters.push(Filter {
            id: info.id,
            title: info.title,
            origin: info.origin,
            file: info.file,
            source: info.source,
            logsource: asked.logsource,
            notes,
            any: named.is_none(),
            rules: applied,
            named: named.unwrap_or_default(),
            matches,
            expired,
        });
    }
}

/// A filter that only counts for events of some sites.
fn only_at(sites: &[Text], mut asked: DetectionBody) -> DetectionBody {
    let here = Condition::Search(asked.searches.len());
    asked.searches.push(Search::at_sites(sites.to_vec()));
    asked.condition = Condition::Or(vec![asked.condition, Condition::Not(Box::new(here))]);
    asked
}

impl DetectionRule {
    /// Asks more of an event.
    fn leave_out(&mut self, asked: &DetectionBody, mapping: &Mapping) {
        let mut asked = asked.clone();
        translate(&mut asked, &self.body.logsource, mapping);
        let condition = asked.condition.moved(self.body.searches.len());
        self.body.searches.extend(asked.searches);
        let own = std::mem::replace(&mut self.body.condition, Condition::Or(Vec::new()));
        self.body.condition = Condition::And(vec![own, condition]);
    }

    pub(super) fn is_called(&self, name: &str) -> bool {
        self.info.id.eq_ignore_ascii_case(name) || self.name.as_deref() == Some(name)
    }
}

/// The documents of files; `unheard` gets the rules that refused correlations would have counted.
fn read_files(
    files: &[RuleFile],
    lists: &Placeholders,
    limits: &RuleLimits,
    problems: &mut Vec<Problem>,
    unheard: &mut Vec<String>,
) -> Vec<Document> {
    let mut documents = Vec::new();
    for file in files {
        let mut faults = Faults::default();
        if file.text.len() > limits.file_bytes {
            faults.error(
                0,
                format!("larger than {} bytes; split it", limits.file_bytes),
            );
            problems.extend(faults.into_problems(&file.path, None));
            continue;
        }
        if yaml::count(&file.text) > limits.documents {
            faults.error(
                0,
                format!("only the first {} documents are read", limits.documents),
            );
            problems.extend(faults.into_problems(&file.path, None));
        }
        for source in yaml::documents(&file.text, limits) {
            let mut faults = Faults::default();
            let mut called = None;
            match source.root {
                Err((line, reason)) => faults.error(line, reason),
                Ok(mut root) => {
                    lists.resolve(&mut root);
                    let key = root.at("id").or_else(|| root.at("title"));
                    called = key.and_then(yaml::Node::text);
                    match document::read(&root, source.text, file, limits, &mut faults) {
                        Some(document) => documents.push(document),
                        None => unheard.extend(correlation::counted_by(&root)),
                    }
                }
            }
            problems.extend(faults.into_problems(&file.path, called.as_deref()));
        }
    }
    documents
}

/// One document for each id: the local one before the shipped one, else the first.
fn winners(
    documents: Vec<Document>,
    limits: &RuleLimits,
    problems: &mut Vec<Problem>,
) -> Vec<Document> {
    let mut places: HashMap<Text, usize> = HashMap::new();
    let mut kept: Vec<Document> = Vec::new();
    for document in documents {
        let id = Text::clone(&document.info.id);
        let Some(held) = places.get(&id).and_then(|place| kept.get_mut(*place)) else {
            if kept.len() >= limits.rules {
                let reason = format!("more than {} rules; this one is left out", limits.rules);
                problems.push(problem(
                    &document.info,
                    document.line,
                    reason,
                    Severity::Error,
                ));
                continue;
            }
            places.insert(id, kept.len());
            kept.push(document);
            continue;
        };
        match (held.info.origin, document.info.origin) {
            (Origin::Shipped, Origin::Local) => *held = document,
            (Origin::Local, Origin::Shipped) => {}
            _ => {
                let reason = format!("the id is taken by {}; give it another", held.info.file);
                problems.push(problem(
                    &document.info,
                    document.line,
                    reason,
                    Severity::Error,
                ));
            }
        }
    }
    kept
}

/// Gives every field the names it may stand under in our records.
fn translate(body: &mut DetectionBody, logsource: &Logsource, mapping: &Mapping) {
    let names = |field: &String| mapping.names(logsource, field);
    for search in &mut body.searches {
        search.each_item(&mut |item| {
            item.fields = item.fields.iter().flat_map(names).collect();
            for test in item.values.iter_mut().flatten() {
                if let Test::Reference(reference) = test {
                    reference.fields = reference.fields.iter().flat_map(names).collect();
                }
            }
        });
    }
}

pub(super) fn problem(info: &RuleInfo, line: u32, reason: String, severity: Severity) -> Problem {
    Problem {
        file: info.file.clone(),
        line: (line > 0).then_some(line),
        rule: Some(info.id.to_string()),
        reason,
        severity,
    }
}
