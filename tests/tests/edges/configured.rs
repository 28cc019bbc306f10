//! Configurations that the centre sends: one that holds is in force, one that does not is put back, whatever
//! happens in between; no event is lost for it.

use serde_json::{Value, json};
use tests::edge::{Edge, EdgeKeys};
use tests::lab::Lab;

use crate::accounts::Accounts;
use crate::{SITE, centre};

/// A trial is short here.
const KEYS: EdgeKeys<'_> = EdgeKeys {
    site: SITE,
    more: "[uplink]\ntrial_seconds = 2\n",
};

async fn push(lab: &Lab, config: &str, why: &str) -> Value {
    let body = json!({"config": config, "why": why});
    let path = "/api/v1/sensors/xa-1/configuration";
    let answer = lab.local().put(path, &body).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    answer.body
}

/// Waits until the sensor says of its configuration what is looked for.
async fn said(lab: &Lab, what: &str, look: impl Fn(&Value) -> bool) -> Value {
    let local = lab.local();
    lab.wait_for(what, async || {
        let sensor = local.json("/api/v1/sensors/xa-1").await;
        let report = sensor["report"].clone();
        look(&report["configuration"]).then_some(report)
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_centre_configures_is_tried_then_in_force_or_put_back() {
    let (lab, address) = centre().await;
    let mut edge = Edge::enrol(&lab, "xa-1", address, KEYS).await;
    edge.start();
    edge.write(100);
    // The networks of the province are the first version of every sensor.
    said(&lab, "the networks", |own| own["version"] == 1).await;
    edge.write(100);
    let second = format!(
        "{}[[source]]\nid = \"more\"\nkind = \"file\"\nsite = \"{SITE}\"\npath = \"{}\"\nsmell = 1\n",
        edge.source(SITE),
        edge.data_dir().join("more.log").display()
    );
    let made = push(&lab, &second, "a second log").await;
    assert_eq!(made["version"], 2);
    assert_eq!(made["unknown"].as_array().unwrap().len(), 1);
    let report = said(&lab, "the second version", |own| own["version"] == 2).await;
    assert_eq!(report["configuration"]["unknown"], made["unknown"]);
    let sources = report["sources"].as_array().unwrap();
    assert_eq!(sources.len(), 2);
    edge.write(100);
    // A source that cannot work: told, and the version before goes on.
    let broken = format!(
        "{second}[[source]]\nid = \"tap\"\nkind = \"interface\"\nsite = \"{SITE}\"\ninterface = \"none9\"\n"
    );
    push(&lab, &broken, "a tap").await;
    let put_back = |own: &Value| own["newest"]["state"] == "rolled_back";
    let report = said(&lab, "the third to be put back", put_back).await;
    let reason = report["configuration"]["newest"]["reason"]
        .as_str()
        .unwrap();
    assert!(reason.starts_with("source tap: "), "{reason}");
    assert_eq!(report["configuration"]["version"], 2);
    edge.write(100);
    // A centre that is not there: the sensor comes back by itself.
    let lost = format!("{second}[uplink]\ncentre = \"https://localhost:1\"\n");
    push(&lab, &lost, "another centre").await;
    let nobody =
        |own: &Value| own["newest"]["version"] == 4 && own["newest"]["state"] == "rolled_back";
    said(&lab, "the fourth to be put back", nobody).await;
    edge.write(100);
    let accounts = Accounts::settled(&lab, &edge).await;
    accounts.assert_whole();
    assert_eq!(
        (accounts.declared, accounts.marks.len() as u64),
        (0, edge.written())
    );
    // The events of an address carry its site, which the box alone did not know.
    let placed = lab.events("source.site:xa-binh-minh AND sensor:xa-1").await;
    assert!(!placed.is_empty(), "no event has the site of its address");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sensor_that_is_killed_while_it_tries_goes_on() {
    let (lab, address) = centre().await;
    let mut edge = Edge::enrol(&lab, "xa-1", address, KEYS).await;
    edge.start();
    said(&lab, "the networks", |own| own["version"] == 1).await;
    for version in 2..=4 {
        edge.write(50);
        let spool = format!("{}[spool]\nqueue = {version}\n", edge.source(SITE));
        push(&lab, &spool, "kill").await;
        tokio::time::sleep(std::time::Duration::from_millis(400 * version)).await;
        edge.kill();
        edge.start();
        edge.write(50);
        let known = |own: &Value| own["version"] == version || own["newest"]["version"] == version;
        said(&lab, "the version", known).await;
    }
    let accounts = Accounts::settled(&lab, &edge).await;
    accounts.assert_whole();
    assert_eq!(
        (accounts.declared, accounts.marks.len() as u64),
        (0, edge.written())
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_a_configuration_is_refused_at_the_centre() {
    let (lab, address) = centre().await;
    Edge::enrol(&lab, "xa-1", address, KEYS).await;
    let path = "/api/v1/sensors/xa-1/configuration";
    let source =
        |site: &str| format!("[[source]]\nid = \"a\"\nkind = \"journal\"\nsite = \"{site}\"\n");
    for (config, why, code, words) in [
        ("[spool\n", "a", "bad_configuration", "line 1"),
        (
            "[spool]\nmib = 0\n",
            "a",
            "bad_configuration",
            "spool.mib is 0",
        ),
        (&*source("so-tttt"), "a", "bad_configuration", "so-tttt"),
        (&*source(""), "a", "bad_configuration", "may not deliver"),
        (&*source(SITE), " ", "bad_reason", "reason"),
        (&*"#".repeat(70_000), "a", "too_long", "64 KiB"),
    ] {
        let answer = lab
            .local()
            .put(path, &json!({"config": config, "why": why}))
            .await;
        assert_eq!(
            (answer.status, &answer.body["code"]),
            (422, &json!(code)),
            "{}",
            answer.text
        );
        assert!(
            answer.body["message"].as_str().unwrap().contains(words),
            "{}",
            answer.text
        );
    }
    let other = lab.person("binh", "admin", Some(&["so-tttt"])).await;
    assert_eq!(other.get(path).await.status, 404);
    let own = lab.person("an", "analyst", Some(&[SITE])).await;
    assert_eq!(
        own.put(path, &json!({"config": "", "why": "a"}))
            .await
            .status,
        403
    );
    assert_eq!(own.get(path).await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_failed_before_does_not_condemn_what_the_centre_sends() {
    let (lab, address) = centre().await;
    let more = format!(
        "[uplink]\ntrial_seconds = 2\n[[source]]\nid = \"tap\"\nkind = \"interface\"\nsite = \"{SITE}\"\ninterface = \"none9\"\n"
    );
    let keys = EdgeKeys {
        site: SITE,
        more: &more,
    };
    let mut edge = Edge::enrol(&lab, "xa-1", address, keys).await;
    edge.start();
    said(&lab, "the networks", |own| own["version"] == 1).await;
}
