//! A data folder of an older program: opened, upgraded, also when it is killed while it does so, and nothing of it is lost.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use rusqlite::Connection;

use crate::Seeded;
use crate::centre::{self, Centre, haidang};

/// What the older program knew of layouts.
const OLD_LAYOUT: u32 = 1;
/// Times that the upgrade is killed, each on a fresh copy and up to three times in a row.
const ROUNDS: u64 = 8;

const CONFIG: &str = "[web]\nlisten = \"127.0.0.1:0\"\n[metrics]\non = false\n\
    [journal]\nreserve_mib = 0\n[index]\nheap_mib = 15\ncommit_ms = 300\n[detector]\ncheckpoint_ms = 100\n";

/// A machine with the older program's folder.
fn old_machine() -> tempfile::TempDir {
    let machine = tempfile::tempdir().unwrap();
    let packed = tests::repository().join("tests/golden/upgrade/store-4.tar.gz");
    let unpacked = Command::new("tar")
        .arg("-xzf")
        .arg(packed)
        .arg("-C")
        .arg(machine.path())
        .status()
        .unwrap();
    assert!(unpacked.success());
    std::fs::write(machine.path().join("haidang.toml"), CONFIG).unwrap();
    machine
}

/// Everything that the older program kept is there once, and the folder is of this program.
fn assert_upgraded(machine: &Path) {
    let centre = Centre::start(machine, "");
    centre.wait_until("all 150 lines are searchable", || {
        centre.total("EventID:4625") >= 150
    });
    let found = centre.numbers();
    assert_eq!(found, (1..=150).collect(), "some are missing or twice");
    // Each line was counted by the fixture's own rule, once.
    centre.wait_until("the alert has counted every line", || {
        centre.alert_counts().iter().sum::<u64>() == 150
    });
    centre.stop();
    let (code, said) = centre::verify(machine, &[]);
    assert_eq!(code, Some(0), "{said}");

    let store = Connection::open(machine.join("data/store.db")).unwrap();
    let one = |query: &str| -> String { store.query_row(query, [], |row| row.get(0)).unwrap() };
    assert_eq!(
        one("SELECT user_version || '' FROM pragma_user_version"),
        "7"
    );
    let state = "SELECT state || ' ' || coalesce(verdict, '') FROM alert WHERE id = ";
    let acknowledged = "'4e6147867f2e25fc20594876897f89db'";
    let closed = "'17fa2f48a7c127d1b024a857efd03140'";
    assert_eq!(one(&format!("{state}{acknowledged}")), "acknowledged ");
    assert_eq!(one(&format!("{state}{closed}")), "closed benign");
    let note =
        format!("SELECT note FROM alert_history WHERE note IS NOT NULL AND alert = {closed}");
    assert_eq!(one(&note), "máy thử");
    assert_eq!(
        one("SELECT name || ' ' || role || ' ' || sites FROM user"),
        "binh analyst [\"so-tttt\"]"
    );
    let counted =
        "SELECT events || '' FROM source_state WHERE sensor = 'centre' AND source = 'logons'";
    assert_eq!(one(counted), "150");
    let layout = std::fs::read_to_string(machine.join("data/VERSION")).unwrap();
    assert!(
        layout.trim().parse::<u32>().unwrap() > OLD_LAYOUT,
        "the older program would open it"
    );
}

#[test]
fn a_folder_of_the_program_before_is_upgraded_and_keeps_everything() {
    let machine = old_machine();
    assert_upgraded(machine.path());
    // And is as it is from then on.
    assert_upgraded(machine.path());
}

#[test]
fn an_upgrade_that_is_killed_at_seeded_moments_loses_nothing() {
    let mut seeded = Seeded::new();
    for round in 0..ROUNDS {
        let machine = old_machine();
        for _ in 0..=seeded.below(3) {
            let pause = Duration::from_millis(seeded.below(if round % 2 == 0 { 150 } else { 900 }));
            println!("round {round}: killed after {pause:?}");
            let mut child = haidang(machine.path())
                .arg("serve")
                .env("RUST_LOG", "off")
                .env_remove("FAILPOINTS")
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            std::thread::sleep(pause);
            child.kill().unwrap();
            child.wait().unwrap();
        }
        assert_upgraded(machine.path());
    }
}

#[test]
fn an_upgrade_that_is_aborted_between_its_steps_loses_nothing() {
    for point in ["store_upgrade", "store_commit", "index_commit"] {
        println!("aborting at {point}");
        let machine = old_machine();
        let centre = Centre::start(machine.path(), &format!("{point}=panic"));
        centre.wait_for_death(point);
        drop(centre);
        assert_upgraded(machine.path());
    }
}

#[test]
fn a_folder_of_a_newer_program_is_refused_with_a_sentence() {
    let machine = old_machine();
    assert_upgraded(machine.path());
    let version = machine.path().join("data/VERSION");
    let next: u32 = std::fs::read_to_string(&version)
        .unwrap()
        .trim()
        .parse()
        .unwrap();
    std::fs::write(&version, format!("{}\n", next + 1)).unwrap();
    let output = haidang(machine.path()).arg("serve").output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("use the newer program"), "{said}");
}
