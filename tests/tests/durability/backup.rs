//! Backups: made of a centre under load, put back elsewhere, equal, and going on from there.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;

use crate::centre::{self, Centre, haidang};
use crate::load::Load;
use crate::{Seeded, assert_exactly_once};

/// What a command printed, and its exit code.
fn run(folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let output = haidang(folder).args(arguments).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (
        output.status.code(),
        String::from_utf8_lossy(&said).into_owned(),
    )
}

/// Another machine, with the same configuration and no data.
fn empty_machine(load: &Load) -> tempfile::TempDir {
    let machine = tempfile::tempdir().unwrap();
    let config = load.folder().join("haidang.toml");
    std::fs::copy(config, machine.path().join("haidang.toml")).unwrap();
    machine
}

fn manifest(backup: &Path) -> Value {
    let text = std::fs::read(backup.join("backup.json")).unwrap();
    serde_json::from_slice(&text).unwrap()
}

/// The line of `verify` that begins so.
fn line<'a>(report: &'a str, beginning: &str) -> &'a str {
    let found = report.lines().find(|line| line.starts_with(beginning));
    found.unwrap_or_else(|| panic!("no line {beginning}: {report}"))
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn a_backup_under_load_is_the_same_elsewhere_and_goes_on() {
    let mut seeded = Seeded::new();
    // Partitions are sealed, merged and begun while it is copied; segments of the journal are cut.
    let mut load = Load::with_partitions_of(500);
    let centre = Centre::start(load.folder(), "");
    let writing = load.write_for(6_000, Duration::from_secs(6));
    let backups = tempfile::tempdir().unwrap();
    let mut made: Vec<PathBuf> = Vec::new();
    for number in 0..4 {
        std::thread::sleep(Duration::from_millis(300 + seeded.below(900)));
        let target = backups.path().join(number.to_string());
        let (code, said) = run(load.folder(), &["backup", text(&target)]);
        assert_eq!(code, Some(0), "{said}");
        println!("{}", said.lines().last().unwrap_or_default());
        made.push(target);
    }
    writing.join();
    assert_exactly_once(&centre, &load);
    let given = centre.ids();
    centre.stop();

    for backup in made {
        let machine = empty_machine(&load);
        let (code, said) = run(machine.path(), &["restore", text(&backup)]);
        assert_eq!(code, Some(0), "{said}");
        let found = manifest(&backup);
        let upto = found["position"].as_u64().min(found["indexed"].as_u64());
        let upto = upto.unwrap().to_string();
        let (code, restored) = centre::verify(machine.path(), &["--upto", &upto]);
        assert_eq!(code, Some(0), "{restored}");
        let (code, original) = centre::verify(load.folder(), &["--upto", &upto]);
        assert_eq!(code, Some(0), "{original}");
        let digest = |report: &str| {
            line(report, "index:")
                .split_once("digest")
                .unwrap()
                .1
                .to_owned()
        };
        assert_eq!(
            digest(&restored),
            digest(&original),
            "{restored}\n{original}"
        );

        // It goes on: what the log holds behind the backup comes again, under other numbers.
        let centre = Centre::start(machine.path(), "");
        assert_exactly_once(&centre, &load);
        for (id, number) in centre.ids() {
            let before = given.get(&id);
            assert!(
                before.is_none_or(|before| *before == number),
                "{id} was given twice"
            );
        }
        assert_eq!(centre.total("record.status:centre_restored"), 1);
        centre.stop();
        let drawn = |folder: &Path| std::fs::read(folder.join("data/journal/instance")).unwrap();
        assert!(
            drawn(machine.path()) != drawn(load.folder()),
            "the same instance"
        );
        assert!(!machine.path().join("data/RESTORED").exists());
    }
}

#[test]
fn a_backup_of_a_centre_at_rest_is_equal_line_by_line() {
    let mut load = Load::new();
    let centre = Centre::start(load.folder(), "");
    load.write_for(200, Duration::from_millis(50)).join();
    load.write_old(20);
    assert_exactly_once(&centre, &load);
    centre.stop();
    let backups = tempfile::tempdir().unwrap();
    let backup = backups.path().join("one");
    let (code, said) = run(load.folder(), &["backup", text(&backup)]);
    assert_eq!(code, Some(0), "{said}");
    let machine = empty_machine(&load);
    let (code, said) = run(machine.path(), &["restore", text(&backup)]);
    assert_eq!(code, Some(0), "{said}");
    let (code, original) = centre::verify(load.folder(), &[]);
    assert_eq!(code, Some(0), "{original}");
    let (_, restored) = centre::verify(machine.path(), &[]);
    assert_eq!(original, restored);
    let closed = |path: PathBuf| {
        use std::os::unix::fs::PermissionsExt;
        path.metadata().unwrap().permissions().mode() & 0o077
    };
    assert_eq!(closed(backup.clone()), 0, "others may look into it");
    assert_eq!(closed(backup.join("data/store.db")), 0);
    assert_eq!(closed(machine.path().join("data/store.db")), 0);
    assert!(backup.join("config.toml").exists());
}

#[test]
fn what_cannot_be_backed_up_or_restored_is_refused_with_the_way_out() {
    let mut load = Load::new();
    let centre = Centre::start(load.folder(), "");
    load.write_for(60, Duration::from_millis(50)).join();
    assert_exactly_once(&centre, &load);
    let backups = tempfile::tempdir().unwrap();
    let backup = backups.path().join("one");
    let (code, said) = run(load.folder(), &["backup", text(&backup)]);
    assert_eq!(code, Some(0), "{said}");
    let (code, said) = run(load.folder(), &["backup", text(&backup)]);
    assert_eq!(code, Some(1));
    assert!(
        said.contains("is there already; name a new folder"),
        "{said}"
    );
    let inside = load.folder().join("data/rules/copy");
    let (code, said) = run(load.folder(), &["backup", text(&inside)]);
    assert_eq!(code, Some(1));
    assert!(said.contains("in the data folder itself"), "{said}");
    centre.stop();
    let (code, said) = run(load.folder(), &["restore", text(&backup)]);
    assert_eq!(code, Some(1));
    assert!(said.contains("is not empty"), "{said}");

    // One bit of one file.
    let files = manifest(&backup);
    let files = files["files"].as_array().unwrap().iter();
    let store = files
        .filter_map(|file| file["path"].as_str())
        .find(|path| path.ends_with(".store"))
        .unwrap();
    let (damaged, right) = flip_a_bit(&backup.join(store));
    let machine = empty_machine(&load);
    let (code, said) = run(machine.path(), &["restore", text(&backup)]);
    assert_eq!(code, Some(1));
    assert!(said.contains(store) && said.contains("1 in all"), "{said}");
    let (code, said) = run(machine.path(), &["verify"]);
    assert_eq!(code, Some(1));
    assert!(said.contains("a restore was cut short"), "{said}");
    // The file is fetched again: the same command goes on.
    std::fs::write(damaged, right).unwrap();
    let (code, said) = run(machine.path(), &["restore", text(&backup)]);
    assert_eq!(code, Some(0), "{said}");
    let (code, said) = run(machine.path(), &["verify"]);
    assert_eq!(code, Some(0), "{said}");

    let machine = empty_machine(&load);
    std::fs::remove_file(backup.join("backup.json")).unwrap();
    let (code, said) = run(machine.path(), &["restore", text(&backup)]);
    assert_eq!(code, Some(1));
    assert!(said.contains("no whole backup"), "{said}");
    assert!(!machine.path().join("data").exists(), "it was touched");
}

/// Flips a bit in the middle; the path, and what the file held.
fn flip_a_bit(path: &Path) -> (PathBuf, Vec<u8>) {
    let right = std::fs::read(path).unwrap();
    let mut wrong = right.clone();
    let middle = wrong.len() / 2;
    wrong[middle] ^= 1;
    std::fs::write(path, wrong).unwrap();
    (path.to_owned(), right)
}
