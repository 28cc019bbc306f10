//! Role × route: every route that the OpenAPI document names, asked by every role, is allowed or refused as `matrix.txt`
//! says. A route that the table does not name fails, and so does a line of the table without a route.
//!
//! Bodies are the smallest that the document allows, so that what is refused is refused for who asks, not for what was
//! sent; what is allowed may well answer 404 or 422.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use hyper::Method;
use serde_json::{Value, json};
use tests::{Client, Lab};

use crate::two_sites;

/// Who asks. The last is a program with a token that may see health only, in an administrator's name.
const WHO: [&str; 5] = ["nobody", "viewer", "analyst", "admin", "token"];

#[tokio::test(flavor = "multi_thread")]
async fn every_route_answers_every_role_as_the_table_says() {
    let mut lab = two_sites().await;
    for role in ["viewer", "analyst", "admin"] {
        lab.add_person(role, role, None).await;
    }
    let token = token_of_health(&lab).await;
    let document = lab.local().json("/api/v1/openapi.json").await;
    let mut found = String::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let mut allowed = Vec::new();
            for who in WHO {
                let client = client_of(&lab, who).await;
                let status = ask(&client, &document, method, path, operation, &token, who).await;
                assert!(
                    status < 500 || status == 503,
                    "{who}: {method} {path}: {status}"
                );
                if !matches!(status, 401 | 403) {
                    allowed.push(who);
                }
            }
            writeln!(found, "{method} {path}: {}", allowed.join(" ")).unwrap();
        }
    }
    lab.stop().await;
    let path = tests::repository().join("tests/tests/e2e/matrix.txt");
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(&path, &found).unwrap();
    }
    let table = std::fs::read_to_string(&path).unwrap();
    let (said, found) = (lines(&table), lines(&found));
    let differing: Vec<String> = found
        .iter()
        .filter(|(route, who)| said.get(*route) != Some(who))
        .map(|(route, who)| format!("{route}: {who:?}, the table says {:?}", said.get(route)))
        .chain(
            said.keys()
                .filter(|route| !found.contains_key(*route))
                .map(|route| format!("{route}: there is no such route")),
        )
        .collect();
    assert!(differing.is_empty(), "{}", differing.join("\n"));
}

fn lines(text: &str) -> BTreeMap<String, String> {
    let pairs = text.lines().filter_map(|line| line.split_once(": "));
    let end = text
        .lines()
        .filter_map(|line| Some((line.strip_suffix(':')?, "")));
    pairs
        .chain(end)
        .map(|(route, who)| (route.to_owned(), who.trim().to_owned()))
        .collect()
}

/// A token of the administrator that may see how the system is, and nothing else.
async fn token_of_health(lab: &Lab) -> String {
    let admin = lab.sign_in("admin").await;
    let asked = json!({"name": "figures", "permissions": ["health.read"], "days": 1});
    let made = admin.post("/api/v1/tokens", &asked).await;
    assert_eq!(made.status, 201, "{}", made.text);
    made.body["secret"].as_str().unwrap().to_owned()
}

/// Anew for each question: some of them end sessions.
async fn client_of(lab: &Lab, who: &str) -> Client {
    match who {
        "nobody" | "token" => lab.nobody(),
        role => lab.sign_in(role).await,
    }
}

async fn ask(
    client: &Client,
    document: &Value,
    method: &str,
    path: &str,
    operation: &Value,
    token: &str,
    who: &str,
) -> u16 {
    let mut asked = String::new();
    for piece in path.split('/').skip(1) {
        let piece = if piece.starts_with('{') { "1" } else { piece };
        write!(asked, "/{piece}").unwrap();
    }
    let parameters = operation["parameters"].as_array();
    let needed = parameters
        .into_iter()
        .flatten()
        .filter(|it| it["in"] == "query" && it["required"] == true);
    for (place, parameter) in needed.enumerate() {
        let mark = if place == 0 { '?' } else { '&' };
        write!(asked, "{mark}{}=1", parameter["name"].as_str().unwrap()).unwrap();
    }
    let (kind, body) = body_of(document, operation);
    let bearer = format!("Bearer {token}");
    let mut headers: Vec<(&str, &str)> = Vec::new();
    if who == "token" {
        headers.push(("authorization", &bearer));
    }
    if let Some(kind) = kind.filter(|kind| *kind != "application/json") {
        headers.push(("content-type", kind));
    }
    let method: Method = method.to_uppercase().parse().unwrap();
    if path.ends_with("/live") {
        // It has no end: its head says enough.
        let answer = client.open(method, &asked, body, &headers).await;
        return answer.status().as_u16();
    }
    let answer = client.send(method, &asked, body, &headers).await;
    match answer.body["code"].as_str() {
        // What was sent is wrong; who asked was let in.
        Some("bad_credentials" | "bad_second_factor") => 422,
        _ => answer.status,
    }
}

/// The smallest body that an operation allows.
fn body_of<'a>(document: &Value, operation: &'a Value) -> (Option<&'a str>, Option<Vec<u8>>) {
    let Some(content) = operation["requestBody"]["content"].as_object() else {
        return (None, None);
    };
    let (kind, described) = content.iter().next().unwrap();
    let body = if kind == "application/json" {
        smallest(document, &described["schema"], 0).to_string()
    } else {
        "1".to_owned()
    };
    (Some(kind), Some(body.into_bytes()))
}

/// The smallest value of a schema.
fn smallest(document: &Value, schema: &Value, depth: u8) -> Value {
    assert!(depth < 12, "a schema without an end");
    if let Some(name) = schema["$ref"].as_str() {
        let name = name.rsplit('/').next().unwrap();
        return smallest(
            document,
            &document["components"]["schemas"][name],
            depth + 1,
        );
    }
    if let Some(parts) = schema["allOf"].as_array() {
        let parts = parts.iter().map(|part| smallest(document, part, depth + 1));
        let fields = parts.filter_map(|part| part.as_object().cloned());
        return Value::Object(fields.flatten().collect());
    }
    for either in ["oneOf", "anyOf"] {
        if let Some(schemas) = schema[either].as_array() {
            let real = schemas.iter().find(|it| it["type"] != "null");
            return smallest(document, real.unwrap(), depth + 1);
        }
    }
    if let Some(words) = schema["enum"].as_array() {
        return words[0].clone();
    }
    let kind = match &schema["type"] {
        Value::Array(kinds) => kinds.iter().find(|kind| *kind != "null").cloned(),
        kind => Some(kind.clone()),
    };
    match kind.as_ref().and_then(Value::as_str) {
        Some("string") => json!("1"),
        Some("integer" | "number") => schema.get("minimum").cloned().unwrap_or(json!(1)),
        Some("boolean") => json!(false),
        Some("array") => json!([]),
        _ => {
            let required = schema["required"].as_array();
            let names = required.into_iter().flatten().filter_map(Value::as_str);
            names
                .map(|name| {
                    let value = smallest(document, &schema["properties"][name], depth + 1);
                    (name.to_owned(), value)
                })
                .collect()
        }
    }
}
