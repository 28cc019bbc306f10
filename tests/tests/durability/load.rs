//! The load: numbered failed logons in a file that `serve` follows.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;
use std::time::Duration;

use event::Time;

/// A data folder with its configuration, its one rule, and the file that grows.
pub(crate) struct Load {
    dir: tempfile::TempDir,
    written: u64,
}

/// A round of writing, under way.
pub(crate) struct Writing(JoinHandle<()>);

impl Writing {
    /// Waits until the round is written.
    pub(crate) fn join(self) {
        self.0.join().unwrap();
    }
}

const RULE: &str = "title: Failed logon
id: 3d0c2f4e-98a7-4c59-9f0a-6a3a2f1f7a10
level: low
logsource:
  product: windows
  service: security
detection:
  selection:
    EventID: 4625
  condition: selection
";

const CONFIG: &str = "
[web]
listen = \"127.0.0.1:0\"
[metrics]
on = false
[journal]
segment_mib = 1
reserve_mib = 0
[index]
heap_mib = 15
commit_ms = 300
[detector]
checkpoint_ms = 100
[[source]]
id = \"logons\"
kind = \"file\"
path = \"LOG\"
format = \"winlogbeat\"
site = \"so-tttt\"
";

impl Load {
    /// Makes the folder.
    pub(crate) fn new() -> Self {
        Self::configured(CONFIG)
    }

    /// Makes the folder; partitions are sealed at so many events.
    pub(crate) fn with_partitions_of(events: u64) -> Self {
        let index = format!("[index]\npartition_events = {events}");
        Self::configured(&CONFIG.replace("[index]", &index))
    }

    fn configured(config: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let rules = dir.path().join("data/rules/sigma");
        std::fs::create_dir_all(&rules).unwrap();
        std::fs::write(rules.join("logon.yml"), RULE).unwrap();
        let sites = dir.path().join("data/rules/sites");
        std::fs::create_dir_all(&sites).unwrap();
        let demo = tests::repository().join("deploy/demo/rules/sites/demo.yml");
        std::fs::copy(demo, sites.join("demo.yml")).unwrap();
        std::fs::write(dir.path().join("logons.json"), "").unwrap();
        let log = dir.path().join("logons.json");
        let config = config.replace("LOG", &log.display().to_string());
        std::fs::write(dir.path().join("haidang.toml"), config).unwrap();
        Self { dir, written: 0 }
    }

    /// The folder of data, configuration and log.
    pub(crate) fn folder(&self) -> &Path {
        self.dir.path()
    }

    /// How many lines there are.
    pub(crate) fn written(&self) -> u64 {
        self.written
    }

    /// Writes lines spread over a span of time, on a thread of its own.
    pub(crate) fn write_for(&mut self, lines: u64, span: Duration) -> Writing {
        let first = self.written + 1;
        self.written += lines;
        let last = self.written;
        let path = self.log();
        let pause = span / u32::try_from(lines / 20 + 1).unwrap();
        Writing(std::thread::spawn(move || {
            let now = daemon::system_clock();
            let mut file = std::fs::File::options().append(true).open(path).unwrap();
            let numbers: Vec<u64> = (first..=last).collect();
            for some in numbers.chunks(20) {
                let text: String = some.iter().map(|number| line(*number, now())).collect();
                file.write_all(text.as_bytes()).unwrap();
                std::thread::sleep(pause);
            }
        }))
    }

    /// Writes lines whose time is thirty days ago.
    pub(crate) fn write_old(&mut self, lines: u64) {
        let first = self.written + 1;
        self.written += lines;
        let old = daemon::system_clock()().minus(Duration::from_secs(30 * 86_400));
        let text: String = (first..=self.written)
            .map(|number| line(number, old))
            .collect();
        let mut file = std::fs::File::options()
            .append(true)
            .open(self.log())
            .unwrap();
        file.write_all(text.as_bytes()).unwrap();
    }

    /// Empties the log: what was read before is not read again.
    pub(crate) fn forget_log(&self) {
        std::fs::write(self.log(), "").unwrap();
    }

    fn log(&self) -> PathBuf {
        self.dir.path().join("logons.json")
    }
}

/// About 1.3 KB in the journal: a round of the load fills a segment, so that segments are cut.
fn line(number: u64, time: Time) -> String {
    format!(
        "{{\"@timestamp\":\"{time}\",\"EventID\":4625,\"Channel\":\"Security\",\
         \"Computer\":\"may-tram-1\",\"IpAddress\":\"203.0.113.9\",\"Number\":{number},\
         \"Filler\":\"{filler}\"}}\n",
        filler = "x".repeat(1_000),
    )
}
