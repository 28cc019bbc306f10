//! Imports: what they were compared with, which shipped rules they replace, what of them is broken.

use super::staging_tests::{apply, licensed, of_pack, shown, stage};
use super::tests::{alerts, open, rule, time};
use super::*;

#[test]
fn what_was_compared_with_other_packs_is_not_put_in_force() {
    let dir = tempfile::tempdir().unwrap();
    let (book, _) = open(dir.path());
    stage(&book, "i1", &[("n.yml", rule("n-1", "x"))]);
    stage(&book, "i2", &[("m.yml", rule("m-1", "x"))]);
    let ids: Vec<String> = book
        .imports()
        .iter()
        .map(|import| import.id.clone())
        .collect();
    assert_eq!(ids, ["i2", "i1"], "the newest first");
    assert_eq!(
        (&*book.imports()[0].who, book.imports()[0].at),
        ("an", time(1))
    );
    apply(&book, "i1", &[], time(2));
    let late = book.apply("i2", &[], "an", time(3)).unwrap();
    assert_eq!(late.err(), Some(Refused::Stale));
    assert_eq!(of_pack(&book), "n-1");
    assert!(
        book.import("i2").is_some(),
        "it waits until somebody throws it away"
    );
    // Where everything is as it was compared, it may.
    book.back("an", time(4)).unwrap().unwrap();
    apply(&book, "i2", &[], time(5));
    assert_eq!(of_pack(&book), "m-1");
}

#[test]
fn a_rule_that_is_nowhere_is_not_turned_off() {
    let dir = tempfile::tempdir().unwrap();
    let (book, _) = open(dir.path());
    stage(&book, "i1", &[("n.yml", rule("n-1", "x"))]);
    let off = |id: &str| vec![(Text::from(id), String::new())];
    let refused = book.apply("i1", &off("n-2"), "an", time(2)).unwrap();
    assert_eq!(
        refused.err(),
        Some(Refused::NoRuleToTurnOff("n-2".to_owned()))
    );
    assert_eq!(of_pack(&book), "");
    apply(&book, "i1", &["N-1", "s-1"], time(3));
    stage(&book, "i2", &[("m.yml", rule("m-1", "x"))]);
    let gone = book.apply("i2", &off("n-1"), "an", time(4)).unwrap();
    assert_eq!(gone.err(), Some(Refused::NoRuleToTurnOff("n-1".to_owned())));
}

#[test]
fn an_import_says_which_shipped_rules_it_replaces_and_lends_its_licence() {
    let dir = tempfile::tempdir().unwrap();
    let (book, _) = open(dir.path());
    let files = [
        ("n.yml", licensed("n-1", "x")),
        ("s.yml", rule("s-2", "y")),
        ("LICENSE", "MIT License".to_owned()),
    ];
    let (import, _) = stage(&book, "i1", &files);
    let shipped = |import: &Import| {
        let items = import.compared.items.iter().filter(|item| item.shipped);
        items.map(|item| item.id.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(shipped(&import), ["s-2"]);
    apply(&book, "i1", &[], time(2));
    let license = |book: &Rulebook, id: &str| book.current().row(id).unwrap().license.clone();
    assert_eq!(license(&book, "s-2").as_deref(), Some("MIT License"));
    assert_eq!(license(&book, "n-1").as_deref(), Some("MIT"));
    assert_eq!(license(&book, "s-1"), None);
    let files = [("n.yml", licensed("n-1", "z")), ("s.yml", rule("s-2", "z"))];
    let (import, _) = stage(&book, "i2", &files);
    assert_eq!(
        shipped(&import),
        ["s-2"],
        "also while another stands in its place"
    );
    let (import, _) = stage(&book, "i3", &[("n.yml", licensed("n-1", "z"))]);
    assert_eq!(shown(&import), "changed n-1, changed s-2");
    assert!(
        shipped(&import).is_empty(),
        "a shipped one that comes to light is none"
    );
}

#[test]
fn what_an_import_brings_broken_is_not_the_old_text_of_its_file() {
    let dir = tempfile::tempdir().unwrap();
    let (book, slot) = open(dir.path());
    stage(
        &book,
        "i1",
        &[("n.yml", rule("n-1", "x")), ("m.yml", rule("m-1", "x"))],
    );
    apply(&book, "i1", &[], time(2));
    let files = [
        ("n.yml", "title: [".to_owned()),
        ("m.yml", rule("m-1", "x")),
    ];
    let (import, _) = stage(&book, "i2", &files);
    assert_eq!(
        (shown(&import).as_str(), import.compared.refused),
        ("removed n-1", 1)
    );
    apply(&book, "i2", &[], time(3));
    assert_eq!(alerts(&slot, "a", r#"{"F":"x"}"#), "m-1 s-1 s-2");
}
