//! Guarantee 8: whoever may see one site never sees another, by any way.

use http_body_util::BodyExt;
use hyper::Method;
use serde_json::Value;
use tests::lab::encoded;

use crate::{provoke, two_sites};

#[tokio::test(flavor = "multi_thread")]
async fn a_viewer_of_one_site_never_sees_the_other() {
    let mut lab = two_sites().await;
    let viewer = lab.person("xem", "viewer", Some(&["xa-binh-minh"])).await;
    let mut stream = viewer.open(Method::GET, "/api/v1/live", None, &[]).await;
    let theirs = provoke(&lab, "so.log", "203.0.113.7").await;
    let own = provoke(&lab, "xa.log", "203.0.113.8").await;
    lab.wait_until_settled().await;

    // Lists.
    let alerts = lab.all(&viewer, "/api/v1/alerts").await;
    assert_eq!(ids(&alerts), ids(std::slice::from_ref(&own)));
    let counts = viewer.json("/api/v1/alerts").await["counts"].clone();
    assert_eq!(counts["new"], 1, "counts are cut too");
    let events = lab.all(&viewer, "/api/v1/events").await;
    assert!(!events.is_empty());
    assert!(events.iter().all(|event| event["site"] == "xa-binh-minh"));
    for query in [
        "site:so-tttt",
        "203.0.113.7",
        "source.ip:203.0.113.7",
        "NOT site:xa-binh-minh",
    ] {
        let page = viewer
            .json(&format!("/api/v1/events?q={}", encoded(query)))
            .await;
        assert_eq!(
            (&page["total"], page["items"].as_array().unwrap().len()),
            (&0.into(), 0),
            "{query}"
        );
    }
    // What was asked for by name is not there, rather than forbidden.
    let foreign = lab.events("site:so-tttt AND kind:linux.auth").await;
    for path in [
        format!("/api/v1/alerts/{}", theirs["id"].as_str().unwrap()),
        format!("/api/v1/events/{}", foreign[0]["id"].as_str().unwrap()),
    ] {
        assert_eq!(viewer.get(&path).await.status, 404, "{path}");
    }
    // The boards.
    let sources = viewer.json("/api/v1/sources").await;
    assert_eq!(named(&sources, "id"), ["xa.log"]);
    let sites = viewer.json("/api/v1/sites").await.to_string();
    assert!(
        sites.contains("xa-binh-minh") && !sites.contains("so-tttt"),
        "{sites}"
    );
    assert_eq!(
        viewer.json("/api/v1/session").await["sites"],
        serde_json::json!(["xa-binh-minh"])
    );

    // The live line: the own alert came over it, the other never did.
    let mut heard = String::new();
    while !heard.contains(own["id"].as_str().unwrap()) {
        let frame = stream.body_mut().frame().await.unwrap().unwrap();
        heard.push_str(&String::from_utf8_lossy(frame.data_ref().unwrap()));
    }
    assert!(!heard.contains(theirs["id"].as_str().unwrap()), "{heard}");
    assert!(!heard.contains("so-tttt"), "{heard}");
    drop(stream);
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_on_an_area_covers_its_leaves() {
    let mut lab = two_sites().await;
    let viewer = lab
        .person("khoi", "viewer", Some(&["khoi-xa-phuong"]))
        .await;
    assert_eq!(
        viewer.json("/api/v1/session").await["sites"],
        serde_json::json!(["xa-binh-minh"])
    );
    let unknown = serde_json::json!({
        "name": "la", "role": "viewer", "sites": ["khong-co"], "password": tests::lab::PASSWORD,
    });
    let refused = lab.local().post("/api/v1/users", &unknown).await;
    assert_eq!(
        (refused.status, &refused.body["code"]),
        (422, &"unknown_site".into())
    );
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_of_one_site_makes_nobody_who_sees_more() {
    let mut lab = two_sites().await;
    let own = Some(&["xa-binh-minh"][..]);
    lab.add_person("tinh", "viewer", None).await;
    let admin = lab.person("xa", "admin", own).await;
    let named = |list: &Value| named(list, "name").join(" ");
    assert_eq!(named(&admin.json("/api/v1/users").await), "xa");
    let grant = |name: &str, sites: Value| {
        serde_json::json!({
            "name": name, "role": "viewer", "sites": sites, "password": tests::lab::PASSWORD,
        })
    };
    for (sites, status) in [
        (Value::Null, 403),
        (serde_json::json!(["so-tttt"]), 403),
        (serde_json::json!(["xa-binh-minh", "so-tttt"]), 403),
        (serde_json::json!(["xa-binh-minh"]), 201),
    ] {
        let answer = admin
            .post("/api/v1/users", &grant("moi", sites.clone()))
            .await;
        assert_eq!(answer.status, status, "{sites}: {}", answer.text);
    }
    for (path, body) in [
        ("/api/v1/users/tinh", serde_json::json!({"disabled": true})),
        (
            "/api/v1/users/xa",
            serde_json::json!({"sites": ["so-tttt"]}),
        ),
        ("/api/v1/users/xa", serde_json::json!({"disabled": true})),
        ("/api/v1/users/xa", serde_json::json!({"role": "viewer"})),
    ] {
        let answer = admin
            .send(
                Method::PATCH,
                path,
                Some(body.to_string().into_bytes()),
                &[("content-type", "application/json")],
            )
            .await;
        assert!(
            [403, 404, 422].contains(&answer.status),
            "{path} {body}: {}",
            answer.text
        );
    }
    let body = serde_json::json!({"password": tests::lab::PASSWORD});
    let answer = admin.post("/api/v1/users/tinh/password", &body).await;
    assert_eq!(answer.status, 404, "{}", answer.text);
    assert_eq!(named(&admin.json("/api/v1/users").await), "moi xa");
    lab.stop().await;
}

fn ids(alerts: &[Value]) -> Vec<&str> {
    alerts
        .iter()
        .map(|alert| alert["id"].as_str().unwrap())
        .collect()
}

fn named<'a>(list: &'a Value, key: &str) -> Vec<&'a str> {
    let items = list["items"].as_array().unwrap().iter();
    items.map(|item| item[key].as_str().unwrap()).collect()
}
