//! Events counted, their fields, exports: by API and command line, and never beyond the reader's sites.

use serde_json::{Value, json};
use tests::Lab;
use tests::binary::run;
use tests::lab::encoded;

use crate::rules::audit;
use crate::two_sites;

/// Six lines at one site, four at the other, each of an address of its own.
async fn filled() -> Lab {
    let lab = two_sites().await;
    let now = daemon::system_clock()();
    let line = |site: &str, n: u32| {
        format!(
            "{now} {site} sshd[{n}]: Failed password for đăng nhập from 203.0.113.{n} port 4 ssh2\n"
        )
    };
    let lines =
        |site: &str, from: u32, to: u32| (from..to).map(|n| line(site, n)).collect::<String>();
    lab.write("so.log", lines("so", 1, 7).as_bytes());
    lab.write("xa.log", lines("xa", 101, 105).as_bytes());
    lab.wait_for("ten events", async || {
        (lab.events("kind:linux.auth").await.len() == 10).then_some(())
    })
    .await;
    lab
}

async fn counted(client: &tests::Client, q: &str, aggs: Value) -> Value {
    let body = json!({ "q": q, "aggs": aggs });
    let answer = client.post("/api/v1/events/aggregate", &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.body
}

#[tokio::test(flavor = "multi_thread")]
async fn counts_fields_and_exports_never_leave_the_readers_sites() {
    let mut lab = filled().await;
    let viewer = lab.person("xem", "viewer", Some(&["xa-binh-minh"])).await;

    let aggs = json!({ "sites": { "terms": { "field": "site" } },
        "hosts": { "cardinality": { "field": "source.ip" } } });
    let all = counted(&lab.local(), "kind:linux.auth", aggs.clone()).await;
    assert_eq!((&all["total"], &all["partial"]), (&json!(10), &Value::Null));
    assert_eq!(all["aggregations"]["hosts"]["value"], 10.0);
    let own = counted(&viewer, "kind:linux.auth", aggs).await;
    assert_eq!(own["total"], 4);
    assert_eq!(own["aggregations"]["hosts"]["value"], 4.0);
    let sites = &own["aggregations"]["sites"]["buckets"];
    assert_eq!(sites.as_array().unwrap().len(), 1);
    assert_eq!(
        (&sites[0]["key"], &sites[0]["doc_count"]),
        (&json!("xa-binh-minh"), &json!(4))
    );
    for q in ["site:so-tttt", "203.0.113.1", "NOT site:xa-binh-minh"] {
        let none = counted(
            &viewer,
            q,
            json!({ "a": { "terms": { "field": "source.ip" } } }),
        )
        .await;
        assert_eq!(
            (&none["total"], &none["aggregations"]["a"]["buckets"]),
            (&json!(0), &json!([]))
        );
    }

    for path in [
        "/api/v1/events/fields".to_owned(),
        "/api/v1/events/names".to_owned(),
        "/api/v1/events/values?field=source.ip".to_owned(),
        "/api/v1/events/values?field=message".to_owned(),
        "/api/v1/events/values?field=site".to_owned(),
        "/api/v1/events/export".to_owned(),
        "/api/v1/events/export?format=csv".to_owned(),
        format!("/api/v1/events/export?q={}", encoded("site:so-tttt")),
    ] {
        let answer = viewer.get(&path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        let strange = ["so-tttt", "203.0.113.1\"", "203.0.113.6"];
        assert!(
            !strange.iter().any(|text| answer.text.contains(text)),
            "{path}: {}",
            answer.text
        );
    }
    let fields = viewer.json("/api/v1/events/fields?q=kind:linux.auth").await;
    assert_eq!(
        (&fields["sampled"], &fields["total"]),
        (&json!(4), &json!(4))
    );
    let nobody = lab.nobody();
    for path in ["fields", "names", "values?field=site", "export"] {
        let path = format!("/api/v1/events/{path}");
        assert_eq!(nobody.get(&path).await.status, 401, "{path}");
    }
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_counted_is_refused_and_names_complete() {
    let mut lab = filled().await;
    let local = lab.local();
    for (aggs, code) in [
        (
            json!({ "a": { "terms": { "field": "message" } } }),
            "not_a_column",
        ),
        (
            json!({ "a": { "terms": { "field": "kind", "min_doc_count": 0 } } }),
            "bad_aggregation",
        ),
        (
            json!({ "a": { "date_histogram": { "field": "time", "fixed_interval": "1s",
                "extended_bounds": { "min": "2020-01-01T00:00:00Z", "max": "2026-01-01T00:00:00Z" } } } }),
            "too_many_buckets",
        ),
    ] {
        let answer = local
            .post("/api/v1/events/aggregate", &json!({ "aggs": aggs }))
            .await;
        assert_eq!(
            (answer.status, &answer.body["code"]),
            (422, &json!(code)),
            "{}",
            answer.text
        );
    }
    let unread = local
        .post("/api/v1/events/aggregate", &json!({ "q": "(", "aggs": {} }))
        .await;
    assert_eq!(
        (unread.status, &unread.body["code"]),
        (400, &json!("bad_query"))
    );

    let names = local.json("/api/v1/events/names?prefix=SOURCE.").await;
    let names = names["names"].as_array().unwrap();
    let of = |wanted: &str| names.iter().find(|name| name["name"] == wanted).unwrap();
    assert_eq!(
        (&of("source.ip")["type"], &of("source.ip")["column"]),
        (&json!("ip"), &json!(true))
    );
    assert_eq!(of("source.mac")["column"], false);
    let record = local.json("/api/v1/events/names?prefix=program").await;
    assert_eq!(record["names"][0]["name"], "program");
    let values = local
        .json("/api/v1/events/values?field=source.ip&prefix=203.0.113.10")
        .await;
    assert_eq!(values["values"].as_array().unwrap().len(), 4);
    let values = local
        .json("/api/v1/events/values?field=program&prefix=SS")
        .await;
    assert_eq!(values["values"][0], json!({ "value": "sshd", "count": 10 }));

    // Words with and without marks.
    for (query, found) in [
        ("\"dang nhap\"", 10),
        ("\"đăng nhap\"", 10),
        ("nhập", 10),
        ("nhâp", 0),
        ("\"đang nhập\"", 0),
    ] {
        assert_eq!(lab.events(query).await.len(), found, "{query}");
    }
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_is_whole_or_says_where_it_was_cut_and_is_audited() {
    let mut lab = filled().await;
    let local = lab.local();
    let lines = |text: &str| -> Vec<Value> {
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    };
    let asked = format!("/api/v1/events/export?q={}", encoded("kind:linux.auth"));
    let whole = local.get(&asked).await;
    assert_eq!(whole.headers["content-type"], "application/x-ndjson");
    let whole = lines(&whole.text);
    assert_eq!(whole.len(), 10);
    assert!(
        whole
            .iter()
            .all(|event| event["record"]["program"] == "sshd")
    );

    let cut = lines(
        &local
            .get(&format!("{asked}&limit=3&fields=source.ip,program"))
            .await
            .text,
    );
    assert_eq!(cut.len(), 4);
    assert_eq!(cut[0]["program"], "sshd");
    assert_eq!(cut[3], json!({ "export": { "events": 3, "cut": "limit" } }));

    let csv = local
        .get(&format!(
            "{asked}&format=csv&fields=time,source.ip,message&limit=2"
        ))
        .await
        .text;
    let rows: Vec<&str> = csv.split("\r\n").collect();
    assert_eq!(rows[0], "\u{feff}time,source.ip,message");
    assert_eq!(rows.len(), 5, "{csv}");
    assert!(rows[3].starts_with("#cut after 2 events: limit,"), "{csv}");
    assert_eq!(audit(&lab, "events.export").len(), 3);
    let refused = local.get("/api/v1/events/export?format=xml").await;
    assert_eq!(refused.status, 400, "{}", refused.text);

    let dir = lab.data_dir().display().to_string();
    let with = |more: &[&str]| {
        let mut arguments = vec!["search", "kind:linux.auth", "--data-dir", &dir];
        arguments.extend(more);
        let arguments: Vec<String> = arguments.into_iter().map(str::to_owned).collect();
        tokio::task::spawn_blocking(move || {
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            run(&arguments)
        })
    };
    let (code, text, problem) = with(&["--format", "ndjson"]).await.unwrap();
    assert_eq!((code, lines(&text).len()), (0, 10), "{problem}");
    let aggs = r#"{"n":{"value_count":{"field":"source.ip"}}}"#;
    let (code, text, problem) = with(&["--aggs", aggs]).await.unwrap();
    assert_eq!(code, 0, "{problem}");
    assert_eq!(lines(&text)[0]["aggregations"]["n"]["value"], 10.0);
    let (code, _, problem) = with(&["--aggs", "{"]).await.unwrap();
    assert_eq!(code, 3, "{problem}");
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cell_that_a_spreadsheet_would_run_is_guarded() {
    let mut lab = tests::Setup::new()
        .log("x.json", "json", "so-tttt")
        .start()
        .await;
    lab.write("x.json", b"{\"a\":\"=1+1\",\"b\":\"x,\\\"y\\\"\"}\n");
    lab.wait_for("the event", async || {
        (lab.events("kind:json").await.len() == 1).then_some(())
    })
    .await;
    let path = "/api/v1/events/export?q=kind:json&format=csv&fields=a,b";
    let csv = lab.local().get(path).await.text;
    assert_eq!(csv, "\u{feff}a,b\r\n'=1+1,\"x,\"\"y\"\"\"\r\n");
    lab.stop().await;
}
