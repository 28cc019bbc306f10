//! The folder of rules: what is in force, what a person turns off, what a broken file costs.

use std::path::Path;
use std::sync::Arc;

use event::{Core, Event, EventId, Fields, Kind, Record, View};

use super::*;
use crate::detect::Intel;
use crate::rule::Origin;

pub(super) fn time(seconds: i64) -> Time {
    Time::from_seconds(1_800_000_000 + seconds, 0)
}

pub(super) fn rule(id: &str, value: &str) -> String {
    format!(
        "title: Rule {id}\nid: {id}\nlogsource: {{product: windows}}\n\
         detection: {{a: {{F: {value}}}, condition: a}}\n"
    )
}

pub(super) fn write(dir: &Path, name: &str, text: &str) {
    let path = dir.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

const MAPPING: &str = "events: [{kinds: windows.sysmon, logsources: {product: windows}}]\n";
/// Two in a minute of s-1, by F.
pub(super) const COUNT: &str = "title: Count\nid: c-1\ncorrelation:\n  type: event_count\n  \
    rules: [s-1]\n  group-by: [F]\n  timespan: 1m\n  condition: {gte: 2}\n  generate: false\n";

pub(super) fn shipped() -> Shipped {
    let file = |path: &str, text: String| RuleFile {
        origin: Origin::Shipped,
        path: format!("rules/{path}"),
        text,
    };
    Shipped {
        rules: vec![
            file("sigma/s-1.yml", rule("s-1", "x")),
            file("sigma/s-2.yml", rule("s-2", "x")),
        ],
        mappings: vec![file("mapping/m.yml", MAPPING.to_owned())],
    }
}

pub(super) fn open(dir: &Path) -> (Rulebook, KnowledgeSlot) {
    let slot = KnowledgeSlot::new(Engine::compile(&RuleSet::default()), Intel::default());
    let limits = RulebookLimits {
        rule: RuleLimits::default(),
        exceptions: 5,
    };
    let book = Rulebook::open(dir.to_owned(), shipped(), limits, slot.clone(), time(0));
    (book.unwrap(), slot)
}

pub(super) fn event(site: &str, record: &str) -> Event {
    Event {
        id: EventId::unnumbered(Kind::WindowsSysmon.lane()),
        time: time(0),
        seen: time(0),
        sensor: "s".into(),
        source: "f".into(),
        site: site.into(),
        kind: Kind::WindowsSysmon,
        exercise: false,
        core: Core::default(),
        record: Record::new(record.as_bytes().to_vec()),
    }
}

/// The rules that raise an alert for an event, as the pipeline would see it now.
pub(super) fn alerts(slot: &KnowledgeSlot, site: &str, record: &str) -> String {
    let event = event(site, record);
    let fields = Fields::of(&event.record);
    let view = View {
        event: &event,
        fields: &fields,
    };
    let mut detections = Vec::new();
    Engine::clone(&slot.current().engine).examine(view, &mut detections);
    let raised = detections.iter().filter(|found| found.alerts);
    let ids: Vec<&str> = raised.map(|found| &*found.rule.id).collect();
    ids.join(" ")
}

fn off(everywhere: bool, sites: &[&str]) -> OffChange {
    OffChange {
        everywhere,
        sites: sites.iter().map(|site| Text::from(*site)).collect(),
        why: "ồn".to_owned(),
    }
}

fn turn(book: &Rulebook, scope: &Scope, rule: &str, change: OffChange) -> Option<Refused> {
    let done = book.turn_off(scope, rule, change, "an", time(1)).unwrap();
    done.err()
}

#[test]
fn a_rule_that_is_off_raises_no_alert_where_it_is_off() {
    let dir = tempfile::tempdir().unwrap();
    let (book, slot) = open(dir.path());
    let found = |site: &str| alerts(&slot, site, r#"{"F":"x"}"#);
    assert_eq!(
        (found("a"), found("b")),
        ("s-1 s-2".into(), "s-1 s-2".into())
    );
    assert_eq!(turn(&book, &Scope::All, "S-1", off(false, &["a"])), None);
    assert_eq!((found("a"), found("b")), ("s-2".into(), "s-1 s-2".into()));
    assert_eq!(turn(&book, &Scope::All, "s-2", off(true, &[])), None);
    assert_eq!((found("a"), found("b")), (String::new(), "s-1".into()));
    assert_eq!(
        turn(&book, &Scope::All, "s-3", off(true, &[])),
        Some(Refused::NoRule)
    );
    // It stays so, and is still listed.
    let (book, slot) = open(dir.path());
    assert_eq!(alerts(&slot, "b", r#"{"F":"x"}"#), "s-1");
    let current = book.current();
    let row = current.row("s-2").unwrap();
    let said = &row.off.as_ref().unwrap().entries()[0];
    assert_eq!(
        (said.everywhere, &*said.who, &*said.why),
        (true, "an", "ồn")
    );
    assert_eq!(turn(&book, &Scope::All, "s-2", off(false, &[])), None);
    assert_eq!(alerts(&slot, "b", r#"{"F":"x"}"#), "s-1 s-2");
}

#[test]
fn who_sees_some_sites_speaks_for_them_and_for_no_others() {
    let dir = tempfile::tempdir().unwrap();
    let (book, _) = open(dir.path());
    let of_b = Scope::Sites(vec!["b".into(), "c".into()]);
    assert_eq!(
        turn(&book, &Scope::All, "s-1", off(false, &["a", "b"])),
        None
    );
    for change in [off(true, &[]), off(false, &["a", "b"])] {
        assert_eq!(turn(&book, &of_b, "s-1", change), Some(Refused::NotYours));
    }
    let sites = |book: &Rulebook| {
        let current = book.current();
        let off = current.row("s-1").unwrap().off.clone().unwrap_or_default();
        let sites: Vec<String> = off.sites().map(ToString::to_string).collect();
        (off.is_everywhere(), sites.join(" "))
    };
    assert_eq!(turn(&book, &of_b, "s-1", off(false, &["c"])), None);
    assert_eq!(sites(&book), (false, "a c".to_owned()));
    assert_eq!(turn(&book, &Scope::All, "s-1", off(true, &["a"])), None);
    // What is off everywhere is not his to end, and who turned it off stays said.
    assert_eq!(
        turn(&book, &of_b, "s-1", off(false, &["b"])),
        Some(Refused::NotYours)
    );
    assert_eq!(sites(&book), (true, "a".to_owned()));
}

#[test]
fn two_persons_words_of_their_sites_stand_beside_each_other() {
    let dir = tempfile::tempdir().unwrap();
    let (book, _) = open(dir.path());
    let say = |who: &str, scope: &Scope, sites: &[&str], why: &str| {
        let change = OffChange {
            why: why.to_owned(),
            ..off(false, sites)
        };
        let done = book.turn_off(scope, "s-1", change, who, time(1)).unwrap();
        assert!(done.is_ok());
    };
    let said = || {
        let current = book.current();
        let off = current.row("s-1").unwrap().off.clone().unwrap_or_default();
        let entries = off.entries().iter().map(|entry| {
            let sites: Vec<&str> = entry.sites.iter().map(|site| &**site).collect();
            format!("{}: {} {}", sites.join("+"), entry.who, entry.why)
        });
        entries.collect::<Vec<_>>().join(", ")
    };
    say("an", &Scope::Sites(vec!["a".into()]), &["a"], "sao lưu");
    say("bình", &Scope::Sites(vec!["b".into()]), &["b"], "quét");
    assert_eq!(said(), "a: an sao lưu, b: bình quét");
    say("chi", &Scope::All, &["a", "b", "c"], "thêm");
    assert_eq!(said(), "a: an sao lưu, b: bình quét, c: chi thêm");
    say("an", &Scope::Sites(vec!["a".into()]), &[], "");
    assert_eq!(said(), "b: bình quét, c: chi thêm");
}

#[test]
fn a_correlation_that_is_off_silences_what_it_counts_and_needs_it_no_more() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "sigma/c.yml", COUNT);
    let (book, slot) = open(dir.path());
    let record = r#"{"F":"x"}"#;
    let counted = |slot: &KnowledgeSlot| slot.current().engine.correlations().len();
    assert_eq!(
        (alerts(&slot, "a", record).as_str(), counted(&slot)),
        ("s-2", 1)
    );
    // What it counts may be off: it is looked at all the same.
    assert_eq!(turn(&book, &Scope::All, "s-1", off(true, &[])), None);
    assert_eq!(seen(&slot, "a"), "s-1 s-2");
    assert_eq!(turn(&book, &Scope::All, "c-1", off(true, &[])), None);
    assert_eq!((seen(&slot, "a").as_str(), counted(&slot)), ("s-2", 0));
    assert_eq!(turn(&book, &Scope::All, "s-1", off(false, &[])), None);
    assert_eq!(
        alerts(&slot, "a", record),
        "s-2",
        "one question does not become a hundred"
    );
    let current = book.current();
    assert_eq!(current.row("s-1").unwrap().used_by, ["c-1".into()]);
    assert_eq!(
        current
            .row("c-1")
            .unwrap()
            .off
            .as_ref()
            .map(Off::is_everywhere),
        Some(true)
    );
}

/// The rules that an event meets, whether they raise alerts or not.
fn seen(slot: &KnowledgeSlot, site: &str) -> String {
    let event = event(site, r#"{"F":"x"}"#);
    let fields = Fields::of(&event.record);
    let view = View {
        event: &event,
        fields: &fields,
    };
    let mut detections = Vec::new();
    Engine::clone(&slot.current().engine).examine(view, &mut detections);
    let ids: Vec<&str> = detections.iter().map(|found| &*found.rule.id).collect();
    ids.join(" ")
}

#[test]
fn a_filter_counts_at_its_sites_until_it_expires() {
    let dir = tempfile::tempdir().unwrap();
    let filter = format!(
        "title: F\nid: f-1\nlogsource: {{product: windows}}\nfilter:\n  rules: [s-1]\n  \
         selection: {{G: y}}\n  condition: not selection\n\
         haidang: {{sites: [a], expires: {}}}\n",
        time(100)
    );
    write(dir.path(), "sigma/exceptions/f.yml", &filter);
    let (book, slot) = open(dir.path());
    let found = |site: &str, record: &str| alerts(&slot, site, record);
    let (left_out, other) = (r#"{"F":"x","G":"y"}"#, r#"{"F":"x","G":"z"}"#);
    assert_eq!(found("a", left_out), "s-2");
    assert_eq!(
        (found("b", left_out), found("a", other)),
        ("s-1 s-2".into(), "s-1 s-2".into())
    );
    // A record that calls something site does not change where it comes from.
    assert_eq!(
        found("b", r#"{"F":"x","G":"y","site":"a","":"a"}"#),
        "s-1 s-2"
    );
    assert_eq!(book.current().row("s-1").unwrap().exceptions.len(), 1);
    assert!(!book.refresh(time(99)), "nothing has changed");
    assert!(book.refresh(time(100)));
    assert_eq!(found("a", left_out), "s-1 s-2");
    let current = book.current();
    assert!(current.filters()[0].expired && current.row("s-1").unwrap().exceptions.is_empty());
    assert!(!book.refresh(time(101)), "once is enough");
}

#[test]
fn files_changed_by_hand_are_taken_up_and_a_bad_one_costs_itself() {
    let dir = tempfile::tempdir().unwrap();
    let (book, slot) = open(dir.path());
    write(dir.path(), "sigma/own.yml", &rule("own", "x"));
    write(dir.path(), "sigma/bad.yml", "title: [");
    write(dir.path(), "sigma/packs/p/a.yml", &rule("p-1", "x"));
    write(dir.path(), "sigma/packs/p/s.yml", &rule("own", "y"));
    assert!(book.refresh(time(1)));
    assert_eq!(alerts(&slot, "a", r#"{"F":"x"}"#), "own p-1 s-1 s-2");
    let current = book.current();
    assert_eq!(current.row("p-1").unwrap().pack.as_deref(), Some("p"));
    assert_eq!(
        current.row("own").unwrap().pack,
        None,
        "the operator's own comes before a pack's"
    );
    let named = |name: &str| {
        let mut problems = current.problems().iter();
        problems.any(|problem| problem.file.ends_with(name))
    };
    assert!(
        named("bad.yml") && named("packs/p/s.yml"),
        "{:?}",
        current.problems()
    );
    write(
        dir.path(),
        "off.yml",
        "- {rule: nobody, everywhere: true}\n- {rule: s-1, everywhere: true}\n",
    );
    assert!(book.refresh(time(2)));
    assert_eq!(alerts(&slot, "a", r#"{"F":"x"}"#), "own p-1 s-2");
    assert!(
        book.current()
            .problems()
            .iter()
            .any(|problem| problem.reason.contains("nobody"))
    );
}

#[test]
fn a_file_of_somebodys_that_cannot_be_read_is_not_overwritten() {
    let dir = tempfile::tempdir().unwrap();
    write(
        dir.path(),
        "off.yml",
        "- {rule: s-1, everywhere: true}\n- [\n",
    );
    let (book, _) = open(dir.path());
    let refused = turn(&book, &Scope::All, "s-2", off(true, &[]));
    assert!(matches!(refused, Some(Refused::Broken(_))), "{refused:?}");
    let text = std::fs::read_to_string(dir.path().join("off.yml")).unwrap();
    assert!(text.ends_with("- [\n"));
}

#[test]
fn a_folder_that_cannot_be_read_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "sigma/own.yml", &rule("own", "x"));
    let (book, slot) = open(dir.path());
    let before = slot.current();
    // What should be a file is a folder.
    std::fs::create_dir(dir.path().join("off.yml")).unwrap();
    assert!(!book.refresh(time(1)));
    assert!(Arc::ptr_eq(&before, &slot.current()));
    let current = book.current();
    let last = current.problems().last().unwrap();
    assert!(last.reason.contains("stay as they were"), "{last}");
    assert!(!book.refresh(time(2)), "it is said once");
    assert_eq!(book.current().problems().len(), 1);
    std::fs::remove_dir(dir.path().join("off.yml")).unwrap();
    assert!(book.refresh(time(3)));
    assert!(book.current().problems().is_empty());
}

#[test]
fn only_a_few_changes_wait_and_one_that_changes_nothing_keeps_who_said_it() {
    let dir = tempfile::tempdir().unwrap();
    let (book, _) = open(dir.path());
    let others = std::thread::scope(|scope| {
        let held = lock(&book.changing);
        let waiting: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| turn(&book, &Scope::All, "s-1", off(true, &[]))))
            .collect();
        while book.waiting.load(Ordering::Acquire) < 8 {
            std::thread::yield_now();
        }
        let one_more = turn(&book, &Scope::All, "s-1", off(true, &[]));
        assert_eq!(one_more, Some(Refused::Busy));
        drop(held);
        let others = waiting.into_iter().map(|other| other.join().unwrap());
        others.collect::<Vec<_>>()
    });
    assert_eq!(others, vec![None; 8]);
    assert_eq!(book.waiting.load(Ordering::Acquire), 0);
    let why = |book: &Rulebook| {
        let off = book.current().row("s-1").unwrap().off.clone().unwrap();
        off.entries()[0].why.clone()
    };
    let first = why(&book);
    let again = OffChange {
        why: "other words".to_owned(),
        ..off(true, &[])
    };
    assert_eq!(turn(&book, &Scope::All, "s-1", again), None);
    assert_eq!(why(&book), first);
}

#[test]
fn a_pipe_in_the_folder_holds_up_nobody() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "sigma/own.yml", &rule("own", "y"));
    let pipe = dir.path().join("sigma/pipe.yml");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    let found = rule_files(&dir.path().join("sigma"), 1 << 20).unwrap();
    assert_eq!(found.files.len(), 1);
    let problem = found.problems[0].to_string();
    assert!(
        problem.contains("pipe.yml") && problem.contains("not a plain file"),
        "{problem}"
    );
}
