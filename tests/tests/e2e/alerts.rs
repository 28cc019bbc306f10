//! What a person does with an alert, and what an alert does by itself.

use serde_json::{Value, json};
use tests::{Answer, Client, Lab};

use crate::{provoke, two_sites};

async fn change(client: &Client, alert: &Value, body: Value) -> Answer {
    let id = alert["id"].as_str().unwrap();
    client
        .post(&format!("/api/v1/alerts/{id}/state"), &body)
        .await
}

async fn one(lab: &Lab, alert: &Value) -> Value {
    lab.local()
        .json(&format!("/api/v1/alerts/{}", alert["id"].as_str().unwrap()))
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn closing_needs_a_verdict_and_everything_is_told() {
    let mut lab = two_sites().await;
    let an = lab.person("an", "analyst", None).await;
    let alert = provoke(&lab, "so.log", "203.0.113.7").await;
    let full = one(&lab, &alert).await;
    assert_eq!(full["rule"]["author"], "haidang project");
    assert_eq!(full["rule"]["vi"]["title"], "Dò mật khẩu SSH");
    let matched = &full["evidence"][0]["matched"];
    assert!(
        matched["message"]
            .as_str()
            .unwrap()
            .starts_with("Failed password"),
        "{matched}"
    );

    let version = full["version"].clone();
    let refused = change(&an, &alert, json!({"state": "closed", "version": version})).await;
    assert_eq!(
        (refused.status, &refused.body["code"]),
        (422, &json!("verdict_required"))
    );
    let acknowledged = change(
        &an,
        &alert,
        json!({"state": "acknowledged", "version": version}),
    )
    .await;
    assert_eq!(acknowledged.status, 200, "{}", acknowledged.text);
    // Somebody else still saw the old version.
    let stale = change(&an, &alert, json!({"state": "in_work", "version": version})).await;
    assert_eq!(stale.status, 409, "{}", stale.text);
    let version = one(&lab, &alert).await["version"].clone();
    let closing = json!({"state": "closed", "verdict": "true_positive", "note": "Đã chặn.", "version": version});
    assert_eq!(change(&an, &alert, closing).await.status, 200);
    let full = one(&lab, &alert).await;
    assert_eq!(
        (&full["state"], &full["verdict"]),
        (&json!("closed"), &json!("true_positive"))
    );
    let history = full["history"].as_array().unwrap();
    assert!(
        history
            .iter()
            .any(|entry| entry["who"] == "an" && entry["note"] == "Đã chặn.")
    );
    let reopening = json!({"state": "new", "version": full["version"]});
    assert_eq!(change(&an, &alert, reopening).await.status, 200);
    assert_eq!(one(&lab, &alert).await["verdict"], Value::Null);
    lab.stop().await;
    let (code, text, _) =
        tests::binary::run(&["verify", "--data-dir", lab.data_dir().to_str().unwrap()]);
    assert_eq!(code, 0, "{text}");
    assert!(
        text.contains("audit:") && text.contains("entries hold"),
        "{text}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_alert_never_grows_and_the_next_names_it() {
    let mut lab = two_sites().await;
    let an = lab.person("an", "analyst", None).await;
    let alert = provoke(&lab, "so.log", "203.0.113.7").await;
    lab.wait_until_settled().await;
    let version = one(&lab, &alert).await["version"].clone();
    let closing = json!({"state": "closed", "verdict": "benign", "version": version});
    assert_eq!(change(&an, &alert, closing).await.status, 200);
    let closed = one(&lab, &alert).await;
    let next = provoke(&lab, "so.log", "203.0.113.7").await;
    assert_ne!(next["id"], alert["id"]);
    assert_eq!(
        next["previous"],
        json!({"id": alert["id"], "verdict": "benign"})
    );
    assert_eq!(one(&lab, &alert).await["count"], closed["count"]);
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_request_twice_is_done_once() {
    let mut lab = two_sites().await;
    let an = lab.person("an", "analyst", None).await;
    let alert = provoke(&lab, "so.log", "203.0.113.7").await;
    lab.wait_until_settled().await;
    let version = one(&lab, &alert).await["version"].clone();
    let path = format!("/api/v1/alerts/{}/state", alert["id"].as_str().unwrap());
    let body = json!({"state": "acknowledged", "version": version})
        .to_string()
        .into_bytes();
    let key = [("idempotency-key", "4f1c2d5e-once")];
    let mut answers = Vec::new();
    for _ in 0..2 {
        answers.push(
            an.send(hyper::Method::POST, &path, Some(body.clone()), &key)
                .await,
        );
    }
    assert_eq!((answers[0].status, answers[1].status), (200, 200));
    assert_eq!(answers[0].body["version"], answers[1].body["version"]);
    let history = one(&lab, &alert).await["history"].clone();
    let acknowledged = history
        .as_array()
        .unwrap()
        .iter()
        .filter(|entry| entry["who"] == "an");
    assert_eq!(acknowledged.count(), 1);
    lab.stop().await;
}

/// The stored query of an alert finds its events, and a restart changes nothing.
#[tokio::test(flavor = "multi_thread")]
async fn its_query_finds_its_events_and_a_restart_keeps_it() {
    let mut lab = two_sites().await;
    let alert = provoke(&lab, "so.log", "203.0.113.7").await;
    lab.wait_until_settled().await;
    let before = one(&lab, &alert).await;
    assert_eq!(before["count"], 12);
    let found = lab.events(before["query"].as_str().unwrap()).await;
    assert_eq!(found.len(), 12);
    lab.stop().await;
    lab.start().await;
    lab.wait_until_settled().await;
    assert_eq!(one(&lab, &alert).await, before);
    lab.stop().await;
}

/// A rule in Zeek's words counts EVE's records; its alert's query finds them under their own names.
#[tokio::test(flavor = "multi_thread")]
async fn the_query_of_a_mapped_correlation_finds_its_events() {
    let rule = "title: Odd name\nid: 5b0f7a6c-0c55-4a3c-9d52-1f6d1f5b8c01\nname: odd\n\
         logsource: {product: zeek, service: dns}\n\
         detection:\n  a: {query|endswith: .odd.example}\n  condition: a\n---\n\
         title: Many odd names\nid: 5b0f7a6c-0c55-4a3c-9d52-1f6d1f5b8c02\n\
         correlation:\n  type: event_count\n  rules: [odd]\n  group-by: [id.orig_h]\n  \
         timespan: 1h\n  condition: {gte: 3}\n";
    let setup = tests::Setup::new().rule_file("sigma/odd.yml", rule);
    let mut lab = setup.log("eve.json", "eve", "so-tttt").start().await;
    let now = daemon::system_clock();
    for number in 0..4 {
        let line = json!({
            "timestamp": now().to_string(), "event_type": "dns", "src_ip": "10.60.1.7",
            "dest_ip": "10.60.1.1", "src_port": 4000 + number, "dest_port": 53, "proto": "UDP",
            "dns": {"version": 3, "type": "request",
                "queries": [{"rrname": format!("a{number}.odd.example"), "rrtype": "A"}]},
        });
        lab.write("eve.json", format!("{line}\n").as_bytes());
    }
    let alert = lab
        .wait_for("the correlation", async || {
            let alerts = lab.alerts().await;
            let counted = |alert: &&Value| alert["rule"]["title"] == "Many odd names";
            let found = alerts.iter().find(counted).cloned();
            found.filter(|alert| alert["count"] == 4)
        })
        .await;
    lab.wait_until_settled().await;
    let query = one(&lab, &alert).await["query"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(lab.events(&query).await.len(), 4, "{query}");
    lab.stop().await;
}
