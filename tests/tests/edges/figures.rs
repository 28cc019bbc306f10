//! `/metrics` of a centre and of an edge: read strictly, every name documented, the figures true.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use tests::edge::{Edge, EdgeKeys};
use tests::exposition::{self, Family};
use tests::lab::{Lab, Setup};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::SITE;
use crate::accounts::Accounts;

fn free() -> SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap()
}

/// The page of a process; none while it does not answer.
async fn page(address: SocketAddr) -> Option<BTreeMap<String, Family>> {
    let mut stream = tokio::net::TcpStream::connect(address).await.ok()?;
    let request = "GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    stream.write_all(request.as_bytes()).await.ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    assert!(head.contains("text/plain; version=0.0.4"), "{head}");
    Some(exposition::read(body))
}

/// Every name stands in `deploy/METRICS.md` with its type and its words, and where it is told.
fn assert_documented(page: &BTreeMap<String, Family>, told: &str) {
    let path = tests::repository().join("deploy/METRICS.md");
    let documented = std::fs::read_to_string(path).unwrap();
    for (name, family) in page {
        let row = format!("| `{name}` | {} | ", family.sort);
        let row = documented.lines().find(|line| line.starts_with(&row));
        let row = row.unwrap_or_else(|| panic!("{name} is not documented"));
        assert!(row.contains(&family.help), "{row}");
        assert!(
            row.contains(&format!("| {told} |")) || row.contains("| both |"),
            "{row}"
        );
    }
}

/// Waits until a figure has a value.
async fn wait_for(
    lab: &Lab,
    at: SocketAddr,
    name: &str,
    labels: &str,
    holds: impl Fn(f64) -> bool,
) {
    lab.wait_for(&format!("{name}{{{labels}}}"), async || {
        let page = page(at).await?;
        let value = *page.get(name)?.samples.get(labels)?;
        holds(value).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_figure_has_a_documented_name_and_is_true() {
    let (address, of_centre, of_edge) = (free(), free(), free());
    let lab = Setup::new()
        .metrics(of_centre)
        .config(&format!("[edges]\nlisten = \"{address}\"\n"))
        .start()
        .await;
    let more = format!("[metrics]\nlisten = \"{of_edge}\"\n");
    let keys = EdgeKeys {
        site: SITE,
        more: &more,
    };
    let mut edge = Edge::enrol(&lab, "xa-1", address, keys).await;
    edge.start();
    edge.write(400);
    Accounts::settled(&lab, &edge).await.assert_whole();

    let source = "sensor=\"xa-1\",source=\"mirror\"";
    wait_for(
        &lab,
        of_centre,
        "haidang_source_events_total",
        source,
        |n| n >= 400.0,
    )
    .await;
    wait_for(&lab, of_centre, "haidang_edges_connections", "", |n| {
        n >= 1.0
    })
    .await;
    wait_for(&lab, of_centre, "haidang_index_lag_events", "", |n| {
        n == 0.0
    })
    .await;
    wait_for(
        &lab,
        of_edge,
        "haidang_uplink_state",
        "state=\"connected\"",
        |n| n == 1.0,
    )
    .await;
    wait_for(
        &lab,
        of_edge,
        "haidang_spool_waiting_events",
        "lane=\"3\"",
        |n| n == 0.0,
    )
    .await;
    assert_true_of_centre(&page(of_centre).await.unwrap());
    assert_true_of_edge(&page(of_edge).await.unwrap());
    a_revoked_sensor_is_counted(&lab, &mut edge, (of_centre, of_edge)).await;
}

async fn a_revoked_sensor_is_counted(
    lab: &Lab,
    edge: &mut Edge,
    (of_centre, of_edge): (SocketAddr, SocketAddr),
) {
    let (local, why) = (lab.local(), serde_json::json!({"why": "lost"}));
    let revoked = local.post("/api/v1/sensors/xa-1/revoke", &why).await;
    assert_eq!(revoked.status, 204);
    let shown = local.json("/api/v1/sensors/xa-1").await;
    assert_eq!(
        (&shown["revoked_why"], &shown["revoked_by"]),
        (&"lost".into(), &"local".into())
    );
    invitations_are_listed_and_withdrawn(lab).await;
    edge.write(10);
    wait_for(
        lab,
        of_centre,
        "haidang_edges_refusals_total",
        "code=\"revoked\"",
        |n| n >= 1.0,
    )
    .await;
    wait_for(lab, of_edge, "haidang_uplink_refused_total", "", |n| {
        n >= 1.0
    })
    .await;
}

async fn invitations_are_listed_and_withdrawn(lab: &Lab) {
    let (local, path) = (lab.local(), "/api/v1/invitations");
    let open = local.json(path).await;
    assert_eq!(
        open["items"],
        serde_json::json!([]),
        "the one of xa-1 was used"
    );
    let wanted = serde_json::json!({"name": "xa-9", "sites": ["xa-binh-minh"]});
    let invited = local.post("/api/v1/sensors", &wanted).await;
    let secret = invited.body["token"]
        .as_str()
        .unwrap()
        .split('.')
        .next()
        .unwrap()
        .to_owned();
    let open = local.get(path).await;
    assert!(!open.text.contains(&secret), "never the secret");
    let item = &open.body["items"][0];
    assert_eq!(
        (&item["sensor"], &item["expires"]),
        (&"xa-9".into(), &invited.body["expires"])
    );
    // Who sees another site only neither sees nor withdraws it.
    let other = lab.person("binh", "admin", Some(&["so-tttt"])).await;
    assert_eq!(other.json(path).await["items"], serde_json::json!([]));
    let one = format!("{path}/{}", item["id"].as_str().unwrap());
    let withdrawn =
        async |by: &tests::Client| by.send(hyper::Method::DELETE, &one, None, &[]).await.status;
    assert_eq!(withdrawn(&other).await, 404);
    assert_eq!(withdrawn(&local).await, 204);
    assert_eq!(withdrawn(&local).await, 404);
    assert_eq!(local.json(path).await["items"], serde_json::json!([]));
}

type Page = BTreeMap<String, Family>;

/// The number of a figure with these labels.
fn one(page: &Page, name: &str, labels: &str) -> f64 {
    let family = page.get(name).unwrap_or_else(|| panic!("no {name}"));
    let number = family.samples.get(labels);
    *number.unwrap_or_else(|| panic!("{name}: {family:?}"))
}

fn assert_true_of_centre(page: &Page) {
    const DAY: f64 = 86_400.0;
    assert_documented(page, "centre");
    assert!(one(page, "haidang_journal_position", "") >= 400.0);
    assert!(one(page, "haidang_journal_syncs_total", "") >= 1.0);
    assert!(one(page, "haidang_edges_bodies_total", "") >= 1.0);
    assert_eq!(one(page, "haidang_sensors", "state=\"current\""), 1.0);
    assert!(one(page, "haidang_process_resident_memory_bytes", "") > 1e6);
    let sensor = "haidang_sensor_certificate_expires_seconds";
    let days = one(page, sensor, "sensor=\"xa-1\"") / DAY;
    assert!((89.0..=90.1).contains(&days), "{days}");
    let own = "haidang_certificate_expires_seconds";
    let ca = one(page, own, "certificate=\"sensors_ca\"") / DAY;
    assert!(ca > 19.0 * 365.0, "{ca}");
}

fn assert_true_of_edge(page: &Page) {
    assert_documented(page, "edge");
    let lanes = |name: &str| page[name].samples.values().sum::<f64>();
    assert!(lanes("haidang_spool_lane_number") >= 400.0);
    assert_eq!(lanes("haidang_spool_dropped_events_total"), 0.0);
    assert!(one(page, "haidang_uplink_body_bytes_total", "") > 0.0);
    assert!(one(page, "haidang_process_open_fds", "") > 3.0);
    let own = "haidang_certificate_expires_seconds";
    assert!(one(page, own, "certificate=\"sensor\"") > 0.0);
}
