//! A `haidang serve` as a process of its own, seen from outside: its control socket and `/proc`.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::mix::FILES;
use crate::process::{Process, on_core};

/// A running centre; killed when it is dropped.
pub struct Centre {
    process: Process,
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
    know_sites(folder)?;
    std::fs::write(folder.join("haidang.toml"), config).context("cannot write the configuration")
}

/// Gives a centre the demo's sites.
pub fn know_sites(folder: &Path) -> Result<()> {
    let sites = folder.join("data/rules/sites");
    std::fs::create_dir_all(&sites)?;
    let demo = tests::repository().join("deploy/demo/rules/sites/demo.yml");
    std::fs::copy(demo, sites.join("demo.yml")).context("cannot copy the demo's sites")?;
    Ok(())
}

impl Centre {
    /// Starts `serve` on a folder and waits until it answers.
    pub fn start(binary: &Path, folder: &Path) -> Result<Self> {
        Self::start_on(binary, folder, None)
    }

    /// The same on one core.
    pub fn start_on(binary: &Path, folder: &Path, core: Option<usize>) -> Result<Self> {
        let mut command = on_core(binary, core);
        command.arg("--config").arg(folder.join("haidang.toml"));
        command.arg("--data-dir").arg(folder.join("data"));
        command.arg("serve").env("RUST_LOG", "warn");
        let log = folder.join("serve.log");
        let process = Process::start(command, &log)?;
        let folder = folder.to_owned();
        let mut centre = Self { process, folder };
        let started = Instant::now();
        while centre.ask("/api/v1/health").is_err() {
            let lives = centre.process.lives();
            lives.with_context(|| std::fs::read_to_string(&log).unwrap_or_default())?;
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
        self.request("GET", path, "")
    }

    /// The answer to a request with JSON over the control socket.
    pub fn request(&self, method: &str, path: &str, json: &str) -> Result<Value> {
        let mut stream = UnixStream::connect(self.folder.join("data/control.sock"))?;
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{json}",
            json.len()
        );
        stream.write_all(request.as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let (head, body) = answer.split_once("\r\n\r\n").context("no answer")?;
        ensure!(head.starts_with("HTTP/1.1 20"), "{path}: {body}");
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
        self.process.cpu()
    }

    /// The most memory that was resident until now, in MiB.
    pub fn peak_rss(&self) -> Result<f64> {
        self.process.memory("VmHWM:")
    }

    /// Resident memory, in MiB.
    pub fn rss(&self) -> Result<f64> {
        self.process.memory("VmRSS:")
    }

    /// Open file descriptors.
    pub fn descriptors(&self) -> usize {
        self.process.descriptors()
    }

    /// The process.
    pub fn process(&self) -> &Process {
        &self.process
    }

    /// Asks it to stop, and waits.
    pub fn stop(self) -> Result<()> {
        self.process.stop()
    }
}

/// The bytes of a file or of everything in a folder.
pub fn bytes_in(path: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(path) else {
        return path.metadata().map_or(0, |metadata| metadata.len());
    };
    entries.flatten().map(|entry| bytes_in(&entry.path())).sum()
}
