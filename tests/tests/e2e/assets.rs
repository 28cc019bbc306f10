//! Assets: added, seen, imported and exported by people of different sites.

use hyper::Method;
use serde_json::{Value, json};
use tests::{Answer, Client, Lab, Setup};

use crate::rules::audit;

const ASSETS: &str = "/api/v1/assets";

async fn import(client: &Client, trial: bool, csv: &str) -> Answer {
    let path = format!("{ASSETS}/import?trial={trial}");
    let kind = [("content-type", "text/csv")];
    let body = Some(csv.as_bytes().to_vec());
    client.send(Method::POST, &path, body, &kind).await
}

async fn remove(client: &Client, id: &str) -> u16 {
    let path = format!("{ASSETS}/{id}");
    client.send(Method::DELETE, &path, None, &[]).await.status
}

async fn added(client: &Client, site: &str, address: &str) -> Value {
    let body = json!({"site": site, "address": address});
    let answer = client.post(ASSETS, &body).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    answer.body
}

/// Site and address of what a reader sees.
async fn listed(lab: &Lab, client: &Client, filter: &str) -> Vec<String> {
    let items = lab.all(client, &format!("{ASSETS}{filter}")).await;
    let text = |item: &Value, key: &str| item[key].as_str().unwrap().to_owned();
    let items = items.iter();
    items
        .map(|item| format!("{} {}", text(item, "site"), text(item, "address")))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_asset_is_added_changed_and_removed() {
    let mut lab = Setup::new().start().await;
    let analyst = lab.person("pt", "analyst", None).await;
    let body = json!({
        "site": "xa-binh-minh", "address": "10.60.31.7/32", "name": "Máy chủ văn bản",
        "criticality": "high", "mac": "00-1A-2B-3C-4D-5E", "valid_from": "2026-01-31",
    });
    let made = analyst.post(ASSETS, &body).await;
    assert_eq!(made.status, 201, "{}", made.text);
    assert_eq!(made.body["address"], "10.60.31.7");
    assert_eq!(made.body["kind"], "host");
    assert_eq!(made.body["state"], "confirmed");
    assert_eq!(made.body["origin"], "person");
    assert_eq!(made.body["mac"], "00:1a:2b:3c:4d:5e");
    assert_eq!(made.body["who"], "pt");
    assert_eq!(analyst.post(ASSETS, &body).await.status, 409);
    let path = format!("{ASSETS}/{}", made.body["id"].as_str().unwrap());
    let changed = analyst
        .patch(&path, &json!({"name": "Máy mới", "mac": ""}))
        .await;
    assert_eq!(changed.status, 200, "{}", changed.text);
    assert_eq!(changed.body["name"], "Máy mới");
    assert_eq!(changed.body["mac"], Value::Null);
    assert_eq!(changed.body["criticality"], "high");
    for (bad, status) in [
        (json!({"address": "10.60.31.7/24"}), 422),
        (json!({"site": "khong-co"}), 422),
        (json!({"state": "proposed"}), 422),
        (json!({"criticality": "hot"}), 422),
    ] {
        assert_eq!(analyst.patch(&path, &bad).await.status, status, "{bad}");
    }
    // What a file has is shown, and changed there.
    let networks = analyst.json(&format!("{ASSETS}?kind=network")).await;
    let network = &networks["items"][0];
    assert_eq!(network["origin"], "file");
    let id = tests::lab::encoded(network["id"].as_str().unwrap());
    let of_file = format!("{ASSETS}/{id}");
    assert_eq!(analyst.json(&of_file).await["origin"], "file");
    let refused = analyst.patch(&of_file, &json!({"name": "x"})).await;
    assert_eq!(refused.status, 409, "{}", refused.text);
    assert_eq!(remove(&analyst, &id).await, 409);
    let viewer = lab.person("xem", "viewer", None).await;
    assert_eq!(viewer.get(&path).await.status, 200);
    assert_eq!(viewer.patch(&path, &json!({"name": "y"})).await.status, 403);
    assert_eq!(
        remove(&analyst, made.body["id"].as_str().unwrap()).await,
        204
    );
    assert_eq!(analyst.get(&path).await.status, 404);
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_sites_analyst_sees_and_changes_nothing() {
    let mut lab = Setup::new().start().await;
    let all = lab.local();
    let theirs = added(&all, "so-tttt", "10.60.20.7").await;
    let own = Some(&["xa-binh-minh"][..]);
    let analyst = lab.person("xa", "analyst", own).await;
    added(&analyst, "xa-binh-minh", "10.60.31.7").await;
    let seen = ["xa-binh-minh 10.60.31.0/24", "xa-binh-minh 10.60.31.7"];
    for filter in ["", "?site=so-tttt,xa-binh-minh", "?text=10.60"] {
        assert_eq!(listed(&lab, &analyst, filter).await, seen, "{filter}");
    }
    let page = analyst.json(ASSETS).await;
    assert_eq!(page["counts"]["confirmed"], 2, "counts are cut too");
    let id = theirs["id"].as_str().unwrap();
    let path = format!("{ASSETS}/{id}");
    assert_eq!(analyst.get(&path).await.status, 404);
    let answer = analyst.patch(&path, &json!({"name": "của tôi"})).await;
    assert_eq!(answer.status, 404);
    assert_eq!(remove(&analyst, id).await, 404);
    let states = json!({"ids": [id, "file:so-tttt:10.60.20.0/24"], "state": "dismissed"});
    let answer = analyst.post(&format!("{ASSETS}/state"), &states).await;
    assert_eq!(answer.body["changed"], 0, "{}", answer.text);
    let file = "/api/v1/assets/file%3Aso-tttt%3A10.60.20.0%2F24";
    assert_eq!(analyst.get(file).await.status, 404);
    let export = analyst.get(&format!("{ASSETS}/export?site=so-tttt")).await;
    assert!(!export.text.contains("so-tttt"), "{}", export.text);
    let csv = "site,address,name\nso-tttt,10.60.20.7,cua toi\nxa-binh-minh,10.60.31.8,b\n";
    let done = import(&analyst, false, csv).await.body;
    assert_eq!((&done["added"], &done["changed"]), (&1.into(), &0.into()));
    assert_eq!(done["problems"][0]["line"], 2);
    // That a site is there is not told either.
    let said = done["problems"][0]["message"].as_str().unwrap();
    let none = import(&analyst, true, "site,address\nkhong-co,10.60.20.7\n").await;
    let none = none.body["problems"][0]["message"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(said.replace("so-tttt", "khong-co"), none);
    assert_eq!(all.json(&path).await["name"], "");
    // A network is told to every sensor: neither another site's addresses nor the world's.
    for (address, status) in [
        ("10.60.20.0/25", 422),
        ("10.60.0.0/16", 422),
        ("8.8.8.0/24", 422),
        ("10.60.31.128/25", 201),
    ] {
        let body = json!({"site": "xa-binh-minh", "address": address});
        let answer = analyst.post(ASSETS, &body).await;
        assert_eq!(answer.status, status, "{address}: {}", answer.text);
    }
    let csv = "site,address\nxa-binh-minh,10.60.20.0/26\n";
    let done = import(&analyst, false, csv).await.body;
    assert_eq!(done["problems"][0]["line"], 2, "{done}");
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_csv_comes_back_as_it_went() {
    let mut lab = Setup::new()
        .config("[limits.assets]\ncsv_kib = 16\ncsv_lines = 50\n")
        .start()
        .await;
    let analyst = lab.person("pt", "analyst", None).await;
    let csv = "\u{feff}address;site;name;role;owner\r\n\
        10.60.31.7;xa-binh-minh;\"Máy chủ; \"\"chính\"\"\nphòng 2\";'=1+1;Nguyễn Thị Ánh\r\n\
        10.60.31.9;xa-binh-minh;@SUM(A1);;\r\n\
        10.60.31.9;xa-binh-minh;lần hai;;\r\n\
        10.60.31.500;xa-binh-minh;;;\r\n";
    let tried = import(&analyst, true, csv).await;
    assert_eq!(tried.status, 200, "{}", tried.text);
    assert_eq!(tried.body["added"], 2);
    let lines = |body: &Value| -> Vec<u64> {
        let problems = body["problems"].as_array().unwrap().iter();
        problems.map(|own| own["line"].as_u64().unwrap()).collect()
    };
    assert_eq!(lines(&tried.body), [5, 6], "{}", tried.text);
    assert_eq!(
        listed(&lab, &analyst, "?kind=host&site=xa-binh-minh").await,
        [""; 0]
    );
    assert_eq!(import(&analyst, false, csv).await.body["added"], 2);
    let page = analyst.json(&format!("{ASSETS}?text=%C3%A1nh")).await;
    let first = &page["items"][0];
    assert_eq!(first["name"], "Máy chủ; \"chính\"\nphòng 2");
    assert_eq!(
        (&first["role"], &first["origin"]),
        (&"=1+1".into(), &"csv".into())
    );
    let export = analyst.get(&format!("{ASSETS}/export")).await;
    assert_eq!(export.headers["content-type"], "text/csv; charset=utf-8");
    assert!(export.text.starts_with("\u{feff}site,address,"));
    assert!(export.text.contains(",'=1+1,") && export.text.contains(",'@SUM(A1),"));
    let again = import(&analyst, false, &export.text).await.body;
    assert_eq!(
        again,
        json!({"added": 0, "changed": 0, "same": 2, "problems": []})
    );
    let named = |export: &Answer| {
        export.headers["content-disposition"]
            .to_str()
            .unwrap()
            .to_owned()
    };
    assert!(named(&export).contains("\"assets.csv\""));
    // One that is longer than an import takes says so by its name.
    for part in 0..2 {
        let rows = (0..40).map(|n| format!("xa-binh-minh,10.60.3{part}.{}\n", 100 + n));
        let csv = format!("site,address\n{}", rows.collect::<String>());
        assert_eq!(import(&analyst, false, &csv).await.body["added"], 40);
    }
    let export = analyst.get(&format!("{ASSETS}/export")).await;
    assert!(named(&export).contains("in-parts"), "{}", named(&export));
    // What is too much is refused whole.
    let long = format!("site,address\n{}", "xa-binh-minh,10.60.31.1\n".repeat(51));
    let refused = import(&analyst, true, &long).await;
    assert_eq!(
        (refused.status, &refused.body["code"]),
        (422, &"too_many_lines".into())
    );
    let large = "x".repeat(17 << 10);
    assert_eq!(import(&analyst, true, &large).await.status, 413);
    let viewer = lab.person("xem", "viewer", None).await;
    assert_eq!(import(&viewer, true, csv).await.status, 403);
    assert_eq!(audit(&lab, "asset.import").len(), 82);
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_speaks_is_proposed_once_and_stays_away_when_dismissed() {
    let mut lab = Setup::new().log("a.log", "eve", "so-tttt").start().await;
    let line = |from: &str, n: u32| {
        let now = daemon::system_clock()();
        format!(
            "{{\"timestamp\":\"{now}\",\"flow_id\":{n},\"event_type\":\"dns\",\"src_ip\":\"{from}\",\
             \"src_port\":4000,\"dest_ip\":\"203.0.113.53\",\"dest_port\":53,\"proto\":\"UDP\",\"dns\":{{}}}}\n"
        )
    };
    for n in 0..20 {
        lab.write("a.log", line("10.60.31.7", n).as_bytes());
        lab.write("a.log", line("198.51.100.9", n).as_bytes());
    }
    let lease = format!(
        "{{\"timestamp\":\"{}\",\"event_type\":\"dhcp\",\"src_ip\":\"10.60.31.1\",\"dest_ip\":\"10.60.31.7\",\
         \"proto\":\"UDP\",\"dhcp\":{{\"type\":\"reply\",\"dhcp_type\":\"ack\",\"assigned_ip\":\"10.60.31.7\",\
         \"client_mac\":\"00:1a:2b:3c:4d:5e\",\"hostname\":\"may-van-thu\"}}}}\n",
        daemon::system_clock()()
    );
    lab.write("a.log", lease.as_bytes());
    let client = lab.local();
    let host = lab
        .wait_for("the proposal", async || {
            let page = client.json(&format!("{ASSETS}?text=may-van-thu")).await;
            page["items"].get(0).cloned()
        })
        .await;
    assert_eq!(
        (&host["site"], &host["state"]),
        (&"xa-binh-minh".into(), &"proposed".into())
    );
    assert_eq!(
        (&host["seen_by"], &host["mac"]),
        (&"dhcp".into(), &"00:1a:2b:3c:4d:5e".into())
    );
    let seen = ["xa-binh-minh 10.60.31.1", "xa-binh-minh 10.60.31.7"];
    assert_eq!(listed(&lab, &client, "?state=proposed").await, seen);
    let ids = json!({"ids": [host["id"]], "state": "dismissed"});
    let answer = client.post(&format!("{ASSETS}/state"), &ids).await;
    assert_eq!(answer.body["changed"], 1, "{}", answer.text);
    // A new start remembers nothing of hosts: it asks the table.
    lab.stop().await;
    lab.start().await;
    let client = lab.local();
    lab.write("a.log", line("10.60.31.7", 99).as_bytes());
    lab.write("a.log", line("10.60.31.8", 99).as_bytes());
    lab.wait_for("the next proposal", async || {
        let proposed = listed(&lab, &client, "?state=proposed").await;
        proposed
            .contains(&"xa-binh-minh 10.60.31.8".to_owned())
            .then_some(())
    })
    .await;
    let host = client
        .json(&format!("{ASSETS}/{}", host["id"].as_str().unwrap()))
        .await;
    assert_eq!(host["state"], "dismissed");
    lab.stop().await;
}
