//! A rollout to its end: the first of two boxes runs the new program and says so, and only then the second is offered it.
//!
//! The new program is the one that was built with another number of the same length in the place of its version; the
//! update brings a script that starts it.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tests::edge::{Edge, EdgeKeys};

use super::updates::{Publisher, centre_of, install, publish, rollout, said};
use crate::SITE;

const OLD: &str = env!("CARGO_PKG_VERSION");

/// A version that is newer and as long.
fn newer() -> String {
    let mut version = OLD.to_owned();
    version.pop();
    version.push('9');
    version
}

fn write(path: &Path, bytes: &[u8]) {
    std::fs::write(path, bytes).unwrap();
    std::fs::set_permissions(path, PermissionsExt::from_mode(0o755)).unwrap();
}

/// The program that was built, with another number.
fn patched(path: &Path) {
    let program = tests::binary::haidang();
    let mut bytes = std::fs::read(program.get_program()).unwrap();
    let (old, new) = (OLD.as_bytes(), newer());
    let mut place = 0;
    while let Some(at) = bytes[place..].windows(old.len()).position(|own| own == old) {
        let at = place + at;
        bytes[at..at + old.len()].copy_from_slice(new.as_bytes());
        place = at + old.len();
    }
    assert!(place > 0, "the program does not hold its version");
    write(path, &bytes);
}

/// A script that is well and starts a program.
fn starts(program: &Path) -> String {
    let shown = program.display();
    format!("#!/bin/sh\nif [ \"$1\" = doctor ]; then exit 0; fi\nexec {shown} \"$@\"\n")
}

fn steps(of: &Value) -> Vec<(String, String)> {
    let word = |row: &Value, key: &str| row[key].as_str().unwrap().to_owned();
    let rows = of["sensors"].as_array().unwrap().iter();
    rows.map(|row| (word(row, "sensor"), word(row, "step")))
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rollout_goes_from_box_to_box_until_all_run_the_new_program() {
    let publisher = Publisher::new();
    let (lab, address) = centre_of(&publisher).await;
    let new = PathBuf::from(publisher.at("haidang-of-tomorrow"));
    tokio::task::block_in_place(|| patched(&new));
    let built = PathBuf::from(tests::binary::haidang().get_program());
    let (mut edges, mut programs) = (Vec::new(), Vec::new());
    for name in ["xa-1", "xa-2"] {
        let program = PathBuf::from(publisher.at(&format!("haidang-{name}")));
        write(&program, starts(&built).as_bytes());
        let more = publisher.keys(&format!("verdicts-{name}"));
        let keys = EdgeKeys {
            site: SITE,
            more: &format!("[metrics]\non = false\n{more}"),
        };
        let own = Some(program.clone());
        let mut edge = Edge::enrol_of(own, &lab, name, (address, keys)).await;
        edge.start();
        edges.push(edge);
        programs.push(program);
    }
    for name in ["xa-1", "xa-2"] {
        said(&lab, name, "").await;
    }
    let script = PathBuf::from(publisher.at("new"));
    write(&script, starts(&new).as_bytes());
    let file = publisher.pack_file(&script, &newer());
    let (well, told) = publish(&lab, &[&file]).await;
    assert!(well, "{told}");

    let mut done: Vec<String> = Vec::new();
    for _ in 0..2 {
        let name = lab
            .wait_for("the next one to be offered it", async || {
                let steps = steps(&rollout(&lab).await);
                let mut offered = steps.into_iter().filter(|(_, step)| step == "offered");
                offered.next().map(|(name, _)| name)
            })
            .await;
        let before = steps(&rollout(&lab).await);
        assert_eq!(before.len(), done.len() + 1, "one at a time: {before:?}");
        assert!(!done.contains(&name));
        let place = usize::from(name == "xa-2");
        said(&lab, &name, "ready").await;
        let told = install(&edges[place], programs[place].to_str().unwrap()).await;
        assert!(
            told.contains(&format!("{} is installed", newer())),
            "{told}"
        );
        // The service restarts with the new program.
        edges[place].kill();
        edges[place].start();
        lab.wait_for("the box to say its new version", async || {
            let shown = lab.local().json(&format!("/api/v1/sensors/{name}")).await;
            (shown["version"] == newer()).then_some(())
        })
        .await;
        done.push(name);
    }
    lab.wait_for("both to be done", async || {
        let steps = steps(&rollout(&lab).await);
        let both = steps.len() == 2 && steps.iter().all(|(_, step)| step == "done");
        both.then_some(())
    })
    .await;
    let own = rollout(&lab).await;
    assert_eq!([&own["state"], &own["reason"]], ["running", ""]);
}
