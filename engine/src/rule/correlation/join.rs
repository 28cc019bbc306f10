//! Correlations joined to the rules that they name: detection rules, and other correlations.
//!
//! An inner correlation stands before those that refer to it. One that refers to itself, however far
//! around, is a problem that names the circle.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

use event::Text;

use super::{Correlation, CorrelationBody, Inner, Member, Reference};
use crate::rule::RuleSet;
use crate::rule::info::RuleInfo;
use crate::rule::limits::RuleLimits;
use crate::rule::off::OffList;
use crate::rule::problem::{Problem, Severity};
use crate::rule::set::{DetectionRule, problem};
use crate::rule::yaml::{Node, Value};

/// A correlation whose rules are not found yet.
#[derive(Debug)]
pub(in crate::rule) struct Written {
    pub(in crate::rule) info: RuleInfo,
    pub(in crate::rule) name: Option<String>,
    pub(in crate::rule) line: u32,
    pub(in crate::rule) body: CorrelationBody,
}

/// What a reference means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Target {
    /// A place among the detection rules.
    Rule(usize),
    /// A place among the correlations as written.
    Correlation(usize),
}

/// Joins correlations to the rules of the set, and decides which rules raise alerts of their own.
pub(in crate::rule) fn join(
    set: &mut RuleSet,
    written: Vec<Written>,
    mut unheard: Vec<String>,
    limits: &RuleLimits,
    off: &OffList,
    problems: &mut Vec<Problem>,
) {
    let names = Names::new(&set.detections, &written);
    let targets: Vec<Option<Vec<Target>>> = written
        .iter()
        .map(|each| names.resolve(each, &set.detections, &written, problems))
        .collect();
    let order = inner_first(&written, &targets, problems);
    let mut joiner = Joiner {
        set,
        written: &written,
        targets: &targets,
        joined: Vec::new(),
        generates: Vec::new(),
        places: HashMap::new(),
        depths: HashMap::new(),
        nesting: limits.nesting,
    };
    for place in order {
        joiner.take(place, problems);
    }
    let (joined, generates) = (joiner.joined, joiner.generates);
    let taken: HashSet<&Text> = joined.iter().map(|each| &each.info.id).collect();
    let refused = written
        .iter()
        .filter(|each| !taken.contains(&each.info.id) && !each.body.generate);
    let named = refused.flat_map(|each| &each.body.rules);
    unheard.extend(named.map(|reference| reference.name.clone()));
    decide_alerts(set, joined, &generates, &unheard, off);
}

/// The rules that a correlation would have counted which cannot be read: what was one question must not
/// become hundreds because of a slip in another document.
pub(in crate::rule) fn counted_by(root: &Node) -> Vec<String> {
    let Some(body) = root.at("correlation") else {
        return Vec::new();
    };
    let generates =
        |node: Option<&Node>| node.is_some_and(|node| matches!(node.value, Value::Bool(true)));
    if generates(root.at("generate")) || generates(body.at("generate")) {
        return Vec::new();
    }
    let rules = body.at("rules").map(Node::items).unwrap_or_default();
    rules.iter().filter_map(Node::text).collect()
}

/// Who is called what.
#[derive(Default)]
struct Names {
    ids: HashMap<Text, Target>,
    names: HashMap<String, Vec<Target>>,
}

impl Names {
    fn new(detections: &[DetectionRule], written: &[Written]) -> Self {
        let mut called = Self::default();
        for (place, rule) in detections.iter().enumerate() {
            called.add(Target::Rule(place), &rule.info.id, rule.name.as_deref());
        }
        for (place, each) in written.iter().enumerate() {
            called.add(
                Target::Correlation(place),
                &each.info.id,
                each.name.as_deref(),
            );
        }
        called
    }

    fn add(&mut self, target: Target, id: &Text, name: Option<&str>) {
        self.ids.insert(Text::clone(id), target);
        if let Some(name) = name {
            self.names.entry(name.to_owned()).or_default().push(target);
        }
    }

    /// The rule with this id or name; a name is looked for in the same file first.
    fn find(&self, name: &str, is_near: impl Fn(Target) -> bool) -> Result<Target, String> {
        let mut called = self.names.get(name).cloned().unwrap_or_default();
        let by_id = self.ids.get(name.to_lowercase().as_str()).copied();
        called.extend(by_id.filter(|target| !called.contains(target)));
        let mut near = called.iter().filter(|target| is_near(**target));
        match (called.as_slice(), near.next(), near.next()) {
            ([only], ..) => Ok(*only),
            (_, Some(near), None) => Ok(*near),
            ([], ..) => Err(format!(
                "refers to `{name}`, which is no usable rule; load it, or correct the id or name"
            )),
            _ => Err(format!(
                "refers to `{name}`, which is the name of several rules; use the id"
            )),
        }
    }

    /// What all references of a correlation mean; none when one means nothing.
    fn resolve(
        &self,
        each: &Written,
        detections: &[DetectionRule],
        written: &[Written],
        problems: &mut Vec<Problem>,
    ) -> Option<Vec<Target>> {
        let is_near = |target| {
            let file = match target {
                Target::Rule(place) => detections.get(place).map(|rule| &rule.info.file),
                Target::Correlation(place) => written.get(place).map(|other| &other.info.file),
            };
            file == Some(&each.info.file)
        };
        let mut targets = Vec::new();
        for Reference { name, line } in &each.body.rules {
            match self.find(name, is_near) {
                Ok(target) if targets.contains(&target) => {
                    let reason = format!("`{name}` is a rule that is listed already; take one out");
                    problems.push(problem(&each.info, *line, reason, Severity::Error));
                }
                Ok(target) => targets.push(target),
                Err(reason) => problems.push(problem(&each.info, *line, reason, Severity::Error)),
            }
        }
        (targets.len() == each.body.rules.len()).then_some(targets)
    }
}

/// The correlations that can be joined, inner before outer. Those in a circle are listed.
fn inner_first(
    written: &[Written],
    targets: &[Option<Vec<Target>>],
    problems: &mut Vec<Problem>,
) -> Vec<usize> {
    let inner_of = |place: usize| {
        let all = targets
            .get(place)
            .and_then(Option::as_ref)
            .into_iter()
            .flatten();
        all.enumerate().filter_map(|(number, target)| match target {
            Target::Correlation(inner) => Some((number, *inner)),
            Target::Rule(_) => None,
        })
    };
    let mut waiting: Vec<usize> = (0..written.len())
        .map(|place| inner_of(place).count())
        .collect();
    let mut outer: HashMap<usize, Vec<usize>> = HashMap::new();
    for place in 0..written.len() {
        for (_, inner) in inner_of(place) {
            outer.entry(inner).or_default().push(place);
        }
    }
    let free = waiting.iter().enumerate().filter(|(_, count)| **count == 0);
    let mut queue: VecDeque<usize> = free.map(|(place, _)| place).collect();
    let mut order = Vec::new();
    while let Some(place) = queue.pop_front() {
        order.push(place);
        for next in outer.get(&place).into_iter().flatten() {
            if let Some(count) = waiting.get_mut(*next) {
                *count -= 1;
                if *count == 0 {
                    queue.push_back(*next);
                }
            }
        }
    }
    let is_stuck = |place: usize| waiting.get(place).is_some_and(|count| *count > 0);
    let stuck_inner = |place: usize| inner_of(place).find(|(_, inner)| is_stuck(*inner));
    // Whoever waits leads to a circle; those that only lead to it are judged with the rest.
    let mut seen = HashSet::new();
    for start in (0..written.len()).filter(|place| is_stuck(*place)) {
        let (mut path, mut at) = (Vec::new(), start);
        while seen.insert(at) {
            path.push(at);
            let Some((_, inner)) = stuck_inner(at) else {
                break;
            };
            at = inner;
        }
        let from = path.iter().position(|place| *place == at);
        let (leading, circle) = path
            .split_at_checked(from.unwrap_or(path.len()))
            .unwrap_or_default();
        report_circle(written, circle, &stuck_inner, problems);
        order.extend(leading.iter().rev());
    }
    order
}

fn report_circle(
    written: &[Written],
    circle: &[usize],
    stuck_inner: &impl Fn(usize) -> Option<(usize, usize)>,
    problems: &mut Vec<Problem>,
) {
    const SHOWN: usize = 10;
    let called = |place: usize| {
        written
            .get(place)
            .map_or("?", |each| each.name.as_deref().unwrap_or(&each.info.id))
    };
    for (number, place) in circle.iter().enumerate() {
        let Some(each) = written.get(*place) else {
            continue;
        };
        let around = circle
            .iter()
            .cycle()
            .skip(number)
            .take(circle.len().min(SHOWN));
        let mut names: Vec<&str> = around.map(|place| called(*place)).collect();
        names.push(if circle.len() > SHOWN {
            "…"
        } else {
            called(*place)
        });
        let reason = format!(
            "the correlations refer to each other in a circle, {}; take one reference out",
            names.join(" → ")
        );
        let reference = stuck_inner(*place).and_then(|(number, _)| each.body.rules.get(number));
        let line = reference.map_or(each.line, |reference| reference.line);
        problems.push(problem(&each.info, line, reason, Severity::Error));
    }
}

struct Joiner<'a> {
    set: &'a RuleSet,
    written: &'a [Written],
    targets: &'a [Option<Vec<Target>>],
    joined: Vec<Correlation>,
    /// For each of the joined, whether its rules raise alerts, too.
    generates: Vec<bool>,
    /// Place as written, place among the joined.
    places: HashMap<usize, usize>,
    /// How many correlations stand below one another, for each of the joined.
    depths: HashMap<usize, usize>,
    nesting: usize,
}

impl Joiner<'_> {
    fn take(&mut self, place: usize, problems: &mut Vec<Problem>) {
        let each = self.written.get(place);
        let targets = self.targets.get(place).and_then(Option::as_ref);
        let Some((each, targets)) = each.zip(targets) else {
            return;
        };
        let (mut members, mut depth) = (Vec::new(), 0);
        for (target, reference) in targets.iter().zip(&each.body.rules) {
            match self.member(*target, reference, each) {
                Ok(member) => members.push(member),
                Err(reason) => {
                    problems.push(problem(&each.info, reference.line, reason, Severity::Error));
                }
            }
            if let Target::Correlation(inner) = target {
                depth = depth.max(1 + self.depths.get(inner).copied().unwrap_or(0));
            }
        }
        if depth > self.nesting {
            let reason = format!("correlations are chained deeper than {}", self.nesting);
            problems.push(problem(&each.info, each.line, reason, Severity::Error));
            return;
        }
        if members.len() < targets.len() {
            return;
        }
        let info = RuleInfo {
            rules: self.counted(targets),
            group: group_names(&each.body.group_by, &members),
            ..each.info.clone()
        };
        self.places.insert(place, self.joined.len());
        self.depths.insert(place, depth);
        self.generates.push(each.body.generate);
        self.joined.push(Correlation {
            info: Arc::new(info),
            members,
            group_by: each.body.group_by.clone(),
            measure: each.body.measure.clone(),
            range: each.body.range,
            span: each.body.span,
            alerts: true,
            off: Vec::new(),
            counted: false,
            idle: false,
        });
    }

    fn member(
        &self,
        target: Target,
        reference: &Reference,
        outer: &Written,
    ) -> Result<Member, String> {
        match target {
            Target::Rule(place) => {
                let rule = self.set.detections.get(place).ok_or("is gone")?;
                let known = known(&reference.name, &rule.info, rule.name.as_deref());
                let names = |field: &String| {
                    let field = outer.body.field(field, &known);
                    self.set.mapping.names(&rule.body.logsource, field)
                };
                Ok(Member {
                    rule: Text::clone(&rule.info.id),
                    group: outer.body.group_by.iter().map(names).collect(),
                    values: outer.body.fields.iter().map(names).collect(),
                    inner: None,
                })
            }
            Target::Correlation(place) => self.chained(place, reference, outer),
        }
    }

    /// Of an inner correlation only its group-by values are known.
    fn chained(
        &self,
        place: usize,
        reference: &Reference,
        outer: &Written,
    ) -> Result<Member, String> {
        let called = &reference.name;
        let inner = self
            .places
            .get(&place)
            .and_then(|place| self.joined.get(*place));
        let (Some(inner), Some(written)) = (inner, self.written.get(place)) else {
            return Err(format!(
                "refers to `{called}`, which has a problem of its own; mend that"
            ));
        };
        if inner.info.province && !outer.info.province {
            return Err(format!(
                "refers to `{called}`, which spans sites; write haidang: {{scope: province}} here too"
            ));
        }
        let known = known(called, &inner.info, written.name.as_deref());
        let find = |field: &String| {
            let wanted = outer.body.field(field, &known);
            inner.group_by.iter().position(|held| held == wanted).ok_or_else(|| {
                format!(
                    "asks for `{wanted}` of `{called}`, a correlation that is not grouped by it; add \
                     it to its group-by, or give an alias for `{called}`"
                )
            })
        };
        let group = outer
            .body
            .group_by
            .iter()
            .map(find)
            .collect::<Result<Vec<_>, _>>()?;
        let values = outer
            .body
            .fields
            .iter()
            .map(find)
            .collect::<Result<Vec<_>, _>>()?;
        let names = |place: &usize| {
            let names = inner.info.group.get(*place);
            names.map(|(_, names)| names.clone()).unwrap_or_default()
        };
        Ok(Member {
            rule: Text::clone(&inner.info.id),
            group: group.iter().map(names).collect(),
            values: values.iter().map(names).collect(),
            inner: Some(Inner { group, values }),
        })
    }

    /// The ids of the detection rules at the end of every chain: whose events an alert holds.
    fn counted(&self, targets: &[Target]) -> Vec<Text> {
        let mut ids: Vec<Text> = Vec::new();
        for target in targets {
            match target {
                Target::Rule(place) => {
                    let rule = self.set.detections.get(*place);
                    ids.extend(rule.map(|rule| Text::clone(&rule.info.id)));
                }
                Target::Correlation(place) => {
                    let inner = self
                        .places
                        .get(place)
                        .and_then(|place| self.joined.get(*place));
                    ids.extend(
                        inner
                            .into_iter()
                            .flat_map(|inner| inner.info.rules.iter().cloned()),
                    );
                }
            }
        }
        let mut seen = HashSet::new();
        ids.retain(|id| seen.insert(Text::clone(id)));
        ids
    }
}

/// What aliases may call a rule.
fn known<'a>(reference: &'a str, info: &'a RuleInfo, name: Option<&'a str>) -> Vec<&'a str> {
    [reference, &*info.id].into_iter().chain(name).collect()
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

/// A rule that a correlation counts raises no alerts itself unless a correlation says so, also while
/// that correlation is off: what was one question must not become a hundred. A rule that is off
/// everywhere is looked at only for a correlation in force that counts it.
fn decide_alerts(
    set: &mut RuleSet,
    mut joined: Vec<Correlation>,
    generates: &[bool],
    unheard: &[String],
    off: &OffList,
) {
    let mut raises: HashMap<Text, bool> = HashMap::new();
    for (outer, generates) in joined.iter().zip(generates) {
        for member in &outer.members {
            *raises.entry(Text::clone(&member.rule)).or_default() |= generates;
        }
    }
    let mut counted: HashSet<Text> = HashSet::new();
    let decide = |id: &Text, is_heard: bool, is_counted: bool| {
        let own = off.of(id).cloned().unwrap_or_default();
        let alerts = raises.get(id).copied().unwrap_or(is_heard) && !own.is_everywhere();
        let sites = own.sites().cloned().collect();
        (alerts, sites, own.is_everywhere() && !is_counted)
    };
    // Outer before inner.
    for each in joined.iter_mut().rev() {
        let id = Text::clone(&each.info.id);
        each.counted = counted.contains(&id);
        (each.alerts, each.off, each.idle) = decide(&id, true, each.counted);
        if !each.idle {
            counted.extend(each.members.iter().map(|member| Text::clone(&member.rule)));
        }
    }
    for rule in &mut set.detections {
        rule.counted = counted.contains(&rule.info.id);
        let is_heard = !unheard.iter().any(|name| rule.is_called(name));
        (rule.alerts, rule.off, rule.idle) = decide(&rule.info.id, is_heard, rule.counted);
    }
    set.correlations = joined.into_iter().map(Arc::new).collect();
}
