//! Reads a capture and prints its EVE records: `eve FILE [-k none] [--set stream.midstream=true]`.
//!
//! A small stand-in for `haidang read`, for conformance runs: it understands the few of Suricata's
//! arguments that change what is seen. Decode and stream anomalies and own status events are left
//! out, as in Suricata's stock configuration.

use std::io::{BufWriter, Write};
use std::sync::Arc;

use sensor::packet::Inspector;
use sensor::packet::capture::Capture;
use sensor::{Anomalies, PacketConfig};

fn main() -> std::io::Result<()> {
    let mut config = PacketConfig {
        anomalies: Anomalies {
            decode: false,
            stream: false,
            applayer: true,
        },
        ..PacketConfig::default()
    };
    let (mut file, mut checksums) = (String::new(), true);
    let mut out: Box<dyn Write> = Box::new(BufWriter::with_capacity(1 << 20, std::io::stdout()));
    let words: Vec<String> = std::env::args()
        .skip(1)
        .flat_map(|word| {
            word.split_whitespace()
                .map(str::to_owned)
                .collect::<Vec<_>>()
        })
        .collect();
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        match &*word {
            "-k" => checksums = words.next().as_deref() != Some("none"),
            "--out" => {
                let path = words.next().unwrap_or_default();
                out = Box::new(BufWriter::new(std::fs::File::create(path)?));
            }
            "--set" => match words.next().as_deref() {
                Some("stream.midstream=true") => config.midstream = true,
                Some("stream.async-oneside=true") => config.one_sided = true,
                Some("stream.reassembly.depth=0") => config.stream_depth = 0,
                _ => {}
            },
            "--all" => config.anomalies = Anomalies::default(),
            _ if word.starts_with('-') => {}
            _ => file = word,
        }
    }
    let opened = std::fs::File::open(&file)?;
    let mut capture = Capture::open(opened)
        .ok_or_else(|| std::io::Error::other(format!("{file} is not a capture")))?;
    let mut inspector = Inspector::new(config, checksums, Arc::default(), None);
    while let Some(frame) = capture.next_frame() {
        inspector.frame(&frame);
        write(&mut inspector, &mut out)?;
    }
    inspector.finish();
    write(&mut inspector, &mut out)?;
    out.flush()
}

fn write(inspector: &mut Inspector, out: &mut dyn Write) -> std::io::Result<()> {
    for made in inspector.drain() {
        out.write_all(&made.record)?;
        out.write_all(b"\n")?;
    }
    Ok(())
}
