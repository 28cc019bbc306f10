//! People and what they hold: tokens, sessions, the second factor, a password that another gave, the audit trail.

use serde_json::{Value, json};
use tests::lab::{PASSWORD, cookie_of, try_sign_in};
use tests::{Answer, Client, Lab};
use totp_rs::{Builder, Totp};

use crate::two_sites;

/// Asks with a token in place of a session.
async fn with_token(lab: &Lab, secret: &str, path: &str) -> Answer {
    let bearer = format!("Bearer {secret}");
    let headers = [("authorization", bearer.as_str())];
    lab.nobody()
        .send(hyper::Method::GET, path, None, &headers)
        .await
}

async fn make_token(client: &Client, asked: &Value) -> (String, String) {
    let made = client.post("/api/v1/tokens", asked).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    (text(&made.body["token"]["id"]), text(&made.body["secret"]))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_may_what_it_lists_where_its_person_may_and_no_longer() {
    let mut lab = two_sites().await;
    let an = lab.person("an", "analyst", None).await;
    let few = json!({"name": "dashboard", "permissions": ["alerts.read", "events.read"],
        "sites": ["xa-binh-minh"], "days": 30});
    let (id, secret) = make_token(&an, &few).await;
    assert_eq!(
        with_token(&lab, &secret, "/api/v1/alerts").await.status,
        200
    );
    assert_eq!(with_token(&lab, &secret, "/api/v1/rules").await.status, 403);
    assert_eq!(
        with_token(&lab, &secret, "/api/v1/tokens").await.status,
        403
    );
    assert_eq!(
        with_token(&lab, &secret, "/api/v1/session").await.status,
        401
    );
    // Cut to its site.
    crate::provoke(&lab, "so.log", "203.0.113.7").await;
    let own = crate::provoke(&lab, "xa.log", "203.0.113.8").await;
    let seen = with_token(&lab, &secret, "/api/v1/alerts").await;
    let ids: Vec<&Value> = seen.body["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|alert| &alert["id"])
        .collect();
    assert_eq!(ids, [&own["id"]]);
    // The secret is shown once, and is nowhere in what is kept or said.
    let listed = an.get("/api/v1/tokens").await;
    assert!(listed.text.contains(&id) && !listed.text.contains(&secret));
    let raw = std::fs::read(lab.data_dir().join("store.db")).unwrap();
    let tail = secret.rsplit('_').next().unwrap().as_bytes();
    assert!(!raw.windows(tail.len()).any(|window| window == tail));
    // Wrong, cut and taken away.
    for wrong in [&secret[..secret.len() - 1], "hdt_x", "x", ""] {
        assert_eq!(with_token(&lab, wrong, "/api/v1/alerts").await.status, 401);
    }
    let path = format!("/api/v1/tokens/{id}");
    let other = lab.person("khac", "analyst", None).await;
    let delete = hyper::Method::DELETE;
    assert_eq!(
        other.send(delete.clone(), &path, None, &[]).await.status,
        404
    );
    assert_eq!(an.send(delete, &path, None, &[]).await.status, 204);
    assert_eq!(
        with_token(&lab, &secret, "/api/v1/alerts").await.status,
        401
    );
    // Less for its person is less for the token.
    let (_, secret) = make_token(&an, &few).await;
    let disabled = json!({"disabled": true});
    assert_eq!(
        lab.local()
            .patch("/api/v1/users/an", &disabled)
            .await
            .status,
        200
    );
    assert_eq!(
        with_token(&lab, &secret, "/api/v1/alerts").await.status,
        401
    );
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_gives_a_token_more_than_they_have() {
    let mut lab = two_sites().await;
    let an = lab.person("an", "analyst", None).await;
    for bad in [
        json!({"name": "x", "permissions": ["users.write"], "days": 1}),
        json!({"name": "x", "permissions": [], "days": 1}),
        json!({"name": " ", "permissions": ["alerts.read"], "days": 1}),
        json!({"name": "x", "permissions": ["alerts.read"], "days": 367}),
        json!({"name": "x", "permissions": ["alerts.read"], "sites": ["khong-co"], "days": 1}),
    ] {
        let answer = an.post("/api/v1/tokens", &bad).await;
        assert_eq!(answer.status, 422, "{bad}: {}", answer.text);
    }
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_are_listed_and_ended_by_their_person_or_an_admin() {
    let mut lab = two_sites().await;
    let an = lab.person("an", "analyst", None).await;
    let second = lab.sign_in("an").await;
    let binh = lab.person("binh", "viewer", None).await;
    let listed = an.json("/api/v1/sessions").await;
    let items = listed["items"].as_array().unwrap();
    assert_eq!(items.len(), 2, "one's own only: {listed}");
    assert_eq!(items.iter().filter(|it| it["own"] == true).count(), 1);
    assert!(items.iter().all(|it| it["address"] == "127.0.0.1"));
    let other = items.iter().find(|it| it["own"] == false).unwrap();
    let path = format!("/api/v1/sessions/{}", other["id"].as_str().unwrap());
    let delete = hyper::Method::DELETE;
    assert_eq!(
        binh.send(delete.clone(), &path, None, &[]).await.status,
        404
    );
    assert_eq!(second.get("/api/v1/session").await.status, 200);
    assert_eq!(an.send(delete.clone(), &path, None, &[]).await.status, 204);
    assert_eq!(second.get("/api/v1/session").await.status, 401);
    let admin = lab.person("quan-tri", "admin", None).await;
    let all = admin.json("/api/v1/sessions").await;
    let of_binh = all["items"].as_array().unwrap().iter();
    let of_binh = of_binh.clone().find(|it| it["user"] == "binh").unwrap();
    let path = format!("/api/v1/sessions/{}", of_binh["id"].as_str().unwrap());
    assert_eq!(admin.send(delete, &path, None, &[]).await.status, 204);
    assert_eq!(binh.get("/api/v1/session").await.status, 401);
    lab.stop().await;
}

/// The app on the telephone.
fn app(secret: &str) -> Totp {
    let secret = totp_rs::Secret::try_from_base32(secret).unwrap();
    Builder::new().with_secret(secret).build().unwrap()
}

fn code(app: &Totp, steps: i64) -> String {
    let now = daemon::system_clock()().micros() / 1_000_000 + 30 * steps;
    app.generate(u64::try_from(now).unwrap()).to_string()
}

async fn with_code(lab: &Lab, name: &str, code: &str) -> Answer {
    let sent = json!({"user": name, "password": PASSWORD, "code": code});
    lab.nobody().post("/api/v1/session", &sent).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_factor_is_asked_for_once_it_is_confirmed_and_no_code_counts_twice() {
    let mut lab = two_sites().await;
    let an = lab.person("an", "analyst", None).await;
    let other = lab.sign_in("an").await;
    let begun = an.post("/api/v1/session/second_factor", &json!({})).await;
    assert_eq!(begun.status, 201, "{}", begun.text);
    let app = app(begun.body["secret"].as_str().unwrap());
    assert!(begun.body["qr"].as_array().unwrap().len() > 20);
    // Before it is confirmed nothing is asked for.
    assert_eq!(try_sign_in(&lab.nobody(), "an", PASSWORD).await.status, 200);
    let confirm = "/api/v1/session/second_factor/confirm";
    let wrong = an.post(confirm, &json!({"code": "000000"})).await;
    assert_eq!(wrong.body["code"], "bad_second_factor");
    let confirmed = an.post(confirm, &json!({"code": code(&app, 0)})).await;
    assert_eq!(confirmed.status, 200, "{}", confirmed.text);
    assert_eq!(
        other.get("/api/v1/session").await.status,
        401,
        "begun without it"
    );
    assert_eq!(an.json("/api/v1/session").await["second_factor"], true);
    // The password alone, a wrong code, the code that was used: all refused, by their own words.
    let answer = try_sign_in(&lab.nobody(), "an", PASSWORD).await;
    assert_eq!(
        (answer.status, &answer.body["code"]),
        (401, &json!("second_factor_required"))
    );
    for bad in [code(&app, 0), "12345".to_owned()] {
        let answer = with_code(&lab, "an", &bad).await;
        assert_eq!(
            (answer.status, &answer.body["code"]),
            (401, &json!("bad_second_factor"))
        );
    }
    let next = code(&app, 1);
    assert_eq!(with_code(&lab, "an", &next).await.status, 200);
    assert_eq!(with_code(&lab, "an", &next).await.status, 401, "used");
    let recovery = confirmed.body["codes"][0].as_str().unwrap();
    assert_eq!(with_code(&lab, "an", recovery).await.status, 200);
    assert_eq!(with_code(&lab, "an", recovery).await.status, 401, "used");
    // Lost: an admin takes it away.
    let admin = lab.person("quan-tri", "admin", None).await;
    let path = "/api/v1/users/an/second_factor";
    let delete = hyper::Method::DELETE;
    assert_eq!(an.send(delete.clone(), path, None, &[]).await.status, 403);
    assert_eq!(admin.send(delete, path, None, &[]).await.status, 204);
    assert_eq!(try_sign_in(&lab.nobody(), "an", PASSWORD).await.status, 200);
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_that_another_gave_opens_nothing_but_its_change() {
    let mut lab = two_sites().await;
    let person = json!({"name": "moi", "role": "admin", "password": PASSWORD});
    assert_eq!(lab.local().post("/api/v1/users", &person).await.status, 201);
    let mut moi = lab.nobody();
    let begun = try_sign_in(&moi, "moi", PASSWORD).await;
    assert_eq!(
        (begun.status, &begun.body["must_change"]),
        (200, &json!(true))
    );
    assert_eq!(begun.body["permissions"], json!([]));
    moi.cookie = Some(cookie_of(&begun));
    moi.csrf = begun.body["csrf"].as_str().map(str::to_owned);
    for path in [
        "/api/v1/alerts",
        "/api/v1/users",
        "/api/v1/live",
        "/api/v1/tokens",
    ] {
        let answer = moi.get(path).await;
        assert_eq!(
            (answer.status, &answer.body["code"]),
            (403, &json!("password_must_change"))
        );
    }
    let change = "/api/v1/session/password";
    let same = json!({"current": PASSWORD, "new": PASSWORD});
    assert_eq!(moi.post(change, &same).await.body["code"], "same_password");
    let own = json!({"current": PASSWORD, "new": "mot mat khau khac"});
    assert_eq!(moi.post(change, &own).await.status, 204);
    let again = try_sign_in(&lab.nobody(), "moi", "mot mat khau khac").await;
    assert_eq!(
        (again.status, &again.body["must_change"]),
        (200, &json!(false))
    );
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_audit_trail_is_for_who_sees_all_and_is_found_by_person_noun_and_time() {
    let mut lab = two_sites().await;
    let admin = lab.person("quan-tri", "admin", None).await;
    let of_one = lab.person("xa", "admin", Some(&["xa-binh-minh"])).await;
    let analyst = lab.person("an", "analyst", None).await;
    for who in [&of_one, &analyst] {
        assert_eq!(who.get("/api/v1/audit").await.status, 403);
    }
    let all = lab.all(&admin, "/api/v1/audit").await;
    let seqs: Vec<i64> = all.iter().map(|it| it["seq"].as_i64().unwrap()).collect();
    assert!(
        seqs.windows(2).all(|pair| pair[0] > pair[1]),
        "the newest first, each once"
    );
    assert_eq!(seqs.last(), Some(&1), "back to the first");
    let begun = lab
        .all(&admin, "/api/v1/audit?action=session.begin&who=an")
        .await;
    assert_eq!(begun.len(), 1);
    let nouns = lab.all(&admin, "/api/v1/audit?action=user").await;
    assert!(!nouns.is_empty());
    assert!(
        nouns
            .iter()
            .all(|it| it["action"].as_str().unwrap().starts_with("user."))
    );
    assert!(
        lab.all(&admin, "/api/v1/audit?to=2000-01-01T00:00:00Z")
            .await
            .is_empty()
    );
    assert!(!all.iter().any(|it| it.to_string().contains(PASSWORD)));
    lab.stop().await;
}
