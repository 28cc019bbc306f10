//! Lists on disk: what is read, changed, taken up again.

use std::path::Path;

use event::{Core, CoreField, Event, EventId, Fields, Kind, Lane, Record, View};

use super::*;
use crate::detect::{Engine, IntelMatch};
use crate::rule::RuleSet;

fn now() -> Time {
    Time::from_seconds(1_800_000_000, 0)
}

fn open(dir: &Path, shipped: Vec<ShippedFile>) -> (IntelLists, KnowledgeSlot) {
    let engine = Engine::compile(&RuleSet::default());
    let slot = KnowledgeSlot::new(engine, Intel::default());
    let limits = IntelLimits::default();
    let lists = IntelLists::open(dir.to_owned(), shipped, limits, slot.clone());
    (lists, slot)
}

fn write(dir: &Path, name: &str, text: &str) {
    let path = dir.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

fn shipped(name: &str, text: &str) -> ShippedFile {
    ShippedFile {
        list: "ship".to_owned(),
        name: name.to_owned(),
        bytes: text.as_bytes().to_vec(),
    }
}

/// The rules that find a domain, as the pipeline would see them now.
fn found(slot: &KnowledgeSlot, domain: &str) -> Vec<String> {
    let mut core = Core::default();
    core.set(CoreField::DnsQuestionName, domain);
    let event = Event {
        id: EventId::unnumbered(Lane::Second),
        time: now(),
        seen: now(),
        sensor: "s".into(),
        source: "f".into(),
        site: "x".into(),
        kind: Kind::Dns,
        exercise: false,
        core,
        record: Record::new(b"{}".to_vec()),
    };
    let fields = Fields::of(&event.record);
    let view = View {
        event: &event,
        fields: &fields,
    };
    let mut matches: Vec<IntelMatch> = Vec::new();
    slot.current().intel.examine(view, now(), &mut matches);
    matches.iter().map(|one| one.rule.id.to_string()).collect()
}

fn by(who: &str) -> Additions<'_> {
    Additions {
        kind: None,
        confidence: Some(90),
        valid_until: None,
        comment: "from the \"CERT\", by phone",
        who,
        now: now(),
    }
}

fn entry(text: &str) -> IntelEntry {
    IntelEntry::read(text, None, &IntelLimits::default()).unwrap()
}

#[test]
fn folders_of_every_format_are_read_and_a_local_file_wins() {
    let dir = tempfile::tempdir().unwrap();
    write(
        dir.path(),
        "a/list.yml",
        "name: Danh sách A\nlevel: critical\n",
    );
    write(dir.path(), "a/one.txt", "one.example\nbad value here\n");
    write(dir.path(), "a/two.csv", "domain,comment\ntwo.example,x\n");
    write(dir.path(), "a/notes.md", "not.example\n");
    let uuid = "5a5f0e8e-0000-4000-8000-000000000001";
    write(
        dir.path(),
        "m/feed/manifest.json",
        &format!("{{\"{uuid}\":{{}}}}"),
    );
    let event = r#"{"Event":{"info":"i","Attribute":[{"type":"domain","value":"misp.example","to_ids":true}]}}"#;
    write(dir.path(), &format!("m/feed/{uuid}.json"), event);
    write(
        dir.path(),
        "m/feed/hashes.csv",
        "44d88612fea8a8f36de82e1278abb02f,x\n",
    );
    write(
        dir.path(),
        "m/feed/5a5f0e8e-0000-4000-8000-000000000002.json",
        event,
    );
    write(dir.path(), "Not An Id/x.txt", "never.example\n");
    write(dir.path(), "ship/entries.txt", "local.example\n");
    let shipped = vec![
        shipped("list.yml", "name: Của hệ thống\n"),
        shipped("entries.txt", "shipped.example\n"),
        shipped("more.txt", "more.example\n"),
    ];
    let (lists, slot) = open(dir.path(), shipped);
    assert_eq!(found(&slot, "one.example"), ["intel-a"]);
    assert_eq!(found(&slot, "www.two.example"), ["intel-a"]);
    assert_eq!(found(&slot, "misp.example"), ["intel-m"]);
    assert_eq!(found(&slot, "local.example"), ["intel-ship"]);
    assert_eq!(found(&slot, "more.example"), ["intel-ship"]);
    for absent in ["shipped.example", "never.example", "not.example"] {
        assert!(found(&slot, absent).is_empty(), "{absent}");
    }
    let rows = lists.rows();
    let of: Vec<_> = rows
        .iter()
        .map(|row| (row.settings.id.as_str(), row.shipped))
        .collect();
    assert_eq!(of, [("a", false), ("m", false), ("ship", true)]);
    assert_eq!(rows[0].counts, [(EntryKind::Domain, 2)]);
    assert_eq!(rows[0].reading.problems[0].0, "one.txt");
    assert_eq!(rows[0].reading.problems[0].1, 2);
    assert_eq!(
        rows[1].counts,
        [(EntryKind::Domain, 1)],
        "no md5 of hashes.csv"
    );
    assert!(rows[0].updated.is_some());
}

#[test]
fn what_people_change_counts_at_once_and_after_a_start() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "a/one.txt", "one.example\ntwo.example\n");
    let (lists, slot) = open(dir.path(), Vec::new());
    let added = lists.add(
        "a",
        "hxxp://evil[.]example/\nnew.example\n10.0.0.1\n\n",
        &by("an"),
    );
    let added = added.unwrap().unwrap();
    assert_eq!((added.entries.len(), added.refused), (2, 1));
    assert_eq!(added.problems[0].0, 3);
    assert_eq!(found(&slot, "new.example"), ["intel-a"]);
    let taken = lists.remove("a", &[entry("one.example")], "binh", "ours, now", now());
    assert_eq!(taken.unwrap(), Ok(1));
    assert!(found(&slot, "one.example").is_empty());
    assert_eq!(
        lists
            .remove("a", &[entry("one.example")], "binh", "", now())
            .unwrap(),
        Ok(0)
    );
    assert_eq!(
        lists.add("b", "x.example", &by("an")).unwrap().unwrap_err(),
        Refused::NoList
    );
    let (page, own) = lists.entries("a", "", None, 10).unwrap();
    let values: Vec<_> = page.rows.iter().map(|row| row.value.as_str()).collect();
    assert_eq!(
        values,
        ["new.example", "http://evil.example/", "two.example"]
    );
    assert_eq!(
        own[0].entry.comment.as_deref(),
        Some("from the \"CERT\", by phone")
    );
    drop(lists);

    let (lists, slot) = open(dir.path(), Vec::new());
    assert_eq!(found(&slot, "new.example"), ["intel-a"]);
    assert!(
        found(&slot, "one.example").is_empty(),
        "the file still names it"
    );
    let row = &lists.rows()[0];
    assert_eq!((row.by_hand, row.removed), (2, 1));
    assert_eq!(row.counts, [(EntryKind::Domain, 2), (EntryKind::Url, 1)]);
    assert_eq!(
        row.changed.as_ref().map(|(who, _)| who.as_str()),
        Some("an")
    );
    // What was taken out and is added again counts again.
    lists.add("a", "one.example", &by("an")).unwrap().unwrap();
    assert_eq!(found(&slot, "one.example"), ["intel-a"]);
    assert_eq!(lists.rows()[0].removed, 0);
}

#[test]
fn lists_are_made_turned_off_and_kept() {
    let dir = tempfile::tempdir().unwrap();
    let missing = dir.path().join("rules/intel");
    let (lists, slot) = open(&missing, Vec::new());
    let make = |id: &str| lists.make(ListSettings::new(id)).unwrap();
    assert_eq!(make("mine"), Ok(()));
    assert_eq!(make("mine"), Err(Refused::Taken));
    assert_eq!(make("../x"), Err(Refused::BadId));
    lists
        .add("mine", "evil.example", &by("an"))
        .unwrap()
        .unwrap();
    let off = ListSettings {
        enabled: false,
        ..lists.settings("mine").unwrap()
    };
    assert_eq!(lists.change(off.clone()).unwrap(), Ok(()));
    assert!(found(&slot, "evil.example").is_empty());
    let (again, slot) = open(&missing, Vec::new());
    assert_eq!(again.settings("mine"), Some(off));
    assert!(found(&slot, "evil.example").is_empty());
}

#[test]
fn a_file_that_changes_is_taken_up_and_what_is_new_is_told() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "a/one.txt", "one.example\n");
    let (lists, slot) = open(dir.path(), Vec::new());
    assert!(lists.refresh().is_empty(), "nothing has changed");
    lists.add("a", "hand.example", &by("an")).unwrap().unwrap();
    write(dir.path(), "a/one.txt", "two.example\nhand.example\n");
    write(dir.path(), "b/x.txt", "three.example\n");
    let mut new = lists.refresh();
    new.sort_by(|a, b| a.0.cmp(&b.0));
    let new: Vec<_> = new
        .iter()
        .map(|(list, entries)| (list.as_str(), entries.len(), entries[0].value.as_str()))
        .collect();
    assert_eq!(new, [("a", 1, "two.example"), ("b", 1, "three.example")]);
    assert!(found(&slot, "one.example").is_empty());
    assert_eq!(found(&slot, "two.example"), ["intel-a"]);
    assert_eq!(found(&slot, "hand.example"), ["intel-a"]);
    assert!(lists.refresh().is_empty());
    std::fs::remove_dir_all(dir.path().join("b")).unwrap();
    lists.refresh();
    assert_eq!(lists.rows().len(), 1);
}

#[test]
fn what_people_do_while_files_are_read_is_not_lost() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "a/one.txt", "one.example\ntwo.example\n");
    let (lists, _) = open(dir.path(), Vec::new());
    let held = lists.held();
    let before = folder::Before {
        intel: Arc::clone(&held.intel),
        lists: held.lists.clone(),
    };
    drop(held);
    let loaded = folder::load(dir.path(), &[], &IntelLimits::default(), Some(&before));
    lists.add("a", "new.example", &by("an")).unwrap().unwrap();
    lists
        .remove("a", &[entry("one.example")], "an", "", now())
        .unwrap()
        .unwrap();
    lists.make(ListSettings::new("made")).unwrap().unwrap();
    lists
        .add("made", "made.example", &by("an"))
        .unwrap()
        .unwrap();
    let off = ListSettings {
        enabled: false,
        ..lists.settings("a").unwrap()
    };
    lists.change(off).unwrap().unwrap();
    let (caught, intel) = catch_up::catch_up(loaded, &before, &lists.held().lists);
    assert!(!caught[0].settings.enabled);
    let number = |id: &str| caught.iter().find(|l| l.settings.id == id).unwrap().number;
    assert!(intel.holds(number("a"), EntryKind::Domain, "new.example"));
    assert!(!intel.holds(number("a"), EntryKind::Domain, "one.example"));
    assert!(intel.holds(number("a"), EntryKind::Domain, "two.example"));
    assert!(intel.holds(number("made"), EntryKind::Domain, "made.example"));
}

#[test]
fn what_is_too_much_to_hunt_for_at_once_is_counted() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "a/one.txt", "one.example\n");
    let (lists, slot) = open(dir.path(), Vec::new());
    let many = (0..100_003).map(|number| format!("n{number}.example\n"));
    write(dir.path(), "a/two.txt", &many.collect::<String>());
    let new = lists.refresh();
    assert_eq!(new.first().map(|(_, entries)| entries.len()), Some(100_000));
    assert_eq!(lists.rows()[0].not_hunted, 3);
    assert_eq!(found(&slot, "n100002.example"), ["intel-a"]);
    write(dir.path(), "a/three.txt", "three.example\n");
    lists.refresh();
    assert_eq!(
        lists.rows()[0].not_hunted,
        3,
        "what was left out stays said"
    );
}
