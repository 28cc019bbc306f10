//! Exceptions: made, in force, changed, ended; who may; and what they would have left out.

use std::sync::Arc;

use super::tests::{COUNT, alerts, event, open, time, write};
use super::*;
use crate::correlate::{Hit, HitEvent};
use crate::reader::{Reader, Role};
use crate::rule::{How, Match};
use crate::store::{AlertFilter, Change, Checkpoint, Order, State, Store, Verdict, Work};

fn matches(field: &str, how: How, values: &[&str]) -> Match {
    Match {
        field: field.to_owned(),
        how,
        values: values.iter().map(|value| (*value).to_owned()).collect(),
    }
}

fn exempt(rule: &str, sites: &[&str], matches: Vec<Match>) -> Exempt {
    Exempt {
        rule: rule.to_owned(),
        sites: sites.iter().map(|site| Text::from(*site)).collect(),
        matches,
    }
}

fn new(id: &str, exempt: Exempt) -> NewException {
    NewException {
        id: id.to_owned(),
        exempt,
        reason: "sao lưu".to_owned(),
        expires: time(100),
        alert: None,
    }
}

const LEFT_OUT: &str = r#"{"F":"x","G":"C:\\a*b\\y.exe"}"#;
const OTHER: &str = r#"{"F":"x","G":"C:\\aab\\y.exe"}"#;

fn backup() -> Vec<Match> {
    vec![matches("G", How::Contains, &[r"\A*B\", "never"])]
}

#[test]
fn an_exception_silences_what_it_names_until_it_ends() {
    let dir = tempfile::tempdir().unwrap();
    let (book, slot) = open(dir.path());
    let made = book.except(
        &Scope::All,
        &new("e-1", exempt("S-1", &["a"], backup())),
        "an",
        time(1),
    );
    let made = made.unwrap().unwrap();
    assert_eq!((&*made.rules[0], made.matches), ("s-1", Some(backup())));
    assert_eq!(alerts(&slot, "a", LEFT_OUT), "s-2");
    assert_eq!(alerts(&slot, "b", LEFT_OUT), "s-1 s-2");
    assert_eq!(alerts(&slot, "a", OTHER), "s-1 s-2", "a star means itself");
    // Longer, with another reason; then it ends by itself.
    let change = ExceptionChange {
        expires: Some(time(200)),
        reason: Some("khác".to_owned()),
    };
    let before = book
        .change_exception(&Scope::All, "e-1", &change, time(2))
        .unwrap()
        .unwrap();
    assert_eq!(before.notes.expires, Some(time(100)));
    let current = book.current();
    let notes = &current.filter("E-1").unwrap().notes;
    assert_eq!(
        (&*notes.reason, &*notes.owner, notes.created),
        ("khác", "an", Some(time(1)))
    );
    assert!(!book.refresh(time(150)));
    assert_eq!(alerts(&slot, "a", LEFT_OUT), "s-2");
    assert!(book.refresh(time(200)));
    assert_eq!(alerts(&slot, "a", LEFT_OUT), "s-1 s-2");
    // Taken away, its file goes.
    assert!(
        book.end_exception(&Scope::All, "e-1", time(201))
            .unwrap()
            .is_ok()
    );
    assert!(book.current().filters().is_empty());
    assert!(!dir.path().join("sigma/exceptions/e-1.yml").exists());
    let gone = book.end_exception(&Scope::All, "e-1", time(202)).unwrap();
    assert_eq!(gone.err(), Some(Refused::NoException));
}

#[test]
fn an_exception_of_a_correlation_leaves_events_out_of_what_it_counts() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "sigma/c.yml", COUNT);
    let (book, slot) = open(dir.path());
    let made = book.except(
        &Scope::All,
        &new("e-1", exempt("c-1", &[], backup())),
        "an",
        time(1),
    );
    let made = made.unwrap().unwrap();
    assert_eq!(made.named, ["s-1"]);
    assert_eq!(made.notes.rule.as_deref(), Some("c-1"));
    let current = book.current();
    assert_eq!(current.row("c-1").unwrap().exceptions.len(), 1);
    assert_eq!(current.filters_of(current.row("s-1").unwrap()).count(), 1);
    let mut detections = Vec::new();
    let event = event("a", LEFT_OUT);
    let fields = event::Fields::of(&event.record);
    let view = event::View {
        event: &event,
        fields: &fields,
    };
    Engine::clone(&slot.current().engine).examine(view, &mut detections);
    let ids: Vec<&str> = detections.iter().map(|found| &*found.rule.id).collect();
    assert_eq!(ids, ["s-2"]);
}

#[test]
fn who_sees_some_sites_makes_exceptions_for_them_alone() {
    let dir = tempfile::tempdir().unwrap();
    let (book, _) = open(dir.path());
    let of_a = Scope::Sites(vec!["a".into()]);
    let make = |id: &str, scope: &Scope, sites: &[&str]| {
        let new = new(id, exempt("s-1", sites, backup()));
        book.except(scope, &new, "an", time(1)).unwrap().err()
    };
    for sites in [&[][..], &["b"], &["a", "b"]] {
        assert_eq!(
            make("e-0", &of_a, sites),
            Some(Refused::NotYours),
            "{sites:?}"
        );
    }
    assert_eq!(make("e-a", &of_a, &["a"]), None);
    assert_eq!(make("e-all", &Scope::All, &[]), None);
    assert_eq!(make("e-b", &Scope::All, &["b"]), None);
    assert_eq!(make("e-ab", &Scope::All, &["a", "b"]), None);
    let current = book.current();
    let seen = current
        .filters()
        .iter()
        .filter(|filter| is_seen(filter, &of_a));
    assert_eq!(seen.count(), 3, "not that of b");
    let change = ExceptionChange::default();
    for (id, refused) in [
        ("e-a", None),
        ("e-all", Some(Refused::NotYours)),
        ("e-ab", Some(Refused::NotYours)),
        ("e-b", Some(Refused::NoException)),
    ] {
        let changed = book.change_exception(&of_a, id, &change, time(2)).unwrap();
        assert_eq!(changed.err(), refused, "{id}");
        if refused.is_some() {
            let ended = book.end_exception(&of_a, id, time(2)).unwrap();
            assert_eq!(ended.err(), refused, "{id}");
        }
    }
}

#[test]
fn what_means_nothing_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let (book, _) = open(dir.path());
    let refused = |new: &NewException| book.except(&Scope::All, new, "an", time(1)).unwrap().err();
    for bad in [
        vec![],
        vec![matches("", How::Is, &["x"])],
        vec![matches("F|re", How::Is, &["x"])],
        vec![matches("F", How::Is, &[])],
        vec![matches("F", How::Contains, &[""])],
        vec![matches("F", How::Cidr, &["10.0.0.0/40"])],
        vec![matches("F", How::Is, &["x"]), matches("F", How::Is, &["y"])],
        vec![matches("F", How::Is, &[&"x".repeat(5_000)])],
    ] {
        let shown = format!("{bad:?}");
        let refused = refused(&new("e-1", exempt("s-1", &[], bad)));
        assert!(
            matches!(refused, Some(Refused::Bad(_))),
            "{shown}: {refused:?}"
        );
    }
    let nobody = new("e-1", exempt("nobody", &[], backup()));
    assert_eq!(refused(&nobody), Some(Refused::NoRule));
    for expires in [time(1), time(367 * 86_400)] {
        let new = NewException {
            expires,
            ..new("e-1", exempt("s-1", &[], backup()))
        };
        assert!(matches!(refused(&new), Some(Refused::Bad(_))));
    }
    assert!(!dir.path().join("sigma/exceptions").exists());
    // Odd fields are no way to write something else into the file.
    let odd = vec![matches("F\": [y]\nfilter", How::Is, &["x"])];
    assert!(matches!(
        refused(&new("e-1", exempt("s-1", &[], odd))),
        Some(Refused::Bad(_))
    ));
}

#[test]
fn what_somebody_wrote_by_hand_is_left_to_him() {
    let dir = tempfile::tempdir().unwrap();
    let filter = |id: &str, value: &str| {
        format!(
            "title: F\nid: {id}\nlogsource: {{product: windows}}\nfilter:\n  rules: [s-1]\n  \
             selection: {{G: '{value}'}}\n  condition: not selection\n"
        )
    };
    write(
        dir.path(),
        "sigma/exceptions/wild.yml",
        &filter("wild", "a*"),
    );
    write(
        dir.path(),
        "sigma/exceptions/two.yml",
        &format!("{}---\n{}", filter("t-1", "a"), filter("t-2", "b")),
    );
    write(dir.path(), "sigma/own.yml", &filter("own", "c"));
    let (book, _) = open(dir.path());
    let change = ExceptionChange::default();
    for id in ["wild", "t-1", "own"] {
        let changed = book
            .change_exception(&Scope::All, id, &change, time(1))
            .unwrap();
        assert!(matches!(changed, Err(Refused::ByHand(_))), "{id}");
    }
    for (id, goes) in [("wild", true), ("t-1", false), ("own", false)] {
        assert_eq!(
            book.end_exception(&Scope::All, id, time(1))
                .unwrap()
                .is_ok(),
            goes,
            "{id}"
        );
    }
}

fn store(dir: &Path) -> Store {
    Store::open(&dir.join("store.db"), |_| {}).unwrap()
}

/// An alert of a rule with these events at a site.
fn alert(store: &Store, book: &Rulebook, rule: &str, site: &str, about: &str, records: &[&str]) {
    let info = Arc::clone(&book.current().row(rule).unwrap().info);
    let events = records
        .iter()
        .zip(1_u64..)
        .map(|(record, position)| HitEvent {
            event: Arc::new(event(site, record)),
            position,
            matched: Vec::new(),
        });
    let hit = Hit {
        rule: info,
        site: site.into(),
        exercise: false,
        backfill: false,
        entities: vec![event::Entity {
            field: "x".to_owned(),
            value: about.into(),
        }],
        from: time(0),
        to: time(0),
        events: events.collect(),
    };
    let checkpoint = Checkpoint {
        now: time(0),
        hits: vec![hit],
        ..Checkpoint::default()
    };
    store.checkpoint(&checkpoint).unwrap();
}

#[test]
fn the_preview_says_which_alerts_would_not_have_been() {
    let dir = tempfile::tempdir().unwrap();
    let (book, _) = open(dir.path());
    let store = store(dir.path());
    alert(&store, &book, "s-1", "a", "all", &[LEFT_OUT]);
    alert(&store, &book, "s-1", "b", "site", &[LEFT_OUT]);
    alert(&store, &book, "s-1", "a", "some", &[LEFT_OUT, OTHER]);
    alert(&store, &book, "s-1", "a", "none", &[OTHER]);
    alert(&store, &book, "s-1", "a", "many", &[LEFT_OUT; 50]);
    alert(&store, &book, "s-2", "a", "rule", &[LEFT_OUT]);
    let page = store
        .alerts(
            &Reader::local(),
            &AlertFilter::default(),
            Order::Newest,
            None,
            100,
        )
        .unwrap();
    let many = page
        .rows
        .iter()
        .find(|row| row.entities[0].value == "many")
        .unwrap();
    let closed = Change {
        work: Work {
            state: Some(State::Closed),
            verdict: Some(Verdict::TruePositive),
            ..Work::default()
        },
        version: many.version,
        key: None,
    };
    store
        .change_alert(&Reader::local(), &many.id, &closed, time(1))
        .unwrap();
    let preview = |reader: &Reader, sites: &[&str], now: Time| {
        let exempt = exempt("s-1", sites, backup());
        book.preview_exception(&store, reader, &exempt, now)
            .unwrap()
            .unwrap()
    };
    let all = preview(&Reader::local(), &[], time(10));
    assert_eq!((all.alerts, all.silenced, all.smaller), (5, 3, 1));
    assert_eq!((all.sampled, all.true_positives), (1, 1));
    assert_eq!(
        (all.examples.len(), &all.examples[0]),
        (3, &many.id),
        "the true one first"
    );
    let at_a = preview(&Reader::local(), &["a"], time(10));
    assert_eq!((at_a.alerts, at_a.silenced), (5, 2));
    let of_b = Reader {
        user: "b".into(),
        role: Role::Analyst,
        scope: Scope::Sites(vec!["b".into()]),
    };
    let theirs = preview(&of_b, &["b"], time(10));
    assert_eq!(
        (theirs.alerts, theirs.silenced),
        (1, 1),
        "alerts of others are not seen"
    );
    let refused = book.preview_exception(&store, &of_b, &exempt("s-1", &[], backup()), time(10));
    assert_eq!(refused.unwrap().err(), Some(Refused::NotYours));
    let later = preview(&Reader::local(), &[], time(8 * 86_400));
    assert_eq!(later.alerts, 0, "of the last 7 days");
}

#[test]
fn what_the_preview_silences_the_engine_does_not_find() {
    let dir = tempfile::tempdir().unwrap();
    let (book, slot) = open(dir.path());
    let store = store(dir.path());
    let records = [
        LEFT_OUT,
        OTHER,
        r#"{"F":"x","G":7}"#,
        r#"{"F":"x"}"#,
        r#"{"F":"x","G":["n","NEVER"]}"#,
    ];
    for (record, about) in records.iter().zip(["0", "1", "2", "3", "4"]) {
        alert(&store, &book, "s-1", "a", about, &[record]);
    }
    let several = vec![
        matches("G", How::Contains, &[r"\A*B\", "never"]),
        matches("F", How::Is, &["X"]),
    ];
    let wanted = exempt("s-1", &[], several);
    let preview = book
        .preview_exception(&store, &Reader::local(), &wanted, time(1))
        .unwrap()
        .unwrap();
    book.except(&Scope::All, &new("e-1", wanted), "an", time(1))
        .unwrap()
        .unwrap();
    let silent = records
        .iter()
        .filter(|record| alerts(&slot, "a", record) == "s-2");
    assert_eq!(preview.silenced, u64::try_from(silent.count()).unwrap());
    assert_eq!(preview.silenced, 2);
}

#[test]
fn there_are_only_so_many_exceptions() {
    let dir = tempfile::tempdir().unwrap();
    let (book, _) = open(dir.path());
    let make = |id: &str| {
        let new = new(id, exempt("s-1", &[], backup()));
        book.except(&Scope::All, &new, "an", time(1)).unwrap().err()
    };
    for id in ["e-1", "e-2", "e-3", "e-4", "e-5"] {
        assert_eq!(make(id), None);
    }
    assert_eq!(make("e-6"), Some(Refused::TooManyExceptions(5)));
    book.end_exception(&Scope::All, "e-1", time(2))
        .unwrap()
        .unwrap();
    assert_eq!(make("e-6"), None);
}
