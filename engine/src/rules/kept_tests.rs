//! What somebody breaks by hand stays in force as it was last, and says so.

use std::path::Path;

use super::tests::{COUNT, alerts, open, rule, time, write};
use super::*;

/// What is wrong with a file, in one line.
fn told(book: &Rulebook, name: &str) -> String {
    let current = book.current();
    let mut problems = current.problems().iter();
    let found = problems.find(|problem| problem.file.ends_with(name));
    found.map(ToString::to_string).unwrap_or_default()
}

fn stays(second: i64) -> String {
    format!(
        "the version of {} stays in force until it is mended",
        time(second)
    )
}

const X: &str = r#"{"F":"x"}"#;

#[test]
fn a_rule_file_that_is_broken_stays_as_it_was_until_it_is_mended_or_gone() {
    let dir = tempfile::tempdir().unwrap();
    let two = format!("{}---\n{}", rule("own", "x"), rule("own-2", "x"));
    write(dir.path(), "sigma/own.yml", &two);
    let (book, slot) = open(dir.path());
    let whole = "own own-2 s-1 s-2";
    assert_eq!(alerts(&slot, "a", X), whole);
    let long = format!("{two}#{}", "x".repeat(RuleLimits::default().file_bytes));
    let one_bad = two.replace("id: own-2", "id: own-2\nlevel: dreadful");
    for (second, broken) in [(1, "title: ["), (2, &*long), (3, &*one_bad), (4, " \n")] {
        write(dir.path(), "sigma/own.yml", broken);
        assert!(book.refresh(time(second)));
        assert_eq!(alerts(&slot, "a", X), whole, "{second}");
        let said = told(&book, "own.yml");
        assert!(said.contains(&stays(0)), "{second}: {said}");
    }
    assert!(told(&book, "own.yml").contains("delete it"));
    // Another change loads all files again, and the broken one still stays.
    assert_eq!(
        book.turn_off(&Scope::All, "s-1", off(), "an", time(5))
            .unwrap()
            .err(),
        None
    );
    assert_eq!(alerts(&slot, "a", X), "own own-2 s-2");
    write(dir.path(), "sigma/own.yml", &rule("own", "x"));
    assert!(book.refresh(time(6)));
    assert_eq!(alerts(&slot, "a", X), "own s-2");
    assert_eq!(told(&book, "own.yml"), "");
    write(dir.path(), "sigma/own.yml", "- [");
    assert!(book.refresh(time(7)));
    assert!(told(&book, "own.yml").contains(&stays(6)));
    std::fs::remove_file(dir.path().join("sigma/own.yml")).unwrap();
    assert!(book.refresh(time(8)));
    assert_eq!(
        (alerts(&slot, "a", X), told(&book, "own.yml")),
        ("s-2".to_owned(), String::new())
    );
    // At a start there is nothing before.
    write(dir.path(), "sigma/own.yml", &one_bad);
    let (book, slot) = open(dir.path());
    assert_eq!(alerts(&slot, "a", X), "own s-2");
    assert!(!told(&book, "own.yml").contains("stays in force"));
}

fn off() -> OffChange {
    OffChange {
        everywhere: true,
        sites: Vec::new(),
        why: "ồn".to_owned(),
    }
}

#[test]
fn a_broken_off_file_turns_no_rule_on() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "off.yml", "- {rule: s-1, everywhere: true}\n");
    let (book, slot) = open(dir.path());
    assert_eq!(alerts(&slot, "a", X), "s-2");
    for (second, broken) in [
        (1, "- {rule: s-1, everywhere: true"),
        (2, "- {rule: s-1, everywhere: ja}\n"),
        (3, ""),
        (4, "- {rule: s-2, everywhere: true}\n- {everywhere: true}\n"),
        (5, "- {rule: s-1, sites: [{a: b}]}\n"),
    ] {
        write(dir.path(), "off.yml", broken);
        assert!(book.refresh(time(second)));
        assert_eq!(alerts(&slot, "a", X), "s-2", "{broken}");
        let said = told(&book, "off.yml");
        assert!(said.contains(&stays(0)), "{broken}: {said}");
    }
    // What cannot even be read is no other.
    std::fs::remove_file(dir.path().join("off.yml")).unwrap();
    std::fs::create_dir(dir.path().join("off.yml")).unwrap();
    assert!(book.refresh(time(6)));
    assert_eq!(alerts(&slot, "a", X), "s-2");
    let said = told(&book, "off.yml");
    assert!(
        said.contains("cannot be read") && said.contains(&stays(0)),
        "{said}"
    );
    let refused = book.turn_off(&Scope::All, "s-2", off(), "an", time(7));
    assert!(matches!(refused.unwrap(), Err(Refused::Broken(_))));
    std::fs::remove_dir(dir.path().join("off.yml")).unwrap();
    assert!(book.refresh(time(8)));
    assert_eq!(alerts(&slot, "a", X), "s-1 s-2", "gone is gone");
}

#[test]
fn an_off_file_that_was_broken_at_the_start_turns_nothing_on_by_a_second_mistake() {
    let dir = tempfile::tempdir().unwrap();
    write(
        dir.path(),
        "off.yml",
        "- {rule: s-1, everywhere: true}\n- {everywhere: true}\n",
    );
    let (book, slot) = open(dir.path());
    assert_eq!(alerts(&slot, "a", X), "s-2");
    write(dir.path(), "off.yml", "- [");
    assert!(book.refresh(time(1)));
    assert_eq!(alerts(&slot, "a", X), "s-2");
}

#[test]
fn mappings_lists_and_exceptions_stay_too() {
    let dir = tempfile::tempdir().unwrap();
    let listed = rule("own", "'%L%'").replace("{F:", "{F|expand:");
    write(dir.path(), "sigma/own.yml", &listed);
    write(dir.path(), "lists/L.txt", "x\n");
    write(
        dir.path(),
        "mapping/m.yml",
        "fields: [{logsource: {product: windows}, names: {G: [H]}}]\n",
    );
    let filter = "title: F\nid: f-1\nlogsource: {product: windows}\nfilter:\n  rules: [s-1]\n  \
                  selection: {G: y}\n  condition: not selection\n";
    write(dir.path(), "sigma/exceptions/f.yml", filter);
    let (book, slot) = open(dir.path());
    let left_out = r#"{"F":"x","H":"y"}"#;
    assert!(
        book.current().problems().is_empty(),
        "{:?}",
        book.current().problems()
    );
    assert_eq!(alerts(&slot, "a", left_out), "own s-2");
    write(dir.path(), "lists/L.txt", &"v\n".repeat(10_001));
    write(dir.path(), "mapping/m.yml", "fields: {");
    write(
        dir.path(),
        "sigma/exceptions/f.yml",
        &filter.replace("not selection", "not"),
    );
    assert!(book.refresh(time(1)));
    assert_eq!(alerts(&slot, "a", left_out), "own s-2");
    for name in ["L.txt", "m.yml", "f.yml"] {
        assert!(
            told(&book, name).contains(&stays(0)),
            "{name}: {}",
            told(&book, name)
        );
    }
}

#[test]
fn what_cannot_be_read_stays_and_what_others_need_of_a_broken_file_too() {
    let dir = tempfile::tempdir().unwrap();
    let counted = rule("own", "z");
    let count = COUNT.replace("s-1", "own");
    write(dir.path(), "sigma/team/own.yml", &counted);
    write(dir.path(), "sigma/count.yml", &count);
    let (book, slot) = open(dir.path());
    let counts = |slot: &KnowledgeSlot| slot.current().engine.correlations().len();
    assert_eq!(counts(&slot), 1);
    write(dir.path(), "sigma/team/own.yml", "title: [");
    assert!(book.refresh(time(1)));
    assert_eq!(counts(&slot), 1);
    assert_eq!(told(&book, "count.yml"), "");
    // A link that leads nowhere is a file that cannot be read; of a folder all files stay.
    let team = dir.path().join("sigma/team");
    std::fs::remove_file(team.join("own.yml")).unwrap();
    std::os::unix::fs::symlink(Path::new("nowhere"), team.join("own.yml")).unwrap();
    write(dir.path(), "sigma/more.yml", &rule("more", "x"));
    assert!(book.refresh(time(2)));
    assert_eq!(counts(&slot), 1);
    assert!(told(&book, "own.yml").contains(&stays(0)));
    assert_eq!(alerts(&slot, "a", X), "more s-1 s-2");
    std::fs::remove_file(team.join("own.yml")).unwrap();
    assert!(book.refresh(time(3)));
    assert_eq!(counts(&slot), 0, "gone is gone");
}
