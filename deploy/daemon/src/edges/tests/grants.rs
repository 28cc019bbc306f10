//! A sensor whose source names a site that it may not deliver for: nothing of that is kept, everybody is told, and
//! what stands beside it goes on.

use std::path::Path;

use event::Batch;
use sensor::uplink::spool::Spool;

use super::*;
use crate::edge::{Report, SourceReport};

const FOREIGN: &str = "so-tttt";

async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    for _ in 0..600 {
        if holds() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("not in time: {what}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_site_is_named_told_once_and_shown() {
    let centre = Centre::start().await;
    let mut peer = centre.peer(centre.enrolled("xa-1").await).await;
    for _ in 0..20 {
        let (status, answer) = peer.deliver(body("xa-1", FOREIGN, 1)).await;
        assert_eq!(
            (status.as_u16(), &answer["code"], &answer["foreign"]),
            (403, &json!("foreign_site"), &json!(FOREIGN))
        );
    }
    assert_eq!(centre.refused(), ["foreign_site"], "once for the episode");
    assert_eq!(centre.running.journal.status().durable, 0);
    centre.running.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waited_for_a_site_that_ended_is_taken() {
    let ended = format!("id: {SITE}\n    valid_to: 2020-01-01");
    let sites = SITES.replace(&format!("id: {SITE}"), &ended);
    assert_ne!(sites, SITES);
    let centre = Centre::start_with(&sites).await;
    let mut peer = centre.peer(centre.enrolled("xa-1").await).await;
    let (status, answer) = peer.deliver(body("xa-1", SITE, 1)).await;
    assert_eq!(
        (status, &answer["acknowledged"]),
        (StatusCode::OK, &json!([0, 1, 0]))
    );
    centre.running.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_refused_for_its_site_while_the_files_of_sites_have_problems() {
    let centre = Centre::start_with("sites: [ {id: 1").await;
    let mut peer = centre.peer(centre.enrolled("xa-1").await).await;
    let (status, answer) = peer.deliver(body("xa-1", SITE, 1)).await;
    assert_eq!((status.as_u16(), &answer["code"]), (503, &json!("wait")));
    assert!(centre.refused().is_empty());
    let leaves = centre.running.store.bundle("xa-1").unwrap();
    assert!(
        leaves.is_none_or(|bundle| bundle.bundle.leaves.is_none()),
        "nobody is told"
    );
    centre.running.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_leaves_of_a_sensor_follow_its_grants() {
    let centre = Centre::start().await;
    centre.enrolled("xa-1").await;
    let store = &centre.running.store;
    let leaves = || store.bundle("xa-1").unwrap().unwrap().bundle.leaves;
    assert_eq!(leaves(), Some(vec![SITE.to_owned()]));
    let granted = [SITE.to_owned(), FOREIGN.to_owned()];
    store
        .change_sensor("xa-1", &granted, 300, "an", now())
        .unwrap();
    let sites = knowledge::load(
        centre.dir.path(),
        Vec::new(),
        &Config::default().limits.rule,
    );
    let (sites, networks) = (sites.unwrap().sites, event::Networks::default());
    store.spread_networks(&networks, &sites, now()).unwrap();
    assert_eq!(
        leaves(),
        Some(vec![FOREIGN.to_owned(), SITE.to_owned()]),
        "in order"
    );
    let version = |sensor: &str| store.bundle(sensor).unwrap().unwrap().bundle.version;
    let before = version("xa-1");
    store.spread_networks(&networks, &sites, now()).unwrap();
    assert_eq!(version("xa-1"), before, "nothing is new");
    centre.running.stop().await.unwrap();
}

/// Events of a life in which the source had another site.
async fn spool_foreign(dir: &Path, config: &Config) {
    let spool = Spool::open(&dir.join("spool"), config.spool.options()).unwrap();
    let of_site = |site: &str| Event {
        id: EventId::unnumbered(Lane::Second),
        time: now(),
        seen: now(),
        sensor: "xa-1".into(),
        source: "mirror".into(),
        site: site.into(),
        kind: Kind::Dns,
        exercise: false,
        core: Core::default(),
        record: Record::new(b"{}".to_vec()),
    };
    for site in [FOREIGN, SITE, FOREIGN] {
        let batch = Batch {
            events: vec![of_site(site); 4],
            ..Batch::default()
        };
        let (done, durable) = tokio::sync::oneshot::channel();
        spool.append(batch, move |kept| done.send(kept.is_ok()).unwrap());
        assert!(durable.await.unwrap());
    }
    spool.close();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_source_of_a_foreign_site_is_not_started_and_blocks_nothing() {
    let centre = Centre::start().await;
    let dir = tempfile::tempdir().unwrap();
    let token = centre.invite("xa-1", now().plus(Duration::from_secs(60)));
    let enrolled = edge::enrol(dir.path(), &centre.url(), &token, now()).await;
    assert_eq!(enrolled.unwrap().leaves, Some(vec![SITE.to_owned()]));
    let log = dir.path().join("log.json");
    std::fs::write(&log, "{\"event_type\":\"dns\"}\n".repeat(3)).unwrap();
    let source = |id: &str, site: &str| {
        format!(
            "[[source]]\nid = \"{id}\"\nkind = \"file\"\nsite = \"{site}\"\npath = \"{}\"\n",
            log.display()
        )
    };
    let text = format!(
        "[spool]\nreserve_mib = 0\n{}{}",
        source("mirror", FOREIGN),
        source("log", SITE)
    );
    let own = Config::parse(&text).unwrap();
    spool_foreign(dir.path(), &own).await;
    let data_dir = DataDir::take(dir.path()).unwrap();
    let running = edge::start(edge::Start {
        own: &own,
        plan: edge::plan(&own, &data_dir).unwrap(),
        data_dir: &data_dir,
        clock: system_clock(),
    })
    .unwrap();
    let report = || -> Option<Report> {
        let text = std::fs::read_to_string(dir.path().join(edge::REPORT)).ok()?;
        serde_json::from_str(&text).ok()
    };
    let mirror = |report: &Report| -> Option<SourceReport> {
        let mut sources = report.sources.iter();
        sources.find(|source| source.id == "mirror").cloned()
    };
    until("the lane goes on", || {
        let lane = running.spool.status().lanes[Lane::Second];
        lane.last >= 15 && lane.acknowledged == lane.last
    })
    .await;
    assert_eq!(running.uplink.borrow().foreign, 8);
    until("the source says why it does not run", || {
        let status = report().and_then(|report| mirror(&report)?.status);
        status.is_some_and(|status| {
            status["status"] == "failed" && status["reason"].as_str().unwrap().contains(FOREIGN)
        })
    })
    .await;
    assert_eq!(mirror(&report().unwrap()).unwrap().events, 0);
    running.stop().await.unwrap();
    let found = crate::doctor::examine(crate::doctor::Question {
        config: Ok(own),
        data_dir: Some(dir.path()),
        centre: None,
        seconds: 1,
        language: crate::language::Language::English,
    });
    let text = found.await.text();
    assert!(
        text.contains("The source mirror has the site so-tttt"),
        "{text}"
    );
    assert!(!text.contains("The source log has the site"), "{text}");
    assert_eq!(centre.refused(), ["foreign_site"]);
    centre.running.stop().await.unwrap();
}
