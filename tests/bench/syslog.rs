//! Syslog over TCP on one core: through parse and journal of a centre, through parse and spool of an edge,
//! and a peer that writes the same lines into a file.
//!
//! A centre examines and indexes on the same core at the same time. That takes several times what the demand
//! is about, so its processor time is told apart by thread: reading and parsing, intake, the journal's writer;
//! and everything else.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use crate::Options;
use crate::centre::{Centre, know_sites};
use crate::edge::{Place, configure_centre, free_port};
use crate::mix::{Mix, Seeded};
use crate::process::{Process, on_core, stay_anywhere, stay_on};
use crate::table::row;

/// The core of what is measured, and that of the driver.
const CORES: (usize, usize) = (0, 1);
/// Nothing here takes so long.
const PATIENCE: Duration = Duration::from_secs(600);

/// The same lines to each of them, one after the other.
pub fn run(folder: &Path, options: &Options) -> Result<()> {
    if let Err(reason) = stay_on(CORES.1) {
        println!("skipped: syslog on one core: {reason}");
        return Ok(());
    }
    let texts = lines(options)?;
    let bytes: usize = texts.iter().map(Vec::len).sum();
    row("syslog: lines", options.lines, "");
    row(
        "syslog: bytes a line",
        bytes as u64 / options.lines.max(1),
        "",
    );
    let centre = in_centre(&folder.join("centre"), options, &texts)?;
    let edge = in_edge(folder, options, &texts)?;
    match peer(&folder.join("peer"), options, &texts)? {
        Some(peer) => {
            for (name, own) in [("serve", centre), ("sensor", edge)] {
                row(
                    &format!("syslog: {name} beside rsyslogd, of a processor second"),
                    format!("{:.2}", own / peer),
                    "",
                );
            }
        }
        None => println!("skipped: rsyslogd, for it is neither on PATH nor in $HAIDANG_PEERS"),
    }
    stay_anywhere()
}

/// The lines of two connections: one ends each with a line feed, one counts.
fn lines(options: &Options) -> Result<[Vec<u8>; 2]> {
    let mut mix = Mix::load(&options.checkout.join("deploy/demo"), options.seed)?;
    let mut seeded = Seeded::new(options.seed);
    let mut texts = [Vec::new(), Vec::new()];
    let (mut made, mut line) = (String::new(), String::new());
    let now = daemon::system_clock();
    for number in 0..options.lines {
        made.clear();
        line.clear();
        mix.line(2, &mut made, now());
        write_line(&made, number, &mut seeded, &mut line).context("no line of syslog")?;
        let [ended, counted] = &mut texts;
        if number % 2 == 0 {
            ended.extend_from_slice(line.as_bytes());
            ended.push(b'\n');
        } else {
            write!(counted, "{} {line}", line.len())?;
        }
    }
    Ok(texts)
}

/// Writes `2026-11-23T23:44:34.138857+00:00 host tag: message` as a device sends it: RFC 5424, a quarter of
/// them with structured data, or RFC 3164.
fn write_line(made: &str, number: u64, seeded: &mut Seeded, out: &mut String) -> Option<()> {
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let (time, rest) = made.split_once(' ')?;
    let (host, rest) = rest.split_once(' ')?;
    let (tag, message) = rest.split_once(": ")?;
    let priority = 80 + seeded.below(8);
    if number % 4 < 2 {
        let month: usize = time.get(5..7)?.parse().ok()?;
        let (month, day) = (MONTHS.get(month.checked_sub(1)?)?, time.get(8..10)?);
        let day = day.trim_start_matches('0');
        let clock = time.get(11..19)?;
        write!(
            out,
            "<{priority}>{month} {day:>2} {clock} {host} {tag}: {message}"
        )
        .ok()
    } else {
        let (program, process) = tag.split_once('[').unwrap_or((tag, "-"));
        let process = process.trim_end_matches(']');
        let data = match number % 8 {
            2 => format!("[meta@32473 seq=\"{number}\"][origin ip=\"10.60.31.21\"]"),
            _ => "-".to_owned(),
        };
        write!(
            out,
            "<{priority}>1 {time} {host} {program} {process} - {data} {message}"
        )
        .ok()
    }
}

/// Connects and sends; the connections stay open until the threads' results are dropped.
fn send(port: u16, texts: &[Vec<u8>; 2]) -> Result<Vec<JoinHandle<Result<TcpStream>>>> {
    let mut sending = Vec::new();
    for text in texts {
        let started = Instant::now();
        let mut stream = loop {
            match TcpStream::connect(("127.0.0.1", port)) {
                Ok(stream) => break stream,
                Err(error) => ensure!(started.elapsed() < Duration::from_secs(10), error),
            }
            std::thread::sleep(Duration::from_millis(20));
        };
        let text = text.clone();
        sending.push(std::thread::spawn(move || {
            stream.write_all(&text)?;
            Ok(stream)
        }));
    }
    Ok(sending)
}

fn source(port: u16) -> String {
    format!(
        "[[source]]\nid = \"syslog\"\nkind = \"syslog\"\ntransport = \"tcp\"\nformat = \"syslog\"\n\
         listen = \"127.0.0.1:{port}\"\nallow = [\"127.0.0.0/8\"]\nsite = \"so-tttt\"\n"
    )
}

/// Rows of processor time by thread; the lines of a second of it on the way that is asked for.
fn told(
    name: &str,
    way: &[&str],
    threads: &BTreeMap<String, f64>,
    before: &BTreeMap<String, f64>,
    lines: f64,
) -> f64 {
    let (mut on_way, mut rest) = (0.0, 0.0);
    for (thread, cpu) in threads {
        let spent = cpu - before.get(thread).copied().unwrap_or(0.0);
        if way.contains(&thread.as_str()) {
            on_way += spent;
            row(
                &format!("syslog: {name}, thread {thread}: cpu us a line"),
                format!("{:.2}", spent / lines * 1e6),
                "",
            );
        } else {
            rest += spent;
        }
    }
    row(
        &format!("syslog: {name}, everything else at the same time: cpu us a line"),
        format!("{:.2}", rest / lines * 1e6),
        "",
    );
    let each = lines / on_way;
    row(
        &format!("syslog: {name}, lines per processor second of these threads"),
        format!("{each:.0}"),
        ">= 100,000",
    );
    each
}

/// A centre: from the first byte until health says that all lines are durable.
fn in_centre(folder: &Path, options: &Options, texts: &[Vec<u8>; 2]) -> Result<f64> {
    std::fs::create_dir_all(folder)?;
    let port = free_port()?;
    let config = format!(
        "[web]\nlisten = \"127.0.0.1:0\"\n[metrics]\non = false\n{}",
        source(port)
    );
    std::fs::write(folder.join("haidang.toml"), config)?;
    know_sites(folder)?;
    let centre = Centre::start_on(&options.binary, folder, Some(CORES.0))?;
    let (base, before) = (centre.places()?.journal, centre.process().threads()?);
    let started = Instant::now();
    let sending = send(port, texts)?;
    let mut places = centre.places()?;
    while places.journal < base + options.lines {
        ensure!(started.elapsed() < PATIENCE, "lines did not become durable");
        std::thread::sleep(Duration::from_millis(50));
        places = centre.places()?;
    }
    let wall = started.elapsed().as_secs_f64();
    let threads = centre.process().threads()?;
    let lines = options.lines as f64;
    row(
        "syslog: serve on one core, lines/s until durable",
        format!("{:.0}", lines / wall),
        ">= 100,000",
    );
    row(
        "syslog: serve, examined of a hundred by then",
        places.detector * 100 / places.journal.max(1),
        "",
    );
    let way = ["syslog", "intake", "journal"];
    let each = told("serve", &way, &threads, &before, lines);
    drop(sending);
    while centre.places()?.index < base + options.lines {
        ensure!(started.elapsed() < PATIENCE, "lines were not indexed");
        std::thread::sleep(Duration::from_millis(100));
    }
    row(
        "syslog: serve on one core, lines/s until searchable",
        format!("{:.0}", lines / started.elapsed().as_secs_f64()),
        "",
    );
    centre.stop()?;
    Ok(each)
}

/// An edge whose centre is away: until the spool holds all lines.
fn in_edge(folder: &Path, options: &Options, texts: &[Vec<u8>; 2]) -> Result<f64> {
    let home = folder.join("home");
    std::fs::create_dir_all(&home)?;
    let centre_port = configure_centre(&home)?;
    let centre = Centre::start(&options.binary, &home)?;
    let port = free_port()?;
    let own = (&centre, centre_port);
    let place = Place::enrol(&options.binary, &folder.join("edge"), own, &source(port))?;
    centre.stop()?;
    let edge = place.start(&options.binary, Some(CORES.0))?;
    let (base, before) = (edge.spooled()?.last, edge.process().threads()?);
    let started = Instant::now();
    let sending = send(port, texts)?;
    // The page is made at most once a second: the rate is that between the first and the last that moved.
    let mut samples = vec![(0.0, 0)];
    let mut held = 0;
    while held < options.lines {
        ensure!(started.elapsed() < PATIENCE, "lines were not kept");
        std::thread::sleep(Duration::from_millis(20));
        let now = edge.spooled()?.last.saturating_sub(base);
        if now != held {
            held = now;
            samples.push((started.elapsed().as_secs_f64(), held));
        }
    }
    let moved = samples.iter().rev().find(|(_, held)| *held < options.lines);
    let rate = moved.map_or(0.0, |(at, held)| *held as f64 / at);
    row(
        "syslog: sensor on one core, lines/s until in the spool",
        format!("{rate:.0}"),
        ">= 100,000",
    );
    let threads = edge.process().threads()?;
    let way = ["syslog", "intake", "spool"];
    let each = told("sensor", &way, &threads, &before, options.lines as f64);
    drop(sending);
    edge.stop()?;
    Ok(each)
}

/// rsyslogd: from the first byte until its file has all lines. It syncs nothing.
fn peer(folder: &Path, options: &Options, texts: &[Vec<u8>; 2]) -> Result<Option<f64>> {
    let Some((program, root)) = find("rsyslogd") else {
        return Ok(None);
    };
    std::fs::create_dir_all(folder)?;
    let (port, out) = (free_port()?, folder.join("out.log"));
    let config = format!(
        "global(workDirectory=\"{}\")\nmodule(load=\"imtcp\")\ninput(type=\"imtcp\" port=\"{port}\")\n\
         action(type=\"omfile\" file=\"{}\")\n",
        folder.display(),
        out.display()
    );
    std::fs::write(folder.join("peer.conf"), config)?;
    let mut command = on_core(&program, Some(CORES.0));
    command.arg("-n").arg("-f").arg(folder.join("peer.conf"));
    command.arg("-i").arg(folder.join("pid"));
    if let Some(root) = root {
        let libraries = root.join("usr/lib/x86_64-linux-gnu");
        command.arg("-M").arg(libraries.join("rsyslog"));
        command.env("LD_LIBRARY_PATH", libraries);
    }
    let peer = Process::start(command, &folder.join("log"))?;
    std::thread::sleep(Duration::from_secs(1));
    let before = peer.cpu()?;
    let started = Instant::now();
    let sending = send(port, texts)?;
    let mut file = loop {
        match std::fs::File::open(&out) {
            Ok(file) => break file,
            Err(error) => ensure!(started.elapsed() < PATIENCE, error),
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    let (mut written, mut buffer) = (0, vec![0; 1 << 20]);
    while written < options.lines {
        ensure!(
            started.elapsed() < PATIENCE,
            "the peer wrote only {written}"
        );
        let length = file.read(&mut buffer)?;
        if length == 0 {
            std::thread::sleep(Duration::from_millis(20));
        }
        let read = buffer.get(..length).unwrap_or_default();
        written += read.iter().filter(|byte| **byte == b'\n').count() as u64;
    }
    let (wall, cpu) = (started.elapsed().as_secs_f64(), peer.cpu()? - before);
    drop(sending);
    let lines = options.lines as f64;
    row(
        "syslog: rsyslogd on one core, lines/s until in its file",
        format!("{:.0}", lines / wall),
        "",
    );
    row(
        "syslog: rsyslogd, lines per processor second",
        format!("{:.0}", lines / cpu),
        "",
    );
    Ok(Some(lines / cpu))
}

/// A program on PATH, or in the folder of unpacked packages that `$HAIDANG_PEERS` names.
pub fn find(name: &str) -> Option<(PathBuf, Option<PathBuf>)> {
    if let Some(root) = std::env::var_os("HAIDANG_PEERS").map(PathBuf::from) {
        let mut at = ["usr/sbin", "usr/bin"]
            .iter()
            .map(|dir| root.join(dir).join(name));
        if let Some(program) = at.find(|program| program.exists()) {
            return Some((program, Some(root)));
        }
    }
    let found = Command::new("sh")
        .args(["-c", "PATH=$PATH:/usr/sbin command -v \"$1\"", "sh", name])
        .output()
        .ok()?;
    let path = String::from_utf8(found.stdout).ok()?;
    let path = path.trim();
    (!path.is_empty()).then(|| (path.into(), None))
}
