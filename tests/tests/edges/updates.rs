//! An update that the centre offers: fetched over a bad line, never twice, by one sensor at a time, checked on the box,
//! and stopped for all when one puts it back. What root does on a box the test does itself; programs are scripts.

use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};
use tests::edge::{Edge, EdgeKeys};
use tests::lab::{Lab, Setup};
use tests::relay::{Badness, Relay, Seeded};

use crate::SITE;

/// What a publisher has, and what a box of root's.
pub(crate) struct Publisher {
    dir: tempfile::TempDir,
}

impl Publisher {
    pub(crate) fn new() -> Self {
        let own = Self {
            dir: tempfile::tempdir().unwrap(),
        };
        own.call(&["key", "--out", own.dir.path().to_str().unwrap()]);
        own
    }

    pub(crate) fn at(&self, name: &str) -> String {
        self.dir.path().join(name).display().to_string()
    }

    /// Packs a program of 300 kB that is well or not.
    fn pack(&self, release: &str, well: bool) -> String {
        let mut seeded = Seeded::new();
        let noise =
            (0..300_000).map(|_| char::from(b'a' + u8::try_from(seeded.below(26)).unwrap()));
        write_program(
            Path::new(&self.at("new")),
            release,
            well,
            &noise.collect::<String>(),
        );
        self.pack_file(Path::new(&self.at("new")), release)
    }

    /// Packs a program.
    pub(crate) fn pack_file(&self, program: &Path, release: &str) -> String {
        let program = program.display().to_string();
        let (key, out) = (self.at("update.key"), self.at(release));
        self.call(&[
            "make",
            "--program",
            &program,
            "--release",
            release,
            "--key",
            &key,
            "--out",
            &out,
        ]);
        out
    }

    fn call(&self, arguments: &[&str]) {
        let output = tests::binary::haidang()
            .arg("update")
            .args(arguments)
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }

    /// The keys of a sensor that takes updates.
    pub(crate) fn keys(&self, box_of: &str) -> String {
        format!(
            "[update]\npushed = true\npiece_kib = 16\npatience_seconds = 0\ncertificate = \"{}\"\nverdicts = \"{}\"\n",
            self.at("update.crt"),
            self.at(box_of)
        )
    }
}

fn write_program(path: &Path, release: &str, well: bool, noise: &str) {
    let code = if well { 0 } else { 2 };
    let text = format!(
        "#!/bin/sh\ncase $1 in\n--version) echo haidang {release} here ;;\ndoctor) echo it is ill; exit {code} ;;\nesac\nexit\n{noise}\n"
    );
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, PermissionsExt::from_mode(0o755)).unwrap();
}

async fn run(mut command: Command) -> (bool, String) {
    let output = tokio::task::spawn_blocking(move || command.output().unwrap());
    let output = output.await.unwrap();
    let said = [output.stdout, output.stderr].concat();
    (
        output.status.success(),
        String::from_utf8_lossy(&said).into_owned(),
    )
}

/// `haidang update publish` at the centre.
pub(crate) async fn publish(lab: &Lab, arguments: &[&str]) -> (bool, String) {
    let mut command = tests::binary::haidang();
    command.args(["update", "publish"]).args(arguments);
    command.arg("--data-dir").arg(lab.data_dir());
    run(command).await
}

/// Root's part on a box.
pub(crate) async fn install(edge: &Edge, program: &str) -> String {
    let mut command = edge.command("update");
    command.args(["install", "--pushed", "--no-restart", "--program", program]);
    run(command).await.1
}

pub(crate) async fn said(lab: &Lab, sensor: &str, state: &str) -> Value {
    let local = lab.local();
    lab.wait_for(&format!("{sensor} to say {state}"), async || {
        let shown = local.json(&format!("/api/v1/sensors/{sensor}")).await;
        let update = shown["report"]["update"].clone();
        (update["state"] == state).then_some(update)
    })
    .await
}

/// A centre that publishes what this publisher signed.
pub(crate) async fn centre_of(publisher: &Publisher) -> (Lab, SocketAddr) {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap();
    drop(free);
    let certificate = publisher.at("update.crt");
    let config =
        format!("[edges]\nlisten = \"{address}\"\n[update]\ncertificate = \"{certificate}\"\n");
    (Setup::new().config(&config).start().await, address)
}

/// Bytes that a box has of an update that is being fetched.
fn part_of(folder: &Path) -> Option<u64> {
    let listed = std::fs::read_dir(folder).ok()?;
    let mut paths = listed.map(|entry| entry.unwrap().path());
    let path = paths.find(|path| path.extension().is_some_and(|word| word == "part"))?;
    Some(path.metadata().ok()?.len())
}

/// Two sensors that take updates and have said so.
async fn boxes(publisher: &Publisher, lab: &Lab, line: SocketAddr) -> Vec<Edge> {
    let mut edges = Vec::new();
    for name in ["xa-1", "xa-2"] {
        let more = publisher.keys(&format!("verdicts-{name}"));
        let keys = EdgeKeys {
            site: SITE,
            more: &more,
        };
        let mut edge = Edge::enrol(lab, name, line, keys).await;
        edge.start();
        edges.push(edge);
    }
    for name in ["xa-1", "xa-2"] {
        said(lab, name, "").await;
    }
    edges
}

async fn stopped(lab: &Lab) {
    lab.wait_for("the rollout to stop", async || {
        (rollout(lab).await["state"] == "stopped").then_some(())
    })
    .await;
}

pub(crate) async fn rollout(lab: &Lab) -> Value {
    lab.local().json("/api/v1/updates").await["rollout"].clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_update_is_fetched_by_one_sensor_at_a_time_and_stopped_when_one_puts_it_back() {
    let publisher = Publisher::new();
    let (lab, address) = centre_of(&publisher).await;
    let line = Relay::start(address, Badness::default(), Seeded::new()).await;
    let mut edges = boxes(&publisher, &lab, line.address()).await;
    let program = publisher.at("haidang");
    write_program(Path::new(&program), "99.0", true, "");

    // A slow line, a kill and a break: what is there is not fetched again.
    line.become_as(Badness {
        bytes_per_second: 100_000,
        ..Badness::default()
    });
    let (well, told) = publish(&lab, &[&publisher.pack("99.0.1", false)]).await;
    assert!(well, "{told}");
    let folder = edges.iter().map(|edge| edge.data_dir().join("update"));
    let folders: Vec<_> = folder.collect();
    let part = |place: usize| part_of(&folders[place]);
    let (first, before) = lab
        .wait_for("some of it", async || {
            let places = [0, 1].into_iter();
            let mut begun = places.filter_map(|place| Some((place, part(place)?)));
            begun.find(|(_, length)| *length > 40_000)
        })
        .await;
    edges[first].kill();
    edges[first].start();
    line.set_down(true);
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(part(first).unwrap() >= before);
    line.set_down(false);
    let name = |place: usize| ["xa-1", "xa-2"][place];
    said(&lab, name(first), "ready").await;
    let own = rollout(&lab).await;
    assert_eq!(
        own["sensors"],
        json!([{"sensor": name(first), "step": "offered"}])
    );
    assert!(part(1 - first).is_none(), "the other waits for its turn");

    // Root installs it, the box is not well, and the rollout stops for all.
    let told = install(&edges[first], &program).await;
    assert!(told.contains("was put back"), "{told}");
    let update = said(&lab, name(first), "rolled_back").await;
    assert!(
        update["reason"].as_str().unwrap().contains("it is ill"),
        "{update}"
    );
    stopped(&lab).await;
    let own = rollout(&lab).await;
    assert_eq!(
        own["sensors"],
        json!([{"sensor": name(first), "step": "failed"}])
    );
    assert!(
        own["reason"].as_str().unwrap().contains("it is ill"),
        "{own}"
    );

    // The next one holds; it goes to the one that is named.
    line.become_as(Badness::default());
    let named = ["--sensors", name(first), &publisher.pack("99.0.2", true)];
    let (well, told) = publish(&lab, &named).await;
    assert!(well, "{told}");
    said(&lab, name(first), "ready").await;
    let told = install(&edges[first], &program).await;
    assert!(told.contains("99.0.2 is installed"), "{told}");
    said(&lab, name(first), "installed").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_what_the_publisher_signed_is_published_and_taken() {
    let (own, foreign) = (Publisher::new(), Publisher::new());
    let (lab, address) = centre_of(&own).await;
    // This box trusts another publisher than its centre.
    let more = foreign.keys("verdicts");
    let keys = EdgeKeys {
        site: SITE,
        more: &more,
    };
    let mut edge = Edge::enrol(&lab, "xa-1", address, keys).await;
    edge.start();
    said(&lab, "xa-1", "").await;
    let (well, told) = publish(&lab, &[&foreign.pack("99.0.1", true)]).await;
    assert!(!well && told.contains("is not signed by the key"), "{told}");
    let file = own.pack("99.0.1", true);
    let (well, told) = publish(&lab, &["--sensors", "xa-9", &file]).await;
    assert!(!well && told.contains("xa-9"), "{told}");
    let (well, told) = publish(&lab, &["--sites", "nowhere", &file]).await;
    assert!(!well && told.contains("nowhere"), "{told}");
    let (well, told) = publish(&lab, &["--at-once", "0", &file]).await;
    assert!(!well && told.contains("1 to 100"), "{told}");
    let some = lab.person("an", "admin", Some(&[SITE])).await;
    assert_eq!(some.post("/api/v1/updates", &json!({})).await.status, 403);
    assert_eq!(rollout(&lab).await, Value::Null);
    let (well, told) = publish(&lab, &["--sites", SITE, &file]).await;
    assert!(well, "{told}");
    let update = said(&lab, "xa-1", "refused").await;
    let reason = update["reason"].as_str().unwrap();
    assert!(reason.contains("is not signed by the key"), "{reason}");
    stopped(&lab).await;
    // Taken up again under a new number: it is fetched and refused anew; stopped by hand it is offered to nobody.
    let id = rollout(&lab).await["id"].as_u64().unwrap();
    let path = format!("/api/v1/updates/{id}/state");
    let answer = lab.local().post(&path, &json!({"state": "running"})).await;
    assert_eq!(
        (answer.status, answer.body["id"].as_u64()),
        (200, Some(id + 1))
    );
    lab.wait_for("the sensor to refuse it again", async || {
        let shown = lab.local().json("/api/v1/sensors/xa-1").await;
        (shown["report"]["update"]["id"].as_u64() == Some(id + 1)).then_some(())
    })
    .await;
    assert_eq!(
        lab.local()
            .post(&path, &json!({"state": "stopped"}))
            .await
            .status,
        404
    );
}
