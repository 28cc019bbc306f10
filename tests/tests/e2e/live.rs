//! The live line: what changed, once each, also over a break.

use std::collections::BTreeSet;

use http_body_util::BodyExt;
use hyper::Method;
use tests::Client;

use crate::{provoke, two_sites};

/// Listens until a number of `alert` events came; their ids, oldest first, and the last event id.
async fn listen(client: &Client, after: Option<&str>, alerts: usize) -> (Vec<String>, String) {
    let headers: Vec<(&str, &str)> = after.map(|id| ("last-event-id", id)).into_iter().collect();
    let mut stream = client
        .open(Method::GET, "/api/v1/live", None, &headers)
        .await;
    let mut heard = String::new();
    loop {
        let (ids, last) = parse(&heard);
        if ids.len() >= alerts {
            return (ids, last);
        }
        let frame = stream.body_mut().frame().await.unwrap().unwrap();
        heard.push_str(&String::from_utf8_lossy(frame.data_ref().unwrap()));
    }
}

fn parse(text: &str) -> (Vec<String>, String) {
    let (mut ids, mut last) = (Vec::new(), String::new());
    for block in text
        .split("\n\n")
        .filter(|block| block.contains("event: alert"))
    {
        for line in block.lines() {
            if let Some(data) = line.strip_prefix("data: ") {
                let data: serde_json::Value = serde_json::from_str(data).unwrap();
                ids.push(format!("{}@{}", data["id"], data["version"]));
            }
            if let Some(id) = line.strip_prefix("id: ") {
                last = id.to_owned();
            }
        }
    }
    (ids, last)
}

#[tokio::test(flavor = "multi_thread")]
async fn it_resumes_behind_the_last_thing_heard() {
    let mut lab = two_sites().await;
    let an = lab.person("an", "analyst", None).await;
    let (first, last) = {
        let listening = tokio::spawn({
            let an = an.clone();
            async move { listen(&an, None, 1).await }
        });
        // The stream begins at now: it must stand before something happens.
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        provoke(&lab, "so.log", "203.0.113.1").await;
        listening.await.unwrap()
    };
    provoke(&lab, "so.log", "203.0.113.2").await;
    provoke(&lab, "xa.log", "203.0.113.3").await;
    let (second, _) = listen(&an, Some(&last), 2).await;
    let all: Vec<&String> = first.iter().chain(&second).collect();
    let once: BTreeSet<&&String> = all.iter().collect();
    assert_eq!(once.len(), all.len(), "told twice: {all:?}");
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_takes_every_line() {
    let mut lab = two_sites().await;
    let (greedy, other) = (
        lab.person("tham", "viewer", None).await,
        lab.person("khac", "viewer", None).await,
    );
    let mut held = Vec::new();
    for _ in 0..8 {
        let stream = greedy.open(Method::GET, "/api/v1/live", None, &[]).await;
        assert_eq!(stream.status(), 200);
        held.push(stream);
    }
    let refused = greedy.open(Method::GET, "/api/v1/live", None, &[]).await;
    assert_eq!(refused.status(), 503);
    let stream = other.open(Method::GET, "/api/v1/live", None, &[]).await;
    assert_eq!(stream.status(), 200);
    drop((held, stream));
    lab.wait_for("a seat that is given back", async || {
        let stream = greedy.open(Method::GET, "/api/v1/live", None, &[]).await;
        (stream.status() == 200).then_some(())
    })
    .await;
    lab.stop().await;
}
