//! A `haidang serve` as a process of its own, seen from outside: its control socket and `/proc`.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::mix::FILES;

/// Ticks of `/proc/PID/stat` in a second; Linux has always shown 100.
const TICKS: f64 = 100.0;

/// A running centre; killed when it is dropped.
pub struct Centre {
    child: Child,
    folder: PathBuf,
}

/// Where the pipeline is, as health tells it.
pub struct Places {
    /// Durable.
    pub journal: u64,
    /// Examined and folded.
    pub detector: u64,
    /// Searchable.
    pub index: u64,
    /// Bytes of the journal since the start.
    pub journal_bytes: u64,
}

/// Writes the configuration of a centre that follows the files of a mix. Everything that is not
/// said here has its default.
pub fn configure(folder: &Path) -> Result<()> {
    let mut config = String::from("[web]\nlisten = \"127.0.0.1:0\"\n[metrics]\non = false\n");
    for (name, format, _) in FILES {
        let path = folder.join(name);
        std::fs::write(&path, "")?;
        config.push_str(&format!(
            "[[source]]\nid = \"{format}\"\nkind = \"file\"\npath = \"{}\"\n\
             format = \"{format}\"\nsite = \"so-tttt\"\n",
            path.display()
        ));
    }
    let sites = folder.join("data/rules/sites");
    std::fs::create_dir_all(&sites)?;
    let demo = tests::repository().join("deploy/demo/rules/sites/demo.yml");
    std::fs::copy(demo, sites.join("demo.yml")).context("cannot copy the demo's sites")?;
    std::fs::write(folder.join("haidang.toml"), config).context("cannot write the configuration")
}

impl Centre {
    /// Starts `serve` on a folder and waits until it answers.
    pub fn start(binary: &Path, folder: &Path) -> Result<Self> {
        let log = std::fs::File::create(folder.join("serve.log"))?;
        let child = Command::new(binary)
            .arg("--config")
            .arg(folder.join("haidang.toml"))
            .arg("--data-dir")
            .arg(folder.join("data"))
            .arg("serve")
            .env("RUST_LOG", "warn")
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .with_context(|| format!("cannot start {}", binary.display()))?;
        let folder = folder.to_owned();
        let mut centre = Self { child, folder };
        let started = Instant::now();
        while centre.ask("/api/v1/health").is_err() {
            if let Some(status) = centre.child.try_wait()? {
                let log = std::fs::read_to_string(centre.folder.join("serve.log"))?;
                bail!("serve ended with {status}: {log}");
            }
            ensure!(
                started.elapsed() < Duration::from_secs(60),
                "serve does not answer"
            );
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(centre)
    }

    /// The answer to a GET over the control socket.
    pub fn ask(&self, path: &str) -> Result<Value> {
        let mut stream = UnixStream::connect(self.folder.join("data/control.sock"))?;
        let request =
            format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let (head, body) = answer.split_once("\r\n\r\n").context("no answer")?;
        ensure!(head.starts_with("HTTP/1.1 200"), "{path}: {body}");
        Ok(serde_json::from_str(body)?)
    }

    /// The newest events that a query finds.
    pub fn search(&self, query: &str, limit: usize) -> Result<Value> {
        let mut encoded = String::new();
        for byte in query.bytes() {
            if byte.is_ascii_alphanumeric() {
                encoded.push(char::from(byte));
            } else {
                encoded.push_str(&format!("%{byte:02X}"));
            }
        }
        self.ask(&format!("/api/v1/events?limit={limit}&q={encoded}"))
    }

    /// Where the pipeline is.
    pub fn places(&self) -> Result<Places> {
        let health = self.ask("/api/v1/health")?;
        let number = |part: &str, key: &str| {
            let value = health.get(part).and_then(|part| part.get(key));
            value
                .and_then(Value::as_u64)
                .context("health has changed its form")
        };
        Ok(Places {
            journal: number("journal", "position")?,
            detector: number("detector", "position")?,
            index: number("index", "position")?,
            journal_bytes: number("journal", "bytes")?,
        })
    }

    /// Seconds of processor time until now, all threads.
    pub fn cpu(&self) -> Result<f64> {
        let stat = self.proc("stat")?;
        let (_, fields) = stat.rsplit_once(") ").context("cannot read stat")?;
        let ticks = fields.split(' ').skip(11).take(2);
        Ok(ticks
            .filter_map(|ticks| ticks.parse::<f64>().ok())
            .sum::<f64>()
            / TICKS)
    }

    /// The most memory that was resident until now, in MiB.
    pub fn peak_rss(&self) -> Result<f64> {
        self.memory("VmHWM:")
    }

    /// Resident memory, in MiB.
    pub fn rss(&self) -> Result<f64> {
        self.memory("VmRSS:")
    }

    /// Open file descriptors.
    pub fn descriptors(&self) -> usize {
        std::fs::read_dir(format!("/proc/{}/fd", self.child.id())).map_or(0, Iterator::count)
    }

    /// Asks it to stop, and waits.
    pub fn stop(mut self) -> Result<()> {
        let told = Command::new("kill")
            .arg(self.child.id().to_string())
            .status()?;
        ensure!(told.success(), "cannot stop serve");
        let status = self.child.wait()?;
        ensure!(status.success(), "serve did not stop cleanly: {status}");
        Ok(())
    }

    fn memory(&self, line: &str) -> Result<f64> {
        let status = self.proc("status")?;
        let found = status.lines().find_map(|held| held.strip_prefix(line));
        let kib = found.and_then(|text| text.split_whitespace().next());
        let kib: f64 = kib.context("no memory in status")?.parse()?;
        Ok(kib / 1024.0)
    }

    fn proc(&self, file: &str) -> Result<String> {
        std::fs::read_to_string(format!("/proc/{}/{file}", self.child.id()))
            .context("serve has gone")
    }
}

impl Drop for Centre {
    fn drop(&mut self) {
        // Dead already, where it was asked to stop.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The bytes of a file or of everything in a folder.
pub fn bytes_in(path: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(path) else {
        return path.metadata().map_or(0, |metadata| metadata.len());
    };
    entries.flatten().map(|entry| bytes_in(&entry.path())).sum()
}
