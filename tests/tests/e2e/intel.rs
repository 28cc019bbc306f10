//! Intel lists from outside: added values make alerts at once, the past is searched, rights hold.

use hyper::Method;
use serde_json::{Value, json};
use tests::Setup;
use tests::lab::encoded;

use crate::two_sites;

/// A failed sign-in from an address: one event, no rule of Sigma's.
fn sign_in_from(address: &str, n: u32) -> String {
    let now = daemon::system_clock()();
    format!("{now} cong sshd[{n}]: Failed password for root from {address} port 4{n} ssh2\n")
}

async fn alert_of(lab: &tests::Lab, rule: &str, retro: bool) -> Value {
    lab.wait_for(&format!("an alert of {rule}"), async || {
        let alerts = lab.alerts().await;
        let mut own = alerts.into_iter();
        own.find(|alert| alert["rule"]["id"] == rule && alert["retro"] == retro)
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_that_is_added_makes_alerts_now_and_finds_the_past() {
    let mut lab = two_sites().await;
    let analyst = lab.person("an", "analyst", None).await;
    lab.write("so.log", sign_in_from("198.51.100.77", 100).as_bytes());
    lab.wait_for("the event", async || {
        let events = lab.events("source.ip:198.51.100.77").await;
        (!events.is_empty()).then_some(())
    })
    .await;
    let list =
        json!({"id": "cert", "name": "Từ CERT", "name_en": "From the CERT", "level": "critical"});
    assert_eq!(analyst.post("/api/v1/intel", &list).await.status, 201);
    assert_eq!(analyst.post("/api/v1/intel", &list).await.status, 409);
    let values = json!({"values": "198.51.100[.]77\n10.0.0.1\n", "comment": "cảnh báo 12"});
    let added = analyst.post("/api/v1/intel/cert/entries", &values).await;
    assert_eq!(added.status, 200, "{}", added.text);
    assert_eq!(
        (&added.body["added"], &added.body["refused"]),
        (&1.into(), &1.into())
    );
    assert_eq!(added.body["problems"][0]["line"], 2);

    // The past.
    let retro = alert_of(&lab, "intel-cert", true).await;
    assert_eq!(retro["count"], 1);
    let detail = lab
        .local()
        .json(&format!("/api/v1/alerts/{}", retro["id"].as_str().unwrap()))
        .await;
    assert_eq!(
        detail["evidence"][0]["matched"]["intel.entry"],
        "198.51.100.77"
    );
    let query = detail["query"].as_str().unwrap();
    assert_eq!(lab.events(query).await.len(), 1, "{query}");

    // From now on.
    lab.write("xa.log", sign_in_from("198.51.100.77", 101).as_bytes());
    let alert = alert_of(&lab, "intel-cert", false).await;
    assert_eq!(alert["rule"]["level"], "critical");
    assert_eq!(alert["rule"]["vi"]["title"], "Giá trị xấu đã biết: Từ CERT");

    // Added again, the past is not told twice.
    analyst.post("/api/v1/intel/cert/entries", &values).await;
    lab.wait_for("the second hunt", async || {
        let lists = analyst.json("/api/v1/intel").await;
        let own = lists["items"]
            .as_array()
            .unwrap()
            .iter()
            .find(|l| l["id"] == "cert")
            .cloned()?;
        (own["hunt"]["waiting"] == 0).then_some(())
    })
    .await;
    let retro: Vec<_> = lab
        .alerts()
        .await
        .into_iter()
        .filter(|a| a["retro"] == true)
        .collect();
    let count: u64 = retro
        .iter()
        .map(|alert| alert["count"].as_u64().unwrap())
        .sum();
    assert_eq!(count, 1, "each event once: {retro:?}");
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_read_by_all_and_changed_by_who_sees_all_sites() {
    let mut lab = two_sites().await;
    let analyst = lab.person("an", "analyst", None).await;
    let local = lab.person("xa", "analyst", Some(&["xa-binh-minh"])).await;
    let viewer = lab.person("xem", "viewer", None).await;
    let list = json!({"id": "l", "name": "L"});
    for (client, status) in [(&viewer, 403), (&local, 403), (&analyst, 201)] {
        assert_eq!(client.post("/api/v1/intel", &list).await.status, status);
    }
    assert_eq!(lab.nobody().get("/api/v1/intel").await.status, 401);
    let bad = analyst.post("/api/v1/intel", &json!({"id": "Ổ"})).await;
    assert_eq!((bad.status, &bad.body["code"]), (422, &"bad_id".into()));
    let entries = "/api/v1/intel/l/entries";
    let values: Vec<String> = (0..250).map(|n| format!("h{n}.evil.example")).collect();
    let values = json!({"values": values.join("\n"), "comment": "x"});
    assert_eq!(viewer.post(entries, &values).await.status, 403);
    assert_eq!(analyst.post(entries, &values).await.body["added"], 250);
    assert_eq!(
        analyst
            .post("/api/v1/intel/none/entries", &values)
            .await
            .status,
        404
    );
    let all = lab.all(&viewer, entries).await;
    assert_eq!(all.len(), 250);
    assert_eq!(all[0]["added_by"], "an");
    let some = viewer.json(&format!("{entries}?value=h24")).await;
    assert_eq!(some["items"].as_array().unwrap().len(), 11);
    assert_eq!(viewer.get(&format!("{entries}?cursor=x")).await.status, 400);
    let row = local.json("/api/v1/intel").await["items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|list| list["id"] == "l")
        .cloned()
        .unwrap();
    assert_eq!(
        (&row["entries"], &row["changed_by"]),
        (&250.into(), &"an".into())
    );
    assert!(row["hunt"]["found"].is_null(), "finds are of all sites");

    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_is_taken_out_and_a_list_turned_off_for_good() {
    let mut lab = two_sites().await;
    let analyst = lab.person("an", "analyst", None).await;
    let viewer = lab.person("xem", "viewer", None).await;
    let list = json!({"id": "l", "name": "L"});
    assert_eq!(analyst.post("/api/v1/intel", &list).await.status, 201);
    let entries = "/api/v1/intel/l/entries";
    let values = json!({"values": "h1.evil.example", "comment": "x"});
    assert_eq!(analyst.post(entries, &values).await.body["added"], 1);
    let one = format!(
        "{entries}?value={}&why={}",
        encoded("h1.evil.example"),
        encoded("nhầm")
    );
    assert_eq!(
        viewer.send(Method::DELETE, &one, None, &[]).await.status,
        403
    );
    assert_eq!(
        analyst.send(Method::DELETE, &one, None, &[]).await.status,
        204
    );
    assert_eq!(
        analyst.send(Method::DELETE, &one, None, &[]).await.status,
        404
    );
    let off = Some(br#"{"enabled":false}"#.to_vec());
    let changed = analyst
        .send(Method::PATCH, "/api/v1/intel/l", off, &[])
        .await;
    assert_eq!(changed.status, 204, "{}", changed.text);
    lab.stop().await;
    let folder = lab.data_dir().join("rules/intel/l");
    let settings = std::fs::read_to_string(folder.join("list.yml")).unwrap();
    assert!(settings.contains("enabled: false"), "{settings}");
    let removed = std::fs::read_to_string(folder.join("removed.csv")).unwrap();
    assert!(
        removed.contains("h1.evil.example") && removed.contains("nhầm"),
        "{removed}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_in_the_folder_is_used_and_its_bad_lines_are_told() {
    let mut lab = Setup::new()
        .log("so.log", "syslog", "so-tttt")
        .rule_file(
            "intel/feed/list.yml",
            "name: Nguồn ngoài\nsource: abuse.example\n",
        )
        .rule_file("intel/feed/ips.txt", "198.51.100.0/24\nvn\n")
        .start()
        .await;
    lab.write("so.log", sign_in_from("198.51.100.9", 100).as_bytes());
    let alert = alert_of(&lab, "intel-feed", false).await;
    assert_eq!(alert["rule"]["author"], "abuse.example");
    let lists = lab.local().json("/api/v1/intel").await;
    let names: Vec<_> = lists["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|l| &l["id"])
        .collect();
    assert_eq!(names, ["eicar", "feed"]);
    let feed = &lists["items"][1];
    assert_eq!(
        (&feed["refused"], &feed["problems"][0]["line"]),
        (&1.into(), &2.into())
    );
    assert_eq!(feed["kinds"], json!([{"kind": "network", "count": 1}]));
    lab.stop().await;
}
