//! The command line, as a newcomer reads it.

mod update;

use std::path::PathBuf;
use std::sync::LazyLock;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub use update::{InstallUpdate, MakeUpdate, PublishUpdate, SettleUpdate, Update};

/// Watches a province's networks and public face, and tells its operations centre what happens.
#[derive(Debug, Parser)]
#[command(name = "haidang", version = version(), propagate_version = true)]
pub struct Cli {
    /// Settings that every command takes.
    #[command(flatten)]
    pub common: Common,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The version and the machines that this program is for.
fn version() -> &'static str {
    static VERSION: LazyLock<String> =
        LazyLock::new(|| format!("{} {}", crate::edge::VERSION, crate::update::target()));
    &VERSION
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
    /// An edge: read the configured sources, keep their events, deliver them to the centre
    Sensor(Sensor),
    /// Give this edge its certificate, with a token from the centre
    Enrol(Enrol),
    /// Give leave for a sensor to enrol at this centre; prints what to type there
    Invite(Invite),
    /// How this box is; exit code 2 if something is wrong
    Status,
    /// What is wrong with this box and the next step, before and after it is enrolled; exit code 2 if
    /// something fails
    Doctor(Doctor),
    /// Read captures or logs once and write their events, one JSON object a line
    Read(Read),
    /// Run Sigma rules over files: a table on a terminal, one JSON object a line elsewhere
    Detect(Detect),
    /// Check, list and test Sigma rules
    #[command(subcommand)]
    Rules(Rules),
    /// Search the events of the running centre
    Search(Search),
    /// People who may sign in
    #[command(subcommand)]
    User(User),
    /// Copy everything that a centre has into a new folder, while it runs
    Backup(Backup),
    /// Put a backup into a data folder that is empty or not there
    Restore(Restore),
    /// Check journal, partitions, store and audit trail of a stopped centre
    Verify(Verify),
    /// Install a signed update of this program, or make one
    #[command(subcommand)]
    Update(Update),
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

/// `haidang enrol`
#[derive(Debug, Args)]
#[command(after_help = "\
The centre shows the whole command when it invites a sensor. The token is good once, for a while; its
second half is the fingerprint of the centre's CA, so that nobody can stand between.")]
pub struct Enrol {
    /// Where the centre takes sensors: https://HOST:8444
    #[arg(long, value_name = "URL")]
    pub centre: String,
    /// The token, whole
    #[arg(long, value_name = "TOKEN")]
    pub token: String,
}

/// `haidang invite`
#[derive(Debug, Args)]
pub struct Invite {
    /// The sensor's name: small letters, digits and -; its events carry it
    pub name: String,
    /// What it may deliver for: sites or areas, joined by commas
    #[arg(long, value_delimiter = ',', value_name = "SITE", required = true)]
    pub sites: Vec<String>,
    /// How many hours the token is good
    #[arg(long, default_value_t = 24)]
    pub hours: u64,
}

/// `haidang doctor`
#[derive(Debug, Args)]
#[command(after_help = "\
Looks at the configuration, the data folder, the disk, the clock, every source (an interface is listened
to: are there packets, in both directions, with which VLANs?), and the way to the centre. Changes nothing.
Run it with sudo, or interfaces cannot be opened. Speaks Vietnamese or English by LANG.")]
pub struct Doctor {
    /// A centre to try before this box is enrolled: https://HOST:8444
    #[arg(long, value_name = "URL")]
    pub centre: Option<String>,
    /// How long each interface is listened to
    #[arg(long, default_value_t = 5, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=600))]
    pub seconds: u64,
}

/// `haidang sensor`
#[derive(Debug, Args)]
pub struct Sensor {
    /// Capture for the process that started this one, over descriptor 3
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
    /// Captures (pcap, pcapng), logs (NDJSON, JSON arrays, syslog, EVTX, Winlogbeat, EVE), the same
    /// packed with gzip or zstd, or folders of them
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

/// How `haidang detect` writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DetectFormat {
    /// A line for people, as wide as the terminal: time, level, host, rule, what matched
    Table,
    /// One JSON object a line: time, rule, matched fields, event
    Json,
}

/// `haidang detect`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  haidang detect Security.evtx
  haidang detect --rules sigma/rules logs/ --stats --out detections.ndjson
  haidang detect events.json.gz --format json | jq .rule.title

A correlation is told once an episode, with its group and how many events it counted.

Exit code: 0 all read, 1 failed, 2 some input could not be read (it is named) or no rule can be
used, 3 wrong usage. Detections are no errors; rules that cannot be used are named and left out.")]
pub struct Detect {
    /// EVTX, NDJSON, JSON arrays, captures or logs, the same packed with gzip or zstd, or folders
    /// of them; told by content, not by name
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// A Sigma rule file or a folder of them, in place of the shipped rules
    #[arg(long, value_name = "PATH")]
    pub rules: Option<PathBuf>,
    /// How to write detections [default: table on a terminal, else json]
    #[arg(long, value_enum)]
    pub format: Option<DetectFormat>,
    /// Say at the end on stderr how often each rule matched, and how fast it went
    #[arg(long)]
    pub stats: bool,
    /// Write here in place of stdout
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Threads that examine events; their number changes nothing but the time [default: one for
    /// each processor]
    #[arg(long, value_name = "N")]
    pub threads: Option<std::num::NonZeroUsize>,
}

/// `haidang rules`
#[derive(Debug, Subcommand)]
pub enum Rules {
    /// Say what is wrong with rule files: file, line, reason; exit code 2 if a rule is refused
    Check {
        /// A rule file or a folder of them
        #[arg(value_name = "PATH")]
        path: PathBuf,
        /// How to write it
        #[arg(long, value_enum, default_value = "text")]
        format: ListFormat,
    },
    /// List the rules in force: id, level, origin, file, title, and where one is off
    List {
        /// A rule file or a folder of them, in place of those in force
        #[arg(value_name = "PATH")]
        path: Option<PathBuf>,
        /// Count rules by ATT&CK tactic and technique, as their tags say it: a rule counts for each
        /// technique that it names, under the tactics that ATT&CK has it under
        #[arg(long)]
        attack: bool,
        /// How to write it
        #[arg(long, value_enum, default_value = "text")]
        format: ListFormat,
    },
    /// Show what a pack of rules would change and how noisy it would be, and put it in force
    Import(ImportRules),
    /// Undo the last import or removal of a pack; done twice, it is done again
    Back {
        /// Undo without a question
        #[arg(long)]
        yes: bool,
    },
    /// Run scenarios and compare: exit code 2 if one does not give what it expects
    #[command(after_help = SCENARIOS)]
    Test {
        /// A folder of scenarios
        #[arg(value_name = "PATH", default_value = ".")]
        path: PathBuf,
        /// A rule file or a folder of them, in place of those in force
        #[arg(long, value_name = "PATH")]
        rules: Option<PathBuf>,
    },
}

/// `haidang rules import`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  haidang rules import sigma/rules --name sigmahq
  haidang rules import sigma_core.zip --yes

The rules are compared with those in force and tried on the events of the last days. On a terminal it
then asks; elsewhere, without --yes, it only shows. With a running centre it speaks to that, else it
takes the data folder. Exit code: 0 shown or done, 1 failed, 2 the archive cannot be used.")]
pub struct ImportRules {
    /// A folder of rules, or a zip archive of one
    #[arg(value_name = "DIR|ZIP")]
    pub path: PathBuf,
    /// The pack: small letters, digits and -; one of that name is replaced [default: after the file]
    #[arg(long, value_name = "PACK")]
    pub name: Option<String>,
    /// Alerts a day beyond which a rule is noisy [default: rules.trial.noisy]
    #[arg(long, value_name = "N")]
    pub noisy: Option<f64>,
    /// Leave noisy rules on; without it they are off for now
    #[arg(long)]
    pub keep_noisy: bool,
    /// Put it in force without a question
    #[arg(long)]
    pub yes: bool,
    /// How to show it
    #[arg(long, value_enum, default_value = "text")]
    pub format: ListFormat,
}

/// How lists are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ListFormat {
    /// For people
    Text,
    /// For programs: one JSON document
    Json,
}

const SCENARIOS: &str = "\
A scenario is a folder with an input and expect.toml, by custom in fires/ for what must match and in
silent/ for its harmless twin:

  my-rule/fires/input.ndjson
  my-rule/fires/expect.toml
  my-rule/silent/...

  purpose = \"one sentence\"
  input = \"input.ndjson\"     # in this folder, else in one above it
  format = \"auto\"            # auto, capture, or as in [[source]]: syslog, auditd, zeek …
  [[expect]]
  in = \"alerts\"              # events, detections or alerts
  count = 1                  # exactly so many match
  match = { \"rule.id\" = \"...\", \"entities.host.name\" = \"pc-01\" }

Events have kind, core names and record paths; detections rule.id, event.kind and matched.FIELD;
alerts rule.id, level, count and entities.FIELD. A key may end in __contains, __gte or __lte.
Addresses are placed by the sites of the data folder and of the demo.";

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
    /// At most this many events [50; with --format as many as the centre exports at once]
    #[arg(long)]
    pub limit: Option<u64>,
    /// Count instead of listing: aggregations in the form of Elasticsearch, as
    /// '{"kinds":{"terms":{"field":"kind"}}}'; prints the answer as JSON
    #[arg(long, value_name = "JSON", conflicts_with_all = ["limit", "format", "fields"])]
    pub aggs: Option<String>,
    /// Export all that is found, newest first, as it comes: ndjson or csv. Where it is cut the last line says so
    #[arg(long, value_name = "FORMAT", value_parser = ["ndjson", "csv"])]
    pub format: Option<String>,
    /// Only these fields of an export, joined by commas
    #[arg(long, value_name = "NAME,…", requires = "format")]
    pub fields: Option<String>,
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

/// `haidang backup`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  haidang backup /mnt/usb/centre-$(date +%F)
  rsync -a /mnt/usb/centre-2026-11-30 elsewhere:backups/

A running centre goes on as ever; without one the data folder is held until the end. The backup holds
keys and passwords' hashes: it is closed to others, keep it so. Run it as root or as the centre's user.
Exit code: 0 made, 1 failed (nothing stands under the name then), 3 wrong usage.")]
pub struct Backup {
    /// The folder that the backup becomes; it must not be there yet
    #[arg(value_name = "FOLDER")]
    pub target: PathBuf,
}

/// `haidang restore`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  haidang restore /mnt/usb/centre-2026-11-30
  haidang restore /mnt/usb/centre-2026-11-30 --data-dir /tmp/look --config /mnt/usb/centre-2026-11-30/config.toml

Every file is checked. Damaged ones are named and the folder cannot be used; fetch them again and run
the same command: what is right stays. Exit code: 0 restored, 1 failed, 3 wrong usage.")]
pub struct Restore {
    /// The backup
    #[arg(value_name = "FOLDER")]
    pub backup: PathBuf,
}

/// `haidang verify`
#[derive(Debug, Args)]
#[command(after_help = "\
A digest is the same for the same content, however the files lie: of the journal's frames, of the
events of a partition with their places, of the rows of the store. Two folders with equal lines are equal.
Exit code: 0 sound, 1 failed, 2 something is damaged (it is named).")]
pub struct Verify {
    /// Build damaged or all readable partitions anew from the events that they hold
    #[arg(long)]
    pub rebuild: bool,
    /// Take digests of events only up to this position, to compare with a folder that went on
    #[arg(long, value_name = "POSITION")]
    pub upto: Option<u64>,
}
