//! An edge as a process of its own: its folder, its log, its `haidang sensor`.

use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use serde_json::json;

use crate::binary::haidang;
use crate::lab::Lab;

/// An edge that is enrolled.
pub struct Edge {
    /// Its name.
    pub name: String,
    dir: tempfile::TempDir,
    program: Option<PathBuf>,
    process: Option<Child>,
    written: u64,
}

/// What an edge is configured with beside its source.
#[derive(Clone, Copy, Debug, Default)]
pub struct EdgeKeys<'a> {
    /// More TOML, in front of the source.
    pub more: &'a str,
    /// The site of its source.
    pub site: &'a str,
}

impl Edge {
    /// Invites and enrols an edge at the centre's far end of a line. `line`: where it finds the centre.
    pub async fn enrol(lab: &Lab, name: &str, line: SocketAddr, keys: EdgeKeys<'_>) -> Self {
        Self::enrol_of(None, lab, name, (line, keys)).await
    }

    /// As [`Self::enrol`], with another program than the one that was built: of another version.
    pub async fn enrol_of(
        program: Option<PathBuf>,
        lab: &Lab,
        name: &str,
        (line, keys): (SocketAddr, EdgeKeys<'_>),
    ) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let edge = Self {
            name: name.to_owned(),
            dir,
            program,
            process: None,
            written: 0,
        };
        std::fs::write(edge.log(), "").unwrap();
        // An older program may know no figures.
        let metrics = if keys.more.contains("[metrics]") || edge.program.is_some() {
            ""
        } else {
            "[metrics]\non = false\n"
        };
        let config = format!(
            "data_dir = \"{}\"\n{metrics}{}\n{}",
            edge.data_dir().display(),
            keys.more,
            edge.source(keys.site)
        );
        std::fs::write(edge.config(), config).unwrap();
        edge.enrol_again(lab, line, keys.site).await;
        edge
    }

    /// The source that reads its log, as it is configured.
    pub fn source(&self, site: &str) -> String {
        format!(
            "[[source]]\nid = \"mirror\"\nkind = \"file\"\nformat = \"eve\"\nsite = \"{site}\"\npath = \"{}\"\n",
            self.log().display()
        )
    }

    /// Invites and enrols it (again).
    pub async fn enrol_again(&self, lab: &Lab, line: SocketAddr, site: &str) {
        let wanted = json!({"name": self.name, "sites": [site]});
        let invited = lab.local().post("/api/v1/sensors", &wanted).await;
        assert_eq!(invited.status, 201, "{}", invited.text);
        let token = invited.body["token"].as_str().unwrap();
        let mut command = self.command("enrol");
        command.args(["--token", token]);
        command.args(["--centre", &format!("https://localhost:{}", line.port())]);
        let output = tokio::task::spawn_blocking(move || command.output().unwrap());
        let output = output.await.unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{said}");
    }

    /// A command of `haidang` with this edge's configuration.
    pub fn command(&self, name: &str) -> Command {
        let mut command = self.program.as_ref().map_or_else(haidang, Command::new);
        command.arg(name).arg("--config").arg(self.config());
        command
    }

    /// Its data folder.
    pub fn data_dir(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    fn config(&self) -> PathBuf {
        self.dir.path().join("sensor.toml")
    }

    fn log(&self) -> PathBuf {
        self.dir.path().join("eve.json")
    }

    /// Starts its process.
    pub fn start(&mut self) {
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(self.dir.path().join("stderr"))
            .unwrap();
        let mut command = self.command("sensor");
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log);
        self.process = Some(command.spawn().unwrap());
    }

    /// What its process said.
    pub fn said(&self) -> String {
        std::fs::read_to_string(self.dir.path().join("stderr")).unwrap_or_default()
    }

    /// Kills its process, as a power cut does to a program.
    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }

    /// Puts the data folder elsewhere, as a box that is set up anew has none.
    pub fn lose_data(&mut self) {
        self.kill();
        std::fs::rename(self.data_dir(), self.dir.path().join("lost")).unwrap();
    }

    /// Writes lines of all three lanes to its log; each carries a number of its own.
    pub fn write(&mut self, count: u64) {
        let kinds = ["dns", "flow", "dns", "anomaly"];
        let mut text = String::new();
        for _ in 0..count {
            self.written += 1;
            let kind = kinds[usize::try_from(self.written % 4).unwrap()];
            let line = json!({
                "timestamp": "2026-11-30T08:00:00.000000+0000", "event_type": kind,
                "n": self.written, "src_ip": "10.60.31.2", "dest_ip": "10.60.1.3",
                "noise": format!("{:016x}", self.written.wrapping_mul(0x9e37_79b9_7f4a_7c15)),
            });
            text.push_str(&format!("{line}\n"));
        }
        let mut log = std::fs::File::options()
            .append(true)
            .open(self.log())
            .unwrap();
        log.write_all(text.as_bytes()).unwrap();
    }

    /// How many lines were written.
    pub fn written(&self) -> u64 {
        self.written
    }
}

impl Drop for Edge {
    fn drop(&mut self) {
        self.kill();
    }
}
