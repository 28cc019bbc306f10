//! Rules from outside: who sees them, what is off where, and that a running centre takes it up.

use hyper::Method;
use serde_json::{Value, json};
use tests::lab::encoded;
use tests::{Answer, Client, Lab};

use crate::{provoke, ssh_brute_force, two_sites};

/// The shipped rule that counts failed sign-ins by ssh.
pub(crate) async fn ssh_rule(lab: &Lab) -> Value {
    let page = lab.local().json("/api/v1/rules?text=ssh-brute-force").await;
    let items = page["items"].as_array().unwrap();
    let found = items.iter().find(|rule| rule["correlation"] == true);
    found.unwrap().clone()
}

async fn put(client: &Client, path: &str, body: &Value) -> Answer {
    let body = Some(body.to_string().into_bytes());
    client.send(Method::PUT, path, body, &[]).await
}

/// Waits until a later address at a site has its alert, and looks whether the first one has.
pub(crate) async fn has_alert(lab: &Lab, address: &str) -> bool {
    lab.wait_until_settled().await;
    let alerts = lab.alerts().await;
    alerts
        .iter()
        .any(|alert| alert["entities"][0]["value"] == *address)
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_are_listed_page_by_page_with_what_they_raised() {
    let mut lab = two_sites().await;
    let viewer = lab.person("xem", "viewer", None).await;
    let local = lab.person("xa", "viewer", Some(&["xa-binh-minh"])).await;
    assert_eq!(lab.nobody().get("/api/v1/rules").await.status, 401);
    let all = lab.all(&viewer, "/api/v1/rules").await;
    assert!(all.len() > 57, "{}", all.len());
    let page = viewer.json("/api/v1/rules?limit=10").await;
    assert_eq!(page["total"], all.len());
    let paged = lab_all(&viewer, 10).await;
    assert_eq!(ids(&paged), ids(&all), "each once, in one order");
    let levels: Vec<_> = all.iter().map(level).collect();
    assert!(levels.is_sorted_by(|a, b| a >= b), "the worst first");

    provoke(&lab, "so.log", "203.0.113.7").await;
    let rule = ssh_rule(&lab).await;
    assert_eq!(
        (&rule["alerts"], &rule["origin"]),
        (&1.into(), &"shipped".into())
    );
    assert!(rule["last_alert"].is_string() && rule["off"].is_null() && rule["pack"].is_null());
    let path = format!("/api/v1/rules/{}", rule["id"].as_str().unwrap());
    let other = local.json(&path).await;
    assert_eq!(
        other["alerts"], 0,
        "alerts of others' sites are not counted"
    );
    assert!(other["last_alert"].is_null());
    assert!(other["source"].as_str().unwrap().contains("correlation:"));
    let counted = other["rules"][0].as_str().unwrap();
    let base = viewer.json(&format!("/api/v1/rules/{counted}")).await;
    assert_eq!(base["used_by"], json!([rule["id"]]));
    assert_eq!(base["logsource"]["product"], "linux");
    assert_eq!(viewer.get("/api/v1/rules/none").await.status, 404);

    filters_choose(&viewer, &all).await;
    let attack = viewer.json("/api/v1/rules/attack").await;
    assert_eq!(attack["rules"], all.len());
    let tactics = attack["tactics"].as_array().unwrap();
    let access = tactics
        .iter()
        .find(|tactic| tactic["tactic"] == "credential-access");
    let techniques = access.unwrap()["techniques"].as_array().unwrap().clone();
    let alerts: u64 = techniques
        .iter()
        .map(|one| one["alerts"].as_u64().unwrap())
        .sum();
    assert!(alerts > 0, "{techniques:?}");
    lab.stop().await;
}

/// What is asked of the list decides what is in it.
async fn filters_choose(viewer: &Client, all: &[Value]) {
    for (query, wanted) in [
        (
            "level=critical",
            all.iter()
                .filter(|rule| rule["level"] == "critical")
                .count(),
        ),
        ("origin=local", 0),
        ("state=on", all.len()),
        ("state=off", 0),
        (
            "tag=attack.t1046",
            all.iter()
                .filter(|rule| has_tag(rule, "attack.t1046"))
                .count(),
        ),
        ("pack=none", 0),
    ] {
        let page = viewer.json(&format!("/api/v1/rules?{query}")).await;
        assert_eq!(page["total"], wanted, "{query}");
    }
    for query in ["level=bad", "origin=x", "state=x", "cursor=x"] {
        let answer = viewer.get(&format!("/api/v1/rules?{query}")).await;
        assert_eq!(answer.status, 400, "{query}");
    }
}

/// Every rule by pages of a size.
async fn lab_all(client: &Client, limit: usize) -> Vec<Value> {
    let (mut items, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = client
            .json(&format!("/api/v1/rules?limit={limit}{cursor}"))
            .await;
        items.extend(page["items"].as_array().unwrap().iter().cloned());
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={}", encoded(next)),
            None => return items,
        }
    }
}

fn ids(rules: &[Value]) -> Vec<&str> {
    rules
        .iter()
        .map(|rule| rule["id"].as_str().unwrap())
        .collect()
}

fn level(rule: &Value) -> usize {
    let levels = ["informational", "low", "medium", "high", "critical"];
    levels
        .iter()
        .position(|level| rule["level"] == *level)
        .unwrap()
}

fn has_tag(rule: &Value, tag: &str) -> bool {
    rule["tags"]
        .as_array()
        .unwrap()
        .iter()
        .any(|held| held == tag)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_that_is_off_at_a_site_is_silent_there_and_not_elsewhere() {
    let mut lab = two_sites().await;
    let local = lab.person("xa", "analyst", Some(&["xa-binh-minh"])).await;
    let viewer = lab.person("xem", "viewer", None).await;
    let rule = ssh_rule(&lab).await;
    let path = format!("/api/v1/rules/{}/off", rule["id"].as_str().unwrap());
    let off = |everywhere: bool, sites: &[&str]| json!({"everywhere": everywhere, "sites": sites, "why": "ồn"});
    for (client, body, status) in [
        (&viewer, off(false, &["xa-binh-minh"]), 403),
        (&local, off(true, &[]), 403),
        (&local, off(false, &["so-tttt"]), 403),
        (&local, off(false, &["khong-co"]), 422),
        (&local, off(false, &["xa-binh-minh"]), 204),
    ] {
        let answer = put(client, &path, &body).await;
        assert_eq!(answer.status, status, "{body}: {}", answer.text);
    }
    let missing = put(
        &local,
        "/api/v1/rules/none/off",
        &off(false, &["xa-binh-minh"]),
    )
    .await;
    assert_eq!(missing.status, 404);
    lab.write("xa.log", ssh_brute_force("203.0.113.8").as_bytes());
    provoke(&lab, "so.log", "203.0.113.9").await;
    assert!(!has_alert(&lab, "203.0.113.8").await);
    stands_beside_anothers(&lab, &local, &path).await;
    let partly = viewer.json("/api/v1/rules?state=partly").await;
    assert_eq!(partly["total"], 1);

    // Everywhere, over a restart; and on again. What another said of his site stays.
    let admin = lab.local();
    assert_eq!(
        put(&admin, &path, &off(true, &["xa-binh-minh"]))
            .await
            .status,
        204
    );
    lab.stop().await;
    lab.start().await;
    let admin = lab.local();
    lab.write("so.log", ssh_brute_force("203.0.113.10").as_bytes());
    assert!(!has_alert(&lab, "203.0.113.10").await);
    assert_eq!(put(&admin, &path, &off(false, &[])).await.status, 204);
    provoke(&lab, "xa.log", "203.0.113.11").await;
    lab.stop().await;
    let audit = audit(&lab, "rule.off");
    assert_eq!(audit.len(), 5, "{audit:?}");
    assert!(audit[0].contains("xa-binh-minh"), "{audit:?}");
}

/// Another's site stands beside it with his own words, and nobody reads of sites that are not his.
async fn stands_beside_anothers(lab: &Lab, local: &Client, path: &str) {
    let said = |rule: &Value| {
        let entries = rule["off"]["entries"].as_array().cloned();
        let entries = entries.unwrap_or_default().into_iter();
        let said =
            entries.map(|entry| format!("{} {} {}", entry["sites"], entry["who"], entry["why"]));
        said.collect::<Vec<String>>()
    };
    let (of_xa, of_so) = (
        r#"["xa-binh-minh"] "xa" "ồn""#,
        r#"["so-tttt"] "so" "quét""#,
    );
    assert_eq!(said(&ssh_rule(lab).await), [of_xa]);
    let other = lab.person("so", "analyst", Some(&["so-tttt"])).await;
    let his = json!({"everywhere": false, "sites": ["so-tttt"], "why": "quét"});
    assert_eq!(put(&other, path, &his).await.status, 204);
    let shown = ssh_rule(lab).await;
    assert_eq!(said(&shown), [of_xa, of_so]);
    let rule = format!("/api/v1/rules/{}", shown["id"].as_str().unwrap());
    let own = local.json(&rule).await;
    assert_eq!(
        (said(&own), &own["off"]["sites"]),
        (vec![of_xa.to_owned()], &json!(["xa-binh-minh"]))
    );
    let on = json!({"everywhere": false, "sites": [], "why": ""});
    assert_eq!(put(&other, path, &on).await.status, 204);
    assert_eq!(said(&ssh_rule(lab).await), [of_xa]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_file_changed_by_hand_is_taken_up() {
    let mut lab = tests::Setup::new()
        .config("[rules]\nrefresh_seconds = 1\n")
        .log("so.log", "syslog", "so-tttt")
        .start()
        .await;
    let rule = "title: Own\nid: 31111111-2222-4333-8444-555555555555\nlogsource: {product: linux}\n\
        detection:\n  a:\n    message|contains: 203.0.113.50\n  condition: a\n";
    let folder = lab.data_dir().join("rules/sigma");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("own.yml"), rule).unwrap();
    std::fs::write(folder.join("bad.yml"), "title: [").unwrap();
    let local = lab.local();
    lab.wait_for("the rule", async || {
        let page = local.json("/api/v1/rules?origin=local").await;
        (page["total"] == 1).then_some(())
    })
    .await;
    let health = local.json("/api/v1/health").await;
    assert!(
        health["rules"]["problems"].to_string().contains("bad.yml"),
        "{health}"
    );
    lab.write("so.log", ssh_brute_force("203.0.113.50").as_bytes());
    lab.wait_for("its alert", async || {
        let alerts = lab.alerts().await;
        let mut alerts = alerts.into_iter();
        alerts.find(|alert| alert["rule"]["title"] == "Own")
    })
    .await;
    // Broken, it stays as it was, and so does what is off; the problem says so.
    let put_off = json!({"everywhere": true, "sites": [], "why": "ồn"});
    let path = "/api/v1/rules/31111111-2222-4333-8444-555555555555";
    assert_eq!(
        put(&local, &format!("{path}/off"), &put_off).await.status,
        204
    );
    std::fs::write(folder.join("own.yml"), "title: [").unwrap();
    std::fs::write(lab.data_dir().join("rules/off.yml"), "- {rule").unwrap();
    lab.wait_for("both problems", async || {
        let health = local.json("/api/v1/health").await;
        let problems = health["rules"]["problems"].as_array().unwrap().clone();
        let stays = |name: &str| {
            problems.iter().any(|problem| {
                let (file, reason) = (problem["file"].as_str(), problem["reason"].as_str());
                file.unwrap().ends_with(name) && reason.unwrap().contains("stays in force until")
            })
        };
        (stays("own.yml") && stays("off.yml")).then_some(())
    })
    .await;
    let shown = local.json(path).await;
    assert_eq!(
        (&shown["title"], &shown["off"]["everywhere"]),
        (&"Own".into(), &true.into())
    );
    lab.stop().await;
}

/// The details of an action in the audit trail of a stopped centre.
pub(crate) fn audit(lab: &Lab, action: &str) -> Vec<String> {
    let store = rusqlite::Connection::open(lab.data_dir().join("store.db")).unwrap();
    let mut statement = store
        .prepare("SELECT detail FROM audit WHERE action = ?1 ORDER BY seq")
        .unwrap();
    let rows = statement.query_map([action], |row| row.get(0)).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}
