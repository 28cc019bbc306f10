//! Floods: every event of a steady load is a hit of one rule; does folding keep up?

use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use crate::Options;
use crate::centre::{Centre, bytes_in, configure};
use crate::table::row;

/// Events a second.
const RATE: u64 = 2_000;

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

/// One flood; its hits fall into as many alerts as there are computers.
pub fn run(folder: &Path, options: &Options, computers: u64) -> Result<()> {
    std::fs::create_dir_all(folder.join("data/rules/sigma"))?;
    std::fs::write(folder.join("data/rules/sigma/logon.yml"), RULE)?;
    configure(folder)?;
    let centre = Centre::start(&options.binary, folder)?;
    let clock = daemon::system_clock();
    let mut file = std::fs::File::options()
        .append(true)
        .open(folder.join("windows.ndjson"))?;
    let (started, mut written, mut most) = (Instant::now(), 0, 0);
    let span = Duration::from_secs(options.flood_seconds);
    while started.elapsed() < span {
        let due = u64::try_from(started.elapsed().as_millis())? * RATE / 1_000;
        let mut text = String::new();
        while written < due {
            written += 1;
            text.push_str(&format!(
                "{{\"@timestamp\":\"{}\",\"EventID\":4625,\"Channel\":\"Security\",\
                 \"Computer\":\"may-tram-{}\",\"IpAddress\":\"-\",\"Number\":{written}}}\n",
                clock(),
                written % computers
            ));
        }
        file.write_all(text.as_bytes())?;
        most = most.max(written.saturating_sub(centre.places()?.detector));
        std::thread::sleep(Duration::from_millis(50));
    }
    let wrote = Instant::now();
    while centre.places()?.detector < written {
        ensure!(
            wrote.elapsed() < Duration::from_secs(600),
            "the flood was never folded"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
    let (behind, cpu) = (wrote.elapsed(), centre.cpu()?);
    let name = format!("flood {RATE}/s, {computers} alerts");
    row(
        &format!("{name}: behind at its end, ms"),
        behind.as_millis(),
        "<= 1,000",
    );
    row(&format!("{name}: most events behind"), most, "");
    let each = cpu / written as f64 * 1e6;
    row(
        &format!("{name}: cpu s per million"),
        format!("{each:.0}"),
        "",
    );
    row(
        &format!("{name}: peak RSS, MiB"),
        format!("{:.0}", centre.peak_rss()?),
        "<= 1,024",
    );
    let store = bytes_in(&folder.join("data/store.db")) >> 20;
    row(&format!("{name}: store, MiB"), store, "");
    centre.stop()
}
