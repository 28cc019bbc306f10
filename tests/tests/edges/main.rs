//! Edges and their centre over bad lines: what was written is indexed or declared, and nothing comes
//! twice. The quick form of the lab: no root, three sensors, a line that delays, throttles and cuts.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stdout,
    reason = "helpers of tests: what does not work must fail loudly"
)]

mod accounts;
mod configured;
mod figures;
mod skew;
mod updates;

use std::net::SocketAddr;
use std::time::Duration;

use accounts::Accounts;
use serde_json::json;
use tests::edge::{Edge, EdgeKeys};
use tests::lab::{Lab, Setup};
use tests::relay::{Badness, Relay, Seeded};

pub(crate) const SITE: &str = "xa-binh-minh";

/// A centre that takes sensors, at an address that stays the same when it is started again.
pub(crate) async fn centre() -> (Lab, SocketAddr) {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap();
    drop(free);
    let lab = Setup::new()
        .config(&format!("[edges]\nlisten = \"{address}\"\n"))
        .start()
        .await;
    (lab, address)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_sensors_over_bad_lines_lose_nothing() {
    let mut seeded = Seeded::new();
    let (mut lab, address) = centre().await;
    let bad = Badness {
        bytes_per_second: 400_000,
        delay: Duration::from_millis(4),
        cut_after: 6_000,
    };
    let (mut edges, mut lines) = (Vec::new(), Vec::new());
    for number in 1..=3 {
        let line = Relay::start(address, Badness::default(), seeded).await;
        let name = format!("xa-{number}");
        let keys = EdgeKeys {
            site: SITE,
            ..EdgeKeys::default()
        };
        let mut edge = Edge::enrol(&lab, &name, line.address(), keys).await;
        edge.start();
        line.become_as(bad);
        edges.push(edge);
        lines.push(line);
    }
    for round in 0..10 {
        edges.iter_mut().for_each(|edge| edge.write(150));
        tokio::time::sleep(Duration::from_millis(200 + seeded.below(400))).await;
        let place = usize::try_from(seeded.below(3)).unwrap();
        match round {
            2 | 6 => {
                edges[place].kill();
                edges[place].start();
            }
            3 => lines[place].set_down(true),
            5 => lines.iter().for_each(|line| line.set_down(false)),
            7 => {
                lab.stop().await;
                lab.start().await;
            }
            _ => {}
        }
    }
    lines
        .iter()
        .for_each(|line| line.become_as(Badness::default()));
    for edge in &edges {
        let accounts = Accounts::settled(&lab, edge).await;
        accounts.assert_whole();
        assert_eq!(accounts.declared, 0, "nothing had to go");
        assert_eq!(accounts.marks.len() as u64, edge.written());
    }
    let cuts: u64 = lines.iter().map(Relay::cuts).sum();
    println!("{cuts} cuts");
    assert!(cuts > 0, "the lines were not bad at all");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_spool_that_is_full_declares_what_it_let_go() {
    let (lab, address) = centre().await;
    let line = Relay::start(address, Badness::default(), Seeded::new()).await;
    let keys = EdgeKeys {
        site: SITE,
        more: "[spool]\nmib = 1\nsegment_kib = 64\n",
    };
    let mut edge = Edge::enrol(&lab, "xa-1", line.address(), keys).await;
    line.set_down(true);
    edge.start();
    for _ in 0..8 {
        edge.write(1_000);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    // All of it was read: the newest line is in the spool before the line is up again.
    let report = edge.data_dir().join("status.json");
    lab.wait_for("the spool to be full", async || {
        let text = std::fs::read_to_string(&report).ok()?;
        let report: serde_json::Value = serde_json::from_str(&text).ok()?;
        let lanes = report["lanes"].as_array()?;
        let last: u64 = lanes.iter().filter_map(|lane| lane["last"].as_u64()).sum();
        (last >= 8_000).then_some(())
    })
    .await;
    line.set_down(false);
    let accounts = Accounts::settled(&lab, &edge).await;
    accounts.assert_whole();
    assert!(accounts.declared > 1_000, "{}", accounts.declared);
    let of_lane = |lane: u8| accounts.lanes.get(&lane).cloned().unwrap_or_default();
    assert!(of_lane(3).declared > 0);
    assert_eq!(of_lane(1).declared, 0, "alerts go last");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_box_set_up_anew_under_its_old_name_goes_on_and_is_asked_about() {
    let (lab, address) = centre().await;
    let keys = EdgeKeys {
        site: SITE,
        ..EdgeKeys::default()
    };
    let mut edge = Edge::enrol(&lab, "xa-1", address, keys).await;
    edge.start();
    edge.write(100);
    Accounts::settled(&lab, &edge).await.assert_whole();
    edge.lose_data();
    edge.enrol_again(&lab, address, SITE).await;
    edge.start();
    // The log is read from its beginning again: another instance, other numbers.
    lab.wait_for("the new instance", async || {
        let sensor = lab.local().json("/api/v1/sensors/xa-1").await;
        (sensor["instances"].as_array()?.len() == 2).then_some(())
    })
    .await;
    let sensor = lab.local().json("/api/v1/sensors/xa-1").await;
    let instances = sensor["instances"].as_array().unwrap();
    assert_eq!(instances[0]["confirmed"], json!(true));
    assert_eq!(instances[1]["confirmed"], json!(false));
    let second = instances[1]["instance"].as_str().unwrap();
    let path = format!("/api/v1/sensors/xa-1/instances/{second}/confirm");
    assert_eq!(lab.local().post(&path, &json!({})).await.status, 204);
    let sensor = lab.local().json("/api/v1/sensors/xa-1").await;
    assert_eq!(sensor["instances"][1]["confirmed"], json!(true));
    assert_eq!(sensor["freshness"], "fresh");
    assert_eq!(sensor["report"]["spool"]["accepts"], "ok");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_centre_put_back_from_a_backup_goes_on_with_its_edges() {
    let (mut lab, address) = centre().await;
    let keys = EdgeKeys {
        site: SITE,
        more: "[spool]\nsegment_kib = 64\n",
    };
    let mut edge = Edge::enrol(&lab, "xa-1", address, keys).await;
    edge.start();
    edge.write(500);
    Accounts::settled(&lab, &edge).await.assert_whole();
    let backups = tempfile::tempdir().unwrap();
    let backup = backups.path().join("yesterday");
    command(&lab, "backup", &backup).await;
    let instance = lab.data_dir().join("journal/instance");
    let before = std::fs::read(&instance).unwrap();
    // What is delivered now leaves the edge, and the centre loses it.
    edge.write(4_000);
    let accounts = Accounts::settled(&lab, &edge).await;
    assert_eq!(accounts.declared, 0);
    edge.kill();
    lab.stop().await;
    std::fs::remove_dir_all(lab.data_dir()).unwrap();
    command(&lab, "restore", &backup).await;
    lab.start().await;
    edge.start();
    edge.write(300);
    let accounts = Accounts::settled(&lab, &edge).await;
    accounts.assert_whole();
    println!("{} declared as gone", accounts.declared);
    assert!(accounts.declared > 0, "the edge had let go of something");
    let gaps = lab.events("record.status:gap AND record.sensor:xa-1").await;
    assert!(!gaps.is_empty());
    for gap in gaps {
        assert_eq!(gap["record"]["reason"], "centre_restored");
    }
    let after = std::fs::read(&instance).unwrap();
    assert!(before != after, "the centre gives its own numbers again");
}

/// `haidang backup` or `restore` on the centre's data folder.
async fn command(lab: &Lab, name: &str, backup: &std::path::Path) {
    let mut command = tests::binary::haidang();
    command.arg(name).arg(backup);
    command.arg("--data-dir").arg(lab.data_dir());
    let ended = tokio::task::spawn_blocking(move || command.output().unwrap());
    let output = ended.await.unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_silent_sensor_is_an_incident_until_it_speaks_again() {
    let (lab, address) = centre().await;
    let keys = EdgeKeys {
        site: SITE,
        ..EdgeKeys::default()
    };
    let mut edge = Edge::enrol(&lab, "xa-1", address, keys).await;
    edge.start();
    let local = lab.local();
    lab.wait_for("the sensor to speak", async || {
        let sensor = local.json("/api/v1/sensors/xa-1").await;
        sensor["last_seen"].as_str().map(drop)
    })
    .await;
    edge.kill();
    let change = json!({"silent_seconds": 30});
    assert_eq!(
        local.patch("/api/v1/sensors/xa-1", &change).await.status,
        204
    );
    let incident = lab
        .wait_for("the incident", async || {
            let page = local.json("/api/v1/incidents").await;
            page["items"].as_array()?.first().cloned()
        })
        .await;
    assert_eq!(incident["rule"], "sensor_silent");
    assert_eq!(incident["dimensions"]["sensor"], "xa-1");
    assert_eq!(incident["title"]["vi"], "Cảm biến xa-1 im lặng");
    assert_eq!(incident["site"], SITE);
    // A viewer of another site sees nothing of it, in the list, by id, or in the feed.
    let other = lab.person("binh", "analyst", Some(&["so-tttt"])).await;
    assert_eq!(
        other.json("/api/v1/incidents?state=all").await["items"],
        json!([])
    );
    assert_eq!(other.json("/api/v1/feed").await["items"], json!([]));
    let path = format!("/api/v1/incidents/{}", incident["id"].as_str().unwrap());
    assert_eq!(other.get(&path).await.status, 404);
    let own = lab.person("an", "analyst", Some(&[SITE])).await;
    let state = format!("{path}/state");
    let known = json!({"version": 1, "to": "acknowledged"});
    assert_eq!(own.post(&state, &known).await.status, 200);
    assert_eq!(
        own.post(&state, &known).await.status,
        409,
        "somebody was faster"
    );
    let closing = own
        .post(&state, &json!({"version": 2, "to": "closed"}))
        .await;
    assert_eq!(
        (closing.status, &closing.body["code"]),
        (422, &json!("cause_required"))
    );
    edge.start();
    lab.wait_for("the incident to be resolved", async || {
        let incident = local.json(&path).await;
        (incident["state"] == "resolved").then_some(())
    })
    .await;
    let incident = local.json(&path).await;
    let history = incident["history"].as_array().unwrap().iter();
    let actions: Vec<_> = history.map(|step| &step["action"]).collect();
    assert_eq!(actions, ["opened", "acknowledged", "resolved"]);
    let feed = local.json("/api/v1/feed").await;
    assert_eq!(feed["items"].as_array().unwrap().len(), 3);
    assert_eq!(feed["items"][2]["payload"]["state"], "resolved");
}
