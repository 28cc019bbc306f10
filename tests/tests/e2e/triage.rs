//! How alerts are worked: handed on, changed by the thousand, taken back; when an answer is due; what an entity is.

use serde_json::{Value, json};
use tests::{Answer, Client, Lab};

use crate::{provoke, two_sites};

fn id(alert: &Value) -> &str {
    alert["id"].as_str().unwrap()
}

async fn assign(client: &Client, alert: &Value, assignee: Value) -> Answer {
    let body = json!({"assignee": assignee, "version": alert["version"]});
    let path = format!("/api/v1/alerts/{}/assign", id(alert));
    client.post(&path, &body).await
}

async fn bulk(client: &Client, body: Value) -> Answer {
    client.post("/api/v1/alerts/bulk", &body).await
}

async fn undo(client: &Client, batch: &Value) -> Answer {
    let path = format!("/api/v1/alerts/bulk/{}/undo", batch.as_str().unwrap());
    client.post(&path, &json!({})).await
}

async fn ids(client: &Client, query: &str) -> Vec<String> {
    let page = client.json(&format!("/api/v1/alerts?{query}")).await;
    let items = page["items"].as_array().unwrap().iter();
    items.map(|item| id(item).to_owned()).collect()
}

/// An alert at each of the two sites, settled.
async fn two_alerts(lab: &Lab) -> (Value, Value) {
    provoke(lab, "so.log", "203.0.113.7").await;
    provoke(lab, "xa.log", "203.0.113.8").await;
    lab.wait_until_settled().await;
    let alerts = lab.alerts().await;
    let at = |site: &str| alerts.iter().find(|alert| alert["site"] == *site).unwrap();
    (at("so-tttt").clone(), at("xa-binh-minh").clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alert_is_handed_on_to_who_sees_it() {
    let mut lab = two_sites().await;
    let an = lab.person("an", "analyst", None).await;
    let xa = lab.person("xa", "analyst", Some(&["xa-binh-minh"])).await;
    let viewer = lab.person("xem", "viewer", None).await;
    let (so, own) = two_alerts(&lab).await;

    let people = an.json("/api/v1/alerts/people").await;
    let names: Vec<_> = people["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["name"])
        .collect();
    assert_eq!(names, ["an", "xa"], "a viewer holds nothing");

    assert_eq!(assign(&viewer, &so, json!("an")).await.status, 403);
    assert_eq!(assign(&xa, &so, json!("me")).await.status, 404);
    for (name, code) in [
        ("xa", "assignee_outside"),
        ("xem", "unknown_assignee"),
        ("la", "unknown_assignee"),
    ] {
        let refused = assign(&an, &so, json!(name)).await;
        assert_eq!(
            (refused.status, &refused.body["code"]),
            (422, &json!(code)),
            "{name}"
        );
    }
    let done = assign(&an, &own, json!("xa")).await;
    assert_eq!(
        (done.status, &done.body["assignee"]),
        (200, &json!("xa")),
        "{}",
        done.text
    );
    assert_eq!(done.body["state"], "new");
    // Who still saw the alert as it was is told so.
    assert_eq!(assign(&an, &own, json!("an")).await.status, 409);

    assert_eq!(ids(&xa, "assignee=me").await, [id(&own)]);
    assert_eq!(ids(&an, "assignee=xa").await, [id(&own)]);
    assert_eq!(ids(&an, "assignee=none").await, [id(&so)]);
    assert_eq!(ids(&an, "assignee=me").await, Vec::<String>::new());
    let counts = xa.json("/api/v1/alerts").await["counts"].clone();
    assert_eq!(
        (&counts["mine"], &counts["unassigned"]),
        (&json!(1), &json!(0)),
        "cut to the site"
    );
    let history = an.json(&format!("/api/v1/alerts/{}", id(&own))).await["history"].clone();
    let last = history.as_array().unwrap().last().unwrap().clone();
    assert_eq!(
        (&last["action"], &last["assignee"]),
        (&json!("assign"), &json!("xa"))
    );

    // Taken back by who did it, and by nobody else.
    assert_eq!(undo(&xa, &done.body["batch"]).await.status, 404);
    let undone = undo(&an, &done.body["batch"]).await;
    assert_eq!(
        (undone.status, &undone.body["changed"]),
        (200, &json!(1)),
        "{}",
        undone.text
    );
    assert_eq!(ids(&an, "assignee=none").await.len(), 2);
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_that_match_are_changed_within_ones_sites_and_put_back() {
    let mut lab = two_sites().await;
    let xa = lab.person("xa", "analyst", Some(&["xa-binh-minh"])).await;
    let viewer = lab.person("xem", "viewer", None).await;
    let (so, own) = two_alerts(&lab).await;
    let as_of = xa.json("/api/v1/alerts").await["as_of"].clone();
    let close =
        json!({"state": "closed", "verdict": "benign", "note": "bảo trì", "assignee": "me"});

    for (body, status) in [
        (json!({"change": close}), 400),
        (json!({"ids": [id(&own)], "change": {}}), 400),
        (
            json!({"ids": [], "filter": {"as_of": as_of}, "change": close}),
            400,
        ),
        (
            json!({"ids": [id(&own)], "change": {"state": "closed"}}),
            422,
        ),
        (json!({"filter": {}, "change": close}), 422),
        // A filter with a slip of the pen would mean everything.
        (
            json!({"filter": {"as_of": as_of, "levle": "low"}, "change": close}),
            422,
        ),
    ] {
        let refused = bulk(&xa, body.clone()).await;
        assert_eq!(refused.status, status, "{body}: {}", refused.text);
    }
    let everything = json!({"filter": {"as_of": as_of}, "change": close});
    assert_eq!(bulk(&viewer, everything.clone()).await.status, 403);
    let done = bulk(&xa, everything).await;
    assert_eq!(
        (done.status, &done.body["changed"]),
        (200, &json!(1)),
        "{}",
        done.text
    );
    let foreign = bulk(&xa, json!({"ids": [id(&so)], "change": close})).await;
    assert_eq!(
        foreign.body["skipped"],
        json!([{"id": id(&so), "code": "not_found"}]),
        "{}",
        foreign.text
    );
    let states = |alerts: Vec<Value>| {
        let mut states: Vec<String> = alerts
            .iter()
            .map(|alert| alert["state"].to_string())
            .collect();
        states.sort();
        states
    };
    assert_eq!(
        states(lab.all(&lab.local(), "/api/v1/alerts").await),
        ["\"closed\"", "\"new\""]
    );
    let undone = undo(&xa, &done.body["batch"]).await;
    assert_eq!(undone.body["changed"], 1, "{}", undone.text);
    assert_eq!(
        states(lab.all(&lab.local(), "/api/v1/alerts").await),
        ["\"new\"", "\"new\""]
    );
    lab.stop().await;
    let (code, text, _) =
        tests::binary::run(&["verify", "--data-dir", lab.data_dir().to_str().unwrap()]);
    assert_eq!(code, 0, "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_due_and_an_entity_says_why_it_worries() {
    let mut lab = two_sites().await;
    let an = lab.person("an", "analyst", None).await;
    let xa = lab.person("xa", "analyst", Some(&["xa-binh-minh"])).await;
    let (so, own) = two_alerts(&lab).await;
    let due = event::Time::parse(so["due"].as_str().unwrap()).unwrap();
    let opened = event::Time::parse(so["opened"].as_str().unwrap()).unwrap();
    assert!(due > opened);
    assert_eq!(ids(&an, "overdue=true").await, Vec::<String>::new());

    let host = json!({"site": "so-tttt", "address": "203.0.113.7", "name": "cổng", "criticality": "critical", "owner": "Sở"});
    let made = lab.local().post("/api/v1/assets", &host).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let path = "/api/v1/entities/ip/203.0.113.7";
    let entity = an.json(path).await;
    assert_eq!(entity["alerts"][0]["id"], so["id"]);
    assert_eq!(entity["assets"][0]["owner"], "Sở");
    assert_eq!(entity["risk"]["criticality"], 1.5);
    assert_eq!(entity["risk"]["reasons"][0]["title_vi"], "Dò mật khẩu SSH");
    let before = entity["risk"]["score"].as_u64().unwrap();
    assert!(before > 0, "{entity}");
    // Of another site nothing is said, also not how much.
    let cut = xa.json(path).await;
    assert_eq!(
        (&cut["risk"]["score"], &cut["alerts"], &cut["assets"]),
        (&json!(0), &json!([]), &json!([]))
    );
    assert_eq!(an.get("/api/v1/entities/car/1").await.status, 400);

    let close = json!({"state": "closed", "verdict": "false_positive", "version": so["version"]});
    let path_of_state = format!("/api/v1/alerts/{}/state", id(&so));
    let closed = an.post(&path_of_state, &close).await;
    assert_eq!(
        (closed.status, &closed.body["due"]),
        (200, &Value::Null),
        "{}",
        closed.text
    );
    assert_eq!(an.json(path).await["risk"]["score"], 0);

    let times = an.json("/api/v1/alerts/times").await;
    assert_eq!(times["all"]["acknowledge"]["count"], 1, "{times}");
    assert_eq!(times["all"]["resolve"]["count"], 1);
    assert_eq!(times["people"][0]["person"], "an");
    assert_eq!(
        xa.json("/api/v1/alerts/times").await["all"]["acknowledge"]["count"],
        0
    );
    assert_eq!(own["state"], "new");
    lab.stop().await;
}
