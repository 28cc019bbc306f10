//! All rules together: read, the winner of each id chosen, fields translated, filters applied,
//! correlations joined to their rules.

use std::collections::HashMap;
use std::sync::Arc;

use event::Text;

use super::RuleFile;
use super::condition::Condition;
use super::correlation::{Correlation, CorrelationBody, Member};
use super::document::{self, Body, DetectionBody, Document, FilterBody};
use super::info::{Origin, RuleInfo};
use super::limits::RuleLimits;
use super::logsource::Logsource;
use super::mapping::Mapping;
use super::modifier::Test;
use super::placeholder::Placeholders;
use super::problem::{Faults, Problem, Severity};
use super::yaml;

/// Every rule that can be used, ready to be compiled.
#[derive(Debug, Default)]
pub struct RuleSet {
    infos: Vec<Arc<RuleInfo>>,
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
    name: Option<String>,
}

impl RuleSet {
    /// Reads rules and mappings. Every problem is listed; a bad rule costs only itself. A local
    /// rule wins over a shipped one with the same id.
    pub fn load(
        files: Vec<RuleFile>,
        mappings: Vec<RuleFile>,
        limits: &RuleLimits,
    ) -> (Self, Vec<Problem>) {
        Self::load_with(files, mappings, &Placeholders::default(), limits)
    }

    /// The same with lists of values for `expand`.
    pub fn load_with(
        files: Vec<RuleFile>,
        mappings: Vec<RuleFile>,
        lists: &Placeholders,
        limits: &RuleLimits,
    ) -> (Self, Vec<Problem>) {
        let mut problems = Vec::new();
        let mapping = Mapping::load(&mappings, limits, &mut problems);
        let documents = read_files(&files, lists, limits, &mut problems);
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
                Body::Correlation(body) => correlations.push((Arc::new(info), line, body)),
                Body::Detection(body) => {
                    set.detections
                        .push(set.detection(Arc::new(info), name, body));
                }
            }
        }
        for (info, line, filter) in &filters {
            set.filter(info, *line, filter, &mut problems);
        }
        for (info, line, body) in &correlations {
            set.correlate(info, *line, body, &mut problems);
        }
        set.decide_alerts(&correlations);
        let detections = set.detections.iter().map(|rule| Arc::clone(&rule.info));
        let joined = set.correlations.iter().map(|rule| Arc::clone(&rule.info));
        set.infos = detections.chain(joined).collect();
        (set, problems)
    }

    /// What is known of each rule.
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
            name,
        }
    }

    /// Adds a filter to the rules it is for; its fields are translated as theirs.
    fn filter(
        &mut self,
        info: &RuleInfo,
        line: u32,
        filter: &FilterBody,
        problems: &mut Vec<Problem>,
    ) {
        let mut applied = 0_usize;
        for rule in &mut self.detections {
            let listed = match &filter.rules {
                None => true,
                Some(names) => names.iter().any(|name| rule.is_called(name)),
            };
            if !listed || !filter.asked.logsource.covers(&rule.body.logsource) {
                continue;
            }
            applied += 1;
            let mut asked = filter.asked.clone();
            translate(&mut asked, &rule.body.logsource, &self.mapping);
            let condition = asked.condition.moved(rule.body.searches.len());
            rule.body.searches.extend(asked.searches);
            let own = std::mem::replace(&mut rule.body.condition, Condition::Or(Vec::new()));
            rule.body.condition = Condition::And(vec![own, condition]);
        }
        if applied == 0 {
            let reason = "the filter is for no rule that is loaded".to_owned();
            problems.push(problem(info, line, reason, Severity::Warning));
        }
    }

    fn correlate(
        &mut self,
        info: &Arc<RuleInfo>,
        line: u32,
        body: &CorrelationBody,
        problems: &mut Vec<Problem>,
    ) {
        let mut members = Vec::new();
        for name in &body.rules {
            match self.find(name, info) {
                Ok(rule) => members.push(self.member(rule, name, body)),
                Err(reason) => problems.push(problem(info, line, reason, Severity::Error)),
            }
        }
        if members.len() == body.rules.len() {
            let rules = members
                .iter()
                .map(|member| Text::clone(&member.rule))
                .collect();
            let info = RuleInfo {
                rules,
                group: group_names(&body.group_by, &members),
                ..RuleInfo::clone(info)
            };
            self.correlations.push(Arc::new(Correlation {
                info: Arc::new(info),
                members,
                group_by: body.group_by.clone(),
                at_least: body.at_least,
                distinct: !body.counted.is_empty(),
                span: body.span,
            }));
        }
    }

    fn member(&self, rule: &DetectionRule, name: &str, body: &CorrelationBody) -> Member {
        let known: Vec<&str> = [name, &*rule.info.id]
            .into_iter()
            .chain(rule.name.as_deref())
            .collect();
        let names = |field: &String| {
            self.mapping
                .names(&rule.body.logsource, body.field(field, &known))
        };
        Member {
            rule: Text::clone(&rule.info.id),
            group: body.group_by.iter().map(names).collect(),
            values: body.counted.iter().map(names).collect(),
        }
    }

    /// The rule with this id or name; a name is looked for in the same file first.
    fn find(&self, name: &str, from: &RuleInfo) -> Result<&DetectionRule, String> {
        let called: Vec<&DetectionRule> = self
            .detections
            .iter()
            .filter(|rule| rule.is_called(name))
            .collect();
        let mut near = called.iter().filter(|rule| rule.info.file == from.file);
        match (called.as_slice(), near.next(), near.next()) {
            ([only], ..) => Ok(only),
            (_, Some(near), None) => Ok(near),
            ([], ..) => Err(format!(
                "refers to `{name}`, which is no usable detection rule (correlations of \
                 correlations are not in this release)"
            )),
            _ => Err(format!(
                "refers to `{name}`, which is the name of several rules; use the id"
            )),
        }
    }

    /// A rule that a correlation counts raises no alerts itself unless a correlation says so.
    fn decide_alerts(&mut self, bodies: &[(Arc<RuleInfo>, u32, CorrelationBody)]) {
        let mut generate: HashMap<Text, bool> = HashMap::new();
        for correlation in &self.correlations {
            let body = bodies
                .iter()
                .find(|(info, ..)| info.id == correlation.info.id);
            let asked = body.is_some_and(|(.., body)| body.generate);
            for member in &correlation.members {
                *generate.entry(Text::clone(&member.rule)).or_default() |= asked;
            }
        }
        for rule in &mut self.detections {
            rule.alerts = generate.get(&rule.info.id).copied().unwrap_or(true);
        }
    }
}

impl DetectionRule {
    fn is_called(&self, name: &str) -> bool {
        self.info.id.eq_ignore_ascii_case(name) || self.name.as_deref() == Some(name)
    }
}

fn read_files(
    files: &[RuleFile],
    lists: &Placeholders,
    limits: &RuleLimits,
    problems: &mut Vec<Problem>,
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
                    documents.extend(document::read(
                        &root,
                        source.text,
                        file,
                        limits,
                        &mut faults,
                    ));
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

fn problem(info: &RuleInfo, line: u32, reason: String, severity: Severity) -> Problem {
    Problem {
        file: info.file.clone(),
        line: (line > 0).then_some(line),
        rule: Some(info.id.to_string()),
        reason,
        severity,
    }
}

/// Each field of a group with the names that it has in the events of the members.
fn group_names(fields: &[String], members: &[Member]) -> Vec<(String, Vec<String>)> {
    let named = fields.iter().enumerate().map(|(place, field)| {
        let of_members = members.iter().filter_map(|member| member.group.get(place));
        let mut names: Vec<String> = of_members.flatten().cloned().collect();
        names.sort_unstable();
        names.dedup();
        (field.clone(), names)
    });
    named.collect()
}
