//! Imports of rules from outside: staged, tried on the past, in force, undone; by the API and by the
//! command line, on a running centre and on a folder that nobody holds.

use std::path::Path;

use hyper::Method;
use serde_json::{Value, json};
use tests::binary::run;
use tests::{Answer, Client, Lab};

use crate::rules::audit;
use crate::{provoke, two_sites};

const IMPORTS: &str = "/api/v1/rules/imports";

fn id(n: u8) -> String {
    format!("4111111{n}-2222-4333-8444-555555555555")
}

fn rule(n: u8, contains: &str) -> String {
    format!(
        "title: Rule {n}\nid: {}\nstatus: test\nlevel: high\nlogsource: {{product: linux}}\ndetection:\n  a:\n    \
         message|contains: '{contains}'\n  condition: a\n",
        id(n)
    )
}

/// Rules: one that finds the brute force of the past, one that finds nothing, a bad one.
fn pack() -> Vec<(&'static str, String)> {
    let terms = "Detection Rule License (DRL) 1.1\n\nPermission is hereby granted\n";
    vec![
        ("rules/one.yml", rule(1, "Failed password")),
        ("rules/two.yml", rule(2, "nobody says this")),
        (
            "rules/bad.yml",
            "title: Bad\nlogsource: {product: linux}\n".to_owned(),
        ),
        ("LICENSE", terms.to_owned()),
        ("notes.txt", "not of the pack".to_owned()),
    ]
}

/// The same as a folder.
fn folder(path: &Path) {
    for (name, text) in pack() {
        let path = path.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
}

/// The same as an archive.
fn archive(files: &[(&str, String)]) -> Vec<u8> {
    let entries: Vec<(&str, &[u8])> = files
        .iter()
        .map(|(name, text)| (*name, text.as_bytes()))
        .collect();
    zip(&entries)
}

fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
    use std::io::Write;
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        let options = zip::write::SimpleFileOptions::default();
        writer.start_file(*name, options).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

async fn begin(client: &Client, name: &str, zip: Vec<u8>) -> Answer {
    let path = format!("{IMPORTS}?name={name}&source=tep.zip");
    let kind = [("content-type", "application/zip")];
    client.send(Method::POST, &path, Some(zip), &kind).await
}

/// The import when its trial is over.
async fn tried(lab: &Lab, client: &Client, id: &str) -> Value {
    let path = format!("{IMPORTS}/{id}");
    lab.wait_for("the trial", async || {
        let import = client.json(&path).await;
        (import["preview"]["state"] != "running").then_some(import)
    })
    .await
}

async fn rules_of(client: &Client, pack: &str) -> u64 {
    let page = client.json(&format!("/api/v1/rules?pack={pack}")).await;
    page["total"].as_u64().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_is_tried_applied_and_undone() {
    let mut lab = two_sites().await;
    let admin = lab.person("qt", "admin", None).await;
    provoke(&lab, "so.log", "203.0.113.61").await;
    lab.wait_until_settled().await;
    let import = stage_and_try(&lab, &admin).await;
    wait_in_a_list(&lab, &admin, &import).await;
    let path = format!("{IMPORTS}/{}/apply", import["id"].as_str().unwrap());
    let applied = admin
        .post(&path, &json!({"off": [id(1)], "why": "thử"}))
        .await;
    assert_eq!(applied.status, 204, "{}", applied.text);
    assert_eq!(
        admin
            .post(&path, &json!({"off": [], "why": ""}))
            .await
            .status,
        404
    );
    assert_eq!(rules_of(&admin, "tinh").await, 2);
    let off = admin.json(&format!("/api/v1/rules/{}", id(1))).await["off"].clone();
    assert_eq!(off["everywhere"], true);
    let off = &off["entries"][0];
    assert!(off["why"].as_str().unwrap().starts_with("noisy: "), "{off}");
    let packs = admin.json("/api/v1/rules/packs").await;
    assert_eq!(
        (&packs["items"][0]["name"], &packs["items"][0]["rules"]),
        (&"tinh".into(), &2.into())
    );
    assert_eq!(
        (&packs["items"][0]["source"], &packs["back"]["what"]),
        (&"tep.zip".into(), &"import tinh".into())
    );

    change_and_step_back(&admin).await;
    lab.stop().await;
    for (action, times) in [
        ("rules.stage", 4),
        ("rules.import", 3),
        ("rules.back", 5),
        ("rules.remove", 1),
    ] {
        assert_eq!(audit(&lab, action).len(), times, "{action}");
    }
}

/// Who imports sees what waits.
async fn wait_in_a_list(lab: &Lab, admin: &Client, import: &Value) {
    let second = begin(admin, "khac", archive(&[("a.yml", rule(5, "x"))])).await;
    assert_eq!(second.status, 201, "{}", second.text);
    let list = admin.json(IMPORTS).await;
    let rows: Vec<_> = list["items"].as_array().unwrap().iter().collect();
    assert_eq!(rows.len(), 2);
    assert_eq!(
        (&rows[0]["pack"], &rows[0]["who"]),
        (&"khac".into(), &"qt".into())
    );
    assert_eq!(rows[1]["id"], import["id"]);
    assert_eq!(
        (&rows[1]["counts"], &rows[1]["state"]),
        (&import["counts"], &"done".into())
    );
    let local = lab.person("quanxa", "admin", Some(&["xa-binh-minh"])).await;
    let analyst = lab.person("phantich", "analyst", None).await;
    for client in [&local, &analyst] {
        let answer = client.send(Method::GET, IMPORTS, None, &[]).await;
        assert_eq!(answer.status, 403);
    }
    is_not_applied_to_others(admin, second.body["id"].as_str().unwrap()).await;
}

/// What was compared before another change is not put in force, nor what turns off a rule of nobody.
async fn is_not_applied_to_others(admin: &Client, second: &str) {
    let path = |verb: &str| format!("{IMPORTS}/{second}{verb}");
    let unknown = json!({"off": ["khong-co"], "why": ""});
    let refused = admin.post(&path("/apply"), &unknown).await;
    assert_eq!(
        (refused.status, &refused.body["code"]),
        (422, &"unknown_rule".into())
    );
    assert!(refused.text.contains("khong-co"), "{}", refused.text);
    let third = begin(admin, "nua", archive(&[("a.yml", rule(6, "x"))])).await;
    let apply = json!({"off": [], "why": ""});
    assert_eq!(admin.post(&path("/apply"), &apply).await.status, 204);
    let late = format!("{IMPORTS}/{}", third.body["id"].as_str().unwrap());
    let refused = admin.post(&format!("{late}/apply"), &apply).await;
    assert_eq!(refused.status, 409, "{}", refused.text);
    assert!(refused.text.contains("import it again"), "{}", refused.text);
    let thrown = admin.send(Method::DELETE, &late, None, &[]).await;
    assert_eq!(thrown.status, 204);
    // As it was when the first was compared.
    let back = admin.post("/api/v1/rules/back", &json!({"why": ""})).await;
    assert_eq!(back.status, 204, "{}", back.text);
}

/// What an import says of itself before it is in force.
async fn stage_and_try(lab: &Lab, admin: &Client) -> Value {
    let staged = begin(admin, "tinh", archive(&pack())).await;
    assert_eq!(staged.status, 201, "{}", staged.text);
    let import = tried(lab, admin, staged.body["id"].as_str().unwrap()).await;
    let counts =
        json!({"added": 2, "changed": 0, "removed": 0, "unchanged": 0, "refused": 1, "shipped": 0});
    assert_eq!(import["counts"], counts);
    assert_eq!(
        import["licenses"],
        json!([{"name": "Detection Rule License (DRL) 1.1", "rules": 2}])
    );
    assert_eq!(import["refused"][0]["file"], "rules/bad.yml");
    assert_eq!(
        (&import["preview"]["state"], &import["preview"]["complete"]),
        (&"done".into(), &true.into())
    );
    assert!(
        import["preview"]["events"].as_u64().unwrap() >= 12,
        "{import}"
    );
    let item = |n: u8| {
        let items = import["items"].as_array().unwrap();
        items
            .iter()
            .find(|item| item["id"] == *id(n))
            .unwrap()
            .clone()
    };
    assert_eq!(
        (&item(1)["change"], &item(1)["alerts"]),
        (&"added".into(), &1.into())
    );
    assert_eq!(item(2)["alerts"], 0);
    assert_eq!(rules_of(admin, "tinh").await, 0, "nothing is in force yet");
    import
}

/// One changes, one goes; and back, and forth.
async fn change_and_step_back(admin: &Client) {
    let mut files = pack();
    files[1].1 = rule(2, "else");
    files.remove(0);
    let staged = begin(admin, "tinh", archive(&files)).await;
    let counts =
        json!({"added": 0, "changed": 1, "removed": 1, "unchanged": 0, "refused": 1, "shipped": 0});
    assert_eq!(staged.body["counts"], counts);
    let path = format!("{IMPORTS}/{}/apply", staged.body["id"].as_str().unwrap());
    assert_eq!(
        admin
            .post(&path, &json!({"off": [], "why": ""}))
            .await
            .status,
        204
    );
    step_back(admin).await;
}

/// Whatever was done to packs last is undone, and done again.
async fn step_back(admin: &Client) {
    let back = async || {
        admin
            .post("/api/v1/rules/back", &json!({"why": "lùi"}))
            .await
            .status
    };
    for rules in [2, 1, 2] {
        assert_eq!(back().await, 204);
        assert_eq!(rules_of(admin, "tinh").await, rules);
        let is_off = admin.json("/api/v1/rules?state=off").await["total"] == 1;
        assert_eq!(is_off, rules == 2, "what was off goes with it");
    }
    let remove = "/api/v1/rules/packs/tinh?why=xong";
    assert_eq!(
        admin.send(Method::DELETE, remove, None, &[]).await.status,
        204
    );
    assert_eq!(
        admin.send(Method::DELETE, remove, None, &[]).await.status,
        404
    );
    assert_eq!(rules_of(admin, "tinh").await, 0);
    assert_eq!(back().await, 204);
    assert_eq!(rules_of(admin, "tinh").await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_who_sees_all_sites_imports() {
    let mut lab = two_sites().await;
    let analyst = lab.person("an", "analyst", None).await;
    let local = lab.person("xa", "admin", Some(&["xa-binh-minh"])).await;
    let admin = lab.person("qt", "admin", None).await;
    let zip = archive(&pack());
    let staged = begin(&admin, "p", zip.clone()).await;
    let path = format!("{IMPORTS}/{}", staged.body["id"].as_str().unwrap());
    for client in [&analyst, &local] {
        assert_eq!(begin(client, "p", zip.clone()).await.status, 403);
        assert_eq!(client.get(&path).await.status, 403);
        let why = json!({"off": [], "why": ""});
        assert_eq!(
            client.post(&format!("{path}/apply"), &why).await.status,
            403
        );
        assert_eq!(client.post("/api/v1/rules/back", &why).await.status, 403);
        for path in [&path, "/api/v1/rules/packs/p"] {
            assert_eq!(
                client.send(Method::DELETE, path, None, &[]).await.status,
                403
            );
        }
        assert_eq!(client.get("/api/v1/rules/packs").await.status, 200);
    }
    assert_eq!(lab.nobody().get(&path).await.status, 401);
    assert_eq!(
        admin.send(Method::DELETE, &path, None, &[]).await.status,
        204
    );
    assert_eq!(admin.get(&path).await.status, 404);
    assert_eq!(
        admin
            .post("/api/v1/rules/back", &json!({"why": ""}))
            .await
            .status,
        404
    );
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn archives_that_would_do_harm_are_refused() {
    let mut lab = tests::Setup::new()
        .config("[limits.rule]\nimport_mib = 1\nimport_files = 5\nimport_unpacked_mib = 2\n")
        .start()
        .await;
    let admin = lab.local();
    let good = rule(1, "x");
    let zeros = vec![0; 32 << 20];
    let many: Vec<String> = (0..6).map(|n| format!("{n}.yml")).collect();
    let many: Vec<(&str, &[u8])> = many.iter().map(|name| (&**name, good.as_bytes())).collect();
    for (bad, said) in [
        (zip(&[("../../../evil.yml", good.as_bytes())]), "not plain"),
        (zip(&[("/tmp/evil.yml", good.as_bytes())]), "not plain"),
        (
            zip(&[("a.yml", &zeros), ("b.yml", &zeros), ("c.yml", &zeros)]),
            "import_unpacked_mib",
        ),
        (zip(&many), "import_files"),
        (zip(&[("a.txt", b"")]), "no rule file"),
        (b"PK no archive".to_vec(), "cannot be read"),
    ] {
        let answer = begin(&admin, "p", bad).await;
        assert_eq!(
            (answer.status, &answer.body["code"]),
            (422, &"bad_import".into()),
            "{}",
            answer.text
        );
        assert!(answer.text.contains(said), "{said}: {}", answer.text);
    }
    let named = begin(&admin, "..%2Fp", zip(&[("a.yml", good.as_bytes())])).await;
    assert_eq!(named.status, 422);
    // One byte too many, so that all of it is read before it is refused.
    let large = vec![0; (1 << 20) + 1];
    assert_eq!(begin(&admin, "p", large).await.status, 413);
    assert!(!lab.data_dir().join("evil.yml").exists());
    // Not more than the limit wait to be put in force.
    for place in 0..5 {
        let answer = begin(&admin, "p", zip(&[("a.yml", good.as_bytes())])).await;
        let expected = if place < 4 { 201 } else { 409 };
        assert_eq!(answer.status, expected, "{}", answer.text);
    }
    // What was staged is not in force, and is gone after a restart.
    assert_eq!(rules_of(&admin, "p").await, 0);
    lab.stop().await;
    lab.start().await;
    let staging = lab.data_dir().join("rules/staging");
    assert!(std::fs::read_dir(staging).map_or(true, |mut inner| inner.next().is_none()));
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_imports_with_and_without_a_centre() {
    let mut lab = two_sites().await;
    provoke(&lab, "so.log", "203.0.113.71").await;
    lab.wait_until_settled().await;
    let dir = tempfile::tempdir().unwrap();
    let source = dir.path().join("Quy Tac");
    folder(&source);
    let (source, data) = (
        source.display().to_string(),
        lab.data_dir().display().to_string(),
    );
    let import = |more: &[&str]| {
        let mut arguments = vec!["rules", "import", &source, "--data-dir", &data];
        arguments.extend(more);
        run(&arguments)
    };
    // Without a terminal and without --yes it only shows.
    let (code, text, problems) = tokio::task::block_in_place(|| import(&[]));
    assert_eq!(code, 0, "{problems}");
    assert!(
        text.contains("quy-tac from Quy Tac: 2 rules added"),
        "{text}"
    );
    assert!(
        text.contains("Detection Rule License (DRL) 1.1 (2 rules)"),
        "{text}"
    );
    assert!(problems.contains("nothing was changed"), "{problems}");
    assert_eq!(rules_of(&lab.local(), "quy-tac").await, 0);
    let arguments = [
        "--name", "tinh", "--noisy", "0.01", "--yes", "--format", "json",
    ];
    let (code, text, problems) = tokio::task::block_in_place(|| import(&arguments));
    assert_eq!(code, 0, "{problems}");
    let shown: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(shown["counts"]["added"], 2);
    assert_eq!(rules_of(&lab.local(), "tinh").await, 2);
    assert_eq!(
        lab.local().json("/api/v1/rules?state=off").await["total"],
        1
    );
    lab.stop().await;

    without_a_centre(dir.path(), &source, &data);
    lab.start().await;
    assert_eq!(rules_of(&lab.local(), "quy-tac").await, 2);
    lab.stop().await;
    assert_eq!(audit(&lab, "rules.import").len(), 2);
    assert_eq!(audit(&lab, "rules.back").len(), 1);
}

/// The same on a folder that nobody holds.
fn without_a_centre(dir: &Path, source: &str, data: &str) {
    let command = |arguments: &[&str]| {
        let (code, text, problems) = run(&[arguments, &["--data-dir", data]].concat());
        assert_eq!(code, 0, "{problems}");
        format!("{text}{problems}")
    };
    let said = command(&["rules", "back"]);
    assert!(
        said.contains("import tinh, by local") && said.contains("nothing was changed"),
        "{said}"
    );
    assert!(command(&["rules", "back", "--yes"]).contains("undone"));
    assert!(!command(&["rules", "list"]).contains("Rule 2"));
    let said = command(&["rules", "import", source, "--keep-noisy", "--yes"]);
    assert!(said.contains("quy-tac is in force"), "{said}");
    assert!(command(&["rules", "list"]).contains("Rule 2"));
    let off = format!(
        "- {{rule: {}, sites: [so-tttt]}}\n- {{rule: {}, everywhere: true}}\n",
        id(1),
        id(2)
    );
    std::fs::write(Path::new(data).join("rules/off.yml"), off).unwrap();
    let listed = command(&["rules", "list"]);
    for line in ["\tRule 1\toff at so-tttt\n", "\tRule 2\toff\n"] {
        assert!(listed.contains(line), "{line}: {listed}");
    }
    let bad = dir.join("bad.zip");
    std::fs::write(&bad, "no archive").unwrap();
    let (code, _, problems) = run(&[
        "rules",
        "import",
        &bad.display().to_string(),
        "--data-dir",
        data,
    ]);
    assert_eq!(code, 2, "{problems}");
    assert!(
        problems.contains("bad.zip: the archive cannot be read"),
        "{problems}"
    );
}
