//! The command line, as a newcomer reads it.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Watches a province's networks and public face, and tells its operations centre what happens.
#[derive(Debug, Parser)]
#[command(name = "haidang", version, propagate_version = true)]
pub struct Cli {
    /// Settings that every command takes.
    #[command(flatten)]
    pub common: Common,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Settings that every command takes.
#[derive(Clone, Debug, Args)]
pub struct Common {
    /// The configuration file [default: ./haidang.toml, then /etc/haidang/config.toml, then the
    /// embedded defaults]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The data folder [default: data_dir of the configuration, then /var/lib/haidang]
    #[arg(long, global = true, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// How the log on stderr is written
    #[arg(long, global = true, value_enum, default_value = "text")]
    pub log_format: LogFormat,
}

/// How the log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// The whole system here, on sample inputs; prints the address and a password
    Demo(Demo),
    /// The centre: read the configured sources, detect, keep, serve the console
    Serve,
    /// A sensor (in this release only as a child that serve starts)
    Sensor(Sensor),
    /// Read captures or logs once and write their events, one JSON object a line
    Read(Read),
    /// Run Sigma rules over events and write the detections, one JSON object a line
    Detect(Detect),
    /// Look at rules
    #[command(subcommand)]
    Rules(Rules),
    /// Search the events of the running centre
    Search(Search),
    /// People who may sign in
    #[command(subcommand)]
    User(User),
    /// Check journal, partitions and audit trail of a stopped centre
    Verify(Verify),
}

/// `haidang demo`
#[derive(Debug, Args)]
pub struct Demo {
    /// Read this capture in place of the sample inputs
    #[arg(long, value_name = "FILE", conflicts_with = "interface")]
    pub capture: Option<PathBuf>,
    /// Listen on this interface in place of the sample inputs
    #[arg(long, value_name = "IF")]
    pub interface: Option<String>,
}

/// `haidang sensor`
#[derive(Debug, Args)]
pub struct Sensor {
    /// Speak to serve over descriptor 3
    #[arg(long)]
    pub child: bool,
}

/// What `haidang read` writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum RecordFormat {
    /// Records as they are: EVE for captures
    Eve,
    /// `@timestamp`, core fields and the record
    Ecs,
}

/// `haidang read`
#[derive(Debug, Args)]
pub struct Read {
    /// Captures (pcap, pcapng), logs (NDJSON, syslog, EVTX, Winlogbeat, EVE) or folders of them
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// What to write
    #[arg(long, value_enum, default_value = "eve")]
    pub format: RecordFormat,
    /// Only events of these kinds, joined by commas
    #[arg(long, value_delimiter = ',', value_name = "KIND")]
    pub types: Vec<String>,
    /// Write here in place of stdout
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// `haidang detect`
#[derive(Debug, Args)]
pub struct Detect {
    /// JSON, NDJSON, EVTX, captures or logs
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// A rule file or a folder of them, in place of the shipped rules
    #[arg(long, value_name = "PATH")]
    pub rules: Option<PathBuf>,
    /// Say at the end how many events and detections there were
    #[arg(long)]
    pub stats: bool,
    /// Write here in place of stdout
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// `haidang rules`
#[derive(Debug, Subcommand)]
pub enum Rules {
    /// Say what is wrong with rule files: file, line, reason; exit code 2 if anything is
    Check {
        /// A rule file or a folder of them
        #[arg(value_name = "PATH")]
        path: PathBuf,
    },
    /// List the rules in force
    List,
}

/// `haidang search`
#[derive(Debug, Args)]
pub struct Search {
    /// The query, as in the console
    pub query: String,
    /// Not before, RFC 3339
    #[arg(long, value_name = "TIME")]
    pub from: Option<String>,
    /// Before, RFC 3339
    #[arg(long, value_name = "TIME")]
    pub to: Option<String>,
    /// At most this many events
    #[arg(long, default_value_t = 50)]
    pub limit: usize,
}

/// `haidang user`
#[derive(Debug, Subcommand)]
pub enum User {
    /// Add somebody; prints a password to hand over
    Add {
        /// The name to sign in with
        name: String,
        /// admin, analyst or viewer
        #[arg(long, default_value = "analyst")]
        role: String,
        /// Only these sites, joined by commas; a grant on an area covers its leaves
        #[arg(long, value_delimiter = ',', value_name = "SITE")]
        sites: Option<Vec<String>>,
    },
    /// Give somebody a new password and print it
    Passwd {
        /// The name to sign in with
        name: String,
    },
    /// Let somebody sign in no more; their sessions end
    Disable {
        /// The name to sign in with
        name: String,
    },
    /// Let somebody sign in again
    Enable {
        /// The name to sign in with
        name: String,
    },
    /// List everyone
    List,
}

/// `haidang verify`
#[derive(Debug, Args)]
pub struct Verify {
    /// Build damaged or all readable partitions anew from the events that they hold
    #[arg(long)]
    pub rebuild: bool,
}
