//! Signing in: cookies, forged requests, guessing, roles, and that nothing answers a stranger.

use hyper::Method;
use serde_json::{Value, json};
use tests::lab::{PASSWORD, try_sign_in};

use crate::{provoke, two_sites};

#[tokio::test(flavor = "multi_thread")]
async fn a_session_begins_and_ends_with_its_cookie() {
    let mut lab = two_sites().await;
    lab.add_person("an", "analyst", None).await;
    let wrong = try_sign_in(&lab.nobody(), "an", "khong-dung-dau").await;
    assert_eq!(
        (wrong.status, wrong.body["code"].as_str()),
        (401, Some("bad_credentials"))
    );
    let unknown = try_sign_in(&lab.nobody(), "khong-co", "khong-dung-dau").await;
    assert_eq!(
        unknown.body["message"], wrong.body["message"],
        "names are not told apart"
    );

    let right = try_sign_in(&lab.nobody(), "an", PASSWORD).await;
    let cookie = right.headers["set-cookie"].to_str().unwrap();
    for part in ["HttpOnly", "SameSite=Strict", "Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let an = lab.sign_in("an").await;
    assert_eq!(an.json("/api/v1/session").await["user"], "an");
    let ended = an.send(Method::DELETE, "/api/v1/session", None, &[]).await;
    assert!((200..300).contains(&ended.status), "{}", ended.text);
    assert_eq!(an.get("/api/v1/session").await.status, 401);
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn guessing_is_slowed_down() {
    let mut lab = two_sites().await;
    lab.add_person("an", "analyst", None).await;
    let mut last = 0;
    for _ in 0..8 {
        let answer = try_sign_in(&lab.nobody(), "an", "khong-dung-dau").await;
        last = answer.status;
        if last == 429 {
            assert!(answer.headers.contains_key("retry-after"));
            break;
        }
    }
    assert_eq!(last, 429);
    let right = try_sign_in(&lab.nobody(), "an", PASSWORD).await;
    assert_eq!(right.status, 429, "the right password waits as well");
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn guessing_many_at_once_is_no_faster() {
    let mut lab = tests::Setup::new().start().await;
    lab.add_person("an", "viewer", None).await;
    let mut guesses = tokio::task::JoinSet::new();
    for _ in 0..40 {
        let client = lab.nobody();
        guesses.spawn(async move { try_sign_in(&client, "an", "sai-mat-khau-roi").await.status });
    }
    let answers = guesses.join_all().await;
    let looked_at = answers.iter().filter(|status| **status == 401).count();
    assert_eq!(looked_at, 5, "{answers:?}");
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forged_request_changes_nothing() {
    let mut lab = two_sites().await;
    let an = lab.person("an", "analyst", None).await;
    let alert = provoke(&lab, "so.log", "203.0.113.7").await;
    let path = format!("/api/v1/alerts/{}/state", alert["id"].as_str().unwrap());
    let change = json!({"state": "acknowledged", "version": alert["version"]});

    let mut without = an.clone();
    without.csrf = None;
    assert_eq!(without.post(&path, &change).await.status, 403);
    let mut wrong = an.clone();
    wrong.csrf = Some("0".repeat(64));
    assert_eq!(wrong.post(&path, &change).await.status, 403);
    let mut foreign = an.clone();
    foreign.origin = Some("https://evil.example".to_owned());
    assert_eq!(foreign.post(&path, &change).await.status, 403);
    let credentials = json!({"user": "an", "password": PASSWORD});
    let mut login = lab.nobody();
    login.origin = Some("https://evil.example".to_owned());
    assert_eq!(
        login.post("/api/v1/session", &credentials).await.status,
        403
    );

    let state = lab
        .local()
        .json(&format!("/api/v1/alerts/{}", alert["id"].as_str().unwrap()))
        .await;
    assert_eq!(state["state"], "new");
    assert_eq!(an.post(&path, &change).await.status, 200);
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_role_may_do_what_its_table_says() {
    let mut lab = two_sites().await;
    let admin = lab.person("quan-tri", "admin", None).await;
    let analyst = lab.person("phan-tich", "analyst", None).await;
    let viewer = lab.person("xem", "viewer", None).await;
    let alert = provoke(&lab, "so.log", "203.0.113.7").await;
    let path = format!("/api/v1/alerts/{}/state", alert["id"].as_str().unwrap());
    let change = json!({"state": "acknowledged", "version": alert["version"]});
    assert_eq!(viewer.post(&path, &change).await.status, 403);
    assert_eq!(analyst.post(&path, &change).await.status, 200);
    for (who, status) in [(&viewer, 403), (&analyst, 403), (&admin, 200)] {
        assert_eq!(who.get("/api/v1/users").await.status, status);
    }
    let newcomer = json!({"name": "moi", "role": "viewer", "password": PASSWORD});
    assert_eq!(analyst.post("/api/v1/users", &newcomer).await.status, 403);
    assert_eq!(admin.post("/api/v1/users", &newcomer).await.status, 201);
    assert_eq!(
        admin.post("/api/v1/users", &newcomer).await.status,
        409,
        "the name is taken"
    );
    // Whoever is disabled is out at once.
    let disabled = json!({"disabled": true}).to_string();
    let answer = admin
        .send(
            Method::PATCH,
            "/api/v1/users/xem",
            Some(disabled.into_bytes()),
            &[],
        )
        .await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(viewer.get("/api/v1/alerts").await.status, 401);
    lab.stop().await;
}

/// Every route of the document, asked by a stranger.
#[tokio::test(flavor = "multi_thread")]
async fn no_route_answers_a_stranger() {
    let mut lab = two_sites().await;
    let document = lab.nobody().json("/api/v1/openapi.json").await;
    let mut asked = 0;
    for (path, methods) in document["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            let public = matches!(
                (method.as_str(), path.as_str()),
                ("post", "/api/v1/session") | ("get", "/api/v1/health")
            );
            if public {
                continue;
            }
            let method: Method = method.to_uppercase().parse().unwrap();
            let body = (method != Method::GET).then(|| b"{}".to_vec());
            let answer = lab
                .nobody()
                .send(method.clone(), &path.replace(['{', '}'], ""), body, &[])
                .await;
            // A body is read only after the session, so nobody learns what a route takes.
            assert_eq!(answer.status, 401, "{method} {path}: {}", answer.text);
            asked += 1;
        }
    }
    assert!(asked >= 12, "{asked} routes");
    let health = lab.nobody().json("/api/v1/health").await;
    assert_eq!(
        keys(&health),
        ["exercise", "problems", "status"],
        "a stranger learns a word, no figures"
    );
    lab.stop().await;
}

/// The error body is the contract's, whatever is wrong.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_told_in_one_form() {
    let mut lab = two_sites().await;
    let admin = lab.person("quan-tri", "admin", None).await;
    let long = "a".repeat(60_000);
    let deep = format!("{}a:b{}", "(".repeat(1_000), ")".repeat(1_000));
    let query = |text: &str| format!("/api/v1/events?q={}", tests::lab::encoded(text));
    for (path, status) in [
        (query(&long), 400),
        (query(&deep), 400),
        (query("kind:dns AND (("), 400),
        ("/api/v1/events?cursor=hong".to_owned(), 400),
        ("/api/v1/events?limit=viel".to_owned(), 400),
        ("/api/v1/alerts?state=verloren".to_owned(), 400),
        ("/api/v1/alerts?cursor=hong".to_owned(), 400),
        ("/api/v1/alerts/khong-co".to_owned(), 404),
        ("/api/v1/events/khong-co".to_owned(), 404),
        ("/api/v1/khong-co".to_owned(), 404),
    ] {
        let answer = admin.get(&path).await;
        assert_eq!(
            answer.status,
            status,
            "{}: {}",
            &path[..path.len().min(60)],
            answer.text
        );
        one_form(&answer.body, status, &path[..path.len().min(60)]);
    }
    for (body, kind, status) in [
        (b"{".to_vec(), "application/json", 400),
        (b"{\"name\":1}".to_vec(), "application/json", 422),
        (b"name=x".to_vec(), "text/plain", 415),
        (vec![b' '; 400 << 10], "application/json", 413),
    ] {
        let answer = admin
            .send(
                Method::POST,
                "/api/v1/users",
                Some(body),
                &[("content-type", kind)],
            )
            .await;
        assert_eq!(answer.status, status, "{}", answer.text);
        one_form(&answer.body, status, kind);
    }
    lab.stop().await;
}

fn keys(body: &Value) -> Vec<&str> {
    let mut keys: Vec<&str> = body
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    keys.sort_unstable();
    keys
}

fn one_form(body: &Value, status: u16, what: &str) {
    assert!(body.is_object(), "{what}: no JSON");
    assert_eq!(
        keys(body),
        ["code", "message", "request_id", "status"],
        "{what}"
    );
    assert_eq!(body["status"], status, "{what}");
    assert!(!body["message"].as_str().unwrap().is_empty(), "{what}");
}
