//! A real centre in this process: its folder, its sources, its people.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use daemon::compose::{self, Running, Start};
use daemon::config::Config;
use daemon::sources::Source;
use daemon::{DataDir, knowledge, system_clock};
use serde_json::{Value, json};

use crate::client::{Answer, Client};

/// Nothing here takes longer on a machine that works.
pub const PATIENCE: Duration = Duration::from_secs(60);
/// The password of everyone in a lab.
pub const PASSWORD: &str = "mat-khau-dien-tap-1";

/// What a centre starts with.
pub struct Setup {
    dir: tempfile::TempDir,
    config: String,
}

/// A running centre.
pub struct Lab {
    dir: tempfile::TempDir,
    config: String,
    running: Option<Running>,
}

impl Setup {
    /// Quick commits and checkpoints, the demo's sites, no sources.
    pub fn new() -> Self {
        Self::on("127.0.0.1:0")
    }

    /// The same, served on an address.
    pub fn on(listen: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let config = format!(
            "[web]\nlisten = \"{listen}\"\n[metrics]\non = false\n[journal]\nreserve_mib = 0\n\
             [index]\nheap_mib = 15\ncommit_ms = 50\n[detector]\ncheckpoint_ms = 20\n"
        );
        let setup = Self { dir, config };
        let sites = crate::repository().join("deploy/demo/rules/sites/demo.yml");
        setup.rule_file("sites/demo.yml", &std::fs::read_to_string(sites).unwrap())
    }

    /// A file of the data folder's own rules: `sigma/x.yml`, `sites/y.yml`.
    pub fn rule_file(self, name: &str, text: &str) -> Self {
        let path = self.dir.path().join("data/rules").join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        self
    }

    /// Keys of one of the tables above take precedence over nothing: name each only once.
    pub fn config(mut self, text: &str) -> Self {
        self.config.push_str(text);
        self
    }

    /// Figures for Prometheus are told here.
    pub fn metrics(mut self, listen: std::net::SocketAddr) -> Self {
        let told = format!("[metrics]\nlisten = \"{listen}\"\n");
        self.config = self.config.replace("[metrics]\non = false\n", &told);
        self
    }

    /// A source that reads an input once.
    pub fn input(self, id: &str, path: &Path, format: &str, site: &str) -> Self {
        let path = path.display();
        let keys = match format {
            "capture" => format!("kind = \"capture\"\npath = \"{path}\""),
            format => {
                format!("kind = \"file\"\nfollow = false\nformat = \"{format}\"\npath = \"{path}\"")
            }
        };
        self.config(&format!(
            "[[source]]\nid = \"{id}\"\nsite = \"{site}\"\n{keys}\n"
        ))
    }

    /// A file that grows: `Lab::write` adds lines to it.
    pub fn log(self, name: &str, format: &str, site: &str) -> Self {
        let path = self.dir.path().join(name);
        std::fs::write(&path, "").unwrap();
        let path = path.display();
        self.config(&format!(
            "[[source]]\nid = \"{name}\"\nsite = \"{site}\"\nkind = \"file\"\n\
             format = \"{format}\"\npath = \"{path}\"\n"
        ))
    }

    /// Starts it.
    pub async fn start(self) -> Lab {
        let mut lab = Lab {
            dir: self.dir,
            config: self.config,
            running: None,
        };
        lab.start().await;
        lab
    }
}

impl Default for Setup {
    fn default() -> Self {
        Self::new()
    }
}

impl Lab {
    /// Starts on the folder as it is.
    pub async fn start(&mut self) {
        let config: Config = toml::from_str(&self.config).unwrap();
        let data_dir = DataDir::take(&self.data_dir()).unwrap();
        let knowledge = knowledge::load(data_dir.path(), Vec::new(), &config.limits.rule).unwrap();
        let sources = config.source.iter().cloned().map(Source::configured);
        let start = Start {
            sources: sources.collect(),
            config,
            data_dir,
            clock: system_clock(),
            knowledge,
        };
        self.running = Some(compose::start(start).await.unwrap());
        self.wait_for("the index to be open", async || {
            let running = self.running.as_ref()?;
            running.searcher.is_open().then_some(())
        })
        .await;
    }

    /// Stops it; the folder stays.
    pub async fn stop(&mut self) {
        if let Some(running) = self.running.take() {
            running.stop().await.unwrap();
        }
    }

    /// The data folder.
    pub fn data_dir(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    /// Where it is served.
    pub fn address(&self) -> std::net::SocketAddr {
        self.running.as_ref().unwrap().address
    }

    /// Adds text to a log of the setup.
    pub fn write(&self, name: &str, text: &[u8]) {
        use std::io::Write;
        let path = self.dir.path().join(name);
        let mut file = std::fs::File::options().append(true).open(path).unwrap();
        file.write_all(text).unwrap();
    }

    /// The operator, over the control socket.
    pub fn local(&self) -> Client {
        Client::control(self.data_dir().join("control.sock"))
    }

    /// Somebody who has not signed in.
    pub fn nobody(&self) -> Client {
        Client::network(self.address())
    }

    /// Adds a person with a role; `sites` of none are all.
    pub async fn add_person(&self, name: &str, role: &str, sites: Option<&[&str]>) {
        let person = json!({"name": name, "role": role, "sites": sites, "password": PASSWORD,
            "must_change": false});
        let answer = self.local().post("/api/v1/users", &person).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
    }

    /// Signs a person in.
    pub async fn sign_in(&self, name: &str) -> Client {
        let mut client = self.nobody();
        let answer = try_sign_in(&client, name, PASSWORD).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        client.cookie = Some(cookie_of(&answer));
        client.csrf = answer.body["csrf"].as_str().map(str::to_owned);
        client
    }

    /// A person who is added and signed in.
    pub async fn person(&self, name: &str, role: &str, sites: Option<&[&str]>) -> Client {
        self.add_person(name, role, sites).await;
        self.sign_in(name).await
    }

    /// Looks again and again until something is there.
    pub async fn wait_for<T>(&self, what: &str, look: impl AsyncFn() -> Option<T>) -> T {
        let started = Instant::now();
        loop {
            if let Some(found) = look().await {
                return found;
            }
            assert!(started.elapsed() < PATIENCE, "waited in vain for {what}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Waits until a source that is read once has ended, and all it brought is examined and indexed.
    pub async fn wait_for_end(&self, source: &str) {
        let local = self.local();
        let query = format!(
            "/api/v1/events?q={}",
            encoded(&format!(
                "source:\"{source}\" AND kind:sensor.status AND record.status:ended"
            ))
        );
        self.wait_for(&format!("the end of {source}"), async || {
            let page = local.json(&query).await;
            (page["total"] != 0).then_some(())
        })
        .await;
        self.wait_until_settled().await;
    }

    /// Waits until everything that is durable is examined and indexed.
    pub async fn wait_until_settled(&self) {
        let local = self.local();
        self.wait_for("the pipeline to come to rest", async || {
            let health = local.json("/api/v1/health").await;
            let rest = health["index"]["lag_events"] == 0 && health["detector"]["lag_events"] == 0;
            rest.then_some(())
        })
        .await;
    }

    /// Every item behind a list, page by page.
    pub async fn all(&self, client: &Client, path: &str) -> Vec<Value> {
        let (mut items, mut cursor) = (Vec::new(), String::new());
        let separator = if path.contains('?') { '&' } else { '?' };
        loop {
            let page = client
                .json(&format!("{path}{separator}limit=200{cursor}"))
                .await;
            items.extend(page["items"].as_array().unwrap().iter().cloned());
            match page["next"].as_str() {
                Some(next) => cursor = format!("&cursor={}", encoded(next)),
                None => return items,
            }
        }
    }

    /// Every event that a query finds.
    pub async fn events(&self, query: &str) -> Vec<Value> {
        let path = format!("/api/v1/events?q={}", encoded(query));
        self.all(&self.local(), &path).await
    }

    /// Every alert, whatever its state.
    pub async fn alerts(&self) -> Vec<Value> {
        self.all(&self.local(), "/api/v1/alerts").await
    }
}

/// Tries to sign in.
pub async fn try_sign_in(client: &Client, name: &str, password: &str) -> Answer {
    let credentials = json!({"user": name, "password": password});
    client.post("/api/v1/session", &credentials).await
}

/// `name=value` of the cookie that an answer sets.
pub fn cookie_of(answer: &Answer) -> String {
    let set = answer.headers["set-cookie"].to_str().unwrap();
    set.split(';').next().unwrap().to_owned()
}

/// A value as it stands in a query string.
pub fn encoded(value: &str) -> String {
    value
        .bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' => {
                char::from(byte).to_string()
            }
            byte => format!("%{byte:02X}"),
        })
        .collect()
}
