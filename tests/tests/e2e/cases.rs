//! Cases: opened from alerts, worked by two people of different sites, with evidence, closed and exported.

use hyper::Method;
use serde_json::{Value, json};
use tests::{Answer, Client, Lab};

use crate::rules::audit;
use crate::{provoke, two_sites};

const CASES: &str = "/api/v1/cases";

async fn opened(client: &Client, title: &str, alerts: &[&Value]) -> Value {
    let alerts: Vec<&Value> = alerts.iter().map(|alert| &alert["id"]).collect();
    let body = json!({"title": title, "alerts": alerts});
    let answer = client.post(CASES, &body).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    answer.body
}

fn path_of(case: &Value) -> String {
    format!("{CASES}/{}", case["id"].as_str().unwrap())
}

async fn upload(client: &Client, case: &str, name: &str, bytes: &[u8]) -> Answer {
    let path = format!("{case}/evidence?name={}", tests::lab::encoded(name));
    let kind = [("content-type", "application/octet-stream")];
    client
        .send(Method::POST, &path, Some(bytes.to_vec()), &kind)
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_is_opened_changed_and_made_an_incident() {
    let mut lab = two_sites().await;
    let an = lab.person("an", "analyst", None).await;
    let alert = provoke(&lab, "so.log", "203.0.113.7").await;
    let case = opened(&an, "Dò mật khẩu", &[&alert]).await;
    let path = path_of(&case);
    assert_eq!(case["sites"], json!(["so-tttt"]));
    assert_eq!(case["level"], alert["rule"]["level"]);
    let of_alert = format!("{CASES}?alert={}", alert["id"].as_str().unwrap());
    assert_eq!(an.json(&of_alert).await["items"][0]["id"], case["id"]);

    let change = json!({"version": case["version"], "state": "in_work", "assignee": "an"});
    let case = an.patch(&path, &change).await;
    assert_eq!(case.status, 200, "{}", case.text);
    let stale = an.patch(&path, &change).await;
    assert_eq!(stale.status, 409, "{}", stale.text);
    assert_eq!(stale.body["code"], "version_conflict");
    for (bad, code) in [
        (
            json!({"version": 2, "assignee": "khong-co"}),
            "unknown_user",
        ),
        (json!({"version": 2, "state": "closed"}), "verdict_required"),
        (json!({"version": 2, "title": " "}), "bad_text"),
        (json!({"version": 2, "sites": ["khong-co"]}), "unknown_site"),
    ] {
        let refused = an.patch(&path, &bad).await;
        assert_eq!((refused.status, &refused.body["code"]), (422, &json!(code)));
    }
    let raise = format!("{path}/incident");
    let incident = an.post(&raise, &json!({})).await;
    assert_eq!(incident.status, 201, "{}", incident.text);
    assert_eq!(
        an.post(&raise, &json!({})).await.body["code"],
        "has_incident"
    );
    let id = incident.body["id"].as_str().unwrap();
    let incident = an.json(&format!("/api/v1/incidents/{id}")).await;
    assert_eq!(incident["origin"], "case");
    assert_eq!(incident["site"], "so-tttt");
    lab.stop().await;
}

/// A note, a task that is done, an observable and a pinned event.
async fn worked(lab: &Lab, an: &Client, path: &str) {
    let note = json!({"text": "Đã hỏi <cán bộ>."});
    let note = an.post(&format!("{path}/notes"), &note).await;
    assert_eq!(note.status, 201, "{}", note.text);
    let task = json!({"text": "Chặn địa chỉ"});
    let task = an.post(&format!("{path}/tasks"), &task).await.body;
    let own = format!("{path}/tasks/{}", task["id"]);
    let tick = json!({"version": task["version"], "done": true});
    let ticked = an.patch(&own, &tick).await;
    assert_eq!(ticked.body["done_by"], "an", "{}", ticked.text);
    let value = json!({"kind": "ip", "value": "203.0.113.7", "tags": ["quét"]});
    let value = an.post(&format!("{path}/observables"), &value).await;
    assert_eq!(value.status, 201, "{}", value.text);
    lab.wait_until_settled().await;
    let event = lab.events("kind:linux.auth").await[0]["id"].clone();
    let pin = json!({"event": event, "note": "đầu tiên"});
    let pin = an.post(&format!("{path}/events"), &pin).await;
    assert_eq!(pin.status, 204, "{}", pin.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_is_worked_closed_exported_and_reopened() {
    let mut lab = two_sites().await;
    let an = lab.person("an", "analyst", None).await;
    let alert = provoke(&lab, "so.log", "203.0.113.7").await;
    let case = opened(&an, "Dò mật khẩu <b>SSH</b>", &[&alert]).await;
    let path = path_of(&case);
    worked(&lab, &an, &path).await;
    let timeline = an.json(&format!("{path}/timeline")).await;
    let items = timeline["items"].as_array().unwrap();
    for kind in ["event", "alert", "note", "action"] {
        assert!(items.iter().any(|item| item["kind"] == kind), "{timeline}");
    }
    let version = an.json(&path).await["version"].clone();
    let closing = json!({"version": version, "verdict": "true_positive", "lessons": "Khóa sớm."});
    let closed = an.post(&format!("{path}/close"), &closing).await;
    assert_eq!(closed.body["state"], "closed", "{}", closed.text);
    let late = json!({"text": "muộn"});
    let late = an.post(&format!("{path}/notes"), &late).await;
    assert_eq!(late.body["code"], "case_closed");

    let page = an.get(&format!("{path}/export")).await;
    assert_eq!(page.status, 200);
    for said in [
        "Dò mật khẩu &lt;b&gt;SSH&lt;/b&gt;",
        "203[.]0[.]113[.]7",
        "Đã hỏi &lt;cán bộ&gt;.",
        "Khóa sớm.",
    ] {
        assert!(page.text.contains(said), "{said}: {}", page.text);
    }
    assert!(!page.text.contains("<script"), "{}", page.text);
    let reopened = json!({"version": closed.body["version"]});
    let reopened = an.post(&format!("{path}/reopen"), &reopened).await;
    assert_eq!(reopened.status, 200, "{}", reopened.text);
    for action in [
        "case.opened",
        "case.note",
        "case.closed",
        "case.reopened",
        "case.export",
    ] {
        assert_eq!(audit(&lab, action).len(), 1, "{action}");
    }
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn evidence_is_streamed_kept_and_looked_at_by_verify() {
    let setup = tests::Setup::new().config("[cases]\nevidence_mib = 1\n");
    let mut lab = setup.start().await;
    let an = lab.person("an", "analyst", None).await;
    let viewer = lab.person("xem", "viewer", None).await;
    let case = opened(&an, "Bộ nhớ", &[]).await;
    let path = path_of(&case);
    let bytes: Vec<u8> = (0..700_000_u32).map(|n| (n % 251) as u8).collect();
    let kept = upload(&an, &path, "bộ nhớ.bin", &bytes).await;
    assert_eq!(kept.status, 201, "{}", kept.text);
    assert_eq!(kept.body["bytes"], 700_000);
    let twice = upload(&an, &path, "lần hai.bin", &bytes).await;
    assert_eq!(twice.body["code"], "already_there", "{}", twice.text);
    let large = upload(&an, &path, "to.bin", &vec![1; (1 << 20) + 1]).await;
    assert_eq!(large.status, 413, "{}", large.text);
    assert_eq!(upload(&viewer, &path, "x", b"x").await.status, 403);
    let one = format!("{path}/evidence/{}", kept.body["id"]);
    assert_eq!(
        viewer.get(&one).await.status,
        403,
        "a viewer takes no copies"
    );
    let copy = an.open(Method::GET, &one, None, &[]).await;
    assert_eq!(copy.headers()["content-type"], "application/octet-stream");
    let copied = http_body_util::BodyExt::collect(copy.into_body())
        .await
        .unwrap();
    assert!(copied.to_bytes() == bytes, "another file came back");
    let custody = viewer.json(&path).await["evidence"][0]["custody"].clone();
    let actions: Vec<&Value> = custody
        .as_array()
        .unwrap()
        .iter()
        .map(|l| &l["action"])
        .collect();
    assert_eq!(actions, ["received", "read"]);
    assert_eq!(audit(&lab, "evidence.read").len(), 1);
    lab.stop().await;

    let folder = lab.data_dir();
    let verify = || tests::binary::run(&["verify", "--data-dir", folder.to_str().unwrap()]);
    let (code, text, _) = verify();
    assert_eq!(code, 0, "{text}");
    assert!(
        text.contains("evidence: 1 files of 1 hold, 700000 bytes; 0 files of no case"),
        "{text}"
    );
    let sha256 = kept.body["sha256"].as_str().unwrap();
    let file = folder
        .join("evidence")
        .join(case["id"].as_str().unwrap())
        .join(sha256);
    std::fs::write(&file, b"changed").unwrap();
    let (code, text, _) = verify();
    assert_eq!(code, 2, "{text}");
    assert!(text.contains("was changed"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_sites_analyst_sees_only_his_part_of_a_case() {
    let mut lab = two_sites().await;
    let all = lab.person("tinh", "analyst", None).await;
    let own = lab.person("xa", "analyst", Some(&["xa-binh-minh"])).await;
    let theirs = provoke(&lab, "so.log", "203.0.113.7").await;
    let mine = provoke(&lab, "xa.log", "203.0.113.8").await;
    let foreign = opened(&all, "Chỉ của sở", &[&theirs]).await;
    let shared = opened(&all, "Cả hai", &[&theirs, &mine]).await;
    let listed = own.json(CASES).await;
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
    assert_eq!(listed["counts"]["new"], 1, "counts are cut too");
    let path = path_of(&foreign);
    for (method, path, body) in [
        (Method::GET, path.clone(), None),
        (Method::GET, format!("{path}/timeline"), None),
        (Method::GET, format!("{path}/export"), None),
        (
            Method::PATCH,
            path.clone(),
            Some(json!({"version": 1, "title": "x"})),
        ),
        (
            Method::POST,
            format!("{path}/notes"),
            Some(json!({"text": "x"})),
        ),
        (Method::POST, format!("{path}/incident"), Some(json!({}))),
        (
            Method::POST,
            format!("{path}/alerts"),
            Some(json!({"ids": [mine["id"]]})),
        ),
    ] {
        let bytes = body.map(|body| body.to_string().into_bytes());
        let answer = own.send(method, &path, bytes, &[]).await;
        assert_eq!(answer.status, 404, "{path}: {}", answer.text);
    }
    assert_eq!(upload(&own, &path, "x", b"x").await.status, 404);
    let path = path_of(&shared);
    let secret = theirs["id"].as_str().unwrap();
    for part in ["", "/timeline", "/export", "/export?lang=en"] {
        let text = own.get(&format!("{path}{part}")).await.text;
        assert!(
            !text.contains(secret) && !text.contains("so-tttt"),
            "{part}: {text}"
        );
        assert!(!text.contains("203.0.113.7"), "{part}: {text}");
        assert!(!text.contains("203[.]0[.]113[.]7"), "{part}: {text}");
    }
    let detail = own.json(&path).await;
    assert_eq!(
        (&detail["counts"]["outside"], &detail["counts"]["alerts"]),
        (&json!(1), &json!(1))
    );
    let new = json!({"title": "Không nơi nào"});
    assert_eq!(own.post(CASES, &new).await.body["code"], "no_site");
    let elsewhere = json!({"title": "Nơi khác", "sites": ["so-tttt"]});
    assert_eq!(
        own.post(CASES, &elsewhere).await.body["code"],
        "unknown_site"
    );
    let viewer = lab.person("xem", "viewer", None).await;
    assert_eq!(viewer.get(&path).await.status, 200);
    assert_eq!(viewer.post(CASES, &json!({"title": "x"})).await.status, 403);
    lab.stop().await;
}
