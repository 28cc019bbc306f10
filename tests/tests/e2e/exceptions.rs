//! Exceptions from outside: previewed, made, in force, expired; who may; what the trail keeps.

use std::time::Duration;

use hyper::Method;
use serde_json::{Value, json};
use tests::{Client, Lab, Setup};

use crate::rules::{audit, has_alert, ssh_rule};
use crate::{provoke, ssh_brute_force, two_sites};

const EXCEPTIONS: &str = "/api/v1/rules/exceptions";

/// Leaves the sign-ins from an address out of the rule that counts them.
fn draft(rule: &Value, sites: &[&str], address: &str) -> Value {
    json!({
        "rule": rule["id"], "sites": sites,
        "match": [{"field": "source.ip", "how": "is", "values": [address]}],
    })
}

fn new(draft: &Value, after: Duration) -> Value {
    let mut new = draft.clone();
    new["reason"] = "máy sao lưu".into();
    new["expires"] = daemon::system_clock()().plus(after).to_string().into();
    new
}

const DAY: Duration = Duration::from_secs(86_400);

async fn send(client: &Client, method: Method, path: &str, body: Option<&Value>) -> u16 {
    let body = body.map(|body| body.to_string().into_bytes());
    client.send(method, path, body, &[]).await.status
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exception_is_previewed_made_changed_and_ended() {
    let mut lab = two_sites().await;
    let analyst = lab.person("an", "analyst", None).await;
    let rule = ssh_rule(&lab).await;
    let alert = provoke(&lab, "so.log", "203.0.113.21").await;
    provoke(&lab, "so.log", "203.0.113.22").await;
    let close = json!({"state": "closed", "verdict": "true_positive", "version": alert["version"]});
    let id = alert["id"].as_str().unwrap();
    let closed = analyst
        .post(&format!("/api/v1/alerts/{id}/state"), &close)
        .await;
    assert_eq!(closed.status, 200, "{}", closed.text);

    let draft = draft(&rule, &[], "203.0.113.21");
    let preview = analyst.post(&format!("{EXCEPTIONS}/preview"), &draft).await;
    let expected = json!({
        "alerts": 2, "silenced": 1, "smaller": 0, "sampled": 0, "true_positives": 1,
        "examples": [id], "days": 7,
    });
    assert_eq!((preview.status, &preview.body), (200, &expected));

    let made = made_of_an_alert(&lab, &analyst, &draft, id).await;
    let exception = &made;
    assert_eq!(
        (&exception["owner"], &exception["expired"]),
        (&"an".into(), &false.into())
    );
    assert_eq!(exception["rule"]["id"], rule["id"]);
    assert_eq!(exception["match"], draft["match"]);
    let counted = exception["rules"].as_array().unwrap();
    assert!(
        !counted.is_empty() && counted[0] != rule["id"],
        "{counted:?}"
    );
    assert!(
        exception["source"]
            .as_str()
            .unwrap()
            .contains("condition: not selection")
    );

    lab.write("so.log", ssh_brute_force("203.0.113.21").as_bytes());
    provoke(&lab, "so.log", "203.0.113.23").await;
    assert!(!lab_has_open(&lab, "203.0.113.21").await);
    let shown = lab
        .local()
        .json(&format!("/api/v1/rules/{}", rule["id"].as_str().unwrap()))
        .await;
    assert_eq!(shown["exceptions"][0]["id"], exception["id"]);
    assert_eq!(ssh_rule(&lab).await["exceptions"], 1);

    change_and_end(&analyst, exception, &draft).await;
    provoke(&lab, "so.log", "203.0.113.21").await;
    lab.stop().await;
    for (action, said) in [
        ("exception.make", "203.0.113.21"),
        ("exception.change", "vẫn vậy"),
        ("exception.end", "xong"),
    ] {
        let details = audit(&lab, action);
        assert_eq!(details.len(), 1, "{action}");
        assert!(details[0].contains(said), "{details:?}");
    }
}

/// The alert that an exception is made for must be one, and of its rule.
async fn made_of_an_alert(lab: &Lab, analyst: &Client, draft: &Value, alert: &str) -> Value {
    let mut of_alert = new(draft, 30 * DAY);
    of_alert["alert"] = "khong-co".into();
    let refused = analyst.post(EXCEPTIONS, &of_alert).await;
    assert_eq!(refused.status, 404, "{}", refused.text);
    of_alert["alert"] = alert.into();
    let mut of_other = of_alert.clone();
    of_other["rule"] = other_rule(lab, &draft["rule"]).await;
    let refused = analyst.post(EXCEPTIONS, &of_other).await;
    assert_eq!(
        (refused.status, &refused.body["code"]),
        (422, &"other_rule".into())
    );
    let made = analyst.post(EXCEPTIONS, &of_alert).await;
    assert_eq!(made.status, 201, "{}", made.text);
    assert_eq!(made.body["alert"], alert);
    made.body
}

async fn other_rule(lab: &Lab, rule: &Value) -> Value {
    let page = lab.local().json("/api/v1/rules").await;
    let mut rows = page["items"].as_array().unwrap().iter();
    let other = rows.find(|row| row["id"] != *rule && row["correlation"] == false);
    other.unwrap()["id"].clone()
}

async fn change_and_end(analyst: &Client, exception: &Value, draft: &Value) {
    let path = format!("{EXCEPTIONS}/{}", exception["id"].as_str().unwrap());
    let later = json!({"reason": "vẫn vậy", "expires": new(draft, 60 * DAY)["expires"]});
    assert_eq!(send(analyst, Method::PATCH, &path, Some(&later)).await, 204);
    let list = analyst.json(EXCEPTIONS).await;
    assert_eq!(list["items"][0]["reason"], "vẫn vậy");
    assert_eq!(
        send(analyst, Method::DELETE, &format!("{path}?why=xong"), None).await,
        204
    );
    assert_eq!(send(analyst, Method::DELETE, &path, None).await, 404);
    assert_eq!(analyst.json(EXCEPTIONS).await["items"], json!([]));
}

/// Whether an alert of an address waits for somebody.
async fn lab_has_open(lab: &Lab, address: &str) -> bool {
    lab.wait_until_settled().await;
    let alerts = lab.alerts().await;
    alerts
        .iter()
        .any(|alert| alert["state"] != "closed" && alert["entities"][0]["value"] == *address)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exception_ends_by_itself() {
    let mut lab = Setup::new()
        .config("[rules]\nrefresh_seconds = 1\n")
        .log("so.log", "syslog", "so-tttt")
        .start()
        .await;
    let analyst = lab.person("an", "analyst", None).await;
    let rule = ssh_rule(&lab).await;
    let new = new(&draft(&rule, &[], "203.0.113.31"), Duration::from_secs(4));
    assert_eq!(analyst.post(EXCEPTIONS, &new).await.status, 201);
    lab.write("so.log", ssh_brute_force("203.0.113.31").as_bytes());
    provoke(&lab, "so.log", "203.0.113.32").await;
    assert!(!has_alert(&lab, "203.0.113.31").await);
    lab.wait_for("its end", async || {
        let list = analyst.json(EXCEPTIONS).await;
        (list["items"][0]["expired"] == true).then_some(())
    })
    .await;
    provoke(&lab, "so.log", "203.0.113.31").await;
    assert_eq!(ssh_rule(&lab).await["exceptions"], 0);
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_sees_some_sites_makes_exceptions_for_them_alone() {
    let mut lab = two_sites().await;
    let local = lab.person("xa", "analyst", Some(&["xa-binh-minh"])).await;
    let viewer = lab.person("xem", "viewer", None).await;
    let admin = lab.person("qt", "admin", None).await;
    let rule = ssh_rule(&lab).await;
    let at = |sites: &[&str]| new(&draft(&rule, sites, "203.0.113.41"), DAY);
    for (client, sites, status) in [
        (&viewer, &["xa-binh-minh"][..], 403),
        (&local, &[], 403),
        (&local, &["so-tttt"], 403),
        (&local, &["xa-binh-minh", "so-tttt"], 403),
        (&local, &["khong-co"], 422),
        (&local, &["xa-binh-minh"], 201),
        (&admin, &["so-tttt"], 201),
        (&admin, &[], 201),
        (&admin, &["xa-binh-minh", "so-tttt"], 201),
    ] {
        let answer = client.post(EXCEPTIONS, &at(sites)).await;
        assert_eq!(answer.status, status, "{sites:?}: {}", answer.text);
        let preview = client
            .post(&format!("{EXCEPTIONS}/preview"), &at(sites))
            .await;
        let expected = if status == 201 { 200 } else { status };
        assert_eq!(preview.status, expected, "{sites:?}: {}", preview.text);
    }
    let seen = local.json(EXCEPTIONS).await.to_string();
    assert!(
        seen.contains("xa-binh-minh") && !seen.contains("so-tttt"),
        "{seen}"
    );
    let items = local.json(EXCEPTIONS).await["items"]
        .as_array()
        .unwrap()
        .clone();
    assert_eq!(items.len(), 3);
    let all = admin.json(EXCEPTIONS).await["items"]
        .as_array()
        .unwrap()
        .clone();
    assert_eq!(all.len(), 4);
    for exception in &all {
        let path = format!("{EXCEPTIONS}/{}", exception["id"].as_str().unwrap());
        let own = exception["sites"] == json!(["xa-binh-minh"]);
        let seen = items.iter().any(|item| item["id"] == exception["id"]);
        let expected = match (own, seen) {
            (true, _) => 204,
            (false, true) => 403,
            (false, false) => 404,
        };
        assert_eq!(
            send(&local, Method::DELETE, &path, None).await,
            expected,
            "{exception}"
        );
        assert_eq!(send(&viewer, Method::DELETE, &path, None).await, 403);
    }

    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_means_nothing_is_refused_with_a_reason() {
    let mut lab = two_sites().await;
    let admin = lab.person("qt", "admin", None).await;
    let rule = ssh_rule(&lab).await;
    let at = |sites: &[&str]| new(&draft(&rule, sites, "203.0.113.41"), DAY);
    let mut bad = at(&[]);
    bad["match"] = json!([]);
    let refused = admin.post(EXCEPTIONS, &bad).await;
    assert_eq!(
        (refused.status, &refused.body["code"]),
        (422, &"bad_exception".into())
    );
    let mut late = at(&[]);
    late["expires"] = new(&bad, 400 * DAY)["expires"].clone();
    assert_eq!(admin.post(EXCEPTIONS, &late).await.status, 422);
    let mut silent = at(&[]);
    silent["reason"] = " ".into();
    let refused = admin.post(EXCEPTIONS, &silent).await;
    assert_eq!(
        (refused.status, &refused.body["code"]),
        (422, &"reason_required".into())
    );
    let mut unknown = at(&[]);
    unknown["rule"] = "none".into();
    assert_eq!(admin.post(EXCEPTIONS, &unknown).await.status, 404);
    lab.stop().await;
}
