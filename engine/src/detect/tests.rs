//! What the specification says of single rules, and the matcher against its slow twin.

use std::sync::Arc;

use event::{Core, CoreField, Event, EventId, Fields, Kind, Record, Time, View};

use super::{Detection, Engine, twin};
use crate::rule::{
    Off, OffEntry, Origin, Placeholders, Problem, RuleFile, RuleLimits, RuleSet, Tuning,
};

mod probes;
mod sigmahq;
mod vocabularies;

/// The shipped mappings.
fn mappings() -> Vec<RuleFile> {
    let files = [
        (
            "cisco.yml",
            include_str!("../../../rules/mapping/cisco.yml"),
        ),
        (
            "cloud.yml",
            include_str!("../../../rules/mapping/cloud.yml"),
        ),
        (
            "devices.yml",
            include_str!("../../../rules/mapping/devices.yml"),
        ),
        (
            "linux.yml",
            include_str!("../../../rules/mapping/linux.yml"),
        ),
        (
            "network.yml",
            include_str!("../../../rules/mapping/network.yml"),
        ),
        (
            "windows.yml",
            include_str!("../../../rules/mapping/windows.yml"),
        ),
    ];
    files.map(|(path, text)| file(path, text)).into()
}

fn file(path: &str, text: &str) -> RuleFile {
    RuleFile {
        origin: Origin::Local,
        path: path.to_owned(),
        text: text.to_owned(),
    }
}

fn load(text: &str) -> (RuleSet, Vec<Problem>) {
    RuleSet::load(
        vec![file("t.yml", text)],
        mappings(),
        &RuleLimits::default(),
    )
}

fn event(kind: Kind, record: &str) -> Event {
    Event {
        id: EventId::unnumbered(kind.lane()),
        time: Time::EPOCH,
        seen: Time::EPOCH,
        sensor: "s".into(),
        source: "f".into(),
        site: "x".into(),
        kind,
        exercise: false,
        core: Core::default(),
        record: Record::new(record.as_bytes().to_vec()),
    }
}

/// The detections of an event; every rule's verdict is compared with the slow twin's.
fn examine(set: &RuleSet, engine: &Engine, event: &Event) -> Vec<Detection> {
    let fields = Fields::of(&event.record);
    let view = View {
        event,
        fields: &fields,
    };
    let mut detections = Vec::new();
    engine.clone().examine(view, &mut detections);
    let mut found: Vec<&str> = detections.iter().map(|found| &*found.rule.id).collect();
    let slow = twin::examine(set, view);
    let mut expected: Vec<&str> = slow.iter().map(|info| &*info.id).collect();
    found.sort_unstable();
    expected.sort_unstable();
    assert_eq!(found, expected, "{:?}", event.record);
    detections
}

fn rule(detection: &str) -> String {
    let indented = detection.replace('\n', "\n  ");
    format!("title: t\nid: t\nlogsource: {{product: windows}}\ndetection:\n  {indented}\n")
}

fn found(text: &str, kind: Kind, record: &str) -> Vec<Detection> {
    let (set, problems) = load(text);
    assert!(
        problems.iter().all(|problem| !problem.is_error()),
        "{problems:?}"
    );
    examine(&set, &Engine::compile(&set), &event(kind, record))
}

#[test]
fn what_matched_is_shown_with_the_name_that_the_event_has() {
    let text = rule(
        "a: {Image|endswith: '\\cmd.exe', CommandLine|contains|all: [x, y]}\nb: {Other: 1}\n\
         k: [EVIL]\ncondition: a and not b and k",
    )
    .replace(
        "{product: windows}",
        "{product: windows, category: process_creation}",
    );
    let record = r#"{"Channel":"Security","EventID":4688,"NewProcessName":"C:\\cmd.exe",
        "CommandLine":"xy","Message":"an evil one"}"#;
    let detections = found(&text, Kind::WindowsSecurity, record);
    let shown = |field: &str, value: &str| (field.to_owned(), value.to_owned());
    assert_eq!(
        detections[0].matched,
        [
            shown("NewProcessName", r"C:\cmd.exe"),
            shown("CommandLine", "xy"),
            shown("Message", "an evil one")
        ]
    );
}

#[test]
fn what_is_shown_is_bounded() {
    let long = format!("x{}", "đ".repeat(1_000));
    let names: Vec<String> = (0..50).map(|n| format!("F{n}|startswith: x")).collect();
    let text = rule(&format!("a: {{{}}}\ncondition: a", names.join(", ")));
    let fields: Vec<String> = (0..50).map(|n| format!("\"F{n}\":\"{long}\"")).collect();
    let record = format!("{{{}}}", fields.join(","));
    let matched = found(&text, Kind::WindowsSystem, &record).remove(0).matched;
    assert_eq!(matched.len(), 20);
    assert!(
        matched
            .iter()
            .all(|(_, value)| value.len() <= 512 && value.len() > 500)
    );
}

#[test]
fn an_event_meets_only_rules_for_its_log_sources_and_each_once() {
    let text = "title: set\nid: set\nlogsource: {product: windows, category: registry_set}\n\
         detection: {a: {A: 1}, condition: a}\n---\n\
         title: any\nid: any\nlogsource: {product: windows, category: registry_event}\n\
         detection: {a: {A: 1}, condition: a}\n---\n\
         title: windows\nid: windows\nlogsource: {product: windows}\n\
         detection: {a: {A: 1}, condition: a}\n---\n\
         title: sysmon\nid: sysmon\nlogsource: {product: windows, service: sysmon}\n\
         detection: {a: {A: 1}, condition: a}\n---\n\
         title: linux\nid: linux\nlogsource: {product: linux}\n\
         detection: {a: {A: 1}, condition: a}\n---\n\
         title: all\nid: all\nlogsource: {}\n\
         detection: {a: {A: 1}, condition: a}\n";
    let channel = r#""Channel":"microsoft-windows-sysmon/operational""#;
    let ids = |id: u8| {
        let record = format!(r#"{{{channel},"EventID":"{id}","A":"1"}}"#);
        let detections = found(text, Kind::WindowsSysmon, &record);
        let mut ids: Vec<String> = detections
            .iter()
            .map(|found| found.rule.id.to_string())
            .collect();
        ids.sort();
        ids.join(" ")
    };
    assert_eq!(ids(13), "all any set sysmon windows");
    assert_eq!(ids(14), "all any sysmon windows");
    assert_eq!(ids(1), "all sysmon windows");
}

#[test]
fn core_answers_only_when_the_record_has_no_such_key() {
    let text = rule("a: {source.ip|cidr: 10.0.0.0/8}\ncondition: a");
    let (set, _) = load(&text);
    let engine = Engine::compile(&set);
    let mut event = event(Kind::WindowsSystem, "{}");
    event
        .core
        .set(CoreField::SourceIp, std::net::IpAddr::from([10, 1, 2, 3]));
    assert_eq!(examine(&set, &engine, &event).len(), 1);
    event.record = Record::new(br#"{"source":{"ip":null}}"#.to_vec());
    assert_eq!(examine(&set, &engine, &event).len(), 0);
}

#[test]
fn a_filter_keeps_what_its_condition_keeps() {
    let base = rule("a: {A: 1}\ncondition: a");
    let filter = |logsource: &str, rules: &str, condition: &str| {
        format!(
            "{base}---\ntitle: f\nlogsource: {logsource}\nfilter:\n  rules: {rules}\n  \
             selection: {{User|startswith: adm_}}\n  condition: {condition}\n"
        )
    };
    let check = |text: &str, user: &str, fires: bool| {
        let record = format!(r#"{{"A":1,"User":"{user}"}}"#);
        assert_eq!(
            !found(text, Kind::WindowsSystem, &record).is_empty(),
            fires,
            "{text} {user}"
        );
    };
    // A filter is joined by `and`: one that is to exclude says `not`.
    let excluding = filter("{product: windows}", "any", "not selection");
    check(&excluding, "adm_x", false);
    check(&excluding, "lan", true);
    let keeping = filter("{product: windows}", "[t]", "selection");
    check(&keeping, "adm_x", true);
    check(&keeping, "lan", false);
    check(&filter("{}", "[]", "not 1 of them"), "adm_x", false);
    check(
        &filter("{product: linux}", "any", "not selection"),
        "adm_x",
        true,
    );
    check(
        &filter(
            "{product: windows, service: system}",
            "any",
            "not selection",
        ),
        "adm_x",
        true,
    );
    check(
        &filter("{product: windows}", "[other]", "not selection"),
        "adm_x",
        true,
    );
    let (_, problems) = load(&filter("{product: windows}", "[other]", "not selection"));
    assert_eq!(
        problems[0].reason,
        "the filter is for no rule that is loaded"
    );
    let missing = filter("{product: windows}", "any", "selection").replace("rules: any", "");
    assert!(
        load(&missing)
            .1
            .iter()
            .any(|problem| problem.reason.contains("needs rules"))
    );
}

#[test]
fn a_correlation_counts_its_rules_and_they_raise_nothing() {
    let base = rule("a: {A: 1}\ncondition: a").replace("title: t", "title: t\nname: base");
    let correlation = |body: &str| {
        format!(
            "{base}---\ntitle: c\nid: c\ncorrelation:\n  rules: [base]\n  timespan: 5m\n  {body}"
        )
    };
    let text = correlation(
        "type: event_count\n  group-by: [user]\n  condition: {gt: 9}\n  \
                            aliases: {user: {base: SubjectUserName}}",
    );
    let (set, problems) = load(&text);
    assert!(problems.is_empty(), "{problems:?}");
    let engine = Engine::compile(&set);
    let [found] = engine.correlations() else {
        panic!("one correlation")
    };
    assert_eq!(found.members[0].group, [["SubjectUserName"]]);
    let detections = examine(&set, &engine, &event(Kind::WindowsSystem, r#"{"A":1}"#));
    assert!(!detections[0].alerts);
    let generated = format!("{text}\n  generate: true\n");
    let (set, _) = load(&generated);
    let engine = Engine::compile(&set);
    assert!(examine(&set, &engine, &event(Kind::WindowsSystem, r#"{"A":1}"#))[0].alerts);
}

/// A filter of some sites, and rules that are off, against the slow twin.
#[test]
fn sites_are_asked_of_the_envelope_alone() {
    let text = format!(
        "{}---\ntitle: u\nid: u\nlogsource: {{}}\ndetection: {{a: {{A: 1}}, condition: a}}\n---\n\
         title: f\nid: f\nlogsource: {{product: windows}}\nfilter: {{rules: [t], selection: {{B: 1}}, \
         condition: not selection}}\nhaidang: {{sites: [x, y]}}\n",
        rule("a: {A: 1}\ncondition: a")
    );
    let ids = |off: &[(&str, bool)], site: &str, record: &str| {
        let mut tuning = Tuning::default();
        for (rule, everywhere) in off {
            let entry = OffEntry {
                everywhere: *everywhere,
                sites: vec!["x".into()],
                ..OffEntry::default()
            };
            tuning.off.set((*rule).into(), Off::of(entry));
        }
        let (lists, limits) = (Placeholders::default(), RuleLimits::default());
        let files = vec![file("t.yml", &text)];
        let (set, problems) = RuleSet::load_with(files, mappings(), &lists, &tuning, &limits);
        assert!(problems.is_empty(), "{problems:?}");
        let event = Event {
            site: site.into(),
            ..event(Kind::WindowsSystem, record)
        };
        let found = examine(&set, &Engine::compile(&set), &event);
        let ids: Vec<String> = found
            .iter()
            .map(|found| found.rule.id.to_string())
            .collect();
        ids.join(" ")
    };
    for (off, site, record, expected) in [
        (&[][..], "x", r#"{"A":1,"B":1}"#, "u"),
        (&[], "z", r#"{"A":1,"B":1}"#, "t u"),
        (&[], "z", r#"{"A":1,"B":1,"site":"x"}"#, "t u"),
        (&[], "x", r#"{"A":1,"site":"z"}"#, "t u"),
        (&[("u", false)], "x", r#"{"A":1}"#, "t"),
        (&[("u", false)], "z", r#"{"A":1}"#, "t u"),
        (&[("u", true), ("t", false)], "z", r#"{"A":1}"#, "t"),
        (&[("u", true), ("t", false)], "x", r#"{"A":1}"#, ""),
    ] {
        assert_eq!(ids(off, site, record), expected, "{off:?} {site} {record}");
    }
}

/// Events per second of the shipped rules; the bound is far below what is measured.
#[test]
fn the_shipped_rules_cost_little() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../rules/sigma");
    let files = sigmahq::files(std::path::Path::new(folder));
    let (set, problems) = RuleSet::load(files, mappings(), &RuleLimits::default());
    assert!(problems.is_empty(), "{problems:?}");
    let mut engine = Engine::compile(&set);
    let demo = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../deploy/demo/background-eve.json"
    );
    let text = std::fs::read_to_string(demo).unwrap();
    let events: Vec<Event> = text
        .lines()
        .map(|line| {
            let kind = ["dns", "http", "tls", "flow", "stats"]
                .into_iter()
                .find(|kind| line.contains(&format!("\"event_type\":\"{kind}\"")));
            event(kind.and_then(Kind::from_name).unwrap(), line)
        })
        .collect();
    let fields: Vec<Fields> = events
        .iter()
        .map(|event| Fields::of(&event.record))
        .collect();
    let views: Vec<View<'_>> = events
        .iter()
        .zip(&fields)
        .map(|(event, fields)| View { event, fields })
        .collect();
    let mut detections = Vec::new();
    let started = std::time::Instant::now();
    const ROUNDS: usize = 50;
    for _ in 0..ROUNDS {
        for view in &views {
            engine.examine(*view, &mut detections);
        }
    }
    let rate = (ROUNDS * views.len()) as f64 / started.elapsed().as_secs_f64();
    println!("{rate:.0} events/s with the shipped rules");
    let alerting: Vec<&Arc<_>> = detections
        .iter()
        .filter(|found| found.alerts)
        .map(|found| &found.rule)
        .collect();
    assert!(alerting.is_empty(), "{alerting:?}");
}
