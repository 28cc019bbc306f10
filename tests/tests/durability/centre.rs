//! A real `haidang serve` as a process of its own: started, asked over its control socket, killed.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant, SystemTime};

use serde_json::Value;

/// Nothing here takes longer, even beside compilers on both cores.
const PATIENCE: Duration = Duration::from_secs(180);

/// A running centre.
pub(crate) struct Centre {
    child: Mutex<Child>,
    /// The data folder as this process sees it.
    data: PathBuf,
}

impl Centre {
    /// Starts `serve` on a load's folder, with failpoints or without, and waits until it answers;
    /// one that is to die at a failpoint may die before.
    pub(crate) fn start(folder: &Path, failpoints: &str) -> Self {
        let child = haidang(folder)
            .arg("serve")
            .env("FAILPOINTS", failpoints)
            .env("RUST_LOG", "error")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self::of(child, folder.join("data"))
    }

    /// Starts `serve` with its data folder on a tmpfs of 24 MiB, in a namespace of its own; none where
    /// that is not allowed.
    pub(crate) fn start_on_small_disk(folder: &Path) -> Option<Self> {
        const SCRIPT: &str = "cp -r \"$1/data/rules\" \"$1/rules\" \
             && mount -t tmpfs -o size=24m tmpfs \"$1/data\" && cp -r \"$1/rules\" \"$1/data/rules\" \
             && exec \"$2\" --config \"$1/haidang.toml\" --data-dir \"$1/data\" serve";
        let data = folder.join("data");
        let tried = Command::new("unshare")
            .args(["-Urm", "mount", "-t", "tmpfs", "tmpfs"])
            .arg(&data)
            .output();
        if !tried.is_ok_and(|output| output.status.success()) {
            return None;
        }
        let child = Command::new("unshare")
            .args(["-Urm", "sh", "-c", SCRIPT, "sh"])
            .arg(folder)
            .arg(haidang(folder).get_program())
            .env("RUST_LOG", "off")
            .env_remove("FAILPOINTS")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let seen = format!("/proc/{}/root{}", child.id(), data.display());
        Some(Self::of(child, seen.into()))
    }

    /// Fills the disk that the data folder is on, to the last byte; frees it again when dropped.
    pub(crate) fn fill_disk(&self) -> Ballast {
        let path = self.data.join("ballast");
        let mut file = std::fs::File::create(&path).unwrap();
        let mut size = 1 << 20;
        while size > 0 {
            if file.write_all(&vec![0; size]).is_err() {
                size /= 2;
            }
        }
        Ballast(path)
    }

    fn of(child: Child, data: PathBuf) -> Self {
        let centre = Self {
            child: Mutex::new(child),
            data,
        };
        centre.wait_until("the centre answers", || {
            centre.ask("/api/v1/health").is_some() || centre.is_dead()
        });
        centre
    }

    /// Kills it without a word after a while.
    pub(crate) fn kill_after(&self, pause: Duration) {
        std::thread::sleep(pause);
        let mut child = self.child.lock().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// Waits until a failpoint has aborted it.
    pub(crate) fn wait_for_death(&self, point: &str) {
        self.wait_until(&format!("{point} aborts"), || self.is_dead());
    }

    /// Asks it to stop, and waits.
    pub(crate) fn stop(&self) {
        let id = self.child.lock().unwrap().id();
        let told = Command::new("kill").arg(id.to_string()).status().unwrap();
        assert!(told.success());
        let status = self.child.lock().unwrap().wait().unwrap();
        assert!(status.success(), "it did not stop cleanly: {status}");
    }

    /// Looks again and again until something holds.
    pub(crate) fn wait_until(&self, what: &str, mut holds: impl FnMut() -> bool) {
        let started = Instant::now();
        while !holds() {
            assert!(
                started.elapsed() < PATIENCE,
                "waited in vain until {what}; health: {:?}",
                self.ask("/api/v1/health")
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// How many events a query finds, up to 10,000.
    pub(crate) fn total(&self, query: &str) -> u64 {
        let page = self.ask(&format!("/api/v1/events?limit=1&q={query}"));
        page.and_then(|page| page["total"].as_u64()).unwrap_or(0)
    }

    /// The numbers of all lines that are indexed; a line that is there twice fails.
    pub(crate) fn numbers(&self) -> BTreeSet<u64> {
        let mut numbers = BTreeSet::new();
        let mut cursor = String::new();
        loop {
            let page = self
                .ask(&format!("/api/v1/events?limit=200&q=EventID:4625{cursor}"))
                .unwrap();
            for item in page["items"].as_array().unwrap() {
                let number = item["record"]["Number"].as_u64().unwrap();
                assert!(numbers.insert(number), "line {number} is indexed twice");
            }
            match page["next"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return numbers,
            }
        }
    }

    /// Every line that is indexed: the event's id, and the line's number.
    pub(crate) fn ids(&self) -> BTreeMap<String, u64> {
        let (mut ids, mut cursor) = (BTreeMap::new(), String::new());
        loop {
            let path = format!("/api/v1/events?limit=200&q=EventID:4625{cursor}");
            let page = self.ask(&path).unwrap();
            for item in page["items"].as_array().unwrap() {
                let number = item["record"]["Number"].as_u64().unwrap();
                ids.insert(item["id"].as_str().unwrap().to_owned(), number);
            }
            match page["next"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return ids,
            }
        }
    }

    /// How often each alert of the load's own rule has counted.
    pub(crate) fn alert_counts(&self) -> Vec<u64> {
        let page = self
            .ask("/api/v1/alerts?limit=200&rule=3d0c2f4e-98a7-4c59-9f0a-6a3a2f1f7a10")
            .unwrap();
        let items = page["items"].as_array().unwrap();
        items
            .iter()
            .map(|alert| alert["count"].as_u64().unwrap())
            .collect()
    }

    /// Every event of the load as the API shows it, newest first.
    pub(crate) fn events(&self) -> Vec<Value> {
        // While the index is opened there is an answer, and none of it.
        for _ in 0..100 {
            let page = self.ask("/api/v1/events?limit=200&q=EventID:4625");
            if let Some(items) = page.as_ref().and_then(|page| page["items"].as_array()) {
                return items.clone();
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("the centre does not tell its events");
    }

    /// How it is.
    pub(crate) fn health(&self) -> Value {
        self.ask("/api/v1/health").unwrap()
    }

    /// The codes of the problems that health tells.
    pub(crate) fn health_problems(&self) -> Vec<String> {
        let health = self.health();
        let problems = health["problems"].as_array().unwrap();
        problems
            .iter()
            .map(|problem| problem["code"].as_str().unwrap().to_owned())
            .collect()
    }

    fn is_dead(&self) -> bool {
        self.child.lock().unwrap().try_wait().unwrap().is_some()
    }

    /// The answer to a GET over the control socket; none when nobody answers.
    fn ask(&self, path: &str) -> Option<Value> {
        let mut stream = UnixStream::connect(self.data.join("control.sock")).ok()?;
        let request =
            format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        let (_, body) = answer.split_once("\r\n\r\n")?;
        serde_json::from_str(body).ok()
    }
}

/// What fills a disk.
pub(crate) struct Ballast(PathBuf);

impl Drop for Ballast {
    fn drop(&mut self) {
        std::fs::remove_file(&self.0).unwrap();
    }
}

impl Drop for Centre {
    fn drop(&mut self) {
        let mut child = self
            .child
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        // Dead already, where the test went well.
        drop(child.kill());
        drop(child.wait());
    }
}

/// `haidang verify`: its exit code and what it printed.
pub(crate) fn verify(folder: &Path, flags: &[&str]) -> (Option<i32>, String) {
    let output = haidang(folder).arg("verify").args(flags).output().unwrap();
    (
        output.status.code(),
        String::from_utf8_lossy(&output.stdout).into_owned(),
    )
}

/// Flips one bit of the journal where it first says `text`.
pub(crate) fn flip_a_byte_in_the_journal(folder: &Path, text: &str) {
    for path in files(&folder.join("data/journal")) {
        let mut bytes = std::fs::read(&path).unwrap();
        let place = bytes
            .windows(text.len())
            .position(|window| window == text.as_bytes());
        if let Some(place) = place {
            bytes[place] ^= 1;
            return std::fs::write(&path, bytes).unwrap();
        }
    }
    panic!("the journal does not hold {text}");
}

/// Leaves the journal and takes everything that was made from it.
pub(crate) fn forget_all_but_the_journal(folder: &Path) {
    std::fs::remove_dir_all(folder.join("data/index")).unwrap();
    for path in files(&folder.join("data")) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name.starts_with("store.db") {
            std::fs::remove_file(path).unwrap();
        }
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file())
        .collect();
    files.sort();
    files
}

/// The folder names of a group's partitions.
pub(crate) fn partitions(folder: &Path, group: &str) -> Vec<String> {
    let entries = std::fs::read_dir(folder.join("data/index").join(group)).unwrap();
    entries
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect()
}

/// When each file of a partition was last written, and what is in it.
pub(crate) fn contents(folder: &Path, group: &str, partition: &str) -> Vec<Written> {
    let folder = folder.join("data/index").join(group).join(partition);
    let written = files(&folder).into_iter().map(|path| {
        let at = path.metadata().unwrap().modified().unwrap();
        let bytes = std::fs::read(&path).unwrap();
        (path, at, bytes)
    });
    written.collect()
}

/// A file: its path, when it was written, what is in it.
pub(crate) type Written = (PathBuf, SystemTime, Vec<u8>);

/// The binary that was built with the tests, on a load's folder.
pub(crate) fn haidang(folder: &Path) -> Command {
    let mut command = tests::binary::haidang();
    command.arg("--config").arg(folder.join("haidang.toml"));
    command.arg("--data-dir").arg(folder.join("data"));
    command
}
