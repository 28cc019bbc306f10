//! A `haidang sensor` as a process of its own, seen from outside: its figures for Prometheus and `/proc`.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::centre::Centre;
use crate::process::{Process, on_core};

/// A running edge; killed when it is dropped.
pub struct Edge {
    process: Process,
    metrics: u16,
}

/// What the spool holds.
#[derive(Clone, Copy, Default)]
pub struct Spooled {
    /// Every event that was ever kept.
    pub last: u64,
    /// What the centre does not have.
    pub waiting: u64,
}

/// Where an edge lives and what it is configured with.
pub struct Place {
    folder: PathBuf,
    metrics: u16,
}

/// A port that nobody listens on now.
pub fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// Writes a centre's configuration that takes edges; says on which port.
pub fn configure_centre(folder: &Path) -> Result<u16> {
    let port = free_port()?;
    std::fs::write(
        folder.join("haidang.toml"),
        format!(
            "[web]\nlisten = \"127.0.0.1:0\"\n[metrics]\non = false\n\
             [edges]\nlisten = \"127.0.0.1:{port}\"\nnames = [\"localhost\"]\n"
        ),
    )?;
    crate::centre::know_sites(folder)?;
    Ok(port)
}

impl Place {
    /// An edge with these sources (TOML), enrolled at a running centre.
    pub fn enrol(
        binary: &Path,
        folder: &Path,
        centre: (&Centre, u16),
        sources: &str,
    ) -> Result<Self> {
        std::fs::create_dir_all(folder)?;
        let metrics = free_port()?;
        let config = format!("[metrics]\nlisten = \"127.0.0.1:{metrics}\"\n{sources}");
        std::fs::write(folder.join("haidang.toml"), config)?;
        let (centre, port) = centre;
        let wanted = r#"{"name":"bien","sites":["so-tttt"]}"#;
        let invited = centre.request("POST", "/api/v1/sensors", wanted)?;
        let token = invited.get("token").and_then(Value::as_str);
        let own = Self {
            folder: folder.to_owned(),
            metrics,
        };
        let mut command = own.command(binary, None);
        command.args(["enrol", "--token", token.context("no token")?]);
        command
            .arg("--centre")
            .arg(format!("https://localhost:{port}"));
        let enrolled = command.output()?;
        let said = String::from_utf8_lossy(&enrolled.stderr);
        ensure!(enrolled.status.success(), "cannot enrol: {said}");
        Ok(own)
    }

    fn command(&self, binary: &Path, core: Option<usize>) -> Command {
        let mut command = on_core(binary, core);
        command
            .arg("--config")
            .arg(self.folder.join("haidang.toml"));
        command.arg("--data-dir").arg(self.folder.join("data"));
        // As its unit has it.
        command
            .env("RUST_LOG", "error")
            .env("MIMALLOC_ALLOW_THP", "0");
        command
    }

    /// Starts it and waits until it tells its figures.
    pub fn start(&self, binary: &Path, core: Option<usize>) -> Result<Edge> {
        let mut command = self.command(binary, core);
        command.arg("sensor");
        let log = self.folder.join("sensor.log");
        let mut edge = Edge {
            process: Process::start(command, &log)?,
            metrics: self.metrics,
        };
        let started = Instant::now();
        while edge.spooled().is_err() {
            let lives = edge.process.lives();
            lives.with_context(|| std::fs::read_to_string(&log).unwrap_or_default())?;
            ensure!(
                started.elapsed() < Duration::from_secs(60),
                "the sensor does not answer"
            );
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(edge)
    }
}

impl Edge {
    /// What the spool holds, at most a second ago.
    pub fn spooled(&self) -> Result<Spooled> {
        let page = self.page()?;
        Ok(Spooled {
            last: sum(&page, "haidang_spool_lane_number{"),
            waiting: sum(&page, "haidang_spool_waiting_events{"),
        })
    }

    /// All of one figure, its labels added up.
    pub fn figure(&self, name: &str) -> Result<u64> {
        Ok(sum(&self.page()?, name))
    }

    /// The process.
    pub fn process(&self) -> &Process {
        &self.process
    }

    /// Asks it to stop, and waits.
    pub fn stop(self) -> Result<()> {
        self.process.stop()
    }

    fn page(&self) -> Result<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.metrics))?;
        stream
            .write_all(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
        let mut page = String::new();
        stream.read_to_string(&mut page)?;
        Ok(page)
    }
}

fn sum(page: &str, name: &str) -> u64 {
    let lines = page.lines().filter(|line| line.starts_with(name));
    lines
        .filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok())
        .sum()
}
