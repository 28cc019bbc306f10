//! The box of a commune: how much memory `haidang sensor` and its capture child take together, idle and
//! while a mix of captures comes through an interface at 100 Mbit/s.
//!
//! Root makes a pair of interfaces (veth) and takes it away again; tcpreplay sends. Each round of the mix has
//! other addresses, so that flows are new and the table fills as it would on a line.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::Options;
use crate::centre::Centre;
use crate::edge::{Edge, Place, configure_centre};
use crate::process::{Process, memory, part};
use crate::read::make_mix;
use crate::syslog::find;
use crate::table::row;

/// Both ends of the pair.
const PAIR: [&str; 2] = ["haidangbench0", "haidangbench1"];
/// What is sent, in Mbit/s.
const RATE: u64 = 100;
/// The mix is repeated, so it need not be large.
const MIX_MB: u64 = 100;

/// The pair of interfaces; taken away when it is dropped.
struct Pair;

impl Pair {
    fn make() -> Result<Self> {
        ip(&[
            "link", "add", PAIR[0], "type", "veth", "peer", "name", PAIR[1],
        ])?;
        let own = Self;
        for end in PAIR {
            // Captures may hold what segmentation offload has joined.
            ip(&["link", "set", end, "mtu", "65535", "up"])?;
        }
        Ok(own)
    }
}

impl Drop for Pair {
    fn drop(&mut self) {
        drop(ip(&["link", "del", PAIR[0]]));
    }
}

fn ip(words: &[&str]) -> Result<()> {
    let done = Command::new("ip")
        .args(words)
        .stderr(Stdio::null())
        .status();
    let done = done.is_ok_and(|done| done.success());
    ensure!(done, "ip {} is not permitted", words.join(" "));
    Ok(())
}

/// Measures it.
pub fn run(folder: &Path, options: &Options) -> Result<()> {
    let Some((tcpreplay, root)) = find("tcpreplay") else {
        println!("skipped: box, for tcpreplay is neither on PATH nor in $HAIDANG_PEERS");
        return Ok(());
    };
    let Some(mix) = make_mix(folder, options, MIX_MB)? else {
        return Ok(());
    };
    let pair = match Pair::make() {
        Ok(pair) => pair,
        Err(reason) => {
            println!("skipped: box, for it needs root: {reason:#}");
            return Ok(());
        }
    };
    let home = folder.join("home");
    std::fs::create_dir_all(&home)?;
    let port = configure_centre(&home)?;
    let centre = Centre::start(&options.binary, &home)?;
    let source = format!(
        "[[source]]\nid = \"mirror\"\nkind = \"interface\"\ninterface = \"{}\"\nsite = \"so-tttt\"\n",
        PAIR[1]
    );
    let own = (&centre, port);
    let place = Place::enrol(&options.binary, &folder.join("edge"), own, &source)?;
    let edge = place.start(&options.binary, None)?;
    std::thread::sleep(Duration::from_secs(20));
    let connected = edge.figure("haidang_uplink_state{state=\"connected\"}")?;
    ensure!(connected == 1, "the uplink is not connected");
    let idle = Held::by(&edge);
    row(
        "box: idle, PSS of sensor and child, MiB",
        rounded(idle.pss),
        "< 60",
    );
    row(
        "box: idle, RSS of both, the program's own pages twice, MiB",
        rounded(idle.rss),
        "",
    );

    let most = replayed((&tcpreplay, root), &mix, &edge, options)?;
    let cpu = edge.process().cpu()?;
    row(
        "box: most RSS of both at 100 Mbit/s, MiB",
        rounded(most.rss),
        "<= 400",
    );
    row(
        "box: most RSS of the capture child, MiB",
        rounded(most.child),
        "",
    );
    row("box: most PSS of both, MiB", rounded(most.pss), "");
    row(
        "box: cpu seconds of the sensor without its child",
        rounded(cpu),
        "",
    );
    told(&centre, &edge)?;
    drop(pair);
    edge.stop()?;
    centre.stop()
}

/// Sends the mix for so long; the most that an edge held meanwhile.
fn replayed(
    (tcpreplay, root): (&Path, Option<PathBuf>),
    mix: &Path,
    edge: &Edge,
    options: &Options,
) -> Result<Held> {
    let mut command = Command::new(tcpreplay);
    command.args(["--intf1", PAIR[0], "--mbps", &RATE.to_string()]);
    command.args(["--loop", "0", "--unique-ip", "--preload-pcap", "--duration"]);
    command.arg(options.box_seconds.to_string()).arg(mix);
    if let Some(root) = root {
        command.env("LD_LIBRARY_PATH", root.join("usr/lib/x86_64-linux-gnu"));
    }
    let log = mix.with_extension("log");
    let sending = Process::start(command, &log)?;
    let (started, mut most) = (Instant::now(), Held::default());
    while started.elapsed() < Duration::from_secs(options.box_seconds + 5) {
        most = most.max(Held::by(edge));
        std::thread::sleep(Duration::from_millis(500));
    }
    drop(sending);
    Ok(most)
}

/// What the mirror's source says of itself at the centre, when everything has been delivered.
fn told(centre: &Centre, edge: &Edge) -> Result<()> {
    let started = Instant::now();
    while edge.spooled()?.waiting > 20 && started.elapsed() < Duration::from_secs(120) {
        std::thread::sleep(Duration::from_millis(500));
    }
    // A status comes every ten seconds.
    std::thread::sleep(Duration::from_secs(12));
    let status = centre.search("event_type:sensor.status AND source:mirror", 1)?;
    let record = status
        .pointer("/items/0/record")
        .context("no status of the mirror")?;
    for key in ["packets", "bytes", "dropped"] {
        let value = record.get(key).and_then(Value::as_u64);
        row(
            &format!("box: {key}, as the mirror's last status says"),
            value.map_or_else(|| "-".to_owned(), |value| value.to_string()),
            "",
        );
    }
    row("box: events kept", edge.spooled()?.last, "");
    Ok(())
}

/// What an edge with its children holds, in MiB.
#[derive(Clone, Copy, Default)]
struct Held {
    /// RSS of both; pages of the program itself count twice.
    rss: f64,
    /// RSS of the children.
    child: f64,
    /// PSS of both: what they take of the machine.
    pss: f64,
}

impl Held {
    fn by(edge: &Edge) -> Self {
        let own = edge.process().id();
        let tasks = std::fs::read_dir(format!("/proc/{own}/task"));
        let tasks = tasks.into_iter().flatten().flatten();
        let texts =
            tasks.filter_map(|task| std::fs::read_to_string(task.path().join("children")).ok());
        let words: Vec<String> = texts.collect();
        let children = words.iter().flat_map(|text| text.split_whitespace());
        let children: Vec<u32> = children.filter_map(|word| word.parse().ok()).collect();
        let rss = |id: &u32| memory(*id, "VmRSS:");
        let child = children.iter().filter_map(rss).sum();
        let pss = children.iter().copied().chain([own]).filter_map(part).sum();
        Self {
            rss: rss(&own).unwrap_or(0.0) + child,
            child,
            pss,
        }
    }

    fn max(self, other: Self) -> Self {
        Self {
            rss: self.rss.max(other.rss),
            child: self.child.max(other.child),
            pss: self.pss.max(other.pss),
        }
    }
}

fn rounded(value: f64) -> String {
    format!("{value:.0}")
}
