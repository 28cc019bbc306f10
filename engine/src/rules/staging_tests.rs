//! Imports: what a pack changes, how noisy it would have been, in force, and back.

use std::io::{Cursor, Write};
use std::path::Path;

use event::{Event, EventId, Fields, Instance, Lane};

use super::tests::{COUNT, alerts, event, open, rule, time, write};
use super::*;
use crate::index::{Index, Journaled, Options, Searcher};

fn zip(files: &[(&str, String)]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in files {
        let options = zip::write::SimpleFileOptions::default();
        writer.start_file(*name, options).unwrap();
        writer.write_all(text.as_bytes()).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

pub(super) fn stage(book: &Rulebook, id: &str, files: &[(&str, String)]) -> (Arc<Import>, Engine) {
    let zip = zip(files);
    let new = NewImport {
        id: id.to_owned(),
        pack: "p",
        source: "p.zip",
        who: "an",
        zip: &zip,
    };
    book.stage(&new, time(1)).unwrap().unwrap()
}

pub(super) fn apply(book: &Rulebook, id: &str, off: &[&str], at: Time) {
    let off: Vec<(Text, String)> = off
        .iter()
        .map(|rule| (Text::from(*rule), "noisy: 9 a day".to_owned()))
        .collect();
    book.apply(id, &off, "an", at).unwrap().unwrap();
}

pub(super) fn shown(import: &Import) -> String {
    let items = import.compared.items.iter();
    let items: Vec<String> = items
        .map(|item| format!("{} {}", item.change.name(), item.id))
        .collect();
    items.join(", ")
}

pub(super) fn of_pack(book: &Rulebook) -> String {
    let book = book.current();
    let rows = book
        .rows()
        .iter()
        .filter(|row| row.pack.as_deref() == Some("p"));
    let ids: Vec<&str> = rows.map(|row| &*row.info.id).collect();
    ids.join(" ")
}

pub(super) fn licensed(id: &str, value: &str) -> String {
    rule(id, value).replace("logsource", "license: MIT\nlogsource")
}

#[test]
fn an_import_says_what_it_changes_and_changes_nothing_until_it_is_applied() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "sigma/own.yml", &rule("own", "x"));
    let (book, slot) = open(dir.path());
    let (import, _) = stage(
        &book,
        "i1",
        &[
            ("a/n.yml", licensed("n-1", "x")),
            ("a/s.yml", rule("s-2", "y")),
            ("a/same.yml", rule("s-1", "x")),
            ("a/own.yml", rule("own", "y")),
            ("a/bad.yml", "title: [".to_owned()),
            ("LICENSE.txt", "# Detection Rule License\n\ntext".to_owned()),
        ],
    );
    assert_eq!(shown(&import), "added n-1, changed s-2");
    let compared = &import.compared;
    assert_eq!(
        (import.files, compared.rules, compared.unchanged),
        (5, 3, 1)
    );
    // The operator's own of the same id is not replaced: that is said.
    let files: Vec<&str> = compared
        .problems
        .iter()
        .map(|problem| &*problem.file)
        .collect();
    assert_eq!(
        (compared.refused, files),
        (2, vec!["a/bad.yml", "a/own.yml"])
    );
    let licences = [
        ("Detection Rule License".to_owned(), 2),
        ("MIT".to_owned(), 1),
    ];
    assert_eq!(compared.licenses, licences);
    assert_eq!(alerts(&slot, "a", r#"{"F":"x"}"#), "own s-1 s-2");
    assert!(!book.refresh(time(2)), "what is staged is not of the rules");

    apply(&book, "i1", &["N-1"], time(3));
    assert_eq!(alerts(&slot, "a", r#"{"F":"x"}"#), "own s-1");
    assert_eq!(alerts(&slot, "a", r#"{"F":"y"}"#), "s-2");
    let off = book.current().row("n-1").unwrap().off.clone().unwrap();
    assert_eq!(
        (
            off.is_everywhere(),
            &*off.entries()[0].who,
            &*off.entries()[0].why
        ),
        (true, "an", "noisy: 9 a day")
    );
    assert!(dir.path().join("sigma/packs/p/LICENSE.txt").exists());
    let (packs, last) = book.packs().unwrap();
    let [pack] = &packs[..] else {
        panic!("{packs:?}")
    };
    assert_eq!((&*pack.name, &*pack.source, pack.rules), ("p", "p.zip", 3));
    assert_eq!((pack.imported, pack.licenses.len()), (Some(time(3)), 2));
    assert_eq!(last.unwrap().what, "import p");
    assert!(book.import("i1").is_none());
    assert!(!dir.path().join("staging/i1").exists());
    let again = book.apply("i1", &[], "an", time(4)).unwrap();
    assert_eq!(again.err(), Some(Refused::NoImport));
}

#[test]
fn a_step_back_and_forth_gives_what_was_there() {
    let dir = tempfile::tempdir().unwrap();
    let (book, slot) = open(dir.path());
    assert_eq!(
        book.back("an", time(1)).unwrap().err(),
        Some(Refused::NothingBefore)
    );
    stage(
        &book,
        "i1",
        &[("n.yml", rule("n-1", "x")), ("m.yml", rule("m-1", "x"))],
    );
    apply(&book, "i1", &["n-1"], time(1));
    let (second, _) = stage(
        &book,
        "i2",
        &[("n.yml", rule("n-1", "y")), ("s.yml", rule("s-1", "z"))],
    );
    assert_eq!(shown(&second), "changed n-1, changed s-1, removed m-1");
    apply(&book, "i2", &["s-1"], time(2));
    assert_eq!(alerts(&slot, "a", r#"{"F":"x"}"#), "s-2");
    let state = |book: &Rulebook| {
        let current = book.current();
        let off: Vec<&str> = current
            .rows()
            .iter()
            .filter(|row| row.off.is_some())
            .map(|row| &*row.info.id)
            .collect();
        format!("{} off {}", of_pack(book), off.join(" "))
    };
    let (after, before) = ("n-1 s-1 off n-1 s-1", "m-1 n-1 off n-1");
    assert_eq!(state(&book), after);
    for (at, expected) in [(3, before), (4, after), (5, before)] {
        let undone = book.back("an", time(at)).unwrap().unwrap();
        assert!(undone.what.ends_with("import p"), "{}", undone.what);
        assert_eq!(state(&book), expected, "{at}");
    }
    assert_eq!(
        alerts(&slot, "a", r#"{"F":"x"}"#),
        "m-1 s-1 s-2",
        "the shipped one came to light"
    );
    // Another instance on the folder sees the same.
    let (book, _) = open(dir.path());
    assert_eq!(state(&book), before);
    assert_eq!(book.remove_pack("p", "an", time(6)).unwrap(), Ok(2));
    assert_eq!(
        state(&book),
        " off ",
        "with a rule goes what was said of it"
    );
    assert_eq!(
        book.remove_pack("p", "an", time(6)).unwrap(),
        Err(Refused::NoPack)
    );
    assert_eq!(
        book.remove_pack("../sigma", "an", time(6)).unwrap(),
        Err(Refused::NoPack)
    );
    book.back("an", time(7)).unwrap().unwrap();
    assert_eq!(state(&book), before);
}

#[test]
fn what_cannot_be_imported_leaves_nothing_behind() {
    let dir = tempfile::tempdir().unwrap();
    let (book, _) = open(dir.path());
    let good = zip(&[("a.yml", rule("n-1", "x"))]);
    let try_ = |id: &str, pack: &str, zip: &[u8]| {
        let new = NewImport {
            id: id.to_owned(),
            pack,
            source: "s",
            who: "an",
            zip,
        };
        book.stage(&new, time(1)).unwrap().err()
    };
    let slip = zip(&[("../a.yml", rule("n-1", "x"))]);
    let empty = zip(&[("LICENSE", String::new())]);
    for (pack, zip) in [
        ("p", &slip[..]),
        ("p", &empty),
        ("p", b"x"),
        ("", &good),
        ("..", &good),
        ("P", &good),
    ] {
        let refused = try_("i", pack, zip);
        assert!(
            matches!(refused, Some(Refused::BadImport(_))),
            "{pack}: {refused:?}"
        );
    }
    assert!(!dir.path().join("staging").exists());
    for id in ["1", "2", "3", "4"] {
        assert_eq!(try_(id, "p", &good), None);
    }
    assert_eq!(try_("5", "p", &good), Some(Refused::TooManyImports));
    assert!(book.discard("2").unwrap() && !book.discard("2").unwrap());
    assert!(!dir.path().join("staging/2").exists());
    assert_eq!(try_("5", "p", &good), None);
    // Known to nobody after a restart.
    drop(book);
    open(dir.path());
    assert!(!dir.path().join("staging").exists());
}

const HOUR: i64 = 3_600;

/// An index with events: seconds before `time(0)`, site, value of F.
fn index(dir: &Path, events: &[(i64, &str, &str)]) -> (Index, Searcher) {
    let searcher = Searcher::default();
    let options = Options {
        writers: 6,
        heap: 15_000_000,
        partition_events: 1_000_000,
        partition_age: std::time::Duration::from_secs(86_400),
        backfill_idle: std::time::Duration::from_secs(600),
        commit_events: 1_000_000,
    };
    let mut index = Index::open(dir, options, &searcher).unwrap();
    for ((before, site, value), position) in events.iter().zip(1_u64..) {
        let moment = time(-before);
        let event = Event {
            id: EventId {
                instance: Instance(1),
                lane: Lane::Second,
                number: position,
            },
            time: moment,
            seen: moment,
            ..event(site, &format!(r#"{{"F":"{value}"}}"#))
        };
        let journaled = Journaled {
            position,
            received: time(0),
            event,
        };
        let fields = Fields::of(&journaled.event.record);
        index.add(&journaled, &fields).unwrap();
    }
    let last = u64::try_from(events.len()).unwrap();
    index.commit(last, time(0)).unwrap();
    (index, searcher)
}

fn tried(
    book: &Rulebook,
    files: &[(&str, String)],
    searcher: &Searcher,
    options: TrialOptions,
) -> Trial {
    let (import, engine) = stage(book, "t", files);
    assert_eq!(import.trial().state, TrialState::Running);
    try_on(&import, engine, searcher, options, time(0));
    book.discard("t").unwrap();
    import.trial()
}

#[test]
fn a_trial_counts_the_alerts_that_would_have_been() {
    let dir = tempfile::tempdir().unwrap();
    let (book, _) = open(dir.path());
    let mut events = Vec::new();
    // Two episodes at a, one at b: the window of a single-event rule is an hour.
    for (hours, site) in [(50, "a"), (2, "a"), (2, "b")] {
        events.extend((0..10).map(|n| (hours * HOUR + n * 60, site, "new")));
    }
    // Counted within a minute: one pair is, one is too far apart.
    events.extend([(30 * HOUR, "a", "x"), (30 * HOUR + 50, "a", "x")]);
    events.extend([(20 * HOUR, "a", "x"), (20 * HOUR + 90, "a", "x")]);
    // Too long ago.
    events.push((200 * HOUR, "a", "new"));
    let (_index, searcher) = index(&dir.path().join("index"), &events);
    let files = [
        ("n.yml", rule("n-1", "new")),
        ("q.yml", rule("q-1", "nothing")),
        ("c.yml", COUNT.to_owned()),
    ];
    let trial = tried(&book, &files, &searcher, TrialOptions::default());
    assert_eq!((trial.state, trial.complete), (TrialState::Done, true));
    assert_eq!(trial.events, 34, "of 7 days");
    assert_eq!(
        (trial.of("n-1").0, trial.of("c-1").0, trial.of("q-1").0),
        (3, 1, 0)
    );
    assert_eq!(trial.of("s-1").0, 0, "only of what the import brings");
    // What is there began 50 hours ago.
    assert!((trial.days - 50.15 / 24.0).abs() < 0.01, "{}", trial.days);
    assert!((trial.of("n-1").1 - 3.0 / trial.days).abs() < 0.01);
}

#[test]
fn a_trial_beyond_its_budget_says_how_far_it_came() {
    let dir = tempfile::tempdir().unwrap();
    let (book, _) = open(dir.path());
    let events: Vec<(i64, &str, &str)> = (0..600).map(|n| (n * 600, "a", "new")).collect();
    let (_index, searcher) = index(&dir.path().join("index"), &events);
    let files = [("n.yml", rule("n-1", "new"))];
    let options = TrialOptions {
        events: 100,
        ..TrialOptions::default()
    };
    let trial = tried(&book, &files, &searcher, options);
    assert_eq!((trial.state, trial.complete), (TrialState::Done, false));
    assert!(trial.events <= 100 && trial.events > 80, "{}", trial.events);
    let from = trial.from.unwrap();
    let hours = time(0).since(from).as_secs_f64() / 3_600.0;
    assert!((14.0..17.0).contains(&hours), "{hours}");
    assert_eq!(trial.of("n-1").0, 1, "one long episode");

    // What is stopped, or has no time, claims nothing.
    let none = TrialOptions {
        seconds: 0,
        ..TrialOptions::default()
    };
    let trial = tried(&book, &files, &searcher, none);
    assert_eq!(
        (trial.from, trial.complete, trial.of("n-1").0),
        (None, false, 0)
    );
    let (import, engine) = stage(&book, "stop", &files);
    import.stop();
    try_on(&import, engine, &searcher, TrialOptions::default(), time(0));
    assert!(!import.trial().complete);
}

#[test]
fn a_trial_without_an_index_ends() {
    let dir = tempfile::tempdir().unwrap();
    let (book, _) = open(dir.path());
    let files = [("n.yml", rule("n-1", "new"))];
    let trial = tried(&book, &files, &Searcher::default(), TrialOptions::default());
    assert_eq!(
        (trial.state, trial.complete, trial.events),
        (TrialState::Done, false, 0)
    );
}

#[test]
fn what_is_off_is_written_with_the_rest_of_the_file() {
    // A rule that the pack takes away is on when it comes again.
    let dir = tempfile::tempdir().unwrap();
    let (book, _) = open(dir.path());
    stage(&book, "i1", &[("n.yml", rule("n-1", "x"))]);
    apply(&book, "i1", &["n-1"], time(1));
    stage(&book, "i2", &[("m.yml", rule("m-1", "x"))]);
    apply(&book, "i2", &[], time(2));
    let text = std::fs::read_to_string(dir.path().join("off.yml")).unwrap();
    assert!(!text.contains("n-1"), "{text}");
}

#[test]
fn a_pack_that_cannot_take_its_place_leaves_the_old_one() {
    let dir = tempfile::tempdir().unwrap();
    let (book, _) = open(dir.path());
    stage(&book, "i1", &[("n.yml", rule("n-1", "x"))]);
    apply(&book, "i1", &[], time(2));
    stage(&book, "i2", &[("m.yml", rule("m-1", "x"))]);
    std::fs::remove_dir_all(dir.path().join("staging/i2/pack")).unwrap();
    assert!(book.apply("i2", &[], "an", time(3)).is_err());
    book.refresh(time(4));
    assert_eq!(of_pack(&book), "n-1");
    // The program ended between the two moves.
    drop(book);
    std::fs::create_dir_all(dir.path().join("replaced")).unwrap();
    let moved = dir.path().join("replaced/p");
    std::fs::rename(dir.path().join("sigma/packs/p"), &moved).unwrap();
    let (book, _) = open(dir.path());
    assert_eq!(of_pack(&book), "n-1");
    assert!(!moved.exists());
}

#[test]
fn a_pack_brings_no_filters_and_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let (book, slot) = open(dir.path());
    let filter =
        "title: f\nid: f-1\nlogsource: {}\nfilter:\n  rules: any\n  s: {Z: 1}\n  condition: s\n";
    let files = [("n.yml", rule("n-1", "x")), ("f.yml", filter.to_owned())];
    let (import, _) = stage(&book, "i1", &files);
    assert_eq!(import.compared.refused, 1);
    assert!(
        import
            .compared
            .problems
            .iter()
            .any(|problem| problem.file == "f.yml")
    );
    apply(&book, "i1", &[], time(2));
    assert!(!dir.path().join("sigma/packs/p/f.yml").exists());
    assert!(alerts(&slot, "a", r#"{"F":"x"}"#).contains("n-1"));
}

#[test]
fn what_could_not_be_read_again_is_not_written() {
    let dir = tempfile::tempdir().unwrap();
    let (book, _) = open(dir.path());
    stage(
        &book,
        "i1",
        &[("n.yml", rule("n-1", "x")), ("m.yml", rule("m-1", "y"))],
    );
    apply(&book, "i1", &["m-1"], time(2));
    stage(&book, "i2", &[("n.yml", rule("n-1", "z"))]);
    let long = [(Text::from("n-1"), "x".repeat(2 << 20))];
    let refused = book.apply("i2", &long, "an", time(3)).unwrap();
    assert!(matches!(refused, Err(Refused::Bad(_))));
    assert_eq!(of_pack(&book), "m-1 n-1");
    assert!(
        book.current().row("m-1").unwrap().off.is_some(),
        "what was off stays so"
    );
}
