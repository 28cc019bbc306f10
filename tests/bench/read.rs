//! Read: `haidang read` over a large mix of captures, beside whatever else is installed here.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, ensure};

use crate::Options;
use crate::table::row;

/// What a process took.
struct Taken {
    wall: f64,
    cpu: f64,
    rss: f64,
}

/// Makes a mix of captures; says why where it cannot.
pub fn make_mix(folder: &Path, options: &Options, mb: u64) -> Result<Option<PathBuf>> {
    let given = std::env::var_os("HAIDANG_SHARED").map(PathBuf::from);
    let shared = given.unwrap_or_else(|| options.checkout.join("../shared"));
    let (tool, captures) = (
        shared.join("tools/mkmix.py"),
        shared.join("conformance/suricata-verify/tests"),
    );
    if !tool.exists() || !captures.exists() {
        println!(
            "skipped: a mix of captures, for {} is not there",
            captures.display()
        );
        return Ok(None);
    }
    let mix = folder.join("mix.pcap");
    let mut python = Command::new("python3");
    python
        .arg(tool)
        .arg("--out")
        .arg(&mix)
        .arg("--mb")
        .arg(mb.to_string());
    let made = python.arg(captures).stdout(Stdio::null()).status();
    ensure!(
        made.context("cannot start python3")?.success(),
        "cannot make the mix"
    );
    Ok(Some(mix))
}

/// Reads a mix and prints the figures.
pub fn run(folder: &Path, options: &Options) -> Result<()> {
    let Some(mix) = make_mix(folder, options, options.mb)? else {
        return Ok(());
    };
    let packets = count_packets(&std::fs::read(&mix)?) as f64;
    let bytes = mix.metadata()?.len() as f64;

    let out = folder.join("events.json");
    let mut command = Command::new(&options.binary);
    command
        .arg("read")
        .arg(&mix)
        .arg("--out")
        .arg(&out)
        .env("RUST_LOG", "error");
    let Taken { wall, cpu, rss } = take(command)?;
    let events = std::fs::read(&out)?
        .iter()
        .filter(|byte| **byte == b'\n')
        .count();
    row("read: packets", packets, "");
    row("read: events", events, "");
    row(
        "read: packets per cpu second",
        format!("{:.0}", packets / cpu),
        "",
    );
    row("read: MB/s", format!("{:.1}", bytes / wall / 1e6), "");
    row(
        "read: MB per cpu second",
        format!("{:.1}", bytes / cpu / 1e6),
        "",
    );
    row("read: peak RSS, MiB", format!("{rss:.0}"), "<= 1,024");
    beside(&mix, packets);
    Ok(())
}

/// What other readers here take for the same mix.
fn beside(mix: &Path, packets: f64) {
    let mut peers = 0;
    for (name, arguments) in [("tcpdump", &["-nn", "-r"][..]), ("tshark", &["-n", "-r"])] {
        let mut command = Command::new(name);
        command.args(arguments).arg(mix);
        if let Ok(Taken { cpu, .. }) = take(command) {
            peers += 1;
            row(
                &format!("read: {name}, packets per cpu second"),
                format!("{:.0}", packets / cpu),
                "",
            );
        }
    }
    if peers == 0 {
        println!("skipped: a peer beside read, for neither tcpdump nor tshark is installed");
    }
}

/// Runs a process to its end. Its times are the difference of those of all ended children; its
/// memory is looked at while it runs.
fn take(mut command: Command) -> Result<Taken> {
    let (started, before) = (Instant::now(), children_cpu()?);
    let mut child = command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    let mut rss = 0_f64;
    let status = loop {
        let text = std::fs::read_to_string(format!("/proc/{}/status", child.id()))?;
        let peak = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let peak = peak.and_then(|text| text.split_whitespace().next());
        rss = rss.max(peak.and_then(|kib| kib.parse().ok()).unwrap_or(0.0) / 1024.0);
        if let Some(status) = child.try_wait()? {
            break status;
        }
        std::thread::sleep(std::time::Duration::from_millis(5));
    };
    ensure!(status.success(), "ended with {status}");
    let cpu = children_cpu()? - before;
    Ok(Taken {
        wall: started.elapsed().as_secs_f64(),
        cpu,
        rss,
    })
}

/// Processor time of the children that have ended.
fn children_cpu() -> Result<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let (_, fields) = stat.rsplit_once(") ").context("cannot read stat")?;
    let ticks = fields.split(' ').skip(13).take(2);
    Ok(ticks
        .filter_map(|ticks| ticks.parse::<f64>().ok())
        .sum::<f64>()
        / 100.0)
}

/// The packets of a classic little-endian capture.
fn count_packets(capture: &[u8]) -> usize {
    let mut rest = capture.get(24..).unwrap_or_default();
    let mut packets = 0;
    while let Some((head, body)) = rest.split_first_chunk::<16>() {
        let [_, _, _, _, _, _, _, _, a, b, c, d, ..] = *head;
        let length = usize::try_from(u32::from_le_bytes([a, b, c, d])).unwrap_or(usize::MAX);
        let Some(next) = body.get(length..) else {
            break;
        };
        rest = next;
        packets += 1;
    }
    packets
}
